//! The top attribute is the outermost, whatever stands between and around. Each test writes down what happens as a
//! sentence of words, in the order in which it happens.

use std::cell::RefCell;
use std::future::pending;
use std::time::Duration;

use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

thread_local! {
    static LOG: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

fn log(word: &'static str) {
    LOG.with_borrow_mut(|words| words.push(word));
}

/// What has been logged on this thread since the last time.
fn logged() -> String {
    LOG.take().join(" ")
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    Down,
    Late,
    Open,
}

impl From<resilience::Error> for Fault {
    fn from(error: resilience::Error) -> Self {
        let fault = if error.code() == "timeout" { Self::Late } else { Self::Open };
        log(if fault == Self::Late { "late" } else { "open" });
        fault
    }
}

type Answer = Result<u32, Fault>;

async fn body() -> Answer {
    log("body");
    yield_now().await;
    Err(Fault::Down)
}

async fn stuck() -> Answer {
    log("stuck");
    pending().await
}

/// For a `key`: says that the cache was asked, and whether under a time limit.
fn asked(number: u32) -> u32 {
    log(if resilience::remaining().is_some() { "asked-in-time" } else { "asked" });
    number
}

async fn spare() -> Answer {
    log(if resilience::remaining().is_some() { "spare-in-time" } else { "spare" });
    yield_now().await;
    Err(Fault::Down)
}

/// Two attributes, each above the other.
mod pairs {
    use super::*;

    #[retry(max = 2, backoff = "none")]
    #[timeout(secs = 1)]
    async fn retry_timeout() -> Answer {
        stuck().await
    }

    #[timeout(secs = 1)]
    #[retry(max = 2, backoff = "none")]
    async fn timeout_retry() -> Answer {
        stuck().await
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_limits_an_attempt_below_a_retry_and_the_call_above_it() {
        let start = Instant::now();
        assert_eq!(retry_timeout().await, Err(Fault::Late));
        assert_eq!((&*logged(), start.elapsed().as_secs()), ("stuck late stuck late stuck late", 3));
        let start = Instant::now();
        assert_eq!(timeout_retry().await, Err(Fault::Late));
        assert_eq!((&*logged(), start.elapsed().as_secs()), ("stuck late", 1));
    }

    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(failure_threshold = 2)]
    async fn retry_breaker() -> Answer {
        body().await
    }

    #[circuit_breaker(failure_threshold = 2)]
    #[retry(max = 2, backoff = "none")]
    async fn breaker_retry() -> Answer {
        body().await
    }

    #[tokio::test(start_paused = true)]
    async fn a_breaker_counts_attempts_below_a_retry_and_calls_above_it() {
        assert_eq!(retry_breaker().await, Err(Fault::Open));
        assert_eq!(logged(), "body body open");
        for _ in 0..2 {
            assert_eq!(breaker_retry().await, Err(Fault::Down));
        }
        assert_eq!(breaker_retry().await, Err(Fault::Open));
        assert_eq!(logged(), "body body body body body body open");
    }

    #[retry(max = 2, backoff = "none")]
    #[rate_limit(max = 2, per = "1h")]
    async fn retry_limit() -> Answer {
        body().await
    }

    #[rate_limit(max = 2, per = "1h")]
    #[retry(max = 2, backoff = "none")]
    async fn limit_retry() -> Answer {
        body().await
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_counts_attempts_below_a_retry_and_calls_above_it() {
        assert_eq!(retry_limit().await, Err(Fault::Open));
        assert_eq!(logged(), "body body open");
        for _ in 0..2 {
            assert_eq!(limit_retry().await, Err(Fault::Down));
        }
        assert_eq!(limit_retry().await, Err(Fault::Open));
        assert_eq!(logged(), "body body body body body body open");
    }

    #[bulkhead(max = 1)]
    #[fallback(spare)]
    async fn bulkhead_fallback() -> Answer {
        body().await
    }

    #[fallback(spare)]
    #[bulkhead(max = 1)]
    async fn fallback_bulkhead() -> Answer {
        body().await
    }

    #[tokio::test(start_paused = true)]
    async fn a_fallback_answers_for_a_full_bulkhead_below_it_and_runs_in_the_place_of_one_above() {
        let two = tokio::join!(fallback_bulkhead(), fallback_bulkhead());
        assert_eq!((two, &*logged()), ((Err(Fault::Down), Err(Fault::Down)), "body open spare spare"));
        let two = tokio::join!(bulkhead_fallback(), bulkhead_fallback());
        assert_eq!((two, &*logged()), ((Err(Fault::Down), Err(Fault::Open)), "body open spare"));
    }

    #[retry(max = 1, backoff = "none")]
    #[cached(key = asked(1))]
    async fn retry_cached() -> Answer {
        body().await
    }

    #[cached(key = asked(1))]
    #[retry(max = 1, backoff = "none")]
    async fn cached_retry() -> Answer {
        body().await
    }

    #[tokio::test(start_paused = true)]
    async fn a_cache_is_asked_by_each_attempt_below_a_retry_and_by_the_call_above_it() {
        assert_eq!(retry_cached().await, Err(Fault::Down));
        assert_eq!(logged(), "asked body asked body");
        assert_eq!(cached_retry().await, Err(Fault::Down));
        assert_eq!(logged(), "asked body body");
    }

    #[retry(max = 1, backoff = "none")]
    #[fallback(spare, when = |fault| *fault == Fault::Down)]
    async fn retry_fallback() -> Answer {
        body().await
    }

    #[fallback(spare)]
    #[retry(max = 1, backoff = "none")]
    async fn fallback_retry() -> Answer {
        body().await
    }

    #[tokio::test(start_paused = true)]
    async fn a_fallback_follows_each_attempt_below_a_retry_and_the_last_one_above_it() {
        assert_eq!(retry_fallback().await, Err(Fault::Down));
        assert_eq!(logged(), "body spare body spare");
        assert_eq!(fallback_retry().await, Err(Fault::Down));
        assert_eq!(logged(), "body body spare");
    }

    #[timeout(secs = 1)]
    #[circuit_breaker(failure_threshold = 1)]
    async fn timeout_breaker() -> Answer {
        stuck().await
    }

    #[circuit_breaker(failure_threshold = 1)]
    #[timeout(secs = 1)]
    async fn breaker_timeout() -> Answer {
        stuck().await
    }

    #[tokio::test(start_paused = true)]
    async fn a_breaker_counts_the_timeout_below_it_and_does_not_know_of_the_one_above() {
        assert_eq!((timeout_breaker().await, timeout_breaker().await), (Err(Fault::Late), Err(Fault::Late)));
        assert_eq!(logged(), "stuck late stuck late");
        assert_eq!((breaker_timeout().await, breaker_timeout().await), (Err(Fault::Late), Err(Fault::Open)));
        assert_eq!(logged(), "stuck late open");
    }

    #[timeout(secs = 1)]
    #[cached(key = asked(1))]
    async fn timeout_cached() -> Answer {
        body().await
    }

    #[cached(key = asked(1))]
    #[timeout(secs = 1)]
    async fn cached_timeout() -> Answer {
        body().await
    }

    #[tokio::test(start_paused = true)]
    async fn a_cache_is_asked_in_time_below_a_timeout_only() {
        assert_eq!((timeout_cached().await, cached_timeout().await), (Err(Fault::Down), Err(Fault::Down)));
        assert_eq!(logged(), "asked-in-time body asked body");
    }

    #[timeout(secs = 1)]
    #[fallback(spare, allow(late_fallback))]
    async fn timeout_fallback() -> Answer {
        body().await
    }

    #[fallback(spare)]
    #[timeout(secs = 1)]
    async fn fallback_timeout() -> Answer {
        stuck().await
    }

    #[tokio::test(start_paused = true)]
    async fn a_fallback_runs_in_time_below_a_timeout_and_after_one_above_it() {
        assert_eq!((timeout_fallback().await, fallback_timeout().await), (Err(Fault::Down), Err(Fault::Down)));
        assert_eq!(logged(), "body spare-in-time stuck late spare");
    }

    #[circuit_breaker(failure_threshold = 1)]
    #[cached(key = asked(*number), allow(counted_hits))]
    async fn breaker_cached(number: u32) -> Answer {
        if number == 0 { body().await } else { Ok(number) }
    }

    #[cached(key = asked(*number))]
    #[circuit_breaker(failure_threshold = 1)]
    async fn cached_breaker(number: u32) -> Answer {
        if number == 0 { body().await } else { Ok(number) }
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_breaker_hides_the_cache_below_it_and_not_the_one_above() {
        assert_eq!((breaker_cached(1).await, breaker_cached(0).await), (Ok(1), Err(Fault::Down)));
        assert_eq!((breaker_cached(1).await, &*logged()), (Err(Fault::Open), "asked asked body open"));
        assert_eq!((cached_breaker(1).await, cached_breaker(0).await), (Ok(1), Err(Fault::Down)));
        assert_eq!((cached_breaker(1).await, &*logged()), (Ok(1), "asked asked body asked"));
    }

    #[circuit_breaker(failure_threshold = 1)]
    #[fallback(value = 7, when = |fault| *fault == Fault::Down)]
    async fn breaker_fallback() -> Answer {
        body().await
    }

    #[fallback(value = 7)]
    #[circuit_breaker(failure_threshold = 1)]
    async fn fallback_breaker() -> Answer {
        body().await
    }

    #[tokio::test(start_paused = true)]
    async fn a_fallback_answers_for_the_breaker_below_it_and_hides_failures_from_the_one_above() {
        assert_eq!((breaker_fallback().await, breaker_fallback().await), (Ok(7), Ok(7)));
        assert_eq!(logged(), "body body");
        assert_eq!((fallback_breaker().await, fallback_breaker().await), (Ok(7), Ok(7)));
        assert_eq!(logged(), "body open");
    }

    #[cached(key = asked(1), cache_degraded = true)]
    #[fallback(value = 7)]
    async fn cached_fallback() -> Answer {
        body().await
    }

    #[fallback(value = 7)]
    #[cached(key = asked(1), cache_degraded = true)]
    async fn fallback_cached() -> Answer {
        body().await
    }

    #[tokio::test(start_paused = true)]
    async fn a_cache_sees_the_answer_of_the_fallback_below_it_and_not_of_the_one_above() {
        assert_eq!((cached_fallback().await, cached_fallback().await), (Ok(7), Ok(7)));
        assert_eq!(logged(), "asked body asked");
        assert_eq!((fallback_cached().await, fallback_cached().await), (Ok(7), Ok(7)));
        assert_eq!(logged(), "asked body asked body");
    }

    #[timeout(secs = 5)]
    #[retry(max = 9, backoff = "constant", base_delay = "2s", jitter = false)]
    #[timeout(secs = 1)]
    async fn timeout_retry_timeout() -> Answer {
        stuck().await
    }

    /// H23.
    #[tokio::test(start_paused = true)]
    async fn the_same_attribute_may_stand_twice() {
        let start = Instant::now();
        assert_eq!(timeout_retry_timeout().await, Err(Fault::Late));
        assert_eq!((&*logged(), start.elapsed().as_secs()), ("stuck late stuck late", 4));
    }
}

/// The synchronous twins that differ in their expansion.
mod synchronous_pairs {
    use super::*;

    fn body_now() -> Answer {
        log("body");
        Err(Fault::Down)
    }

    fn spare_now() -> Answer {
        log(if resilience::remaining().is_some() { "spare-in-time" } else { "spare" });
        Err(Fault::Down)
    }

    #[retry(max = 1, backoff = "none")]
    #[cached(key = asked(1))]
    fn retry_cached() -> Answer {
        body_now()
    }

    #[cached(key = asked(1))]
    #[retry(max = 1, backoff = "none")]
    fn cached_retry() -> Answer {
        body_now()
    }

    #[retry(max = 1, backoff = "none")]
    #[fallback(spare_now, when = |fault| *fault == Fault::Down)]
    fn retry_fallback() -> Answer {
        body_now()
    }

    #[fallback(spare_now)]
    #[retry(max = 1, backoff = "none")]
    fn fallback_retry() -> Answer {
        body_now()
    }

    #[timeout(secs = 1, mode = "cooperative")]
    #[fallback(spare_now)]
    fn timeout_fallback() -> Answer {
        body_now()
    }

    #[fallback(spare_now)]
    #[timeout(secs = 1, mode = "cooperative")]
    fn fallback_timeout() -> Answer {
        body_now()
    }

    #[timeout(secs = 1, mode = "cooperative")]
    #[cached(key = asked(1))]
    fn timeout_cached() -> Answer {
        body_now()
    }

    #[cached(key = asked(1))]
    #[timeout(secs = 1, mode = "cooperative")]
    fn cached_timeout() -> Answer {
        body_now()
    }

    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(failure_threshold = 2)]
    fn retry_breaker() -> Answer {
        body_now()
    }

    #[circuit_breaker(failure_threshold = 2)]
    #[retry(max = 2, backoff = "none")]
    fn breaker_retry() -> Answer {
        body_now()
    }

    #[test]
    fn a_synchronous_stack_has_the_same_order() {
        let said = |call: fn() -> Answer| {
            assert!(call().is_err());
            logged()
        };
        assert_eq!(said(retry_cached), "asked body asked body");
        assert_eq!(said(cached_retry), "asked body body");
        assert_eq!(said(retry_fallback), "body spare body spare");
        assert_eq!(said(fallback_retry), "body body spare");
        assert_eq!(said(timeout_fallback), "body spare-in-time");
        assert_eq!(said(fallback_timeout), "body spare");
        assert_eq!(said(timeout_cached), "asked-in-time body");
        assert_eq!(said(cached_timeout), "asked body");
        assert_eq!(said(retry_breaker), "body body open");
        assert_eq!(said(breaker_retry), "body body body");
    }
}

/// `#[tracing::instrument]` stands for any attribute of another crate that rewrites a body.
mod foreign_attributes {
    use super::*;
    use tracing::instrument;
    use tracing::span::{Attributes, Id};
    use tracing::subscriber::{DefaultGuard, set_default};
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
    use tracing_subscriber::registry::{LookupSpan, Registry};

    /// Logs `+name` when a span begins, `-name` when it ends.
    struct Spans;

    impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
        fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
            log(match attributes.metadata().name() {
                "A" => "+A",
                "B" => "+B",
                "C" => "+C",
                _ => "+?",
            });
        }

        fn on_close(&self, id: Id, context: Context<'_, S>) {
            log(match context.metadata(&id).map(tracing::Metadata::name) {
                Some("A") => "-A",
                Some("B") => "-B",
                Some("C") => "-C",
                _ => "-?",
            });
        }
    }

    fn watch() -> DefaultGuard {
        set_default(Registry::default().with(Spans))
    }

    #[retry(max = 1, backoff = "none")]
    #[instrument(name = "A", skip_all)]
    #[timeout(secs = 1)]
    async fn between(text: String) -> Answer {
        drop(text);
        stuck().await
    }

    #[timeout(secs = 9)]
    #[tracing::instrument(name = "A", skip(text), fields(length = text.len()), err(Debug))]
    #[retry(max = 1, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    async fn between_by_path(text: String) -> Answer {
        drop(text);
        body().await
    }

    #[tokio::test(start_paused = true)]
    async fn what_stands_above_a_foreign_attribute_wraps_it_and_what_stands_below_is_wrapped() {
        let _watch = watch();
        assert_eq!(between("t".into()).await, Err(Fault::Late));
        assert_eq!(logged(), "+A stuck late -A +A stuck late -A");
        assert_eq!(between_by_path("t".into()).await, Err(Fault::Down));
        assert_eq!(logged(), "+A body body -A");
    }

    #[instrument(name = "A", skip_all)]
    #[retry(max = 1, backoff = "none")]
    async fn above() -> Answer {
        body().await
    }

    #[resilience::stack]
    #[instrument(name = "A", skip_all)]
    #[retry(max = 1, backoff = "none")]
    async fn above_in_a_stack() -> Answer {
        body().await
    }

    #[tokio::test(start_paused = true)]
    async fn limit_a_foreign_attribute_on_top_ends_inside_unless_stack_stands_above_it() {
        let _watch = watch();
        assert_eq!(above().await, Err(Fault::Down));
        assert_eq!(logged(), "+A body -A +A body -A");
        assert_eq!(above_in_a_stack().await, Err(Fault::Down));
        assert_eq!(logged(), "+A body body -A");
    }

    #[retry(max = 1, backoff = "none")]
    #[instrument(name = "A", skip_all)]
    async fn below() -> Answer {
        body().await
    }

    #[retry(max = 1, backoff = "none")]
    #[instrument(name = "A", skip_all)]
    fn below_now() -> Answer {
        log("body");
        Err(Fault::Down)
    }

    #[resilience::stack]
    #[instrument(name = "A", skip_all)]
    #[retry(max = 1, backoff = "none")]
    #[instrument(name = "B", skip_all)]
    #[fallback(value = 7)]
    fn mixed_now() -> Answer {
        log("body");
        Err(Fault::Down)
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_a_span_for_each_attempt_below_a_retry() {
        let _watch = watch();
        assert_eq!(below().await, Err(Fault::Down));
        assert_eq!(logged(), "+A body -A +A body -A");
        assert_eq!(below_now(), Err(Fault::Down));
        assert_eq!(logged(), "+A body -A +A body -A");
        assert_eq!(mixed_now(), Ok(7));
        assert_eq!(logged(), "+A +B body -B -A");
    }

    #[resilience::fallback(value = 7)]
    #[instrument(name = "A", skip_all)]
    #[resilience::retry(max = 1, backoff = "none")]
    /// A doc comment in the middle.
    #[instrument(name = "B", skip_all)]
    #[allow(clippy::let_and_return)]
    #[resilience::timeout(secs = 1)]
    #[instrument(name = "C", skip_all)]
    #[inline]
    async fn alternating(_text: String) -> Answer {
        stuck().await
    }

    #[tokio::test(start_paused = true)]
    async fn any_number_of_blocks_keeps_its_order() {
        let _watch = watch();
        assert_eq!(alternating(String::new()).await, Ok(7));
        assert_eq!(logged(), "+A +B +C stuck -C late -B +B +C stuck -C late -B -A");
    }

    #[fallback(value = 7)]
    #[instrument(name = "A", skip_all)]
    #[instrument(name = "B", skip_all)]
    #[retry(max = 1, backoff = "none")]
    async fn neighbours() -> Answer {
        body().await
    }

    #[tokio::test(start_paused = true)]
    async fn limit_foreign_attributes_next_to_each_other_keep_the_order_the_compiler_gives_them() {
        let _watch = watch();
        assert_eq!(neighbours().await, Ok(7));
        assert_eq!(logged(), "+B +A body body -A -B");
    }

    mod conditional {
        use super::*;

        #[retry(max = 1, backoff = "none")]
        #[cfg_attr(test, timeout(secs = 1))]
        #[cfg_attr(not(test), instrument(name = "C", skip_all))]
        #[instrument(name = "A", skip_all)]
        async fn ours() -> Answer {
            stuck().await
        }

        #[cfg_attr(test, retry(max = 1, backoff = "none"))]
        #[cfg_attr(test, instrument(name = "A", skip_all), timeout(secs = 1))]
        #[cfg_attr(test, allow(dead_code), inline)]
        async fn everything() -> Answer {
            stuck().await
        }

        #[timeout(secs = 9)]
        #[cfg_attr(not(test), retry(max = 1, backoff = "none"))]
        #[cfg_attr(not(test), no_such_attribute)]
        #[instrument(name = "A", skip_all)]
        #[timeout(secs = 1)]
        async fn none() -> Answer {
            stuck().await
        }

        #[tokio::test(start_paused = true)]
        async fn an_attribute_under_a_condition_stands_where_it_is_written() {
            let _watch = watch();
            assert_eq!(ours().await, Err(Fault::Late));
            assert_eq!(logged(), "+A stuck -A late +A stuck -A late");
            assert_eq!(everything().await, Err(Fault::Late));
            assert_eq!(logged(), "+A stuck late -A +A stuck late -A");
            assert_eq!(none().await, Err(Fault::Late));
            assert_eq!(logged(), "+A stuck late -A");
        }
    }

    mod renamed {
        use super::*;
        use resilience::retry as again;
        use tracing::instrument as spanned;

        #[timeout(secs = 9)]
        #[again(max = 1, backoff = "none")]
        #[timeout(secs = 1)]
        async fn between() -> Answer {
            stuck().await
        }

        #[again(max = 1, backoff = "none")]
        #[spanned(name = "A", skip_all)]
        #[resilience::timeout(secs = 1)]
        async fn first() -> Answer {
            stuck().await
        }

        #[fallback(value = 7)]
        #[again(max = 1, backoff = "none")]
        #[spanned(name = "A", skip_all)]
        #[resilience::timeout(secs = 1)]
        async fn above_a_foreign_one() -> Answer {
            stuck().await
        }

        #[tokio::test(start_paused = true)]
        async fn a_renamed_attribute_stands_where_it_is_written() {
            let _watch = watch();
            assert_eq!(between().await, Err(Fault::Late));
            assert_eq!(logged(), "stuck late stuck late");
            assert_eq!(first().await, Err(Fault::Late));
            assert_eq!(logged(), "+A stuck late -A +A stuck late -A");
            assert_eq!(above_a_foreign_one().await, Ok(7));
            assert_eq!(logged(), "+A stuck late -A +A stuck late -A");
        }
    }

    mod under_async_trait {
        use super::*;
        use async_trait::async_trait;

        #[async_trait]
        trait Backend {
            async fn call(&mut self, text: String) -> Answer;
            async fn stacked(&self, text: String) -> Answer;

            #[retry(max = 1, backoff = "none")]
            #[instrument(name = "A", skip_all)]
            async fn default_body(&self) -> Answer {
                body().await
            }
        }

        struct Remote(u32);

        #[async_trait]
        impl Backend for Remote {
            #[retry(max = 1, backoff = "none")]
            #[instrument(name = "A", skip(self))]
            #[timeout(secs = 1)]
            async fn call(&mut self, text: String) -> Answer {
                self.0 += u32::from(!text.is_empty());
                stuck().await
            }

            #[resilience::stack]
            #[instrument(name = "A", skip_all, fields(text))]
            #[retry(max = 1, backoff = "none")]
            async fn stacked(&self, text: String) -> Answer {
                drop(text);
                body().await
            }
        }

        /// H19.
        #[tokio::test(start_paused = true)]
        async fn the_order_holds_under_async_trait() {
            let _watch = watch();
            let mut remote: Box<dyn Backend + Send + Sync> = Box::new(Remote(0));
            assert_eq!(remote.call("t".into()).await, Err(Fault::Late));
            assert_eq!(logged(), "+A stuck late -A +A stuck late -A");
            assert_eq!(remote.stacked("t".into()).await, Err(Fault::Down));
            assert_eq!(logged(), "+A body body -A");
            assert_eq!(remote.default_body().await, Err(Fault::Down));
            assert_eq!(logged(), "+A body -A +A body -A");
        }
    }
}

/// `#[resilience::stack]` where there is nothing to put in order.
mod stack_alone {
    use super::*;
    use resilience::stack;

    #[stack]
    #[retry(max = 1, backoff = "none")]
    #[timeout(secs = 1)]
    async fn over_ours() -> Answer {
        stuck().await
    }

    #[stack]
    async fn over_nothing() -> Answer {
        body().await
    }

    #[stack]
    #[inline]
    fn over_nothing_now(number: u32) -> u32 {
        number + 1
    }

    #[tokio::test(start_paused = true)]
    async fn stack_changes_nothing_where_nothing_is_to_be_ordered() {
        assert_eq!(over_ours().await, Err(Fault::Late));
        assert_eq!(logged(), "stuck late stuck late");
        assert_eq!(over_nothing().await, Err(Fault::Down));
        assert_eq!(logged(), "body");
        assert_eq!(over_nothing_now(1), 2);
    }
}

/// `#[tokio::test]` and `#[tokio::main]` make an asynchronous function a synchronous one.
mod runners {
    use super::*;

    #[timeout(secs = 1)]
    #[tokio::test(start_paused = true)]
    async fn a_timeout_above_a_runner_is_inside_of_its_runtime() -> Result<(), Fault> {
        sleep(Duration::from_millis(10)).await;
        assert!(resilience::remaining().is_some());
        Ok(())
    }

    #[retry(max = 2)]
    #[tokio::test(start_paused = true)]
    #[timeout(secs = 1)]
    async fn a_runner_may_stand_anywhere_below_the_first() -> Result<(), Fault> {
        log("body");
        sleep(Duration::from_millis(10)).await;
        let attempts = LOG.with_borrow(Vec::len);
        if attempts > 2 { Ok(()) } else { Err(Fault::Down) }
    }

    #[retry(max = 2, backoff = "none")]
    #[test]
    fn a_plain_test_below_an_attribute_is_retried() -> Result<(), Fault> {
        log("body");
        if LOG.with_borrow(Vec::len) > 2 { Ok(()) } else { Err(Fault::Down) }
    }

    #[test]
    #[retry(max = 2, backoff = "none")]
    fn a_plain_test_above_an_attribute_is_retried() -> Result<(), Fault> {
        log("body");
        if LOG.with_borrow(Vec::len) > 2 { Ok(()) } else { Err(Fault::Down) }
    }

    #[retry(max = 2)]
    #[timeout(secs = 1)]
    #[tokio::main(flavor = "current_thread", start_paused = true)]
    async fn program(limit: usize) -> Answer {
        log("body");
        sleep(Duration::from_millis(10)).await;
        assert!(resilience::remaining().is_some());
        if LOG.with_borrow(Vec::len) > limit { Ok(7) } else { Err(Fault::Down) }
    }

    #[test]
    fn a_program_can_carry_the_attributes_on_its_main_function() {
        let clock = std::time::Instant::now();
        assert_eq!((program(1), &*logged()), (Ok(7), "body body"));
        assert!(clock.elapsed() < Duration::from_secs(1), "the pause between the attempts is virtual");
    }

    #[tokio::main(flavor = "current_thread")]
    #[retry(max = 2, backoff = "none")]
    async fn below_a_runner() -> Answer {
        log(if tokio::runtime::Handle::try_current().is_ok() { "body" } else { "body-outside" });
        body().await
    }

    #[test]
    fn limit_below_a_runner_the_function_is_a_synchronous_one_and_each_attempt_has_a_runtime_of_its_own() {
        assert_eq!(below_a_runner(), Err(Fault::Down));
        assert_eq!(logged(), "body body body body body body");
    }
}
