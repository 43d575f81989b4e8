//! Loads shared by threads, and the real clock.

use std::sync::Barrier;

use resilience::{cached, timeout};

use crate::common::{Answer, Counter, TestError, Watchdog, awaiting, blocking, is_timeout, millis, secs};

#[tokio::test]
async fn an_asynchronous_ttl_expires_by_the_real_clock() {
    let _watchdog = Watchdog::start();
    #[cached(ttl_ms = 5)]
    async fn call() -> u32 {
        awaiting::pause().await;
        CALLS.up()
    }

    static CALLS: Counter = Counter::new();
    let start = std::time::Instant::now();
    assert_eq!(call().await, 1);
    while call().await == 1 {
        assert!(start.elapsed() < secs(60), "it does not end");
        awaiting::pause().await;
    }
    assert!(start.elapsed() >= millis(5));
}

/// BUG-E5.
#[test]
fn a_waiting_thread_times_out_at_its_own_limit() {
    #[timeout(ms = 20, mode = "cooperative")]
    #[cached(skip(leads, at_work, over))]
    fn call(leads: bool, at_work: &Barrier, over: &Barrier) -> Answer {
        if leads {
            at_work.wait();
            over.wait();
            return Ok(7);
        }
        resilience::checkpoint()?;
        Ok(8)
    }

    blocking::ends(|| {
        let (at_work, over) = (Barrier::new(2), Barrier::new(2));
        std::thread::scope(|scope| {
            let leader = scope.spawn(|| call(true, &at_work, &over));
            at_work.wait();
            assert!(is_timeout(&call(false, &at_work, &over)));
            over.wait();
            assert_eq!(leader.join().ok(), Some(Ok(7)));
        });
        assert_eq!(call(false, &at_work, &over), Ok(7));
    });
}

/// A body that ends because of its caller's limit ends for that caller alone.
#[test]
fn a_leading_thread_that_times_out_does_not_fail_the_waiters() {
    #[cached(skip(leads, at_work, over))]
    fn call(leads: bool, at_work: &Barrier, over: &Barrier) -> Answer {
        if leads {
            at_work.wait();
            over.wait();
            loop {
                resilience::checkpoint()?;
                std::thread::yield_now();
            }
        }
        Ok(7)
    }
    #[timeout(ms = 20, mode = "cooperative")]
    fn hurried(at_work: &Barrier, over: &Barrier) -> Answer {
        call(true, at_work, over)
    }

    blocking::ends(|| {
        let (at_work, over) = (Barrier::new(2), Barrier::new(2));
        std::thread::scope(|scope| {
            let leader = scope.spawn(|| hurried(&at_work, &over));
            at_work.wait();
            let waiter = scope.spawn(|| call(false, &at_work, &over));
            over.wait();
            assert!(leader.join().is_ok_and(|led| is_timeout(&led)));
            assert_eq!(waiter.join().ok(), Some(Ok(7)));
        });
    });
}

/// A policy has one store for threads and tasks.
#[test]
fn threads_and_tasks_share_one_load_of_a_policy() {
    use resilience::Policy;
    use resilience::policy::{self, CachedPolicy};

    blocking::ends(|| {
        for task_leads in [true, false] {
            let name = if task_leads { "shared: task leads" } else { "shared: thread leads" };
            let door: CachedPolicy<u32, u32, TestError> = policy::cached(name).build().expect("valid") >> Policy::new();
            let (calls, at_work, over) = (Counter::new(), Barrier::new(2), Barrier::new(2));
            let lead = || {
                at_work.wait();
                over.wait();
                Ok(calls.up())
            };
            let follow = || Ok(100 + calls.up());
            let runtime = || tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            let answers = std::thread::scope(|scope| {
                let leader = scope.spawn(|| {
                    if task_leads {
                        runtime().block_on(door.call_for(&1, async || lead()))
                    } else {
                        door.call_for_blocking(&1, lead)
                    }
                });
                at_work.wait();
                let thread = scope.spawn(|| door.call_for_blocking(&1, follow));
                let task = scope.spawn(|| runtime().block_on(door.call_for(&1, async || follow())));
                while resilience::Cache::named(name).expect("called").stats().misses < 3 {
                    std::thread::yield_now();
                }
                over.wait();
                [leader, thread, task].map(|thread| thread.join().expect("no panic"))
            });
            assert_eq!((answers, calls.get()), ([Ok(1), Ok(1), Ok(1)], 1), "{name}");
        }
    });
}

#[test]
fn a_synchronous_ttl_expires_by_the_real_clock() {
    #[cached(ttl_ms = 5)]
    fn call() -> u32 {
        CALLS.up()
    }

    static CALLS: Counter = Counter::new();
    let start = std::time::Instant::now();
    while call() == 1 {
        assert!(start.elapsed() < secs(60), "it does not end");
        std::thread::yield_now();
    }
    assert!(start.elapsed() >= millis(5));
}
