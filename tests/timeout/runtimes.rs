//! Runtimes without a timer, executors of others, and clocks of several runtimes.

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{Thread, current, park};

use futures_util::FutureExt;
use resilience::{retry, timeout};
use tokio::runtime::Builder;

use crate::common::{Answer, Counter, TestError, is_timeout};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// An executor that knows nothing of tokio.
fn run<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(out) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return out;
        }
        park();
    }
}

#[timeout(ms = 5)]
async fn hangs() -> Answer {
    pending().await
}

#[retry(max = 1, base_delay = "1ms", jitter = false)]
async fn pauses(calls: &Counter) -> Answer {
    if calls.up() == 1 { Err(TestError::Transient) } else { Ok(7) }
}

#[retry(max = 1, backoff = "none")]
#[timeout(secs = 1)]
async fn never_waits(calls: &Counter) -> Answer {
    if calls.up() == 1 { Err(TestError::Transient) } else { Ok(7) }
}

#[test]
fn any_executor_may_poll_while_a_runtime_of_tokio_is_entered() {
    let tokio = Builder::new_multi_thread().worker_threads(1).enable_time().build().expect("a runtime");
    let _entered = tokio.enter();
    assert!(is_timeout(&run(hangs())));
    assert_eq!(run(pauses(&Counter::new())), Ok(7));
}

#[test]
fn what_never_waits_needs_no_runtime_and_no_timer() {
    assert_eq!(run(never_waits(&Counter::new())), Ok(7));
    let without_timer = Builder::new_current_thread().build().expect("a runtime");
    assert_eq!(without_timer.block_on(never_waits(&Counter::new())), Ok(7));
}

/// The panic is tokio's.
#[test]
fn limit_without_a_timer_of_tokio_the_first_wait_panics() {
    let message = |panic: Box<dyn std::any::Any + Send>| panic.downcast_ref::<String>().cloned().unwrap_or_default();
    let caught = |call: &dyn Fn() -> Answer| {
        message(std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).expect_err("it panics"))
    };
    let without_timer = Builder::new_current_thread().build().expect("a runtime");
    let timers_are_disabled = caught(&|| without_timer.block_on(hangs()));
    assert!(timers_are_disabled.contains("enable_time"), "{timers_are_disabled}");
    let no_reactor = caught(&|| run(hangs()));
    assert!(no_reactor.contains("there is no reactor running"), "{no_reactor}");
    let no_reactor = caught(&|| run(pauses(&Counter::new())));
    assert!(no_reactor.contains("there is no reactor running"), "{no_reactor}");
    assert!(std::panic::AssertUnwindSafe(hangs()).catch_unwind().now_or_never().is_some_and(|out| out.is_err()));
}
