#![deny(warnings)]
#![recursion_limit = "4096"]
//! What `#[circuit_breaker]` promises. `both!` runs a scenario as synchronous and as asynchronous code (A25). Numbers such as
//! A4 and F2 are those of known mistakes in libraries of this kind.

#[macro_use]
mod support;

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use resilience::{
    BreakerState, Category, CircuitBreaker, Classify, Error, KeyedCircuitBreakers, Severity, circuit_breaker, fallback,
    retry, timeout,
};
use support::{
    Answer, Classified, Counter, Elapsed, Recorder, Script, TestError, awaiting, blocking, is_open, millis,
    poll_at_most, secs,
};
use tokio::time::sleep;
use tracing_subscriber::layer::SubscriberExt;

const FAILED: Answer = Err(TestError::Transient);

/// How long a rejected call is told to wait.
fn wait(answer: &Answer) -> Option<Duration> {
    answer.as_ref().err().filter(|error| error.is_open()).and_then(TestError::retry_after)
}

fn wait_secs(answer: &Answer) -> Option<u64> {
    wait(answer).map(|wait| wait.as_secs())
}

// Closed

both! {
    /// A13.
    async fn exactly_the_threshold_of_failures_in_a_row_opens_it() {
        macro_rules! seen {
            ($($threshold:literal)*) => {
                [$({
                    #[circuit_breaker(failure_threshold = $threshold)]
                    async fn call(script: &Script<'_>) -> Answer {
                        script.run().await
                    }
                    let clock = Clock::start();
                    let script = Script::fails(99, &clock);
                    let letters = letters!(7, call(&script).await);
                    assert_eq!(script.calls(), $threshold, "no body runs behind an open breaker");
                    letters
                }),*]
            };
        }
        assert_eq!(seen!(1 2 3 4 5), ["FOOOOOO", "FFOOOOO", "FFFOOOO", "FFFFOOO", "FFFFFOO"]);
    }

    async fn by_default_five_failures_open_it_for_a_minute_and_two_successes_close_it() {
        #[circuit_breaker]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::of("FFFFF SSS FFFFF", &clock);
        assert_eq!(letters!(6, call(&script).await), "FFFFFO");
        clock.sleep(millis(59_999)).await;
        assert_eq!(letters!(1, call(&script).await), "O");
        clock.sleep(millis(1)).await;
        assert_eq!(letters!(3, call(&script).await), "SSS", "half-open, then closed");
        assert_eq!(letters!(6, call(&script).await), "FFFFFO", "counted from nothing");
    }

    async fn a_success_in_between_starts_the_count_anew() {
        #[circuit_breaker(failure_threshold = 3)]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::of("FFSFFSFFFF", &clock);
        assert_eq!(letters!(10, call(&script).await), "FFSFFSFFFO");
    }

    async fn none_is_a_failure_and_none_is_a_rejection() {
        #[circuit_breaker(failure_threshold = 2)]
        async fn call(script: &Script<'_>) -> Option<u32> {
            script.run().await.ok()
        }

        let clock = Clock::start();
        let script = Script::of("FFSS", &clock);
        assert_eq!([call(&script).await, call(&script).await, call(&script).await], [None; 3]);
        assert_eq!(script.calls(), 2);
    }

    async fn map_err_does_without_a_conversion() {
        fn describe(error: Error) -> String {
            error.to_string()
        }
        #[circuit_breaker(failure_threshold = 1, recovery = "7s", map_err = describe)]
        async fn path() -> Result<u32, String> {
            pause().await;
            Err("own".to_owned())
        }
        #[circuit_breaker(failure_threshold = 1, map_err = |error| error.code())]
        async fn closure() -> Result<u32, &'static str> {
            pause().await;
            Err("own")
        }

        let _clock = Clock::start();
        assert_eq!(path().await, Err("own".to_owned()), "the error of the body as it is");
        let rejection = path().await.expect_err("open");
        assert!(rejection.starts_with("circuit breaker `") && rejection.ends_with("next probe in 7s"), "{rejection}");
        assert_eq!([closure().await, closure().await], [Err("own"), Err("circuit_open")]);
    }
}

// Open

both! {
    async fn a_rejection_tells_the_time_until_the_next_probe() {
        #[circuit_breaker(failure_threshold = 1, recovery = "10s")]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::fails(1, &clock);
        assert_eq!(letters!(1, call(&script).await), "F");
        for left in [10, 7, 4, 1] {
            let rejected = call(&script).await;
            assert_eq!(wait(&rejected), Some(secs(left)));
            clock.sleep(secs(3).min(secs(left))).await;
        }
        assert_eq!(call(&script).await, Ok(2), "waiting exactly that long is enough");
        assert_eq!(script.calls(), 2);
    }

    async fn the_recovery_time_is_given_as_text_or_a_constant_or_a_number_of_some_unit() {
        const TIME: Duration = Duration::from_secs(3);

        macro_rules! waits {
            ($($key:ident = $value:expr),*) => {
                [$({
                    #[circuit_breaker(failure_threshold = 1, $key = $value)]
                    async fn call(script: &Script<'_>) -> Answer {
                        script.run().await
                    }
                    let clock = Clock::start();
                    let script = Script::fails(9, &clock);
                    assert_eq!(letters!(1, call(&script).await), "F");
                    wait(&call(&script).await).map(|wait| wait.as_millis())
                }),*]
            };
        }
        let waits = waits!(
            recovery = "1m30s",
            recovery = TIME,
            recovery_secs = 20,
            recovery_ms = 250,
            recovery_timeout = "40s"
        );
        assert_eq!(waits, [90_000, 3_000, 20_000, 250, 40_000].map(Some));
    }

    async fn the_recovery_time_grows_with_each_failed_probe_up_to_its_limit_and_is_forgotten_when_closed() {
        #[circuit_breaker(
            failure_threshold = 1,
            success_threshold = 1,
            recovery = "10s",
            recovery_factor = 2.0,
            max_recovery = "60s"
        )]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::of("FFFFF S F", &clock);
        let mut waits = Vec::new();
        for _ in 0..5 {
            assert_eq!(letters!(1, call(&script).await), "F");
            let rejected = call(&script).await;
            waits.push(wait_secs(&rejected));
            clock.sleep(wait(&rejected).unwrap_or_default()).await;
        }
        assert_eq!(waits, [10, 20, 40, 60, 60].map(Some));
        assert_eq!(letters!(3, call(&script).await), "SFO");
        assert_eq!(wait_secs(&call(&script).await), Some(10));
    }

    async fn without_a_factor_the_recovery_time_stays() {
        #[circuit_breaker(failure_threshold = 1, recovery = "10s")]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::fails(9, &clock);
        for _ in 0..4 {
            assert_eq!(letters!(1, call(&script).await), "F");
            assert_eq!(wait_secs(&call(&script).await), Some(10));
            clock.sleep(secs(10)).await;
        }
    }

    async fn no_configuration_is_too_large() {
        #[circuit_breaker(failure_threshold = 2, recovery = Duration::MAX, probe_lease = Duration::MAX)]
        async fn forever(script: &Script<'_>) -> Answer {
            script.run().await
        }
        #[circuit_breaker(
            failure_threshold = 4_294_967_295,
            success_threshold = 4_294_967_295,
            half_open_max = 4_294_967_295
        )]
        async fn never(script: &Script<'_>) -> Answer {
            script.run().await
        }
        #[circuit_breaker(failure_threshold = 1, recovery_ms = 1, recovery_factor = 1e9)]
        async fn explodes(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::fails(9999, &clock);
        assert_eq!(letters!(3, forever(&script).await), "FFO");
        clock.sleep(secs(1 << 30)).await;
        assert_eq!(letters!(1, forever(&script).await), "O");
        assert_eq!(letters!(9, never(&script).await), "FFFFFFFFF");
        for expected in [1, 1_000_000_000] {
            assert_eq!(letters!(1, explodes(&script).await), "F");
            assert_eq!(wait(&explodes(&script).await), Some(millis(expected)));
            clock.sleep(millis(expected)).await;
        }
        assert_eq!(letters!(2, explodes(&script).await), "FO");
    }
}

// Half-open

both! {
    async fn the_successes_asked_for_close_it() {
        macro_rules! states {
            ($($threshold:literal)*) => {
                [$({
                    static BREAKER: CircuitBreaker = CircuitBreaker::new("probed")
                        .failure_threshold(1).recovery(Duration::from_secs(10)).success_threshold($threshold);

                    #[circuit_breaker(shared = BREAKER)]
                    async fn call(script: &Script<'_>) -> Answer {
                        script.run().await
                    }
                    let clock = Clock::start();
                    let script = Script::of("F", &clock);
                    assert_eq!(letters!(1, call(&script).await), "F");
                    clock.sleep(secs(10)).await;
                    let mut probes = 0;
                    while BREAKER.state() != BreakerState::Closed {
                        assert_eq!(letters!(1, call(&script).await), "S");
                        probes += 1;
                    }
                    probes
                }),*]
            };
        }
        assert_eq!(states!(1 2 3 4), [1, 2, 3, 4]);
    }

    /// A11.
    async fn a_failed_probe_reopens_it_whatever_came_before() {
        #[circuit_breaker(failure_threshold = 3, success_threshold = 3, recovery = "10s")]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::of("FFF F SF SSF SSS FFF", &clock);
        for expected in ["FFFO", "FO", "SFO", "SSFO", "SSSFFFO"] {
            assert_eq!(letters!(expected.len(), call(&script).await), expected);
            clock.sleep(secs(10)).await;
        }
    }

    /// A12.
    async fn a_listed_error_of_a_probe_is_judged_as_while_closed() {
        #[circuit_breaker(
            failure_threshold = 1, success_threshold = 1, recovery = "10s", when = TestError::is_transient
        )]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::new(&clock, |call| match call {
            1 | 2 | 4 => Err(TestError::Transient),
            _ => Err(TestError::Permanent),
        });
        assert_eq!(letters!(2, call(&script).await), "FO");
        clock.sleep(secs(10)).await;
        assert_eq!(letters!(2, call(&script).await), "FO", "a failure");
        clock.sleep(secs(10)).await;
        assert_eq!(call(&script).await, Err(TestError::Permanent), "counts as a success");
        assert_eq!(letters!(2, call(&script).await), "FO", "so it was closed again");
    }

    /// A3, E19.
    async fn a_probe_that_ends_with_an_ignored_error_gives_its_place_back() {
        static BREAKER: CircuitBreaker =
            CircuitBreaker::new("ignored probe").failure_threshold(1).recovery(Duration::from_secs(10));

        #[circuit_breaker(shared = BREAKER, ignore = TestError::is_permanent)]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::new(&clock, |call| match call {
            1 => Err(TestError::Transient),
            2..=9 => Err(TestError::Permanent),
            _ => Ok(call),
        });
        assert_eq!(letters!(1, call(&script).await), "F");
        clock.sleep(secs(10)).await;
        for _ in 2..=9 {
            assert_eq!(call(&script).await, Err(TestError::Permanent), "admitted, and unchanged");
            assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::HalfOpen, 0));
        }
        assert_eq!(letters!(2, call(&script).await), "SS");
        assert_eq!(BREAKER.state(), BreakerState::Closed);
    }
}

// Which errors

both! {
    /// A12.
    async fn when_says_which_errors_count_and_the_others_count_as_success() {
        #[circuit_breaker(failure_threshold = 2, when = TestError::is_transient)]
        async fn path(script: &Script<'_>) -> Answer {
            script.run().await
        }
        #[circuit_breaker(failure_threshold = 2, when = |error| !error.is_transient())]
        async fn closure(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::new(&clock, |call| match call {
            1 | 3 | 5 | 6 => Err(TestError::Transient),
            _ => Err(TestError::Permanent),
        });
        assert_eq!(letters!(7, path(&script).await), "FFFFFFO", "two in a row");
        assert_eq!(letters!(3, closure(&script).await), "FFO");
    }

    async fn an_ignored_error_counts_as_nothing() {
        #[circuit_breaker(failure_threshold = 3, ignore = TestError::is_permanent)]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::new(&clock, |call| match call {
            1 | 3 | 5 => Err(TestError::Transient),
            _ => Err(TestError::Permanent),
        });
        assert_eq!(letters!(6, call(&script).await), "FFFFFO", "neither a failure nor a success in between");
    }

    async fn ignore_goes_before_when() {
        #[circuit_breaker(failure_threshold = 1, when = |_| true, ignore = TestError::is_permanent)]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::always(TestError::Permanent, &clock);
        assert_eq!(letters!(9, call(&script).await), "FFFFFFFFF");
        let script = Script::always(TestError::Transient, &clock);
        assert_eq!(letters!(2, call(&script).await), "FO");
    }

    async fn a_permanent_error_does_not_open_it() {
        #[circuit_breaker(failure_threshold = 2)]
        async fn call(script: &Script<'_>) -> Result<u32, Classified> {
            Ok(script.run().await?)
        }

        let clock = Clock::start();
        let script = Script::new(&clock, |call| match call {
            10 | 12 | 13 => Err(TestError::Transient),
            _ => Err(TestError::Permanent),
        });
        for call_number in 1..=13 {
            assert!(!call(&script).await.is_err_and(|error| error.0.is_open()), "call {call_number}");
        }
        assert!(call(&script).await.is_err_and(|error| error.0.is_open()), "two that count, in a row");
    }

    async fn when_has_the_last_word_over_the_classification() {
        #[circuit_breaker(failure_threshold = 1, when = |error| error.0.is_permanent())]
        async fn call(script: &Script<'_>) -> Result<u32, Classified> {
            Ok(script.run().await?)
        }

        let clock = Clock::start();
        let script =
            Script::new(&clock, |call| Err(if call < 9 { TestError::Transient } else { TestError::Permanent }));
        for _ in 1..=9 {
            assert!(!call(&script).await.is_err_and(|error| error.0.is_open()));
        }
        assert!(call(&script).await.is_err_and(|error| error.0.is_open()));
    }

    async fn a_critical_error_is_a_failure() {
        #[derive(Debug)]
        struct Burning(bool);

        impl From<Error> for Burning {
            fn from(_: Error) -> Self {
                Self(false)
            }
        }
        impl Classify for Burning {
            fn category(&self) -> Category {
                Category::Network
            }
            fn severity(&self) -> Severity {
                Severity::Critical
            }
        }
        #[circuit_breaker(failure_threshold = 2)]
        async fn call() -> Result<u32, Burning> {
            pause().await;
            Err(Burning(true))
        }

        let _clock = Clock::start();
        let ran = [call().await, call().await, call().await].map(|answer| answer.is_err_and(|error| error.0));
        assert_eq!(ran, [true, true, false]);
    }
}

// Rows of the conformance suite, with failures in a row for its windows

both! {
    async fn c01_closed_then_open() {
        #[circuit_breaker(failure_threshold = 4, success_threshold = 2, recovery = "50s")]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::fails(99, &clock);
        assert_eq!(letters!(7, call(&script).await), "FFFFOOO");
        assert_eq!(script.calls(), 4);
    }

    async fn c02_closed_again() {
        #[circuit_breaker(failure_threshold = 4, success_threshold = 2, recovery_ms = 1)]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::of("FFFFSSS", &clock);
        assert_eq!(letters!(4, call(&script).await), "FFFF");
        clock.sleep(millis(500)).await;
        assert_eq!(letters!(3, call(&script).await), "SSS");
        assert_eq!(script.calls(), 7);
    }

    async fn c03_one_success_closes() {
        #[circuit_breaker(failure_threshold = 4, success_threshold = 1, recovery = "1s")]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::of("FFFFSFFFF", &clock);
        assert_eq!(letters!(5, call(&script).await), "FFFFO");
        clock.sleep(secs(2)).await;
        assert_eq!(letters!(6, call(&script).await), "SFFFFO");
        assert_eq!(script.calls(), 9);
    }

    async fn c04_three_successes_asked_for() {
        #[circuit_breaker(failure_threshold = 4, success_threshold = 3, recovery = "1s")]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::of("FFFFSSF", &clock);
        assert_eq!(letters!(5, call(&script).await), "FFFFO");
        clock.sleep(secs(2)).await;
        assert_eq!(letters!(4, call(&script).await), "SSFO");
        assert_eq!(script.calls(), 7);
    }

    async fn c12_more_retries_than_the_breaker_takes() {
        #[retry(max = 7, backoff = "none")]
        #[circuit_breaker(failure_threshold = 4, success_threshold = 2, recovery = "50s")]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::fails(99, &clock);
        assert_eq!(letters!(1, call(&script).await), "O", "the fifth attempt is rejected, and a rejection is not retried");
        assert_eq!(script.calls(), 4);
    }

    async fn c13_fewer_retries_than_the_breaker_takes() {
        #[retry(max = 2, backoff = "none")]
        #[circuit_breaker(failure_threshold = 4, success_threshold = 2, recovery = "50s")]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::fails(99, &clock);
        assert_eq!(letters!(1, call(&script).await), "F");
        assert_eq!(script.calls(), 3);
    }

    async fn c16_c17_an_open_breaker_is_not_retried_unless_listed() {
        #[retry(max = 20, backoff = "constant", base_delay_ms = 200, jitter = false, when = TestError::is_timeout)]
        #[circuit_breaker(failure_threshold = 4, recovery = "50s")]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::fails(99, &clock);
        assert_eq!(letters!(5, call(&script).await), "FFFFO");
        assert_eq!(clock.elapsed(), secs(0));
    }
}

#[tokio::test(start_paused = true)]
async fn c14_timeouts_open_it_under_a_retry() {
    #[retry(max = 7, max_elapsed = "20s", backoff = "none")]
    #[circuit_breaker(failure_threshold = 4, success_threshold = 2, recovery = "50s")]
    #[timeout(ms = 100)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.run().await;
        sleep(secs(5)).await;
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(letters!(1, call(&script).await), "O");
    assert_eq!((script.calls(), clock.elapsed()), (4, millis(400)));
}

/// A26.
#[tokio::test(start_paused = true)]
async fn c19_a_timeout_inside_is_a_failure() {
    #[circuit_breaker(failure_threshold = 2)]
    #[timeout(ms = 500)]
    async fn call() -> Answer {
        sleep(secs(1)).await;
        Ok(7)
    }

    assert_eq!(letters!(3, call().await), "TTO");
}

#[tokio::test(start_paused = true)]
async fn c20_a_timeout_inside_that_is_not_listed_is_a_success() {
    #[circuit_breaker(failure_threshold = 2, when = TestError::is_transient)]
    #[timeout(ms = 500)]
    async fn call() -> Answer {
        sleep(secs(1)).await;
        Ok(7)
    }

    assert_eq!(letters!(5, call().await), "TTTTT");
}

/// A24, A26.
#[tokio::test(start_paused = true)]
async fn a_timeout_outside_is_the_callers_and_counts_as_nothing() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("timeout outside").failure_threshold(2);

    #[timeout(ms = 500)]
    #[circuit_breaker(shared = BREAKER)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.run().await;
        if script.calls() != 1 {
            sleep(secs(1)).await;
        }
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(letters!(5, call(&script).await), "FTTTT");
    assert_eq!(BREAKER.snapshot().consecutive_failures, 1, "nor as a success");
}

// Shared

both! {
    async fn functions_that_name_one_static_share_one_breaker() {
        static BREAKER: CircuitBreaker = CircuitBreaker::new("static").failure_threshold(3);

        #[circuit_breaker(shared = BREAKER)]
        async fn first(script: &Script<'_>) -> Answer {
            script.run().await
        }
        #[circuit_breaker(shared = BREAKER)]
        async fn second(script: &Script<'_>) -> Option<u32> {
            script.run().await.ok()
        }

        let clock = Clock::start();
        let script = Script::fails(99, &clock);
        assert_eq!(letters!(2, first(&script).await), "FF");
        assert_eq!(second(&script).await, None);
        assert_eq!(BREAKER.state(), BreakerState::Open);
        assert_eq!(letters!(1, first(&script).await), "O");
        assert_eq!(script.calls(), 3);
        assert_eq!(BREAKER.name(), "static");
        assert!(resilience::CircuitBreaker::named("static").is_none(), "found through the static, not by name");
    }

    async fn a_static_takes_every_setting_of_the_attribute() {
        static BREAKER: CircuitBreaker = CircuitBreaker::new("settings")
            .failure_threshold(1)
            .success_threshold(1)
            .half_open_max(2)
            .recovery(Duration::from_secs(10))
            .recovery_factor(3.0)
            .max_recovery(Duration::from_secs(40))
            .probe_lease(Duration::from_secs(5));

        #[circuit_breaker(shared = BREAKER)]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::fails(3, &clock);
        for expected in [10, 30, 40] {
            assert_eq!(call(&script).await, FAILED);
            assert_eq!(wait_secs(&call(&script).await), Some(expected));
            clock.sleep(secs(expected)).await;
        }
        let probes = [BREAKER.admit(), BREAKER.admit()];
        assert!(probes.iter().all(Result::is_ok));
        assert_eq!(wait_secs(&call(&script).await), Some(5), "until a probe has to give its place away");
        drop(probes);
        assert_eq!((call(&script).await, BREAKER.state()), (Ok(4), BreakerState::Closed));
    }

    async fn without_a_name_each_function_has_its_own() {
        #[circuit_breaker(failure_threshold = 1)]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }
        #[circuit_breaker(failure_threshold = 1)]
        async fn other(script: &Script<'_>) -> Answer {
            script.run().await
        }

        struct Left;
        struct Right;

        impl Left {
            #[circuit_breaker(failure_threshold = 1)]
            async fn call(&self, script: &Script<'_>) -> Answer {
                script.run().await
            }
        }
        impl Right {
            #[circuit_breaker(failure_threshold = 1)]
            async fn call(&self, script: &Script<'_>) -> Answer {
                script.run().await
            }
        }

        let clock = Clock::start();
        let script = Script::fails(99, &clock);
        assert_eq!(letters!(2, call(&script).await), "FO");
        assert_eq!(letters!(2, other(&script).await), "FO");
        assert_eq!(letters!(2, Left.call(&script).await), "FO");
        assert_eq!(letters!(2, Right.call(&script).await), "FO");
        assert_eq!(script.calls(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn functions_that_say_one_name_share_one_breaker() {
    #[circuit_breaker(name = "breaker.shared", failure_threshold = 3)]
    async fn first(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(name = "breaker.shared", failure_threshold = 3)]
    fn second(script: &awaiting::Script<'_>) -> Option<u32> {
        script.next().ok()
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(99, &clock);
    assert!(resilience::CircuitBreaker::named("breaker.shared").is_none(), "never called");
    assert_eq!(letters!(2, first(&script).await), "FF");
    assert_eq!(second(&script), None);
    assert_eq!(letters!(1, first(&script).await), "O");
    assert_eq!((second(&script), script.calls()), (None, 3));
    let breaker = resilience::CircuitBreaker::named("breaker.shared").expect("called");
    assert_eq!((breaker.name(), breaker.state()), ("breaker.shared", BreakerState::Open));
}

#[test]
fn one_name_is_one_breaker_on_all_threads() {
    #[circuit_breaker(name = "breaker.threads", failure_threshold = 10)]
    fn call(calls: &Counter) -> Answer {
        calls.up();
        Err(TestError::Transient)
    }

    let calls = Counter::new();
    std::thread::scope(|scope| {
        for _ in 0..5 {
            let calls = &calls;
            scope.spawn(move || assert_eq!(letters!(2, call(calls)), "FF"));
        }
    });
    assert_eq!(letters!(1, call(&calls)), "O");
    assert_eq!(calls.get(), 10);
}

#[test]
fn a_breaker_without_a_name_is_found_by_the_path_of_its_function() {
    #[circuit_breaker(failure_threshold = 1)]
    fn found_by_path() -> Answer {
        Err(TestError::Transient)
    }

    let _clock = blocking::Clock::start();
    let path = concat!(module_path!(), "::found_by_path");
    assert!(resilience::CircuitBreaker::named(path).is_none(), "never called");
    assert_eq!(letters!(1, found_by_path()), "F");
    let breaker = resilience::CircuitBreaker::named(path).expect("called");
    assert_eq!((breaker.name(), breaker.state()), (path, BreakerState::Open));
    assert_eq!(found_by_path(), Err(Error::CircuitOpen { name: path.into(), retry_after: secs(60) }.into()));
}

#[test]
fn two_configurations_under_one_name_are_an_error_event_that_names_both_places() {
    #[circuit_breaker(name = "breaker.conflict", failure_threshold = 1)]
    fn first() -> Answer {
        Err(TestError::Transient)
    }
    #[circuit_breaker(name = "breaker.conflict", failure_threshold = 2)]
    fn second() -> Answer {
        Err(TestError::Transient)
    }
    #[circuit_breaker(name = "breaker.conflict", failure_threshold = 1)]
    fn third() -> Answer {
        Err(TestError::Transient)
    }
    let (first_line, second_line) = (line!() - 12, line!() - 8);

    let recorder = Recorder::start();
    assert_eq!(letters!(1, first()), "F");
    assert_eq!(letters!(3, second()), "OOO", "the first one applies");
    assert_eq!(letters!(1, third()), "O");
    let conflicts = recorder.named("breaker.conflict");
    let [conflict] = &conflicts[..] else { panic!("{conflicts:?}") };
    assert_eq!((conflict.level, conflict.field("breaker")), (tracing::Level::ERROR, "breaker.conflict"));
    assert_eq!(conflict.field("first"), format!("{}:{first_line}", file!()));
    assert_eq!(conflict.field("second"), format!("{}:{second_line}", file!()));
}

// Handles

both! {
    async fn a_snapshot_shows_every_state() {
        static BREAKER: CircuitBreaker =
            CircuitBreaker::new("snapshot").failure_threshold(3).recovery(Duration::from_secs(10)).half_open_max(2);

        #[circuit_breaker(shared = BREAKER)]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::of("FFSFFF SS", &clock);
        let seen = |state: BreakerState, failures: u32, wait: Option<u64>, rejected: u64| {
            let snapshot = BREAKER.snapshot();
            assert_eq!((snapshot.state, BREAKER.state(), &*snapshot.name), (state, state, "snapshot"));
            assert_eq!((snapshot.consecutive_failures, snapshot.rejected), (failures, rejected), "{state}");
            assert_eq!(snapshot.retry_after, wait.map(secs), "{state}");
            assert_eq!(snapshot.probes, 0, "{state}");
        };
        seen(BreakerState::Closed, 0, None, 0);
        assert_eq!(letters!(2, call(&script).await), "FF");
        seen(BreakerState::Closed, 2, None, 0);
        assert_eq!(letters!(1, call(&script).await), "S");
        seen(BreakerState::Closed, 0, None, 0);
        assert_eq!(letters!(5, call(&script).await), "FFFOO");
        seen(BreakerState::Open, 0, Some(10), 2);
        clock.sleep(secs(4)).await;
        seen(BreakerState::Open, 0, Some(6), 2);
        clock.sleep(secs(60)).await;
        seen(BreakerState::Open, 0, Some(0), 2);
        assert_eq!(letters!(1, call(&script).await), "S");
        seen(BreakerState::HalfOpen, 0, None, 2);
        assert_eq!(letters!(1, call(&script).await), "S");
        seen(BreakerState::Closed, 0, None, 2);
    }

    /// A19.
    async fn forced_states_hold_until_they_are_lifted() {
        static BREAKER: CircuitBreaker = CircuitBreaker::new("forced").failure_threshold(2);

        #[circuit_breaker(shared = BREAKER)]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::fails(99, &clock);
        BREAKER.force_open();
        assert_eq!(BREAKER.state(), BreakerState::ForcedOpen);
        assert_eq!(letters!(2, call(&script).await), "OO");
        clock.sleep(secs(86_400)).await;
        assert_eq!(letters!(2, call(&script).await), "OO", "no probe either");
        assert_eq!(script.calls(), 0);

        BREAKER.disable();
        assert_eq!(BREAKER.state(), BreakerState::Disabled);
        assert_eq!(letters!(9, call(&script).await), "FFFFFFFFF", "nothing is counted");

        BREAKER.close();
        assert_eq!((BREAKER.state(), BREAKER.snapshot().rejected), (BreakerState::Closed, 4));
        assert_eq!(letters!(3, call(&script).await), "FFO", "a fresh count");

        BREAKER.close();
        assert_eq!(letters!(3, call(&script).await), "FFO", "an open one closes too");

        BREAKER.reset();
        assert_eq!((BREAKER.state(), BREAKER.snapshot().rejected), (BreakerState::Closed, 0));
        assert_eq!(letters!(3, call(&script).await), "FFO");
    }

    /// A16.
    async fn each_change_of_state_is_one_event() {
        static BREAKER: CircuitBreaker =
            CircuitBreaker::new("events").failure_threshold(2).recovery(Duration::from_secs(10)).success_threshold(2);

        #[circuit_breaker(shared = BREAKER)]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let recorder = Recorder::start();
        let script = Script::of("FF F SS", &clock);
        for expected in ["FFOO", "FO", "SSSS"] {
            assert_eq!(letters!(expected.len(), call(&script).await), expected);
            clock.sleep(secs(10)).await;
        }
        let expected = ["breaker.open", "breaker.half_open", "breaker.open", "breaker.half_open", "breaker.close"];
        assert_eq!(recorder.names(), expected);
        let events = recorder.events();
        assert!(events.iter().all(|event| event.field("breaker") == "events"), "{events:?}");
        assert_eq!(events[0].field("recovery_ms"), "10000");
    }
}

#[test]
fn a_permit_taken_by_hand_has_the_same_four_fates() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("by hand").failure_threshold(2).success_threshold(1).recovery(Duration::from_secs(10));

    let clock = blocking::Clock::start();
    let admit = || BREAKER.admit().expect("admitted");
    admit().fail();
    admit().ignore();
    drop(admit());
    assert_eq!(BREAKER.snapshot().consecutive_failures, 1);
    admit().succeed();
    assert_eq!(BREAKER.snapshot().consecutive_failures, 0);
    admit().fail();
    admit().fail();
    let rejected = BREAKER.admit().expect_err("open");
    assert_eq!((rejected.code(), rejected.retry_after()), ("circuit_open", Some(secs(10))));
    clock.sleep(secs(10));
    let probe = admit();
    assert!(BREAKER.admit().is_err(), "the one place is taken");
    probe.succeed();
    assert_eq!(BREAKER.state(), BreakerState::Closed);
}

// Abandoned

/// A1.
#[tokio::test(start_paused = true)]
async fn a_panic_counts_as_nothing_and_gives_the_probe_back() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("panic").failure_threshold(2).success_threshold(1).recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    async fn call(fails: Option<bool>) -> Answer {
        awaiting::pause().await;
        if fails.expect("told to panic") { Err(TestError::Transient) } else { Ok(7) }
    }

    assert_eq!(letters!(1, call(Some(true)).await), "F");
    assert!(AssertUnwindSafe(call(None)).catch_unwind().await.is_err());
    assert_eq!(BREAKER.snapshot().consecutive_failures, 1);
    assert_eq!(letters!(2, call(Some(true)).await), "FO");
    sleep(secs(10)).await;
    for _ in 0..5 {
        assert!(AssertUnwindSafe(call(None)).catch_unwind().await.is_err(), "admitted each time");
        assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::HalfOpen, 0));
    }
    assert_eq!(letters!(1, call(Some(false)).await), "S");
    assert_eq!(BREAKER.state(), BreakerState::Closed);
}

#[test]
fn a_panic_of_a_synchronous_function_counts_as_nothing_and_gives_the_probe_back() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("sync panic").failure_threshold(2).success_threshold(1).recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    fn call(fails: Option<bool>) -> Answer {
        if fails.expect("told to panic") { Err(TestError::Transient) } else { Ok(7) }
    }

    let clock = blocking::Clock::start();
    assert_eq!(letters!(1, call(Some(true))), "F");
    assert!(catch_unwind(|| call(None)).is_err());
    assert_eq!(BREAKER.snapshot().consecutive_failures, 1);
    assert_eq!(letters!(2, call(Some(true))), "FO");
    clock.sleep(secs(10));
    for _ in 0..5 {
        assert!(catch_unwind(|| call(None)).is_err(), "admitted each time");
        assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::HalfOpen, 0));
    }
    assert_eq!(letters!(1, call(Some(false))), "S");
    assert_eq!(BREAKER.state(), BreakerState::Closed);
}

/// A24, E21.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_while_closed_counts_as_nothing() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("dropped closed").failure_threshold(2);

    #[circuit_breaker(shared = BREAKER)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(letters!(1, call(&script).await), "F");
    for polls in [0, 1, 0, 1, 1] {
        assert_eq!(poll_at_most(polls, call(&script)).await, None);
        assert_eq!(BREAKER.snapshot().consecutive_failures, 1, "neither a failure nor a success");
    }
    assert_eq!(letters!(2, call(&script).await), "FO");
}

/// A1.
#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_at_any_poll_gives_its_place_back() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("dropped probe")
        .failure_threshold(1)
        .success_threshold(1)
        .recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.run().await;
        awaiting::pause().await;
        sleep(secs(1)).await;
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(letters!(1, call(&script).await), "F");
    sleep(secs(10)).await;
    let mut polls = 0;
    while poll_at_most(polls, call(&script)).await.is_none() {
        assert_eq!(BREAKER.snapshot().probes, 0, "after {polls} polls");
        assert_ne!(BREAKER.state(), BreakerState::Closed);
        polls += 1;
    }
    assert_eq!((polls, BREAKER.state()), (4, BreakerState::Closed));
}

/// A2.
#[tokio::test(start_paused = true)]
async fn a_probe_that_never_settles_gives_its_place_back_when_its_lease_is_over() {
    #[circuit_breaker(failure_threshold = 1, success_threshold = 1, recovery = "10s", probe_lease = "30s")]
    async fn call(script: &awaiting::Script<'_>, time: Duration) -> Answer {
        let answer = script.next();
        sleep(time).await;
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(call(&script, secs(0)).await, FAILED);
    sleep(secs(10)).await;
    let mut hung = Box::pin(call(&script, secs(100)));
    assert_eq!(poll_at_most(1, &mut hung).await, None);
    sleep(secs(20)).await;
    assert_eq!(wait_secs(&call(&script, secs(0)).await), Some(10), "until the lease is over");
    sleep(secs(10)).await;
    assert_eq!(call(&script, secs(0)).await, Ok(3));
    assert_eq!(letters!(2, call(&script, secs(0)).await), "SS", "closed");
}

/// A2.
#[tokio::test(start_paused = true)]
async fn a_probe_that_outlives_its_lease_changes_nothing() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("outlived").failure_threshold(1).success_threshold(2).recovery(Duration::from_secs(10));

    // The default lease is 60 s.
    #[circuit_breaker(shared = BREAKER)]
    async fn call(answer: Answer, time: Duration) -> Answer {
        sleep(time).await;
        answer
    }

    assert_eq!(letters!(1, call(FAILED, secs(0)).await), "F");
    sleep(secs(10)).await;
    let mut hung = Box::pin(call(FAILED, secs(61)));
    assert_eq!(poll_at_most(1, &mut hung).await, None);
    sleep(secs(60)).await;
    let mut second = Box::pin(call(Ok(2), secs(10)));
    assert_eq!(poll_at_most(1, &mut second).await, None, "admitted in its place");
    assert_eq!(hung.await, FAILED);
    assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::HalfOpen, 1), "not reopened");
    assert_eq!(second.await, Ok(2));
    assert_eq!(letters!(1, call(Ok(3), secs(0)).await), "S");
    assert_eq!(BREAKER.state(), BreakerState::Closed);
}

// Late

/// A6.
#[tokio::test(start_paused = true)]
async fn a_result_that_comes_after_the_state_has_changed_changes_nothing() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("late").failure_threshold(2).success_threshold(1).recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    async fn call(answer: Answer, time: Duration) -> Answer {
        sleep(time).await;
        answer
    }
    async fn admitted(answer: Answer, time: u64) -> std::pin::Pin<Box<impl Future<Output = Answer>>> {
        let mut call = Box::pin(call(answer, secs(time)));
        assert_eq!(poll_at_most(1, &mut call).await, None);
        call
    }

    let late_success = admitted(Ok(1), 3).await;
    let late_failure = admitted(FAILED, 4).await;
    let later_failures = [admitted(FAILED, 11).await, admitted(FAILED, 12).await, admitted(FAILED, 30).await];
    assert_eq!(letters!(2, call(FAILED, secs(0)).await), "FF");
    assert_eq!(late_success.await, Ok(1));
    assert_eq!(BREAKER.state(), BreakerState::Open, "a success of before does not close it");
    assert_eq!(late_failure.await, FAILED);
    assert_eq!(BREAKER.snapshot().retry_after, Some(secs(6)), "a failure of before does not prolong it");
    sleep(secs(6)).await;
    let probe = admitted(Ok(2), 2).await;
    let [first, second, third] = later_failures;
    assert_eq!(first.await, FAILED);
    assert_eq!(BREAKER.state(), BreakerState::HalfOpen, "nor does it fail the probe");
    assert_eq!((probe.await, BREAKER.state()), (Ok(2), BreakerState::Closed));
    assert_eq!((second.await, third.await), (FAILED, FAILED));
    assert_eq!((BREAKER.state(), BREAKER.snapshot().consecutive_failures), (BreakerState::Closed, 0), "nor count now");
}

/// A6.
#[tokio::test(start_paused = true)]
async fn a_second_probe_that_fails_after_the_first_has_closed_it_changes_nothing() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("two probes")
        .failure_threshold(1)
        .success_threshold(1)
        .half_open_max(2)
        .recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    async fn call(answer: Answer, time: Duration) -> Answer {
        sleep(time).await;
        answer
    }

    assert_eq!(letters!(1, call(FAILED, secs(0)).await), "F");
    sleep(secs(10)).await;
    let (first, second) = tokio::join!(call(Ok(1), secs(1)), call(FAILED, secs(2)));
    assert_eq!((first, second), (Ok(1), Err(TestError::Transient)));
    assert_eq!((BREAKER.state(), BREAKER.snapshot().consecutive_failures), (BreakerState::Closed, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_at_a_reset_changes_nothing_when_it_ends() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("reset under way").failure_threshold(1);

    #[circuit_breaker(shared = BREAKER)]
    async fn call() -> Answer {
        awaiting::pause().await;
        Err(TestError::Transient)
    }

    let mut under_way = Box::pin(call());
    assert_eq!(poll_at_most(1, &mut under_way).await, None);
    BREAKER.reset();
    assert_eq!(under_way.await, FAILED);
    assert_eq!(BREAKER.state(), BreakerState::Closed);
}

// Many at once

/// A4, E17: with one place, with two and with three.
#[tokio::test(start_paused = true)]
async fn a_thousand_calls_at_once_find_exactly_the_places_of_half_open() {
    macro_rules! admitted {
        ($($places:literal)*) => {
            [$({
                #[circuit_breaker(
                    failure_threshold = 1, success_threshold = 5, half_open_max = $places, recovery = "10s"
                )]
                async fn call(script: &awaiting::Script<'_>) -> Answer {
                    script.run().await
                }
                let clock = awaiting::Clock::start();
                let script = Script::fails(1, &clock);
                assert_eq!(letters!(1, call(&script).await), "F");
                sleep(secs(10)).await;
                let answers = join_all((0..1000).map(|_| call(&script))).await;
                let rejected = answers.iter().filter(|answer| is_open(answer)).count();
                assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1000 - rejected);
                assert_eq!(script.calls(), 1 + 1000 - rejected);
                script.calls() - 1
            }),*]
        };
    }
    assert_eq!(admitted!(1 2 3), [1, 2, 3]);
}

/// A15, A16.
#[tokio::test(start_paused = true)]
async fn calls_that_fail_at_once_open_it_once() {
    #[circuit_breaker(failure_threshold = 5)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let recorder = Recorder::start();
    let script = Script::fails(999, &clock);
    let answers = join_all((0..100).map(|_| call(&script))).await;
    assert!(answers.iter().all(|answer| *answer == FAILED), "all were admitted before the first of them failed");
    assert_eq!(recorder.names(), ["breaker.open"]);
    assert_eq!(wait_secs(&call(&script).await), Some(60));
}

/// A4.
#[test]
fn threads_that_come_at_once_find_exactly_the_places_of_half_open() {
    #[circuit_breaker(
        name = "breaker.crowd",
        failure_threshold = 1,
        success_threshold = 9,
        half_open_max = 2,
        recovery = "10s"
    )]
    fn call(calls: &Counter, all_in: &Barrier) -> Answer {
        if calls.up() == 1 {
            return Err(TestError::Transient);
        }
        // Both probes are under way, and everyone else has been turned away.
        all_in.wait();
        Ok(7)
    }

    for _ in 0..20 {
        if let Some(breaker) = resilience::CircuitBreaker::named("breaker.crowd") {
            breaker.reset();
        }
        let (calls, all_in, start) = (Counter::new(), Barrier::new(8), Barrier::new(8));
        assert_eq!(letters!(1, call(&calls, &all_in)), "F");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let clock = blocking::Clock::start();
                    clock.sleep(secs(10));
                    start.wait();
                    if is_open(&call(&calls, &all_in)) {
                        all_in.wait();
                    }
                });
            }
        });
        assert_eq!(calls.get(), 1 + 2);
    }
}

/// A7.
#[test]
fn whatever_happened_at_once_a_healthy_service_closes_it_again() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("stress").failure_threshold(2).success_threshold(2).recovery(Duration::from_nanos(1));

    #[circuit_breaker(shared = BREAKER)]
    fn call(fails: bool) -> Answer {
        if fails { Err(TestError::Transient) } else { Ok(7) }
    }

    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            scope.spawn(move || {
                for step in 0..5000_u32 {
                    let _ = call((step.wrapping_mul(2_654_435_761) >> 16).wrapping_add(thread) % 3 == 0);
                }
            });
        }
    });
    let clock = blocking::Clock::start();
    clock.sleep(secs(1));
    assert!(letters!(3, call(false)).starts_with("SS"));
    assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::Closed, 0));
}

// Windows

both! {
    /// A13, A14.
    async fn a_window_of_calls_opens_at_its_rate_once_it_is_full() {
        #[circuit_breaker(window = 10, failure_rate = 0.5)]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }
        #[circuit_breaker(window = 4, failure_rate = 0.5)]
        async fn by_a_success(script: &Script<'_>) -> Answer {
            script.run().await
        }
        #[circuit_breaker(window = 10, failure_rate = 1, min_calls = 3)]
        async fn early(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::of("FFFF SSSSSS SSSS FFFF F", &clock);
        assert_eq!(letters!(20, call(&script).await), "FFFFSSSSSSSSSSFFFFFO", "4 of 10 do not, 5 of 10 do");
        let script = Script::of("FFSS", &clock);
        assert_eq!(letters!(5, by_a_success(&script).await), "FFSSO");
        let script = Script::of("FFF", &clock);
        assert_eq!(letters!(4, early(&script).await), "FFFO", "three are enough to judge");
    }

    async fn a_window_of_time_forgets_what_is_older() {
        #[circuit_breaker(window = "20s", failure_rate = 0.5, min_calls = 4)]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::of("FFF FSS FF", &clock);
        assert_eq!(letters!(3, call(&script).await), "FFF");
        clock.sleep(secs(21)).await;
        assert_eq!(letters!(3, call(&script).await), "FSS", "the first three are gone");
        clock.sleep(secs(10)).await;
        assert_eq!(letters!(2, call(&script).await), "FO", "2 of 4 within 20 s");
    }

    async fn a_window_is_given_in_calls_or_in_time_by_literal_or_constant() {
        const CALLS: u32 = 20;
        const TIME: Duration = Duration::from_secs(5);
        const RATE: f64 = 0.75;
        macro_rules! opens_after {
            ($($($key:ident = $value:expr),*;)*) => {
                [$({
                    #[circuit_breaker($($key = $value),*)]
                    async fn call(script: &Script<'_>) -> Answer {
                        script.run().await
                    }
                    let clock = Clock::start();
                    let script = Script::fails(999, &clock);
                    letters!(200, call(&script).await).find('O')
                }),*]
            };
        }
        let after = opens_after! {
            window = 30, failure_rate = 0.5;
            window = 300, failure_rate = 1.0;
            window = CALLS, failure_rate = RATE;
            window = 2 * 8, failure_rate = 0.5 + 0.1;
            window = 8u32, failure_rate = 1;
            window = "1m30s", failure_rate = 0.01;
            window = TIME, failure_rate = 0.5;
            window = Duration::from_secs(1), failure_rate = 0.5, min_calls = CALLS / 2;
            window_secs = 3, failure_rate = 0.5, min_calls = 7;
            window_ms = 250, failure_rate = 0.5, min_calls = 9;
        };
        assert_eq!(after, [30, 100, 20, 16, 8, 20, 20, 10, 7, 9].map(Some));
    }

    /// A22.
    async fn a_call_longer_than_the_window_counts_when_it_ends() {
        static BREAKER: CircuitBreaker =
            CircuitBreaker::new("long calls").window_time(Duration::from_secs(10)).failure_rate(0.5).min_calls(3);

        #[circuit_breaker(shared = BREAKER)]
        async fn call(clock: &Clock) -> Answer {
            clock.sleep(secs(3)).await;
            clock.sleep(secs(30)).await;
            Err(TestError::Transient)
        }

        let clock = Clock::start();
        assert_eq!(letters!(1, call(&clock).await), "F");
        assert_eq!((BREAKER.snapshot().calls, BREAKER.snapshot().failures), (1, 1));
        for _ in 0..2 {
            BREAKER.admit().expect("closed").fail();
        }
        assert_eq!(letters!(1, call(&clock).await), "O");
    }

    async fn slow_calls_open_it_by_a_rate_of_their_own() {
        static BREAKER: CircuitBreaker = CircuitBreaker::new("slow calls")
            .window(4)
            .failure_rate(1.0)
            .slow_call(Duration::from_secs(2))
            .slow_rate(0.5)
            .recovery(Duration::from_secs(10))
            .success_threshold(1);

        #[circuit_breaker(shared = BREAKER)]
        async fn call(clock: &Clock, time: u64) -> Answer {
            clock.sleep(millis(time)).await;
            Ok(7)
        }
        #[circuit_breaker(window = 4, failure_rate = 1.0, slow_call_ms = 500, slow_rate = 0.5)]
        async fn written(clock: &Clock, time: u64) -> Answer {
            clock.sleep(millis(time)).await;
            Ok(7)
        }

        let clock = Clock::start();
        for time in [2_000, 2_001, 1] {
            assert_eq!(call(&clock, time).await, Ok(7));
        }
        assert_eq!((BREAKER.snapshot().slow_calls, BREAKER.snapshot().failures), (1, 0), "slower than 2 s, not as slow");
        assert_eq!(letters!(2, call(&clock, 3_000).await), "SO", "2 of 4");
        clock.sleep(secs(10)).await;
        assert_eq!(letters!(2, call(&clock, 3_000).await), "SO", "a slow probe has failed");
        clock.sleep(secs(10)).await;
        assert_eq!(letters!(2, call(&clock, 1).await), "SS");
        assert_eq!(BREAKER.state(), BreakerState::Closed);
        assert_eq!(letters!(2, written(&clock, 500).await), "SS");
        assert_eq!(letters!(3, written(&clock, 501).await), "SSO", "2 of 4");
    }

    /// A24.
    async fn an_ignored_or_abandoned_call_leaves_no_trace_in_a_window() {
        static BREAKER: CircuitBreaker = CircuitBreaker::new("no trace").window(3).failure_rate(0.5);

        #[circuit_breaker(shared = BREAKER, ignore = TestError::is_permanent)]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::always(TestError::Permanent, &clock);
        assert_eq!(letters!(9, call(&script).await), "FFFFFFFFF");
        drop(BREAKER.admit());
        assert_eq!(BREAKER.snapshot().calls, 0);
    }

    /// A10.
    async fn a_probe_is_judged_alone_however_many_calls_the_window_asks_for() {
        #[circuit_breaker(window = 20, failure_rate = 0.5, min_calls = 20, recovery = "10s", success_threshold = 2)]
        async fn call(script: &Script<'_>) -> Answer {
            script.run().await
        }

        let clock = Clock::start();
        let script = Script::of("FFFFFFFFFFFFFFFFFFFF F SS", &clock);
        assert_eq!(letters!(21, call(&script).await), "FFFFFFFFFFFFFFFFFFFFO");
        clock.sleep(secs(10)).await;
        assert_eq!(letters!(2, call(&script).await), "FO");
        clock.sleep(secs(10)).await;
        assert_eq!(letters!(4, call(&script).await), "SSSS");
    }

    /// A20.
    async fn a_call_takes_one_place() {
        static BREAKER: CircuitBreaker = CircuitBreaker::new("one place")
            .failure_threshold(1)
            .half_open_max(5)
            .success_threshold(99)
            .recovery(Duration::from_secs(10));

        struct Service;

        impl Service {
            #[circuit_breaker(shared = BREAKER)]
            async fn method(&self) -> Result<u32, TestError> {
                pause().await;
                Ok(BREAKER.snapshot().probes)
            }
        }

        #[circuit_breaker(shared = BREAKER)]
        async fn function() -> Result<u32, TestError> {
            pause().await;
            Ok(BREAKER.snapshot().probes)
        }
        #[retry(max = 1)]
        #[circuit_breaker(shared = BREAKER)]
        async fn retried() -> Option<u32> {
            pause().await;
            Some(BREAKER.snapshot().probes)
        }

        let clock = Clock::start();
        BREAKER.admit().expect("closed").fail();
        clock.sleep(secs(10)).await;
        assert_eq!((function().await, Service.method().await, retried().await), (Ok(1), Ok(1), Some(1)));
        assert_eq!(BREAKER.snapshot().probes, 0);
    }
}

/// A18: while calls hang nothing is counted; a limit inside makes each of them a failure.
#[tokio::test(start_paused = true)]
async fn calls_that_hang_are_counted_at_the_limit_inside() {
    #[circuit_breaker(window = 100, failure_rate = 0.5)]
    #[timeout(secs = 2)]
    async fn call() -> Answer {
        pending().await
    }

    let clock = awaiting::Clock::start();
    let answers = join_all((0..1_000).map(|_| call())).await;
    assert_eq!(answers.iter().filter(|answer| !is_open(answer)).count(), 1_000);
    assert_eq!(clock.elapsed(), secs(2));
    assert_eq!(letters!(1, call().await), "O");
}

// Keys

both! {
    async fn each_key_has_a_breaker_of_its_own() {
        #[circuit_breaker(name = "by tenant", key = tenant, failure_threshold = 2, recovery = "10s")]
        async fn call(tenant: &str, script: &Script<'_>) -> Answer {
            let _ = tenant;
            script.run().await
        }

        let clock = Clock::start();
        let down = Script::fails(99, &clock);
        let up = Script::fails(0, &clock);
        assert_eq!(letters!(3, call("a", &down).await), "FFO");
        assert_eq!(letters!(3, call("b", &up).await), "SSS");
        let owned = "a".to_owned();
        let rejected = call(&owned, &up).await;
        assert_eq!(wait_secs(&rejected), Some(10), "equal, and not the same in memory");
        assert!(rejected.is_err_and(|error| error.to_string().contains("by tenant")), "the name is told, the key is not");
        clock.sleep(secs(10)).await;
        assert_eq!(letters!(3, call("a", &up).await), "SSS");
    }

    async fn a_key_is_an_expression_over_the_arguments() {
        struct Service {
            region: &'static str,
        }

        impl Service {
            #[circuit_breaker(failure_threshold = 1, key = (self.region, tenant.len(), host))]
            async fn call(&self, tenant: String, (host, fails): (u32, bool), log: &mut Vec<String>) -> Answer {
                pause().await;
                log.push(tenant);
                if fails { Err(TestError::Transient) } else { Ok(host) }
            }
        }

        #[retry(max = 2, backoff = "none")]
        #[circuit_breaker(failure_threshold = 3, key = (tenant, log))]
        async fn retried(tenant: String, log: &mut Vec<u32>, answers: &[Answer]) -> Answer {
            pause().await;
            drop(tenant);
            answers[log.len()].clone()
        }

        let _clock = Clock::start();
        let (north, south) = (Service { region: "north" }, Service { region: "south" });
        let mut log = Vec::new();
        let mut letters = String::new();
        for (service, tenant, host) in [
            (&north, "ab", 1),
            (&north, "cd", 1),
            (&south, "ab", 1),
            (&north, "abc", 1),
            (&north, "ab", 2),
            (&south, "xy", 1),
        ] {
            letters.push(support::letter(&service.call(tenant.to_owned(), (host, true), &mut log).await));
        }
        assert_eq!((&*letters, log.len()), ("FOFFFO", 4));
        assert_eq!(retried("a".to_owned(), &mut vec![1], &[Ok(0), FAILED]).await, FAILED);
        assert_eq!(retried("b".to_owned(), &mut vec![1], &[Ok(0), Ok(1)]).await, Ok(1));
        assert_eq!(letters!(1, retried("a".to_owned(), &mut vec![1], &[Ok(0), Ok(1)]).await), "O", "three attempts");
    }

    async fn a_generic_function_has_keys_of_each_type() {
        #[circuit_breaker(name = "generic keys", failure_threshold = 1, key = key)]
        async fn call<K: std::hash::Hash + Eq + Clone + Send + Sync + 'static>(key: &K, fails: bool) -> Answer {
            let _ = key;
            pause().await;
            if fails { Err(TestError::Transient) } else { Ok(1) }
        }

        let _clock = Clock::start();
        let before = resilience::KeyedCircuitBreakers::named("generic keys").map_or(0, KeyedCircuitBreakers::len);
        let (number, text) = (before, before.to_string());
        assert_eq!(letters!(2, call(&number, true).await), "FO");
        assert_eq!(letters!(2, call(&text, false).await), "SS");
        assert_eq!(resilience::KeyedCircuitBreakers::named("generic keys").map(KeyedCircuitBreakers::len), Some(before + 2));
    }

    async fn a_probe_of_a_key_gives_its_place_back() {
        #[circuit_breaker(
            failure_threshold = 1, success_threshold = 1, recovery = "10s", key = key, ignore = TestError::is_permanent
        )]
        async fn call(key: u32, answer: Answer) -> Answer {
            pause().await;
            assert_ne!(answer, Ok(13), "unlucky");
            answer
        }

        let clock = Clock::start();
        assert_eq!(letters!(2, call(7, FAILED).await), "FO");
        clock.sleep(secs(10)).await;
        assert_eq!(call(7, Err(TestError::Permanent)).await, Err(TestError::Permanent));
        assert_eq!(letters!(1, call(7, FAILED).await), "F", "the place was free again");
        assert_eq!(letters!(1, call(7, Ok(1)).await), "O");
        clock.sleep(secs(10)).await;
        assert_eq!(letters!(2, call(7, Ok(1)).await), "SS");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_goes_with_every_form_of_function() {
    /// Not `Clone`, and no part of any key.
    struct Once(Answer);

    #[derive(Clone)]
    struct Service(u32);

    #[circuit_breaker(failure_threshold = 1, key = (tenant, rest.len()))]
    async fn patterns(
        mut tenant: String,
        (_, rest): (u32, Vec<u8>),
        _: u32,
        Once(answer): Once,
        shown: impl Into<String>,
    ) -> Answer {
        tenant.push_str(&shown.into());
        drop(rest);
        answer
    }
    #[circuit_breaker(failure_threshold = 1, key = tenant)]
    fn returned<'a>(tenant: &'a str, answer: &'a Answer) -> impl Future<Output = Answer> + use<'a> {
        let _ = tenant;
        std::future::ready(answer.clone())
    }
    #[circuit_breaker(failure_threshold = 1, key = tenant.as_str())]
    fn boxed(tenant: String, answer: Answer) -> std::pin::Pin<Box<dyn Future<Output = Answer> + Send>> {
        Box::pin(async move {
            drop(tenant);
            answer
        })
    }
    #[fallback(value = 0, when = TestError::is_permanent)]
    #[retry(max = 1, backoff = "none")]
    #[circuit_breaker(failure_threshold = 2, key = tenant)]
    #[timeout(secs = 1)]
    async fn stacked(tenant: String, answer: Answer) -> Answer {
        drop(tenant);
        answer
    }

    #[async_trait::async_trait]
    trait Ask {
        async fn ask(&mut self, tenant: String, answer: Answer) -> Answer;
    }

    #[async_trait::async_trait]
    impl Ask for Service {
        #[circuit_breaker(failure_threshold = 1, key = (self.0, tenant))]
        async fn ask(&mut self, tenant: String, answer: Answer) -> Answer {
            self.0 += 0;
            drop(tenant);
            answer
        }
    }

    impl Service {
        #[circuit_breaker(failure_threshold = 1, key = self.0)]
        async fn exclusive(&mut self, answer: Answer) -> Answer {
            self.0 += 0;
            answer
        }
        #[circuit_breaker(failure_threshold = 1, key = self.0 + 1)]
        fn owned(self, answer: Answer) -> Answer {
            let Self(_) = self;
            answer
        }
        #[retry(max = 1, backoff = "none")]
        #[circuit_breaker(failure_threshold = 2, key = &log[..1])]
        async fn logged(&self, log: &mut Vec<u32>, answer: Answer) -> Answer {
            log.push(self.0);
            answer
        }
    }

    let tenant = str::to_owned;
    let mut service = Service(7);
    for (round, expected) in ["FFFFFFFF", "OOOOOOOO"].into_iter().enumerate() {
        let rest = (0, vec![1, 2]);
        let seen = [
            patterns(tenant("a"), rest, 0, Once(FAILED), "b").await,
            returned("a", &FAILED).await,
            boxed(tenant("a"), FAILED).await,
            stacked(tenant("a"), FAILED).await,
            service.ask(tenant("a"), FAILED).await,
            service.exclusive(FAILED).await,
            service.clone().owned(FAILED),
            service.logged(&mut vec![1], FAILED).await,
        ];
        assert_eq!(seen.iter().map(support::letter).collect::<String>(), expected, "round {round}");
    }
    let mut other = Service(8);
    let seen = [
        patterns(tenant("a"), (0, vec![1, 2, 3]), 0, Once(Ok(1)), "b").await,
        returned("b", &Ok(1)).await,
        boxed(tenant("b"), Ok(1)).await,
        stacked(tenant("b"), Ok(1)).await,
        service.ask(tenant("b"), Ok(1)).await,
        other.exclusive(Ok(1)).await,
        other.clone().owned(Ok(1)),
        service.logged(&mut vec![2], Ok(1)).await,
    ];
    assert_eq!(seen.iter().map(support::letter).collect::<String>(), "SSSSSSSS");
}

#[test]
fn functions_of_one_name_share_the_breakers_of_their_keys() {
    #[circuit_breaker(name = "shared keys", failure_threshold = 2, key = id)]
    fn first(id: u32, answer: Answer) -> Answer {
        let _ = id;
        answer
    }
    #[circuit_breaker(name = "shared keys", failure_threshold = 2, key = number / 10)]
    fn second(number: u32) -> Option<u32> {
        Some(number)
    }

    assert!(resilience::KeyedCircuitBreakers::named("shared keys").is_none(), "never called");
    assert_eq!(letters!(3, first(4, FAILED)), "FFO");
    assert_eq!((second(42), second(52)), (None, Some(52)));
    let breakers = resilience::KeyedCircuitBreakers::named("shared keys").expect("called above");
    assert!(resilience::CircuitBreaker::named("shared keys").is_none(), "there are two, and neither is the one");
    let snapshot = breakers.snapshot();
    assert_eq!((snapshot.name.as_str(), snapshot.max_keys, snapshot.unguarded), ("shared keys", 1_000, 0));
    assert_eq!((snapshot.closed, snapshot.open, snapshot.half_open, snapshot.rejected), (1, 1, 0, 2));
    breakers.reset_all();
    assert!(breakers.is_empty());
    assert_eq!(letters!(1, first(4, Ok(1))), "S");
}

#[test]
fn two_configurations_of_keys_under_one_name_are_an_error_event() {
    #[circuit_breaker(name = "keys in conflict", key = id)]
    fn first(id: u32) -> Option<u32> {
        Some(id)
    }
    #[circuit_breaker(name = "keys in conflict", key = id, max_keys = 9)]
    fn second(id: u32) -> Option<u32> {
        Some(id)
    }

    let recorder = Recorder::start();
    assert_eq!((first(1), second(1), second(2)), (Some(1), Some(1), Some(2)));
    assert_eq!(recorder.names(), ["breaker.conflict"]);
    assert_eq!(
        resilience::KeyedCircuitBreakers::named("keys in conflict").map(|all| all.snapshot().max_keys),
        Some(1_000)
    );
}

/// F5: no key in any event, error or handle.
#[test]
fn a_key_is_never_told() {
    #[circuit_breaker(name = "secret keys", failure_threshold = 1, recovery = "10s", max_keys = 1, key = token)]
    fn call(token: &str, answer: Answer) -> Answer {
        let _ = token;
        answer
    }

    let clock = blocking::Clock::start();
    let recorder = Recorder::start();
    let _ = call("hunter2", FAILED);
    let rejected = call("hunter2", Ok(1));
    let _ = call("hunter3", Ok(1));
    clock.sleep(secs(10));
    let _ = call("hunter2", Ok(1));
    let seen = format!(
        "{:?} {rejected:?} {rejected:#?} {:?}",
        recorder.events(),
        resilience::KeyedCircuitBreakers::named("secret keys").expect("called above")
    );
    assert_eq!(recorder.names(), ["breaker.open", "breaker.keys_full", "breaker.half_open"]);
    assert!(seen.contains("secret keys") && !seen.contains("hunter"), "{seen}");
}

/// F1, F2: an attacker sends keys without end, some of them failing for good.
#[test]
fn a_flood_of_keys_neither_grows_memory_nor_frees_an_open_breaker_nor_shuts_anybody_out() {
    #[circuit_breaker(name = "flood", failure_threshold = 1, recovery = "10s", max_keys = 100, key = key)]
    fn call(key: u64, fails: bool) -> Answer {
        let _ = key;
        if fails { Err(TestError::Transient) } else { Ok(7) }
    }

    let clock = blocking::Clock::start();
    let recorder = Recorder::start();
    assert_eq!(letters!(2, call(1, true)), "FO");
    let mut number = 88_172_645_463_325_252_u64;
    let mut random = || {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        number | 1 << 40
    };
    for _ in 0..100_000 {
        assert_eq!(call(random(), false), Ok(7));
    }
    let breakers = resilience::KeyedCircuitBreakers::named("flood").expect("called above");
    assert!(breakers.len() <= 100);
    assert_eq!(letters!(1, call(1, false)), "O", "open, and still there");
    assert_eq!(breakers.snapshot().unguarded, 0, "idle ones make room");

    for _ in 0..100_000 {
        let _ = call(random(), true);
    }
    let snapshot = breakers.snapshot();
    assert_eq!((breakers.len(), snapshot.open), (100, 100));
    assert!(snapshot.unguarded >= 99_000);
    assert_eq!(letters!(1, call(1, false)), "O");
    assert_eq!(letters!(9, call(2, false)), "SSSSSSSSS", "an honest key is served");
    assert!(recorder.named("breaker.keys_full").len() <= 20, "and no flood of events");

    clock.sleep(secs(10));
    assert_eq!(letters!(3, call(3, true)), "FOO", "those that reject nobody any more make room");
}

// Acceptance: what a breaker is for, in seven sentences.

mod acceptance {
    use super::*;

    both! {
        async fn a_after_100_000_successes_an_outage_opens_a_window_of_100_within_100_calls() {
            #[circuit_breaker(window = 100, failure_rate = 0.5)]
            async fn call(fails: bool) -> Answer {
                if fails { Err(TestError::Transient) } else { Ok(7) }
            }

            let _clock = Clock::start();
            for _ in 0..100_000 {
                assert_eq!(call(false).await, Ok(7));
            }
            assert_eq!(letters!(100, call(true).await).find('O'), Some(50));
        }

        async fn c_a_dropped_probe_gives_its_place_back() {
            static BREAKER: CircuitBreaker =
                CircuitBreaker::new("acceptance c").failure_threshold(1).recovery(Duration::from_secs(10));

            let clock = Clock::start();
            BREAKER.admit().expect("closed").fail();
            clock.sleep(secs(10)).await;
            for _ in 0..10 {
                drop(BREAKER.admit().expect("the place is free"));
            }
        }

        async fn e_a_result_of_an_earlier_generation_changes_nothing() {
            static BREAKER: CircuitBreaker =
                CircuitBreaker::new("acceptance e").window(2).failure_rate(0.5).recovery(Duration::from_secs(10));

            let clock = Clock::start();
            let late = [(); 3].map(|()| BREAKER.admit().expect("closed"));
            for _ in 0..2 {
                BREAKER.admit().expect("closed").fail();
            }
            let [success, failure, ignored] = late;
            success.succeed();
            assert_eq!(BREAKER.state(), BreakerState::Open);
            clock.sleep(secs(10)).await;
            let probe = BREAKER.admit().expect("half-open");
            failure.fail();
            ignored.ignore();
            assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::HalfOpen, 1));
            probe.succeed();
            BREAKER.admit().expect("half-open").succeed();
            assert_eq!((BREAKER.state(), BREAKER.snapshot().calls), (BreakerState::Closed, 0));
        }

        async fn g_an_open_breaker_never_runs_the_body() {
            #[circuit_breaker(window = 5, failure_rate = 0.2)]
            async fn call(script: &Script<'_>) -> Answer {
                script.run().await
            }

            let clock = Clock::start();
            let script = Script::of("SSSSF", &clock);
            assert_eq!(letters!(500, call(&script).await).matches('O').count(), 495);
            assert_eq!(script.calls(), 5);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn b_a_thousand_calls_at_once_in_half_open_admit_exactly_the_quota() {
        #[circuit_breaker(window = 1, failure_rate = 1, success_threshold = 9, half_open_max = 4, recovery = "10s")]
        async fn call(script: &awaiting::Script<'_>) -> Answer {
            let answer = script.run().await;
            sleep(secs(1)).await;
            answer
        }

        let clock = awaiting::Clock::start();
        let script = Script::of("F", &clock);
        assert_eq!(letters!(1, call(&script).await), "F");
        sleep(secs(10)).await;
        let answers = join_all((0..1_000).map(|_| call(&script))).await;
        assert_eq!(answers.iter().filter(|answer| is_open(answer)).count(), 996);
        assert_eq!(script.calls(), 1 + 4);
    }

    #[tokio::test(start_paused = true)]
    async fn d_a_call_that_its_caller_drops_counts_as_nothing_and_one_that_our_timeout_drops_as_a_failure() {
        #[circuit_breaker(window = 2, failure_rate = 0.5)]
        #[timeout(secs = 5)]
        async fn call() -> Answer {
            pending().await
        }

        for _ in 0..10 {
            assert!(tokio::time::timeout(secs(1), call()).await.is_err(), "the caller goes away");
        }
        assert_eq!(letters!(3, call().await), "TTO");
    }

    #[tokio::test(start_paused = true)]
    async fn f_a_panic_releases() {
        static BREAKER: CircuitBreaker = CircuitBreaker::new("acceptance f")
            .window(1)
            .failure_rate(1.0)
            .success_threshold(1)
            .recovery(Duration::from_secs(10));

        #[circuit_breaker(shared = BREAKER)]
        async fn call(panics: bool) -> Answer {
            sleep(secs(1)).await;
            assert!(!panics, "told to");
            Ok(7)
        }

        BREAKER.admit().expect("closed").fail();
        sleep(secs(10)).await;
        for _ in 0..3 {
            assert!(AssertUnwindSafe(call(true)).catch_unwind().await.is_err());
            assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::HalfOpen, 0));
        }
        assert_eq!(letters!(2, call(false).await), "SS");
        assert_eq!(BREAKER.state(), BreakerState::Closed);
    }
}

// Threads

/// A7, A8, A16: whatever threads do at once, each change of state follows the one before it.
#[test]
fn no_illegal_transition_under_load() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("transitions")
        .window(8)
        .failure_rate(0.5)
        .success_threshold(2)
        .half_open_max(2)
        .recovery(Duration::from_nanos(1));

    let events = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            let events = &events;
            scope.spawn(move || {
                let recorder = Recorder::start();
                for step in 0..5_000_u32 {
                    let Ok(permit) = BREAKER.admit() else { continue };
                    match (step.wrapping_mul(2_654_435_761) >> 16).wrapping_add(thread) % 7 {
                        0..=2 => permit.fail(),
                        3 => permit.ignore(),
                        4 => drop(permit),
                        _ => permit.succeed(),
                    }
                }
                events.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(recorder.events());
            });
        }
    });
    let events = events.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut changes: Vec<(u32, &str)> =
        events.iter().map(|event| (event.field("generation").parse().expect("a number"), event.name)).collect();
    changes.sort_unstable();
    assert!(changes.len() > 100, "{}", changes.len());
    let mut before = "breaker.close";
    for (index, (generation, now)) in changes.into_iter().enumerate() {
        assert_eq!(generation as usize, index + 1, "told once");
        let legal = matches!(
            (before, now),
            ("breaker.close" | "breaker.half_open", "breaker.open")
                | ("breaker.open", "breaker.half_open")
                | ("breaker.half_open", "breaker.close")
        );
        assert!(legal, "{before} to {now}");
        before = now;
    }
}

/// The same for the breakers of keys, with a map that is too small for them.
#[test]
fn keys_that_come_at_once_from_many_threads_stay_within_their_number() {
    #[circuit_breaker(name = "crowded keys", failure_threshold = 2, recovery_ms = 1, max_keys = 8, key = key)]
    fn call(key: u32, fails: bool) -> Answer {
        let _ = key;
        if fails { Err(TestError::Transient) } else { Ok(7) }
    }

    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            scope.spawn(move || {
                for step in 0..5_000_u32 {
                    let random = step.wrapping_mul(2_654_435_761).wrapping_add(thread) >> 16;
                    let _ = call(random % 32, random % 5 == 0);
                    assert!(
                        resilience::KeyedCircuitBreakers::named("crowded keys")
                            .is_some_and(|breakers| breakers.len() <= 8)
                    );
                }
            });
        }
    });
}

// Listeners

/// A17.
#[test]
fn a_listener_may_come_back_to_the_breaker_and_may_panic() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("listener").failure_threshold(1).success_threshold(1).recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    fn call(answer: Answer) -> Answer {
        answer
    }

    struct Curious;

    impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Curious {
        fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
            let seen = (event.metadata().name(), BREAKER.state());
            let expected = match seen.0 {
                "breaker.open" => BreakerState::Open,
                "breaker.half_open" => BreakerState::HalfOpen,
                _ => BreakerState::Closed,
            };
            assert_eq!(seen.1, expected);
            if expected == BreakerState::Open {
                assert!(is_open(&call(Ok(9))), "the breaker is free while it is listened to");
            }
            assert_ne!(seen.0, "breaker.close", "told to panic");
        }
    }

    let clock = blocking::Clock::start();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(Curious));
    assert_eq!(letters!(2, call(FAILED)), "FO");
    clock.sleep(secs(10));
    assert!(catch_unwind(|| call(Ok(1))).is_err(), "the listener of the closing panics");
    assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::Closed, 0), "the breaker has closed");
    assert_eq!(letters!(3, call(Ok(2))), "SSS");
}

/// A17.
#[test]
fn a_listener_may_use_every_method_and_may_panic_at_any_change() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("any change").window(1).failure_rate(1.0).success_threshold(1).recovery(secs(10));
    static PANICS_AT: std::sync::Mutex<&str> = std::sync::Mutex::new("");

    struct Meddler;

    impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Meddler {
        fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
            drop((BREAKER.name(), BREAKER.snapshot(), format!("{BREAKER:?}"), BREAKER.admit()));
            let panics_at = *PANICS_AT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            assert_ne!(event.metadata().name(), panics_at, "told to panic");
            if panics_at == "never" {
                BREAKER.disable();
                BREAKER.force_open();
                BREAKER.close();
                BREAKER.reset();
            }
        }
    }

    let clock = blocking::Clock::start();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(Meddler));
    let fail = || catch_unwind(|| BREAKER.admit().map(resilience::Permit::fail).is_ok());
    let succeed = || catch_unwind(|| BREAKER.admit().map(resilience::Permit::succeed).is_ok());
    for panics_at in ["", "breaker.open", "breaker.half_open", "breaker.close"] {
        *PANICS_AT.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = panics_at;
        assert_eq!(fail().is_err(), panics_at == "breaker.open");
        assert_eq!(BREAKER.state(), BreakerState::Open);
        clock.sleep(secs(10));
        // The probe is lost with the panic of its admission, and its place is not.
        let probe = succeed();
        assert_eq!(probe.is_err(), matches!(panics_at, "breaker.half_open" | "breaker.close"));
        if panics_at == "breaker.half_open" {
            assert_eq!(BREAKER.snapshot().probes, 0);
            assert!(succeed().is_ok());
        }
        assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::Closed, 0), "{panics_at}");
    }
    *PANICS_AT.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = "never";
    assert!(fail().is_ok());
    assert_eq!((BREAKER.state(), BREAKER.snapshot().opened), (BreakerState::Closed, 0), "put back by the listener");
}

/// A25.
#[tokio::test(start_paused = true)]
async fn every_form_of_function_counts_alike() {
    struct Service;

    #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
    fn synchronous(answer: Answer) -> Answer {
        answer
    }
    #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
    async fn asynchronous(answer: Answer) -> Answer {
        answer
    }
    #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
    fn returned(answer: Answer) -> impl Future<Output = Answer> {
        std::future::ready(answer)
    }
    impl Service {
        #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
        fn method(&self, answer: Answer) -> Answer {
            let _ = self;
            answer
        }
        #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
        async fn asynchronous(self, answer: Answer) -> Answer {
            answer
        }
    }

    for (answers, expected) in [("SFSF", "SFSF"), ("SFFS", "SFFO")] {
        let mut seen = [const { String::new() }; 5];
        for letter in answers.chars() {
            let answer = || if letter == 'F' { FAILED } else { Ok(7) };
            let all = [
                synchronous(answer()),
                asynchronous(answer()).await,
                returned(answer()).await,
                Service.method(answer()),
                Service.asynchronous(answer()).await,
            ];
            for (seen, answer) in seen.iter_mut().zip(&all) {
                seen.push(support::letter(answer));
            }
        }
        assert_eq!(seen, [expected; 5]);
    }
}

// Time

#[test]
fn a_clock_that_steps_back_does_not_hurt() {
    #[circuit_breaker(failure_threshold = 1, success_threshold = 1, recovery = "10s")]
    fn call(script: &blocking::Script<'_>) -> Answer {
        script.run()
    }

    let clock = blocking::Clock::start();
    let script = Script::of("F", &clock);
    assert_eq!(letters!(1, call(&script)), "F");
    clock.step_back(secs(5));
    assert_eq!(wait_secs(&call(&script)), Some(15));
    clock.sleep(secs(15));
    assert_eq!(letters!(2, call(&script)), "SS");
}

#[test]
fn a_real_recovery_takes_its_time() {
    #[circuit_breaker(failure_threshold = 1, success_threshold = 1, recovery_ms = 5)]
    fn call(calls: &Counter) -> Answer {
        if calls.up() == 1 { Err(TestError::Transient) } else { Ok(7) }
    }

    let (calls, start) = (Counter::new(), std::time::Instant::now());
    assert_eq!(letters!(1, call(&calls)), "F");
    while is_open(&call(&calls)) {
        std::thread::yield_now();
    }
    assert!(start.elapsed() >= millis(5));
    assert_eq!(calls.get(), 2);
}

#[tokio::test]
async fn a_real_recovery_of_an_asynchronous_function_takes_its_time() {
    #[circuit_breaker(failure_threshold = 1, success_threshold = 1, recovery_ms = 5)]
    async fn call(hangs: bool) -> Answer {
        if hangs { pending().await } else { Err(TestError::Transient) }
    }

    let start = std::time::Instant::now();
    assert_eq!(letters!(2, call(false).await), "FO");
    while poll_at_most(1, call(true)).await.is_some() {
        awaiting::pause().await;
    }
    assert!(start.elapsed() >= millis(5));
}
