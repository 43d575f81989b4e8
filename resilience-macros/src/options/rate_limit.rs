use std::time::Duration;

use syn::{Expr, LitStr};

use super::Config;
use crate::attr::Arguments;
use crate::diagnostics::Diagnostics;
use crate::duration::{Unit, not_zero};
use crate::value::{self, Const};

pub(crate) struct RateLimit {
    pub(crate) config: Config,
    pub(crate) max: Const<u64>,
    pub(crate) per: Option<Const<Duration>>,
    pub(crate) burst: Option<Const<u64>>,
    pub(crate) wait: Option<Const<Duration>>,
    pub(crate) name: Option<LitStr>,
    /// One for each value of this.
    pub(crate) key: Option<Expr>,
    pub(crate) map_err: Option<Expr>,
}

pub(super) fn interpret(arguments: &mut Arguments, diagnostics: &mut Diagnostics) -> Option<RateLimit> {
    let max_given = arguments.take("max");
    let max = max_given.as_ref().and_then(|given| value::count(arguments.attribute(), given, 1, diagnostics));
    let per = arguments.duration(["per", "per_secs", "per_ms"], Unit::Text, diagnostics);
    let per = not_zero(per, "a `per` of zero is no rate; say in which time `max` calls may pass", diagnostics);
    let burst = arguments.count("burst", 1, diagnostics);
    let wait = arguments.duration(["wait", "wait_secs", "wait_ms"], Unit::Text, diagnostics);
    let wait = not_zero(wait, "a `wait` of zero lets nobody wait; leave `wait` out", diagnostics);
    let rate = arguments.take_alias("rate");
    if let Some(rate) = &rate {
        diagnostics.error(
            rate.key.span(),
            "a rate is so many calls in a time: `max = 10` per second, or `max = 10, per = \"1m\"`",
        );
    }
    let name = arguments.name("name", diagnostics);
    let (key, max_keys) = super::instance_key(arguments, "rate limits", diagnostics);
    let map_err = arguments.function("map_err", diagnostics);
    if max_given.is_none() && rate.is_none() && arguments.is_complete() {
        diagnostics.error(
            arguments.span,
            "`#[rate_limit]` needs the number of calls that may pass: `#[rate_limit(max = 10)]` per second, or \
             `#[rate_limit(max = 10, per = \"1m\")]`",
        );
    }

    let mut config = Config::new(arguments.span);
    config.set("max", max.as_ref());
    config.set("per", per.as_ref());
    config.set("burst", burst.as_ref());
    config.set("wait", wait.as_ref());
    config.set("max_keys", max_keys.as_ref());
    Some(RateLimit { config, max: max?, per, burst, wait, name, key, map_err })
}
