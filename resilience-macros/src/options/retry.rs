use std::time::Duration;

use proc_macro2::{Ident, Span};
use syn::Expr;
use syn::spanned::Spanned;

use super::Config;
use crate::attr::{Arguments, Given};
use crate::diagnostics::Diagnostics;
use crate::value::{self, Const, Word, span_of};

#[expect(clippy::struct_field_names, reason = "named as the arguments are")]
pub(crate) struct Retry {
    pub(crate) config: Config,
    /// All executions together, where the macro knows.
    pub(crate) attempts: Option<u64>,
    /// The first delay, where the macro knows it and no chance shortens it.
    pub(crate) first_delay: Option<(Duration, Span)>,
    pub(crate) backoff: Backoff,
    /// Whether a call has to remember when it began and how long it last waited.
    pub(crate) remembers: bool,
    pub(crate) when: Option<Expr>,
    pub(crate) when_ok: Option<Expr>,
    pub(crate) retry_after: Option<Expr>,
    pub(crate) on_retry: Option<Expr>,
    pub(crate) share: Vec<Ident>,
}

pub(crate) enum Backoff {
    Named,
    Function(Expr),
}

const DEFAULT_BASE_DELAY: Duration = Duration::from_secs(1);

/// The spelling of each backoff, the method that sets it, and which arguments shape it.
const BACKOFFS: [(&str, &str, &[&str]); 6] = [
    ("exponential", "exponential", &["base_delay", "factor", "jitter"]),
    ("linear", "linear", &["base_delay", "jitter"]),
    ("constant", "constant", &["base_delay", "jitter"]),
    ("fibonacci", "fibonacci", &["base_delay", "jitter"]),
    ("decorrelated", "decorrelated", &["base_delay"]),
    ("none", "no_delay", &[]),
];
const JITTERS: [(&str, &str); 2] = [("full", "full_jitter"), ("equal", "equal_jitter")];

pub(super) fn interpret(arguments: &mut Arguments, diagnostics: &mut Diagnostics) -> Retry {
    let mut config = Config::new(arguments.span);
    let attempts = executions(arguments, &mut config, diagnostics);
    let (backoff, shaped_by) = backoff(arguments, &mut config, diagnostics);

    let base_delay = arguments.duration(["base_delay", "base_delay_secs", "base_delay_ms"], false, diagnostics);
    let base_delay = value::not_zero(
        base_delay,
        "a `base_delay` of zero never grows; for no delay at all write `backoff = \"none\"`",
        diagnostics,
    );
    let factor = arguments.number("factor", (1.0, 1e9), diagnostics);
    let max_delay = arguments.duration(["max_delay", "max_delay_secs", "max_delay_ms"], false, diagnostics);
    let max_delay =
        value::not_zero(max_delay, "a `max_delay` of zero leaves no delay; write `backoff = \"none\"`", diagnostics);
    let max_elapsed = arguments.duration(["max_elapsed", "max_elapsed_secs", "max_elapsed_ms"], false, diagnostics);
    let max_elapsed =
        value::not_zero(max_elapsed, "a `max_elapsed` of zero leaves no time for a second attempt", diagnostics);
    let jitter = jitter(arguments, &mut config, diagnostics);

    if let Some((name, keys)) = shaped_by {
        let given = [
            ("base_delay", base_delay.as_ref().map(|value| value.span)),
            ("factor", factor.as_ref().map(|value| value.span)),
            ("jitter", jitter),
        ];
        for (key, span) in given {
            if let (Some(span), false) = (span, keys.contains(&key)) {
                let why = match (name, key) {
                    ("decorrelated", "jitter") => "which is random by itself".to_owned(),
                    _ => format!("which does not use `{key}`"),
                };
                diagnostics.error(
                    span,
                    format_args!("`{key}` has no effect with this backoff ({name}), {why}; remove one of them"),
                );
            }
        }
    }
    if let (Some(base), Some(max)) = (&base_delay, &max_delay) {
        if let (Some(first), Some(most)) = (base.literal, max.literal) {
            if first > most {
                diagnostics.error(
                    base.span,
                    format_args!("the first delay ({first:?}) is longer than `max_delay` ({most:?}); raise `max_delay` or lower `base_delay`"),
                );
            }
        }
    }
    if let (Some(limit), Some(base)) = (&max_elapsed, &base_delay) {
        if let (Some(limit_literal), Some(first)) = (limit.literal, base.literal) {
            if limit_literal <= first {
                diagnostics.error(
                    limit.span,
                    format_args!("the first delay ({first:?}) never fits into `max_elapsed` ({limit_literal:?}), so nothing is ever retried; raise `max_elapsed`"),
                );
            }
        }
    }

    config.set("base_delay", base_delay.as_ref());
    config.set("factor", factor.as_ref());
    config.set("max_delay", max_delay.as_ref());
    config.set("max_elapsed", max_elapsed.as_ref());
    config.check(base_delay.as_ref().or(max_delay.as_ref()));

    let when = arguments.function("when", diagnostics);
    let when_ok = arguments.function("when_ok", diagnostics);
    let retry_after = arguments.function("retry_after", diagnostics);
    let on_retry = arguments.function("on_retry", diagnostics);
    let share = arguments.take_names("share", diagnostics);
    let jitters = !config.uses("no_jitter");
    let first_delay = match (&base_delay, shaped_by) {
        (_, Some(("none" | "a function" | "decorrelated", _)) | None) => None,
        (Some(base), _) => base.literal.map(|first| (first, base.span)),
        (None, _) => Some((DEFAULT_BASE_DELAY, arguments.span)),
    };
    let is_decorrelated = matches!(shaped_by, Some(("decorrelated", _)));
    Retry {
        config,
        attempts,
        first_delay: if jitters { None } else { first_delay },
        remembers: max_elapsed.is_some()
            || is_decorrelated
            || on_retry.is_some()
            || matches!(backoff, Backoff::Function(_)),
        backoff,
        when,
        when_ok,
        retry_after,
        on_retry,
        share,
    }
}

/// `max` (or its alias `max_retries`) counts retries, `attempts` executions.
fn executions(arguments: &mut Arguments, config: &mut Config, diagnostics: &mut Diagnostics) -> Option<u64> {
    const ZERO: &str = "with no retry the attribute does nothing; take it away, or ask for at least one";
    let max = arguments.count("max", 0, diagnostics);
    let alias = arguments.count("max_retries", 0, diagnostics);
    if let (Some(_), Some(alias)) = (&max, &alias) {
        diagnostics.error(alias.span, "`max_retries` is another name for `max`; keep one of them");
    }
    let max = max.or(alias);
    let attempts = arguments.count("attempts", 1, diagnostics);
    if let (Some(_), Some(attempts)) = (&max, &attempts) {
        diagnostics.error(
            attempts.span,
            "`max` counts the retries after the first call, `attempts` all executions; keep one of them",
        );
    }
    if let Some(Const { literal: Some(0), span, .. }) = max {
        diagnostics.error(span, ZERO);
    }
    config.set("max", max.as_ref());
    config.set("attempts", attempts.as_ref());
    match (max, attempts) {
        (Some(max), _) => max.literal.map(|retries| retries + 1),
        (None, Some(attempts)) => attempts.literal,
        (None, None) => Some(4),
    }
}

type Shape = Option<(&'static str, &'static [&'static str])>;

fn backoff(arguments: &mut Arguments, config: &mut Config, diagnostics: &mut Diagnostics) -> (Backoff, Shape) {
    let default = (Backoff::Named, Some((BACKOFFS[0].0, BACKOFFS[0].2)));
    let Some(Given { value, .. }) = arguments.take("backoff") else { return default };
    match value::word(&value) {
        Word::Text(text) => {
            let written = text.value();
            let Some((name, method, keys)) = BACKOFFS.iter().find(|(name, ..)| *name == written) else {
                value::unknown_word("backoff", text, &BACKOFFS.map(|(name, ..)| name), diagnostics);
                return (Backoff::Named, None);
            };
            config.call(method, text.span());
            (Backoff::Named, Some((name, keys)))
        }
        Word::Other if matches!(value, Expr::Path(_) | Expr::Closure(_) | Expr::Field(_)) => {
            (Backoff::Function(value), Some(("a function", &[])))
        }
        _ => {
            diagnostics.error(
                value.span(),
                "`backoff` of `#[retry]` takes a name such as \"exponential\", or a function `fn(&RetryState<'_, E>) -> Duration`",
            );
            (Backoff::Named, None)
        }
    }
}

/// Sets the jitter, and says where it was given.
fn jitter(arguments: &mut Arguments, config: &mut Config, diagnostics: &mut Diagnostics) -> Option<Span> {
    let Given { value, .. } = arguments.take("jitter")?;
    let span = span_of(&value);
    match value::word(&value) {
        Word::Flag(true) => config.call("full_jitter", span),
        Word::Flag(false) => config.call("no_jitter", span),
        Word::Text(text) => {
            let written = text.value();
            match JITTERS.iter().find(|(name, _)| *name == written) {
                Some((_, method)) => config.call(method, span),
                None => value::unknown_word("jitter", text, &JITTERS.map(|(name, _)| name), diagnostics),
            }
        }
        Word::Number | Word::Other => {
            let ratio = value::ratio(arguments.attribute(), "jitter", &value, diagnostics);
            config.set("jitter_ratio", ratio.as_ref());
        }
    }
    Some(span)
}
