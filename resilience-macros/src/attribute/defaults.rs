//! The defaults of the tables are those of the runtime: setting one changes nothing. An option with a
//! default that is missing here fails the test.

use std::fmt::Debug;
use std::time::Duration;

use resilience::__private::{
    BulkheadConfig, CacheConfig, CircuitBreakerConfig, FunctionRef, RateLimiterConfig, RetryConfig, TimeoutConfig,
};

use resilience_options::{bulkhead, cached, circuit_breaker, rate_limit, retry, timeout};

use super::Definition;
use crate::parse::{Key, ValueKind};

fn keys(attribute: &str) -> &'static [Key] {
    Definition::named(attribute).expect("an attribute").keys
}

/// Returns whether a default is a value, not words about one.
fn is_value(key: &Key) -> bool {
    let is_scalar = key.default.parse::<f64>().is_ok() || key.default.parse::<bool>().is_ok();
    let is_duration = key.kind == ValueKind::Duration && key.default.starts_with(|first: char| first.is_ascii_digit());
    (is_scalar || is_duration || key.default.starts_with("`\"")) && key.kind.is_overridable()
}

/// Compares a configuration with others that each set one default, and finds a missing default.
fn compare<C: Debug>(attribute: &str, default: &C, set: &[(&str, C)]) {
    // Whether it is set is no default.
    let shown = |config: &C| format!("{config:?}").replace("base_is_given: true", "base_is_given: false");
    for (key, config) in set {
        assert_eq!(shown(config), shown(default), "`{key}` of `#[{attribute}]`");
    }
    let values: Vec<&str> = keys(attribute).iter().filter(|key| is_value(key)).map(|key| key.name).collect();
    let compared: Vec<&str> = set.iter().map(|(key, _)| *key).collect();
    assert_eq!(values, compared, "`#[{attribute}]`");
}

#[test]
fn bulkhead_and_rate_limit() {
    let (default, options) = (BulkheadConfig::DEFAULT, bulkhead::OPTIONS);
    let set = [
        ("queue", default.queue(options.queue.rule.default_value())),
        ("max_keys", default.max_keys(options.max_keys.rule.default_value())),
        ("lease", default.lease(options.lease.rule.default_value())),
    ];
    compare("bulkhead", &default, &set);

    let (default, options) = (RateLimiterConfig::DEFAULT, rate_limit::OPTIONS);
    let set = [
        ("per", default.per(options.per.rule.default_value())),
        ("max_keys", default.max_keys(options.max_keys.rule.default_value())),
        ("spread", default.spread(options.spread.rule.default_value())),
        ("on_outage", default.local_on_outage()),
        ("instances", default.instances(options.instances.rule.default_value())),
    ];
    compare("rate_limit", &default, &set);
}

#[test]
fn cached_and_timeout() {
    let (default, options) = (CacheConfig::DEFAULT, cached::OPTIONS);
    let set = [
        ("max_size", default.max_size(options.max_size.rule.default_value())),
        ("max_concurrent_loads", default.max_concurrent_loads(options.max_concurrent_loads.rule.default_value())),
        ("coalesce", default.coalesce(options.coalesce.rule.default_value())),
        ("cache_degraded", default.cache_degraded(options.cache_degraded.rule.default_value())),
        ("version", default.version(options.version.rule.default_value())),
        ("near", default.near(options.near.rule.default_value())),
    ];
    compare("cached", &default, &set);

    let default = TimeoutConfig::new(FunctionRef::UNNAMED, Duration::from_secs(1));
    let options = timeout::OPTIONS;
    let set = [
        ("max_abandoned", default.max_abandoned(options.max_abandoned.rule.default_value())),
        ("max_threads", default.max_threads(options.max_threads.rule.default_value())),
    ];
    compare("timeout", &default, &set);
}

#[test]
fn circuit_breaker_options() {
    let (default, options) = (CircuitBreakerConfig::DEFAULT, circuit_breaker::OPTIONS);
    let set = [
        ("failure_threshold", default.failure_threshold(options.failure_threshold.rule.default_value())),
        ("recovery", default.recovery(options.recovery.rule.default_value())),
        ("recovery_factor", default.recovery_factor(options.recovery_factor.rule.default_value())),
        ("success_threshold", default.success_threshold(options.success_threshold.rule.default_value())),
        ("half_open_max", default.half_open_max(options.half_open_max.rule.default_value())),
        ("probe_lease", default.probe_lease(options.probe_lease.rule.default_value())),
        ("max_keys", default.max_keys(options.max_keys.rule.default_value())),
        ("quorum", default.quorum(options.quorum.rule.default_value())),
    ];
    compare("circuit_breaker", &default, &set);
}

#[test]
fn retry_options() {
    let (default, options) = (RetryConfig::new(FunctionRef::UNNAMED), retry::OPTIONS);
    assert_eq!(options.backoff.key.default, "`\"exponential\"`");
    assert_eq!(options.jitter.key.default, "true");
    let set = [
        ("max", default.max(options.max.rule.default_value())),
        ("backoff", default.exponential()),
        ("base_delay", default.base_delay(options.base_delay.rule.default_value())),
        ("factor", default.factor(options.factor.rule.default_value())),
        ("max_delay", default.max_delay(options.max_delay.rule.default_value())),
        ("jitter", default.full_jitter()),
        ("nested", default.nested(options.nested.rule.default_value())),
    ];
    compare("retry", &default, &set);
}
