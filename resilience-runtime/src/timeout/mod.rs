mod alarm;
mod checkpoint;
#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
mod countdown;
mod future;
mod scope;
#[cfg(feature = "config")]
mod settings;
#[allow(missing_docs, reason = "only generated code names it")]
mod thread;
mod timer;

pub use checkpoint::checkpoint;
#[cfg(not(feature = "config"))]
pub use config::limit_of;
#[cfg(not(feature = "config"))]
pub(crate) use config::limit_or;
pub(crate) use config::{LimitSource, LiveLimit};
pub use config::{ThreadLimit, TimeoutConfig};
pub(crate) use countdown::Countdown;
pub(crate) use future::{AttemptBody, poll_limited};
pub use future::{TimeoutFuture, timeout, timeout_in_attempt, timeout_in_retry};
pub use scope::DeadlineScope;
#[cfg(feature = "config")]
pub use settings::limit_of;
#[cfg(feature = "config")]
pub(crate) use settings::limit_or;
pub use thread::{ThreadBody, Threads};

use tracing::Level;

use crate::context::{self, ConfiguredLimit, Deadline, DeadlineGuard, facts};
use crate::emit::emit_counted;
use crate::error::Error;
use crate::event::Event;
use crate::time;

/// Why a limit ignores the options of `mode = "thread"`.
#[cfg(feature = "config")]
pub(crate) const NO_THREADS: &str =
    "does nothing where there is no `mode = \"thread\"`, because nothing runs on a thread; leave it out";

/// Shows the deadline to `remaining()`, `checkpoint()` and nested attributes, and stops nothing.
#[allow(clippy::needless_pass_by_value, reason = "a limit is small, and often made here")]
pub fn cooperative(limit: impl LimitSource) -> DeadlineGuard {
    DeadlineGuard::enter(Deadline::current().narrowed(limit.fresh()).started())
}

/// Reports the limit whose time is over, wherever the call was then.
#[cold]
pub(crate) fn expired(deadline: Deadline) -> Error {
    // A timeout is a failure of its own, whatever has failed before.
    facts::begin();
    context::note_expired(deadline);
    let ConfiguredLimit { function, limit } = deadline.owner().limit();
    emit_counted(Level::WARN, |emit| emit(&Event::Timeout { function: &function.name(), limit }));
    Error::Timeout { limit, elapsed: limit.saturating_add(time::now().since(deadline.moment())) }
}

#[cfg(test)]
mod tests {
    use std::future::{Future, pending, ready};
    use std::task::Poll;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::context::remaining;
    use crate::registry::FunctionRef;

    const SECOND: Duration = Duration::from_secs(1);
    const ONE: &TimeoutConfig = &TimeoutConfig::new(FunctionRef::Text(&"one"), SECOND);
    const TEN: &TimeoutConfig = &TimeoutConfig::new(FunctionRef::Text(&"ten"), Duration::from_secs(10));
    const FOREVER: &TimeoutConfig = &TimeoutConfig::new(FunctionRef::Text(&"forever"), Duration::MAX);

    #[tokio::test(start_paused = true)]
    async fn a_nested_limit_takes_the_smaller() {
        let start = Instant::now();
        let nested = timeout(ONE, (), async { (remaining(), timeout(TEN, (), pending::<()>()).await) });
        assert_eq!(nested.await, Ok((Some(SECOND), Err(Error::Timeout { limit: SECOND, elapsed: SECOND }))));
        assert_eq!(start.elapsed(), SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_is_seen_inside_and_gone_outside() {
        let seen = timeout(ONE, (), async {
            let first = remaining();
            tokio::time::sleep(SECOND / 4).await;
            (first, remaining(), timeout(TEN, (), ready(remaining())).await)
        });
        let left = Some(SECOND / 4 * 3);
        assert_eq!(seen.await, Ok((Some(SECOND), left, Ok(left))));
        assert_eq!(remaining(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_beyond_the_timer_is_no_limit() {
        let slow = async {
            tokio::time::sleep(SECOND * 1000).await;
            7
        };
        assert_eq!(timeout(FOREVER, (), slow).await, Ok(7));
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_restores_the_deadline() {
        assert!(panics(timeout(ONE, (), async { panic!("body") })).await);
        assert_eq!(remaining(), None);
    }

    /// Whether polling once panics.
    async fn panics<F: Future>(future: F) -> bool {
        let mut future = Box::pin(future);
        std::future::poll_fn(move |cx| {
            let poll = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| future.as_mut().poll(cx).is_ready()));
            Poll::Ready(poll.is_err())
        })
        .await
    }

    #[test]
    fn a_cooperative_deadline_is_read_and_restored() {
        {
            let _scope = cooperative(ONE);
            assert!(remaining().is_some_and(|left| left <= SECOND));
            assert_eq!(checkpoint(), Ok(()));
            let _inner = cooperative(TEN);
            assert!(remaining().is_some_and(|left| left <= SECOND), "a longer limit does not widen");
        }
        assert_eq!(remaining(), None);
    }
}
