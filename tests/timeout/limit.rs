//! A body that does not end in time is dropped.

use std::future::{Future, pending};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use resilience::{Error, circuit_breaker, retry, timeout};
use tokio::time::sleep;

use crate::common::awaiting::Clock;
use crate::common::{Answer, Elapsed, Recorder, is_timeout, millis, secs};
use crate::timed_out;

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_end_is_dropped_exactly_at_the_limit() {
    const LIMIT: Duration = Duration::from_millis(700);

    macro_rules! fires_after {
        ($(($($limit:tt)*))*) => {
            [$({
                #[timeout($($limit)*)]
                async fn call() -> Answer {
                    pending().await
                }
                let clock = Clock::start();
                let answer = call().await;
                assert_eq!(answer, Err(timed_out(clock.elapsed())), "the error tells the limit");
                clock.elapsed().as_millis()
            }),*]
        };
    }
    let fired = fires_after!((secs = 3)(ms = 500)("1m30s")("250ms")(LIMIT)(Duration::from_secs(2)));
    assert_eq!(fired, [3000, 500, 90_000, 250, 700, 2000]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_ends_before_the_limit_is_unaffected() {
    #[timeout(secs = 2)]
    async fn call(time: Duration) -> Answer {
        sleep(time).await;
        Ok(7)
    }

    let clock = Clock::start();
    assert_eq!(call(millis(1999)).await, Ok(7));
    assert_eq!(clock.elapsed(), millis(1999));
    assert!(is_timeout(&call(millis(2001)).await));
    assert_eq!(clock.elapsed(), millis(3999));
}

/// MP-T01 to MP-T08: each with its limit and the duration of the body.
/// BUG-D8.
#[tokio::test(start_paused = true)]
async fn an_error_of_the_body_within_the_limit_is_returned() {
    #[timeout(ms = 500)]
    async fn call(time: Duration, error: Arc<str>) -> Result<u32, AnyError> {
        sleep(time).await;
        Err(AnyError::Own(error))
    }

    #[derive(Debug, thiserror::Error)]
    enum AnyError {
        #[error("{0}")]
        Own(Arc<str>),
        #[error(transparent)]
        Resilience(#[from] Error),
    }

    let error: Arc<str> = "down".into();
    match call(millis(10), Arc::clone(&error)).await {
        Err(AnyError::Own(same)) => assert!(Arc::ptr_eq(&same, &error), "unchanged"),
        other => panic!("{other:?}"),
    }
    match call(millis(1000), error).await {
        Err(AnyError::Resilience(error)) => assert_eq!((error.code(), error.is_retryable()), ("timeout", true)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_body_is_dropped_before_the_call_returns() {
    #[timeout(secs = 1)]
    async fn call(guard: Rc<()>) -> Answer {
        pending::<()>().await;
        drop(guard);
        Ok(7)
    }

    let guard = Rc::new(());
    assert!(is_timeout(&call(Rc::clone(&guard)).await));
    assert_eq!(Rc::strong_count(&guard), 1);
}

/// Everything the body holds, such as a span or a lock, is released before user code sees the timeout.
#[tokio::test(start_paused = true)]
async fn the_timeout_error_is_created_after_the_body_is_dropped() {
    struct Body;

    impl Drop for Body {
        fn drop(&mut self) {
            tracing::info!(name: "dropped", target: "resilience", "");
        }
    }

    #[derive(Debug)]
    struct GaveUp;

    impl From<Error> for GaveUp {
        fn from(_: Error) -> Self {
            tracing::info!(name: "made", target: "resilience", "");
            Self
        }
    }

    macro_rules! seen {
        ($(#[$attribute:meta])*) => {{
            $(#[$attribute])*
            async fn call() -> Result<u32, GaveUp> {
                let _body = Body;
                pending().await
            }
            let recorder = Recorder::start();
            assert!(call().await.is_err());
            let mut names = recorder.names();
            names.retain(|name| *name != "retry.exhausted");
            names
        }};
    }
    let order = ["timeout", "dropped", "made"];
    assert_eq!(seen!(#[timeout(secs = 1)]), order);
    assert_eq!(seen!(#[timeout(secs = 1, map_err = GaveUp::from)]), order);
    assert_eq!(seen!(#[timeout(secs = 5)] #[retry(when = |_| false)] #[timeout(secs = 1)]), order, "in an attempt");
    assert_eq!(seen!(#[timeout(secs = 1)] #[retry]), order, "around the leaf");
    assert_eq!(seen!(#[retry(max = 1)] #[timeout(secs = 1)])[..3], order, "below the outermost retry");
    let with_gate = seen!(#[retry(max = 1)] #[circuit_breaker(name = "dropped")] #[timeout(secs = 1)]);
    assert_eq!(with_gate[..3], order, "with a breaker between the two");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_an_option_returns_none() {
    #[timeout(secs = 1)]
    async fn call(time: Duration) -> Option<u32> {
        sleep(time).await;
        Some(7)
    }

    assert_eq!(call(millis(10)).await, Some(7));
    assert_eq!(call(secs(10)).await, None);
}

#[tokio::test(start_paused = true)]
async fn every_error_type_built_from_ours_can_hold_a_timeout() {
    type Boxed = Box<dyn std::error::Error + Send + Sync>;

    #[timeout(secs = 1)]
    async fn own() -> Result<u32, Error> {
        pending().await
    }
    #[timeout(secs = 1)]
    async fn anyhow() -> anyhow::Result<u32> {
        pending().await
    }
    #[timeout(secs = 1)]
    async fn boxed() -> Result<u32, Boxed> {
        pending().await
    }

    let expected = Error::Timeout { limit: secs(1), elapsed: secs(1) };
    assert_eq!(own().await, Err(expected.clone()));
    assert_eq!(anyhow().await.expect_err("pending").downcast_ref(), Some(&expected));
    assert_eq!(boxed().await.expect_err("pending").downcast_ref(), Some(&expected));
}

#[tokio::test(start_paused = true)]
async fn map_err_replaces_the_from_conversion() {
    #[derive(Debug, PartialEq)]
    struct GaveUp(Error);

    #[timeout(secs = 1, map_err = GaveUp)]
    async fn path() -> Result<u32, GaveUp> {
        pending().await
    }
    #[timeout(secs = 1, map_err = |error| error.code())]
    async fn closure() -> Result<u32, &'static str> {
        pending().await
    }

    assert_eq!(path().await, Err(GaveUp(Error::Timeout { limit: secs(1), elapsed: secs(1) })));
    assert_eq!(closure().await, Err("timeout"));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_emits_an_event() {
    #[timeout(ms = 1500)]
    async fn call(time: Duration) -> Answer {
        sleep(time).await;
        Ok(7)
    }

    let recorder = Recorder::start();
    assert_eq!(call(secs(1)).await, Ok(7));
    assert_eq!(recorder.events(), []);
    assert!(is_timeout(&call(secs(2)).await));
    let [event] = &recorder.events()[..] else { panic!("{:?}", recorder.events()) };
    assert_eq!((event.name, event.level, event.field("limit_ms")), ("timeout", tracing::Level::WARN, "1500"));
    assert!(event.field("function").ends_with("::call"), "{event:?}");
}

#[tokio::test(start_paused = true)]
async fn a_function_that_returns_a_future_is_limited() {
    #[timeout(secs = 1)]
    fn call(time: Duration) -> impl Future<Output = Answer> {
        sleep(time).map(|()| Ok(7))
    }

    assert_eq!(call(millis(10)).await, Ok(7));
    assert!(is_timeout(&call(secs(10)).await));
}
