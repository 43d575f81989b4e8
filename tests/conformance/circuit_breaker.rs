//! Circuit breakers. A volume threshold is a count window that must be full.

use std::time::Duration;

use futures_util::future::join_all;
use resilience::{BreakerState, CircuitBreaker, bulkhead, checkpoint, circuit_breaker, retry, timeout};
use tokio::time::sleep;

use crate::common::{
    self, Answer, Counter, Elapsed, Script, TestError, awaiting, blocking, millis, poll_at_most, secs,
};

const FAILED: Answer = Err(TestError::Transient);

/// MP-C01.
#[sync_and_async::test]
async fn four_failures_open_it() {
    #[circuit_breaker(window = 4, min_calls = 4, failure_rate = 0.75, success_threshold = 2, recovery_secs = 50)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(letters!(7, call(&script).await), "FFFFOOO");
    assert_eq!(script.calls(), 4);
}

/// MP-C02.
#[sync_and_async::test]
async fn successful_probes_close_it() {
    #[circuit_breaker(window = 4, min_calls = 4, failure_rate = 0.75, success_threshold = 2, recovery_ms = 1)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::of("FFFF SSS", &clock);
    assert_eq!(letters!(4, call(&script).await), "FFFF");
    clock.sleep(millis(500)).await;
    assert_eq!(letters!(3, call(&script).await), "SSS");
    assert_eq!(script.calls(), 7);
}

/// MP-C03.
#[sync_and_async::test]
async fn a_successful_probe_closes_it_with_an_empty_window() {
    #[circuit_breaker(window = 4, min_calls = 4, failure_rate = 0.75, success_threshold = 1, recovery_secs = 1)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::of("FFFF S FFFF", &clock);
    assert_eq!(letters!(5, call(&script).await), "FFFFO");
    clock.sleep(secs(2)).await;
    assert_eq!(letters!(6, call(&script).await), "SFFFFO");
    assert_eq!(script.calls(), 9);
}

/// MP-C04.
#[sync_and_async::test]
async fn a_failed_probe_opens_it_again() {
    #[circuit_breaker(window = 4, min_calls = 4, failure_rate = 0.75, success_threshold = 3, recovery_secs = 1)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::of("FFFF SSF", &clock);
    assert_eq!(letters!(5, call(&script).await), "FFFFO");
    clock.sleep(secs(2)).await;
    assert_eq!(letters!(4, call(&script).await), "SSFO");
    assert_eq!(script.calls(), 7);
}

/// MP-C12.
#[sync_and_async::test]
async fn a_rejection_is_not_retried() {
    #[retry(max = 7, backoff = "none", when = TestError::is_transient)]
    #[circuit_breaker(window = 4, min_calls = 4, failure_rate = 0.75, success_threshold = 2, recovery_secs = 50)]
    async fn listed(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 7, backoff = "none")]
    #[circuit_breaker(window = 4, min_calls = 4, failure_rate = 0.75, success_threshold = 2, recovery_secs = 50)]
    async fn any(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((&*letters!(2, listed(&script).await), script.calls()), ("FO", 4));
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((&*letters!(2, any(&script).await), script.calls()), ("FO", 4));
}

/// MP-C13.
#[sync_and_async::test]
async fn too_few_retries_leave_it_closed() {
    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(window = 4, min_calls = 4, failure_rate = 0.75, success_threshold = 2, recovery_secs = 50)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((&*letters!(1, call(&script).await), script.calls()), ("F", 3));
}

/// MP-C16, MP-C17.
#[sync_and_async::test]
async fn an_open_breaker_is_not_retried_where_it_is_not_listed_or_excluded() {
    #[retry(max = 20, backoff = "constant", base_delay_ms = 200, jitter = false, when = TestError::is_timeout)]
    #[circuit_breaker(window = 4, min_calls = 4, failure_rate = 0.75, success_threshold = 2, recovery_secs = 50)]
    async fn not_listed(script: &Script<'_>) -> Answer {
        script.run().await
    }
    fn not_excluded(error: &TestError) -> bool {
        !error.is_transient() && !error.is_open()
    }
    #[retry(max = 20, backoff = "constant", base_delay_ms = 200, jitter = false, when = not_excluded)]
    #[circuit_breaker(window = 4, min_calls = 4, failure_rate = 0.75, success_threshold = 2, recovery_secs = 50)]
    async fn excluded(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(letters!(5, not_listed(&script).await), "FFFFO");
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(letters!(5, excluded(&script).await), "FFFFO");
    assert_eq!(clock.elapsed(), Duration::ZERO);
}

/// MP-C30.
#[sync_and_async::test]
async fn all_instances_of_a_type_share_the_breaker_of_a_function() {
    struct Service;
    impl Service {
        #[circuit_breaker(window = 8, min_calls = 8, failure_rate = 0.5, recovery_secs = 5)]
        async fn call(&self, script: &Script<'_>) -> Answer {
            script.run().await
        }
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    let instances = [Service, Service, Service, Service];
    let mut letters = String::new();
    for round in 0..12 {
        letters.push(common::letter(&instances[round % 4].call(&script).await));
    }
    assert_eq!(letters, "FFFFFFFFOOOO");
}

/// MP-G14, MP-G15.
#[sync_and_async::test]
async fn unlisted_and_excluded_errors_do_not_open_it() {
    #[circuit_breaker(window = 2, min_calls = 2, failure_rate = 0.5, when = TestError::is_transient)]
    async fn listed(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(window = 2, min_calls = 2, failure_rate = 0.5, when = |error| !error.is_transient())]
    async fn excluded(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(letters!(3, listed(&script).await), "FFO");
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(letters!(3, excluded(&script).await), "FFF");
}

/// MP-G18.
#[sync_and_async::test]
async fn eight_failures_of_ten_open_it() {
    #[circuit_breaker(window = 10, min_calls = 10, failure_rate = 0.8, recovery_secs = 5)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::of("FFSFFFSFFF", &clock);
    assert_eq!(letters!(11, call(&script).await), "FFSFFFSFFFO");
}

/// MP-G19.
#[sync_and_async::test]
async fn two_probes_close_it_and_a_failed_second_one_opens_it() {
    #[circuit_breaker(window = 10, min_calls = 10, failure_rate = 0.5, success_threshold = 2, recovery_secs = 1)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::of("FFFFFFFFFF SS FFFFFFFFFF SF", &clock);
    assert_eq!(letters!(11, call(&script).await), "FFFFFFFFFFO");
    clock.sleep(secs(1)).await;
    assert_eq!(letters!(13, call(&script).await), "SSFFFFFFFFFFO");
    clock.sleep(secs(1)).await;
    assert_eq!(letters!(3, call(&script).await), "SFO");
}

/// SYS-E19.
#[sync_and_async::test]
async fn a_probe_that_ends_with_an_ignored_error_releases_its_permit() {
    #[circuit_breaker(
        failure_threshold = 1, success_threshold = 1, recovery_secs = 1, ignore = TestError::is_permanent
    )]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::new(&clock, |call| match call {
        1 => FAILED,
        2..=4 => Err(TestError::Permanent),
        call => Ok(call),
    });
    assert_eq!(letters!(2, call(&script).await), "FO");
    clock.sleep(secs(1)).await;
    assert_eq!(letters!(4, call(&script).await), "FFFS", "never stuck");
}

/// SYS-E22.
#[sync_and_async::test]
async fn a_tenth_of_at_least_a_hundred_calls_in_thirty_seconds_opens_it() {
    #[circuit_breaker(window = "30s", min_calls = 100, failure_rate = 0.1, recovery_secs = 5)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(letters!(99, call(&script).await), "F".repeat(99));
    assert_eq!(letters!(2, call(&script).await), "FO", "closed at 99, open at 100");
    assert_eq!(script.calls(), 100);
}

/// SYS-E22.
#[sync_and_async::test]
async fn what_is_older_than_the_window_is_forgotten() {
    #[circuit_breaker(window = "30s", min_calls = 100, failure_rate = 0.1, recovery_secs = 5)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(letters!(99, call(&script).await), "F".repeat(99));
    clock.sleep(secs(60)).await;
    assert_eq!(letters!(100, call(&script).await), "F".repeat(100));
    assert_eq!(letters!(1, call(&script).await), "O");
}

/// SYS-E24.
#[sync_and_async::test]
async fn a_hundred_slow_successes_open_it() {
    #[circuit_breaker(
        window = 100,
        min_calls = 100,
        failure_rate = 0.5,
        slow_call = "2s",
        slow_rate = 1.0,
        recovery_secs = 5
    )]
    async fn call(clock: &Clock, script: &Script<'_>) -> Answer {
        clock.sleep(millis(2001)).await;
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(letters!(99, call(&clock, &script).await), "S".repeat(99));
    assert_eq!(letters!(2, call(&clock, &script).await), "SO");
    assert_eq!(script.calls(), 100);
}

/// SYS-E28: A disabled breaker counts nothing.
#[sync_and_async::test]
async fn a_disabled_breaker_lets_every_call_pass() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("e28").failure_threshold(1);

    #[circuit_breaker(shared = BREAKER)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    BREAKER.disable();
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(letters!(50, call(&script).await), "F".repeat(50));
    assert_eq!(script.calls(), 50);
}

/// SYS-E45: An open breaker is never evicted, and closed idle ones go first.
#[sync_and_async::test]
async fn each_key_has_a_breaker_in_bounded_memory() {
    #[circuit_breaker(failure_threshold = 1, recovery = "1h", key = key, max_keys = 10)]
    async fn call(key: u32, script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let (failing, healthy) = (Script::always(TestError::Transient, &clock), Script::fails(0, &clock));
    assert_eq!(letters!(1, call(0, &failing).await), "F");
    for key in 1..1000 {
        assert_eq!(letters!(1, call(key, &healthy).await), "S", "{key}");
    }
    assert_eq!(letters!(1, call(0, &healthy).await), "O", "still open");
}

/// An attribute on a trait function, and implementations that inherit or override it.
mod sharing {
    use super::*;

    macro_rules! base {
        ($name:ident) => {
            trait $name {
                #[circuit_breaker(window = 8, min_calls = 8, failure_rate = 0.5, recovery_secs = 5)]
                fn call(&self) -> Answer {
                    FAILED
                }

                #[circuit_breaker(window = 8, min_calls = 8, failure_rate = 0.5, recovery_secs = 5)]
                async fn later(&self) -> Answer {
                    awaiting::pause().await;
                    FAILED
                }
            }
        };
    }

    /// The failing calls of two instances, in turn, until they are rejected.
    macro_rules! until_rejected {
        ($name:ident) => {{
            let (instances, mut now, mut later) = ([$name, $name], 0, 0);
            while now < 100 && instances[now % 2].call() == FAILED {
                now += 1;
            }
            while later < 100 && instances[later % 2].later().await == FAILED {
                later += 1;
            }
            (now, later)
        }};
    }

    /// MP-C35.
    #[tokio::test(start_paused = true)]
    async fn an_inherited_function_keeps_its_breaker() {
        base!(Base);
        struct Derived;
        impl Base for Derived {}
        assert_eq!(until_rejected!(Derived), (8, 8));
    }

    /// MP-C32, MP-C33, MP-C39.
    #[tokio::test(start_paused = true)]
    async fn an_overriding_function_uses_its_own_attribute() {
        base!(Base);
        struct Derived;
        impl Base for Derived {
            #[circuit_breaker(window = 4, min_calls = 4, failure_rate = 0.5, recovery_secs = 5)]
            fn call(&self) -> Answer {
                FAILED
            }

            #[circuit_breaker(window = 4, min_calls = 4, failure_rate = 0.5, recovery_secs = 5)]
            async fn later(&self) -> Answer {
                awaiting::pause().await;
                FAILED
            }
        }
        assert_eq!(until_rejected!(Derived), (4, 4));
    }

    /// MP-C34.
    #[tokio::test(start_paused = true)]
    async fn an_overriding_function_without_an_attribute_is_never_rejected() {
        base!(Base);
        struct Derived;
        impl Base for Derived {
            fn call(&self) -> Answer {
                FAILED
            }

            async fn later(&self) -> Answer {
                FAILED
            }
        }
        assert_eq!(until_rejected!(Derived), (100, 100));
    }
}

/// MP-C14.
#[tokio::test(start_paused = true)]
async fn timeouts_are_failures_of_the_breaker() {
    fn listed(error: &TestError) -> bool {
        error.is_transient() || error.is_timeout()
    }
    #[retry(max = 7, max_elapsed = "20s", backoff = "none", when = listed)]
    #[circuit_breaker(window = 4, min_calls = 4, failure_rate = 0.75, success_threshold = 2, recovery_secs = 50)]
    #[timeout(ms = 100)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.run().await;
        sleep(secs(5)).await;
        answer
    }
    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(letters!(2, call(&script).await), "TO");
    assert_eq!((script.calls(), clock.elapsed()), (4, millis(400)));
}

/// MP-C14.
#[test]
fn timeouts_of_synchronous_calls_are_failures_of_the_breaker() {
    #[retry(max = 7, max_elapsed = "20s", backoff = "none")]
    #[circuit_breaker(window = 4, min_calls = 4, failure_rate = 0.75, success_threshold = 2, recovery_secs = 50)]
    #[timeout(ms = 100, mode = "cooperative")]
    fn call(clock: &blocking::Clock, script: &blocking::Script<'_>) -> Answer {
        let answer = script.run();
        clock.sleep(millis(100));
        checkpoint()?;
        answer
    }
    let clock = blocking::Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(letters!(2, call(&clock, &script)), "TO");
    assert_eq!((script.calls(), clock.elapsed()), (4, millis(400)));
}

/// MP-C19, MP-C20.
#[tokio::test(start_paused = true)]
async fn an_inner_timeout_counts_where_it_is_listed() {
    #[circuit_breaker(window = 2, min_calls = 2, failure_rate = 0.75)]
    #[timeout(ms = 500)]
    async fn any() -> Answer {
        sleep(secs(1)).await;
        Ok(7)
    }
    #[circuit_breaker(window = 2, min_calls = 2, failure_rate = 0.75, when = TestError::is_full)]
    #[timeout(ms = 500)]
    async fn not_listed() -> Answer {
        sleep(secs(1)).await;
        Ok(7)
    }
    assert_eq!(letters!(3, any().await), "TTO");
    assert_eq!(letters!(3, not_listed().await), "TTT");
}

/// MP-C22: Nested calls of one function are concurrent calls.
#[test]
fn an_inner_full_bulkhead_is_no_failure() {
    #[circuit_breaker(window = 2, min_calls = 2, failure_rate = 0.75)]
    #[bulkhead(max = 1)]
    fn call(others: u32, letters: &mut String) -> Answer {
        for _ in 0..others {
            let answer = call(0, &mut String::new());
            letters.push(common::letter(&answer));
        }
        Ok(7)
    }
    let mut letters = String::new();
    assert_eq!(call(5, &mut letters), Ok(7));
    assert_eq!(letters, "BBBBB", "there it is one; here a rejection says nothing about the service");
}

/// MP-C22.
#[tokio::test(start_paused = true)]
async fn an_inner_full_bulkhead_of_an_asynchronous_call_is_no_failure() {
    #[circuit_breaker(window = 2, min_calls = 2, failure_rate = 0.75)]
    #[bulkhead(max = 1)]
    async fn call() -> Answer {
        sleep(secs(1)).await;
        Ok(7)
    }
    let answers = join_all((0..6).map(|_| call())).await;
    assert_eq!(answers.iter().map(common::letter).collect::<String>(), "SBBBBB");
}

/// SYS-E17.
#[tokio::test(start_paused = true)]
async fn a_half_open_breaker_admits_its_probes_and_no_more() {
    macro_rules! crowd {
        ($($probes:literal)*) => {
            [$({
                #[circuit_breaker(
                    failure_threshold = 1, success_threshold = $probes, half_open_max = $probes, recovery_secs = 1
                )]
                async fn call(fails: bool, executions: &Counter) -> Answer {
                    executions.up();
                    awaiting::pause().await;
                    if fails { FAILED } else { Ok(7) }
                }
                let executions = Counter::new();
                assert_eq!(letters!(2, call(true, &Counter::new()).await), "FO");
                sleep(secs(1)).await;
                let answers = join_all((0..100).map(|_| call(false, &executions))).await;
                let letters: String = answers.iter().map(common::letter).collect();
                let rejected = letters.matches('O').count();
                assert_eq!(letters.matches('S').count() + rejected, 100);
                (executions.get(), rejected)
            }),*]
        };
    }
    assert_eq!(crowd!(1 3), [(1, 99), (3, 97)]);
}

/// SYS-E17.
#[tokio::test(start_paused = true)]
async fn a_cancelled_probe_releases_its_permit() {
    #[circuit_breaker(failure_threshold = 1, success_threshold = 1, recovery_secs = 1)]
    async fn call(fails: bool) -> Answer {
        awaiting::pause().await;
        if fails { FAILED } else { Ok(7) }
    }
    assert_eq!(letters!(2, call(true).await), "FO");
    sleep(secs(1)).await;
    let probe = Box::pin(call(false));
    let mut probe = probe;
    assert_eq!(poll_at_most(1, &mut probe).await, None);
    assert_eq!(letters!(1, call(false).await), "O", "the place is taken");
    drop(probe);
    assert_eq!(letters!(1, call(false).await), "S");
}

/// SYS-E21.
#[tokio::test(start_paused = true)]
async fn a_cancelled_call_is_neither_success_nor_failure() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("e21").window(4).min_calls(4).failure_rate(0.5).recovery(secs(5));

    #[circuit_breaker(shared = BREAKER)]
    async fn call(fails: bool) -> Answer {
        awaiting::pause().await;
        if fails { FAILED } else { Ok(7) }
    }
    for _ in 0..10 {
        assert_eq!(poll_at_most(1, call(true)).await, None);
    }
    let snapshot = BREAKER.snapshot();
    assert_eq!((snapshot.calls, snapshot.failures, snapshot.state), (0, 0, BreakerState::Closed));
    assert_eq!(letters!(5, call(true).await), "FFFFO");
}

/// SYS-E26: The next probe passes instead; the breaker neither opens nor closes.
#[tokio::test(start_paused = true)]
async fn probes_that_never_end_do_not_keep_it_half_open() {
    #[circuit_breaker(failure_threshold = 1, success_threshold = 1, recovery_secs = 1, probe_lease_secs = 5)]
    async fn call(time: Duration, fails: bool) -> Answer {
        sleep(time).await;
        if fails { FAILED } else { Ok(7) }
    }
    assert_eq!(letters!(2, call(Duration::ZERO, true).await), "FO");
    sleep(secs(1)).await;
    let mut stuck = Box::pin(call(secs(3600), false));
    assert_eq!(poll_at_most(1, &mut stuck).await, None);
    sleep(millis(4999)).await;
    assert_eq!(letters!(1, call(Duration::ZERO, false).await), "O");
    sleep(millis(1)).await;
    assert_eq!(letters!(2, call(Duration::ZERO, false).await), "SS");
}
