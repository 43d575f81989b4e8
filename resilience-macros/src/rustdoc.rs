//! The section of `cargo doc` for an annotated function: its stack and its worst case.

use proc_macro2::TokenStream;
use quote::quote;

use crate::attribute::{Layer, WorstCase};

/// Only rustdoc sees the attribute, so it does not pass for a doc comment of the user's.
pub(crate) fn attribute(layers: &[Layer]) -> TokenStream {
    if layers.is_empty() {
        return TokenStream::new();
    }
    let text = section(layers);
    quote!(#[cfg_attr(doc, doc = #text)])
}

fn section(layers: &[Layer]) -> String {
    let lines = layers
        .iter()
        .enumerate()
        .map(|(index, layer)| format!("{}. `#[{}]`: {}\n", index + 1, layer.name(), layer.describe()));
    let lines: String = lines.collect();
    let worst_case = layers.iter().rev().fold(WorstCase::BODY, |below, layer| layer.worst_case(below)).describe();
    let executions = executions(layers);
    format!("\n# Resilience\n\nFrom the outside in:\n\n{lines}\n**Worst case:** {executions}, {worst_case}.")
}

fn executions(layers: &[Layer]) -> String {
    let attempts = layers
        .iter()
        .filter_map(|layer| layer.traits(true).retries)
        .map(|retries| retries.attempts)
        .try_fold(1, |all: u64, attempts| Some(all.saturating_mul(attempts?)));
    match attempts {
        Some(1) => "the body runs once".to_owned(),
        Some(attempts) => format!("the body runs {attempts} times"),
        None => "the body runs as often as its constant says".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::attribute::{parse_all, short};
    use crate::diagnostics::Diagnostics;

    fn documented(stack: &[(&'static str, TokenStream)]) -> String {
        let diagnostics = Diagnostics::new();
        let layers = parse_all(stack, &diagnostics);
        assert_eq!(diagnostics.into_compile_errors().map(|errors| errors.to_string()), None);
        section(&layers)
    }

    /// The page of `#[stack]` shows a function and its section.
    #[test]
    fn the_section_in_the_documentation_of_stack_is_what_is_generated() {
        let text = documented(&[
            ("cached", quote!(ttl = 3600, max_size = 10_000)),
            ("timeout", quote!(secs = 120)),
            ("fallback", quote!(value = "no idea".to_owned())),
            ("retry", quote!(max = 3)),
            ("circuit_breaker", quote!(name = "llm")),
            ("timeout", quote!(secs = 30)),
        ]);
        let page = include_str!("lib.rs");
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            assert!(page.contains(&format!("/// > {line}\n")), "{line}");
        }
    }

    #[test]
    fn the_stack_and_its_worst_case_are_told() {
        let text = documented(&[
            ("cached", quote!(ttl = 3600, max_size = 10_000)),
            ("timeout", quote!(secs = 120)),
            ("fallback", quote!(small, value = 1)),
            ("retry", quote!(max = 3, jitter = false)),
            ("circuit_breaker", quote!(name = "llm")),
            ("timeout", quote!(secs = 30)),
        ]);
        assert_eq!(
            text,
            "\n# Resilience\n\nFrom the outside in:\n\n\
             1. `#[cached]`: keeps results for 1h, at most 10000 of them\n\
             2. `#[timeout]`: at most 2m\n\
             3. `#[fallback]`: falls back on `small`, then a fixed value\n\
             4. `#[retry]`: up to 4 attempts, with pauses of at most 7s in total, unless the service asks for longer ones\n\
             5. `#[circuit_breaker]`: guarded by `llm`\n\
             6. `#[timeout]`: at most 30s\n\n\
             **Worst case:** the body runs 4 times, and the call takes 2m, plus any wait for another caller."
        );
    }

    #[test]
    fn a_breaker_says_what_opens_it_where_that_is_not_the_default() {
        let line = |arguments: TokenStream| {
            let text = documented(&[("circuit_breaker", arguments)]);
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
    fn what_is_shared_has_its_name() {
        for (attribute, arguments, line) in [
            ("retry", quote!(budget = "llm"), ", out of the budget `llm`"),
            ("retry", quote!(budget = crate::llm::BUDGET), ", out of the budget `crate::llm::BUDGET`"),
            (
                "circuit_breaker",
                quote!(shared = crate::llm::BREAKER),
                "guarded by the breaker in `crate::llm::BREAKER`",
            ),
            (
                "circuit_breaker",
                quote!(name = "llm", store = crate::STORE),
                "guarded by `llm`, shared by all processes with the store `crate::STORE`",
            ),
            (
                "bulkhead",
                quote!(name = "gpu", max = 4, store = crate::STORE),
                "at most 4 concurrent calls in `gpu` of all processes with the store `crate::STORE`",
            ),
            (
                "rate_limit",
                quote!(name = "search", max = 9, store = crate::STORE),
                "at most 9 calls per 1s in `search` of all processes with the store `crate::STORE`, 9 of them at once",
            ),
            (
                "cached",
                quote!(name = "answers", near = "5s", store = crate::STORE),
                "; shares them with other processes in the store `crate::STORE`, which is asked every 5s",
            ),
        ] {
            let text = documented(&[(attribute, arguments)]);
            assert!(text.lines().any(|told| told.starts_with("1. ") && told.contains(line)), "{text}");
        }
    }

    #[test]
    fn what_a_cache_gives_out_late_is_told() {
        let text = documented(&[(
            "cached",
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
                 keeps the errors that `when` accepts for 5s; \
                 while one call refreshes a result, others get the stale one for 30s; \
                 after a failure, returns a stale result for `HOUR`"
            )
        );
    }

    #[test]
    fn the_time_is_that_of_all_attempts_and_pauses_within_their_limits() {
        let worst = |stack: &[(&'static str, TokenStream)]| {
            documented(stack).rsplit_once("**Worst case:** ").map(|(_, worst)| worst.to_owned()).unwrap_or_default()
        };
        let retry = quote!(max = 3, base_delay = "1s");
        assert_eq!(
            worst(&[("retry", retry.clone()), ("timeout", quote!(secs = 30))]),
            "the body runs 4 times, and the call takes 2m7s, or up to 5m if the service asks for longer pauses."
        );
        assert_eq!(worst(&[("retry", retry)]), "the body runs 4 times, and nothing limits its time.");
        assert_eq!(
            worst(&[("retry", quote!(max = TRIES)), ("timeout", quote!(secs = 30))]),
            "the body runs as often as its constant says, and its time depends on constants."
        );
        assert_eq!(
            worst(&[("retry", quote!(max = 2, nested = true)), ("retry", quote!(max = 3))]),
            "the body runs 12 times, and nothing limits its time."
        );
        assert_eq!(
            worst(&[("retry", quote!(max = 9, max_elapsed = "20s")), ("timeout", quote!(secs = 5))]),
            "the body runs 10 times, and the call takes 25s."
        );
        for (backoff, pauses) in [("linear", 10), ("constant", 4), ("fibonacci", 11), ("decorrelated", 40), ("none", 0)]
        {
            let text = documented(&[("retry", quote!(max = 4, backoff = #backoff, max_delay = "27s"))]);
            assert!(text.contains(&format!("at most {} in total", short(Duration::from_secs(pauses)))), "{text}");
        }
        assert_eq!(
            worst(&[("fallback", quote!(other)), ("timeout", quote!(ms = 250))]),
            "the body runs once, and the call takes 250ms, plus the time of the fallbacks."
        );
        let hooked = |hook: TokenStream| {
            let retry = ("retry", quote!(max = 1, backoff = "none", max_delay = "1s", on_retry = #hook));
            worst(&[("cached", quote!()), ("fallback", quote!(other)), retry, ("timeout", quote!(ms = 250))])
        };
        let besides = "the time of `on_retry` and any wait for another caller.";
        assert!(hooked(quote!(report)).ends_with(&format!("plus the time of the fallbacks, {besides}")));
        assert!(hooked(quote!(async |_| report().await)).contains("`on_retry`"));
        assert!(!hooked(quote!(|_| report())).contains("`on_retry`"), "it runs in the thread");
        assert_eq!(
            worst(&[
                ("timeout", quote!(secs = 9)),
                ("retry", quote!(on_retry = report)),
                ("timeout", quote!(secs = 1))
            ]),
            "the body runs 4 times, and the call takes 9s."
        );
    }

    #[test]
    fn gates_say_what_they_let_in_and_their_waits_add_to_the_worst_case() {
        let timeout = || ("timeout", quote!(secs = 30));
        let tail = |stack: &[(&'static str, TokenStream)]| {
            documented(stack).split_once("1. ").map(|(_, told)| told.replace('\n', " ")).unwrap_or_default()
        };
        assert_eq!(
            tail(&[("bulkhead", quote!(max = 4, queue = 9, wait = "5s", name = "db")), timeout()]),
            "`#[bulkhead]`: at most 4 concurrent calls in `db`, 9 more waiting for up to 5s 2. `#[timeout]`: at most \
             30s  **Worst case:** the body runs once, and the call takes 35s."
        );
        assert_eq!(
            tail(&[("rate_limit", quote!(max = 4, per = "1m", wait_ms = 500)), timeout()]),
            "`#[rate_limit]`: at most 4 calls per 1m, 4 of them at once, each waiting for up to 500ms 2. `#[timeout]`: at \
             most 30s  **Worst case:** the body runs once, and the call takes 30s500ms."
        );
        let worst = |stack: &[(&'static str, TokenStream)]| {
            documented(stack).rsplit_once("and ").map(|(_, worst)| worst.to_owned()).unwrap_or_default()
        };
        assert_eq!(worst(&[("bulkhead", quote!(max = 4)), timeout()]), "the call takes 30s.");
        assert_eq!(worst(&[("bulkhead", quote!(max = 4, queue = 9)), timeout()]), "nothing limits its time.");
        assert_eq!(worst(&[timeout(), ("bulkhead", quote!(max = 4, queue = 9)), timeout()]), "the call takes 30s.");
        assert_eq!(worst(&[("rate_limit", quote!(max = 4)), timeout()]), "the call takes 30s.");
        assert_eq!(worst(&[("rate_limit", quote!(max = 4, wait = WAIT)), timeout()]), "its time depends on constants.");
    }

    /// `tests/worst_case` measures the functions of this file against what it says.
    #[test]
    fn the_file_of_random_stacks_has_their_worst_cases() {
        const MARK: &str = "/// **Worst case:** ";

        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/worst_case/stacks.rs");
        let written = std::fs::read_to_string(path).expect("a generated file");
        let file = syn::parse_file(&written).expect("Rust");
        let functions = file.items.iter().filter_map(|item| match item {
            syn::Item::Fn(function) => Some(&function.attrs),
            _ => None,
        });
        let mut worst = functions.filter_map(|attributes| {
            let stack: Vec<_> = attributes.iter().filter_map(layer).collect();
            let text = (!stack.is_empty()).then(|| documented(&stack))?;
            text.rsplit_once("**Worst case:** ").map(|(_, worst)| worst.to_owned())
        });
        let told = |line: &str| match line.strip_prefix(MARK) {
            Some(_) => format!("{MARK}{}\n", worst.next().unwrap_or_default()),
            None => format!("{line}\n"),
        };
        let expected: String = written.lines().map(told).collect();
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(path, expected).expect("a writable file");
        } else {
            assert!(written == expected, "run this test with `UPDATE_SNAPSHOTS=1`");
        }
    }

    fn layer(attribute: &syn::Attribute) -> Option<(&'static str, TokenStream)> {
        const NAMES: [&str; 7] =
            ["bulkhead", "cached", "circuit_breaker", "fallback", "rate_limit", "retry", "timeout"];

        let name = NAMES.into_iter().find(|name| attribute.path().is_ident(name))?;
        Some((name, attribute.meta.require_list().map(|list| list.tokens.clone()).unwrap_or_default()))
    }
}
