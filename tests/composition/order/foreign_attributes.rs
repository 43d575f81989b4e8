//! `#[tracing::instrument]` represents any attribute of another crate that rewrites a body.

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
#[circuit_breaker(failure_threshold = 100, allow(late_timeout))]
async fn between_by_path(text: String) -> Answer {
    drop(text);
    body().await
}

#[tokio::test(start_paused = true)]
async fn a_foreign_attribute_is_wrapped_by_those_above_and_wraps_those_below() {
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
async fn instrument_below_a_retry_makes_a_span_per_attempt() {
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
async fn several_foreign_attributes_keep_their_order() {
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
    async fn a_cfg_attr_attribute_applies_where_it_is_written() {
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
    async fn a_renamed_attribute_applies_where_it_is_written() {
        let _watch = watch();
        assert_eq!(between().await, Err(Fault::Late));
        assert_eq!(logged(), "stuck late stuck late");
        assert_eq!(first().await, Err(Fault::Late));
        assert_eq!(logged(), "+A stuck late -A +A stuck late -A");
        assert_eq!(above_a_foreign_one().await, Ok(7));
        assert_eq!(logged(), "+A stuck late -A +A stuck late -A");
    }
}

mod of_a_facade_with_another_name {
    use super::*;
    use ::resilience as rz;

    mod infra {
        pub use ::resilience as safe;
    }

    #[rz::retry(max = 1, backoff = "none", crate = rz)]
    #[instrument(name = "A", skip_all)]
    #[rz::timeout(secs = 1)]
    async fn between() -> Answer {
        stuck().await
    }

    #[infra::safe::retry(max = 1, backoff = "none", crate = infra::safe)]
    #[instrument(name = "B", skip_all)]
    #[self::infra::safe::timeout(secs = 1, crate = self::infra::safe)]
    async fn below() -> Answer {
        stuck().await
    }

    #[rz::stack]
    #[instrument(name = "C", skip_all)]
    #[rz::retry(max = 1, backoff = "none")]
    #[instrument(name = "A", skip_all)]
    #[rz::timeout(secs = 1, crate = rz)]
    async fn in_a_stack() -> Answer {
        stuck().await
    }

    #[rz::timeout(secs = 9, crate = rz)]
    #[tokio::test(start_paused = true)]
    #[rz::retry(max = 1, backoff = "none", crate = rz)]
    async fn an_attribute_is_known_by_the_path_of_its_facade() -> Result<(), Fault> {
        let _watch = watch();
        assert_eq!(between().await, Err(Fault::Late));
        assert_eq!(logged(), "+A stuck late -A +A stuck late -A");
        assert_eq!(below().await, Err(Fault::Late));
        assert_eq!(logged(), "+B stuck late -B +B stuck late -B");
        assert_eq!(in_a_stack().await, Err(Fault::Late));
        assert_eq!(logged(), "+C +A stuck late -A +A stuck late -A -C");
        Ok(())
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

    /// BUG-H19.
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
