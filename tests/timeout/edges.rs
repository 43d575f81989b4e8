//! Very long and very short limits, bodies that never yield, and the real clock.

use std::future::pending;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::FutureExt;
use resilience::{Error, checkpoint, deadline, fallback, remaining, retry, timeout};
use tokio::time::sleep;

use crate::common::awaiting::{Clock, pause};
use crate::common::{Answer, Counter, Elapsed, TestError, is_timeout, millis, secs};
use crate::timed_out;

/// BUG-D4.
#[tokio::test(start_paused = true)]
async fn no_limit_is_too_long() {
    macro_rules! all_end {
        ($($limit:expr)*) => {$({
            #[timeout($limit)]
            async fn call() -> Answer {
                assert!(remaining().is_none_or(|left| left > secs(1)));
                let _ = deadline();
                assert_eq!(checkpoint(), Ok(()));
                sleep(secs(1)).await;
                nested().await
            }
            assert_eq!(call().await, Ok(7), "{:?}", $limit);
        })*};
    }

    #[timeout(secs = 5)]
    async fn nested() -> Answer {
        assert_eq!(remaining(), Some(secs(5)));
        sleep(secs(1)).await;
        Ok(7)
    }

    let clock = Clock::start();
    all_end!(
        Duration::MAX
        Duration::from_nanos(u64::MAX)
        Duration::from_millis(u64::MAX)
        Duration::from_secs(u64::MAX)
        Duration::from_secs(u64::MAX >> 1)
        Duration::from_secs((1 << 63) + 1)
        Duration::from_secs(1 << 62)
        Duration::from_secs(1 << 44)
        Duration::from_secs(1 << 34)
        Duration::from_secs(1 << 33)
        Duration::from_secs(1 << 32)
        Duration::from_millis((1 << 36) - 1)
        Duration::from_millis(1 << 36)
        Duration::from_millis((1 << 36) + 1)
    );
    assert_eq!(clock.elapsed(), secs(28));
}

#[tokio::test(start_paused = true)]
async fn a_short_limit_fires_too() {
    #[timeout(Duration::from_nanos(1))]
    async fn call() -> Answer {
        pending().await
    }

    let clock = Clock::start();
    assert!(is_timeout(&call().await));
    assert!(clock.elapsed() <= millis(2), "tokio's timer rounds up");
}

/// BUG-D3.
#[tokio::test(start_paused = true)]
async fn a_body_that_is_always_ready_and_exhausts_the_tokio_budget_still_times_out() {
    #[timeout(secs = 1)]
    async fn call(steps: &Counter) -> Answer {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        loop {
            sender.send(()).map_err(|_| TestError::Permanent)?;
            receiver.recv().await.ok_or(TestError::Permanent)?;
            steps.up();
        }
    }

    let clock = Clock::start();
    let time = tokio::spawn(async {
        for _ in 0..20 {
            tokio::time::advance(millis(100)).await;
        }
    });
    let steps = Counter::new();
    assert!(is_timeout(&call(&steps).await));
    assert!(steps.get() > 100 && clock.elapsed() <= secs(2), "{steps:?} {:?}", clock.elapsed());
    assert!(time.await.is_ok());
}

/// BUG-I3.
#[test]
fn a_body_that_is_ready_at_once_needs_no_runtime() {
    #[timeout(secs = 1)]
    async fn call() -> Result<Option<Duration>, Error> {
        Ok(remaining())
    }
    #[timeout(secs = 10)]
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 1)]
    async fn retried(calls: &Counter) -> Answer {
        if calls.up() < 3 { Err(TestError::Transient) } else { Ok(7) }
    }

    assert!(call().now_or_never().is_some_and(|left| left.is_ok_and(|left| left.is_some())));
    assert_eq!(retried(&Counter::new()).now_or_never(), Some(Ok(7)));
}

#[test]
fn a_body_that_waits_for_something_other_than_time_is_limited() {
    #[timeout(secs = 1)]
    async fn call(answer: tokio::sync::oneshot::Receiver<u32>) -> Answer {
        answer.await.map_err(|_| TestError::Permanent)
    }

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let (sender, answer) = tokio::sync::oneshot::channel();
    runtime.spawn(async move {
        pause().await;
        sender.send(7)
    });
    assert_eq!(runtime.block_on(call(answer)), Ok(7));
    let (_kept, never) = tokio::sync::oneshot::channel();
    assert!(is_timeout(&runtime.block_on(call(never))));
}

#[tokio::test]
async fn an_asynchronous_limit_uses_the_real_clock() {
    #[timeout(ms = 5)]
    async fn call() -> Answer {
        pending().await
    }

    let start = std::time::Instant::now();
    assert!(is_timeout(&call().await));
    assert!(start.elapsed() >= millis(5));
}

#[test]
fn a_cooperative_limit_uses_the_real_clock() {
    #[timeout(ms = 5, mode = "cooperative")]
    fn call() -> Answer {
        loop {
            checkpoint()?;
        }
    }

    let start = std::time::Instant::now();
    assert!(is_timeout(&call()));
    assert!(start.elapsed() >= millis(5));
}

/// The deadline of a layer applies between the await points of its stack, and to no other task while the call waits.
#[tokio::test(start_paused = true)]
async fn the_deadline_is_visible_between_awaits_and_hidden_from_other_tasks_during_them() {
    static SEEN: Mutex<Vec<Option<Duration>>> = Mutex::new(Vec::new());
    fn see() {
        SEEN.lock().unwrap().push(remaining());
    }
    #[expect(clippy::unnecessary_wraps, reason = "a fallback returns what its function returns")]
    fn spare() -> Answer {
        see();
        Ok(7)
    }
    #[timeout(secs = 10)]
    #[fallback(spare)]
    #[timeout(secs = 5)]
    #[retry(max = 1, base_delay = "1s", backoff = "constant", jitter = false, on_retry = |_| see())]
    async fn ask() -> Answer {
        sleep(secs(1)).await;
        Err(timed_out(secs(0)))
    }

    let others = async {
        for _ in 0..6 {
            assert_eq!(remaining(), None);
            sleep(millis(500)).await;
        }
    };
    assert_eq!(tokio::join!(ask(), others).0, Ok(7));
    assert_eq!(*SEEN.lock().unwrap(), [Some(secs(4)), Some(secs(7))], "before the pause, and after the last attempt");
    assert_eq!(remaining(), None);
}

#[tokio::test(start_paused = true)]
async fn awaits_in_attribute_expressions_are_limited() {
    async fn slow() -> u32 {
        sleep(secs(5)).await;
        7
    }
    #[timeout(secs = 1)]
    #[fallback(value = slow().await, allow(late_fallback))]
    async fn ask() -> Answer {
        Err(timed_out(secs(0)))
    }
    #[timeout(secs = 9)]
    #[fallback(value = slow().await, allow(late_fallback))]
    async fn wait() -> Answer {
        Err(timed_out(secs(0)))
    }

    let other = async {
        sleep(millis(500)).await;
        remaining()
    };
    assert_eq!(tokio::join!(ask(), other), (Err(timed_out(secs(1))), None));
    assert_eq!(wait().await, Ok(7));
    assert_eq!(remaining(), None);
}

/// Of two limits that end together, the inner one fires, and nothing after it has time left.
#[tokio::test(start_paused = true)]
async fn nothing_waits_after_both_limits_have_passed() {
    async fn spare() -> Answer {
        pending().await
    }
    #[timeout(ms = 1500)]
    #[fallback(spare)]
    #[timeout(secs = 1)]
    #[retry(max = 1, backoff = "none")]
    async fn ask() -> Answer {
        pending().await
    }
    #[timeout(secs = 1)]
    async fn around() -> Answer {
        ask().await
    }

    let clock = Clock::start();
    assert_eq!(ask().await, Err(timed_out(millis(1500))));
    assert_eq!(clock.elapsed(), millis(1500));
    assert_eq!(around().await, Err(timed_out(secs(1))));
    assert_eq!(clock.elapsed(), millis(2500));
}
