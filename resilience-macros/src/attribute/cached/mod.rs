mod check;
mod expand;
mod lints;
mod shared;

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use resilience_options::Setting;
use resilience_options::cached::{JITTER_WITHOUT_TTL, KEYS, OPTIONS, TWO_LIMITS, check_refresh};
use syn::{Expr, LitStr};

use super::describe::duration_as_written;
use super::key::check_expression;
use super::{Answers, Attribute, Checker, Lint, Position, Traits, WorstCase};
use crate::expand::{Config, Expansion, Place};
use crate::item::Param;
use crate::parse::expression::{Scalar, is_function, scalar, span_of};
use crate::parse::{Arguments, Const, Key, KeyValue, Unit, flag};
use lints::{huge_cache, lasting_errors, late_timeout, long_idle, long_ttl};
use shared::SharedValues;

lints! {
    Cached, cached_arguments from cached_docs;
    huge_cache => "a `max_size` of more than 10,000,000 entries";
    late_timeout => "with `stale_if_error`: a `#[timeout]` above and none below, which ends a call that hangs without the old value";
    lasting_errors => "a `negative_ttl` that is longer than the `ttl`";
    long_idle => "a `time_to_idle` that is not shorter than the `ttl`, with the stale windows after it";
    long_ttl => "a `ttl` without a unit of more than 30 days, in seconds";
}

pub(crate) struct Cached {
    pub(crate) config: Config,
    ttl: Option<Const<Duration>>,
    pub(crate) ttl_function: Option<Expr>,
    ttl_is_bare: bool,
    pub(crate) time_to_idle: Option<Const<Duration>>,
    pub(crate) negative_ttl: Option<Const<Duration>>,
    stale_while_revalidate: Option<Const<Duration>>,
    stale_if_error: Option<Const<Duration>>,
    pub(crate) stale_when: Option<Expr>,
    max_size: Option<Const<u64>>,
    pub(crate) capacity: Capacity,
    pub(crate) name: Option<LitStr>,
    pub(crate) key: Option<Expr>,
    /// Parameters left out of the key; may contain `self`.
    pub(crate) skip: Vec<Ident>,
    pub(crate) when: Option<Expr>,
    pub(crate) clone_error: Option<Expr>,
    pub(crate) log_errors: Option<Span>,
    coalesces: bool,
    pub(crate) shared: Option<SharedValues>,
}

pub(crate) enum Capacity {
    Entries(String),
    Weight { most: String, weigh: Box<Expr> },
}

impl Cached {
    pub(crate) const fn replaces_failures(&self) -> bool {
        self.stale_if_error.is_some() || self.stale_while_revalidate.is_some()
    }
}

impl Attribute for Cached {
    const NAME: &'static str = "cached";
    const KEYS: &'static [Key] = KEYS;
    const LINTS: &'static [Lint<Self>] = LINTS;

    fn parse(arguments: &mut Arguments<'_>) -> Option<Self> {
        let mut config = Config::new(arguments.span);
        let ttl_is_bare = arguments.value_of("ttl").is_some_and(|ttl| matches!(scalar(ttl), Scalar::Number));
        let has_ttl = arguments.span_of_any("ttl").is_some();
        let (ttl, ttl_function) = ttl(arguments, &mut config);
        let time_to_idle = arguments.duration(&OPTIONS.time_to_idle);
        config.set("time_to_idle", time_to_idle.as_ref());
        let written = [arguments.span_of_key("weigh"), arguments.span_of_key("max_weight")];
        let (max_size, capacity) = capacity(arguments, &mut config);

        let windows = [&OPTIONS.stale_while_revalidate, &OPTIONS.stale_if_error];
        let has_stale = windows.iter().any(|window| arguments.span_of_any(window.key.name).is_some());
        let stale_when_at = arguments.span_of_key("stale_when");
        let stale_when = arguments.function("stale_when");
        let log_errors = arguments.log_errors();
        let negative_at = arguments.span_of_any("negative_ttl");
        let negative_ttl = arguments.duration(&OPTIONS.negative_ttl);
        config.set("negative_ttl", negative_ttl.as_ref());

        let [stale_while_revalidate, stale_if_error] = windows.map(|setting| {
            let window = stale_window(arguments, setting, has_ttl);
            config.set(setting.key.name, window.as_ref());
            window
        });
        ttl_jitter(arguments, &mut config, has_ttl);
        let coalesces =
            arguments.value_of("coalesce").is_none_or(|value| !matches!(scalar(value), Scalar::Flag(false)));
        let clone_error = sharing(arguments, &mut config, coalesces);
        flags(arguments, &mut config, stale_while_revalidate.as_ref());
        let name = arguments.name("name");
        let (key, skip) = key_and_skip(arguments);
        let when = kept_results(arguments, negative_at);
        let shared = SharedValues::parse(arguments, &mut config, name.as_ref());
        // A seemingly missing argument may be one that could not be read.
        if arguments.is_complete() {
            reject_incomplete_pairs(arguments, written);
            if !has_stale {
                reject_without_stale(arguments, log_errors, stale_when_at);
            }
        }
        Some(Self {
            config,
            ttl,
            ttl_function,
            ttl_is_bare,
            time_to_idle,
            negative_ttl,
            stale_while_revalidate,
            stale_if_error,
            stale_when,
            max_size,
            capacity,
            name,
            key,
            skip,
            when,
            clone_error,
            log_errors,
            coalesces,
            shared,
        })
    }

    fn traits(&self, _: bool) -> Traits<'_> {
        let has_stale = self.stale_if_error.is_some();
        Traits {
            is_gate: false,
            is_refunded: false,
            acts_on_failure: has_stale || self.stale_when.is_some(),
            judges_results: false,
            counts_calls: false,
            rejects_calls: false,
            classifies_only: false,
            retries: None,
            learns_from_failures: false,
            answers_failures: if has_stale { Answers::WhenStored } else { Answers::Never },
            continues_after_failure: false,
            uses_self_later: false,
            stores_results: true,
            deadline: None,
            ends_calls: false,
            may_end_calls: false,
            has_scope: true,
            key: self.key.as_ref(),
            cost: None,
            rebinds_arguments: true,
            reads_arguments: true,
            shares: &[],
            identity: None,
        }
    }

    fn uses(&self, _: &Param) -> bool {
        false
    }

    fn check(&self, position: &Position<'_>, checker: &Checker<'_>) {
        // A third cache is not reported again.
        let stores = position.above.iter().filter(|layer| layer.traits(position.is_async).stores_results);
        if stores.count() == 1 {
            checker.diagnostics.error(
                position.span,
                "a second `#[cached]` only ever sees the misses of the first; remove one of them",
            );
        }
        check::result(checker);
        check::arguments(self, checker);
        check::key(self, position, checker);
        if let Some(shared) = &self.shared {
            shared.check(Self::NAME, checker);
        }
    }

    fn expand(&self, expansion: &Expansion, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        expansion.cached(self, at, place, inner)
    }

    fn limit_at_body(&self, _: &Expansion, _: Span) -> Option<TokenStream> {
        None
    }

    fn describe(&self) -> String {
        let ttl = match (&self.ttl, &self.ttl_function) {
            (Some(ttl), _) => format!("for {}", duration_as_written(ttl)),
            (None, Some(_)) => "for a time that depends on each".to_owned(),
            (None, None) => "without expiry".to_owned(),
        };
        let capacity = match &self.capacity {
            Capacity::Entries(entries) => format!("at most {entries} of them"),
            Capacity::Weight { most, .. } => format!("at most a weight of {most} of them"),
        };
        let mut line = format!("keeps results {ttl}, {capacity}");
        let also = [
            (&self.time_to_idle, "drops a result that nobody has read for"),
            (&self.negative_ttl, "keeps the errors that `when` accepts for"),
            (&self.stale_while_revalidate, "while one call refreshes a result, others get the stale one for"),
            (&self.stale_if_error, "after a failure, returns a stale result for"),
        ];
        for (time, what) in also {
            if let Some(time) = time {
                line.extend(["; ", what, " ", &duration_as_written(time)]);
            }
        }
        if let Some(shared) = &self.shared {
            line.push_str(&shared.describe());
        }
        line
    }

    fn worst_case(&self, below: WorstCase) -> WorstCase {
        WorstCase { waits_for_loads: below.waits_for_loads || self.coalesces, ..below }
    }
}

/// A constant has a name in capitals, unlike a function.
fn ttl(arguments: &mut Arguments<'_>, config: &mut Config) -> (Option<Const<Duration>>, Option<Expr>) {
    let written = arguments.value_of("ttl").filter(|value| is_function(value)).map(span_of);
    let Some(at) = written else {
        let ttl = arguments.duration_in(&OPTIONS.ttl, Unit::TextOrSeconds);
        config.set("ttl", ttl.as_ref());
        return (ttl, None);
    };
    if let Some(second) = ["ttl_secs", "ttl_ms"].into_iter().find_map(|key| arguments.take(key)) {
        let message = "`ttl` of `#[cached]` is given twice, as a function and as a number; keep one of them";
        arguments.diagnostics.error(second.key.span(), message);
    }
    config.call("ttl_function", at);
    (None, arguments.function("ttl"))
}

fn stale_window(arguments: &mut Arguments<'_>, setting: &Setting<Duration>, has_ttl: bool) -> Option<Const<Duration>> {
    let key = setting.key.name;
    let at = arguments.span_of_any(key);
    let window = arguments.duration(setting);
    if let (Some(at), false) = (at, has_ttl) {
        arguments.diagnostics.error(
            at,
            format_args!("`{key}` serves a value past its `ttl`, and without a `ttl` nothing expires; add `ttl = 60`"),
        );
    }
    window
}

fn ttl_jitter(arguments: &mut Arguments<'_>, config: &mut Config, has_ttl: bool) {
    let jitter = arguments.number(&OPTIONS.ttl_jitter);
    if let (Some(jitter), false) = (&jitter, has_ttl) {
        arguments.diagnostics.error(jitter.key, JITTER_WITHOUT_TTL);
    }
    config.set("ttl_jitter", jitter.as_ref());
}

/// Reads `when`.
fn kept_results(arguments: &mut Arguments<'_>, negative_ttl: Option<Span>) -> Option<Expr> {
    if let (Some(at), false) = (negative_ttl, arguments.has("when")) {
        arguments.diagnostics.error(
            at,
            "`negative_ttl` needs `when` to say which errors are worth keeping, or an outage would be kept too; \
             add `when = |answer| matches!(answer, Ok(_) | Err(..))`",
        );
    }
    arguments.function("when")
}

fn flags(arguments: &mut Arguments<'_>, config: &mut Config, refresh: Option<&Const<Duration>>) {
    for key in ["coalesce", "cache_degraded"] {
        let is_on = arguments.flag(key);
        config.set(key, is_on.map(|is_on| flag(is_on, Span::call_site())).as_ref());
        if let (Some(window), "coalesce", Some(coalesce)) = (refresh, key, is_on) {
            if let Err(problem) = check_refresh(true, coalesce) {
                arguments.diagnostics.error(window.key, problem);
            }
        }
    }
}

/// Reads `clone_error`.
fn sharing(arguments: &mut Arguments<'_>, config: &mut Config, coalesces: bool) -> Option<Expr> {
    let [limit_at, clone_at] = ["max_concurrent_loads", "clone_error"].map(|key| arguments.span_of_key(key));
    let limit = arguments.count(&OPTIONS.max_concurrent_loads);
    config.set("max_concurrent_loads", limit.as_ref());
    if let (Some(at), Some(_)) = (limit_at, clone_at) {
        let message = "`max_concurrent_loads` is for errors that waiting callers cannot share, and `clone_error` shares them; \
                       keep one of them";
        arguments.diagnostics.error(at, message);
    }
    if let (Some(at), false) = (limit_at.or(clone_at), coalesces) {
        let message = "with `coalesce = false` no caller waits for another's load; leave one of the two out";
        arguments.diagnostics.error(at, message);
    }
    arguments.function("clone_error")
}

fn key_and_skip(arguments: &mut Arguments<'_>) -> (Option<Expr>, Vec<Ident>) {
    let key = arguments.take("key");
    if let Some(KeyValue { value, .. }) = &key {
        check_expression(arguments, value);
    }
    let skip = arguments.take_parameters("skip");
    if let (Some(KeyValue { key, .. }), [_, ..]) = (&key, &*skip) {
        let message = "`key` says what identifies a call, `skip` what does not; keep one of them";
        arguments.diagnostics.error(key.span(), message);
    }
    (key.map(|pair| pair.value), skip)
}

fn reject_incomplete_pairs(arguments: &Arguments<'_>, [weigh, max_weight]: [Option<Span>; 2]) {
    match (weigh, max_weight) {
        (Some(weigh), None) => arguments
            .diagnostics
            .error(weigh, "`weigh` has no effect without a limit on the weight; add `max_weight = 1_000_000`"),
        (None, Some(weight)) => arguments
            .diagnostics
            .error(weight, "`max_weight` needs a scale; add `weigh = |key, value| ..`, a function `fn(&K, &V) -> u64`"),
        _ => {}
    }
}

fn reject_without_stale(arguments: &Arguments<'_>, log_errors: Option<Span>, stale_when: Option<Span>) {
    if let Some(at) = stale_when {
        arguments.diagnostics.error(
            at,
            "`stale_when` selects the errors for which a stale value is returned, and none is; add `stale_if_error = \"1h\"`, or \
             leave it out",
        );
    }
    if let Some(at) = log_errors {
        arguments.diagnostics.error(
            at,
            "`log_errors` shows the error in whose place a stale value is returned; add `stale_if_error = \"1h\"`, or leave \
             it out",
        );
    }
}

fn capacity(arguments: &mut Arguments<'_>, config: &mut Config) -> (Option<Const<u64>>, Capacity) {
    let size_at = arguments.span_of_key("max_size");
    let is_weighed = arguments.has("weigh") || arguments.has("max_weight");
    let max_size = arguments.count(&OPTIONS.max_size);
    let weigh = arguments.function("weigh");
    let max_weight = arguments.count(&OPTIONS.max_weight);
    config.set("max_size", max_size.as_ref());
    match size_at.filter(|_| is_weighed) {
        Some(size) => {
            arguments.diagnostics.error(size, TWO_LIMITS);
        }
        None => config.set("max_weight", max_weight.as_ref()),
    }
    let tokens = |most: Option<&Const<u64>>| most.map(|most| most.tokens.to_string());
    let capacity = match weigh {
        Some(weigh) => {
            Capacity::Weight { most: tokens(max_weight.as_ref()).unwrap_or_default(), weigh: Box::new(weigh) }
        }
        None => {
            let default = || OPTIONS.max_size.key.default.to_owned();
            Capacity::Entries(tokens(max_size.as_ref()).unwrap_or_else(default))
        }
    };
    (max_size, capacity)
}
