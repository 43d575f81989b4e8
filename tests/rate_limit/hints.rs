//! `learn`: the hints of a server hold all callers back.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::join_all;
use resilience::{Category, Classify, KeyedRateLimiters, Policy, RateLimiter, policy, rate_limit, retry};
use tokio::time::{Instant, sleep};

use crate::common::{
    Answer, Classified, Counter, Elapsed, Recorder, TestError, awaiting, letter, millis, poll_at_most, secs,
};
use crate::{FAILED, hint, snapshot};

type Judged<T = u32> = Result<T, Classified>;

fn asks_to_wait<T>(time: Duration) -> Judged<T> {
    Err(Classified(TestError::RateLimited(time)))
}

/// The time after which a rejected call would pass.
fn left<T>(answer: &Judged<T>) -> Option<Duration> {
    answer.as_ref().err().filter(|error| error.0.is_limited()).and_then(Classify::retry_after)
}

/// A server that is closed at first, and says for how long.
struct Server {
    begin: Instant,
    opens: Duration,
    latency: Duration,
    calls: Mutex<Vec<Duration>>,
}

impl Server {
    fn closed_for(opens: Duration, latency: Duration) -> Self {
        Self { begin: Instant::now(), opens, latency, calls: Mutex::default() }
    }

    async fn answer(&self) -> Judged {
        let at = self.begin.elapsed();
        self.calls.lock().unwrap().push(at);
        sleep(self.latency).await;
        if at < self.opens { asks_to_wait(self.opens.saturating_sub(self.begin.elapsed())) } else { Ok(7) }
    }

    /// Asserts what a herd of callers must not do.
    fn was_spared(&self, callers: usize) {
        let calls = self.calls.lock().unwrap();
        let (early, late): (Vec<_>, Vec<_>) = calls.iter().copied().partition(|at| *at < self.opens);
        assert!((1..=3).contains(&early.len()), "{early:?}");
        assert!(late.len() >= callers - 3, "{} of {callers}", late.len());
        for pair in late.windows(2) {
            assert!(pair[1].saturating_sub(pair[0]) >= millis(1), "{pair:?}");
        }
    }
}

async fn herd<F: Future<Output = Judged>>(callers: u64, apart: Duration, call: impl Fn() -> F) -> Vec<Judged> {
    let caller = |number: u64| {
        let arrives = sleep(apart * u32::try_from(number).unwrap());
        let call = &call;
        async move {
            arrives.await;
            call().await
        }
    };
    join_all((0..callers).map(caller)).await
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_of_a_closed_server_call_it_once_and_come_back_one_by_one() {
    #[retry(max = 3, base_delay = "100ms")]
    #[rate_limit(max = 500, wait = "1m", learn = true)]
    async fn with_a_rate(server: &Server) -> Judged {
        server.answer().await
    }
    #[retry(max = 3, base_delay = "100ms")]
    #[rate_limit(wait = "1m", learn = true)]
    async fn without_a_rate(server: &Server) -> Judged {
        server.answer().await
    }
    #[retry(max = 3, base_delay = "100ms")]
    #[rate_limit(max = 100, burst = 1, wait = "1m", learn = true)]
    async fn waiting_already(server: &Server) -> Judged {
        server.answer().await
    }

    let server = Server::closed_for(secs(10), millis(10));
    let answers = herd(100, millis(6), || with_a_rate(&server)).await;
    assert!(answers.iter().all(|answer| *answer == Ok(7)), "{answers:?}");
    server.was_spared(100);

    let server = Server::closed_for(secs(10), millis(10));
    let answers = herd(100, millis(6), || without_a_rate(&server)).await;
    assert!(answers.iter().all(|answer| *answer == Ok(7)), "{answers:?}");
    server.was_spared(100);
    assert!(server.begin.elapsed() < secs(12), "within the default `spread`");

    // All come at once, and all but one wait for their turns when the hint comes.
    let server = Server::closed_for(secs(10), millis(15));
    let answers = herd(100, millis(0), || waiting_already(&server)).await;
    assert!(answers.iter().all(|answer| *answer == Ok(7)), "{answers:?}");
    server.was_spared(100);
}

#[sync_and_async::test]
async fn every_caller_is_rejected_with_the_true_time_until_the_hint_ends() {
    #[rate_limit(max = 100, learn = true)]
    async fn with_a_rate(answer: Judged) -> Judged {
        pause().await;
        answer
    }
    #[rate_limit(learn = true)]
    async fn without_a_rate(answer: Judged) -> Judged {
        pause().await;
        answer
    }

    let clock = Clock::start();
    assert_eq!(with_a_rate(Ok(1)).await, Ok(1));
    assert_eq!(with_a_rate(asks_to_wait(secs(10))).await, asks_to_wait(secs(10)));
    assert_eq!(without_a_rate(asks_to_wait(secs(10))).await, asks_to_wait(secs(10)));
    clock.sleep(secs(3)).await;
    for _ in 0..20 {
        assert_eq!(left(&with_a_rate(Ok(1)).await), Some(secs(7)));
        assert_eq!(left(&without_a_rate(Ok(1)).await), Some(secs(7)));
    }
    clock.sleep(millis(6_999)).await;
    assert_eq!(left(&with_a_rate(Ok(1)).await), Some(millis(1)));
    assert_eq!(left(&without_a_rate(Ok(1)).await), Some(millis(1)));
    clock.sleep(millis(1)).await;
    assert_eq!(with_a_rate(Ok(1)).await, Ok(1));
    assert_eq!(left(&with_a_rate(Ok(1)).await), Some(millis(10)), "at its own pace, and not a hundred at once");
    assert_eq!(without_a_rate(Ok(1)).await, Ok(1));
    assert_eq!(left(&without_a_rate(Ok(1)).await), Some(millis(10)), "a hundredth of `spread`");
    clock.sleep(secs(2)).await;
    for _ in 0..100 {
        assert_eq!(with_a_rate(Ok(1)).await, Ok(1));
        assert_eq!(without_a_rate(Ok(1)).await, Ok(1));
    }
}

#[sync_and_async::test]
async fn callers_wait_until_the_hint_ends_if_their_patience_allows_it() {
    #[rate_limit(max = 10, wait = "20s", learn = true)]
    async fn call(answer: Judged) -> Judged {
        pause().await;
        answer
    }

    let clock = Clock::start();
    assert!(call(asks_to_wait(secs(10))).await.is_err());
    assert_eq!((call(Ok(1)).await, clock.elapsed()), (Ok(1), secs(10)));
    assert_eq!((call(Ok(1)).await, clock.elapsed()), (Ok(1), millis(10_100)));
    assert!(call(asks_to_wait(secs(30))).await.is_err());
    let begin = clock.elapsed();
    assert_eq!((left(&call(Ok(1)).await), clock.elapsed()), (Some(secs(30)), begin), "rejected at once");
}

#[sync_and_async::test]
async fn the_longest_hint_wins() {
    #[rate_limit(max = 100, learn = true, wait = "30s")]
    async fn call(answer: Judged) -> Judged {
        pause().await;
        answer
    }

    let clock = Clock::start();
    assert!(call(asks_to_wait(secs(10))).await.is_err());
    assert!(call(asks_to_wait(secs(5))).await.is_err(), "the hint of a call that waited for ten seconds");
    let begin = clock.elapsed();
    let limiter = RateLimiter::named(&name_of(call(asks_to_wait(secs(1_000))).await, call(Ok(1)).await)).unwrap();
    assert_eq!(clock.elapsed(), begin + secs(5));
    limiter.hold_back(secs(7));
    limiter.hold_back(Duration::ZERO);
    assert_eq!(limiter.snapshot().held_for, Some(secs(1_000)), "a shorter one changes nothing");
    limiter.hold_back(secs(1_001));
    assert_eq!(limiter.snapshot().held_for, Some(secs(1_001)));
    limiter.reset();
    assert_eq!((limiter.snapshot().held_for, call(Ok(1)).await), (None, Ok(1)));
}

/// The name in a rejection.
fn name_of(_: Judged, answer: Judged) -> String {
    match answer {
        Err(Classified(TestError::Resilience(resilience::Error::RateLimited { name, .. }))) => name.into_owned(),
        other => panic!("{other:?}"),
    }
}

#[sync_and_async::test]
async fn only_a_rate_limited_failure_with_a_hint_holds_calls_back() {
    #[derive(Debug, Clone, PartialEq, thiserror::Error)]
    #[error("{0:?} {1:?}")]
    struct Hinted(Category, Option<Duration>);
    impl From<resilience::Error> for Hinted {
        fn from(_: resilience::Error) -> Self {
            Self(Category::Resource, None)
        }
    }
    impl Classify for Hinted {
        fn category(&self) -> Category {
            self.0
        }
        fn retry_after(&self) -> Option<Duration> {
            self.1
        }
    }
    #[rate_limit(max = 100, learn = true)]
    async fn call(answer: Result<u32, Hinted>) -> Result<u32, Hinted> {
        pause().await;
        answer
    }
    #[rate_limit(max = 100, learn = true)]
    async fn unclassified(answer: Answer) -> Answer {
        pause().await;
        answer
    }
    #[rate_limit(max = 100, learn = false)]
    async fn off(answer: Judged) -> Judged {
        pause().await;
        answer
    }

    let _clock = Clock::start();
    for harmless in [
        Hinted(Category::Transient, Some(secs(9))),
        Hinted(Category::Permanent, Some(secs(9))),
        Hinted(Category::RateLimit, None),
        Hinted(Category::RateLimit, Some(Duration::ZERO)),
    ] {
        assert_eq!(call(Err(harmless.clone())).await, Err(harmless));
        assert_eq!(call(Ok(1)).await, Ok(1));
    }
    let limited = Hinted(Category::RateLimit, Some(secs(9)));
    assert_eq!(call(Err(limited.clone())).await, Err(limited));
    assert!(call(Ok(1)).await.is_err());
    assert!(unclassified(Err(TestError::RateLimited(secs(9)))).await.is_err());
    assert_eq!(unclassified(Ok(1)).await, Ok(1), "nothing says what its errors mean");
    assert!(off(asks_to_wait(secs(9))).await.is_err());
    assert_eq!(off(Ok(1)).await, Ok(1));
}

#[sync_and_async::test]
async fn retry_after_reads_hints_of_errors_and_of_values() {
    #[derive(Debug, PartialEq)]
    struct Response {
        status: u16,
        retry_after: Option<Duration>,
    }
    type Responded = Result<Response, TestError>;

    fn of_error(error: &TestError) -> Option<Duration> {
        error.retry_after()
    }
    fn of_result(result: &Responded) -> Option<Duration> {
        result.as_ref().ok().filter(|response| response.status == 429)?.retry_after
    }
    #[rate_limit(max = 100, learn = true, retry_after = of_error)]
    async fn errors(answer: Answer) -> Answer {
        pause().await;
        answer
    }
    #[rate_limit(max = 100, learn = true, retry_after = |error| TestError::retry_after(&error.clone()))]
    async fn closure(answer: Answer) -> Answer {
        pause().await;
        answer
    }
    #[rate_limit(max = 100, learn = true, retry_after = of_result)]
    async fn values(status: u16) -> Responded {
        pause().await;
        Ok(Response { status, retry_after: Some(secs(10)) })
    }
    #[rate_limit(learn = true, retry_after = |result: &Result<Response, TestError>| result.as_ref().ok()?.retry_after)]
    async fn value_closure(retry_after: Option<Duration>) -> Responded {
        pause().await;
        Ok(Response { status: 200, retry_after })
    }
    #[rate_limit(learn = true, retry_after = |value: &Option<u64>| value.map(secs))]
    async fn optional(wait: u64) -> Option<u64> {
        pause().await;
        Some(wait)
    }

    let clock = Clock::start();
    assert!(errors(Err(TestError::RateLimited(secs(10)))).await.is_err());
    assert_eq!(hint(&errors(Ok(1)).await), Some(secs(10)));
    assert!(closure(Err(TestError::RateLimited(secs(10)))).await.is_err());
    assert_eq!(hint(&closure(Ok(1)).await), Some(secs(10)));
    assert_eq!(letter(&values(200).await), 'S');
    assert_eq!(letter(&values(429).await), 'S', "the answer is the caller's");
    assert_eq!(values(200).await.expect_err("held back").retry_after(), Some(secs(10)));
    assert_eq!(letter(&value_closure(None).await), 'S');
    assert_eq!(letter(&value_closure(Some(secs(10))).await), 'S');
    assert_eq!(value_closure(None).await.expect_err("held back").retry_after(), Some(secs(10)));
    assert_eq!((optional(10).await, optional(10).await), (Some(10), None));
    clock.sleep(secs(10)).await;
    assert_eq!(errors(Ok(1)).await, Ok(1));
    assert_eq!(letter(&values(200).await), 'S');
    assert_eq!(optional(1).await, Some(1));
}

#[sync_and_async::test]
async fn a_hint_holds_its_own_key_back() {
    #[rate_limit(max = 100, key = tenant, learn = true)]
    async fn call(tenant: &str, answer: Judged) -> Judged {
        pause().await;
        answer
    }
    #[rate_limit(key = tenant, learn = true, max_keys = 9)]
    async fn without_a_rate(tenant: u32, answer: Judged) -> Judged {
        pause().await;
        answer
    }

    let clock = Clock::start();
    assert!(call("a", asks_to_wait(secs(10))).await.is_err());
    assert_eq!((left(&call("a", Ok(1)).await), call("b", Ok(1)).await), (Some(secs(10)), Ok(1)));
    assert!(without_a_rate(1, asks_to_wait(secs(10))).await.is_err());
    for stranger in 10..100 {
        assert_eq!(without_a_rate(stranger, Ok(1)).await, Ok(1));
    }
    assert_eq!(left(&without_a_rate(1, Ok(1)).await), Some(secs(10)), "a flood of keys does not end it");
    clock.sleep(secs(10)).await;
    assert_eq!((call("a", Ok(1)).await, without_a_rate(1, Ok(1)).await), (Ok(1), Ok(1)));
}

#[tokio::test(start_paused = true)]
async fn a_hint_holds_back_all_functions_of_its_name() {
    #[rate_limit(name = "one server", max = 100, learn = true)]
    async fn learns(answer: Judged) -> Judged {
        answer
    }
    #[rate_limit(name = "one server", max = 100)]
    async fn other() -> Judged {
        Ok(1)
    }
    #[rate_limit(name = "one server", max = 100, cost = units)]
    async fn of_units(units: u64) -> Judged {
        Ok(1)
    }

    let recorder = Recorder::start();
    assert!(learns(asks_to_wait(secs(10))).await.is_err());
    assert_eq!(left(&other().await), Some(secs(10)));
    assert_eq!(left(&of_units(0).await), Some(secs(10)), "a call that costs nothing is a call");
    assert_eq!(left(&of_units(3).await), Some(millis(10_020)));
    assert_eq!(recorder.named("rate_limit.held").len(), 1);
    let seen = snapshot("one server");
    assert_eq!((seen.held_for, seen.available, seen.rejected), (Some(secs(10)), 0, 3));
    sleep(secs(10)).await;
    assert_eq!((of_units(0).await, other().await, snapshot("one server").held_for), (Ok(1), Ok(1), None));
}

#[tokio::test(start_paused = true)]
async fn the_rejection_of_another_gate_of_ours_is_no_hint() {
    #[rate_limit(name = "learning above", max = 100, learn = true)]
    #[rate_limit(max = 1, per = "1h")]
    async fn one_stack() -> Judged {
        Ok(1)
    }
    #[rate_limit(name = "learning around", max = 100, learn = true, retry_after = Classify::retry_after)]
    async fn around() -> Judged {
        awaiting::pause().await;
        inner().await
    }
    #[rate_limit(max = 1, per = "1h")]
    async fn inner() -> Judged {
        Ok(1)
    }

    assert_eq!(one_stack().await, Ok(1));
    assert_eq!(left(&one_stack().await), Some(secs(3_600)));
    assert_eq!(snapshot("learning above").held_for, None);
    assert_eq!(around().await, Ok(1));
    assert_eq!(left(&around().await), Some(secs(3_600)));
    assert_eq!(snapshot("learning around").held_for, None);
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_patience_ends_is_rejected_with_the_true_time() {
    #[rate_limit(name = "impatient", max = 1, wait = "5s", learn = true)]
    async fn call(answer: Judged) -> Judged {
        sleep(millis(500)).await;
        answer
    }
    #[rate_limit(name = "impatient", max = 1, wait = "5s")]
    async fn patient() -> Judged {
        Ok(1)
    }

    let clock = awaiting::Clock::start();
    let failing = call(asks_to_wait(secs(20)));
    let waiting = async {
        let answers = join_all([patient(), patient(), patient()]).await;
        (answers, clock.elapsed())
    };
    let (_, (answers, ended)) = tokio::join!(failing, waiting);
    let times: Vec<_> = answers.iter().map(left).collect();
    assert_eq!(times, [Some(millis(19_500)), Some(millis(18_500)), Some(millis(17_500))], "each at its turn");
    assert_eq!(ended, secs(3));
    let seen = snapshot("impatient");
    assert_eq!((seen.waiting, seen.rejected), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_leaves_during_a_hold_leaks_nothing() {
    #[rate_limit(name = "left", max = 1, wait = "1m", learn = true)]
    async fn call(answer: Judged) -> Judged {
        awaiting::pause().await;
        answer
    }
    #[rate_limit(name = "left free", wait = "1m", learn = true)]
    async fn free(answer: Judged) -> Judged {
        awaiting::pause().await;
        answer
    }

    let clock = awaiting::Clock::start();
    assert!(call(asks_to_wait(secs(10))).await.is_err());
    assert!(free(asks_to_wait(secs(10))).await.is_err());
    for polls in 0..6 {
        for _ in 0..20 {
            assert_eq!(poll_at_most(polls.min(1), call(Ok(1))).await, None);
            assert_eq!(poll_at_most(polls.min(1), free(Ok(1))).await, None);
        }
        assert_eq!((snapshot("left").waiting, snapshot("left free").waiting), (0, 0));
    }
    assert_eq!((call(Ok(1)).await, clock.elapsed()), (Ok(1), secs(10)), "as if nobody had been there");
    assert_eq!((free(Ok(1)).await, clock.elapsed()), (Ok(1), secs(10)));
}

#[tokio::test(start_paused = true)]
async fn waiters_keep_their_order_through_hints() {
    #[rate_limit(name = "ordered", max = 10, burst = 1, wait = "1m")]
    async fn call(number: u32, order: &Mutex<Vec<u32>>) -> Judged {
        order.lock().unwrap().push(number);
        Ok(number)
    }

    let order = Mutex::default();
    let hints = async {
        sleep(millis(150)).await;
        let limiter = RateLimiter::named("ordered").unwrap();
        limiter.hold_back(secs(5));
        sleep(secs(2)).await;
        limiter.hold_back(secs(6));
    };
    let late = async {
        sleep(secs(1)).await;
        join_all((20..30).map(|number| call(number, &order))).await
    };
    let begin = Instant::now();
    let (answers, (), _) = tokio::join!(join_all((0..20).map(|number| call(number, &order))), hints, late);
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(*order.lock().unwrap(), (0..30).collect::<Vec<_>>());
    assert_eq!(begin.elapsed(), millis(8_150 + 27 * 100), "two have passed before the first hint");
}

#[sync_and_async::test]
async fn a_retry_above_waits_for_the_hint_and_not_for_a_longer_hold() {
    #[retry(max = 2, base_delay = "1s", jitter = false)]
    #[rate_limit(max = 100, learn = true)]
    async fn call(first: Duration, calls: &Counter) -> Judged {
        pause().await;
        if calls.up() == 1 { asks_to_wait(first) } else { Ok(calls.get()) }
    }
    #[retry(max = 2, base_delay = "1s", jitter = false)]
    #[rate_limit(learn = true)]
    async fn without_a_rate(first: Duration, calls: &Counter) -> Judged {
        pause().await;
        if calls.up() == 1 { asks_to_wait(first) } else { Ok(calls.get()) }
    }

    let clock = Clock::start();
    assert_eq!((call(secs(10), &Counter::new()).await, clock.elapsed()), (Ok(2), secs(10)));
    assert_eq!((without_a_rate(secs(10), &Counter::new()).await, clock.elapsed()), (Ok(2), secs(20)));
    let calls = Counter::new();
    assert_eq!(
        (call(secs(100), &calls).await, clock.elapsed()),
        (asks_to_wait(secs(100)), secs(20)),
        "beyond `max_delay`"
    );
    assert_eq!((left(&call(secs(1), &calls).await), clock.elapsed(), calls.get()), (Some(secs(100)), secs(20), 1));
}

#[tokio::test(start_paused = true)]
async fn hints_count_units_too() {
    #[rate_limit(name = "held units", max = 60, per = "1m", wait = "1h", cost = units, settle = |units| u64::from(*units), learn = true)]
    async fn call(units: u64, answer: Judged) -> Judged {
        answer
    }

    let clock = awaiting::Clock::start();
    assert!(call(30, asks_to_wait(secs(10))).await.is_err());
    assert_eq!((call(1, Ok(1)).await, clock.elapsed()), (Ok(1), secs(10)));
    assert_eq!((call(20, Ok(5)).await, clock.elapsed()), (Ok(5), secs(30)));
    assert_eq!((call(1, Ok(1)).await, clock.elapsed()), (Ok(1), secs(30)), "fifteen have come back");
    assert_eq!(snapshot("held units").available, 14);
}

#[tokio::test(start_paused = true)]
async fn a_policy_learns_as_the_attribute_does() {
    let through = async |policy: &Policy<u32, Classified>, blocks: bool, answer: Judged| {
        if blocks { policy.call_blocking(|| answer.clone()) } else { policy.call(async || answer.clone()).await }
    };
    for blocks in [false, true] {
        let named = |kind: &str| format!("policy hints {kind} {blocks}");
        let held = |kind: &str| RateLimiter::named(&named(kind)).and_then(|limiter| limiter.snapshot().held_for);

        let classified: Policy<u32, Classified> =
            Policy::new() >> policy::rate_limit(named("classified")).learn().build().unwrap();
        assert!(through(&classified, blocks, asks_to_wait(secs(10))).await.is_err());
        assert_eq!(held("classified"), Some(secs(10)));
        assert_eq!(left(&through(&classified, blocks, Ok(1)).await), Some(secs(10)));

        let of_values: Policy<u32, Classified> = Policy::new()
            >> policy::rate_limit(named("values"))
                .max(10)
                .retry_after_result(|result: &Judged| result.as_ref().ok().map(|wait| secs(u64::from(*wait))))
                .build()
                .unwrap()
            >> policy::rate_limit(named("below")).max(2).per(secs(3_600)).build().unwrap();
        assert_eq!(through(&of_values, blocks, Ok(0)).await, Ok(0));
        assert_eq!(held("values"), None);
        assert_eq!(through(&of_values, blocks, Ok(9)).await, Ok(9));
        assert_eq!((held("values"), held("below")), (Some(secs(9)), None));
        sleep(secs(9)).await;
        assert!(left(&through(&of_values, blocks, Ok(9)).await) > Some(secs(9)));
        assert_eq!(held("values"), None, "a rejection below is no hint");

        let of_errors: Policy<u32, TestError> = Policy::new()
            >> policy::rate_limit(named("errors")).retry_after(TestError::retry_after).spread(secs(3)).build().unwrap();
        let failed = Err(TestError::RateLimited(secs(4)));
        let out = if blocks {
            of_errors.call_blocking(|| failed.clone())
        } else {
            of_errors.call(async || failed.clone()).await
        };
        assert_eq!((out, held("errors")), (failed, Some(secs(4))));
    }
    let by_key: policy::KeyedPolicy<String, u32, Classified> =
        Policy::new() >> policy::rate_limit("policy hints by key").learn().key::<String>().build().unwrap();
    assert!(by_key.call_for("a", async || asks_to_wait(secs(10))).await.is_err());
    assert_eq!(left(&by_key.call_for_blocking("a", || Ok(1))), Some(secs(10)));
    assert_eq!(by_key.call_for("b", async || Ok(1)).await, Ok(1));
    assert_eq!(KeyedRateLimiters::named("policy hints by key").unwrap().snapshot().used_up, 1);
}

#[sync_and_async::test]
async fn without_hints_a_limit_without_a_rate_passes_everything() {
    #[rate_limit(learn = true)]
    async fn call(answer: Answer) -> Answer {
        pause().await;
        answer
    }

    let _clock = Clock::start();
    assert_eq!(letters!(999, call(Ok(7)).await), "S".repeat(999));
    assert_eq!(letters!(1, call(FAILED).await), "F");
}
