mod expand;
mod shared;

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use resilience_options::rate_limit::{
    KEYS, NO_HINTS, NO_MAX_FOR_COST, NO_MAX_FOR_RATE, NO_MAX_TO_SHARE, OPTIONS, SPREAD_AND_MAX, check_cost,
};
use syn::{Expr, Lit, LitStr};

use super::describe::{duration_as_written, for_each_key};
use super::key::{instance_key, reject_escape};
use super::store::reject_without_store;
use super::{Answers, Attribute, Checker, Lint, Position, Traits, WorstCase};
use crate::expand::{Config, Expansion, Place};
use crate::item::Param;
use crate::parse::expression::literal;
use crate::parse::{Arguments, Const, Key, KeyValue, count, foreign};
use shared::Shared;

lints! {
    RateLimit, rate_limit_arguments from rate_limit_docs;
}

pub(crate) struct RateLimit {
    config: Config,
    /// `None` for a limit without a rate, which only holds calls back when the server asks for it.
    max: Option<Const<u64>>,
    per: Option<Const<Duration>>,
    burst: Option<Const<u64>>,
    wait: Option<Const<Duration>>,
    name: Option<LitStr>,
    key: Option<Expr>,
    cost: Option<Expr>,
    settle: Option<Expr>,
    learns: bool,
    retry_after: Option<Expr>,
    map_err: Option<Expr>,
    shared: Option<Shared>,
}

impl Attribute for RateLimit {
    const NAME: &'static str = "rate_limit";
    const KEYS: &'static [Key] = KEYS;
    const LINTS: &'static [Lint<Self>] = LINTS;

    fn parse(arguments: &mut Arguments<'_>) -> Option<Self> {
        reject_useless(arguments);
        let max_written = arguments.take("max");
        let max = max_written.as_ref().and_then(|pair| count(arguments, pair, &OPTIONS.max));
        let per = arguments.duration(&OPTIONS.per);
        let burst = arguments.count(&OPTIONS.burst);
        let wait = arguments.duration(&OPTIONS.wait);
        let rate = arguments.take("rate");
        if let Some(rate) = &rate {
            let form = foreign::rate(&rate.value).map_or_else(
                || "`max = 10` per second, or `max = 10, per = \"1m\"`".to_owned(),
                |rate| format!("`{rate}`"),
            );
            arguments
                .diagnostics
                .error(rate.key.span(), format_args!("a rate is a number of calls per period: {form}"));
        }
        let name = arguments.name("name");
        let (key, max_keys) = instance_key(arguments, "rate limits", &OPTIONS.max_keys);
        let cost = cost(arguments, max.as_ref(), burst.as_ref());
        let settle = arguments.function("settle");
        let has_learn = arguments.has("learn");
        let learn = arguments.flag("learn");
        let (learns, is_unclear) = (learn == Some(true), has_learn && learn.is_none());
        let retry_after = arguments.function("retry_after");
        let spread = arguments.duration(&OPTIONS.spread);
        let map_err = arguments.function("map_err");
        let mut config = Config::new(arguments.span);
        config.set("max", max.as_ref());
        config.set("per", per.as_ref());
        config.set("burst", burst.as_ref());
        config.set("wait", wait.as_ref());
        config.set("max_keys", max_keys.as_ref());
        config.set("spread", spread.as_ref());
        let shared = Shared::parse(arguments, &mut config, name.as_ref(), burst.as_ref().or(max.as_ref()));
        if max_written.is_none() && rate.is_none() && !learns && !is_unclear && arguments.is_complete() {
            arguments.diagnostics.error(
                arguments.span,
                "`#[rate_limit]` needs the number of calls that may pass: `#[rate_limit(max = 10)]` per second, or \
                 `#[rate_limit(max = 10, per = \"1m\")]`; `learn = true` does without it",
            );
        }

        if max.is_none() && (max_written.is_some() || !learns) {
            return None;
        }
        Some(Self { config, max, per, burst, wait, name, key, cost, settle, learns, retry_after, map_err, shared })
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
            learns_from_failures: self.learns,
            answers_failures: Answers::Never,
            continues_after_failure: false,
            uses_self_later: false,
            stores_results: false,
            deadline: None,
            ends_calls: false,
            may_end_calls: false,
            has_scope: false,
            key: self.key.as_ref(),
            cost: self.cost.as_ref(),
            rebinds_arguments: self.key.is_some() || self.cost.is_some(),
            reads_arguments: self.key.is_some() || self.cost.is_some(),
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
        if let Some(shared) = &self.shared {
            shared.store.check(Self::NAME, checker);
        }
        checker.read_error_of_stream(self.retry_after.as_ref());
    }

    fn expand(&self, expansion: &Expansion, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        self.gate(expansion, at, place, inner)
    }

    fn limit_at_body(&self, _: &Expansion, _: Span) -> Option<TokenStream> {
        None
    }

    fn describe(&self) -> String {
        let name = self.name.as_ref().map_or_else(String::new, |name| format!(" in `{}`", name.value()));
        let wait = self
            .wait
            .as_ref()
            .map_or_else(String::new, |wait| format!(", each waiting for up to {}", duration_as_written(wait)));
        let (key, counted) = (for_each_key(self.key.as_ref()), if self.counts_units() { "units" } else { "calls" });
        let shared = self.shared.as_ref().map_or_else(String::new, Shared::describe);
        let held = "held back while the server asks to wait";
        let Some(max) = &self.max else { return format!("calls are {held}{name}{key}{wait}") };
        let per = self.per.as_ref().map_or_else(|| OPTIONS.per.key.default.to_owned(), duration_as_written);
        let burst = self.burst.as_ref().unwrap_or(max);
        let held = if self.learns { format!(", {held}") } else { String::new() };
        format!(
            "at most {} {counted} per {per}{name}{key}{shared}, {} of them at once{wait}{held}",
            max.tokens, burst.tokens
        )
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

    const fn counts_units(&self) -> bool {
        self.cost.is_some() || self.settle.is_some()
    }
}

/// Reports arguments that need others.
fn reject_useless(arguments: &Arguments<'_>) {
    let has_max = arguments.has("max") || arguments.has("rate");
    let learns = arguments.value_of("learn").is_some_and(|flag| !is_false(flag));
    reject_without_store(arguments, &["lease", "on_outage", "instances"]);
    let problems: [(&str, bool, &str); 8] = [
        ("per", !has_max && learns, NO_MAX_FOR_RATE),
        ("burst", !has_max && learns, NO_MAX_FOR_RATE),
        ("cost", !has_max && learns, NO_MAX_FOR_COST),
        ("settle", !has_max && learns, NO_MAX_FOR_COST),
        ("store", !has_max && learns, NO_MAX_TO_SHARE),
        ("retry_after", !learns, NO_HINTS),
        ("spread", has_max, SPREAD_AND_MAX),
        ("spread", !has_max && !learns, NO_HINTS),
    ];
    for (key, is_wrong, why) in problems {
        if let Some(at) = arguments.span_of_any(key).filter(|_| is_wrong) {
            arguments.diagnostics.error(at, why);
        }
    }
}

fn is_false(flag: &Expr) -> bool {
    matches!(literal(flag), Some(Lit::Bool(flag)) if !flag.value)
}

/// A cost that is a number is checked against the largest that can pass.
fn cost(arguments: &mut Arguments<'_>, max: Option<&Const<u64>>, burst: Option<&Const<u64>>) -> Option<Expr> {
    let KeyValue { value, .. } = arguments.take("cost")?;
    reject_escape(arguments, &value, "make it part of the cost, as in `cost = estimate(prompt).unwrap_or(0)`");
    let most = burst.or(max).and_then(|most| most.literal).and_then(|most| u32::try_from(most).ok());
    match literal(&value) {
        None => {}
        Some(Lit::Int(number)) => {
            let checked = number.base10_parse().ok().zip(most).map_or(Ok(()), |(cost, most)| check_cost(cost, most));
            if let Err(why) = checked {
                arguments.diagnostics.error_at(&value, why);
            }
        }
        Some(_) => arguments.diagnostics.error_at(
            &value,
            "`cost` of `#[rate_limit]` takes a number of units, as an expression over the parameters, without quotes: \
             `cost = prompt.len()`",
        ),
    }
    Some(value)
}
