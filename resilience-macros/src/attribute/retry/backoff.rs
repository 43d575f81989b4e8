//! The delays of a retry: their growth and their sum.

use std::time::Duration;

use proc_macro2::Span;
use resilience_options::retry::OPTIONS;
use syn::Expr;

use crate::expand::Config;
use crate::parse::expression::{Scalar, bare, scalar, span_of};
use crate::parse::{Arguments, Const, KeyValue, number, reject_async, unknown_word};

pub(crate) enum Backoff {
    Named,
    Function(Box<Expr>),
}

pub(super) struct Delays {
    pub(super) backoff: Backoff,
    growth: Option<Growth>,
    pub(super) base: Option<Const<Duration>>,
    factor: Option<Const<f64>>,
    pub(super) max: Option<Const<Duration>>,
    pub(super) max_elapsed: Option<Const<Duration>>,
    /// The largest part of a delay that jitter may add to it.
    lengthening: f64,
    /// `None` if a constant or jitter decides.
    pub(super) first: Option<(Duration, Span)>,
}

#[derive(Clone, Copy)]
struct Growth {
    written: &'static str,
    /// Empty for a function.
    setter: &'static str,
    arguments: &'static [&'static str],
}

const fn growth(written: &'static str, setter: &'static str, arguments: &'static [&'static str]) -> Growth {
    Growth { written, setter, arguments }
}

/// The first is the default.
const BACKOFFS: [(&str, Growth); 6] = [
    ("exponential", growth("backoff = \"exponential\"", "exponential", &["base_delay", "factor", "jitter"])),
    ("linear", growth("backoff = \"linear\"", "linear", &["base_delay", "jitter"])),
    ("constant", growth("backoff = \"constant\"", "constant", &["base_delay", "jitter"])),
    ("fibonacci", growth("backoff = \"fibonacci\"", "fibonacci", &["base_delay", "jitter"])),
    ("decorrelated", growth("backoff = \"decorrelated\"", "decorrelated", &["base_delay"])),
    ("none", growth("backoff = \"none\"", "no_delay", &[])),
];
const JITTERS: [(&str, &str); 2] = [("full", "full_jitter"), ("equal", "equal_jitter")];

const MAX_STEPS: u32 = 10_000;

impl Delays {
    pub(super) fn parse(arguments: &mut Arguments<'_>, config: &mut Config) -> Self {
        let (backoff, growth) = backoff(arguments, config);
        let base = arguments.duration(&OPTIONS.base_delay);
        let factor = arguments.number(&OPTIONS.factor);
        let max = arguments.duration(&OPTIONS.max_delay);
        let (jitter, lengthening) = jitter(arguments, config);
        let max_elapsed = arguments.duration(&OPTIONS.max_elapsed);

        if let Some(growth) = growth {
            let keys = [
                ("base_delay", base.as_ref().map(|base| base.key)),
                ("factor", factor.as_ref().map(|factor| factor.key)),
                ("jitter", jitter),
            ];
            growth.reject_unused(keys, arguments);
        }
        config.set("base_delay", base.as_ref());
        config.set("factor", factor.as_ref());
        config.set("max_delay", max.as_ref());
        config.set("max_elapsed", max_elapsed.as_ref());
        let mut delays = Self { backoff, growth, base, factor, max, max_elapsed, lengthening, first: None };
        delays.check_cap(arguments);
        let is_exact = growth.is_some_and(Growth::begins_with_base) && config.uses("no_jitter");
        delays.first = is_exact.then(|| delays.first_delay(arguments.span)).flatten();
        delays.check_elapsed(arguments);
        delays
    }

    fn cap(&self) -> Option<Duration> {
        self.max.as_ref().map_or_else(|| OPTIONS.max_delay.rule.default, |max| max.literal)
    }

    fn first_delay(&self, attribute: Span) -> Option<(Duration, Span)> {
        match &self.base {
            Some(base) => base.literal.map(|first| (first, base.span)),
            None => self.cap().map(|cap| (OPTIONS.base_delay.rule.default_value().min(cap), attribute)),
        }
    }

    /// The cap applies last, so it would hide a longer first delay.
    fn check_cap(&self, arguments: &Arguments<'_>) {
        let Some((base, first)) = self.base.as_ref().and_then(|base| Some((base, base.literal?))) else { return };
        let Some(cap) = self.cap().filter(|cap| first > *cap) else { return };
        let which = if self.max.is_some() { "`max_delay`" } else { "the default `max_delay`" };
        arguments.diagnostics.error(
            base.span,
            format_args!(
                "the first delay ({first:?}) is longer than {which} ({cap:?}); raise `max_delay` or shorten `base_delay`"
            ),
        );
    }

    fn check_elapsed(&self, arguments: &Arguments<'_>) {
        let (Some(limit), Some((first, _))) = (&self.max_elapsed, self.first) else { return };
        if let Some(total) = limit.literal.filter(|total| *total <= first) {
            arguments.diagnostics.error(
                limit.span,
                format_args!(
                    "the first delay ({first:?}) never fits into `max_elapsed` ({total:?}), so nothing is ever retried; \
                     raise `max_elapsed` or shorten `base_delay`"
                ),
            );
        }
    }

    pub(super) fn longest_pauses(&self, attempts: u64) -> Option<Duration> {
        let base = self.base.as_ref().map_or(OPTIONS.base_delay.rule.default, |base| base.literal)?;
        let factor = self.factor.as_ref().map_or(OPTIONS.factor.rule.default, |factor| factor.literal)?;
        let cap = self.cap()?;
        self.growth?.longest_pauses(attempts, base, factor, cap, self.lengthening)
    }

    /// A hint beyond `max_delay` ends the retrying.
    pub(super) fn longest_hints(&self, attempts: u64) -> Option<Duration> {
        self.cap()?.checked_mul(u32::try_from(attempts.checked_sub(1)?).ok()?)
    }
}

impl Growth {
    fn begins_with_base(self) -> bool {
        ["base_delay", "jitter"].iter().all(|key| self.arguments.contains(key))
    }

    fn longest_pauses(
        self,
        attempts: u64,
        base: Duration,
        factor: f64,
        cap: Duration,
        lengthening: f64,
    ) -> Option<Duration> {
        let pauses = u32::try_from(attempts.checked_sub(1)?).ok()?;
        let mut sum = Duration::ZERO;
        let (mut growth, mut next) = (1.0_f64, 2.0_f64);
        for step in 0..pauses {
            let pause = match self.setter {
                "no_delay" => Duration::ZERO,
                "" => cap,
                _ => Duration::try_from_secs_f64(base.as_secs_f64() * growth).unwrap_or(cap).min(cap),
            };
            let is_level = match self.setter {
                "constant" | "no_delay" | "" => true,
                "exponential" if factor <= 1.0 => true,
                _ => pause == cap,
            };
            let pause = pause.checked_add(pause.mul_f64(lengthening))?.min(cap);
            // From here on all pauses are equal, or are taken for the longest.
            let rest = if is_level { Some(pause) } else { Some(cap).filter(|_| step == MAX_STEPS) };
            if let Some(pause) = rest {
                return sum.checked_add(pause.checked_mul(pauses - step)?);
            }
            sum = sum.checked_add(pause)?;
            (growth, next) = match self.setter {
                "linear" => (growth + 1.0, next),
                "fibonacci" => (next, growth + next),
                "decorrelated" => (growth * 3.0, next),
                _ => (growth * factor, next),
            };
        }
        Some(sum)
    }

    fn reject_unused(self, keys: [(&str, Option<Span>); 3], arguments: &Arguments<'_>) {
        for (key, at) in keys {
            let Some(at) = at.filter(|_| !self.arguments.contains(&key)) else { continue };
            let written = self.written;
            let why = if self.setter == "decorrelated" { ", which is random by itself" } else { "" };
            arguments
                .diagnostics
                .error(at, format_args!("`{key}` does nothing with `{written}`{why}; remove one of them"));
        }
    }
}

fn backoff(arguments: &mut Arguments<'_>, config: &mut Config) -> (Backoff, Option<Growth>) {
    let Some(KeyValue { value, .. }) = arguments.take("backoff") else {
        return (Backoff::Named, Some(BACKOFFS[0].1));
    };
    match scalar(&value) {
        Scalar::Text(text) => {
            let written = text.value();
            let known = BACKOFFS.iter().find(|(name, _)| *name == written).map(|(_, growth)| *growth);
            match known {
                Some(growth) => config.call(growth.setter, text.span()),
                None => {
                    unknown_word(arguments, "backoff", text, &BACKOFFS.map(|(name, _)| name), ", or a function");
                }
            }
            (Backoff::Named, known)
        }
        Scalar::Other if matches!(bare(&value), Expr::Path(_) | Expr::Closure(_) | Expr::Field(_)) => {
            if let Expr::Closure(closure) = bare(&value) {
                if closure.asyncness.is_some() {
                    reject_async(arguments, "backoff", closure);
                }
            }
            (Backoff::Function(Box::new(value)), Some(growth("backoff = function", "", &[])))
        }
        _ => {
            arguments.diagnostics.error_at(
                &value,
                "`backoff` of `#[retry]` takes a name such as \"exponential\", or a function `fn(&RetryState<'_, E>) -> Duration`",
            );
            (Backoff::Named, None)
        }
    }
}

/// Returns the place of the argument, and by which part of it a delay may grow.
fn jitter(arguments: &mut Arguments<'_>, config: &mut Config) -> (Option<Span>, f64) {
    let Some(pair) = arguments.take("jitter") else { return (None, 0.0) };
    let mut lengthening = 0.0;
    let span = span_of(&pair.value);
    match scalar(&pair.value) {
        Scalar::Flag(true) => config.call("full_jitter", span),
        Scalar::Flag(false) => config.call("no_jitter", span),
        Scalar::Text(text) => {
            let written = text.value();
            match JITTERS.iter().find(|(name, _)| *name == written) {
                Some((_, setter)) => config.call(setter, span),
                None => {
                    let others = "; also `true`, `false`, or a ratio such as 0.1";
                    unknown_word(arguments, "jitter", text, &JITTERS.map(|(name, _)| name), others);
                }
            }
        }
        Scalar::Number | Scalar::Other => {
            let ratio = number(arguments, &pair, &OPTIONS.jitter);
            config.set("jitter_ratio", ratio.as_ref());
            lengthening = ratio.and_then(|ratio| ratio.literal).unwrap_or(1.0);
        }
    }
    (Some(pair.key.span()), lengthening)
}
