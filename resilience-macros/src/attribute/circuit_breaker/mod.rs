mod expand;
mod recovery;
mod window;

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use resilience_options::circuit_breaker::{KEYS, OPTIONS};
use syn::{Expr, LitStr};

use super::describe::short;
use super::key::instance_key;
use super::lints::{exceeds, is_ended_from_above};
use super::store::{Store, reject_without_store, store};
use super::{Answers, Attribute, Checker, Finding, Lint, Position, Traits, WorstCase};
use recovery::Recovery;

use crate::expand::{AttemptPart, Config, Expansion, Gate, GateSource, Place, Request, StreamPart, UNTIMED_SCOPE};
use crate::item::Param;
use crate::parse::expression::{bare, span_of};
use crate::parse::tokens::readable;
use crate::parse::{Arguments, Const, Key, KeyValue};

lints! {
    CircuitBreaker, circuit_breaker_arguments from circuit_breaker_docs;
    late_timeout => "a `#[timeout]` above and none below, which ends a call that hangs without a failure, unless `slow_call` counts it";
    long_recovery => "a `recovery` or `max_recovery` of more than an hour";
    short_lease => "a `probe_lease` shorter than the longest call that a `#[timeout]` below allows";
}

pub(crate) struct CircuitBreaker {
    instance: Instance,
    when: Option<Expr>,
    when_ok: Option<Expr>,
    ignore: Option<Expr>,
    retry_after: Option<Expr>,
    map_err: Option<Expr>,
    log_errors: Option<Span>,
    key: Option<Expr>,
    failure_rate: Option<window::FailureRate>,
    recovery: Option<Const<Duration>>,
    max_recovery: Option<Const<Duration>>,
    probe_lease: Option<Const<Duration>>,
    store: Option<Store>,
}

enum Instance {
    Shared(Expr),
    Named(LitStr, Config),
    OfFunction(Config),
}

const MAX_QUIET_RECOVERY: Duration = Duration::from_secs(3600);

impl Attribute for CircuitBreaker {
    const NAME: &'static str = "circuit_breaker";
    const KEYS: &'static [Key] = KEYS;
    const LINTS: &'static [Lint<Self>] = LINTS;

    fn parse(arguments: &mut Arguments<'_>) -> Option<Self> {
        let shared = arguments.take("shared");
        let name = arguments.name("name");

        let mut config = Config::new(arguments.span);
        let threshold_at = arguments.span_of_key("failure_threshold");
        let threshold = arguments.count(&OPTIONS.failure_threshold);
        config.set("failure_threshold", threshold.as_ref());
        let missing = window::missing_halves(arguments, threshold_at);
        let failure_rate = window::parse(arguments, &mut config);
        for setting in [&OPTIONS.success_threshold, &OPTIONS.half_open_max, &OPTIONS.half_open_calls] {
            config.set(setting.key.name, arguments.count(setting).as_ref());
        }
        let Recovery { first: recovery, longest: max_recovery, probe_lease } = recovery::parse(arguments, &mut config);

        let when = arguments.function("when");
        let when_ok = arguments.function("when_ok");
        let ignore = arguments.function("ignore");
        let retry_after = arguments.function("retry_after");
        let map_err = arguments.function("map_err");
        let log_errors = arguments.log_errors();
        let key_at = arguments.span_of_key("key");
        let (key, max_keys) = instance_key(arguments, "breakers", &OPTIONS.max_keys);
        config.set("max_keys", max_keys.as_ref());
        reject_without_store(arguments, &["quorum"]);
        config.set("quorum", arguments.count(&OPTIONS.quorum).as_ref());
        if let Some(at) = arguments.span_of_key("store").filter(|_| shared.is_none()) {
            config.call("shared", at);
        }
        let store = store(arguments);
        if let Some(store) = store.as_ref().filter(|_| shared.is_none()) {
            store.require_name(arguments, name.as_ref());
        }
        if arguments.is_complete() {
            for (at, message) in missing {
                arguments.diagnostics.error(at, message);
            }
        }
        if let (Some(at), Some(_)) = (key_at, &shared) {
            let message = "`shared` names one breaker, and `key` asks for one for each key; keep one of them";
            arguments.diagnostics.error(at, message);
        }
        let instance = instance(arguments, shared, name, config);
        Some(Self {
            instance,
            when,
            when_ok,
            ignore,
            retry_after,
            map_err,
            log_errors,
            key,
            failure_rate,
            recovery,
            max_recovery,
            probe_lease,
            store,
        })
    }

    fn traits(&self, _: bool) -> Traits<'_> {
        Traits {
            is_gate: true,
            is_refunded: false,
            acts_on_failure: true,
            judges_results: true,
            counts_calls: true,
            rejects_calls: false,
            classifies_only: self.classifies_only(),
            retries: None,
            learns_from_failures: false,
            answers_failures: Answers::Never,
            continues_after_failure: false,
            uses_self_later: false,
            stores_results: false,
            deadline: None,
            ends_calls: false,
            may_end_calls: false,
            has_scope: true,
            key: self.key.as_ref(),
            cost: None,
            rebinds_arguments: self.key.is_some(),
            reads_arguments: self.key.is_some(),
            shares: &[],
            identity: Some(self.identity()),
        }
    }

    fn uses(&self, _: &Param) -> bool {
        false
    }

    fn check(&self, position: &Position<'_>, checker: &Checker<'_>) {
        checker.ask_about_no_stream(self.when_ok.as_ref());
        checker.read_error_of_stream(self.retry_after.as_ref());
        if position.repeats(&self.identity()) {
            let (which, span) = match &self.instance {
                Instance::Named(name, _) => (format!("`{}`", name.value()), name.span()),
                Instance::OfFunction(_) => ("without a name".to_owned(), position.span),
                Instance::Shared(path) => (format!("`static {}`", path.to_token_stream()), span_of(path)),
            };
            checker.diagnostics.error(
                span,
                format_args!(
                    "two circuit breakers {which} on one function would count each call twice; remove one, or give it another name"
                ),
            );
        }
        if let Some(store) = &self.store {
            store.check(Self::NAME, checker);
        }
    }

    fn expand(&self, expansion: &Expansion, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let (kind, key, is_shared) = ("CircuitBreaker", self.key.as_ref(), self.store.is_some());
        let source = match &self.instance {
            Instance::Shared(path) => GateSource::Shared { kind, path },
            Instance::Named(name, config) => GateSource::Site { kind, name: Some(name), key, config, is_shared },
            Instance::OfFunction(config) => GateSource::Site { kind, name: None, key, config, is_shared },
        };
        let scope = Some(if self.may_time_calls() { "TimedBreakerScope" } else { UNTIMED_SCOPE });
        let heeds = self.store.as_ref().map(|store| {
            let (private, store) = (&expansion.private, store.reference());
            move |found: &TokenStream| quote_spanned!(at=> #private::heed_signal(#found, #store))
        });
        let gate = Gate {
            source,
            waits: false,
            before: heeds.as_ref().map(|before| before as Request<'_>),
            cost: None,
            request: None,
            scope,
            settles_scope: Self::settles_scope(expansion.at_end()),
            map_err: self.map_err.as_ref(),
            stream: StreamPart::Holds,
        };
        expansion.gate(&gate, &self.record(expansion.at_end(), at), at, place, inner)
    }

    fn limit_at_body(&self, _: &Expansion, _: Span) -> Option<TokenStream> {
        None
    }

    fn part_of_attempt(&self, expansion: &Expansion, at: Span, place: Place) -> AttemptPart {
        let (name, config) = match &self.instance {
            Instance::Shared(_) => return AttemptPart::None,
            Instance::Named(name, config) => (Some(name), config),
            Instance::OfFunction(config) => (None, config),
        };
        let is_plain = self.key.is_none() && self.store.is_none() && self.map_err.is_none();
        if !is_plain || !self.classifies_only() || self.may_time_calls() || expansion.needs.hits {
            return AttemptPart::None;
        }
        let source = GateSource::Site { kind: "CircuitBreaker", name, key: None, config, is_shared: false };
        AttemptPart::Gate(expansion.entry(&source, at, place))
    }

    fn describe(&self) -> String {
        let name = match &self.instance {
            Instance::Named(name, _) => format!("`{}`", name.value()),
            Instance::Shared(path) => format!("the breaker in `{}`", readable(path)),
            Instance::OfFunction(_) => "a breaker of its own".to_owned(),
        };
        let key = self.key.as_ref().map_or_else(String::new, |key| format!(", one for each `{}`", readable(key)));
        let opens = self.failure_rate.as_ref().map_or_else(String::new, window::FailureRate::describe);
        let shared = self.store.as_ref().map_or_else(String::new, |store| {
            format!(", shared by all processes with the store `{}`", store.describe())
        });
        format!("guarded by {name}{key}{shared}{opens}")
    }

    fn worst_case(&self, below: WorstCase) -> WorstCase {
        below
    }
}

impl CircuitBreaker {
    fn is_by_classification(&self) -> bool {
        self.when.is_none() && self.ignore.is_none()
    }

    fn classifies_only(&self) -> bool {
        self.is_by_classification() && self.log_errors.is_none() && self.when_ok.is_none() && self.retry_after.is_none()
    }

    fn may_time_calls(&self) -> bool {
        match &self.instance {
            Instance::Shared(_) => true,
            Instance::Named(_, config) | Instance::OfFunction(config) => config.uses("slow_call"),
        }
    }

    fn identity(&self) -> String {
        match &self.instance {
            Instance::Named(name, _) => format!("named {:?}", name.value()),
            Instance::OfFunction(_) => "of function".to_owned(),
            Instance::Shared(path) => format!("static {}", path.to_token_stream()),
        }
    }
}

fn instance(arguments: &Arguments<'_>, shared: Option<KeyValue>, name: Option<LitStr>, config: Config) -> Instance {
    match (shared, name) {
        (Some(KeyValue { key, value }), name) => {
            if name.is_some() || (!config.is_default() && !config.uses("max_keys")) {
                arguments.diagnostics.error(
                    key.span(),
                    "`shared` names a `static` that has a name and a configuration of its own; give them there",
                );
            }
            if !matches!(bare(&value), Expr::Path(_)) {
                let message = "`shared` takes the path of a `static` of type `resilience::CircuitBreaker`";
                arguments.diagnostics.error_at(&value, message);
            }
            Instance::Shared(value)
        }
        (None, Some(name)) => Instance::Named(name, config),
        (None, None) => Instance::OfFunction(config),
    }
}

fn long_recovery(breaker: &CircuitBreaker, position: &Position<'_>) -> Finding {
    let longest = breaker.max_recovery.as_ref().or(breaker.recovery.as_ref());
    Finding::when(exceeds(longest, &MAX_QUIET_RECOVERY), || {
        let at = longest.map_or(position.span, |longest| longest.span);
        let time = longest.and_then(|longest| longest.literal).map_or_else(String::new, short);
        let reason = format!(
            "an open breaker rejects every call for {time}, even if the dependency recovers earlier; a shorter one costs \
             no more than a probe now and then"
        );
        (at, reason)
    })
}

/// A call that was slow by then counts as slow.
fn late_timeout(breaker: &CircuitBreaker, position: &Position<'_>) -> Finding {
    let is_late = match (is_ended_from_above(position), &breaker.instance) {
        (Some(true), Instance::Shared(_)) => None,
        (is_ended, _) => is_ended.map(|is_ended| is_ended && !breaker.may_time_calls()),
    };
    Finding::when(is_late, || {
        let reason = "nothing below ends a call that hangs, and the `#[timeout]` above does so without a failure for the \
                      breaker, which then never opens; move `#[circuit_breaker]` above it, or put a shorter `#[timeout]` \
                      below";
        (position.span, reason.to_owned())
    })
}

/// The outermost timeout below bounds the call, since no inner one outlasts it.
fn short_lease(breaker: &CircuitBreaker, position: &Position<'_>) -> Finding {
    let Some(limit) = position.below.iter().find_map(|layer| layer.traits(position.is_async).deadline) else {
        return Finding::Nothing;
    };
    let lease = match (&breaker.instance, &breaker.probe_lease) {
        (Instance::Shared(_), _) => None,
        (_, None) => OPTIONS.probe_lease.rule.default,
        (_, Some(lease)) => lease.literal,
    };
    let Some((limit, lease)) = limit.literal.zip(lease) else { return Finding::Unknown };
    Finding::when(Some(lease < limit), || {
        let at = breaker.probe_lease.as_ref().map_or(position.span, |lease| lease.span);
        let (lease, limit) = (short(lease), short(limit));
        let reason = format!(
            "a probe gives its place to another after {lease}, and the `#[timeout]` below lets it run for {limit}, so that \
             more than `half_open_max` calls may probe at once; write `probe_lease = \"{limit}\"`"
        );
        (at, reason)
    })
}
