use std::time::Duration;

use proc_macro2::{Ident, Span};
use syn::{Expr, LitStr};

use super::Config;
use crate::attr::{Arguments, Given};
use crate::diagnostics::Diagnostics;
use crate::duration::{Unit, not_zero};
use crate::value::{self, Const, Word, span_of};

#[expect(clippy::struct_field_names, reason = "named as the arguments are")]
pub(crate) struct Retry {
    pub(crate) config: Config,
    /// All executions together, where the macro knows.
    pub(crate) attempts: Option<u64>,
    /// What says most about how long it goes on.
    pub(crate) at: Span,
    /// The first delay, where the macro knows it and no chance shortens it.
    pub(crate) first_delay: Option<(Duration, Span)>,
    /// All pauses together at their longest, where the macro knows; a hint may lengthen them.
    pub(crate) worst_pauses: Option<Duration>,
    pub(crate) max_elapsed: Option<Const<Duration>>,
    pub(crate) backoff: Backoff,
    /// Whether a call has to remember when it began and how long it last waited.
    pub(crate) remembers: bool,
    pub(crate) when: Option<Expr>,
    pub(crate) when_ok: Option<Expr>,
    pub(crate) retry_after: Option<Expr>,
    pub(crate) on_retry: Option<Expr>,
    pub(crate) share: Vec<Ident>,
    /// Where events are asked to show the errors.
    pub(crate) log_errors: Option<Span>,
    pub(crate) budget: Option<Budget>,
    /// Whether it also retries what a retry further in has given up.
    pub(crate) nested: bool,
}

/// What retries are taken from.
pub(crate) enum Budget {
    Named(LitStr),
    /// A `static` of the user's.
    Shared(Expr),
}

pub(crate) enum Backoff {
    Named,
    Function(Expr),
}

const DEFAULT_BASE_DELAY: Duration = Duration::from_secs(1);

const DEFAULT_MAX_DELAY: Duration = Duration::from_secs(60);

/// How many pauses of different length the macro adds up.
const MOST_STEPS: u32 = 10_000;

/// The spelling of each backoff, and its shape.
const BACKOFFS: [(&str, Shape); 6] = [
    ("exponential", Shape::named("backoff = \"exponential\"", "exponential", &["base_delay", "factor", "jitter"])),
    ("linear", Shape::named("backoff = \"linear\"", "linear", &["base_delay", "jitter"])),
    ("constant", Shape::named("backoff = \"constant\"", "constant", &["base_delay", "jitter"])),
    ("fibonacci", Shape::named("backoff = \"fibonacci\"", "fibonacci", &["base_delay", "jitter"])),
    ("decorrelated", Shape::named("backoff = \"decorrelated\"", "decorrelated", &["base_delay"])),
    ("none", Shape::named("backoff = \"none\"", "no_delay", &[])),
];
const JITTERS: [(&str, &str); 2] = [("full", "full_jitter"), ("equal", "equal_jitter")];

impl Retry {
    /// All pauses together at their longest, unless a function decides.
    pub(crate) fn known_pauses(&self) -> Option<Duration> {
        self.worst_pauses.filter(|_| matches!(self.backoff, Backoff::Named))
    }

    /// Whether it asks nothing but what errors say of themselves.
    pub(crate) fn is_by_meaning(&self) -> bool {
        let asks =
            self.when.is_some() || self.when_ok.is_some() || self.retry_after.is_some() || self.log_errors.is_some();
        !asks && matches!(self.backoff, Backoff::Named) && self.attempts != Some(1)
    }
}

pub(super) fn interpret(arguments: &mut Arguments, diagnostics: &mut Diagnostics) -> Retry {
    let mut config = Config::new(arguments.span);
    let (attempts, attempts_at) = executions(arguments, &mut config, diagnostics);
    let (backoff, shape) = backoff(arguments, &mut config, diagnostics);
    let base = arguments.duration(["base_delay", "base_delay_secs", "base_delay_ms"], Unit::Text, diagnostics);
    let base = not_zero(
        base,
        "a `base_delay` of zero never grows; for no delay at all write `backoff = \"none\"`",
        diagnostics,
    );
    let factor = arguments.number("factor", (1.0, 1e9), diagnostics);
    let most = arguments.duration(["max_delay", "max_delay_secs", "max_delay_ms"], Unit::Text, diagnostics);
    let most = not_zero(most, "a `max_delay` of zero leaves no delay; write `backoff = \"none\"`", diagnostics);
    let jitter = jitter(arguments, &mut config, diagnostics);
    let elapsed = arguments.duration(["max_elapsed", "max_elapsed_secs", "max_elapsed_ms"], Unit::Text, diagnostics);
    let elapsed = not_zero(
        elapsed,
        "a `max_elapsed` of zero leaves no time for a second attempt; leave it out for no limit",
        diagnostics,
    );

    if let Some(shape) = shape {
        let keys = [
            ("base_delay", base.as_ref().map(|base| base.key)),
            ("factor", factor.as_ref().map(|factor| factor.key)),
            ("jitter", jitter),
        ];
        shape.reject_unused(keys, diagnostics);
    }
    first_delay_fits_cap(base.as_ref(), most.as_ref(), diagnostics);
    let first_delay =
        shape.filter(|shape| shape.has_first_delay() && config.uses("no_jitter")).and_then(|_| match &base {
            Some(base) => base.literal.map(|first| (first, base.span)),
            None => {
                let cap = most.as_ref().map_or(Some(DEFAULT_MAX_DELAY), |most| most.literal);
                cap.map(|cap| (DEFAULT_BASE_DELAY.min(cap), arguments.span))
            }
        });
    if let (Some(limit), Some((first, _))) = (&elapsed, first_delay) {
        if let Some(total) = limit.literal.filter(|total| *total <= first) {
            diagnostics.error(
                limit.span,
                format_args!(
                    "the first delay ({first:?}) never fits into `max_elapsed` ({total:?}), so nothing is ever retried; \
                     raise `max_elapsed` or shorten `base_delay`"
                ),
            );
        }
    }

    config.set("base_delay", base.as_ref());
    config.set("factor", factor.as_ref());
    config.set("max_delay", most.as_ref());
    config.set("max_elapsed", elapsed.as_ref());
    let nested = arguments.flag("nested", diagnostics);
    config.set("nested", nested.map(|nested| value::flag(nested, Span::call_site())).as_ref());
    config.check(base.as_ref().or(most.as_ref()));

    let worst_pauses = attempts.zip(shape).and_then(|(attempts, shape)| {
        let base = base.as_ref().map_or(Some(DEFAULT_BASE_DELAY), |base| base.literal)?;
        let most = most.as_ref().map_or(Some(DEFAULT_MAX_DELAY), |most| most.literal)?;
        let factor = factor.as_ref().map_or(Some(2.0), |factor| factor.literal)?;
        shape.worst_pauses(attempts, base, factor, most)
    });
    let when = arguments.function("when", diagnostics);
    let when_ok = arguments.function("when_ok", diagnostics);
    let retry_after = arguments.function("retry_after", diagnostics);
    let on_retry = arguments.function("on_retry", diagnostics);
    let lent = arguments.take_names("share", diagnostics);
    let budget = budget(arguments, diagnostics);
    let log_errors = arguments.log_errors(diagnostics);
    let looks_back = config.uses("decorrelated") || matches!(backoff, Backoff::Function(_));
    Retry {
        config,
        attempts,
        at: attempts_at.or(most.map(|most| most.span)).unwrap_or(arguments.span),
        first_delay,
        worst_pauses,
        remembers: elapsed.is_some() || on_retry.is_some() || looks_back,
        max_elapsed: elapsed,
        backoff,
        when,
        when_ok,
        retry_after,
        on_retry,
        share: lent,
        log_errors,
        budget,
        nested: nested == Some(true),
    }
}

/// `max` (or its alias `max_retries`) counts retries, `attempts` executions.
fn executions(
    arguments: &mut Arguments,
    config: &mut Config,
    diagnostics: &mut Diagnostics,
) -> (Option<u64>, Option<Span>) {
    let attribute = arguments.attribute();
    let max = arguments.count("max", 0, diagnostics);
    let alias = arguments.take_alias("max_retries");
    if let (Some(_), Some(alias)) = (&max, &alias) {
        diagnostics.error(alias.key.span(), "`max_retries` is another name for `max`; keep one of them");
    }
    let max = max.or_else(|| value::count(attribute, &alias?, 0, diagnostics));
    let attempts = arguments.count("attempts", 1, diagnostics);
    if let (Some(_), Some(attempts)) = (&max, &attempts) {
        diagnostics.error(
            attempts.key,
            "`max` counts the retries after the first call, `attempts` all executions; keep one of them",
        );
    }
    if let Some(Const { literal: Some(0), span, .. }) = max {
        diagnostics
            .error(span, "without a retry the attribute does nothing; take it away, or ask for at least one retry");
    }
    config.set("max", max.as_ref());
    config.set("attempts", attempts.as_ref());
    match (max, attempts) {
        (Some(max), _) => (max.literal.map(|retries| retries + 1), Some(max.span)),
        (None, Some(attempts)) => (attempts.literal, Some(attempts.span)),
        (None, None) => (Some(4), None),
    }
}

fn budget(arguments: &mut Arguments, diagnostics: &mut Diagnostics) -> Option<Budget> {
    let given = arguments.take("budget")?;
    if matches!(value::bare(&given.value), Expr::Path(_)) {
        return Some(Budget::Shared(given.value));
    }
    if !matches!(value::word(&given.value), Word::Text(_)) {
        diagnostics.error_at(
            &given.value,
            "`budget` of `#[retry]` takes the name of a shared budget, `budget = \"search\"`, or the path of a \
             `static` of type `resilience::RetryBudget`, which has a ratio of its own",
        );
        return None;
    }
    value::name(arguments.attribute(), &given, diagnostics).map(Budget::Named)
}

/// Which arguments have a say in a backoff.
#[derive(Clone, Copy)]
struct Shape {
    /// As it is written.
    name: &'static str,
    /// What sets it; nothing does for a function.
    method: &'static str,
    shaped_by: &'static [&'static str],
}

impl Shape {
    const fn named(name: &'static str, method: &'static str, shaped_by: &'static [&'static str]) -> Self {
        Self { name, method, shaped_by }
    }

    /// Whether the first pause is `base_delay`, but for jitter.
    fn has_first_delay(self) -> bool {
        ["base_delay", "jitter"].iter().all(|key| self.shaped_by.contains(key))
    }

    /// The sum of the longest pauses between so many attempts; a ratio of jitter is left out.
    fn worst_pauses(self, attempts: u64, base: Duration, factor: f64, most: Duration) -> Option<Duration> {
        let pauses = u32::try_from(attempts.checked_sub(1)?).ok()?;
        let mut sum = Duration::ZERO;
        // The growth of the pause at hand, and of the one after it.
        let (mut growth, mut next) = (1.0_f64, 2.0_f64);
        for step in 0..pauses {
            let pause = match self.method {
                "no_delay" => Duration::ZERO,
                "" => most,
                _ => Duration::try_from_secs_f64(base.as_secs_f64() * growth).unwrap_or(most).min(most),
            };
            let is_level = match self.method {
                "constant" | "no_delay" | "" => true,
                "exponential" if factor <= 1.0 => true,
                _ => pause == most,
            };
            // From here on every pause is the same, or it may be, as far as anyone counts.
            let rest = if is_level { Some(pause) } else { Some(most).filter(|_| step == MOST_STEPS) };
            if let Some(pause) = rest {
                return sum.checked_add(pause.checked_mul(pauses - step)?);
            }
            sum = sum.checked_add(pause)?;
            (growth, next) = match self.method {
                "linear" => (growth + 1.0, next),
                "fibonacci" => (next, growth + next),
                "decorrelated" => (growth * 3.0, next),
                _ => (growth * factor, next),
            };
        }
        Some(sum)
    }

    fn reject_unused(self, given: [(&str, Option<Span>); 3], diagnostics: &mut Diagnostics) {
        for (key, at) in given {
            let Some(at) = at.filter(|_| !self.shaped_by.contains(&key)) else { continue };
            let name = self.name;
            let why = if name == "backoff = \"decorrelated\"" { ", which is random by itself" } else { "" };
            diagnostics.error(at, format_args!("`{key}` does nothing with `{name}`{why}; remove one of them"));
        }
    }
}

fn backoff(arguments: &mut Arguments, config: &mut Config, diagnostics: &mut Diagnostics) -> (Backoff, Option<Shape>) {
    let Some(Given { value, .. }) = arguments.take("backoff") else { return (Backoff::Named, Some(BACKOFFS[0].1)) };
    match value::word(&value) {
        Word::Text(text) => {
            let written = text.value();
            match BACKOFFS.iter().find(|(name, _)| *name == written) {
                Some((_, shape)) => {
                    config.call(shape.method, text.span());
                    (Backoff::Named, Some(*shape))
                }
                None => {
                    let others = ", or a function";
                    value::unknown_word("backoff", text, &BACKOFFS.map(|(name, _)| name), others, diagnostics);
                    (Backoff::Named, None)
                }
            }
        }
        Word::Other if matches!(value::bare(&value), Expr::Path(_) | Expr::Closure(_) | Expr::Field(_)) => {
            if let Expr::Closure(closure) = value::bare(&value) {
                if closure.asyncness.is_some() {
                    value::reject_async("retry", "backoff", closure, diagnostics);
                }
            }
            let shape = Shape::named("backoff = function", "", &[]);
            (Backoff::Function(value), Some(shape))
        }
        _ => {
            diagnostics.error_at(&value,
                "`backoff` of `#[retry]` takes a name such as \"exponential\", or a function `fn(&RetryState<'_, E>) -> Duration`",
            );
            (Backoff::Named, None)
        }
    }
}

/// The cap is applied last, so a first delay above it would never be seen.
fn first_delay_fits_cap(base: Option<&Const<Duration>>, most: Option<&Const<Duration>>, diagnostics: &mut Diagnostics) {
    let Some((base, first)) = base.and_then(|base| Some((base, base.literal?))) else { return };
    let cap = most.map_or(Some(DEFAULT_MAX_DELAY), |most| most.literal);
    let Some(cap) = cap.filter(|cap| first > *cap) else { return };
    let which = if most.is_some() { "`max_delay`" } else { "the default `max_delay`" };
    diagnostics.error(
        base.span,
        format_args!(
            "the first delay ({first:?}) is longer than {which} ({cap:?}); raise `max_delay` or shorten `base_delay`"
        ),
    );
}

/// Sets the jitter, and says where it was given.
fn jitter(arguments: &mut Arguments, config: &mut Config, diagnostics: &mut Diagnostics) -> Option<Span> {
    let given = arguments.take("jitter")?;
    let span = span_of(&given.value);
    match value::word(&given.value) {
        Word::Flag(true) => config.call("full_jitter", span),
        Word::Flag(false) => config.call("no_jitter", span),
        Word::Text(text) => {
            let written = text.value();
            match JITTERS.iter().find(|(name, _)| *name == written) {
                Some((_, method)) => config.call(method, span),
                None => {
                    let others = "; also `true`, `false`, or a ratio such as 0.1";
                    value::unknown_word("jitter", text, &JITTERS.map(|(name, _)| name), others, diagnostics);
                }
            }
        }
        Word::Number | Word::Other => {
            let ratio = value::ratio(arguments.attribute(), &given, diagnostics);
            config.set("jitter_ratio", ratio.as_ref());
        }
    }
    Some(given.key.span())
}
