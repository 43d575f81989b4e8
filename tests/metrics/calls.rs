//! Calls, attempts, fallbacks and timeouts of a function.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;

use resilience::{RetryBudget, bulkhead, cached, circuit_breaker, fallback, retry, timeout};

use crate::Seen;
use crate::common::{Answer, TestError, poll_at_most, secs};

#[sync_and_async::test]
async fn an_immediate_success_counts_once() {
    #[retry(max = 3)]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    assert_eq!(ask(&Script::fails(0, &clock)).await, Ok(1));
    assert_eq!(
        seen.lines(),
        [
            "attempts_total{ask} 1",
            "call_duration_seconds{ask,ok} [0.0]",
            "calls_in_progress{ask} 0",
            "calls_total{ask,ok} 1",
        ]
    );
    assert!(seen.told("calls_in_progress", "ask").highest >= 1.0);
}

#[sync_and_async::test]
async fn a_call_that_succeeds_after_two_retries_has_three_attempts() {
    #[retry(max = 3, base_delay = "1s", jitter = false)]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    assert_eq!(ask(&Script::fails(2, &clock)).await, Ok(3));
    assert_eq!(
        seen.lines(),
        [
            "attempts_total{ask} 3",
            "call_duration_seconds{ask,ok} [3.0]",
            "calls_in_progress{ask} 0",
            "calls_total{ask,ok} 1",
            "retries_total{ask} 2",
        ]
    );
}

#[sync_and_async::test]
async fn an_attempt_is_counted_when_it_begins_wherever_the_retry_stands() {
    #[fallback(substitute)]
    #[retry(max = 2, backoff = "none")]
    async fn below(script: &Script<'_>) -> Answer {
        script.run().await
    }
    fn substitute(_: &Script<'_>) -> Answer {
        Ok(0)
    }
    #[retry(max = 1, backoff = "none", nested = true)]
    #[retry(max = 1, backoff = "none")]
    async fn twice(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(failure_threshold = 1)]
    #[retry(max = 1, backoff = "none")]
    async fn guarded(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(key = ())]
    #[retry(max = 1, backoff = "none")]
    async fn stored(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    assert_eq!(below(&Script::fails(9, &clock)).await, Ok(0));
    assert!(twice(&Script::fails(9, &clock)).await.is_err());
    for _ in 0..2 {
        assert!(guarded(&Script::fails(9, &clock)).await.is_err());
        assert!(stored(&Script::fails(0, &clock)).await.is_ok());
    }
    assert_eq!(
        seen.lines_of(&["attempts_total"]),
        ["attempts_total{below} 3", "attempts_total{guarded} 2", "attempts_total{stored} 1", "attempts_total{twice} 6"],
        "a call that is rejected or answered above its retry has none"
    );
}

#[sync_and_async::test]
async fn exhausted_retries_report_their_reason() {
    static EMPTY: RetryBudget = RetryBudget::new("metrics: budget").capacity(1).ratio(0.0).min_per_second(0);

    #[retry(max = 2, base_delay = "1s", backoff = "constant", jitter = false)]
    async fn tired(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[retry(max = 9, base_delay = "1s", jitter = false, max_elapsed = "2s")]
    async fn late(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[retry(max = 9, backoff = "none", budget = EMPTY)]
    async fn poor(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[retry(max = 9, base_delay = "1s", jitter = false)]
    #[circuit_breaker(failure_threshold = 1, recovery = "1h")]
    async fn rejected(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[retry(max = 9, when = TestError::is_transient)]
    async fn picky(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    let down = Script::always(TestError::Transient, &clock);
    EMPTY.reset();
    let _both_budgets_are_one = (tired(&down).await, late(&down).await, rejected(&down).await);
    assert!(picky(&Script::always(TestError::Permanent, &clock)).await.is_err());
    assert_eq!(
        seen.lines_of(&["attempts", "retries", "calls_total"]),
        [
            "attempts_total{late} 2",
            "attempts_total{picky} 1",
            "attempts_total{rejected} 1",
            "attempts_total{tired} 3",
            "calls_total{late,error} 1",
            "calls_total{picky,error} 1",
            "calls_total{rejected,error} 1",
            "calls_total{tired,error} 1",
            "retries_exhausted_total{late,time} 1",
            "retries_exhausted_total{rejected,rejected} 1",
            "retries_exhausted_total{tired,attempts} 1",
            "retries_total{late} 1",
            "retries_total{tired} 2",
        ]
    );
    for _ in 0..5 {
        assert!(poor(&down).await.is_err());
    }
    let rejected = seen.told("retry_budget_empty_total", "metrics: budget").value;
    assert!((4.0..=5.0).contains(&rejected), "{rejected}: the twin of this test takes from the same budget");
    assert_eq!(seen.told("retries_exhausted_total", "poor,budget").value.to_string(), rejected.to_string());
}

#[sync_and_async::test]
async fn an_outer_retry_does_not_count_retries_exhausted_inside() {
    #[retry(max = 2, backoff = "none")]
    async fn outer(script: &Script<'_>) -> Answer {
        inner(script).await
    }

    #[retry(max = 1, backoff = "none")]
    async fn inner(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    assert!(outer(&Script::always(TestError::Transient, &clock)).await.is_err());
    assert_eq!(
        seen.lines_of(&["attempts", "retries", "calls_total"]),
        [
            "attempts_total{inner} 2",
            "attempts_total{outer} 1",
            "calls_total{inner,error} 1",
            "calls_total{outer,error} 1",
            "retries_exhausted_total{inner,attempts} 1",
            "retries_total{inner} 1",
        ]
    );
}

#[sync_and_async::test]
async fn a_function_that_calls_itself_counts_each_call() {
    #[retry(max = 1)]
    async fn down(depth: u32) -> Answer {
        if depth == 0 { Ok(0) } else { boxed(down(depth - 1)).await }
    }

    let (seen, _clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    assert_eq!(down(4).await, Ok(0));
    assert_eq!(
        seen.lines(),
        [
            "attempts_total{down} 5",
            "call_duration_seconds{down,ok} [0.0, 0.0, 0.0, 0.0, 0.0]",
            "calls_in_progress{down} 0",
            "calls_total{down,ok} 5",
        ]
    );
    assert!(seen.told("calls_in_progress", "down").highest >= 5.0);
}

#[sync_and_async::test]
async fn fallbacks_count_by_step_and_the_call_by_its_final_result() {
    #[fallback(second, value = 3)]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    async fn second(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[fallback(second, when = TestError::is_transient)]
    async fn strict(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    let script = Script::of("S FS FF", &clock);
    let answers = (ask(&script).await, ask(&script).await, ask(&script).await);
    assert_eq!(answers, (Ok(1), Ok(3), Ok(3)));
    assert!(strict(&Script::always(TestError::Permanent, &clock)).await.is_err());
    assert_eq!(
        seen.lines_of(&["calls_total", "fallbacks"]),
        [
            "calls_total{ask,ok} 3",
            "calls_total{strict,error} 1",
            "fallbacks_total{ask,1} 2",
            "fallbacks_total{ask,2} 1",
        ]
    );
}

#[sync_and_async::test]
async fn a_foreign_attribute_in_between_does_not_count_a_call_twice() {
    #[retry(max = 2, backoff = "none")]
    #[tracing::instrument(skip_all)]
    #[retry(max = 1, backoff = "none", nested = true)]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[resilience::stack]
    #[tracing::instrument(skip_all)]
    #[retry(max = 1, backoff = "none")]
    async fn stacked(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[tracing::instrument(skip_all)]
    #[retry(max = 1, backoff = "none")]
    async fn below(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    assert!(ask(&Script::fails(1, &clock)).await.is_ok());
    assert!(stacked(&Script::fails(1, &clock)).await.is_ok());
    assert!(below(&Script::fails(1, &clock)).await.is_ok());
    assert_eq!(
        seen.lines_of(&["attempts", "calls_total"]),
        [
            "attempts_total{ask} 3",
            "attempts_total{below} 2",
            "attempts_total{stacked} 2",
            "calls_total{ask,ok} 1",
            "calls_total{below,ok} 1",
            "calls_total{stacked,ok} 1",
        ]
    );
}

#[sync_and_async::test]
async fn a_result_is_judged_by_its_type() {
    type Aliased = std::io::Result<u32>;

    #[fallback(value = 1, when = |_| false)]
    async fn aliased() -> Aliased {
        Err(std::io::Error::other("down"))
    }

    #[circuit_breaker]
    async fn optional() -> Option<u32> {
        None
    }

    #[retry(max = 1, backoff = "none")]
    async fn opaque(up: bool) -> Result<impl Display, TestError> {
        if up { Ok("up") } else { Err(TestError::Transient) }
    }

    #[cached]
    async fn plain() -> u32 {
        1
    }

    #[cached]
    async fn generic<T: Clone + Send + Sync + 'static + std::hash::Hash + Eq>(value: T) -> T {
        value
    }

    #[cached(skip(text))]
    async fn borrowed(text: &str) -> &'static str {
        if text.is_empty() { "none" } else { "some" }
    }

    #[resilience::stack]
    async fn nothing() {}

    let seen = Seen::default();
    let _local = seen.here();
    assert!(aliased().await.is_err() && optional().await.is_none());
    assert!(opaque(true).await.is_ok() && opaque(false).await.is_err());
    assert_eq!((plain().await, generic('a').await, borrowed("").await), (1, 'a', "none"));
    nothing().await;
    assert_eq!(
        seen.lines_of(&["calls_total"]),
        [
            "calls_total{aliased,error} 1",
            "calls_total{borrowed,ok} 1",
            "calls_total{generic,ok} 1",
            "calls_total{nothing,ok} 1",
            "calls_total{opaque,error} 1",
            "calls_total{opaque,ok} 1",
            "calls_total{optional,error} 1",
            "calls_total{plain,ok} 1",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_counted_at_its_own_layer() {
    #[timeout(secs = 10)]
    #[retry(max = 2, base_delay = "1s", backoff = "constant", jitter = false)]
    #[timeout(secs = 2)]
    async fn ask() -> Answer {
        std::future::pending().await
    }

    #[timeout(secs = 4)]
    #[retry(max = 9, base_delay = "1s", backoff = "constant", jitter = false)]
    async fn slow() -> Answer {
        tokio::time::sleep(secs(2)).await;
        Err(TestError::Transient)
    }

    let seen = Seen::default();
    let _local = seen.here();
    assert!(ask().await.is_err() && slow().await.is_err());
    assert_eq!(
        seen.lines(),
        [
            "attempts_total{ask} 3",
            "attempts_total{slow} 2",
            "call_duration_seconds{ask,error} [8.0]",
            "call_duration_seconds{slow,error} [4.0]",
            "calls_in_progress{ask} 0",
            "calls_in_progress{slow} 0",
            "calls_total{ask,error} 1",
            "calls_total{slow,error} 1",
            "retries_exhausted_total{ask,attempts} 1",
            "retries_total{ask} 2",
            "retries_total{slow} 1",
            "timeouts_total{ask} 3",
            "timeouts_total{slow} 1",
        ]
    );
}

#[test]
fn a_timeout_that_abandons_its_thread_is_counted() {
    #[timeout(ms = 1, mode = "thread")]
    fn ask(hangs: std::sync::mpsc::Receiver<()>) -> Answer {
        let _until_the_test_ends = hangs.recv();
        Ok(1)
    }

    let seen = Seen::default();
    let _local = seen.here();
    let (_alive, hangs) = std::sync::mpsc::channel();
    assert!(ask(hangs).is_err_and(|error| error.is_timeout()));
    assert_eq!(seen.lines_of(&["calls_total", "timeouts"]), ["calls_total{ask,error} 1", "timeouts_total{ask} 1"]);
}

/// BUG-D8.
#[tokio::test(start_paused = true)]
async fn a_dropped_call_counts_as_cancelled_and_one_never_polled_is_not_counted() {
    #[retry(max = 1, base_delay = "1s", jitter = false)]
    #[circuit_breaker]
    #[bulkhead(max = 2, queue = 2, wait = "1h")]
    async fn ask() -> Answer {
        tokio::time::sleep(secs(1)).await;
        Err(TestError::Transient)
    }

    let seen = Seen::default();
    let _local = seen.here();
    drop(ask());
    assert!(seen.lines().is_empty());
    let mut polls = 1;
    while poll_at_most(polls, ask()).await.is_none() {
        polls += 1;
    }
    let dropped = u32::try_from(polls - 1).expect("few polls");
    assert!(dropped >= 2);
    assert_eq!(seen.told("calls_total", "ask,cancelled").value.to_string(), dropped.to_string());
    let times = seen.told("call_duration_seconds", "ask,cancelled").samples.expect("they have a time");
    assert_eq!(times.len(), polls - 1);
    assert_eq!(seen.told("calls_total", "ask,error").value.to_string(), "1");
    let gauges = ["calls_in_progress{ask} 0", "bulkhead_running{ask} 0"];
    assert!(gauges.iter().all(|gauge| seen.lines().iter().any(|line| line == gauge)), "{:#?}", seen.lines());
    let calls =
        seen.told("breaker_calls_total", "ask,abandoned").value + seen.told("breaker_calls_total", "ask,failure").value;
    assert_eq!(calls.to_string(), seen.told("attempts_total", "ask").value.to_string(), "each call has one fate");
}

#[tokio::test]
async fn a_panic_is_counted_as_a_panic() {
    #[circuit_breaker]
    #[bulkhead(max = 1)]
    async fn later() -> Answer {
        tokio::task::yield_now().await;
        panic!("body")
    }

    #[circuit_breaker]
    #[bulkhead(max = 1)]
    fn now() -> Answer {
        panic!("body")
    }

    let seen = Seen::default();
    let _local = seen.here();
    assert!(std::panic::catch_unwind(now).is_err());
    let mut call = Box::pin(later());
    let ended = std::future::poll_fn(|cx| {
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call.as_mut().poll(cx)));
        match polled {
            Ok(poll) => poll.map(|_| false),
            Err(_) => std::task::Poll::Ready(true),
        }
    });
    assert!(ended.await);
    drop(call);
    assert_eq!(
        seen.lines_of(&["breaker_calls", "bulkhead", "calls"]),
        [
            "breaker_calls_total{later,abandoned} 1",
            "breaker_calls_total{now,abandoned} 1",
            "bulkhead_calls_total{later,accepted} 1",
            "bulkhead_calls_total{now,accepted} 1",
            "bulkhead_running{later} 0",
            "bulkhead_running{now} 0",
            "calls_in_progress{later} 0",
            "calls_in_progress{now} 0",
            "calls_total{later,panicked} 1",
            "calls_total{now,panicked} 1",
        ]
    );
}

/// The guard is a local of the user's future, which must stay `Send`.
#[tokio::test]
async fn every_form_of_asynchronous_function_is_counted() {
    struct Service;

    #[async_trait::async_trait]
    trait Ask {
        async fn ask(&self) -> Answer;
    }

    #[async_trait::async_trait]
    impl Ask for Service {
        #[retry(max = 1, backoff = "none")]
        async fn ask(&self) -> Answer {
            Ok(1)
        }
    }

    #[retry(max = 1, backoff = "none")]
    fn boxed<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>> {
        Box::pin(async move { u32::try_from(text.len()).map_err(|_| TestError::Permanent) })
    }

    #[retry(max = 1, backoff = "none")]
    #[allow(clippy::manual_async_fn, reason = "the form is what counts")]
    fn returned() -> impl Future<Output = Answer> + Send {
        async { Ok(3) }
    }

    const fn send<T: Send>(future: T) -> T {
        future
    }

    let seen = Seen::default();
    let _local = seen.here();
    let unpolled = boxed("ab");
    assert!(seen.lines().is_empty(), "to make a future is no call");
    assert_eq!((send(Service.ask()).await, send(unpolled).await, send(returned()).await), (Ok(1), Ok(2), Ok(3)));
    assert_eq!(
        seen.lines_of(&["calls_total"]),
        ["calls_total{ask,ok} 1", "calls_total{boxed,ok} 1", "calls_total{returned,ok} 1"]
    );
}
