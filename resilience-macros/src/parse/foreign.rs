//! The spellings of other libraries, and their names here.

use quote::ToTokens;
use syn::{Expr, Lit};

use super::expression::{bare, literal};
use super::spellings::{Kind, POSITIONS, Spelling, TABLES, WORDS};
use super::tokens::readable;

/// Returns advice about a key that the attribute does not have.
pub(crate) fn key(attribute: &str, written: &str, value: Option<&Expr>) -> Option<String> {
    if let Some(advice) = of_a_call(attribute, written, value) {
        return Some(advice);
    }
    if attribute == "circuit_breaker" && value.is_none() && is_static(written) {
        return Some(format!("write `shared = {written}`"));
    }
    let (spelling, unit) = spelling_of(attribute, &snake(written))?;
    Some(advice(attribute, spelling, unit, value))
}

/// Returns the spelling, and the suffix of its unit, unless the table lists the spelling with it.
fn spelling_of(attribute: &str, written: &str) -> Option<(&'static Spelling, &'static str)> {
    let (word, unit) = [("_secs", "_secs"), ("_seconds", "_secs"), ("_ms", "_ms"), ("_millis", "_ms")]
        .iter()
        .find_map(|(suffix, unit)| Some((written.strip_suffix(suffix)?, *unit)))
        .unwrap_or((written, ""));
    let (_, table) = TABLES.iter().find(|(name, _)| *name == attribute)?;
    let found = |word: &str| table.iter().find(|spelling| spelling.words().any(|known| known == word));
    found(written).map(|found| (found, "")).or_else(|| Some((found(word)?, unit)))
}

fn advice(attribute: &str, spelling: &Spelling, unit: &str, value: Option<&Expr>) -> String {
    let key = spelling.key;
    let text = value.map_or_else(|| "..".to_owned(), |value| readable(&bare(value).to_token_stream()));
    match spelling.kind {
        Kind::Plain if text == "None" && key == "max_size" => {
            format!("write `{key} = 100_000`: every cache is bounded")
        }
        Kind::Plain if text == "None" => "leave it out".to_owned(),
        Kind::Plain => match value.and_then(rate).filter(|_| attribute == "rate_limit") {
            Some(rate) => format!("write `{rate}`"),
            None if value.is_some_and(is_calculated) => format!("write `{key} = ..`"),
            None => format!("write `{key} = {text}`"),
        },
        Kind::Expression => format!("write `{key} = {}`", value.and_then(quoted).unwrap_or(text)),
        Kind::Above => {
            let name = value.and_then(literal).map_or(text, |value| match value {
                Lit::Str(name) => name.value(),
                value => readable(value),
            });
            format!("write `#[{key}({name})]` above it")
        }
        Kind::Duration => match whole_number(value) {
            Some(number) if unit == "_ms" => format!("write `{key} = \"{number}ms\"`"),
            Some(number) => format!("write `{key} = \"{number}s\"`"),
            None => format!("write `{key}{unit} = {text}`"),
        },
        Kind::Share => match whole_number(value) {
            Some(percent @ 2..=100) => {
                let digits = format!("{percent:03}");
                let (ones, rest) = digits.split_at(1);
                format!("write `{key} = {ones}.{rest}`")
            }
            _ => format!("write `{key} = {text}`"),
        },
        Kind::Function => format!("write `{key} = {}`", function(value)),
        Kind::Opposite => format!("write `{key} = |error| !{}`", asked(value)),
        Kind::Parameters => format!("write `{key}({})`", text.trim_matches(|c| "[]()".contains(c))),
        Kind::Text(form) => format!("write `{}`", form.replace("{}", &text)),
        Kind::Bare => match value.and_then(literal) {
            Some(Lit::Str(name)) if attribute == "fallback" => format!("write `#[{attribute}({})]`", name.value()),
            Some(Lit::Int(_) | Lit::Float(_)) => format!("write `secs = {text}`"),
            _ => format!("write `#[{attribute}({text})]`"),
        },
        Kind::Never(reason) => format!("leave it out: {reason}"),
    }
}

fn whole_number(value: Option<&Expr>) -> Option<u64> {
    match value.and_then(literal)? {
        Lit::Int(number) => number.base10_parse().ok(),
        _ => None,
    }
}

/// Gives advice about `stop = stop_after_attempt(3)`, by the inner name.
fn of_a_call(attribute: &str, written: &str, value: Option<&Expr>) -> Option<String> {
    let Expr::Call(call) = bare(value?) else { return None };
    let Expr::Path(path) = bare(&call.func) else { return None };
    let called = path.path.segments.last()?.ident.to_string();
    (called != written).then(|| key(attribute, &called, call.args.first())).flatten()
}

fn is_static(word: &str) -> bool {
    word.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}

fn is_calculated(value: &Expr) -> bool {
    literal(value).is_none() && !matches!(bare(value), Expr::Path(_) | Expr::Unary(_))
}

pub(crate) fn rate(value: &Expr) -> Option<String> {
    let Lit::Str(text) = literal(value)? else { return None };
    let text = text.value();
    let (max, period) = text.split_once('/').or_else(|| text.split_once(" per "))?;
    let max: u32 = max.trim().parse().ok()?;
    let per = match period.trim().trim_end_matches('s') {
        "" | "sec" | "second" => "1s",
        "m" | "min" | "minute" => "1m",
        "h" | "hour" => "1h",
        "d" | "day" => "24h",
        _ => return None,
    };
    Some(format!("max = {max}, per = \"{per}\""))
}

/// Returns the expression in a text, as in `convert = r#"{ id.to_owned() }"#`. A type is none.
pub(crate) fn quoted(value: &Expr) -> Option<String> {
    let Lit::Str(text) = literal(value)? else { return None };
    let text = text.value();
    let inner = text.trim_start_matches('#').trim().trim_start_matches('{').trim_end_matches('}').trim();
    let is_type = inner.starts_with(char::is_uppercase);
    (!is_type && syn::parse_str::<Expr>(inner).is_ok_and(|inner| literal(&inner).is_none())).then(|| inner.to_owned())
}

/// A path to a function stays; a variant or a type becomes a closure.
fn function(value: Option<&Expr>) -> String {
    let Some(value) = value else { return "|error| ..".to_owned() };
    if let Some(Lit::Str(name)) = literal(value) {
        return name.value();
    }
    let text = readable(&bare(value).to_token_stream());
    if is_function(value) { text } else { format!("|error| matches!(error, {})", pattern(value)) }
}

fn asked(value: Option<&Expr>) -> String {
    match value {
        Some(value) if is_function(value) && !matches!(bare(value), Expr::Closure(_)) => {
            format!("{}(error)", readable(&bare(value).to_token_stream()))
        }
        Some(value) if !is_function(value) && literal(value).is_none() => {
            format!("matches!(error, {})", pattern(value))
        }
        _ => "is_permanent(error)".to_owned(),
    }
}

fn is_function(value: &Expr) -> bool {
    match bare(value) {
        Expr::Path(path) => {
            let last = path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
            last.starts_with(|letter: char| letter.is_lowercase() || letter == '_')
        }
        Expr::Closure(_) | Expr::Field(_) => true,
        _ => false,
    }
}

fn pattern(value: &Expr) -> String {
    let text = |value: &Expr| readable(&bare(value).to_token_stream());
    match bare(value) {
        Expr::Array(list) => list.elems.iter().map(text).collect::<Vec<_>>().join(" | "),
        Expr::Tuple(list) => list.elems.iter().map(text).collect::<Vec<_>>().join(" | "),
        value => text(value),
    }
}

/// `waitDuration` is `wait_duration`.
fn snake(written: &str) -> String {
    let mut lower = String::new();
    for letter in written.trim_start_matches("r#").chars() {
        if letter.is_uppercase() && !lower.is_empty() && !lower.ends_with('_') {
            lower.push('_');
        }
        lower.extend(letter.to_lowercase());
    }
    lower
}

/// Returns the arguments to write for values without a key.
pub(crate) fn values(attribute: &str, values: &[&Expr]) -> Option<String> {
    if let ("rate_limit", [value]) = (attribute, values) {
        if let Some(rate) = rate(value) {
            return Some(rate);
        }
    }
    let (_, positions) = POSITIONS.iter().find(|(name, _)| *name == attribute)?;
    let written: Vec<String> = values
        .iter()
        .zip(positions)
        .map(|(value, [number, text])| {
            let key = match literal(value) {
                Some(Lit::Int(_)) => number,
                Some(Lit::Str(_)) => text,
                _ => return None,
            };
            Some(format!("{key} = {}", readable(&value.to_token_stream())))
        })
        .collect::<Option<_>>()?;
    (written.len() == values.len()).then(|| written.join(", "))
}

/// Returns the name that a value without quotes stands for: `exponential`, or `Backoff::Exponential`.
pub(crate) fn word(attribute: &str, key: &str, value: &Expr) -> Option<&'static str> {
    let Expr::Path(path) = bare(value) else { return None };
    let last = path.path.segments.last()?.ident.to_string();
    // A longer path to a lower-case name leads to a function.
    if path.path.segments.len() > 1 && !last.starts_with(char::is_uppercase) {
        return None;
    }
    let (_, _, words) = WORDS.iter().find(|(of, at, _)| *of == attribute && *at == key)?;
    words.iter().copied().find(|known| *known == snake(&last))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::attribute::Definition;

    #[test]
    fn every_spelling_leads_to_an_argument_and_is_none_itself() {
        for (attribute, table) in TABLES {
            let keys = Definition::named(attribute).map(|definition| definition.keys).unwrap_or_default();
            let mut seen = BTreeSet::new();
            for spelling in table {
                let (key, kind) = (spelling.key, spelling.kind);
                // Every attribute takes it.
                let is_known = key == "config" || keys.iter().any(|known| known.name == key);
                assert!(
                    is_known || matches!(kind, Kind::Never(_) | Kind::Bare | Kind::Above),
                    "`{key}` of {attribute}"
                );
                for word in spelling.words() {
                    assert!(seen.insert(word), "`{word}` of {attribute} stands twice");
                }
            }
        }
        for (attribute, positions) in POSITIONS {
            let keys = Definition::named(attribute).map(|definition| definition.keys).unwrap_or_default();
            for key in positions.iter().flatten() {
                assert!(keys.iter().any(|known| known.is(key)), "`{key}` of {attribute}");
            }
        }
    }

    #[test]
    fn a_foreign_spelling_is_translated_with_its_value() {
        let said = |attribute: &str, argument: &str| {
            let pair: syn::ExprAssign = syn::parse_str(argument).expect("a pair");
            key(attribute, &pair.left.to_token_stream().to_string(), Some(&pair.right)).unwrap_or_default()
        };
        assert_eq!(said("retry", "retry_on = is_transient"), "write `when = is_transient`");
        assert_eq!(said("retry", "on = Fault::Busy"), "write `when = |error| matches!(error, Fault::Busy)`");
        assert_eq!(said("retry", "retry_on = [A, B]"), "write `when = |error| matches!(error, A | B)`");
        assert_eq!(said("retry", "abort_on = is_bad"), "write `when = |error| !is_bad(error)`");
        assert_eq!(said("retry", "maxRetryAttempts = 3"), "write `max = 3`");
        assert_eq!(said("circuit_breaker", "reset = 30"), "write `recovery = \"30s\"`");
        assert_eq!(said("circuit_breaker", "reset_timeout_ms = 30"), "write `recovery = \"30ms\"`");
        assert_eq!(said("circuit_breaker", "failure_rate_threshold = 50"), "write `failure_rate = 0.50`");
        assert_eq!(said("rate_limit", "per_minute = 100"), "write `max = 100, per = \"1m\"`");
        assert_eq!(said("fallback", "fallback_method = \"canned\""), "write `#[fallback(canned)]`");
        assert_eq!(said("cached", "ignore = client"), "write `skip(client)`");
        assert_eq!(said("retry", "colour = 3"), "");
        assert_eq!(said("retry", "stop = stop_after_attempt(7)"), "write `attempts = 7`");
        assert_eq!(said("retry", "stop = tenacity::stop_after_delay(30)"), "write `max_elapsed = \"30s\"`");
        assert_eq!(said("retry", "wait = wait_fixed(2)"), "write `base_delay = \"2s\"`");
        assert_eq!(said("retry", "wait = wait_exponential(multiplier = 1)"), "write `backoff = \"exponential\"`");
        assert_eq!(
            said("retry", "retry = retry_if_exception_type(Down)"),
            "write `when = |error| matches!(error, Down)`"
        );
        assert_eq!(said("retry", "stop = stop_after_attempt(7) | stop_after_delay(3)"), "write `attempts = ..`");
        assert_eq!(said("retry", "retries = Self::RETRIES"), "write `max = Self::RETRIES`");
        assert_eq!(said("retry", "fallbackMethod = \"canned\""), "write `#[fallback(canned)]` above it");
        assert_eq!(said("retry", "name = \"backend\""), "write `config = \"backend\"`");
        assert_eq!(said("timeout", "minutes = 2"), "write `#[timeout(\"2m\")]`");
        assert_eq!(said("bulkhead", "waitingTaskQueue = 2"), "write `queue = 2`");
        assert_eq!(said("rate_limit", "limit = \"100/minute\""), "write `max = 100, per = \"1m\"`");
        assert_eq!(said("rate_limit", "limit = \"100 per fortnight\""), "write `max = \"100 per fortnight\"`");
        assert_eq!(said("cached", "maxsize = None"), "write `max_size = 100_000`: every cache is bounded");
        assert_eq!(said("cached", "convert = \"{ id.to_owned() }\""), "write `key = id.to_owned()`");
        assert_eq!(key("circuit_breaker", "BREAKER", None).unwrap_or_default(), "write `shared = BREAKER`");
    }
}
