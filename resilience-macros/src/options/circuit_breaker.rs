use std::time::Duration;

use syn::{Expr, LitStr};

use super::Config;
use crate::attr::{Arguments, Given};
use crate::diagnostics::Diagnostics;
use crate::duration::{self, Unit, not_zero};
use crate::value;

pub(crate) struct CircuitBreaker {
    pub(crate) breaker: Breaker,
    pub(crate) when: Option<Expr>,
    pub(crate) ignore: Option<Expr>,
    pub(crate) map_err: Option<Expr>,
}

/// Which breaker it is.
pub(crate) enum Breaker {
    /// A `static` of the user's.
    Shared(Expr),
    Named(LitStr, Config),
    /// Called by the path of its function.
    OfFunction(Config),
}

impl CircuitBreaker {
    /// Whether it asks nothing but what errors say of themselves.
    pub(crate) fn is_by_meaning(&self) -> bool {
        self.when.is_none() && self.ignore.is_none()
    }
}

pub(super) fn interpret(arguments: &mut Arguments, diagnostics: &mut Diagnostics) -> CircuitBreaker {
    let shared = arguments.take("shared");
    let name = arguments.name("name", diagnostics);

    let mut config = Config::new(arguments.span);
    let mut count = |config: &mut Config, key: &'static str| {
        let value = arguments.count(key, 1, diagnostics);
        config.set(key, value.as_ref());
    };
    count(&mut config, "failure_threshold");
    count(&mut config, "success_threshold");
    count(&mut config, "half_open_max");

    let recovery = arguments.duration(["recovery", "recovery_secs", "recovery_ms"], Unit::Text, diagnostics);
    let alias = arguments.take_alias("recovery_timeout");
    let recovery = match (recovery, alias) {
        (Some(recovery), Some(alias)) => {
            diagnostics.error(alias.key.span(), "`recovery_timeout` is another name for `recovery`; keep one of them");
            Some(recovery)
        }
        (None, Some(alias)) => {
            duration::duration(arguments.attribute(), Some("recovery"), &alias, Unit::Text, diagnostics)
        }
        (recovery, None) => recovery,
    };
    let recovery =
        not_zero(recovery, "a `recovery` of zero never refuses a call; give the other side some time", diagnostics);
    let factor = arguments.number("recovery_factor", (1.0, 1e9), diagnostics);
    let max_recovery =
        arguments.duration(["max_recovery", "max_recovery_secs", "max_recovery_ms"], Unit::Text, diagnostics);
    let max_recovery =
        not_zero(max_recovery, "a `max_recovery` of zero leaves no time to recover; make it longer", diagnostics);
    let lease = arguments.duration(["probe_lease", "probe_lease_secs", "probe_lease_ms"], Unit::Text, diagnostics);
    let lease = not_zero(
        lease,
        "a `probe_lease` of zero takes every place back at once; make it as long as a call may take",
        diagnostics,
    );
    if let (Some(max), None) = (&max_recovery, &factor) {
        diagnostics.error(
            max.key,
            "`max_recovery` limits a growing recovery time, but nothing makes it grow; add `recovery_factor = 2.0`",
        );
    }
    let literals = (recovery.as_ref().and_then(|r| r.literal), max_recovery.as_ref().and_then(|m| m.literal));
    if let (Some(recovery), (Some(first), Some(most))) = (&recovery, literals) {
        if first > most {
            diagnostics.error(
                recovery.span,
                format_args!(
                    "`recovery` ({first:?}) is longer than `max_recovery` ({most:?}); raise the one or lower the other"
                ),
            );
        }
    }
    if let (None, Some(most)) = (&recovery, literals.1) {
        if most < Duration::from_secs(60) {
            let span = max_recovery.as_ref().map_or(arguments.span, |max| max.span);
            diagnostics.error(
                span,
                format_args!(
                    "`max_recovery` ({most:?}) is shorter than the default `recovery` of 60s; give `recovery` too"
                ),
            );
        }
    }

    config.set("recovery", recovery.as_ref());
    config.set("recovery_factor", factor.as_ref());
    config.set("max_recovery", max_recovery.as_ref());
    config.set("probe_lease", lease.as_ref());
    config.check(recovery.as_ref().or(max_recovery.as_ref()));

    let when = arguments.function("when", diagnostics);
    let ignore = arguments.function("ignore", diagnostics);
    let map_err = arguments.function("map_err", diagnostics);
    let breaker = match (shared, name) {
        (Some(Given { key, value }), name) => {
            if name.is_some() || !config.is_default() {
                diagnostics.error(
                    key.span(),
                    "`shared` names a `static` that has a name and a configuration of its own; give them there",
                );
            }
            if !matches!(value::bare(&value), Expr::Path(_)) {
                diagnostics
                    .error_at(&value, "`shared` takes the path of a `static` of type `resilience::CircuitBreaker`");
            }
            Breaker::Shared(value)
        }
        (None, Some(name)) => Breaker::Named(name, config),
        (None, None) => Breaker::OfFunction(config),
    };
    CircuitBreaker { breaker, when, ignore, map_err }
}
