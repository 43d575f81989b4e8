//! A timer stays armed between two calls, which a clock that can be paused does not allow: only this
//! build does so. Here calls follow each other, move, end and are dropped on it.

use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use resilience::{Policy, policy, retry, timeout};
use tokio::runtime::{Builder, Runtime};

use crate::timeout::is_timeout;
use crate::{Failure, Watch, millis};

#[timeout(secs = 30)]
async fn quick() -> Result<(), Failure> {
    tokio::task::yield_now().await;
    Ok(())
}

#[timeout(ms = 20)]
async fn quick_and_short() -> Result<(), Failure> {
    tokio::task::yield_now().await;
    Ok(())
}

#[timeout(ms = 150)]
async fn hangs() -> Result<(), Failure> {
    pending().await
}

#[timeout(secs = 30)]
#[retry(max = 1, backoff = "none")]
#[timeout(ms = 75)]
async fn hangs_twice() -> Result<(), Failure> {
    pending().await
}

fn runtimes() -> [Runtime; 2] {
    [Builder::new_current_thread(), Builder::new_multi_thread()]
        .map(|mut builder| builder.worker_threads(2).enable_time().build().expect("a runtime"))
}

async fn poll_once<F: Future>(mut future: Pin<&mut F>) {
    poll_fn(|cx| {
        let _pending = future.as_mut().poll(cx).is_pending();
        Poll::Ready(())
    })
    .await;
}

async fn end_on_time() {
    let watch = Watch::start();
    assert!(is_timeout(&hangs().await));
    watch.assert_passed(millis(150));
    let watch = Watch::start();
    assert!(is_timeout(&hangs_twice().await));
    watch.assert_passed(millis(150));
    let layers: Policy<(), Failure> = Policy::new() >> policy::timeout(millis(150)).expect("a limit");
    let watch = Watch::start();
    assert!(is_timeout(&layers.call(pending).await));
    watch.assert_passed(millis(150));
}

#[test]
fn a_limit_ends_on_time_after_calls_with_other_limits() {
    for runtime in runtimes() {
        runtime.block_on(async {
            for _ in 0..3 {
                assert!(quick().await.is_ok() && quick_and_short().await.is_ok() && quick().await.is_ok());
            }
            end_on_time().await;
            quick_and_short().await.expect("it is quick");
            tokio::spawn(end_on_time()).await.expect("it ends");
        });
    }
}

#[test]
fn a_limit_ends_on_time_after_calls_in_runtimes_that_have_ended() {
    for _ in 0..2 {
        for runtime in runtimes() {
            runtime.block_on(async { assert!(quick().await.is_ok() && quick_and_short().await.is_ok()) });
        }
        let [first, second] = runtimes();
        for runtime in [&first, &second, &first] {
            runtime.block_on(quick()).expect("it is quick");
        }
        second.block_on(end_on_time());
    }
}

/// The timer of the call that moves is that of the first runtime.
#[test]
fn a_call_that_moves_to_another_runtime_ends_on_time() {
    for keeps_the_first in [true, false] {
        let ([_, first], [_, second]) = (runtimes(), runtimes());
        first.block_on(quick()).expect("it is quick");
        let watch = Watch::start();
        let mut call = Box::pin(hangs());
        first.block_on(poll_once(call.as_mut()));
        let kept = keeps_the_first.then_some(first);
        assert!(is_timeout(&second.block_on(call)));
        watch.assert_passed(millis(150));
        drop(kept);
    }
}

#[test]
fn calls_that_are_dropped_leave_timers_that_serve_others() {
    #[timeout(secs = 30)]
    async fn drops() -> Result<(), Failure> {
        let mut kept = Box::pin(hangs());
        for _ in 0..20 {
            drop(Box::pin(poll_once(kept.as_mut())));
            poll_once(Box::pin(quick()).as_mut()).await;
            poll_once(Box::pin(hangs_twice()).as_mut()).await;
        }
        end_on_time().await;
        Ok(())
    }

    for runtime in runtimes() {
        assert!(runtime.block_on(drops()).is_ok());
        runtime.block_on(async {
            let watch = Watch::start();
            let tasks: Vec<_> = (0..64).map(|_| tokio::spawn(hangs())).collect();
            tokio::time::sleep(Duration::from_millis(10)).await;
            tasks.iter().step_by(2).for_each(tokio::task::JoinHandle::abort);
            for task in tasks.into_iter().skip(1).step_by(2) {
                assert!(is_timeout(&task.await.expect("it ends")));
            }
            watch.assert_passed(millis(150));
            let tasks: Vec<_> = (0..64).map(|_| tokio::spawn(end_on_time())).collect();
            for task in tasks {
                task.await.expect("it ends");
            }
        });
    }
}

/// The timer fires while the body is polled, and its waker is the one that the limit knows already.
#[test]
fn a_limit_that_passes_while_the_body_holds_its_thread_ends_the_call() {
    #[timeout(ms = 60)]
    async fn holds(thread_for: Duration) -> Result<(), Failure> {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        std::thread::sleep(thread_for);
        pending().await
    }

    #[timeout(ms = 60)]
    async fn holds_further_in(thread_for: Duration) -> Result<(), Failure> {
        holds_for_long(thread_for).await
    }

    #[timeout(secs = 20)]
    async fn holds_for_long(thread_for: Duration) -> Result<(), Failure> {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        std::thread::sleep(thread_for);
        pending().await
    }

    for runtime in runtimes() {
        runtime.block_on(async {
            for _ in 0..2 {
                let calls = tokio::join!(
                    tokio::spawn(holds(millis(120))),
                    tokio::spawn(holds_further_in(millis(120))),
                    tokio::spawn(holds(millis(0))),
                );
                assert!(is_timeout(&calls.0.expect("no panic")));
                assert!(is_timeout(&calls.1.expect("no panic")));
                assert!(is_timeout(&calls.2.expect("no panic")));
            }
        });
    }
}
