//! The attributes, by the names of their tables.

use resilience_options::suggest::{did_you_mean, list};
use resilience_options::{
    Key, OptionValue, Written, WrittenKey, budget, bulkhead, circuit_breaker, rate_limit, retry, timeout,
};

#[cfg(feature = "cached")]
use resilience_options::cached;

use crate::bulkhead::BulkheadConfig;
#[cfg(feature = "cached")]
use crate::cache::CacheConfig;
use crate::circuit_breaker::CircuitBreakerConfig;
use crate::rate_limit::RateLimiterConfig;
use crate::registry::FunctionRef;
use crate::retry::{BudgetConfig, RetryConfig};
use crate::settings::{CodeTraits, MergeProblem, Overridable, OverrideSet, SettingOverride, merge};
use crate::stream::StreamTimes;
use crate::timeout::TimeoutConfig;

/// Two options that exclude each other, and the message about giving both.
pub type Alternatives = (&'static str, &'static str, &'static str);

pub struct AttributeTable {
    pub name: &'static str,
    pub keys: &'static [Key],
    pub alternatives: &'static [Alternatives],
    check_value: fn(&str, &OptionValue) -> Result<(), String>,
    /// Checks the settings of a name that is not in use against each other.
    pub check_together: fn(&OverrideSet, &str) -> Result<(), MergeProblem>,
}

macro_rules! table {
    ($keys:ident, $config:ty, $default:expr, $alternatives:expr) => {
        AttributeTable {
            name: <$config as Overridable>::ATTRIBUTE,
            keys: $keys::KEYS,
            alternatives: $alternatives,
            check_value: |option, value| {
                let config: $config = $default;
                config.set_option(option, value).map(|_| ())
            },
            check_together: |set, section| {
                let config: $config = $default;
                merge(set, section, &config, CodeTraits::ALL).map(|_| ())
            },
        }
    };
}

/// Has a window, so that the options about windows can be checked.
const BREAKER: CircuitBreakerConfig =
    CircuitBreakerConfig::DEFAULT.window(100_000).slow_call(std::time::Duration::from_secs(1)).recovery_factor(2.0);

pub const FALLBACK_IS_CODE: &str =
    "a fallback is code, which is fixed when the program is compiled, and cannot be switched off";

static TABLES: &[AttributeTable] = &[
    table!(budget, BudgetConfig, BudgetConfig::DEFAULT, &[]),
    table!(bulkhead, BulkheadConfig, BulkheadConfig::DEFAULT, &[]),
    #[cfg(feature = "cached")]
    table!(cached, CacheConfig, CacheConfig::DEFAULT, &[("max_size", "max_weight", cached::TWO_LIMITS)]),
    table!(
        circuit_breaker,
        CircuitBreakerConfig,
        BREAKER,
        &[
            ("failure_threshold", "window", circuit_breaker::TWO_WAYS_TO_OPEN),
            ("success_threshold", "half_open_calls", circuit_breaker::TWO_WAYS_TO_CLOSE),
        ]
    ),
    table!(rate_limit, RateLimiterConfig, RateLimiterConfig::DEFAULT, &[]),
    table!(retry, RetryConfig, RetryConfig::new(FunctionRef::UNNAMED), &[("max", "attempts", retry::MAX_AND_ATTEMPTS)]),
    AttributeTable {
        name: TimeoutConfig::ATTRIBUTE,
        keys: timeout::KEYS,
        alternatives: &[],
        check_value: |option, value| match option {
            "first" | "idle" => STREAM.set_option(option, value).map(|_| ()),
            _ => CALL.set_option(option, value).map(|_| ()),
        },
        check_together: |set, section| {
            let of_stream =
                |one: &&SettingOverride| one.section.is_specific() && matches!(one.option, "first" | "idle");
            if set.of(section, TimeoutConfig::ATTRIBUTE).iter().any(of_stream) {
                return merge(set, section, &STREAM, CodeTraits::ALL).map(|_| ());
            }
            merge(set, section, &CALL, CodeTraits::ALL).map(|_| ())
        },
    },
];

/// One table has the options of both.
const CALL: TimeoutConfig = TimeoutConfig::new(FunctionRef::UNNAMED, std::time::Duration::MAX);
const STREAM: StreamTimes = StreamTimes::new(FunctionRef::UNNAMED);

impl AttributeTable {
    pub fn all() -> &'static [Self] {
        TABLES
    }

    pub fn named(word: &str) -> Result<&'static Self, String> {
        if let Some(table) = TABLES.iter().find(|table| table.name == word) {
            return Ok(table);
        }
        if word == "fallback" {
            return Err(format!("{FALLBACK_IS_CODE}; remove the table"));
        }
        let names = || TABLES.iter().map(|table| table.name);
        let hint =
            did_you_mean(word, names(), '`').unwrap_or_else(|| format!("; the attributes are {}", list(names())));
        Err(format!("there is no attribute `{word}`{hint}"))
    }

    /// Returns whether the two options exclude each other.
    pub fn are_alternatives(attribute: &str, one: &str, other: &str) -> bool {
        let table = TABLES.iter().find(|table| table.name == attribute);
        table.is_some_and(|table| {
            table.alternatives.iter().any(|(first, second, _)| [(one, other), (other, one)].contains(&(first, second)))
        })
    }

    pub fn option<'a>(&self, word: &'a str) -> Result<WrittenKey<'a>, String> {
        WrittenKey::find(self.name, self.keys, word)
    }

    pub fn read(&self, key: &WrittenKey<'_>, value: &Written) -> Result<OptionValue, String> {
        let value = key.read(value)?;
        if key.name() != resilience_options::ENABLED {
            (self.check_value)(key.name(), &value)?;
        }
        Ok(value)
    }
}
