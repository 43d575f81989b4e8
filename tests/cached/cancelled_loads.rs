//! Loads whose leader is dropped, panics, or runs out of time.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use futures_util::FutureExt;
use futures_util::future::join_all;
use resilience::{cached, timeout};
use tokio::time::sleep;

use crate::Running;
use crate::common::{
    Answer, Counter, Elapsed, Script, Watchdog, awaiting, blocking, is_timeout, letter, millis, poll_at_most, secs,
};

/// BUG-E1, BUG-E3.
#[tokio::test(start_paused = true)]
async fn a_waiter_takes_over_when_the_leader_is_dropped_at_any_poll() {
    let _watchdog = Watchdog::start();
    #[cached(skip(running))]
    async fn call(waiters: usize, polls: usize, running: &Running) -> usize {
        let _body = running.enter();
        awaiting::pause().await;
        sleep(secs(1)).await;
        awaiting::pause().await;
        waiters
    }

    for waiters in 0..=4 {
        for polls in 0..=4 {
            let running = Running::default();
            let mut leader = Box::pin(call(waiters, polls, &running));
            let led = poll_at_most(polls, &mut leader).await;
            assert_eq!(led, (polls == 4).then_some(waiters), "the body is ready at the fourth poll");
            let mut waiting: Vec<_> = (0..waiters).map(|_| Box::pin(call(waiters, polls, &running))).collect();
            for waiter in &mut waiting {
                assert_eq!(poll_at_most(1, waiter).await, led);
            }
            if led.is_none() {
                drop(leader);
                assert_eq!(join_all(waiting).await, vec![waiters; waiters]);
            }
            assert_eq!(call(waiters, polls, &running).await, waiters, "kept, or made now");
            let runs = u32::from(polls > 0) + u32::from(led.is_none());
            assert_eq!((running.begun.get(), running.most(), running.now.get()), (runs, 1, 0));
        }
    }
}

/// BUG-E4.
#[tokio::test(start_paused = true)]
async fn a_waiter_takes_over_when_the_leader_panics() {
    let _watchdog = Watchdog::start();
    #[cached(skip(running))]
    async fn call(waiters: usize, running: &Running) -> usize {
        let _body = running.enter();
        sleep(secs(1)).await;
        assert_ne!(running.begun.get(), 1, "told to panic");
        waiters
    }

    for waiters in 0..=4 {
        let running = Running::default();
        let leader = AssertUnwindSafe(call(waiters, &running)).catch_unwind();
        let (led, waited) = tokio::join!(leader, join_all((0..waiters).map(|_| call(waiters, &running))));
        assert!(led.is_err());
        assert_eq!(waited, vec![waiters; waiters]);
        assert_eq!(call(waiters, &running).await, waiters);
        assert_eq!((running.begun.get(), running.most()), (2, 1));
    }
}

/// BUG-E4.
#[test]
fn a_waiting_thread_takes_over_when_the_leading_thread_panics() {
    #[cached(skip(calls, arrived))]
    fn call(round: u32, calls: &Counter, arrived: &Counter) -> u32 {
        while arrived.get() < 4 {
            std::thread::yield_now();
        }
        assert_ne!(calls.up(), 1, "told to panic");
        round
    }

    blocking::ends(|| {
        for round in 0..20 {
            let (calls, arrived) = (Counter::new(), Counter::new());
            let panics = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4)
                    .map(|_| {
                        scope.spawn(|| {
                            arrived.up();
                            call(round, &calls, &arrived)
                        })
                    })
                    .collect();
                threads.into_iter().map(std::thread::ScopedJoinHandle::join).filter(Result::is_err).count()
            });
            assert_eq!((panics, calls.get()), (1, 2));
        }
    });
}

/// BUG-E1.
#[tokio::test(start_paused = true)]
async fn a_waiter_that_is_dropped_affects_no_other_caller() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script))]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(1)).await;
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    let waiters = async {
        for polls in 0..3 {
            assert_eq!(tokio::time::timeout(millis(10), poll_at_most(polls, call(&script))).await.ok().flatten(), None);
        }
        call(&script).await
    };
    assert_eq!(tokio::join!(call(&script), waiters), (Ok(1), Ok(1)));
    assert_eq!((script.calls(), clock.elapsed()), (1, secs(1)));
}

/// Each waits as long as its own limit allows.
#[tokio::test(start_paused = true)]
async fn each_waiter_times_out_at_its_own_limit() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script))]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(10)).await;
        script.run().await
    }
    #[timeout(secs = 2)]
    async fn within_two(script: &awaiting::Script<'_>) -> Answer {
        call(script).await
    }
    #[timeout(secs = 5)]
    async fn within_five(script: &awaiting::Script<'_>) -> Answer {
        call(script).await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    let timed = async |call: Pin<Box<dyn Future<Output = Answer> + '_>>| {
        let answer = awaiting::ends(call).await;
        (letter(&answer), clock.elapsed().as_secs())
    };
    let all = join_all([
        timed(Box::pin(call(&script))),
        timed(Box::pin(within_two(&script))),
        timed(Box::pin(within_five(&script))),
        timed(Box::pin(async {
            sleep(secs(4)).await;
            within_five(&script).await
        })),
    ]);
    assert_eq!(all.await, [('S', 10), ('T', 2), ('T', 5), ('T', 9)]);
    assert_eq!(script.calls(), 1);
}

/// The leader's limit does not limit the waiters. One of them leads next.
#[tokio::test(start_paused = true)]
async fn a_leader_that_times_out_hands_over_and_does_not_fail_the_waiters() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script))]
    async fn plain(script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(4)).await;
        script.run().await
    }
    /// The outer limit shortens its own.
    #[cached(skip(script))]
    #[timeout(secs = 60)]
    async fn limited(script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(4)).await;
        script.run().await
    }
    #[timeout(secs = 2)]
    async fn hurried(is_limited: bool, script: &awaiting::Script<'_>) -> Answer {
        if is_limited { limited(script).await } else { plain(script).await }
    }

    for is_limited in [false, true] {
        let clock = awaiting::Clock::start();
        let script = Script::fails(0, &clock);
        let patient = async || if is_limited { limited(&script).await } else { plain(&script).await };
        let (led, waited) = awaiting::ends(async {
            tokio::join!(hurried(is_limited, &script), async { tokio::join!(patient(), patient()) })
        })
        .await;
        assert!(is_timeout(&led));
        assert_eq!((waited, script.calls(), clock.elapsed()), ((Ok(1), Ok(1)), 1, secs(6)), "{is_limited}");
    }
}

/// BUG-E5.
#[tokio::test(start_paused = true)]
async fn a_waiter_of_a_leader_that_is_never_polled_times_out_at_its_own_limit() {
    let _watchdog = Watchdog::start();
    #[timeout(secs = 5)]
    #[cached]
    async fn call() -> Answer {
        awaiting::pause().await;
        Ok(7)
    }

    let mut parked = Box::pin(call());
    assert_eq!(poll_at_most(1, &mut parked).await, None);
    assert!(is_timeout(&call().await));
    assert!(is_timeout(&parked.await) || call().await == Ok(7), "nothing is blocked");
    assert_eq!(call().await, Ok(7));
}

/// BUG-E2, BUG-E19.
#[tokio::test(start_paused = true)]
async fn ten_thousand_abandoned_loads_leave_nothing_behind() {
    let _watchdog = Watchdog::start();
    #[cached(max_size = 10)]
    async fn call(number: u32) -> u32 {
        sleep(secs(1)).await;
        number
    }

    for number in 0..10_000 {
        assert_eq!(poll_at_most(1, call(number)).await, None);
    }
    let clock = awaiting::Clock::start();
    let answers = join_all((0..10_000).map(call)).await;
    assert_eq!((answers.len(), clock.elapsed()), (10_000, secs(1)));
}

/// BUG-I1.
#[test]
fn a_load_lost_with_its_runtime_does_not_block_the_next_runtime() {
    #[cached(skip(hangs))]
    async fn call(hangs: bool) -> u32 {
        awaiting::pause().await;
        if hangs { std::future::pending().await } else { 7 }
    }

    blocking::ends(|| {
        let runtime = || tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let first = runtime();
        first.spawn(call(true));
        first.block_on(awaiting::pause());
        drop(first);
        assert_eq!(runtime().block_on(call(false)), 7);
    });
}
