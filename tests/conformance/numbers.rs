//! Numbers that other systems publish: their delays, budgets and means.

use std::sync::Mutex;
use std::time::Duration;

use backon::{BackoffBuilder, ConstantBuilder, ExponentialBuilder, FibonacciBuilder};
use rand::rngs::Xoshiro256PlusPlus as Dice;
use rand::{RngExt, SeedableRng};
use resilience::policy::RetryBuilder;
use resilience::testing::ManualClock;
use resilience::{Policy, RetryBudget, policy, retry};

use crate::common::{Answer, TestError, millis, secs};

const FAILED: Answer = Err(TestError::Transient);

/// SYS-N01.
#[sync_and_async::test]
async fn the_delays_of_the_standard_mode_of_aws_end_at_twenty_seconds() {
    #[retry(max = 7, max_delay = "20s", jitter = false)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(call(&script).await, FAILED);
    assert_eq!(script.gaps(), [1, 2, 4, 8, 16, 20, 20].map(secs));
}

/// SYS-N02: 500 tokens, of which a retry costs 5; a success earns 1.
#[test]
fn the_bucket_of_the_standard_mode_of_aws_allows_a_hundred_retries_and_one_more_after_five_calls() {
    let budget: &'static RetryBudget =
        Box::leak(Box::new(RetryBudget::new("aws").capacity(100).ratio(0.2).min_per_second(0)));
    let policy: Policy<u32, TestError> =
        Policy::new() >> policy::retry().max(1000).no_delay().shared_budget(budget).build().expect("valid");

    let calls = Mutex::new(0);
    let attempts = |is_up: bool| {
        *calls.lock().expect("no panic") = 0;
        let attempt = || {
            let mut calls = calls.lock().expect("no panic");
            *calls += 1;
            if is_up { Ok(*calls) } else { FAILED }
        };
        (policy.call_blocking(attempt).is_ok(), *calls.lock().expect("no panic"))
    };
    assert_eq!(attempts(false), (false, 1 + 100));
    for _ in 0..4 {
        assert_eq!(attempts(true), (true, 1));
    }
    assert_eq!(attempts(false), (false, 1 + 1), "the call itself is the fifth");
    assert_eq!(attempts(false), (false, 1));
}

/// SYS-N03: a ratio of 0.1 tokens for each call, and room for ten tokens, of which the upper half may be used.
#[test]
fn the_throttle_of_grpc_allows_one_retry_for_ten_calls() {
    static BUDGET: RetryBudget = RetryBudget::new("grpc").capacity(5).ratio(0.1).min_per_second(0);

    #[retry(max = 1, backoff = "none", budget = BUDGET)]
    fn call(attempts: &mut u32) -> Result<(), TestError> {
        *attempts += 1;
        Err(TestError::Transient)
    }
    let mut attempts = 0;
    // The full budget, and what the calls that empty it earn.
    while BUDGET.snapshot().rejected == 0 {
        call(&mut attempts).expect_err("down");
    }
    let mut calls_between = Vec::new();
    let mut calls = 0;
    while calls_between.len() < 20 {
        let before = attempts;
        call(&mut attempts).expect_err("down");
        calls += 1;
        if attempts - before == 2 {
            calls_between.push(std::mem::take(&mut calls));
        }
    }
    assert_eq!(calls_between[1..], [10; 19]);
}

/// SYS-N04: `tenacity` states the means of its random exponential wait over 4,000 draws.
#[test]
fn the_means_of_full_jitter_are_those_of_tenacity() {
    const DRAWS: u32 = 4000;
    const MEANS: [f64; 10] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0];

    let delays = Mutex::new([0.0; MEANS.len()]);
    let draw = policy::retry().max(10).base_delay(millis(500)).max_delay(secs(60)).full_jitter();
    let delays: &'static _ = Box::leak(Box::new(delays));
    let draw = draw.on_retry(move |state| {
        let mut delays = delays.lock().expect("no panic");
        delays[state.attempt as usize - 1] += state.delay.as_secs_f64();
    });
    let policy: Policy<(), TestError> = Policy::new() >> draw.build().expect("valid");
    let _clock = ManualClock::install();
    for _ in 0..DRAWS {
        policy.call_blocking(|| Err(TestError::Transient)).expect_err("down");
    }
    for (sum, mean) in delays.lock().expect("no panic").iter().zip(MEANS) {
        // The deviation of such a mean is less than one per cent of it.
        let drawn = sum / f64::from(DRAWS);
        assert!((drawn - mean).abs() < mean * 0.07, "{drawn} instead of about {mean}");
    }
}

/// The delays of one call that always fails.
fn delays(retry: RetryBuilder<(), TestError>) -> Vec<Duration> {
    let seen: &'static Mutex<Vec<Duration>> = Box::leak(Box::default());
    let retry = retry.on_retry(|state| seen.lock().expect("no panic").push(state.delay)).build().expect("valid");
    let policy = Policy::new() >> retry;
    let _clock = ManualClock::install();
    policy.call_blocking(|| Err(TestError::Transient)).expect_err("down");
    seen.lock().expect("no panic").clone()
}

/// SYS-N05: `backon` multiplies in floats of 32 bits.
#[test]
fn delays_without_jitter_are_those_of_backon_and_jitter_keeps_below_them() {
    fn is_close(ours: Duration, theirs: Duration) -> bool {
        ours.abs_diff(theirs) <= theirs.mul_f64(1e-5) + Duration::from_micros(1)
    }

    let mut dice = Dice::seed_from_u64(5);
    for round in 0..600 {
        let base = Duration::from_micros(dice.random_range(1..5_000_000));
        let cap = base + millis(dice.random_range(0..300_000));
        let (times, factor) = (dice.random_range(1..20_u32), f64::from(dice.random_range(4..20_u32)) / 4.0);
        let ours = || policy::retry().max(times).base_delay(base).max_delay(cap);
        let count = times as usize;
        let (ours, theirs): (&dyn Fn() -> RetryBuilder<(), TestError>, Vec<Duration>) = match round % 3 {
            0 => {
                let theirs = ExponentialBuilder::new().with_min_delay(base).with_max_delay(cap);
                #[expect(clippy::cast_possible_truncation, reason = "a multiple of a quarter")]
                let theirs = theirs.with_factor(factor as f32).with_max_times(count);
                (&|| ours().exponential().factor(factor), theirs.build().collect())
            }
            1 => {
                let theirs = FibonacciBuilder::new().with_min_delay(base).with_max_delay(cap).with_max_times(count + 1);
                // It begins with 1, 1, 2, and goes beyond its maximum once.
                (&|| ours().fibonacci(), theirs.build().skip(1).map(|delay| delay.min(cap)).collect())
            }
            _ => {
                (&|| ours().constant(), ConstantBuilder::new().with_delay(base).with_max_times(count).build().collect())
            }
        };
        let plain = delays(ours().no_jitter());
        let is_equal =
            plain.len() == theirs.len() && plain.iter().zip(&theirs).all(|(one, other)| is_close(*one, *other));
        assert!(is_equal, "{round}: {plain:?} instead of {theirs:?}");
        for (jittered, lowest) in [(delays(ours().full_jitter()), 0), (delays(ours().equal_jitter()), 1)] {
            for (delay, plain) in jittered.into_iter().zip(&plain) {
                assert!((*plain / 2 * lowest..=*plain).contains(&delay), "{round}: {delay:?} of {plain:?}");
            }
        }
    }
}
