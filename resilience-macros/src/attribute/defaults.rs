//! The defaults of the tables are those of the runtime: setting one changes nothing.

use std::fmt::Debug;
use std::time::Duration;

use resilience::__private::{
    BulkheadConfig, CacheConfig, CircuitBreakerConfig, RateLimiterConfig, RetryConfig, TimeoutConfig,
};

use super::Definition;
use crate::parse::{Key, ValueKind};

fn keys(attribute: &str) -> &'static [Key] {
    Definition::named(attribute).expect("an attribute").keys
}

/// Whether a default is a value, not words about one.
fn is_value(key: &Key) -> bool {
    let is_scalar = key.default.parse::<f64>().is_ok() || key.default.parse::<bool>().is_ok();
    let is_duration = key.kind == ValueKind::Duration && key.default.starts_with(|first: char| first.is_ascii_digit());
    // `log_errors` belongs to the macro: the runtime has no default for it.
    (is_scalar || is_duration || key.default.starts_with("`\"")) && key.name != "log_errors"
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
    let number = |key| Key::default_number(keys("bulkhead"), key);
    let default = BulkheadConfig::DEFAULT;
    let set = [("queue", default.queue(number("queue"))), ("max_keys", default.max_keys(number("max_keys")))];
    compare("bulkhead", &default, &set);

    let default = RateLimiterConfig::DEFAULT;
    let per = Key::default_duration(keys("rate_limit"), "per");
    let max_keys = Key::default_number(keys("rate_limit"), "max_keys");
    compare("rate_limit", &default, &[("per", default.per(per)), ("max_keys", default.max_keys(max_keys))]);
}

#[test]
fn cached_and_timeout() {
    let default = CacheConfig::DEFAULT;
    let keys_of = keys("cached");
    let set = [
        ("max_size", default.max_size(Key::default_number(keys_of, "max_size"))),
        ("max_concurrent_loads", default.max_concurrent_loads(Key::default_number(keys_of, "max_concurrent_loads"))),
        ("coalesce", default.coalesce(Key::default_number(keys_of, "coalesce"))),
        ("cache_degraded", default.cache_degraded(Key::default_number(keys_of, "cache_degraded"))),
    ];
    compare("cached", &default, &set);

    let default = TimeoutConfig::new("f", Duration::from_secs(1));
    let number = |key| Key::default_number(keys("timeout"), key);
    let set = [
        ("max_abandoned", default.max_abandoned(number("max_abandoned"))),
        ("max_threads", default.max_threads(number("max_threads"))),
    ];
    compare("timeout", &default, &set);
}

#[test]
fn circuit_breaker() {
    let number = |key| Key::default_number(keys("circuit_breaker"), key);
    let duration = |key| Key::default_duration(keys("circuit_breaker"), key);
    let default = CircuitBreakerConfig::DEFAULT;
    let factor = Key::default_number(keys("circuit_breaker"), "recovery_factor");
    let set = [
        ("failure_threshold", default.failure_threshold(number("failure_threshold"))),
        ("recovery", default.recovery(duration("recovery"))),
        ("recovery_factor", default.recovery_factor(factor)),
        ("success_threshold", default.success_threshold(number("success_threshold"))),
        ("half_open_max", default.half_open_max(number("half_open_max"))),
        ("probe_lease", default.probe_lease(duration("probe_lease"))),
        ("max_keys", default.max_keys(number("max_keys"))),
    ];
    compare("circuit_breaker", &default, &set);
}

#[test]
fn retry() {
    let duration = |key| Key::default_duration(keys("retry"), key);
    let default = RetryConfig::new("f");
    assert_eq!(Key::default_of(keys("retry"), "backoff"), "`\"exponential\"`");
    assert_eq!(Key::default_of(keys("retry"), "jitter"), "true");
    let set = [
        ("max", default.max(Key::default_number(keys("retry"), "max"))),
        ("backoff", default.exponential()),
        ("base_delay", default.base_delay(duration("base_delay"))),
        ("factor", default.factor(Key::default_number(keys("retry"), "factor"))),
        ("max_delay", default.max_delay(duration("max_delay"))),
        ("jitter", default.full_jitter()),
        ("nested", default.nested(Key::default_number(keys("retry"), "nested"))),
    ];
    compare("retry", &default, &set);
}
