//! What a newcomer types first: the spellings of other libraries, and what they are called here.

use quote::ToTokens;
use syn::{Expr, Lit};

use super::expression::{as_ident, bare, literal};
use super::tokens::readable;

struct Spelling {
    words: &'static [&'static str],
    /// A key of the attribute.
    key: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Plain,
    Duration,
    /// A share of all calls, which others give in percent.
    Share,
    Function,
    /// The function that decides the opposite.
    Opposite,
    Parameters,
    /// The whole argument.
    Text(&'static str),
    /// Without the key.
    Bare,
    /// Nothing has to be typed.
    Never(&'static str),
}

const fn spelling(key: &'static str, kind: Kind, words: &'static [&'static str]) -> Spelling {
    Spelling { words, key, kind }
}

const PREDICATES: &[&str] = &[
    "on",
    "if",
    "retry_on",
    "retry_if",
    "retry_for",
    "predicate",
    "condition",
    "handle",
    "filter",
    "only",
    "exceptions",
    "errors",
    "on_error",
    "on_exception",
    "retry_on_exception",
    "retry_if_exception_type",
    "should_retry",
    "retryable",
    "record",
    "record_exceptions",
    "expected_exception",
    "fail_on",
    "is_failure",
    "failure_predicate",
    "apply_on",
    "for_errors",
    "include",
];
const OPPOSITES: &[&str] = &[
    "ignore",
    "ignore_exceptions",
    "abort_on",
    "except",
    "exclude",
    "unless",
    "giveup",
    "give_up",
    "skip_on",
    "not_on",
    "retry_unless",
];
const WAITS: &[&str] =
    &["timeout", "max_wait", "max_wait_duration", "timeout_duration", "acquire_timeout", "max_delay"];
const KEYED_BY: &[&str] = &["by", "key_fn", "key_func", "key_by", "partition", "partition_by", "convert", "per_key"];
const NAMES: &[&str] = &["id", "label", "instance", "group"];

const RETRY: &[Spelling] = &[
    spelling(
        "max",
        Kind::Plain,
        &[
            "retries",
            "times",
            "count",
            "n",
            "num_retries",
            "max_retry",
            "retry",
            "retry_count",
            "max_retry_attempts",
            "limit",
        ],
    ),
    spelling(
        "attempts",
        Kind::Plain,
        &["tries", "max_tries", "stop", "stop_after_attempt", "max_attempt", "attempt", "total"],
    ),
    spelling(
        "base_delay",
        Kind::Duration,
        &[
            "wait",
            "sleep",
            "pause",
            "interval",
            "initial",
            "initial_interval",
            "min",
            "min_delay",
            "wait_duration",
            "wait_fixed",
        ],
    ),
    spelling("max_delay", Kind::Duration, &["cap", "max_wait", "max_interval", "max_backoff"]),
    spelling(
        "factor",
        Kind::Plain,
        &["multiplier", "exp_base", "exponential_base", "base", "backoff_multiplier", "rate"],
    ),
    spelling(
        "backoff",
        Kind::Text("backoff = \"exponential\""),
        &["exponential", "exp", "exponential_backoff", "wait_exponential"],
    ),
    spelling("backoff", Kind::Text("backoff = \"constant\""), &["constant", "fixed"]),
    spelling("backoff", Kind::Text("backoff = \"linear\""), &["linear"]),
    spelling("backoff", Kind::Text("backoff = \"fibonacci\""), &["fibonacci"]),
    spelling("backoff", Kind::Plain, &["strategy", "policy"]),
    spelling("when", Kind::Function, PREDICATES),
    spelling("when", Kind::Opposite, OPPOSITES),
    spelling("when_ok", Kind::Function, &["on_result", "retry_on_result", "retry_if_result", "result", "on_ok"]),
    spelling(
        "on_retry",
        Kind::Function,
        &["before", "after", "before_sleep", "on_backoff", "callback", "hook", "notify", "listener"],
    ),
    spelling(
        "max_elapsed",
        Kind::Duration,
        &["timeout", "deadline", "max_time", "max_duration", "stop_after_delay", "total_timeout", "max_elapsed_time"],
    ),
    spelling("", Kind::Never("the last error returns unchanged"), &["reraise"]),
];
const TIMEOUT: &[Spelling] = &[
    spelling(
        "limit",
        Kind::Bare,
        &["duration", "timeout", "after", "limit", "value", "time", "delay", "max", "deadline"],
    ),
    spelling("secs", Kind::Plain, &["seconds", "second", "sec", "s"]),
    spelling("ms", Kind::Plain, &["millis", "milliseconds", "milli"]),
    spelling("map_err", Kind::Function, &["error", "on_timeout", "err", "or_else"]),
];
const CIRCUIT_BREAKER: &[Spelling] = &[
    spelling(
        "failure_threshold",
        Kind::Plain,
        &[
            "threshold",
            "failures",
            "max_failures",
            "fail_max",
            "failure_count",
            "error_threshold",
            "max",
            "limit",
            "trip_after",
            "consecutive_failures",
        ],
    ),
    spelling(
        "recovery",
        Kind::Duration,
        &[
            "reset",
            "reset_timeout",
            "reset_after",
            "timeout",
            "timeout_duration",
            "open_duration",
            "open_for",
            "cooldown",
            "break_duration",
            "duration_of_break",
            "wait_duration_in_open_state",
            "sleep_window",
            "recovery_time",
            "delay",
            "duration",
        ],
    ),
    spelling(
        "failure_rate",
        Kind::Share,
        &[
            "error_rate",
            "failure_ratio",
            "failure_rate_threshold",
            "error_percentage",
            "error_threshold_percentage",
            "rate",
        ],
    ),
    spelling("window", Kind::Plain, &["window_size", "sliding_window", "sliding_window_size", "rolling_window"]),
    spelling("window", Kind::Duration, &["sampling_duration", "interval"]),
    spelling(
        "min_calls",
        Kind::Plain,
        &[
            "minimum_number_of_calls",
            "minimum_throughput",
            "min_throughput",
            "request_volume_threshold",
            "volume_threshold",
        ],
    ),
    spelling(
        "slow_call",
        Kind::Duration,
        &["slow", "slow_call_duration", "slow_call_duration_threshold", "slow_after"],
    ),
    spelling("slow_rate", Kind::Share, &["slow_call_rate", "slow_call_rate_threshold"]),
    spelling(
        "half_open_max",
        Kind::Plain,
        &[
            "half_open",
            "half_open_max_calls",
            "half_open_requests",
            "max_requests",
            "probes",
            "permitted_number_of_calls_in_half_open_state",
        ],
    ),
    spelling("success_threshold", Kind::Plain, &["success", "successes", "required_successes"]),
    spelling("when", Kind::Function, PREDICATES),
    spelling("ignore", Kind::Function, OPPOSITES),
    spelling("name", Kind::Plain, NAMES),
    spelling("key", Kind::Plain, KEYED_BY),
];
const BULKHEAD: &[Spelling] = &[
    spelling(
        "max",
        Kind::Plain,
        &[
            "limit",
            "size",
            "n",
            "permits",
            "concurrency",
            "max_concurrent",
            "max_concurrent_calls",
            "max_concurrency",
            "workers",
            "max_parallel",
            "max_parallelization",
            "capacity",
            "threads",
        ],
    ),
    spelling(
        "queue",
        Kind::Plain,
        &["queue_size", "queue_capacity", "queue_limit", "max_queue", "max_queuing_actions", "waiting", "backlog"],
    ),
    spelling("wait", Kind::Duration, WAITS),
    spelling("name", Kind::Plain, NAMES),
    spelling("key", Kind::Plain, KEYED_BY),
];
const RATE_LIMIT: &[Spelling] = &[
    spelling(
        "max",
        Kind::Plain,
        &[
            "limit",
            "calls",
            "count",
            "n",
            "permits",
            "requests",
            "tokens",
            "quota",
            "max_calls",
            "limit_for_period",
            "permit_limit",
        ],
    ),
    spelling(
        "per",
        Kind::Duration,
        &[
            "period",
            "interval",
            "window",
            "every",
            "unit",
            "duration",
            "refresh",
            "time_period",
            "limit_refresh_period",
        ],
    ),
    spelling("max", Kind::Text("max = {}, per = \"1s\""), &["rps", "per_second", "qps"]),
    spelling("max", Kind::Text("max = {}, per = \"1m\""), &["rpm", "per_minute"]),
    spelling("max", Kind::Text("max = {}, per = \"1h\""), &["per_hour"]),
    spelling("burst", Kind::Plain, &["capacity", "bucket", "bucket_size", "burst_size"]),
    spelling("wait", Kind::Duration, WAITS),
    spelling("name", Kind::Plain, NAMES),
    spelling("key", Kind::Plain, KEYED_BY),
];
const CACHED: &[Spelling] = &[
    spelling(
        "ttl",
        Kind::Duration,
        &[
            "time",
            "expire",
            "expires",
            "expiry",
            "expiration",
            "timeout",
            "lifespan",
            "max_age",
            "duration",
            "time_to_live",
            "expire_after_write",
            "expire_after",
        ],
    ),
    spelling(
        "max_size",
        Kind::Plain,
        &["size", "maxsize", "max", "limit", "cap", "capacity", "max_entries", "max_capacity", "maximum_size"],
    ),
    spelling("key", Kind::Plain, KEYED_BY),
    spelling("skip", Kind::Parameters, &["exclude", "without", "ignore", "ignore_args"]),
    spelling("stale_if_error", Kind::Duration, &["stale", "stale_ttl", "result_fallback"]),
    spelling("when", Kind::Function, &["if", "condition", "only_if", "predicate", "filter"]),
    spelling("when", Kind::Opposite, &["unless"]),
    spelling("name", Kind::Plain, NAMES),
    spelling("", Kind::Never("errors and `None` are not kept"), &["result", "option"]),
    spelling("", Kind::Never("concurrent calls of one key share one load"), &["sync", "sync_writes", "single_flight"]),
];
const FALLBACK: &[Spelling] = &[
    spelling("value", Kind::Plain, &["default_value", "fallback_value", "result", "or", "return_value", "then_return"]),
    spelling("value", Kind::Text("value = Default::default()"), &["default", "unwrap_or_default"]),
    spelling(
        "path",
        Kind::Bare,
        &["function", "method", "fallback_method", "fallback", "with", "handler", "to", "call", "or_else", "action"],
    ),
    spelling("when", Kind::Function, PREDICATES),
    spelling("when", Kind::Opposite, OPPOSITES),
];

const TABLES: [(&str, &[Spelling]); 7] = [
    ("bulkhead", BULKHEAD),
    ("cached", CACHED),
    ("circuit_breaker", CIRCUIT_BREAKER),
    ("fallback", FALLBACK),
    ("rate_limit", RATE_LIMIT),
    ("retry", RETRY),
    ("timeout", TIMEOUT),
];

/// Values without a key, in order: the key of a number, and that of a text.
const POSITIONS: [(&str, [[&str; 2]; 2]); 5] = [
    ("bulkhead", [["max", "name"], ["queue", "wait"]]),
    ("cached", [["max_size", "ttl"], ["ttl", "ttl"]]),
    ("circuit_breaker", [["failure_threshold", "name"], ["recovery_secs", "recovery"]]),
    ("rate_limit", [["max", "name"], ["per_secs", "per"]]),
    ("retry", [["max", "backoff"], ["base_delay_secs", "base_delay"]]),
];

/// Names that are written in quotes.
const WORDS: [(&str, &str, &[&str]); 3] = [
    ("retry", "backoff", &["exponential", "linear", "constant", "fibonacci", "decorrelated", "none"]),
    ("retry", "jitter", &["full", "equal"]),
    ("timeout", "mode", &["thread", "cooperative"]),
];

/// Returns what to say about a key that the attribute does not have.
pub(crate) fn key(attribute: &str, written: &str, value: Option<&Expr>) -> Option<String> {
    let lower = snake(written);
    let (word, unit) = [("_secs", "_secs"), ("_seconds", "_secs"), ("_ms", "_ms"), ("_millis", "_ms")]
        .iter()
        .find_map(|(suffix, unit)| Some((lower.strip_suffix(suffix)?, *unit)))
        .unwrap_or((&lower, ""));
    let (_, table) = TABLES.iter().find(|(name, _)| *name == attribute)?;
    let found = |word: &str| table.iter().find(|spelling| spelling.words.contains(&word));
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

/// Returns whether a value is a name that goes in quotes.
pub(crate) fn is_word(attribute: &str, key: &str, value: &Expr) -> bool {
    WORDS.iter().any(|(of, at, words)| {
        *of == attribute && *at == key && as_ident(value).is_some_and(|word| words.iter().any(|known| word == known))
    })
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
            for Spelling { words, key, kind } in table {
                let is_known = keys.iter().any(|known| known.name == *key);
                assert!(is_known || matches!(kind, Kind::Never(_) | Kind::Bare), "`{key}` of {attribute}");
                for word in *words {
                    assert!(seen.insert(*word), "`{word}` of {attribute} stands twice");
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
