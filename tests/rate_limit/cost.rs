//! Calls that count as several: `cost` and `settle`.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use resilience::testing::ManualClock;
use resilience::{
    Error, KeyedRateLimiters, Policy, RateLimiter, bulkhead, circuit_breaker, policy, rate_limit, retry, timeout,
};

use crate::common::{
    Answer, Classified, Counter, Elapsed, Recorder, TestError, awaiting, letter, millis, poll_at_most, secs,
};
use crate::{FAILED, hint, snapshot};

const DAY: Duration = secs(86_400);

fn available(name: &str) -> u32 {
    snapshot(name).available
}

fn never(answer: &Answer) -> Option<(u64, u32)> {
    match answer {
        Err(TestError::Resilience(Error::CostAboveBurst { cost, burst, .. })) => Some((*cost, *burst)),
        _ => None,
    }
}

#[sync_and_async::test]
async fn a_call_takes_as_many_units_as_it_costs() {
    #[rate_limit(max = 10, per = "10s", cost = units)]
    async fn call(units: u64) -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    assert_eq!([call(4).await, call(5).await, call(1).await].map(|answer| letter(&answer)), ['S'; 3]);
    assert_eq!(hint(&call(1).await), Some(secs(1)));
    assert_eq!(hint(&call(4).await), Some(secs(4)));
    clock.sleep(millis(3_999)).await;
    assert_eq!(hint(&call(4).await), Some(millis(1)), "exact to the nanosecond");
    clock.sleep(millis(1)).await;
    assert_eq!(call(4).await, Ok(7));
    assert_eq!(hint(&call(10).await), Some(secs(10)));
}

#[sync_and_async::test]
async fn every_unsigned_integer_is_a_cost_and_an_expression_sees_the_parameters() {
    macro_rules! costs {
        ($($ty:ty),*) => {$({
            #[rate_limit(max = 10, per = "1h", cost = units)]
            async fn call(units: $ty) -> Answer {
                pause().await;
                Ok(7)
            }
            let _clock = Clock::start();
            let letters: String = [letter(&call(6).await), letter(&call(5).await), letter(&call(4).await)].iter().collect();
            assert_eq!(letters, "SLS", stringify!($ty));
        })*};
    }
    costs!(u8, u16, u32, u64, usize, u128);

    #[derive(Clone)]
    struct Prompt {
        text: String,
    }
    impl Prompt {
        #[rate_limit(max = 10, per = "1h", cost = self.text.len() + extra as usize)]
        async fn ask(&self, extra: u32) -> Answer {
            pause().await;
            Ok(extra)
        }
        #[retry(max = 1, backoff = "none")]
        #[rate_limit(max = 10, per = "1h", cost = self.text.len())]
        async fn take(self, calls: &Counter) -> Answer {
            pause().await;
            drop(self.text);
            if calls.up() == 1 { FAILED } else { Ok(calls.get()) }
        }
    }
    #[rate_limit(max = 10, per = "1h", cost = if prompt.is_empty() { 1_u32 } else { 5 })]
    async fn patterned(prompt: String, _: u8) -> Answer {
        pause().await;
        drop(prompt);
        Ok(7)
    }
    #[rate_limit(max = 10, per = "1h", cost = 5)]
    async fn constant() -> Answer {
        pause().await;
        Ok(7)
    }

    let _clock = Clock::start();
    let prompt = Prompt { text: "four".to_owned() };
    assert_eq!([prompt.ask(3).await, prompt.ask(0).await].map(|answer| letter(&answer)), ['S', 'L']);
    let calls = Counter::new();
    assert_eq!(prompt.take(&calls).await, Ok(2), "each attempt costs four");
    let calls = Counter::new();
    assert_eq!(Prompt { text: "ten".to_owned() }.take(&calls).await.map_err(|error| error.is_limited()), Err(true));
    assert_eq!(letters!(3, patterned("text".to_owned(), 1).await), "SSL");
    assert_eq!(letters!(3, constant().await), "SSL");
}

#[sync_and_async::test]
async fn a_cost_above_the_burst_is_a_rejection_that_says_so() {
    #[rate_limit(max = 10, per = "1h", burst = 5, wait = "10h", cost = units)]
    async fn call(units: u64) -> Answer {
        pause().await;
        Ok(7)
    }
    #[retry(max = 3, base_delay = "1m")]
    #[rate_limit(max = 10, cost = units)]
    async fn retried(units: u64, calls: &Counter) -> Answer {
        pause().await;
        Ok(calls.up())
    }
    #[circuit_breaker(failure_threshold = 1)]
    #[rate_limit(max = 10, cost = units)]
    async fn broken(units: u64) -> Answer {
        pause().await;
        Ok(7)
    }

    let (clock, recorder, calls) = (Clock::start(), Recorder::start(), Counter::new());
    for units in [6, 10, u64::MAX] {
        let answer = call(units).await;
        assert_eq!((never(&answer), clock.elapsed()), (Some((units, 5)), secs(0)));
        let error = answer.expect_err("it is above the burst");
        assert_eq!(error.retry_after(), None, "no wait would help");
        assert!(error.to_string().contains(&format!("never admits a cost of {units}, because at most 5")), "{error}");
    }
    assert_eq!(recorder.named("rate_limit.cost_above_burst").len(), 3);
    assert_eq!(call(5).await, Ok(7));
    assert_eq!((never(&retried(11, &calls).await), calls.get(), clock.elapsed()), (Some((11, 10)), 0, secs(0)));
    assert_eq!(never(&broken(11).await), Some((11, 10)));
    assert_eq!(broken(10).await, Ok(7), "the breaker has not counted it");
}

#[sync_and_async::test]
async fn a_cost_of_zero_passes_and_costs_nothing() {
    #[rate_limit(max = 1, per = "1h", cost = units)]
    async fn call(units: u64) -> Answer {
        pause().await;
        Ok(7)
    }

    let _clock = Clock::start();
    assert_eq!(letters!(99, call(0).await), "S".repeat(99));
    assert_eq!(letters!(2, call(1).await), "SL");
    assert_eq!(letters!(9, call(0).await), "SSSSSSSSS");
}

#[sync_and_async::test]
async fn a_call_waits_for_as_many_units_as_it_costs() {
    #[rate_limit(max = 10, per = "10s", wait = "1m", cost = units)]
    async fn call(units: u64) -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    for (units, until) in [(10, 0), (3, 3), (10, 13), (1, 14)] {
        assert_eq!((call(units).await, clock.elapsed()), (Ok(7), secs(until)));
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_calls_of_any_cost_keep_their_order() {
    #[rate_limit(max = 10, per = "10s", wait = "1h", cost = units)]
    async fn call(units: u64, begin: tokio::time::Instant) -> Result<u64, TestError> {
        Ok(begin.elapsed().as_secs())
    }

    let begin = tokio::time::Instant::now();
    let answers = join_all([10, 9, 1, 5].map(|units| call(units, begin))).await;
    assert_eq!(answers, [Ok(0), Ok(9), Ok(10), Ok(15)]);
}

#[sync_and_async::test]
async fn what_a_call_did_not_take_comes_back_once_and_an_overdraft_delays_the_next() {
    #[rate_limit(max = 100, per = "100s", cost = expected, settle = |took: &u64| *took)]
    async fn call(expected: u64, took: u64) -> Result<u64, TestError> {
        pause().await;
        Ok(took)
    }

    let clock = Clock::start();
    for _ in 0..10 {
        assert_eq!(call(50, 5).await, Ok(5), "forty-five of fifty come back");
    }
    let left = |answer: Result<u64, TestError>| answer.expect_err("used up").retry_after();
    assert_eq!(left(call(51, 1).await), Some(secs(1)));
    clock.sleep(secs(10)).await;
    assert_eq!(call(10, 110).await, Ok(110), "fifty more than there were");
    assert_eq!(left(call(1, 1).await), Some(secs(51)));
    clock.sleep(secs(51)).await;
    assert_eq!(call(1, 1).await, Ok(1));
    clock.sleep(secs(200)).await;
    assert_eq!(call(100, 100).await, Ok(100), "a full bucket holds no more than before");
    assert_eq!(left(call(1, 1).await), Some(secs(1)));
}

#[sync_and_async::test]
async fn an_overdraft_never_panics() {
    #[rate_limit(max = 100, per = "100s", cost = expected, settle = u64::clone)]
    async fn call(expected: u64, took: u64) -> Result<u64, TestError> {
        pause().await;
        Ok(took)
    }

    let _clock = Clock::start();
    for took in [u64::MAX, u64::MAX - 1, 1 << 63, 5] {
        assert!(call(0, took).await.is_ok(), "a cost of zero passes");
        let error = call(1, u64::MAX).await.expect_err("used up for ages");
        assert!(error.retry_after() > Some(secs(1 << 40)));
    }
}

#[sync_and_async::test]
async fn a_call_that_fails_keeps_its_cost() {
    #[rate_limit(max = 10, per = "1h", cost = 4, settle = took)]
    async fn call(answer: Answer) -> Answer {
        pause().await;
        answer
    }
    fn took(value: &u32) -> u64 {
        u64::from(*value)
    }

    let _clock = Clock::start();
    assert_eq!(call(FAILED).await, FAILED);
    assert_eq!(letters!(3, call(Ok(2)).await), "SSL", "six are left, then four, then two");
}

#[sync_and_async::test]
async fn settle_without_a_cost_expects_one_unit() {
    #[rate_limit(max = 10, per = "1h", settle = |took: &u32| u64::from(*took))]
    async fn call(took: u32) -> Answer {
        pause().await;
        Ok(took)
    }
    #[rate_limit(max = 10, per = "1h", settle = |took: &u32| u64::from(*took))]
    async fn optional(took: u32) -> Option<u32> {
        pause().await;
        Some(took)
    }

    let _clock = Clock::start();
    assert_eq!([call(0).await, call(9).await, call(7).await].map(|answer| letter(&answer)), ['S'; 3]);
    assert_eq!(letter(&call(1).await), 'L');
    assert_eq!([optional(9).await, optional(7).await, optional(1).await], [Some(9), Some(7), None]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_keeps_its_cost_and_one_that_never_ran_is_refunded() {
    #[rate_limit(name = "dropped", max = 10, per = "24h", cost = 4, settle = |_: &u32| 1)]
    async fn call() -> Answer {
        pending().await
    }
    #[rate_limit(name = "never ran", max = 10, per = "24h", cost = 4, settle = |_: &u32| 1)]
    #[bulkhead(max = 1, queue = 9, allow(unbounded_wait))]
    async fn queued() -> Answer {
        awaiting::pause().await;
        pending().await
    }
    #[rate_limit(name = "timed out", max = 10, per = "24h", cost = 4, settle = |_: &u32| 1)]
    #[timeout(secs = 1)]
    async fn late() -> Answer {
        pending().await
    }

    assert_eq!(call().now_or_never(), None);
    assert_eq!(available("dropped"), 6);
    let mut first = Box::pin(queued());
    assert_eq!(poll_at_most(2, &mut first).await, None);
    assert_eq!(queued().now_or_never(), None);
    assert_eq!(available("never ran"), 6, "the second one has left the queue");
    drop(first);
    assert_eq!(available("never ran"), 6, "its body had begun");
    assert_eq!(letter(&late().await), 'T');
    assert_eq!(available("timed out"), 6);
}

/// Requests a minute, tokens a minute, requests a day.
#[sync_and_async::test]
async fn of_three_windows_the_upper_ones_get_back_what_the_lower_one_rejects() {
    #[rate_limit(max = 100, per = "1000h")]
    #[rate_limit(max = 1_000, per = "100h", cost = tokens, settle = |used: &u32| u64::from(*used))]
    #[rate_limit(max = 3, per = "1h")]
    async fn call(tokens: u64, used: u32) -> Answer {
        pause().await;
        Ok(used)
    }

    let clock = Clock::start();
    assert_eq!(letters!(9, call(100, 50).await), "SSSLLLLLL");
    clock.sleep(secs(3_600)).await;
    assert!(hint(&call(900, 1).await).is_some_and(|wait| wait > secs(3_600)), "150 are used, and 10 have come back");
    assert_eq!(letters!(1, call(860, 860).await), "S", "what the third rejected cost the second nothing");
    assert_eq!(letters!(2, call(1, 1).await), "LL", "and used up nothing of the third");
    clock.sleep(secs(3_600)).await;
    assert_eq!(letters!(3, call(1, 1).await), "SSS");
}

#[tokio::test(start_paused = true)]
async fn three_windows_of_one_name_each_count_what_they_are_for() {
    #[rate_limit(name = "requests a day", max = 50, per = "24h")]
    #[rate_limit(name = "tokens a minute", max = 1_000, per = "24h", cost = tokens)]
    #[rate_limit(name = "requests a minute", max = 2, per = "24h")]
    async fn call(tokens: u64) -> Answer {
        awaiting::pause().await;
        Ok(7)
    }

    let answers = join_all((0..10).map(|_| call(100))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 2);
    assert_eq!(["requests a day", "tokens a minute", "requests a minute"].map(available), [48, 800, 0]);
    assert!(never(&call(1_001).await).is_some());
    assert_eq!(["requests a day", "tokens a minute", "requests a minute"].map(available), [48, 800, 0]);
}

#[sync_and_async::test]
async fn each_key_has_its_own_units() {
    #[rate_limit(max = 10, per = "1h", key = tenant, cost = text.len(), settle = |used: &u32| u64::from(*used))]
    async fn call(tenant: &str, text: String, used: u32) -> Answer {
        pause().await;
        drop(text);
        Ok(used)
    }

    let _clock = Clock::start();
    let text = || "eight by".to_owned();
    assert_eq!(letter(&call("a", text(), 8).await), 'S');
    assert_eq!(letter(&call("a", text(), 8).await), 'L');
    assert_eq!(letter(&call("b", text(), 1).await), 'S');
    assert_eq!(letter(&call("b", text(), 9).await), 'S', "seven have come back");
    assert_eq!(letter(&call("b", text(), 1).await), 'L');
}

/// Millionths of a dollar.
#[sync_and_async::test]
async fn money_counts_in_millionths() {
    const DOLLAR: u32 = 1_000_000;
    const BUDGET: u32 = 20 * DOLLAR;

    #[rate_limit(max = BUDGET, per = "24h", cost = price(prompt), settle = |answer: &Paid| answer.millionths)]
    async fn ask(prompt: &str) -> Result<Paid, TestError> {
        pause().await;
        Ok(Paid { millionths: 12_500_000 })
    }
    struct Paid {
        millionths: u64,
    }
    fn price(prompt: &str) -> u64 {
        prompt.len() as u64 * 1_000_000
    }

    let clock = Clock::start();
    assert!(ask("ten dollar").await.is_ok());
    let rejected = ask("ten dollar").await.map(|_| ()).expect_err("7.50 are left");
    assert_eq!(rejected.retry_after(), Some(DAY / 8));
    clock.sleep(DAY / 8).await;
    assert!(ask("ten dollar").await.is_ok());
}

#[sync_and_async::test]
async fn a_retry_above_does_not_sleep_towards_a_certain_rejection() {
    #[retry(max = 3, base_delay = "1s", jitter = false)]
    #[rate_limit(max = 10, per = "10s", cost = units)]
    async fn call(units: u64, calls: &Counter) -> Answer {
        pause().await;
        calls.up();
        FAILED
    }

    let (clock, calls) = (Clock::start(), Counter::new());
    assert_eq!((call(6, &calls).await, calls.get(), clock.elapsed()), (FAILED, 1, secs(0)), "two seconds too many");
    clock.sleep(secs(100)).await;
    let (calls, begin) = (Counter::new(), clock.elapsed());
    assert_eq!(call(5, &calls).await, FAILED);
    assert_eq!(
        (calls.get(), clock.elapsed().checked_sub(begin)),
        (2, Some(secs(1))),
        "units for two attempts, and one second gives one"
    );
}

#[test]
fn a_panic_of_settle_or_cost_leaves_the_limit_sound() {
    #[rate_limit(name = "panicking", max = 10, per = "24h", cost = cost(panics_at), settle = |value| settle(*value))]
    fn call(panics_at: u32) -> Answer {
        Ok(panics_at)
    }
    fn cost(panics_at: u32) -> u64 {
        assert_ne!(panics_at, 1, "told to panic");
        3
    }
    fn settle(panics_at: u32) -> u64 {
        assert_ne!(panics_at, 2, "told to panic");
        1
    }

    let _clock = ManualClock::install();
    assert_eq!(call(0), Ok(0));
    assert!(catch_unwind(AssertUnwindSafe(|| call(1))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| call(2))).is_err());
    assert_eq!(available("panicking"), 6, "a call whose cost is not known has not begun; one that ran keeps its cost");
    assert_eq!(call(0), Ok(0));
    assert_eq!(available("panicking"), 5);
}

async fn through(
    policy: &Policy<u64, Classified>,
    blocks: bool,
    answer: Result<u64, Classified>,
) -> Result<u64, Classified> {
    if blocks { policy.call_blocking(|| answer.clone()) } else { policy.call(async || answer.clone()).await }
}

#[tokio::test(start_paused = true)]
async fn a_policy_counts_and_settles_units_as_the_attribute_does() {
    for blocks in [false, true] {
        let name = format!("policy tokens {blocks}");
        let tokens = policy::rate_limit(name.clone()).max(1_000).per(DAY).cost(100);
        let ask: Policy<u64, Classified> = Policy::named("ask").unwrap()
            >> policy::rate_limit(format!("{name} above")).max(50).per(DAY).build().unwrap()
            >> tokens.settle(|used: &u64| *used).build().unwrap()
            >> policy::rate_limit(format!("{name} below")).max(4).per(DAY).build().unwrap();
        let left = |of: &str| RateLimiter::named(&format!("{name}{of}")).map(|limiter| limiter.snapshot().available);

        assert_eq!(through(&ask, blocks, Ok(40)).await, Ok(40));
        assert_eq!((left(""), left(" above"), left(" below")), (Some(960), Some(49), Some(3)));
        assert_eq!(through(&ask.with_cost(900), blocks, Ok(950)).await, Ok(950), "fifty more than expected");
        assert_eq!(left(""), Some(10));
        let failed = Err(Classified(TestError::Transient));
        assert_eq!(through(&ask.with_cost(5), blocks, failed.clone()).await, failed);
        assert_eq!(left(""), Some(5));
        assert!(through(&ask.with_cost(6), blocks, Ok(6)).await.is_err());
        assert_eq!((left(" above"), left(" below")), (Some(47), Some(1)), "a rejection costs the others nothing");
        let never = through(&ask.with_cost(1_001), blocks, Ok(6)).await;
        assert!(matches!(never, Err(Classified(TestError::Resilience(Error::CostAboveBurst { .. })))), "{never:?}");
        assert_eq!(through(&ask.with_cost(0), blocks, Ok(0)).await, Ok(0));
        assert!(through(&ask.with_cost(1), blocks, Ok(1)).await.is_err(), "the lowest one is used up");
        assert_eq!(left(""), Some(5));
    }
}

#[tokio::test(start_paused = true)]
async fn a_keyed_policy_takes_a_cost_too() {
    let ask: policy::KeyedPolicy<String, u64, TestError> = Policy::new()
        >> policy::rate_limit("keyed tokens")
            .max(10)
            .per(DAY)
            .cost(1)
            .settle(|used: &u64| *used)
            .key::<String>()
            .build()
            .unwrap();
    assert_eq!(ask.with_cost(9).call_for("a", async || Ok(8)).await, Ok(8));
    assert!(ask.with_cost(3).call_for_blocking("a", || Ok(1)).is_err());
    assert_eq!(ask.with_cost(10).call_for_blocking("b", || Ok(10)), Ok(10));
    assert_eq!(ask.call_for("a", async || Ok(1)).await, Ok(1));
    assert_eq!(KeyedRateLimiters::named("keyed tokens").unwrap().snapshot().used_up, 1);
}

#[test]
fn a_policy_rejects_costs_that_never_pass_or_count_nothing() {
    let problems = |built: Result<policy::Layer<u32, TestError>, policy::InvalidPolicy>| {
        built.map(|_| ()).expect_err("it is invalid").problems().join("; ")
    };
    let limit = || policy::rate_limit("invalid");
    assert!(problems(limit().max(10).cost(11).build()).contains("`cost` is above `burst`"));
    assert!(problems(limit().learn().cost(1).build()).contains("count units of `max`"));
    assert!(problems(limit().learn().settle(|_: &u32| 1).build()).contains("count units of `max`"));
    assert!(problems(limit().learn().burst(3).build()).contains("belong to `max`"));
    assert!(problems(limit().max(1).spread(secs(1)).build()).contains("`spread` is the pace"));
    assert!(problems(limit().build()).contains("or `.learn()`"));
}
