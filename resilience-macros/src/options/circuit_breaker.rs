use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, Lit, LitStr};

use super::Config;
use crate::attr::{Arguments, Given};
use crate::diagnostics::Diagnostics;
use crate::duration::{self, Unit, not_zero};
use crate::value::{self, Const};

pub(crate) struct CircuitBreaker {
    pub(crate) breaker: Breaker,
    pub(crate) when: Option<Expr>,
    pub(crate) ignore: Option<Expr>,
    pub(crate) map_err: Option<Expr>,
    /// Where the event of its opening is asked to show the error.
    pub(crate) log_errors: Option<Span>,
    /// One breaker for each value of it.
    pub(crate) key: Option<Expr>,
    pub(crate) rated: Option<Box<Rated>>,
    pub(crate) recovery: Option<Const<Duration>>,
    pub(crate) max_recovery: Option<Const<Duration>>,
}

/// The window and the rate of failures in it that opens the breaker, for the documentation.
pub(crate) struct Rated {
    pub(crate) window: Window,
    pub(crate) failure_rate: Const<f64>,
}

/// Over which calls a rate is taken.
pub(crate) enum Window {
    Calls(Const<u64>),
    Time(Const<Duration>),
    /// A constant, whose type will tell.
    Constant(TokenStream, Span),
}

/// The largest number of calls in a window; the runtime's, too.
const MOST_CALLS: u64 = 100_000;

/// Which breaker it is.
pub(crate) enum Breaker {
    /// A `static` of the user's.
    Shared(Expr),
    Named(LitStr, Config),
    /// Called by the path of its function.
    OfFunction(Config),
}

impl CircuitBreaker {
    /// Whether errors say themselves if they count.
    pub(crate) fn judges_by_meaning(&self) -> bool {
        self.when.is_none() && self.ignore.is_none()
    }

    /// Whether it asks nothing but what errors say of themselves.
    pub(crate) fn is_by_meaning(&self) -> bool {
        self.judges_by_meaning() && self.log_errors.is_none()
    }
}

pub(super) fn interpret(arguments: &mut Arguments, diagnostics: &mut Diagnostics) -> CircuitBreaker {
    let shared = arguments.take("shared");
    let name = arguments.name("name", diagnostics);

    let mut config = Config::new(arguments.span);
    let at_threshold = arguments.span_of_key("failure_threshold");
    let threshold = arguments.count("failure_threshold", 1, diagnostics);
    config.set("failure_threshold", threshold.as_ref());
    let (rated, missing) = rates(at_threshold, arguments, &mut config, diagnostics);

    let mut count = |config: &mut Config, key: &'static str| {
        let value = arguments.count(key, 1, diagnostics);
        config.set(key, value.as_ref());
    };
    count(&mut config, "success_threshold");
    count(&mut config, "half_open_max");

    let (recovery, max_recovery) = recovery(arguments, &mut config, diagnostics);

    let when = arguments.function("when", diagnostics);
    let ignore = arguments.function("ignore", diagnostics);
    let map_err = arguments.function("map_err", diagnostics);
    let log_errors = arguments.log_errors(diagnostics);
    let key_at = arguments.span_of_key("key");
    let (key, max_keys) = super::instance_key(arguments, "breakers", diagnostics);
    config.set("max_keys", max_keys.as_ref());
    if arguments.is_complete() {
        for (at, why) in missing {
            diagnostics.error(at, why);
        }
    }
    if let (Some(at), Some(_)) = (key_at, &shared) {
        diagnostics.error(at, "`shared` names one breaker, and `key` asks for one for each key; keep one of them");
    }
    let breaker = match (shared, name) {
        (Some(Given { key, value }), name) => {
            if name.is_some() || (!config.is_default() && !config.uses("max_keys")) {
                diagnostics.error(
                    key.span(),
                    "`shared` names a `static` that has a name and a configuration of its own; give them there",
                );
            }
            if !matches!(value::bare(&value), Expr::Path(_)) {
                diagnostics
                    .error_at(&value, "`shared` takes the path of a `static` of type `resilience::CircuitBreaker`");
            }
            Breaker::Shared(value)
        }
        (None, Some(name)) => Breaker::Named(name, config),
        (None, None) => Breaker::OfFunction(config),
    };
    CircuitBreaker { breaker, when, ignore, map_err, log_errors, key, rated, recovery, max_recovery }
}

/// How long it stays open, at first and at most.
fn recovery(
    arguments: &mut Arguments,
    config: &mut Config,
    diagnostics: &mut Diagnostics,
) -> (Option<Const<Duration>>, Option<Const<Duration>>) {
    let recovery = arguments.duration(["recovery", "recovery_secs", "recovery_ms"], Unit::Text, diagnostics);
    let alias = arguments.take_alias("recovery_timeout");
    let recovery = match (recovery, alias) {
        (Some(recovery), Some(alias)) => {
            diagnostics.error(alias.key.span(), "`recovery_timeout` is another name for `recovery`; keep one of them");
            Some(recovery)
        }
        (None, Some(alias)) => {
            duration::duration(arguments.attribute(), Some("recovery"), &alias, Unit::Text, diagnostics)
        }
        (recovery, None) => recovery,
    };
    let recovery =
        not_zero(recovery, "a `recovery` of zero never rejects a call; give the other side some time", diagnostics);
    let factor = arguments.number("recovery_factor", (1.0, 1e9), diagnostics);
    let max_recovery =
        arguments.duration(["max_recovery", "max_recovery_secs", "max_recovery_ms"], Unit::Text, diagnostics);
    let max_recovery =
        not_zero(max_recovery, "a `max_recovery` of zero leaves no time to recover; make it longer", diagnostics);
    let lease = arguments.duration(["probe_lease", "probe_lease_secs", "probe_lease_ms"], Unit::Text, diagnostics);
    let lease = not_zero(
        lease,
        "a `probe_lease` of zero takes every place back at once; make it as long as a call may take",
        diagnostics,
    );
    if let (Some(max), None) = (&max_recovery, &factor) {
        diagnostics.error(
            max.key,
            "`max_recovery` limits a growing recovery time, but nothing makes it grow; add `recovery_factor = 2.0`",
        );
    }
    let literals = (recovery.as_ref().and_then(|r| r.literal), max_recovery.as_ref().and_then(|m| m.literal));
    if let (Some(recovery), (Some(first), Some(most))) = (&recovery, literals) {
        if first > most {
            diagnostics.error(
                recovery.span,
                format_args!(
                    "`recovery` ({first:?}) is longer than `max_recovery` ({most:?}); raise the one or lower the other"
                ),
            );
        }
    }
    if let (None, Some(most)) = (&recovery, literals.1) {
        if most < Duration::from_secs(60) {
            let span = max_recovery.as_ref().map_or(arguments.span, |max| max.span);
            diagnostics.error(
                span,
                format_args!(
                    "`max_recovery` ({most:?}) is shorter than the default `recovery` of 60s; give `recovery` too"
                ),
            );
        }
    }

    config.set("recovery", recovery.as_ref());
    config.set("recovery_factor", factor.as_ref());
    config.set("max_recovery", max_recovery.as_ref());
    config.set("probe_lease", lease.as_ref());
    config.check(recovery.as_ref().or(max_recovery.as_ref()));
    (recovery, max_recovery)
}

/// What is missing beside what was given. Reported when everything has been read: it may be there with a typing error.
type Missing = Vec<(Span, String)>;

/// The window and what belongs to it. Half of a group is a mistake: what is missing has no default that anyone would guess.
fn rates(
    threshold: Option<Span>,
    arguments: &mut Arguments,
    config: &mut Config,
    diagnostics: &mut Diagnostics,
) -> (Option<Box<Rated>>, Missing) {
    let first = |keys: &[&'static str]| keys.iter().find_map(|key| arguments.span_of_key(key));
    let at_window = first(&["window", "window_secs", "window_ms"]);
    let (at_rate, at_slow_rate) = (first(&["failure_rate"]), first(&["slow_rate"]));
    let (at_least, at_slow_call) = (first(&["min_calls"]), first(&["slow_call", "slow_call_secs", "slow_call_ms"]));

    let mut missing = Missing::new();
    if let (Some(_), Some(at)) = (at_window, threshold) {
        diagnostics.error(
            at,
            "`failure_threshold` counts failures in a row, and `window` a part of the calls in it; keep one of them",
        );
    }
    if let (Some(at), None, None) = (at_window, at_rate, threshold) {
        let why =
            "`window` says which calls count, and nothing says how many of them may fail; add `failure_rate = 0.5`";
        missing.push((at, why.to_owned()));
    }
    let in_a_window = [("failure_rate", at_rate), ("min_calls", at_least), ("slow_call", at_slow_call)];
    // One mistake, however many arguments stand without their window.
    let lost = in_a_window.into_iter().find_map(|(key, at)| Some((key, at?))).filter(|_| at_window.is_none());
    if let Some((key, at)) = lost {
        let why = format!(
            "`{key}` is about the calls in a window; add `window = 100` for the last 100 calls, or `window = \"30s\"`"
        );
        missing.push((at, why));
    }
    match (lost, at_slow_call, at_slow_rate) {
        (None, Some(at), None) => {
            let why = "`slow_call` says which calls are slow, and nothing says how many of them may be; add `slow_rate = 0.5`";
            missing.push((at, why.to_owned()));
        }
        (None, None, Some(at)) => {
            let why = "`slow_rate` says how many calls may be slow, and nothing says when a call is; add `slow_call = \"2s\"`";
            missing.push((at, why.to_owned()));
        }
        _ => {}
    }

    let window = window(arguments, diagnostics);
    match &window {
        Some(Window::Calls(calls)) => config.set("window", Some(calls)),
        Some(Window::Time(time)) => config.set("window_time", Some(time)),
        Some(Window::Constant(tokens, span)) => {
            config.set_by_type(["windowed", "takes_a_u32_or_a_duration"], tokens, *span);
        }
        None => {}
    }
    let failure_rate = rate("failure_rate", arguments, diagnostics);
    config.set("failure_rate", failure_rate.as_ref());
    let min_calls = arguments.count("min_calls", 1, diagnostics);
    config.set("min_calls", min_calls.as_ref());
    if let Some(calls) = &min_calls {
        config.check_by("judged", calls.span);
    }
    let slow_call = arguments.duration(["slow_call", "slow_call_secs", "slow_call_ms"], Unit::Text, diagnostics);
    let slow_call = not_zero(
        slow_call,
        "with a `slow_call` of zero every call is slow; make it as long as a good call takes",
        diagnostics,
    );
    config.set("slow_call", slow_call.as_ref());
    let slow_rate = rate("slow_rate", arguments, diagnostics);
    config.set("slow_rate", slow_rate.as_ref());

    if let (Some(Window::Calls(Const { literal: Some(size), .. })), Some(least)) = (&window, &min_calls) {
        if let Some(calls) = least.literal.filter(|calls| calls > size) {
            diagnostics.error(
                least.span,
                format_args!(
                    "`min_calls` ({calls}) is more than the `window` of {size} calls ever holds, so that the breaker would never open; lower it"
                ),
            );
        }
    }
    let rated = window.zip(failure_rate).map(|(window, failure_rate)| Box::new(Rated { window, failure_rate }));
    (rated, missing)
}

/// A number of calls, or a duration: the one argument that takes either.
fn window(arguments: &mut Arguments, diagnostics: &mut Diagnostics) -> Option<Window> {
    let attribute = arguments.attribute();
    let in_calls = |given: &Given, diagnostics: &mut Diagnostics| {
        let calls = value::count(attribute, given, 1, diagnostics)?;
        if calls.literal.is_some_and(|calls| calls > MOST_CALLS) {
            diagnostics.error(
                calls.span,
                format_args!(
                    "a `window` holds at most {MOST_CALLS} calls; for more, give it a time: `window = \"5m\"`"
                ),
            );
            return None;
        }
        Some(Window::Calls(calls))
    };
    let is_alone = !arguments.has("window_secs") && !arguments.has("window_ms");
    if is_alone && arguments.has("window") {
        let given = arguments.take("window")?;
        arguments.take_alias("window_secs");
        arguments.take_alias("window_ms");
        return match value::literal(&given.value) {
            Some(Lit::Int(number)) if value::is_integer_suffix(number.suffix()) => in_calls(&given, diagnostics),
            None if value::negative(&given.value).is_some() => in_calls(&given, diagnostics),
            None if value::is_const_expression(&given.value) => {
                Some(Window::Constant(given.value.to_token_stream(), given.value.span()))
            }
            Some(Lit::Str(_) | Lit::Int(_)) => {
                let time = duration::duration(attribute, Some("window"), &given, Unit::Text, diagnostics);
                not_empty(time, diagnostics)
            }
            _ => {
                diagnostics.error_at(
                    &given.value,
                    "`window` of `#[circuit_breaker]` takes a number of calls or a duration: `window = 100`, `window = \"30s\"`",
                );
                None
            }
        };
    }
    let time = arguments.duration(["window", "window_secs", "window_ms"], Unit::Text, diagnostics);
    not_empty(time, diagnostics)
}

fn not_empty(time: Option<Const<Duration>>, diagnostics: &mut Diagnostics) -> Option<Window> {
    let why = "a `window` of no time holds no call; make it as long as an outage may go unnoticed";
    not_zero(time, why, diagnostics).map(Window::Time)
}

/// A part of all calls: above 0 and at most 1.
fn rate(key: &'static str, arguments: &mut Arguments, diagnostics: &mut Diagnostics) -> Option<Const<f64>> {
    let attribute = arguments.attribute();
    let given = arguments.take(key)?;
    let written = match value::literal(&given.value) {
        Some(Lit::Int(number)) if value::is_integer_suffix(number.suffix()) => number.base10_parse().ok(),
        Some(Lit::Float(number)) => number.base10_parse().ok(),
        _ => None,
    };
    match written {
        Some(percent) if percent > 1.0 && percent <= 100.0 => {
            diagnostics.error_at(
                &given.value,
                format_args!(
                    "`{key}` of `#[{attribute}]` is a part of all calls, above 0 and at most 1; {percent} percent are `{}`",
                    decimal(percent / 100.0)
                ),
            );
            None
        }
        Some(0.0) => {
            diagnostics.error_at(
                &given.value,
                format_args!("a `{key}` of zero is reached by no call at all; it is above 0 and at most 1"),
            );
            None
        }
        _ => value::ratio(attribute, &given, diagnostics),
    }
}

/// A number without the dust of binary fractions.
pub(crate) fn decimal(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
