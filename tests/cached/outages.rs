//! A failing body runs no more often at a time because many callers wait for it.

use std::sync::Barrier;

use futures_util::FutureExt;
use futures_util::future::join_all;
use resilience::policy::{self, CachedPolicy};
use resilience::{Policy, cached, timeout};
use tokio::time::sleep;

use crate::Running;
use crate::common::{Elapsed, Watchdog, awaiting, blocking, millis, poll_at_most, secs};

/// It is not `Clone`.
#[derive(Debug, PartialEq, thiserror::Error)]
enum Outage {
    #[error("down for the {0}. time")]
    Down(u32),
    #[error("copied: {0}")]
    Copied(String),
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

impl Outage {
    fn copy(&self) -> Self {
        Self::Copied(self.to_string())
    }
}

type Answer = Result<u32, Outage>;

/// One second of work, which fails before the given run.
async fn work(running: &Running, heals: u32) -> Answer {
    let _body = running.enter();
    let run = running.begun.get();
    sleep(secs(1)).await;
    if run < heals { Err(Outage::Down(run)) } else { Ok(run) }
}

fn work_blocking(running: &Running, heals: u32) -> Answer {
    let _body = running.enter();
    let run = running.begun.get();
    std::thread::sleep(millis(2));
    if run < heals { Err(Outage::Down(run)) } else { Ok(run) }
}

/// How many callers got a value, and how many an error.
fn counts(answers: &[Answer]) -> (usize, usize) {
    let values = answers.iter().filter(|answer| answer.is_ok()).count();
    (values, answers.len() - values)
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_that_cannot_be_shared_the_waiters_run_one_after_the_other() {
    let _watchdog = Watchdog::start();
    #[cached(skip(running, heals))]
    async fn call(case: u32, running: &Running, heals: u32) -> Answer {
        work(running, heals).await
    }
    struct Server<'a>(&'a Running);
    impl Server<'_> {
        #[cached(key = (case), name = "outages: method")]
        async fn call(&self, case: u32, heals: u32) -> Answer {
            work(self.0, heals).await
        }
    }

    let (clock, running) = (awaiting::Clock::start(), Running::default());
    let answers = join_all((0..100).map(|_| call(1, &running, 1000))).await;
    assert_eq!((counts(&answers), running.most(), clock.elapsed()), ((0, 100), 1, secs(100)));

    let running = Running::default();
    let answers = join_all((0..100).map(|_| call(2, &running, 4))).await;
    assert_eq!((counts(&answers), running.most(), running.begun.get()), ((97, 3), 1, 4), "a value is for all");

    let running = Running::default();
    let server = Server(&running);
    let answers = join_all((0..20).map(|_| server.call(1, 3))).await;
    assert_eq!((counts(&answers), running.most(), running.begun.get()), ((18, 2), 1, 3));

    let running = Running::default();
    let both = join_all((0..10).flat_map(|_| [3, 4]).map(|key| call(key, &running, 1000))).await;
    assert_eq!((counts(&both), running.most()), ((0, 20), 2), "each key has its turn");
}

#[tokio::test(start_paused = true)]
async fn max_concurrent_loads_bounds_the_bodies_after_a_failure() {
    let _watchdog = Watchdog::start();
    #[cached(skip(running, heals), max_concurrent_loads = 3)]
    async fn call(case: u32, running: &Running, heals: u32) -> Answer {
        work(running, heals).await
    }

    let (clock, running) = (awaiting::Clock::start(), Running::default());
    let answers = join_all((0..100).map(|_| call(1, &running, 1000))).await;
    assert_eq!((counts(&answers), running.most(), clock.elapsed()), ((0, 100), 3, secs(1 + 33)));

    let (clock, running) = (awaiting::Clock::start(), Running::default());
    let answers = join_all((0..100).map(|_| call(2, &running, 6))).await;
    assert_eq!((counts(&answers).1, running.begun.get()), (5, 7), "the first value is for all who wait");
    assert_eq!((running.most(), clock.elapsed()), (3, secs(3)));
}

#[test]
fn waiting_threads_run_a_failing_body_one_after_the_other() {
    #[cached(skip(running, heals, all))]
    fn call(round: u32, running: &Running, heals: u32, all: &Barrier) -> Answer {
        let _ = all;
        work_blocking(running, heals)
    }
    #[cached(skip(running, heals, all), max_concurrent_loads = 3)]
    fn call_three(round: u32, running: &Running, heals: u32, all: &Barrier) -> Answer {
        let _ = all;
        work_blocking(running, heals)
    }

    blocking::ends(|| {
        for round in 0..10 {
            let (one, three, all) = (Running::default(), Running::default(), Barrier::new(16));
            std::thread::scope(|scope| {
                for number in 0..16 {
                    let (one, three, all) = (&one, &three, &all);
                    scope.spawn(move || {
                        all.wait();
                        if number % 2 == 0 { call(round, one, 1000, all) } else { call_three(round, three, 1000, all) }
                    });
                }
            });
            assert_eq!((one.begun.get(), one.most(), three.begun.get()), (8, 1, 8));
            assert!(three.most() <= 3);
        }
    });
}

#[tokio::test(start_paused = true)]
async fn clone_error_shares_the_failure_of_a_load() {
    let _watchdog = Watchdog::start();
    #[cached(skip(running), clone_error = Outage::copy)]
    async fn path(running: &Running) -> Answer {
        work(running, 1000).await
    }
    #[cached(skip(running), clone_error = |error| Outage::Copied(format!("{error:#}")))]
    async fn closure(running: &Running) -> Answer {
        work(running, 1000).await
    }
    #[cached(skip(running), clone_error = |error| anyhow::anyhow!("copied: {error:#}"))]
    async fn with_anyhow(running: &Running) -> anyhow::Result<u32> {
        Ok(work(running, 1000).await?)
    }
    #[cached(skip(running), clone_error = |error| error.to_string().into())]
    async fn with_a_box(running: &Running) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        Ok(work(running, 1000).await?)
    }
    #[cached(skip(running), clone_error = |()| ())]
    async fn with_none(running: &Running) -> Option<u32> {
        work(running, 1000).await.ok()
    }
    struct Server<'a>(&'a Running);
    impl Server<'_> {
        fn copy(&self, error: &Outage) -> Outage {
            Outage::Copied(format!("{error} of {}", self.0.begun.get()))
        }
        #[cached(skip(self), clone_error = self.copy)]
        async fn method(&self) -> Answer {
            work(self.0, 1000).await
        }
    }

    let copies = |answers: &[String]| answers.iter().filter(|answer| answer.contains("copied")).count();
    macro_rules! one_body_for_all {
        ($($call:ident)*) => {$({
            let (clock, running) = (awaiting::Clock::start(), Running::default());
            let answers = join_all((0..100).map(|_| $call(&running))).await;
            let answers: Vec<_> = answers.into_iter().map(|answer| format!("{answer:?}").to_lowercase()).collect();
            assert_eq!((running.begun.get(), clock.elapsed()), (1, secs(1)), "{}", stringify!($call));
            let expected = if stringify!($call) == "with_a_box" { 0 } else { 99 };
            assert_eq!(copies(&answers), expected, "the leader returns its own error: {answers:?}");
        })*};
    }
    one_body_for_all!(path closure with_anyhow with_a_box);

    let running = Running::default();
    assert_eq!(join_all((0..5).map(|_| with_none(&running))).await, vec![None; 5]);
    assert_eq!(running.begun.get(), 1);

    let running = Running::default();
    let server = Server(&running);
    let answers = join_all((0..3).map(|_| server.method())).await;
    assert!(matches!(&*answers, [Err(Outage::Down(1)), Err(Outage::Copied(_)), Err(Outage::Copied(_))]), "{answers:?}");
}

#[test]
fn clone_error_shares_the_failure_with_waiting_threads() {
    #[cached(name = "outage with threads", skip(running, all), clone_error = Outage::copy)]
    fn call(round: u32, running: &Running, all: &Barrier) -> Answer {
        let _body = running.enter();
        // The others have missed by now, or will lead a load of their own.
        all.wait();
        while resilience::Cache::named("outage with threads").is_none_or(|cache| cache.stats().misses < 8) {
            std::thread::yield_now();
        }
        std::thread::sleep(millis(20));
        Err(Outage::Down(round))
    }

    blocking::ends(|| {
        let (running, all) = (Running::default(), Barrier::new(8));
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|number| {
                    let (running, all) = (&running, &all);
                    scope.spawn(move || {
                        if number > 0 {
                            all.wait();
                        }
                        call(1, running, all)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert_eq!(running.begun.get(), 1);
        assert_eq!(answers.iter().filter(|answer| matches!(answer, Err(Outage::Copied(_)))).count(), 7);
    });
}

#[tokio::test(start_paused = true)]
async fn a_waiter_whose_deadline_ends_leaves_the_others_waiting() {
    let _watchdog = Watchdog::start();
    #[cached(skip(running))]
    async fn call(running: &Running) -> Answer {
        work(running, 6).await
    }
    #[timeout(ms = 2500)]
    async fn hurried(running: &Running) -> Answer {
        call(running).await
    }

    let (clock, running) = (awaiting::Clock::start(), Running::default());
    let hurried = async {
        awaiting::pause().await;
        let answers = join_all((0..10).map(|_| hurried(&running))).await;
        (answers, clock.elapsed())
    };
    let patient = async {
        awaiting::pause().await;
        awaiting::pause().await;
        join_all((0..10).map(|_| call(&running))).await
    };
    let (first, (hurried, left), patient) = tokio::join!(call(&running), hurried, patient);
    assert_eq!((first, left), (Err(Outage::Down(1)), millis(2500)));
    let is_timeout = |answer: &Answer| matches!(answer, Err(Outage::Resilience(resilience::Error::Timeout { .. })));
    assert_eq!(hurried.iter().filter(|answer| is_timeout(answer)).count(), 9, "one has run: {hurried:?}");
    assert_eq!((counts(&patient).0, running.most()), (8, 1), "run 3 was cut off, 4 and 5 have failed");
}

/// BUG-E1: waiters leave at any moment, also the one whose turn it is.
#[tokio::test(start_paused = true)]
async fn waiters_that_are_dropped_in_any_order_keep_nobody_from_running() {
    let _watchdog = Watchdog::start();
    #[cached(skip(running), max_concurrent_loads = 2)]
    async fn call(case: u32, running: &Running) -> Answer {
        work(running, 1000).await
    }

    for case in 0..64_u32 {
        let running = Running::default();
        let mut callers: Vec<_> = (0..6).map(|_| Some(Box::pin(call(case, &running)))).collect();
        for caller in callers.iter_mut().flatten() {
            assert_eq!(caller.now_or_never(), None);
        }
        sleep(millis(1000 + u64::from(case % 2))).await;
        for (number, caller) in callers.iter_mut().enumerate() {
            if case >> number & 1 == 1 {
                *caller = None;
            }
        }
        let left = callers.iter().flatten().count();
        let answers = join_all(callers.into_iter().flatten()).await;
        assert_eq!(counts(&answers), (0, left), "{case:b}");
        assert!(running.most() <= 2, "{case:b}");
        assert_eq!(call(case, &running).await.map_err(|_| "down"), Err("down"), "nothing is left behind");
        assert_eq!(running.now.get(), 0);
    }
}

/// BUG-E5: a waiter whose future is held and never polled does not keep the others waiting.
#[tokio::test(start_paused = true)]
async fn a_waiter_that_is_not_polled_holds_up_nobody() {
    let _watchdog = Watchdog::start();
    #[cached(skip(running))]
    async fn call(running: &Running) -> Answer {
        work(running, 3).await
    }

    let running = Running::default();
    let mut leader = Box::pin(call(&running));
    assert_eq!(poll_at_most(1, &mut leader).await, None);
    let mut held = Box::pin(call(&running));
    assert_eq!(poll_at_most(1, &mut held).await, None);
    let (led, others) = tokio::join!(leader, join_all((0..3).map(|_| call(&running))));
    assert_eq!((led, counts(&others)), (Err(Outage::Down(1)), (2, 1)));
    assert_eq!(held.await, Ok(3));
}

#[tokio::test(start_paused = true)]
async fn a_policy_bounds_the_bodies_of_an_outage_as_the_attribute_does() -> Result<(), policy::InvalidPolicy> {
    let _watchdog = Watchdog::start();
    let one: CachedPolicy<u32, u32, Outage> = policy::cached("outages: one").build()? >> Policy::new();
    let three: CachedPolicy<u32, u32, Outage> =
        policy::cached("outages: three").max_concurrent_loads(3).build()? >> Policy::new();
    let shared: CachedPolicy<u32, u32, Outage> =
        policy::cached("outages: shared").clone_error(Outage::copy).build()? >> Policy::new();
    for (door, bodies, most, time) in [(one, 100, 1, 100), (three, 100, 3, 34), (shared, 1, 1, 1)] {
        let (clock, running) = (awaiting::Clock::start(), Running::default());
        let answers = join_all((0..100).map(|_| door.call_for(&1, || work(&running, 1000)))).await;
        assert_eq!((counts(&answers), clock.elapsed()), ((0, 100), secs(time)));
        assert_eq!((running.begun.get(), running.most()), (bodies, most));

        let running = Running::default();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let _thread = scope.spawn(|| door.call_for_blocking(&2, || work_blocking(&running, 1000)));
            }
        });
        assert!(running.most() <= most && running.now.get() == 0);
    }
    Ok(())
}
