//! Two attributes on one function, in both orders.

use std::cell::RefCell;
use std::time::Duration;

use futures_util::future::join_all;
use resilience::{Bulkhead, bulkhead, cached, circuit_breaker, fallback, rate_limit, remaining, retry, timeout};
use tokio::time::sleep;

use crate::common::{
    Answer, Classified, Elapsed, Recorder, Script, TestError, awaiting, is_timeout, letter, millis, secs,
};
use crate::timed_out;

/// BUG-D15.
#[sync_and_async::test]
async fn a_breaker_below_a_retry_counts_every_attempt() {
    #[retry(max = 3, backoff = "none")]
    #[circuit_breaker(failure_threshold = 4)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(letters!(2, call(&script).await), "FO");
    assert_eq!(script.calls(), 4);
}

/// BUG-D15.
#[sync_and_async::test]
async fn a_breaker_above_a_retry_counts_every_call() {
    #[circuit_breaker(failure_threshold = 2)]
    #[retry(max = 3, backoff = "none")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(letters!(3, call(&script).await), "FFO");
    assert_eq!(script.calls(), 8);
    let script = Script::fails(0, &clock);
    assert_eq!(letters!(1, call(&script).await), "O");
}

#[sync_and_async::test]
async fn a_breaker_above_a_retry_does_not_see_retried_failures() {
    #[circuit_breaker(failure_threshold = 1)]
    #[retry(max = 3, backoff = "none")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("FFFS FFFS FFFS", &clock);
    assert_eq!(letters!(3, call(&script).await), "SSS");
}

#[sync_and_async::test]
async fn a_retry_does_not_wait_for_a_breaker_that_outlasts_the_delay() {
    #[retry(max = 9, backoff = "constant", base_delay = "1s", jitter = false)]
    #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(letters!(2, call(&script).await), "FO", "the failure that opened it, and a rejection");
    assert_eq!((script.calls(), clock.elapsed()), (2, secs(1)));
}

#[sync_and_async::test]
async fn a_rejection_that_ends_within_the_delay_is_retried() {
    #[retry(max = 9, backoff = "constant", base_delay = "5s", jitter = false)]
    #[circuit_breaker(failure_threshold = 2, success_threshold = 1, recovery = "8s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(2, &clock);
    assert_eq!(letters!(2, call(&script).await), "FO");
    clock.sleep(secs(4)).await;
    assert_eq!(call(&script).await, Ok(3));
    assert_eq!(script.starts(), [0, 5, 14].map(secs), "rejected at 9 s, for another 4 s");
}

#[sync_and_async::test]
async fn a_rejection_selected_by_when_is_retried() {
    #[retry(max = 9, backoff = "constant", base_delay = "4s", jitter = false, when = |_| true)]
    #[circuit_breaker(failure_threshold = 2, success_threshold = 1, recovery = "10s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(2, &clock);
    assert_eq!(letters!(2, call(&script).await), "FS", "only a rejection itself is retried");
    assert_eq!(script.starts(), [0, 4, 16].map(secs), "rejected at 4 s, 8 s and 12 s");
}

#[sync_and_async::test]
async fn a_rejection_is_not_retried_before_its_retry_after() {
    #[retry(max = 9, backoff = "constant", base_delay = "4s", jitter = false, when = |_| true)]
    #[circuit_breaker(failure_threshold = 2, success_threshold = 1, recovery = "10s")]
    async fn call(script: &Script<'_>) -> Result<u32, Classified> {
        Ok(script.run().await?)
    }

    let clock = Clock::start();
    let script = Script::fails(2, &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(call(&script).await, Ok(3));
    assert_eq!(script.starts(), [0, 4, 14].map(secs), "rejected at 4 s, for 10 s");
}

#[sync_and_async::test]
async fn a_rejection_in_a_called_function_is_recognised_by_its_error() {
    #[circuit_breaker(failure_threshold = 1, recovery = "5m")]
    async fn inner(script: &Script<'_>) -> Result<u32, Classified> {
        Ok(script.run().await?)
    }
    #[retry(max = 3, backoff = "none")]
    async fn outer(script: &Script<'_>) -> Result<u32, Classified> {
        inner(script).await
    }

    let clock = Clock::start();
    let script = Script::fails(9, &clock);
    assert_eq!(outer(&script).await, Err(Classified(TestError::Transient)), "the failure that opened it");
    assert!(outer(&script).await.is_err_and(|error| error.0.is_open()), "for longer than the largest delay");
    assert_eq!((script.calls(), clock.elapsed()), (1, secs(0)));
}

#[sync_and_async::test]
async fn a_cache_is_asked_once_per_call_above_a_retry_and_once_per_attempt_below_it() {
    #[cached(skip(script))]
    #[retry(max = 3, backoff = "none")]
    async fn above(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 3, backoff = "none")]
    #[cached(skip(script))]
    async fn below(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let lookups = |recorder: Recorder| recorder.names().iter().filter(|name| name.starts_with("cache.")).count();
    let recorder = Recorder::start();
    assert_eq!((above(&Script::fails(2, &clock)).await, lookups(recorder)), (Ok(3), 1));
    let recorder = Recorder::start();
    assert_eq!((below(&Script::fails(2, &clock)).await, lookups(recorder)), (Ok(3), 3));
    let untouched = Script::fails(9, &clock);
    assert_eq!([above(&untouched).await, below(&untouched).await], [Ok(3), Ok(3)], "both keep the success");
    assert_eq!(untouched.calls(), 0);
}

#[sync_and_async::test]
async fn a_success_is_cached_after_an_attempt_that_ended_with_a_fallback() {
    #[cached(skip(script))]
    #[retry(max = 2, backoff = "none", when_ok = |answer| *answer == 99)]
    #[fallback(value = 99, when = TestError::is_transient)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!([call(&script).await, call(&script).await], [Ok(2), Ok(2)]);
    let script = Script::fails(9, &clock);
    assert_eq!((call(&script).await, script.calls()), (Ok(2), 0));
}

#[sync_and_async::test]
async fn a_cache_answers_above_an_open_breaker_and_is_not_asked_below_it() {
    #[cached(skip(script))]
    #[circuit_breaker(failure_threshold = 1)]
    async fn above(question: u32, script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(failure_threshold = 1)]
    #[cached(skip(script))]
    async fn below(question: u32, script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("SF", &clock);
    assert_eq!([above(1, &script).await, above(2, &script).await], [Ok(1), Err(TestError::Transient)]);
    assert_eq!(letters!(1, above(3, &script).await), "O");
    assert_eq!(above(1, &script).await, Ok(1));
    let script = Script::of("SF", &clock);
    assert_eq!([below(1, &script).await, below(2, &script).await], [Ok(1), Err(TestError::Transient)]);
    assert_eq!(letters!(1, below(1, &script).await), "O");
}

#[sync_and_async::test]
async fn a_fallback_above_a_breaker_answers_its_rejections() {
    #[fallback(value = 99)]
    #[circuit_breaker(failure_threshold = 1)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(9, &clock);
    assert_eq!([call(&script).await, call(&script).await], [Ok(99), Ok(99)]);
    assert_eq!(script.calls(), 1);
}

/// BUG-D13.
#[sync_and_async::test]
async fn a_fallback_below_a_breaker_hides_the_errors_it_answers() {
    #[circuit_breaker(failure_threshold = 1)]
    #[fallback(value = 99, when = TestError::is_transient)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| Err(if call < 4 { TestError::Transient } else { TestError::Permanent }));
    assert_eq!([call(&script).await, call(&script).await, call(&script).await], [Ok(99), Ok(99), Ok(99)]);
    assert_eq!(letters!(2, call(&script).await), "FO");
}

#[sync_and_async::test]
async fn every_attribute_works_on_an_option() {
    #[cached(skip(script))]
    #[fallback(value = 99)]
    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(failure_threshold = 5)]
    async fn call(question: u32, script: &Script<'_>) -> Option<u32> {
        script.run().await.ok()
    }

    let clock = Clock::start();
    let script = Script::of("FFS FFF FF", &clock);
    assert_eq!([call(1, &script).await, call(1, &script).await], [Some(3), Some(3)]);
    assert_eq!([call(2, &script).await, call(2, &script).await], [Some(99), Some(99)]);
    assert_eq!(script.calls(), 8, "the fifth failure in a row opens the breaker");
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_above_a_retry_keeps_its_permit_during_delays_and_one_below_does_not() {
    #[bulkhead(max = 1)]
    #[retry(max = 1, base_delay = "2s", jitter = false)]
    async fn above(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 1, base_delay = "2s", jitter = false)]
    #[bulkhead(max = 1)]
    async fn below(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    async fn later(call: impl Future<Output = Answer>) -> Answer {
        sleep(secs(1)).await;
        call.await
    }

    let clock = awaiting::Clock::start();
    let (one, other) = (Script::fails(1, &clock), Script::fails(0, &clock));
    let answers = tokio::join!(above(&one), later(above(&other)));
    assert_eq!((answers.0, answers.1.map_err(|error| error.is_full())), (Ok(2), Err(true)));
    let (one, other) = (Script::fails(1, &clock), Script::fails(0, &clock));
    assert_eq!(tokio::join!(below(&one), later(below(&other))), (Ok(2), Ok(1)));
}

#[tokio::test(start_paused = true)]
async fn a_cache_above_the_gates_enters_them_for_misses_only_and_caches_no_rejection() {
    #[cached(skip(script))]
    #[rate_limit(max = 1, per = "1m")]
    #[bulkhead(max = 1)]
    async fn call(key: u32, script: &awaiting::Script<'_>) -> Answer {
        script.run().await.map(|_| key)
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!([call(1, &script).await, call(1, &script).await], [Ok(1), Ok(1)]);
    assert!(call(2, &script).await.is_err_and(|error| error.is_limited()));
    sleep(secs(60)).await;
    assert_eq!([call(2, &script).await, call(1, &script).await], [Ok(2), Ok(1)]);
    assert_eq!(script.calls(), 2);
}

/// BUG-D17.
#[tokio::test(start_paused = true)]
async fn a_timeout_above_the_gates_includes_the_wait_and_one_below_does_not() {
    const WAIT: Duration = Duration::from_secs(3600);

    #[bulkhead(max = 1, queue = 9)]
    #[timeout(secs = 2)]
    async fn below() -> Answer {
        sleep(millis(1500)).await;
        Ok(7)
    }
    #[timeout(secs = 2)]
    #[bulkhead(max = 1, queue = 9, wait = WAIT, name = "waits under a timeout")]
    async fn above() -> Answer {
        sleep(millis(1500)).await;
        Ok(7)
    }

    let clock = awaiting::Clock::start();
    assert_eq!((join_all([below(), below(), below()]).await, clock.elapsed()), (vec![Ok(7); 3], millis(4500)));
    let letters: String = join_all([above(), above(), above()]).await.iter().map(letter).collect();
    assert_eq!((&*letters, clock.elapsed()), ("STT", millis(6500)), "the second one had begun");
    let seen = Bulkhead::named("waits under a timeout").as_deref().map(Bulkhead::snapshot).expect("called");
    assert_eq!((seen.in_flight, seen.waiting), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_argument_taken_by_value_reaches_every_body_under_the_whole_stack() {
    type Log = RefCell<Vec<String>>;

    async fn small(mut query: String, log: &Log) -> Answer {
        awaiting::pause().await;
        query.push_str(" small");
        log.borrow_mut().push(query);
        Err(TestError::Transient)
    }
    #[cached(key = query)]
    #[timeout(secs = 100)]
    #[fallback(small, |_| { log.borrow_mut().push(query + " closure"); Err(TestError::Transient) }, value = 99)]
    #[retry(max = 1, backoff = "none")]
    #[circuit_breaker]
    #[timeout(secs = 30)]
    async fn call(mut query: String, log: &Log) -> Answer {
        awaiting::pause().await;
        query.push_str(" large");
        log.borrow_mut().push(query);
        Err(TestError::Transient)
    }

    let log = RefCell::default();
    assert_eq!(call("why".to_owned(), &log).await, Ok(99));
    assert_eq!(log.take(), ["why large", "why large", "why small", "why closure"]);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_above_a_timeout_answers_it_and_one_below_must_be_in_time() {
    async fn slow(_: Duration) -> Answer {
        sleep(secs(3)).await;
        Ok(7)
    }
    #[fallback(slow)]
    #[timeout(secs = 2)]
    async fn above(time: Duration) -> Answer {
        sleep(time).await;
        Err(TestError::Transient)
    }
    #[timeout(secs = 2)]
    #[fallback(slow, allow(late_fallback))]
    async fn below(time: Duration) -> Answer {
        sleep(time).await;
        Err(TestError::Transient)
    }

    let clock = awaiting::Clock::start();
    assert_eq!((above(secs(9)).await, clock.elapsed()), (Ok(7), secs(5)));
    assert_eq!((below(secs(1)).await, clock.elapsed()), (Err(timed_out(secs(2))), secs(7)));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_below_a_cache_is_shared_by_all_waiters_and_above_it_each_has_its_own() {
    #[cached(skip(script))]
    #[timeout(secs = 2)]
    async fn below(script: &awaiting::Script<'_>) -> Answer {
        script.run().await?;
        sleep(secs(3)).await;
        Ok(7)
    }
    #[timeout(secs = 2)]
    #[cached(skip(script))]
    async fn above(script: &awaiting::Script<'_>) -> Answer {
        script.run().await?;
        sleep(secs(3)).await;
        Ok(7)
    }
    async fn later(call: impl Future<Output = Answer>) -> Answer {
        sleep(secs(1)).await;
        call.await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    let (first, second) = tokio::join!(below(&script), later(below(&script)));
    assert!(is_timeout(&first) && is_timeout(&second));
    assert_eq!((script.calls(), clock.elapsed()), (1, secs(2)), "one flight, one limit");

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    let (first, second) = tokio::join!(above(&script), later(above(&script)));
    assert!(is_timeout(&first) && is_timeout(&second));
    assert_eq!((script.calls(), clock.elapsed()), (2, secs(3)), "the second one leads when the first one is gone");
}

#[tokio::test(start_paused = true)]
async fn a_retry_gives_up_before_an_outer_timeout() {
    #[timeout(secs = 10)]
    #[fallback(value = 99, allow(late_fallback))]
    #[retry(max = 9, backoff = "constant", base_delay = "4s", jitter = false)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!((call(&script).await, clock.elapsed()), (Ok(99), secs(8)), "so that the fallback can still answer");
}

#[tokio::test(start_paused = true)]
async fn one_function_with_a_stack_may_call_another() {
    #[retry(max = 2, backoff = "none")]
    #[timeout(secs = 1)]
    async fn inner(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.run().await;
        sleep(millis(if script.calls() == 1 { 2000 } else { 100 })).await;
        answer
    }
    #[cached(skip(script))]
    #[timeout(secs = 10)]
    #[circuit_breaker(failure_threshold = 1, allow(late_timeout))]
    async fn outer(script: &awaiting::Script<'_>) -> Answer {
        assert_eq!(remaining(), Some(secs(10)));
        inner(script).await.map(|call| call * 100)
    }

    let clock = awaiting::Clock::start();
    let script = Script::of("SFS", &clock);
    assert_eq!([outer(&script).await, outer(&script).await], [Ok(300), Ok(300)]);
    assert_eq!(clock.elapsed(), millis(1000 + 100 + 100));
}
