//! The paragraph that `cargo doc` shows under an annotated function: its stack, and the worst it can do.

use std::fmt::Write as _;
use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::options::{Breaker, Layer, Policy, Room, Step};

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
            format!("guarded by {name}")
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
            format!("up to {attempts} attempts{pauses}{elapsed}")
        }
        Policy::Timeout(timeout) => format!("at most {}", written(&timeout.limit)),
    }
}

/// A value as the reader knows it: a literal as a duration, a constant as it was written.
fn written(value: &crate::value::Const<Duration>) -> String {
    value.literal.map_or_else(|| format!("`{}`", value.tokens), short)
}

/// `1m30s`, without the zero parts.
fn short(duration: Duration) -> String {
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
    let retry =
        layers.iter().find_map(|layer| if let Policy::Retry(retry) = &layer.policy { Some(retry) } else { None });
    match retry.map(|retry| retry.attempts) {
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

fn worst_time(layers: &[Layer]) -> String {
    let mut falls_back = false;
    let time = layers.iter().rev().fold(Time::Unlimited, |below, layer| match &layer.policy {
        Policy::Timeout(timeout) if timeout.mode.is_none() => {
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
    use crate::stack::{Attr, Kind};

    fn explained(stack: &[(Kind, TokenStream)]) -> String {
        let mut diagnostics = Diagnostics::default();
        let layers: Vec<Layer> = stack
            .iter()
            .filter_map(|(kind, arguments)| {
                crate::options::interpret(&Attr::invoked(*kind, arguments.clone()), &mut diagnostics)
            })
            .collect();
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
}
