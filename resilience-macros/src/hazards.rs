//! What is no mistake and rarely meant: it compiles, with a warning, unless the attribute says `allow(its_name)`.
//!
//! A stable compiler lets no macro warn in words of its own but by way of a deprecated item. The warning costs nothing at
//! run time, stands on the user's token, and `#[allow(deprecated)]` and `#[deny(deprecated)]` reach it.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use crate::diagnostics::{Diagnostics, did_you_mean, list};
use crate::explain::short;
use crate::options::{Layer, Policy};
use crate::stack::Kind;
use crate::value::Const;

/// How many executions may follow each other without a pause.
const MOST_AT_ONCE: u64 = 10;
/// How long the pauses of one call may be together.
const MOST_PAUSES: Duration = Duration::from_secs(30 * 60);
/// How long a breaker may stay open.
const MOST_OPEN: Duration = Duration::from_secs(3600);
/// How long a value lives whose `ttl` was meant as seconds.
const MOST_SECONDS: Duration = Duration::from_secs(30 * 86_400);
/// How many entries a cache in memory has.
const MOST_ENTRIES: u64 = 10_000_000;
/// How many threads may be left behind.
const MOST_THREADS: u64 = 100;

/// A hazard: the attribute that allows it, its name, and whether the stack has it at this layer.
struct Hazard {
    kind: Kind,
    name: &'static str,
    look: fn(&Here<'_>) -> Found,
}

const HAZARDS: [Hazard; 12] = [
    Hazard { kind: Kind::Retry, name: "hot_retry", look: hot_retry },
    Hazard { kind: Kind::Retry, name: "unbounded_retry", look: unbounded_retry },
    Hazard { kind: Kind::Bulkhead, name: "unbounded_wait", look: unbounded_wait },
    Hazard { kind: Kind::Bulkhead, name: "counted_rejections", look: counted_rejections },
    Hazard { kind: Kind::RateLimit, name: "counted_rejections", look: counted_rejections },
    Hazard { kind: Kind::CircuitBreaker, name: "long_recovery", look: long_recovery },
    Hazard { kind: Kind::Cached, name: "counted_hits", look: counted_hits },
    Hazard { kind: Kind::Cached, name: "huge_cache", look: huge_cache },
    Hazard { kind: Kind::Cached, name: "lasting_errors", look: lasting_errors },
    Hazard { kind: Kind::Cached, name: "long_ttl", look: long_ttl },
    Hazard { kind: Kind::Fallback, name: "late_fallback", look: late_fallback },
    Hazard { kind: Kind::Timeout, name: "many_threads", look: many_threads },
];

/// What is known about a stack beside its layers.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    /// Those beyond an attribute of another crate.
    pub(crate) above: &'a [Layer],
    /// Whether there are others below one.
    pub(crate) is_cut: bool,
    pub(crate) is_async: bool,
}

/// A layer and what is around it.
struct Here<'a> {
    policy: &'a Policy,
    span: Span,
    /// The outermost first.
    above: Vec<&'a Layer>,
    below: &'a [Layer],
    is_cut: bool,
    is_async: bool,
}

enum Found {
    No,
    /// A constant decides, which nobody can read here.
    Perhaps,
    /// On this token, for this reason.
    Yes(Span, String),
}

/// The warnings about a stack, as items without effect. The names in `allow(..)` are checked on the way.
pub(crate) fn warnings(layers: &[Layer], known: Known<'_>, diagnostics: &mut Diagnostics) -> TokenStream {
    let Known { is_cut, is_async, .. } = known;
    let mut warnings = TokenStream::new();
    for (index, layer) in layers.iter().enumerate() {
        let kind = layer.policy.kind();
        let here = Here {
            policy: &layer.policy,
            span: layer.span,
            above: known.above.iter().chain(&layers[..index]).collect(),
            below: &layers[index + 1..],
            is_cut,
            is_async,
        };
        for allowed in &layer.allowed {
            if !HAZARDS.iter().any(|hazard| hazard.kind == kind && allowed == hazard.name) {
                unknown(kind, allowed, diagnostics);
            }
        }
        for Hazard { name, look, .. } in HAZARDS.iter().filter(|hazard| hazard.kind == kind) {
            let allowed = layer.allowed.iter().find(|allowed| *allowed == name);
            match (look(&here), allowed) {
                (Found::Yes(at, why), None) => {
                    let why = format!("{why}; if it is meant, add `allow({name})` to `#[{}]`", kind.name());
                    warnings.extend(warning(name, &why, at));
                }
                // No error: what is a hazard may be seen more narrowly in the next release.
                (Found::No, Some(allowed)) => {
                    let why = format!("there is no `{name}` here that would need it; remove `allow({name})`");
                    warnings.extend(warning("unused_allow", &why, allowed.span()));
                }
                (Found::Yes(..) | Found::Perhaps, Some(_)) | (Found::Perhaps | Found::No, None) => {}
            }
        }
    }
    warnings
}

/// ```text
/// // Output: const _: () = { #[deprecated(note = "why")] macro_rules! hot_retry { () => { () } } hot_retry! {} };
/// ```
///
/// Of all that can be deprecated, a macro is the one that rustc calls by its name alone.
fn warning(name: &str, why: &str, at: Span) -> TokenStream {
    let hidden = at.resolved_at(Span::mixed_site());
    let (item, used) = (Ident::new(name, hidden), Ident::new(name, at));
    quote_spanned! {hidden=>
        const _: () = { #[deprecated(note = #why)] macro_rules! #item { () => { () } } #used! {} };
    }
}

fn unknown(kind: Kind, allowed: &Ident, diagnostics: &mut Diagnostics) {
    let (attribute, written) = (kind.name(), allowed.to_string());
    let elsewhere = HAZARDS.iter().find(|hazard| hazard.name == written);
    let names: Vec<&str> = HAZARDS.iter().filter(|hazard| hazard.kind == kind).map(|hazard| hazard.name).collect();
    let hint = match elsewhere {
        Some(hazard) => format!("; it is one of `#[{}]`, write it there", hazard.kind.name()),
        None => did_you_mean(&written, names.iter().copied(), '`')
            .unwrap_or_else(|| format!("; it warns of {}", list(names.iter().copied()))),
    };
    diagnostics.error(allowed.span(), format_args!("`#[{attribute}]` has no warning `{allowed}`{hint}"));
}

/// Whether a literal is more than so much.
fn exceeds<T: PartialOrd>(value: Option<&Const<T>>, most: &T) -> Option<bool> {
    value.map_or(Some(false), |value| value.literal.as_ref().map(|literal| literal > most))
}

/// What is found when `exceeds` has said what it can.
fn found(exceeds: Option<bool>, why: impl FnOnce() -> (Span, String)) -> Found {
    match exceeds {
        Some(true) => {
            let (at, why) = why();
            Found::Yes(at, why)
        }
        Some(false) => Found::No,
        None => Found::Perhaps,
    }
}

/// Whether it ends the part below at its limit. A deadline that stops nothing does not.
fn ends(layer: &Layer, is_async: bool) -> bool {
    matches!(&layer.policy, Policy::Timeout(timeout) if is_async || timeout.leaves_thread())
}

fn is_timeout(layer: &Layer) -> bool {
    matches!(layer.policy, Policy::Timeout(_))
}

fn hot_retry(here: &Here<'_>) -> Found {
    let Policy::Retry(retry) = here.policy else { return Found::No };
    if retry.budget.is_some() || retry.attempts.is_some_and(|attempts| attempts <= MOST_AT_ONCE) {
        return Found::No;
    }
    let (Some(attempts), Some(pauses)) = (retry.attempts, retry.known_pauses()) else { return Found::Perhaps };
    found(Some(pauses.as_millis() < u128::from(attempts - 1)), || {
        let why = format!(
            "up to {attempts} executions without a pause are a burst on what is failing already; pause with another \
             `backoff`, or share a `budget`"
        );
        (retry.at, why)
    })
}

fn unbounded_retry(here: &Here<'_>) -> Found {
    let Policy::Retry(retry) = here.policy else { return Found::No };
    if retry.max_elapsed.is_some() || here.above.iter().any(|layer| is_timeout(layer)) {
        return Found::No;
    }
    let pauses = retry.known_pauses();
    found(pauses.map(|pauses| pauses > MOST_PAUSES), || {
        let pauses = short(pauses.unwrap_or(MOST_PAUSES));
        let why = format!(
            "the pauses alone may take {pauses}, and nothing ends the retrying earlier; add `max_elapsed = \"5m\"`, or a \
             `#[timeout]` above"
        );
        (retry.at, why)
    })
}

fn unbounded_wait(here: &Here<'_>) -> Found {
    let Policy::Bulkhead(bulkhead) = here.policy else { return Found::No };
    let Some(queue) = bulkhead.queue.as_ref().filter(|_| bulkhead.wait.is_none()) else { return Found::No };
    if here.above.iter().any(|layer| is_timeout(layer)) || here.below.iter().any(|layer| ends(layer, here.is_async)) {
        return Found::No;
    }
    found(queue.literal.map(|queue| queue > 0).filter(|_| !here.is_cut), || {
        let why = "nothing limits the wait: while a body hangs, the queue behind it waits too; add `wait = \"5s\"`, or a \
                   `#[timeout]`";
        (queue.span, why.to_owned())
    })
}

fn counted_rejections(here: &Here<'_>) -> Found {
    // What a fallback in between answers, no breaker sees.
    let mut seen = here.above.iter().rev().take_while(|layer| !matches!(layer.policy, Policy::Fallback(_)));
    let counts =
        seen.any(|layer| matches!(&layer.policy, Policy::CircuitBreaker(breaker) if breaker.judges_by_meaning()));
    found(Some(counts), || {
        let this = here.policy.name();
        let why = format!(
            "a call that is turned away here counts as a failure for the `#[circuit_breaker]` above, so that too many \
             callers open the breaker of a healthy service; move `#[{this}]` above it, or give the breaker `ignore = ..`"
        );
        (here.span, why)
    })
}

fn long_recovery(here: &Here<'_>) -> Found {
    let Policy::CircuitBreaker(breaker) = here.policy else { return Found::No };
    let longest = breaker.max_recovery.as_ref().or(breaker.recovery.as_ref());
    found(exceeds(longest, &MOST_OPEN), || {
        let at = longest.map_or(here.span, |longest| longest.span);
        let time = longest.and_then(|longest| longest.literal).map_or_else(String::new, short);
        let why = format!(
            "an open breaker rejects every call for {time}, however soon the other side is well again; a shorter one costs \
             no more than a probe now and then"
        );
        (at, why)
    })
}

fn counted_hits(here: &Here<'_>) -> Found {
    let is_guarded = here.above.iter().any(|layer| matches!(layer.policy, Policy::CircuitBreaker(_)));
    found(Some(is_guarded), || {
        let why = "a hit counts as a success for the `#[circuit_breaker]` above though nothing was called, and an open \
                   breaker rejects hits as well; move `#[cached]` above it";
        (here.span, why.to_owned())
    })
}

fn huge_cache(here: &Here<'_>) -> Found {
    let Policy::Cached(cached) = here.policy else { return Found::No };
    let most = cached.max_size.as_ref();
    found(exceeds(most, &MOST_ENTRIES), || {
        let why = "`max_size` counts entries, and so many of them hardly fit into memory; for a limit in bytes, give \
                   `max_weight` and `weigh`";
        (most.map_or(here.span, |most| most.span), why.to_owned())
    })
}

fn lasting_errors(here: &Here<'_>) -> Found {
    let Policy::Cached(cached) = here.policy else { return Found::No };
    let (Some(values), Some(errors)) = (&cached.ttl, &cached.negative_ttl) else { return Found::No };
    let both = values.literal.zip(errors.literal);
    found(both.map(|(values, errors)| errors > values), || {
        let (long, short) = both.map_or_else(Default::default, |(values, errors)| (short(errors), short(values)));
        let why = format!(
            "an error is kept for {long}, a value only for {short}, so that a failure outlasts the answers; make \
             `negative_ttl` the shorter one"
        );
        (errors.span, why)
    })
}

fn long_ttl(here: &Here<'_>) -> Found {
    let Policy::Cached(cached) = here.policy else { return Found::No };
    let ttl = cached.ttl.as_ref().filter(|_| cached.ttl_is_bare);
    found(exceeds(ttl, &MOST_SECONDS), || {
        let seconds = ttl.and_then(|ttl| ttl.literal).map_or(0, |ttl| ttl.as_secs());
        let days = seconds / 86_400;
        let why = format!(
            "a number without a unit is in seconds, and {seconds} of them are {days} days; if milliseconds were meant, write \
             `ttl_ms = {seconds}`, else `ttl = \"{days}d\"`"
        );
        (ttl.map_or(here.span, |ttl| ttl.span), why)
    })
}

fn late_fallback(here: &Here<'_>) -> Found {
    let ends = |layer: &Layer| ends(layer, here.is_async);
    let Some(limit) = here.above.iter().rposition(|layer| ends(layer)) else { return Found::No };
    // Something further out answers instead.
    let answers = |layer: &Layer| match &layer.policy {
        Policy::Fallback(_) => true,
        Policy::Cached(cached) => cached.stale_if_error.is_some(),
        _ => false,
    };
    if here.above[..limit].iter().any(|layer| answers(layer)) || here.below.iter().any(ends) {
        return Found::No;
    }
    found(Some(true).filter(|_| !here.is_cut), || {
        let why = "nothing below ends a call that hangs, and the `#[timeout]` above does so without asking the fallback; \
                   move `#[fallback]` above it, or put a shorter `#[timeout]` below";
        (here.span, why.to_owned())
    })
}

fn many_threads(here: &Here<'_>) -> Found {
    let Policy::Timeout(timeout) = here.policy else { return Found::No };
    let most = timeout.max_abandoned.as_ref();
    found(exceeds(most, &MOST_THREADS), || {
        let count = most.and_then(|most| most.literal).unwrap_or(MOST_THREADS);
        let why = format!(
            "when the other side hangs, {count} threads may be left running at the same time; lower it, and let the body \
             ask `resilience::checkpoint()?`"
        );
        (most.map_or(here.span, |most| most.span), why)
    })
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;
    use crate::options::interpret_all;

    type Stack = [(Kind, TokenStream)];

    /// The names of the warnings, or the errors.
    fn said(stack: &Stack, is_async: bool) -> Result<Vec<String>, String> {
        let mut diagnostics = Diagnostics::default();
        let layers = interpret_all(stack, &mut diagnostics);
        let known = Known { above: &[], is_cut: false, is_async };
        let warnings = warnings(&layers, known, &mut diagnostics);
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
            let said = said(stack, is_async);
            assert_eq!(said.as_deref(), Ok(&*names.iter().map(ToString::to_string).collect::<Vec<_>>()), "{is_async}");
        }
    }

    fn retry(arguments: TokenStream) -> (Kind, TokenStream) {
        (Kind::Retry, arguments)
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
        expect(&[], &[(Kind::Timeout, quote!(secs = 9000)), retry(quote!(max = 35))]);
        expect(&["unbounded_retry"], &[retry(quote!(max = 35)), (Kind::Timeout, quote!(secs = 30))]);
        expect(&[], &[retry(quote!(max = 3500, backoff = of_mine))]);
        // No number of attempts keeps the macro busy.
        expect(&["unbounded_retry"], &[retry(quote!(max = 4_000_000_000, factor = 1))]);
        expect(&["unbounded_retry"], &[retry(quote!(max = 4_000_000_000, backoff = "linear", base_delay = "100ns"))]);
    }

    #[test]
    fn a_wait_without_a_limit_is_one_that_no_timeout_ends() {
        let queue = || (Kind::Bulkhead, quote!(max = 4, queue = 9));
        let limit = || (Kind::Timeout, quote!(secs = 30));
        expect(&["unbounded_wait"], &[queue()]);
        expect(&["unbounded_wait"], &[retry(quote!()), queue()]);
        expect(&[], &[(Kind::Bulkhead, quote!(max = 4, queue = 9, wait = "1s"))]);
        expect(&[], &[(Kind::Bulkhead, quote!(max = 4, queue = 0))]);
        expect(&[], &[(Kind::Bulkhead, quote!(max = 4, queue = LENGTH))]);
        expect(&[], &[limit(), queue()]);
        assert_eq!(said(&[queue(), limit()], true), Ok(vec![]));
        assert_eq!(said(&[queue(), limit()], false), Ok(vec!["unbounded_wait".to_owned()]), "it ends nothing");
        expect(&[], &[queue(), (Kind::Timeout, quote!(secs = 30, mode = "thread"))]);
    }

    #[test]
    fn rejections_and_hits_count_for_a_breaker_above_them() {
        let breaker = |arguments| (Kind::CircuitBreaker, arguments);
        let fallback = || (Kind::Fallback, quote!(other));
        for gate in [Kind::Bulkhead, Kind::RateLimit] {
            let gate = || (gate, quote!(max = 4));
            expect(&["counted_rejections"], &[breaker(quote!()), gate()]);
            expect(&["counted_rejections"], &[breaker(quote!()), retry(quote!()), gate()]);
            expect(&[], &[gate(), breaker(quote!())]);
            expect(&[], &[breaker(quote!(ignore = mine)), gate()]);
            expect(&[], &[breaker(quote!(when = mine)), gate()]);
            expect(&[], &[breaker(quote!()), fallback(), gate()]);
        }
        let cache = || (Kind::Cached, quote!(ttl = 60));
        expect(&["counted_hits"], &[breaker(quote!(ignore = mine)), fallback(), cache()]);
        expect(&[], &[cache(), breaker(quote!())]);
    }

    #[test]
    fn a_breaker_is_open_for_no_more_than_an_hour() {
        let of = |names: &[&str], arguments| expect(names, &[(Kind::CircuitBreaker, arguments)]);
        of(&[], quote!(recovery = "1h"));
        of(&["long_recovery"], quote!(recovery = "61m"));
        of(&["long_recovery"], quote!(recovery_secs = 30_000));
        of(&["long_recovery"], quote!(recovery_timeout = "2h"));
        of(&["long_recovery"], quote!(recovery_factor = 2, max_recovery = "2h"));
        of(&[], quote!(recovery = LONG));
    }

    #[test]
    fn what_a_cache_is_told_may_be_in_another_unit() {
        let of = |names: &[&str], arguments| expect(names, &[(Kind::Cached, arguments)]);
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
        let of = |names: &[&str], arguments| expect(names, &[(Kind::Cached, arguments)]);
        of(&[], quote!(ttl = 60, negative_ttl = "1m", when = named));
        of(&["lasting_errors"], quote!(ttl = 60, negative_ttl = "61s", when = named));
        of(&[], quote!(negative_ttl = "61s", when = named));
        of(&[], quote!(ttl = SHORT, negative_ttl = "61s", when = named));
    }

    #[test]
    fn a_fallback_is_late_where_only_the_timeout_above_it_ends_a_call() {
        let fallback = || (Kind::Fallback, quote!(other));
        let limit = |seconds: u64| (Kind::Timeout, quote!(secs = #seconds, mode = "thread"));
        expect(&["late_fallback"], &[limit(9), fallback()]);
        expect(&["late_fallback"], &[limit(9), fallback(), retry(quote!())]);
        expect(&[], &[limit(9), fallback(), limit(3)]);
        expect(&[], &[fallback(), limit(9)]);
        expect(&[], &[fallback(), limit(9), fallback()]);
        expect(&[], &[(Kind::Cached, quote!(ttl = 1, stale_if_error = "1h")), limit(9), fallback()]);
        let cooperative = || (Kind::Timeout, quote!(secs = 9));
        assert_eq!(said(&[cooperative(), fallback()], true), Ok(vec!["late_fallback".to_owned()]));
        assert_eq!(said(&[cooperative(), fallback()], false), Ok(vec![]), "the body ends itself, with an error");
    }

    #[test]
    fn threads_left_behind_are_counted() {
        let of = |names: &[&str], arguments| expect(names, &[(Kind::Timeout, arguments)]);
        of(&[], quote!(secs = 1, mode = "thread", max_abandoned = 100));
        of(&["many_threads"], quote!(secs = 1, mode = "thread", max_abandoned = 101));
        of(&[], quote!(secs = 1, mode = "thread", max_abandoned = MANY));
    }

    #[test]
    fn a_name_silences_its_hazard_and_no_other() {
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
        let error = |stack: &Stack| said(stack, true).err().unwrap_or_default();
        let text = error(&[retry(quote!(allow(hot_retri)))]);
        assert!(text.contains("`#[retry]` has no warning `hot_retri`; did you mean `hot_retry`?"), "{text}");
        let text = error(&[retry(quote!(allow(long_ttl)))]);
        assert!(
            text.contains("`#[retry]` has no warning `long_ttl`; it is one of `#[cached]`, write it there"),
            "{text}"
        );
        let text = error(&[(Kind::RateLimit, quote!(max = 4, allow(colour)))]);
        assert!(text.contains("has no warning `colour`; it warns of `counted_rejections`"), "{text}");
    }
}
