//! The rows of the tables: rules, words and defaults.

use std::time::Duration;

use resilience_options::{
    Key, Setting, bulkhead, cached, circuit_breaker, duration, fallback, rate_limit, retry, timeout,
};

fn tables() -> [(&'static str, &'static [Key]); 7] {
    [
        ("bulkhead", bulkhead::KEYS),
        ("cached", cached::KEYS),
        ("circuit_breaker", circuit_breaker::KEYS),
        ("fallback", fallback::KEYS),
        ("rate_limit", rate_limit::KEYS),
        ("retry", retry::KEYS),
        ("timeout", timeout::KEYS),
    ]
}

#[test]
fn a_rule_accepts_its_bounds_and_nothing_beyond() {
    assert_eq!(bulkhead::OPTIONS.max.rule.check(0), Err("`max` must be at least 1"));
    assert_eq!(bulkhead::OPTIONS.max.rule.check(1), Ok(()));
    assert_eq!(bulkhead::OPTIONS.max.rule.check(u32::MAX), Ok(()));
    assert_eq!(bulkhead::OPTIONS.queue.rule.check(0), Ok(()));

    let window = circuit_breaker::rules::window;
    assert_eq!([0, 1, 100_000, 100_001].map(|calls| window.check(calls).is_ok()), [false, true, true, false]);

    let wait = rate_limit::rules::wait;
    assert_eq!(wait.check(Duration::ZERO), Err("a `wait` of zero lets no call wait; leave `wait` out"));
    assert_eq!(wait.check(Duration::from_nanos(1)), Ok(()));
    assert_eq!(wait.check(Duration::MAX), Ok(()));

    let accepts = |setting: Setting<f64>, values: [f64; 7]| values.map(|value| setting.rule.check(value).is_ok());
    let around = [f64::NAN, -0.1, 0.0, f64::MIN_POSITIVE, 1.0, 1.1, f64::INFINITY];
    assert_eq!(accepts(cached::OPTIONS.ttl_jitter, around), [false, false, true, true, true, false, false]);
    assert_eq!(accepts(circuit_breaker::OPTIONS.slow_rate, around), [false, false, false, true, true, false, false]);
    let around = [f64::NAN, -1.0, 0.9, 1.0, 1e9, 1.1e9, f64::INFINITY];
    assert_eq!(accepts(retry::OPTIONS.factor, around), [false, false, false, true, true, false, false]);
}

/// The number of rows with a rule.
fn ruled(table: &str) -> usize {
    table.lines().filter(|row| row.contains(" It must be ")).count()
}

#[test]
fn every_rule_ends_at_its_bounds() {
    const ABOVE_ONE: f64 = 1.0 + f64::EPSILON;

    let (zero, least) = ([Duration::ZERO], [Duration::from_nanos(1), Duration::MAX]);
    macro_rules! ends {
        ($($attribute:ident $docs:ident { $($($option:ident)+: $beyond:expr, $within:expr;)+ })+) => {$({
            let mut checked = 0;
            $($({
                let rule = $attribute::rules::$option;
                let name = concat!(stringify!($attribute), " ", stringify!($option));
                for value in $beyond {
                    assert!(rule.check(value).is_err(), "{name} {value:?}");
                }
                for value in $within {
                    assert_eq!(rule.check(value), Ok(()), "{name} {value:?}");
                }
                checked += 1;
            })+)+
            assert_eq!(checked, ruled(resilience_options::$docs!(table)), concat!("of ", stringify!($attribute)));
        })+};
    }
    ends! {
        bulkhead bulkhead_docs {
            max max_keys: [0], [1, u32::MAX];
            wait lease: zero, least;
        }
        cached cached_docs {
            ttl time_to_idle negative_ttl stale_while_revalidate stale_if_error near: zero, least;
            max_size: [0], [1, usize::MAX];
            max_weight: [0], [1, u64::MAX];
            ttl_jitter: [-f64::MIN_POSITIVE, ABOVE_ONE], [0.0, 1.0];
            max_concurrent_loads: [0], [1, u32::MAX];
        }
        circuit_breaker circuit_breaker_docs {
            failure_threshold min_calls success_threshold half_open_max half_open_calls max_keys quorum: [0], [1, u32::MAX];
            window: [0, 100_001], [1, 100_000];
            failure_rate slow_rate: [0.0, ABOVE_ONE], [f64::MIN_POSITIVE, 1.0];
            slow_call recovery max_recovery probe_lease: zero, least;
            recovery_factor: [1.0 - f64::EPSILON, 1e9 + 1.0], [1.0, 1e9];
        }
        rate_limit rate_limit_docs {
            max burst max_keys lease instances: [0], [1, u32::MAX];
            per wait spread: zero, least;
        }
        retry retry_docs {
            max: [0], [1, u32::MAX];
            attempts: [0, 1], [2, u32::MAX];
            base_delay max_delay max_elapsed: zero, least;
            factor: [1.0 - f64::EPSILON, 1e9 + 1.0], [1.0, 1e9];
            jitter: [-f64::MIN_POSITIVE, ABOVE_ONE], [0.0, 1.0];
        }
        timeout timeout_docs {
            limit first idle: zero, least;
            max_abandoned max_threads: [0], [1, u32::MAX];
        }
    }
}

#[test]
fn a_rule_about_several_options_names_the_remedy() {
    assert!(bulkhead::check_wait(true, 0).is_err_and(|problem| problem.contains("give `queue` a length")));
    assert_eq!(bulkhead::check_wait(true, 1), Ok(()));
    assert_eq!(bulkhead::check_wait(false, 0), Ok(()));
    assert!(circuit_breaker::check_min_calls(11, 10).is_err());
    assert_eq!(circuit_breaker::check_min_calls(10, 10), Ok(()));
    let second = Duration::from_secs(1);
    assert!(circuit_breaker::check_recovery(second * 2, second).is_err());
    assert_eq!(circuit_breaker::check_recovery(second, second), Ok(()));
    assert!(rate_limit::check_lease(3, 2).is_err_and(|problem| problem.contains("raise `burst`")));
    assert_eq!(rate_limit::check_lease(2, 2), Ok(()));
    assert!(timeout::check_threads(3, 2).is_err());
    assert_eq!(timeout::check_threads(2, 2), Ok(()));
    for check in [timeout::check_first, timeout::check_idle] {
        assert!(check(Some(second), Some(second)).is_err_and(|problem| problem.contains("can never be reached")));
        for (limit, whole) in
            [(Some(second), Some(second * 2)), (Some(second), None), (None, Some(second)), (None, None)]
        {
            assert_eq!(check(limit, whole), Ok(()));
        }
    }
    assert!(cached::check_refresh(true, false).is_err());
    for (refreshes, coalesces) in [(true, true), (false, true), (false, false)] {
        assert_eq!(cached::check_refresh(refreshes, coalesces), Ok(()));
    }
    assert!(retry::check_delays(second * 2, second).is_err());
    assert_eq!(retry::check_delays(second, second), Ok(()));
}

#[test]
fn a_row_documents_a_setter_and_a_cell() {
    assert_eq!(
        resilience_options::bulkhead_docs!(max),
        " the limit on concurrent calls. It must be at least 1. Required."
    );
    assert_eq!(resilience_options::rate_limit_docs!(per), " the period. It must be longer than zero. Default: 1s.");
    let table = resilience_options::bulkhead_docs!(table);
    assert!(
        table.starts_with(
            "| `max` | whole number | required | the limit on concurrent calls. It must be at least 1. |\n"
        ),
        "{table}"
    );
    assert!(table.contains("| `wait` | duration | no limit but the deadline | the longest wait in the queue. It must be longer than zero. |\n"));
    assert_eq!(table.lines().count(), bulkhead::KEYS.len());
    assert!(!resilience_options::rate_limit_docs!(table).contains("| `rate` |"), "a guess is no option");
}

#[test]
fn a_default_is_written_as_a_value_of_its_option() {
    assert_eq!(
        duration::parse(retry::OPTIONS.max_delay.key.default),
        Ok(retry::OPTIONS.max_delay.rule.default_value())
    );
    assert_eq!(circuit_breaker::OPTIONS.failure_threshold.key.default, "5");
    assert_eq!(cached::OPTIONS.coalesce.key.default, "true");
}

#[test]
fn code_and_names_are_fixed_when_a_program_is_compiled() {
    let overridable = |keys: &[Key]| -> Vec<&str> {
        keys.iter().filter(|key| key.kind.is_overridable()).map(|key| key.name).collect()
    };
    assert_eq!(overridable(bulkhead::KEYS), ["max", "queue", "wait", "max_keys", "lease"]);
    assert_eq!(overridable(fallback::KEYS), [""; 0]);
    for (attribute, keys) in tables() {
        for fixed in ["name", "key", "when", "map_err", "log_errors", "share", "skip"] {
            assert!(!overridable(keys).contains(&fixed), "`{fixed}` of `{attribute}`");
        }
    }
}

#[test]
fn no_two_options_of_an_attribute_share_a_spelling() {
    for (attribute, keys) in tables() {
        let mut spellings: Vec<String> = keys.iter().flat_map(Key::spellings).collect();
        let all = spellings.len();
        spellings.sort();
        spellings.dedup();
        assert_eq!(spellings.len(), all, "{attribute}");
    }
}
