use std::time::Duration;

use super::Cached;
use crate::attribute::describe::short;
use crate::attribute::lints::{exceeds, is_ended_from_above};
use crate::attribute::{Finding, Position};
use crate::parse::Const;

const MAX_ENTRIES_WITHOUT_LINT: u64 = 10_000_000;
/// A larger number without a unit is probably meant as milliseconds.
const MAX_TTL_WITHOUT_LINT: Duration = Duration::from_secs(30 * 86_400);

pub(super) fn late_timeout(cached: &Cached, position: &Position<'_>) -> Finding {
    let Some(stale) = &cached.stale_if_error else { return Finding::Nothing };
    Finding::when(is_ended_from_above(position), || {
        let reason = "nothing below ends a call that hangs, and the `#[timeout]` above does so without asking for the old \
                      value; move `#[cached]` above it, or put a shorter `#[timeout]` below";
        (stale.key, reason.to_owned())
    })
}

pub(super) fn huge_cache(cached: &Cached, position: &Position<'_>) -> Finding {
    let most = cached.max_size.as_ref();
    Finding::when(exceeds(most, &MAX_ENTRIES_WITHOUT_LINT), || {
        let reason = "`max_size` counts entries, and so many of them hardly fit into memory; for a limit in bytes, give \
                      `max_weight` and `weigh`";
        (most.map_or(position.span, |most| most.span), reason.to_owned())
    })
}

pub(super) fn lasting_errors(cached: &Cached, _: &Position<'_>) -> Finding {
    let (Some(values), Some(errors)) = (&cached.ttl, &cached.negative_ttl) else { return Finding::Nothing };
    let both = values.literal.zip(errors.literal);
    Finding::when(both.map(|(values, errors)| errors > values), || {
        let (long, short) = both.map_or_else(Default::default, |(values, errors)| (short(errors), short(values)));
        let reason = format!(
            "an error is kept for {long}, a value only for {short}, so that a failure outlasts the answers; make \
             `negative_ttl` the shorter one"
        );
        (errors.span, reason)
    })
}

/// Finds an idle time that never acts, because the entry expires earlier in any case.
pub(super) fn long_idle(cached: &Cached, _: &Position<'_>) -> Finding {
    let (Some(idle), Some(ttl)) = (&cached.time_to_idle, &cached.ttl) else { return Finding::Nothing };
    let literal = |time: &Option<Const<Duration>>| time.as_ref().map_or(Some(Duration::ZERO), |time| time.literal);
    let windows = [&cached.stale_while_revalidate, &cached.stale_if_error];
    let stale = windows.into_iter().map(literal).try_fold(Duration::ZERO, |most, window| Some(most.max(window?)));
    let life = ttl.literal.zip(stale).map(|(ttl, stale)| ttl.saturating_add(stale));
    let life = life.zip(literal(&cached.negative_ttl)).map(|(values, errors)| values.max(errors));
    let both = idle.literal.zip(life);
    Finding::when(both.map(|(idle, life)| idle >= life), || {
        let (idle_for, life) = both.map_or_else(Default::default, |(idle, life)| (short(idle), short(life)));
        let reason = format!(
            "an entry is gone after {life} in any case, and would be dropped if nobody read it for {idle_for}, so \
             `time_to_idle` never acts; make it shorter, or leave it out"
        );
        (idle.span, reason)
    })
}

pub(super) fn long_ttl(cached: &Cached, position: &Position<'_>) -> Finding {
    let ttl = cached.ttl.as_ref().filter(|_| cached.ttl_is_bare);
    Finding::when(exceeds(ttl, &MAX_TTL_WITHOUT_LINT), || {
        let seconds = ttl.and_then(|ttl| ttl.literal).map_or(0, |ttl| ttl.as_secs());
        let days = seconds / 86_400;
        let reason = format!(
            "a number without a unit is in seconds, and {seconds} of them are {days} days; if milliseconds were meant, write \
             `ttl_ms = {seconds}`, else `ttl = \"{days}d\"`"
        );
        (ttl.map_or(position.span, |ttl| ttl.span), reason)
    })
}
