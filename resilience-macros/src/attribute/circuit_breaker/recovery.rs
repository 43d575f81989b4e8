//! The open period of a breaker: the first and the longest.

use std::time::Duration;

use super::KEYS;
use crate::expand::Config;
use crate::parse::{Arguments, Const, Key, Unit, duration, non_zero};

type Time = Option<Const<Duration>>;

pub(super) struct Recovery {
    pub(super) first: Time,
    pub(super) longest: Time,
    pub(super) probe_lease: Time,
}

pub(super) fn parse(arguments: &mut Arguments<'_>, config: &mut Config) -> Recovery {
    let recovery = recovery(arguments);
    let factor = arguments.number("recovery_factor", (1.0, 1e9));
    let max = arguments.duration("max_recovery");
    let max = non_zero(arguments, max, "a `max_recovery` of zero leaves no time to recover; make it longer");
    let lease = arguments.duration("probe_lease");
    let message = "a `probe_lease` of zero takes every permit back at once; make it as long as a call may take";
    let lease = non_zero(arguments, lease, message);
    if let (Some(max), None) = (&max, &factor) {
        arguments.diagnostics.error(
            max.key,
            "`max_recovery` limits a growing recovery time, but nothing makes it grow; add `recovery_factor = 2.0`",
        );
    }
    check_order(arguments, recovery.as_ref(), max.as_ref());

    config.set("recovery", recovery.as_ref());
    config.set("recovery_factor", factor.as_ref());
    config.set("max_recovery", max.as_ref());
    config.set("probe_lease", lease.as_ref());
    config.check(recovery.as_ref().or(max.as_ref()));
    Recovery { first: recovery, longest: max, probe_lease: lease }
}

fn recovery(arguments: &mut Arguments<'_>) -> Time {
    let recovery = arguments.duration("recovery");
    let alias = arguments.take("recovery_timeout");
    let recovery = match (recovery, alias) {
        (Some(recovery), Some(alias)) => {
            let message = "`recovery_timeout` is another name for `recovery`; keep one of them";
            arguments.diagnostics.error(alias.key.span(), message);
            Some(recovery)
        }
        (None, Some(alias)) => duration(arguments, Some("recovery"), &alias, Unit::Text),
        (recovery, None) => recovery,
    };
    non_zero(arguments, recovery, "a `recovery` of zero never rejects a call; give the other side some time")
}

fn check_order(arguments: &Arguments<'_>, recovery: Option<&Const<Duration>>, max: Option<&Const<Duration>>) {
    let Some((max, longest)) = max.and_then(|max| Some((max, max.literal?))) else { return };
    let Some(recovery) = recovery else {
        let default = Key::default_duration(KEYS, "recovery");
        if longest < default {
            arguments.diagnostics.error(
                max.span,
                format_args!(
                    "`max_recovery` ({longest:?}) is shorter than the default `recovery` of {default:?}; give `recovery` too"
                ),
            );
        }
        return;
    };
    if let Some(first) = recovery.literal.filter(|first| *first > longest) {
        arguments.diagnostics.error(
            recovery.span,
            format_args!(
                "`recovery` ({first:?}) is longer than `max_recovery` ({longest:?}); raise the one or lower the other"
            ),
        );
    }
}
