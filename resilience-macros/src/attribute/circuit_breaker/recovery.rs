//! The open period of a breaker: the first and the longest.

use std::time::Duration;

use resilience_options::circuit_breaker::OPTIONS;

use crate::expand::Config;
use crate::parse::{Arguments, Const, Unit, checked_duration, duration};

type Period = Option<Const<Duration>>;

pub(super) struct Recovery {
    pub(super) first: Period,
    pub(super) longest: Period,
    pub(super) probe_lease: Period,
}

pub(super) fn parse(arguments: &mut Arguments<'_>, config: &mut Config) -> Recovery {
    let recovery = recovery(arguments);
    let factor = arguments.number(&OPTIONS.recovery_factor);
    let max = arguments.duration(&OPTIONS.max_recovery);
    let lease = arguments.duration(&OPTIONS.probe_lease);
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

fn recovery(arguments: &mut Arguments<'_>) -> Period {
    let recovery = arguments.unchecked_duration("recovery", Unit::Text);
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
    checked_duration(arguments, recovery, |time| OPTIONS.recovery.rule.check(time))
}

fn check_order(arguments: &Arguments<'_>, recovery: Option<&Const<Duration>>, max: Option<&Const<Duration>>) {
    let Some((max, longest)) = max.and_then(|max| Some((max, max.literal?))) else { return };
    let Some(recovery) = recovery else {
        let default = OPTIONS.recovery.rule.default_value();
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
