use std::borrow::Cow;
use std::time::Duration;

use resilience_options::OptionValue;
use resilience_options::circuit_breaker::NO_RATE_OF_PROBES;

use super::CircuitBreakerConfig;
use super::window::Extent;
use crate::settings::{CodeTraits, NO_KEY, Overridable};
use crate::time::backoff::Fixed;

impl Overridable for CircuitBreakerConfig {
    const ATTRIBUTE: &'static str = "circuit_breaker";

    type Live = Self;

    /// Of two options that replace each other, the one that is set later applies.
    fn set_option(self, option: &str, value: &OptionValue) -> Result<Self, String> {
        let config = match (option, value) {
            ("window", OptionValue::Time(time)) => return Ok(self.try_window_time(*time)?),
            ("failure_threshold", _) => {
                Self { window: None, min_calls: None, slow_call: None, half_open_calls: None, ..self }
            }
            ("success_threshold", _) => Self { half_open_calls: None, ..self },
            _ => self,
        };
        crate::validation::plain(config.set_plain(option, value))
    }

    fn validated(self) -> Result<Self, &'static str> {
        if self.window.is_none() && self.half_open_calls.is_some() {
            return Err(NO_RATE_OF_PROBES);
        }
        self.try_checked()?.try_judged()
    }

    fn switched_off(self) -> Self {
        Self { is_enabled: false, ..self }
    }

    fn values(&self) -> Vec<(&'static str, Option<OptionValue>)> {
        let count = |count: u32| Some(OptionValue::Count(count.into()));
        let window = self.window.map(|window| match window {
            Extent::Calls(calls) => OptionValue::Count(calls.into()),
            Extent::Time(time) => OptionValue::Time(time),
        });
        vec![
            ("failure_threshold", count(self.failure_threshold).filter(|_| window.is_none())),
            ("failure_rate", window.as_ref().map(|_| OptionValue::Number(self.failure_rate.to_f64()))),
            ("window", window),
            ("min_calls", self.window.map(|_| OptionValue::Count(self.effective_min_calls().into()))),
            ("slow_call", self.slow_call.map(OptionValue::Time)),
            ("slow_rate", self.slow_call.map(|_| OptionValue::Number(self.slow_rate.to_f64()))),
            ("recovery", Some(OptionValue::Time(self.recovery))),
            ("recovery_factor", Some(OptionValue::Number(self.recovery_factor.to_f64()))),
            ("max_recovery", Some(self.max_recovery).filter(|time| *time != Duration::MAX).map(OptionValue::Time)),
            ("success_threshold", count(self.success_threshold).filter(|_| self.half_open_calls.is_none())),
            ("half_open_max", count(self.half_open_max)),
            ("half_open_calls", self.half_open_calls.map(|calls| OptionValue::Count(calls.into()))),
            ("probe_lease", Some(OptionValue::Time(self.probe_lease))),
            ("max_keys", count(self.max_keys)),
            ("quorum", count(self.quorum).filter(|_| self.is_shared)),
        ]
    }

    fn ignores(&self, option: &str, code: CodeTraits) -> Option<&'static str> {
        if option == "max_keys" && !code.is_keyed {
            return Some(NO_KEY);
        }
        (option == "quorum" && !self.is_shared)
            .then_some("does nothing where the attribute has no `store`, because its breaker is that of one process")
    }

    fn leaves_idle(&self, option: &str) -> Option<Cow<'static, str>> {
        let message = match option {
            "failure_rate" | "min_calls" | "slow_call" if self.window.is_none() => {
                return Some(Cow::Owned(format!(
                    "`{option}` is about the calls in a window; add `window = 100` for the last 100 calls, or \
                     `window = \"30s\"`"
                )));
            }
            "half_open_calls" if self.window.is_none() => NO_RATE_OF_PROBES,
            "slow_rate" if self.slow_call.is_none() => NO_SLOW_CALL,
            "max_recovery" if self.recovery_factor == Fixed::ONE => NOTHING_GROWS,
            _ => return None,
        };
        Some(message.into())
    }
}

const NO_SLOW_CALL: &str =
    "`slow_rate` says how many calls may be slow, and nothing says when a call is; add `slow_call = \"2s\"`";
const NOTHING_GROWS: &str =
    "`max_recovery` limits a growing recovery time, but nothing makes it grow; add `recovery_factor = 2.0`";
