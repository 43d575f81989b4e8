//! The paragraph that `cargo doc` shows under an annotated function: its stack, and the worst it can do.

use std::fmt::Write as _;
use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::options::{Breaker, Budget, Layer, Mode, Policy, Room, Step, Window, decimal};
use crate::tokens::readable;

/// The documentation attribute. Only for rustdoc: a doc comment of ours must not pass for one of the user's.
pub(crate) fn attribute(layers: &[Layer]) -> TokenStream {
    if layers.is_empty() {
        return TokenStream::new();
    }
    let text = paragraph(layers);
    quote!(#[cfg_attr(doc, doc = #text)])
}

fn paragraph(layers: &[Layer]) -> String {
    let mut text = String::from("\n# Resilience\n\nFrom the outside in:\n\n");
    for (index, layer) in layers.iter().enumerate() {
        let _ = writeln!(text, "{}. `#[{}]`: {}", index + 1, layer.policy.name(), line(&layer.policy));
    }
    let _ = write!(text, "\n**Worst case:** {}, {}.", executions(layers), worst_time(layers));
    text
}

fn line(policy: &Policy) -> String {
    match policy {
        Policy::Bulkhead(bulkhead) => {
            let shared = bulkhead.name.as_ref().map_or_else(String::new, |name| format!(" in `{}`", name.value()));
            let queue = bulkhead.queue.as_ref().map_or_else(String::new, |queue| {
                let wait =
                    bulkhead.wait.as_ref().map_or_else(String::new, |wait| format!(" for up to {}", written(wait)));
                format!(", {} more waiting{wait}", queue.tokens)
            });
            let key = each(bulkhead.key.as_ref());
            format!("at most {} calls at the same time{shared}{key}{queue}", bulkhead.max.tokens)
        }
        Policy::Cached(cached) => {
            let ttl =
                cached.ttl.as_ref().map_or_else(|| "without expiry".to_owned(), |ttl| format!("for {}", written(ttl)));
            let room = match &cached.room {
                Room::Entries(entries) => format!("at most {entries} of them"),
                Room::Weight { most, .. } => format!("at most a weight of {most} of them"),
            };
            let mut line = format!("keeps results {ttl}, {room}");
            let also = [
                (&cached.negative_ttl, "keeps the errors that `when` names for"),
                (&cached.stale_while_revalidate, "while one call refreshes it, others get an old one for"),
                (&cached.stale_if_error, "after a failure, gives an old one out for"),
            ];
            for (time, what) in also {
                if let Some(time) = time {
                    let _ = write!(line, "; {what} {}", written(time));
                }
            }
            line
        }
        Policy::CircuitBreaker(breaker) => {
            let name = match &breaker.breaker {
                Breaker::Named(name, _) => format!("`{}`", name.value()),
                Breaker::Shared(path) => format!("the breaker in `{}`", path.to_token_stream()),
                Breaker::OfFunction(_) => "a breaker of its own".to_owned(),
            };
            let key =
                breaker.key.as_ref().map_or_else(String::new, |key| format!(", one for each `{}`", readable(key)));
            let opens = breaker.rated.as_ref().map_or_else(String::new, |rated| {
                let part = rated.failure_rate.literal.map_or_else(
                    || format!("`{}` of failures", rated.failure_rate.tokens),
                    |rate| format!("{}% failures", decimal(rate * 100.0)),
                );
                let calls = match &rated.window {
                    Window::Calls(calls) => format!("the last {} calls", calls.tokens),
                    Window::Time(time) => format!("the calls of the last {}", written(time)),
                    Window::Constant(tokens, _) => format!("the calls of the last `{tokens}`"),
                };
                format!(", which opens at {part} among {calls}")
            });
            format!("guarded by {name}{key}{opens}")
        }
        Policy::Fallback(fallback) => {
            let steps: Vec<String> = fallback
                .steps
                .iter()
                .map(|step| match step {
                    Step::Path(path) => format!("`{}`", path.to_token_stream().to_string().replace(' ', "")),
                    Step::Method(_, method) => format!("`self.{method}`"),
                    Step::Closure(_) => "a closure".to_owned(),
                    Step::Value(_) => "a fixed value".to_owned(),
                })
                .collect();
            format!("answers otherwise with {}", steps.join(", then "))
        }
        Policy::RateLimit(limit) => {
            let shared = limit.name.as_ref().map_or_else(String::new, |name| format!(" in `{}`", name.value()));
            let per = limit.per.as_ref().map_or_else(|| "1s".to_owned(), written);
            let burst = limit.burst.as_ref().unwrap_or(&limit.max);
            let wait = limit
                .wait
                .as_ref()
                .map_or_else(String::new, |wait| format!(", each waiting for up to {}", written(wait)));
            let key = each(limit.key.as_ref());
            format!("at most {} calls per {per}{shared}{key}, {} of them at once{wait}", limit.max.tokens, burst.tokens)
        }
        Policy::Retry(retry) => {
            let attempts =
                retry.attempts.map_or_else(|| "a constant number of".to_owned(), |attempts| attempts.to_string());
            let pauses = retry.worst_pauses.map_or_else(String::new, |pauses| {
                format!(", with pauses of at most {} in all but for hints of the other side", short(pauses))
            });
            let elapsed = retry
                .max_elapsed
                .as_ref()
                .map_or_else(String::new, |limit| format!(", begun within {}", written(limit)));
            let budget = match &retry.budget {
                Some(Budget::Named(name)) => format!(", out of the budget `{}`", name.value()),
                Some(Budget::Shared(path)) => format!(", out of the budget `{}`", path.to_token_stream()),
                None => String::new(),
            };
            format!("up to {attempts} attempts{pauses}{elapsed}{budget}")
        }
        Policy::Timeout(timeout) => format!("at most {}", written(&timeout.limit)),
    }
}

/// What there is one of for each key.
fn each(key: Option<&syn::Expr>) -> String {
    key.map_or_else(String::new, |key| format!(" for each `{}`", readable(key)))
}

/// A value as the reader knows it: a literal as a duration, a constant as it was written.
fn written(value: &crate::value::Const<Duration>) -> String {
    value.literal.map_or_else(|| format!("`{}`", value.tokens), short)
}

/// `1m30s`, without the zero parts.
pub(crate) fn short(duration: Duration) -> String {
    let (secs, millis) = (duration.as_secs(), duration.subsec_millis());
    if secs == 0 {
        return if millis == 0 { format!("{duration:?}") } else { format!("{millis}ms") };
    }
    let parts = [(secs / 3600, "h"), (secs / 60 % 60, "m"), (secs % 60, "s"), (u64::from(millis), "ms")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    parts.concat()
}

fn executions(layers: &[Layer]) -> String {
    let attempts = layers.iter().filter_map(|layer| match &layer.policy {
        Policy::Retry(retry) => Some(retry.attempts),
        _ => None,
    });
    match attempts.reduce(|all, attempts| all.zip(attempts).map(|(all, attempts)| all.saturating_mul(attempts))) {
        None | Some(Some(1)) => "the body runs once".to_owned(),
        Some(Some(attempts)) => format!("the body runs {attempts} times"),
        Some(None) => "the body runs as often as its constant says".to_owned(),
    }
}

/// How long the part below a layer can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    /// As long as the body likes.
    Unlimited,
    AtMost(Duration),
    /// A constant is involved, which the macro cannot read.
    Unknown,
}

impl Time {
    /// The same after a wait, which is `None` where a constant says how long.
    fn and(self, wait: Option<Duration>) -> Self {
        match (self, wait) {
            (Self::AtMost(below), Some(wait)) => Self::AtMost(below.saturating_add(wait)),
            (Self::AtMost(_), None) => Self::Unknown,
            (below, _) => below,
        }
    }
}

fn worst_time(layers: &[Layer]) -> String {
    let mut falls_back = false;
    let time = layers.iter().rev().fold(Time::Unlimited, |below, layer| match &layer.policy {
        Policy::Timeout(timeout) if !matches!(timeout.mode, Some((Mode::Cooperative, _))) => {
            falls_back = false;
            match (below, timeout.limit.literal) {
                (Time::AtMost(below), Some(limit)) => Time::AtMost(below.min(limit)),
                (_, Some(limit)) => Time::AtMost(limit),
                (_, None) => Time::Unknown,
            }
        }
        Policy::Retry(retry) => match (below, retry.attempts, retry.worst_pauses) {
            (Time::AtMost(below), Some(attempts), Some(pauses)) => {
                let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
                let all = below.saturating_mul(attempts).saturating_add(pauses);
                // The last attempt begins before the limit.
                let limit = retry.max_elapsed.as_ref().and_then(|limit| limit.literal);
                Time::AtMost(limit.map_or(all, |limit| all.min(limit.saturating_add(below))))
            }
            (Time::Unlimited, ..) => Time::Unlimited,
            _ => Time::Unknown,
        },
        Policy::Fallback(fallback) => {
            falls_back |= fallback.steps.iter().any(|step| !matches!(step, Step::Value(_)));
            below
        }
        Policy::Bulkhead(bulkhead) => match (&bulkhead.queue, &bulkhead.wait) {
            (None, _) => below,
            (Some(_), Some(wait)) => below.and(wait.literal),
            (Some(_), None) => Time::Unlimited,
        },
        Policy::RateLimit(limit) => limit.wait.as_ref().map_or(below, |wait| below.and(wait.literal)),
        Policy::Cached(_) | Policy::CircuitBreaker(_) | Policy::Timeout(_) => below,
    });
    let plus = if falls_back { ", and then as long as the fallbacks take" } else { "" };
    match time {
        Time::Unlimited => format!("and nothing limits its time{plus}"),
        Time::AtMost(time) => format!("and the call takes {}{plus}", short(time)),
        Time::Unknown => format!("and its time depends on constants{plus}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Diagnostics;
    use crate::options::interpret_all;
    use crate::stack::Kind;

    fn explained(stack: &[(Kind, TokenStream)]) -> String {
        let mut diagnostics = Diagnostics::default();
        let layers = interpret_all(stack, &mut diagnostics);
        assert_eq!(diagnostics.into_compile_errors().map(|errors| errors.to_string()), None);
        paragraph(&layers)
    }

    #[test]
    fn the_stack_and_its_worst_case_are_told() {
        let text = explained(&[
            (Kind::Cached, quote!(ttl = 3600, max_size = 10_000)),
            (Kind::Timeout, quote!(secs = 120)),
            (Kind::Fallback, quote!(small, value = 1)),
            (Kind::Retry, quote!(max = 3, jitter = false)),
            (Kind::CircuitBreaker, quote!(name = "llm")),
            (Kind::Timeout, quote!(secs = 30)),
        ]);
        assert_eq!(
            text,
            "\n# Resilience\n\nFrom the outside in:\n\n\
             1. `#[cached]`: keeps results for 1h, at most 10000 of them\n\
             2. `#[timeout]`: at most 2m\n\
             3. `#[fallback]`: answers otherwise with `small`, then a fixed value\n\
             4. `#[retry]`: up to 4 attempts, with pauses of at most 7s in all but for hints of the other side\n\
             5. `#[circuit_breaker]`: guarded by `llm`\n\
             6. `#[timeout]`: at most 30s\n\n\
             **Worst case:** the body runs 4 times, and the call takes 2m."
        );
    }

    #[test]
    fn a_breaker_says_what_opens_it_where_that_is_not_the_default() {
        let line = |arguments: TokenStream| {
            let text = explained(&[(Kind::CircuitBreaker, arguments)]);
            text.lines().find_map(|line| line.strip_prefix("1. `#[circuit_breaker]`: ")).unwrap_or_default().to_owned()
        };
        assert_eq!(
            line(quote!(name = "llm", window = 100, failure_rate = 0.29)),
            "guarded by `llm`, which opens at 29% failures among the last 100 calls"
        );
        assert_eq!(
            line(quote!(key = (self.tenant.len(), &region), window = "1m30s", failure_rate = RATE)),
            "guarded by a breaker of its own, one for each `(self.tenant.len(), &region)`, which opens at `RATE` of failures among the calls of the last 1m30s"
        );
        assert_eq!(
            line(quote!(window = SIZE, failure_rate = 1)),
            "guarded by a breaker of its own, which opens at 100% failures among the calls of the last `SIZE`"
        );
    }

    #[test]
    fn what_a_cache_gives_out_late_is_told() {
        let text = explained(&[(
            Kind::Cached,
            quote!(
                ttl = 60,
                weigh = scale,
                max_weight = ROOM,
                negative_ttl = "5s",
                when = named,
                stale_while_revalidate = "30s",
                stale_if_error = HOUR
            ),
        )]);
        let line = text.lines().find(|line| line.starts_with("1. "));
        assert_eq!(
            line,
            Some(
                "1. `#[cached]`: keeps results for 1m, at most a weight of ROOM of them; \
                 keeps the errors that `when` names for 5s; \
                 while one call refreshes it, others get an old one for 30s; \
                 after a failure, gives an old one out for `HOUR`"
            )
        );
    }

    #[test]
    fn the_time_is_that_of_all_attempts_and_pauses_within_their_limits() {
        let worst = |stack: &[(Kind, TokenStream)]| {
            explained(stack).rsplit_once("**Worst case:** ").map(|(_, worst)| worst.to_owned()).unwrap_or_default()
        };
        let retry = quote!(max = 3, base_delay = "1s");
        assert_eq!(
            worst(&[(Kind::Retry, retry.clone()), (Kind::Timeout, quote!(secs = 30))]),
            "the body runs 4 times, and the call takes 2m7s."
        );
        assert_eq!(worst(&[(Kind::Retry, retry)]), "the body runs 4 times, and nothing limits its time.");
        assert_eq!(
            worst(&[(Kind::Retry, quote!(max = TRIES)), (Kind::Timeout, quote!(secs = 30))]),
            "the body runs as often as its constant says, and its time depends on constants."
        );
        assert_eq!(
            worst(&[(Kind::Retry, quote!(max = 2, nested = true)), (Kind::Retry, quote!(max = 3))]),
            "the body runs 12 times, and nothing limits its time."
        );
        assert_eq!(
            worst(&[(Kind::Retry, quote!(max = 9, max_elapsed = "20s")), (Kind::Timeout, quote!(secs = 5))]),
            "the body runs 10 times, and the call takes 25s."
        );
        for (backoff, pauses) in [("linear", 10), ("constant", 4), ("fibonacci", 11), ("decorrelated", 40), ("none", 0)]
        {
            let text = explained(&[(Kind::Retry, quote!(max = 4, backoff = #backoff, max_delay = "27s"))]);
            assert!(text.contains(&format!("at most {} in all", short(Duration::from_secs(pauses)))), "{text}");
        }
        assert_eq!(
            worst(&[(Kind::Fallback, quote!(other)), (Kind::Timeout, quote!(ms = 250))]),
            "the body runs once, and the call takes 250ms, and then as long as the fallbacks take."
        );
    }

    #[test]
    fn gates_say_what_they_let_in_and_their_waits_add_to_the_worst_case() {
        let timeout = || (Kind::Timeout, quote!(secs = 30));
        let tail = |stack: &[(Kind, TokenStream)]| {
            explained(stack).split_once("1. ").map(|(_, told)| told.replace('\n', " ")).unwrap_or_default()
        };
        assert_eq!(
            tail(&[(Kind::Bulkhead, quote!(max = 4, queue = 9, wait = "5s", name = "db")), timeout()]),
            "`#[bulkhead]`: at most 4 calls at the same time in `db`, 9 more waiting for up to 5s 2. `#[timeout]`: at most \
             30s  **Worst case:** the body runs once, and the call takes 35s."
        );
        assert_eq!(
            tail(&[(Kind::RateLimit, quote!(max = 4, per = "1m", wait_ms = 500)), timeout()]),
            "`#[rate_limit]`: at most 4 calls per 1m, 4 of them at once, each waiting for up to 500ms 2. `#[timeout]`: at \
             most 30s  **Worst case:** the body runs once, and the call takes 30s500ms."
        );
        let worst = |stack: &[(Kind, TokenStream)]| {
            explained(stack).rsplit_once("and ").map(|(_, worst)| worst.to_owned()).unwrap_or_default()
        };
        assert_eq!(worst(&[(Kind::Bulkhead, quote!(max = 4)), timeout()]), "the call takes 30s.");
        assert_eq!(worst(&[(Kind::Bulkhead, quote!(max = 4, queue = 9)), timeout()]), "nothing limits its time.");
        assert_eq!(worst(&[timeout(), (Kind::Bulkhead, quote!(max = 4, queue = 9)), timeout()]), "the call takes 30s.");
        assert_eq!(worst(&[(Kind::RateLimit, quote!(max = 4)), timeout()]), "the call takes 30s.");
        assert_eq!(
            worst(&[(Kind::RateLimit, quote!(max = 4, wait = WAIT)), timeout()]),
            "its time depends on constants."
        );
    }
}
