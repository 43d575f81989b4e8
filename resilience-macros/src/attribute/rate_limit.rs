use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use resilience_options::rate_limit::{KEYS, OPTIONS};
use syn::{Expr, LitStr};

use super::describe::{duration_as_written, for_each_key};
use super::key::instance_key;
use super::{Answers, Attribute, Checker, Lint, Position, Traits, WorstCase};
use crate::expand::{Config, Expansion, Gate, GateSource, Place};
use crate::item::Param;
use crate::parse::{Arguments, Const, Key, count};

lints! {
    RateLimit, rate_limit_arguments from rate_limit_docs;
}

pub(crate) struct RateLimit {
    config: Config,
    max: Const<u64>,
    per: Option<Const<Duration>>,
    burst: Option<Const<u64>>,
    wait: Option<Const<Duration>>,
    name: Option<LitStr>,
    key: Option<Expr>,
    map_err: Option<Expr>,
}

impl Attribute for RateLimit {
    const NAME: &'static str = "rate_limit";
    const KEYS: &'static [Key] = KEYS;
    const LINTS: &'static [Lint<Self>] = LINTS;

    fn parse(arguments: &mut Arguments<'_>) -> Option<Self> {
        let max_written = arguments.take("max");
        let max = max_written.as_ref().and_then(|pair| count(arguments, pair, &OPTIONS.max));
        let per = arguments.duration(&OPTIONS.per);
        let burst = arguments.count(&OPTIONS.burst);
        let wait = arguments.duration(&OPTIONS.wait);
        let rate = arguments.take("rate");
        if let Some(rate) = &rate {
            arguments.diagnostics.error(
                rate.key.span(),
                "a rate is a number of calls per period: `max = 10` per second, or `max = 10, per = \"1m\"`",
            );
        }
        let name = arguments.name("name");
        let (key, max_keys) = instance_key(arguments, "rate limits", &OPTIONS.max_keys);
        let map_err = arguments.function("map_err");
        if max_written.is_none() && rate.is_none() && arguments.is_complete() {
            arguments.diagnostics.error(
                arguments.span,
                "`#[rate_limit]` needs the number of calls that may pass: `#[rate_limit(max = 10)]` per second, or \
                 `#[rate_limit(max = 10, per = \"1m\")]`",
            );
        }

        let mut config = Config::new(arguments.span);
        config.set("max", max.as_ref());
        config.set("per", per.as_ref());
        config.set("burst", burst.as_ref());
        config.set("wait", wait.as_ref());
        config.set("max_keys", max_keys.as_ref());
        Some(Self { config, max: max?, per, burst, wait, name, key, map_err })
    }

    fn traits(&self, _: bool) -> Traits<'_> {
        Traits {
            is_gate: true,
            is_refunded: true,
            acts_on_failure: true,
            judges_results: false,
            counts_calls: false,
            rejects_calls: false,
            classifies_only: false,
            retries: None,
            answers_failures: Answers::Never,
            continues_after_failure: false,
            uses_self_later: false,
            stores_results: false,
            deadline: None,
            ends_calls: false,
            has_scope: false,
            key: self.key.as_ref(),
            rebinds_arguments: self.key.is_some(),
            reads_arguments: self.key.is_some(),
            shares: &[],
            // Unnamed limits are different limits, such as ten a second and a thousand an hour.
            identity: self.name.as_ref().map(|name| self.identity(name)),
        }
    }

    fn uses(&self, _: &Param) -> bool {
        false
    }

    fn check(&self, position: &Position<'_>, checker: &Checker<'_>) {
        if let Some(name) = self.name.as_ref().filter(|name| position.repeats(&self.identity(name))) {
            checker.diagnostics.error(
                name.span(),
                format_args!(
                    "two rate limits `{}` on one function would count each call twice; remove one, or give it another name",
                    name.value()
                ),
            );
        }
        position.check_wait(self.wait.as_ref(), checker);
    }

    fn expand(&self, expansion: &Expansion, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let Self { config, wait, name, key, map_err, .. } = self;
        let source = GateSource::Site { kind: "RateLimiter", name: name.as_ref(), key: key.as_ref(), config };
        let is_refunded = place.is_above_gate;
        let gate = Gate {
            source,
            waits: wait.is_some(),
            is_refunded,
            scope: None,
            map_err: map_err.as_ref(),
            lasts_as_stream: false,
        };
        let (leave, identity) = (if is_refunded { "leave_or_refund" } else { "leave_limit" }, expansion.identity());
        let settle = expansion.call_with_output(leave, quote_spanned!(at=> __permit, &__out, #identity));
        expansion.gate(&gate, &settle, at, place, inner)
    }

    fn limit_at_body(&self, _: &Expansion, _: Span) -> Option<TokenStream> {
        None
    }

    fn describe(&self) -> String {
        let name = self.name.as_ref().map_or_else(String::new, |name| format!(" in `{}`", name.value()));
        let per = self.per.as_ref().map_or_else(|| OPTIONS.per.key.default.to_owned(), duration_as_written);
        let burst = self.burst.as_ref().unwrap_or(&self.max);
        let wait = self
            .wait
            .as_ref()
            .map_or_else(String::new, |wait| format!(", each waiting for up to {}", duration_as_written(wait)));
        let key = for_each_key(self.key.as_ref());
        format!("at most {} calls per {per}{name}{key}, {} of them at once{wait}", self.max.tokens, burst.tokens)
    }

    fn worst_case(&self, below: WorstCase) -> WorstCase {
        self.wait.as_ref().map_or(below, |wait| below.after(wait.literal))
    }
}

impl RateLimit {
    /// A keyed and an unkeyed limit of one name are two instances.
    fn identity(&self, name: &LitStr) -> String {
        format!("{:?} {}", name.value(), self.key.is_some())
    }
}
