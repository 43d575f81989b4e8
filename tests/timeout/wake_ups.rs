//! Who wakes a call at its limit: the outermost limit that polls with the same waker, however the call is polled.

use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use resilience::{Policy, policy, remaining, retry, timeout};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{advance, sleep};

use crate::common::awaiting::{Clock, boxed, ends, pause};
use crate::common::{Answer, Elapsed, TestError, Watchdog, is_timeout, millis, secs};
use crate::timed_out;

#[timeout(secs = 1)]
async fn hangs() -> Answer {
    pending().await
}

#[timeout(secs = 1)]
async fn takes(time: Duration) -> Answer {
    sleep(time).await;
    Ok(7)
}

/// Polls once, and drops what comes out.
async fn poll_once<F: Future + ?Sized>(mut future: Pin<&mut F>) {
    let _ = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).map(drop))).await;
}

#[derive(Default)]
struct Wakes(AtomicU32);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Runs bodies that leave a call behind, each under five seconds, as a function, a method and a policy.
macro_rules! outlives_what_is_left {
    ($($body:expr),*) => {$({
        #[timeout(secs = 5)]
        async fn function() -> Answer {
            $body
        }
        #[timeout(secs = 5)]
        #[retry(max = 1, backoff = "none", nested = true)]
        #[timeout(secs = 3)]
        async fn stack() -> Answer {
            $body
        }
        struct Service;
        impl Service {
            #[timeout(secs = 5)]
            async fn method(&self) -> Answer {
                $body
            }
        }
        let layers: Policy<u32, TestError> = Policy::new() >> policy::timeout(secs(5)).expect("a limit");
        let clock = Clock::start();
        assert_eq!(ends(function()).await, Err(timed_out(secs(5))));
        assert_eq!(clock.elapsed(), secs(5));
        assert_eq!(ends(stack()).await, Err(timed_out(secs(5))));
        assert_eq!(clock.elapsed(), secs(10));
        assert_eq!(ends(Service.method()).await, Err(timed_out(secs(5))));
        assert_eq!(clock.elapsed(), secs(15));
        assert_eq!(ends(layers.call(async || $body)).await, Err(timed_out(secs(5))));
        assert_eq!(clock.elapsed(), secs(20));
    })*};
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_in_its_first_poll_takes_no_limit_with_it() {
    outlives_what_is_left!(
        tokio::select! { biased; answer = hangs() => answer, () = ready(()) => pending().await },
        {
            let _dropped = hangs().now_or_never();
            pending().await
        },
        {
            let mut call = Box::pin(hangs());
            poll_once(call.as_mut()).await;
            drop(call);
            pending().await
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_kept_and_not_polled_again_takes_no_limit_with_it() {
    outlives_what_is_left!(
        {
            let mut kept = Box::pin(hangs());
            poll_once(kept.as_mut()).await;
            pending::<()>().await;
            drop(kept);
            Ok(7)
        },
        {
            let mut kept = Box::pin(hangs());
            let _pending = kept.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            pending::<()>().await;
            drop(kept);
            Ok(7)
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_moves_to_another_task_keeps_its_limit_and_takes_no_other_with_it() {
    outlives_what_is_left!(
        {
            let mut call = boxed(hangs());
            poll_once(call.as_mut()).await;
            drop(call);
            pending().await
        },
        {
            let mut call = Box::pin(hangs());
            poll_once(call.as_mut()).await;
            let clock = Clock::start();
            let moved = tokio::spawn(async move { (call.await, clock.elapsed()) });
            let (answer, elapsed) = moved.await.map_err(|_| TestError::Permanent)?;
            assert_eq!((answer, elapsed), (Err(timed_out(secs(1))), secs(1)));
            pending().await
        },
        {
            let mut call = Box::pin(hangs());
            poll_once(call.as_mut()).await;
            let moved = tokio::spawn(async move {
                poll_once(call.as_mut()).await;
                drop(call);
            });
            moved.await.map_err(|_| TestError::Permanent)?;
            pending().await
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_limit_fires_within_another_whoever_polls_it() {
    async fn in_a_set() -> Option<Answer> {
        let mut set: FuturesUnordered<_> = (0..3).map(|_| hangs()).collect();
        set.next().await
    }
    #[timeout(secs = 3)]
    async fn longer() -> Answer {
        pending().await
    }
    #[timeout(secs = 9)]
    async fn polled_by_others() -> Answer {
        let clock = Clock::start();
        assert_eq!(in_a_set().await, Some(Err(timed_out(secs(1)))));
        assert_eq!(clock.elapsed(), secs(1));
        let all = futures_util::future::join_all((0..50).map(|_| hangs())).await;
        assert!(all.iter().all(is_timeout) && clock.elapsed() == secs(2), "{all:?} {:?}", clock.elapsed());
        Ok(7)
    }

    #[timeout(secs = 9)]
    async fn beside_others() -> Answer {
        let clock = Clock::start();
        let mut other = Box::pin(longer());
        let unheard = poll_fn(|_| other.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        let first = futures_util::future::select(Box::pin(hangs()), unheard).await;
        assert_eq!(first.factor_first().0, Err(timed_out(secs(1))));
        assert_eq!(clock.elapsed(), secs(1));
        Ok(7)
    }

    assert_eq!(ends(beside_others()).await, Ok(7));
    assert_eq!(ends(polled_by_others()).await, Ok(7));
    let layers: Policy<u32, TestError> = Policy::new() >> policy::timeout(secs(9)).expect("a limit");
    assert_eq!(ends(layers.call(polled_by_others)).await, Ok(7));
}

/// First with the waker of its task, then with that of a set, then back.
#[tokio::test(start_paused = true)]
async fn a_limit_fires_after_its_waker_has_changed() {
    #[timeout(secs = 9)]
    async fn changes(times: usize) -> Answer {
        let clock = Clock::start();
        let mut call = Box::pin(hangs());
        for _ in 0..times {
            poll_once(call.as_mut()).await;
            let mut set: FuturesUnordered<_> = [call.as_mut()].into_iter().collect();
            poll_once(pin!(set.next())).await;
        }
        assert_eq!(call.await, Err(timed_out(secs(1))));
        assert_eq!(clock.elapsed(), secs(1));
        pending().await
    }

    for times in 1..4 {
        let clock = Clock::start();
        assert_eq!(ends(changes(times)).await, Err(timed_out(secs(9))));
        assert_eq!(clock.elapsed(), secs(9));
    }
}

/// The timer must not take the place of a waker for the waker.
#[tokio::test(start_paused = true)]
async fn the_last_waker_is_woken_although_it_lies_where_another_did() {
    for polls in 1..5 {
        let mut call = pin!(hangs());
        let wakers: Vec<Arc<Wakes>> = (0..=polls).map(|_| Arc::default()).collect();
        let mut place;
        for waker in &wakers {
            place = Waker::from(Arc::clone(waker));
            assert!(call.as_mut().poll(&mut Context::from_waker(&place)).is_pending());
            assert!(call.as_mut().poll(&mut Context::from_waker(&place)).is_pending());
        }
        sleep(secs(2)).await;
        let counts: Vec<u32> = wakers.iter().map(|waker| waker.0.load(Ordering::Relaxed)).collect();
        assert_eq!(counts.iter().sum::<u32>(), 1, "{counts:?}");
        assert_eq!(counts.last(), Some(&1));
        assert!(call.now_or_never().is_some_and(|answer| is_timeout(&answer)));
    }
}

#[tokio::test(start_paused = true)]
async fn one_timer_serves_calls_that_follow_each_other() {
    #[timeout(secs = 3)]
    async fn longer(time: Duration) -> Answer {
        sleep(time).await;
        Ok(7)
    }
    #[timeout(secs = 20)]
    async fn calls() -> Answer {
        let clock = Clock::start();
        for _ in 0..4 {
            pause().await;
        }
        for _ in 0..4 {
            longer(millis(2500)).await?;
        }
        assert_eq!(clock.elapsed(), secs(10));
        assert_eq!(hangs().await, Err(timed_out(secs(1))), "nearer than the timer of the call before");
        assert_eq!(clock.elapsed(), secs(11));
        assert_eq!(longer(secs(5)).await, Err(timed_out(secs(3))));
        assert_eq!(clock.elapsed(), secs(14));
        assert_eq!(remaining(), Some(secs(6)));
        pending().await
    }

    let clock = Clock::start();
    assert_eq!(ends(calls()).await, Err(timed_out(secs(20))));
    assert_eq!(clock.elapsed(), secs(20));
}

#[tokio::test(start_paused = true)]
async fn a_timer_for_a_limit_inside_ends_no_other_limit() {
    #[timeout(secs = 9)]
    async fn outer(inside: Duration) -> Answer {
        let _late = futures_util::future::select(pin!(takes(inside)), pin!(sleep(millis(500)))).await;
        sleep(secs(4)).await;
        Ok(7)
    }

    for inside in [millis(100), secs(60)] {
        assert_eq!(ends(outer(inside)).await, Ok(7));
    }
}

/// Both calls begin in one poll. The second one waits late in it.
#[test]
fn a_limit_counts_from_its_own_first_wait() {
    #[timeout(ms = 500)]
    async fn quick() -> Answer {
        for _ in 0..3 {
            pause().await;
        }
        Ok(7)
    }
    #[timeout(secs = 9)]
    async fn both() -> Answer {
        let slow = async {
            let answer = takes(Duration::ZERO).await;
            pause().await;
            answer
        };
        let (_, answer) = tokio::join!(slow, async {
            thread::sleep(millis(600));
            quick().await
        });
        answer
    }

    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    assert_eq!(runtime.block_on(both()), Ok(7));
}

fn worker() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_time().build().expect("a runtime")
}

/// Blocks a poll of the outer call for as long as the inner one runs: nothing polls the outer one meanwhile.
#[test]
fn a_limit_fires_in_an_executor_within_another_call() {
    #[timeout(ms = 5)]
    async fn short() -> Answer {
        pending().await
    }
    #[timeout(secs = 50)]
    async fn outer() -> Answer {
        tokio::task::block_in_place(|| run_on_this_thread(short()))
    }

    let _watchdog = Watchdog::start();
    assert!(is_timeout(&worker().block_on(async { tokio::spawn(outer()).await.expect("it ends") })));
}

fn run_on_this_thread<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(out) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return out;
        }
        thread::park();
    }
}

/// The timer belongs to a runtime that is gone, and the limit has time left.
#[test]
fn a_call_outlives_the_runtime_in_which_it_began() {
    #[timeout(ms = 300)]
    async fn short() -> Answer {
        pending().await
    }
    #[timeout(secs = 50)]
    async fn outer() -> Answer {
        short().await
    }

    let _watchdog = Watchdog::start();
    for keeps_the_first in [true, false] {
        let (first, second) = (worker(), worker());
        let start = std::time::Instant::now();
        let mut calls = [boxed(short()), boxed(outer())];
        first.block_on(async {
            for call in &mut calls {
                poll_once(call.as_mut()).await;
            }
        });
        let kept = keeps_the_first.then_some(first);
        for call in calls {
            assert!(is_timeout(&second.block_on(call)));
            assert!(start.elapsed() >= millis(300), "not before its time: {:?}", start.elapsed());
        }
        drop(kept);
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_fires_after_a_panic_in_another_with_the_same_waker() {
    #[timeout(secs = 5)]
    async fn panics() -> Answer {
        let _begun = hangs().now_or_never();
        panic!("body")
    }
    #[timeout(secs = 5)]
    #[retry(max = 1, backoff = "none")]
    #[timeout(secs = 2)]
    async fn stack_panics() -> Answer {
        panic!("body")
    }

    let clock = Clock::start();
    poll_fn(|cx| {
        assert!(catch_unwind(AssertUnwindSafe(|| pin!(panics()).poll(cx))).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| pin!(stack_panics()).poll(cx))).is_err());
        Poll::Ready(())
    })
    .await;
    assert_eq!(ends(hangs()).await, Err(timed_out(secs(1))));
    assert_eq!(clock.elapsed(), secs(1));
}

/// In a poll in which a limit has passed, another one has time left.
#[tokio::test(start_paused = true)]
async fn limits_that_pass_together_fire_together_and_no_other() {
    #[timeout(secs = 2)]
    async fn two_seconds() -> Answer {
        pending().await
    }
    #[timeout(secs = 9)]
    async fn outer() -> Answer {
        let clock = Clock::start();
        let (first, second, third) = tokio::join!(hangs(), hangs(), async {
            let answer = two_seconds().await;
            (answer, clock.elapsed())
        });
        assert_eq!((first, second), (Err(timed_out(secs(1))), Err(timed_out(secs(1)))));
        assert_eq!(third, (Err(timed_out(secs(2))), secs(2)));
        Ok(7)
    }

    assert_eq!(ends(outer()).await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_over_before_the_call_waits_gives_it_one_more_turn() {
    #[timeout(secs = 1)]
    async fn late() -> Answer {
        let _asked = remaining();
        advance(secs(3)).await;
        pause().await;
        pending().await
    }

    let clock = Clock::start();
    assert!(is_timeout(&ends(late()).await));
    assert!(clock.elapsed() <= secs(3) + millis(2), "{:?}", clock.elapsed());
}

#[test]
fn the_time_of_a_paused_clock_ends_with_its_runtime() {
    #[timeout(secs = 50)]
    async fn waits_twice() -> Answer {
        pause().await;
        pause().await;
        Ok(7)
    }

    let paused = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    assert!(is_timeout(&paused.block_on(async {
        advance(secs(3600)).await;
        hangs().await
    })));
    let real = Builder::new_current_thread().enable_time().build().expect("a runtime");
    assert_eq!(real.block_on(waits_twice()), Ok(7));
}

/// A manual clock does not move tokio's timers.
#[tokio::test(start_paused = true)]
async fn limits_fire_under_a_manual_clock() {
    #[timeout(secs = 9)]
    async fn outer() -> Answer {
        assert!(is_timeout(&hangs().await));
        pending().await
    }

    let manual = resilience::testing::ManualClock::install();
    let clock = Clock::start();
    assert!(is_timeout(&ends(outer()).await));
    assert!((secs(9)..=secs(10)).contains(&clock.elapsed()), "{:?}", clock.elapsed());
    assert_eq!(manual.elapsed(), Duration::ZERO);
}

/// The body blocks its thread while another one turns the timers of the runtime.
#[test]
fn a_limit_that_is_over_before_its_timer_is_set_wakes_the_call() {
    #[timeout(ms = 1)]
    async fn short() -> Answer {
        pending().await
    }

    #[timeout("1h")]
    async fn outer() -> Answer {
        let blocks = async {
            let (sender, receiver) = std::sync::mpsc::channel();
            tokio::spawn(async move {
                sleep(millis(10)).await;
                sender.send(())
            });
            receiver.recv().expect("ten milliseconds pass");
            pending::<()>().await;
        };
        tokio::select! { biased; answer = short() => answer, () = blocks => Ok(7) }
    }

    let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build().expect("a runtime");
    let _inside = runtime.enter();
    let count = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&count));
    let (mut call, mut cx) = (pin!(outer()), Context::from_waker(&waker));
    assert!(call.as_mut().poll(&mut cx).is_pending());
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    assert!(matches!(call.poll(&mut cx), Poll::Ready(answer) if is_timeout(&answer)));
}
