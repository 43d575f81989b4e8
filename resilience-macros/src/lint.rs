//! Each lint is a warning, unless its attribute says `allow(its_name)`. On a stable compiler, a
//! macro can warn only through a deprecated item. The warning stands on the user's token and obeys
//! `#[allow(deprecated)]` and `#[deny(deprecated)]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use resilience_options::suggest::{did_you_mean, list};

use crate::attribute::{Definition, Finding, Layer, Position};
use crate::diagnostics::Diagnostics;

#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The layers above an attribute of another crate.
    pub(crate) above: &'a [Layer],
    pub(crate) continues_below: bool,
    pub(crate) is_async: bool,
}

/// Also checks the names in `allow(..)`.
pub(crate) fn warnings(layers: &[Layer], context: Context<'_>, diagnostics: &Diagnostics) -> TokenStream {
    let Context { above, continues_below, is_async } = context;
    let mut warnings = TokenStream::new();
    for (layer, position) in Position::each(layers, above, continues_below, is_async) {
        let known = (layer.definition.lints)();
        for allowed in layer.allowed.iter().filter(|allowed| !known.iter().any(|name| *allowed == name)) {
            unknown(layer.name(), &known, allowed, diagnostics);
        }
        for (name, finding) in layer.findings(&position) {
            let allowed = layer.allowed.iter().find(|allowed| *allowed == name);
            match (finding, allowed) {
                (Finding::Found(at, reason), None) => {
                    let note = format!("{reason}; if it is meant, add `allow({name})` to `#[{}]`", layer.name());
                    warnings.extend(warning(name, &note, at));
                }
                // Not an error, because a later release may lint more narrowly.
                (Finding::Nothing, Some(allowed)) => {
                    let note = format!("there is no `{name}` here that would need it; remove `allow({name})`");
                    warnings.extend(warning("unused_allow", &note, allowed.span()));
                }
                (Finding::Found(..) | Finding::Unknown, Some(_)) | (Finding::Unknown | Finding::Nothing, None) => {}
            }
        }
    }
    warnings
}

/// Output: `#[deprecated(note = "why")] macro_rules! hot_retry { .. } hot_retry! {}` in a `const`.
/// A macro is the one deprecated item that rustc mentions by its name alone.
fn warning(name: &str, note: &str, at: Span) -> TokenStream {
    let hidden = at.resolved_at(Span::mixed_site());
    let (item, used) = (Ident::new(name, hidden), Ident::new(name, at));
    quote_spanned! {hidden=>
        const _: () = { #[deprecated(note = #note)] macro_rules! #item { () => { () } } #used! {} };
    }
}

fn unknown(attribute: &str, known: &[&str], allowed: &Ident, diagnostics: &Diagnostics) {
    let written = allowed.to_string();
    let elsewhere = Definition::all().find(|definition| (definition.lints)().contains(&&*written));
    let hint = match elsewhere {
        Some(definition) => format!("; it is one of `#[{}]`, write it there", definition.name),
        None if known.is_empty() => String::new(),
        None => did_you_mean(&written, known.iter().copied(), '`')
            .unwrap_or_else(|| format!("; it warns of {}", list(known.iter().copied()))),
    };
    diagnostics.error(allowed.span(), format_args!("`#[{attribute}]` has no warning `{allowed}`{hint}"));
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;
    use crate::attribute::parse_all;

    type Stack = [(&'static str, TokenStream)];

    /// The names of the warnings, or the errors.
    fn found(stack: &Stack, is_async: bool) -> Result<Vec<String>, String> {
        found_in(stack, Context { above: &[], continues_below: false, is_async })
    }

    fn found_in(stack: &Stack, context: Context<'_>) -> Result<Vec<String>, String> {
        let diagnostics = Diagnostics::new();
        let layers = parse_all(stack, &diagnostics);
        let warnings = warnings(&layers, context, &diagnostics);
        match diagnostics.into_compile_errors() {
            Some(errors) => Err(errors.to_string()),
            None => Ok(warnings
                .into_iter()
                .filter_map(|token| match token {
                    proc_macro2::TokenTree::Group(group) => Some(group.stream().to_string()),
                    _ => None,
                })
                .filter_map(|block| {
                    block.split_once("macro_rules ! ")?.1.split_once(' ').map(|(name, _)| name.to_owned())
                })
                .collect()),
        }
    }

    #[track_caller]
    fn expect(names: &[&str], stack: &Stack) {
        for is_async in [true, false] {
            let found = found(stack, is_async);
            assert_eq!(found.as_deref(), Ok(&*names.iter().map(ToString::to_string).collect::<Vec<_>>()), "{is_async}");
        }
    }

    fn retry(arguments: TokenStream) -> (&'static str, TokenStream) {
        ("retry", arguments)
    }

    #[test]
    fn more_than_ten_executions_without_a_pause_are_a_burst() {
        expect(&[], &[retry(quote!(attempts = 10, backoff = "none"))]);
        expect(&["hot_retry"], &[retry(quote!(attempts = 11, backoff = "none"))]);
        expect(&["hot_retry"], &[retry(quote!(max = 10, backoff = "none", max_elapsed = "1m"))]);
        expect(&["hot_retry"], &[retry(quote!(max = 10, backoff = "constant", base_delay = "999us"))]);
        expect(&[], &[retry(quote!(max = 10, backoff = "constant", base_delay = "1ms"))]);
        expect(&[], &[retry(quote!(max = 99, backoff = "none", budget = "shared"))]);
        expect(&[], &[retry(quote!(max = MANY, backoff = "none"))]);
        expect(&[], &[retry(quote!(max = 99, backoff = of_mine, max_elapsed = "1m"))]);
    }

    #[test]
    fn half_an_hour_of_pauses_wants_an_end() {
        // 1, 2, 4, .. 32 s, and then 60 s each.
        expect(&[], &[retry(quote!(max = 34))]);
        expect(&["unbounded_retry"], &[retry(quote!(max = 35))]);
        expect(&["unbounded_retry"], &[retry(quote!(base_delay = "20m", max_delay = "1h"))]);
        expect(&[], &[retry(quote!(max = 35, max_elapsed = "2h"))]);
        expect(&[], &[retry(quote!(max = 35, max_elapsed = LIMIT))]);
        expect(&[], &[("timeout", quote!(secs = 9000)), retry(quote!(max = 35))]);
        expect(&["unbounded_retry"], &[retry(quote!(max = 35)), ("timeout", quote!(secs = 30))]);
        expect(&[], &[retry(quote!(max = 3500, backoff = of_mine))]);
        // Bounded, so that a large number of attempts does not keep the macro busy.
        expect(&["unbounded_retry"], &[retry(quote!(max = 4_000_000_000, factor = 1))]);
        expect(&["unbounded_retry"], &[retry(quote!(max = 4_000_000_000, backoff = "linear", base_delay = "100ns"))]);
    }

    #[test]
    fn a_wait_without_a_limit_is_one_that_no_timeout_ends() {
        let queue = || ("bulkhead", quote!(max = 4, queue = 9));
        let limit = || ("timeout", quote!(secs = 30));
        expect(&["unbounded_wait"], &[queue()]);
        expect(&["unbounded_wait"], &[retry(quote!()), queue()]);
        expect(&[], &[("bulkhead", quote!(max = 4, queue = 9, wait = "1s"))]);
        expect(&[], &[("bulkhead", quote!(max = 4, queue = 0))]);
        expect(&[], &[("bulkhead", quote!(max = 4, queue = LENGTH))]);
        expect(&[], &[limit(), queue()]);
        assert_eq!(found(&[queue(), limit()], true), Ok(vec![]));
        assert_eq!(found(&[queue(), limit()], false), Ok(vec!["unbounded_wait".to_owned()]), "it ends nothing");
        expect(&[], &[queue(), ("timeout", quote!(secs = 30, mode = "thread"))]);
    }

    #[test]
    fn a_breaker_may_stand_above_a_gate_or_a_cache() {
        let breaker = || ("circuit_breaker", quote!());
        expect(&[], &[breaker(), ("bulkhead", quote!(max = 4))]);
        expect(&[], &[breaker(), retry(quote!()), ("rate_limit", quote!(max = 4))]);
        expect(&[], &[breaker(), ("cached", quote!(ttl = 60))]);
    }

    #[test]
    fn a_breaker_is_open_for_no_more_than_an_hour() {
        let of = |names: &[&str], arguments| expect(names, &[("circuit_breaker", arguments)]);
        of(&[], quote!(recovery = "1h"));
        of(&["long_recovery"], quote!(recovery = "61m"));
        of(&["long_recovery"], quote!(recovery_secs = 30_000));
        of(&["long_recovery"], quote!(recovery_timeout = "2h"));
        of(&["long_recovery"], quote!(recovery_factor = 2, max_recovery = "2h"));
        of(&[], quote!(recovery = LONG));
    }

    #[test]
    fn a_lease_is_as_long_as_a_call_may_take() {
        let limit = |seconds: u64| ("timeout", quote!(secs = #seconds));
        let breaker = |arguments| ("circuit_breaker", arguments);
        expect(&[], &[breaker(quote!()), limit(60)]);
        expect(&["short_lease"], &[breaker(quote!()), limit(61)]);
        expect(&[], &[breaker(quote!(probe_lease = "61s")), limit(61)]);
        expect(&["short_lease"], &[breaker(quote!(probe_lease_secs = 29)), retry(quote!()), limit(30)]);
        expect(
            &["short_lease"],
            &[breaker(quote!(probe_lease = "1s")), ("timeout", quote!(secs = 2, mode = "thread"))],
        );
        assert_eq!(
            found(&[breaker(quote!(probe_lease = "3s")), limit(3), retry(quote!()), limit(9)], true),
            Ok(vec![])
        );
        expect(&[], &[breaker(quote!(shared = LLM)), limit(90)]);
        expect(&[], &[breaker(quote!(probe_lease = LEASE)), limit(90)]);
        expect(&[], &[breaker(quote!()), ("timeout", quote!(LIMIT))]);
        expect(&[], &[breaker(quote!(allow(short_lease))), limit(90)]);
        expect(&[], &[breaker(quote!(shared = LLM, allow(short_lease))), limit(90)]);
        expect(&["unused_allow"], &[breaker(quote!(allow(short_lease)))]);
        expect(&[], &[limit(90), breaker(quote!()), limit(30)]);
    }

    #[test]
    fn what_a_cache_is_told_may_be_in_another_unit() {
        let of = |names: &[&str], arguments| expect(names, &[("cached", arguments)]);
        of(&[], quote!(max_size = 10_000_000));
        of(&["huge_cache"], quote!(max_size = 1_073_741_824));
        of(&[], quote!(max_size = HUGE));
        of(&[], quote!(max_weight = 1_073_741_824, weigh = scale));
        of(&[], quote!(ttl = 2_592_000));
        of(&["long_ttl"], quote!(ttl = 3_600_000));
        of(&[], quote!(ttl = "60d"));
        of(&[], quote!(ttl_secs = 3_600_000));
        of(&[], quote!(ttl = FOREVER));
    }

    #[test]
    fn errors_are_not_kept_for_longer_than_values() {
        let of = |names: &[&str], arguments| expect(names, &[("cached", arguments)]);
        of(&[], quote!(ttl = 60, negative_ttl = "1m", when = named));
        of(&["lasting_errors"], quote!(ttl = 60, negative_ttl = "61s", when = named));
        of(&[], quote!(negative_ttl = "61s", when = named));
        of(&[], quote!(ttl = SHORT, negative_ttl = "61s", when = named));
    }

    #[test]
    fn an_idle_time_is_shorter_than_the_life_of_an_entry() {
        let of = |names: &[&str], arguments| expect(names, &[("cached", arguments)]);
        of(&[], quote!(ttl = 60, time_to_idle = "59s"));
        of(&["long_idle"], quote!(ttl = 60, time_to_idle = "1m"));
        of(&["long_idle"], quote!(ttl = 60, time_to_idle_secs = 90));
        of(&[], quote!(time_to_idle = "1h"));
        of(&[], quote!(ttl = expiry, time_to_idle = "1h"));
        of(&[], quote!(ttl = TTL, time_to_idle = "1h"));
        of(&[], quote!(ttl = 60, time_to_idle = IDLE));
        of(&[], quote!(ttl = 60, time_to_idle = "90s", stale_if_error = "1m"));
        of(
            &["long_idle"],
            quote!(ttl = 60, time_to_idle = "90s", stale_if_error = "10s", stale_while_revalidate = "30s"),
        );
        of(&[], quote!(ttl = 60, time_to_idle = "90s", stale_if_error = WINDOW));
        of(&["lasting_errors"], quote!(ttl = 60, time_to_idle = "90s", negative_ttl = "2m", when = named));
        of(&[], quote!(ttl = 60, time_to_idle = "1m", allow(long_idle)));
        of(&["unused_allow"], quote!(ttl = 60, time_to_idle = "1s", allow(long_idle)));
    }

    #[test]
    fn a_fallback_is_late_where_only_the_timeout_above_it_ends_a_call() {
        let fallback = || ("fallback", quote!(other));
        let limit = |seconds: u64| ("timeout", quote!(secs = #seconds, mode = "thread"));
        expect(&["late_fallback"], &[limit(9), fallback()]);
        expect(&["late_fallback"], &[limit(9), fallback(), retry(quote!())]);
        expect(&[], &[limit(9), fallback(), limit(3)]);
        expect(&[], &[fallback(), limit(9)]);
        expect(&[], &[fallback(), limit(9), fallback()]);
        expect(&[], &[("cached", quote!(ttl = 1, stale_if_error = "1h")), limit(9), fallback()]);
        let cooperative = || ("timeout", quote!(secs = 9));
        assert_eq!(found(&[cooperative(), fallback()], true), Ok(vec!["late_fallback".to_owned()]));
        assert_eq!(found(&[cooperative(), fallback()], false), Ok(vec![]), "the body ends itself, with an error");
    }

    #[test]
    fn a_breaker_or_a_stale_value_is_late_where_only_the_timeout_above_it_ends_a_call() {
        let breaker = || ("circuit_breaker", quote!());
        let stale = || ("cached", quote!(ttl = 1, stale_if_error = "1h"));
        let limit = |seconds: u64| ("timeout", quote!(secs = #seconds, mode = "thread"));
        for layer in [breaker, stale] {
            expect(&["late_timeout"], &[limit(9), layer()]);
            expect(&["late_timeout"], &[limit(9), layer(), retry(quote!())]);
            expect(&["late_timeout"], &[limit(9), limit(8), layer()]);
            expect(&[], &[limit(9), layer(), limit(3)]);
            expect(&[], &[limit(9), layer(), retry(quote!()), limit(3)]);
            expect(&[], &[layer(), limit(9)]);
            expect(&[], &[layer()]);
            let cooperative = || ("timeout", quote!(secs = 9));
            assert_eq!(found(&[cooperative(), layer()], true), Ok(vec!["late_timeout".to_owned()]));
            assert_eq!(found(&[cooperative(), layer()], false), Ok(vec![]), "the body ends itself, with an error");
        }
        expect(&[], &[limit(9), ("cached", quote!(ttl = 1))]);
        expect(&[], &[limit(9), ("circuit_breaker", quote!(allow(late_timeout)))]);
        let slow = quote!(window = 10, failure_rate = 0.5, slow_call = "1s", slow_rate = 0.5);
        expect(&[], &[limit(9), ("circuit_breaker", slow)]);
        // The configuration in the `static` decides whether it counts slow calls.
        expect(&[], &[limit(9), ("circuit_breaker", quote!(shared = LLM))]);
        expect(&[], &[limit(9), ("circuit_breaker", quote!(shared = LLM, allow(late_timeout)))]);
        expect(&["unused_allow"], &[("circuit_breaker", quote!(allow(late_timeout)))]);
        expect(&[], &[limit(9), ("cached", quote!(ttl = 1, stale_while_revalidate = "1h"))]);
    }

    #[test]
    fn a_timeout_below_an_attribute_of_another_crate_may_end_a_call() {
        let breaker = |arguments| ("circuit_breaker", arguments);
        for layer in [breaker(quote!()), breaker(quote!(allow(late_timeout))), ("fallback", quote!(other))] {
            let stack = [("timeout", quote!(secs = 9, mode = "thread")), layer];
            let context = Context { above: &[], continues_below: true, is_async: false };
            assert_eq!(found_in(&stack, context), Ok(vec![]));
        }
    }

    #[test]
    fn threads_left_behind_are_counted() {
        let of = |names: &[&str], arguments| expect(names, &[("timeout", arguments)]);
        of(&[], quote!(secs = 1, mode = "thread", max_abandoned = 100));
        of(&["many_threads"], quote!(secs = 1, mode = "thread", max_abandoned = 101));
        of(&[], quote!(secs = 1, mode = "thread", max_abandoned = MANY));
        of(&[], quote!(secs = 1, mode = "thread", max_threads = 512));
        of(&["many_threads"], quote!(secs = 1, mode = "thread", max_threads = 513));
        of(&["many_threads"], quote!(secs = 1, mode = "thread", max_threads = 513, max_abandoned = 9));
        of(&["many_threads"], quote!(secs = 1, mode = "thread", max_threads = 513, max_abandoned = 101));
        of(&[], quote!(secs = 1, mode = "thread", max_threads = MANY, max_abandoned = 9));
    }

    #[test]
    fn a_name_silences_its_lint_and_no_other() {
        expect(&[], &[retry(quote!(max = 50, allow(unbounded_retry)))]);
        expect(
            &["unused_allow", "unbounded_retry"],
            &[retry(quote!(attempts = 60, base_delay = "1m", allow(hot_retry)))],
        );
        expect(&["unused_allow"], &[retry(quote!(max = 3, allow(hot_retry)))]);
        // What a constant may do.
        expect(&[], &[retry(quote!(max = MANY, allow(unbounded_retry, hot_retry)))]);
    }

    #[test]
    fn a_name_that_is_none_is_an_error() {
        let error = |stack: &Stack| found(stack, true).err().unwrap_or_default();
        let text = error(&[retry(quote!(allow(hot_retri)))]);
        assert!(text.contains("`#[retry]` has no warning `hot_retri`; did you mean `hot_retry`?"), "{text}");
        let text = error(&[retry(quote!(allow(long_ttl)))]);
        assert!(
            text.contains("`#[retry]` has no warning `long_ttl`; it is one of `#[cached]`, write it there"),
            "{text}"
        );
        let text = error(&[("bulkhead", quote!(max = 4, allow(colour)))]);
        assert!(text.contains("has no warning `colour`; it warns of `unbounded_wait`"), "{text}");
        let text = error(&[("rate_limit", quote!(max = 4, allow(colour)))]);
        assert!(text.contains("`#[rate_limit]` has no warning `colour`\""), "{text}");
    }
}
