use std::time::Duration;

use resilience_options::rate_limit::rules;

use super::gcra::Quota;

#[derive(Debug, Clone, Copy)]
pub struct RateLimiterConfig {
    pub(super) max: u32,
    pub(super) per: Duration,
    pub(super) burst: Option<u32>,
    pub(super) wait: Option<Duration>,
    pub(super) max_keys: u32,
    pub(super) is_enabled: bool,
}

impl RateLimiterConfig {
    pub const DEFAULT: Self = Self {
        max: 1,
        per: rules::per.default_value(),
        burst: rules::burst.default,
        wait: rules::wait.default,
        max_keys: rules::max_keys.default_value(),
        is_enabled: true,
    };

    setters! {
        max / try_max(self, calls: u32) by rules::max => self.max = calls;
        per / try_per(self, time: Duration) by rules::per => self.per = time;
        burst / try_burst(self, calls: u32) by rules::burst => self.burst = Some(calls);
        wait / try_wait(self, time: Duration) by rules::wait => self.wait = Some(time);
        max_keys / try_max_keys(self, keys: u32) by rules::max_keys => self.max_keys = keys;
    }

    pub(crate) const fn longest_wait(&self) -> Option<Duration> {
        self.wait
    }

    pub(super) fn quota(self) -> Quota {
        Quota::new(self.max, self.per, self.effective_burst())
    }

    pub(super) fn effective_burst(&self) -> u32 {
        self.burst.unwrap_or(self.max)
    }
}

/// Compares the limits, not how they were written: `burst` defaults to `max`.
impl PartialEq for RateLimiterConfig {
    fn eq(&self, other: &Self) -> bool {
        let limits = |config: &Self| {
            (config.max, config.per, config.effective_burst(), config.wait, config.max_keys, config.is_enabled)
        };
        limits(self) == limits(other)
    }
}
