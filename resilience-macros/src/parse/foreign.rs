//! What a newcomer types first: the spellings of other libraries, and what they are called here.

use quote::ToTokens;
use syn::{Expr, Lit};

use super::expression::{bare, literal};
use super::spellings::{Kind, POSITIONS, TABLES, WORDS};
use super::tokens::readable;

/// Returns what to say about a key that the attribute does not have.
pub(crate) fn key(attribute: &str, written: &str, value: Option<&Expr>) -> Option<String> {
    let lower = snake(written);
    let (word, unit) = [("_secs", "_secs"), ("_seconds", "_secs"), ("_ms", "_ms"), ("_millis", "_ms")]
        .iter()
        .find_map(|(suffix, unit)| Some((lower.strip_suffix(suffix)?, *unit)))
        .unwrap_or((&lower, ""));
    let (_, table) = TABLES.iter().find(|(name, _)| *name == attribute)?;
    let found = |word: &str| table.iter().find(|spelling| spelling.words().any(|known| known == word));
    let (spelling, unit) = found(&lower).map(|found| (found, "")).or_else(|| Some((found(word)?, unit)))?;
    let key = spelling.key;
    let text = value.map_or_else(|| "..".to_owned(), |value| readable(&bare(value).to_token_stream()));
    let whole = value.and_then(literal).and_then(|value| match value {
        Lit::Int(number) => number.base10_parse::<u64>().ok(),
        _ => None,
    });
    Some(match spelling.kind {
        Kind::Plain => format!("write `{key} = {text}`"),
        Kind::Duration => match whole {
            Some(number) if unit == "_ms" => format!("write `{key} = \"{number}ms\"`"),
            Some(number) => format!("write `{key} = \"{number}s\"`"),
            None => format!("write `{key}{unit} = {text}`"),
        },
        Kind::Share => match whole {
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
    })
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

/// Returns what to write for values without a key.
pub(crate) fn values(attribute: &str, values: &[&Expr]) -> Option<String> {
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
                let is_known = keys.iter().any(|known| known.name == key);
                assert!(is_known || matches!(kind, Kind::Never(_) | Kind::Bare), "`{key}` of {attribute}");
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
    }
}
