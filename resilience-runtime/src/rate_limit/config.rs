use std::time::Duration;

use resilience_options::rate_limit::rules;

use super::gcra::Quota;

#[derive(Debug, Clone, Copy)]
pub struct RateLimiterConfig {
    /// `None` for a limit that only hints of the server close.
    pub(super) max: Option<u32>,
    pub(super) per: Duration,
    pub(super) burst: Option<u32>,
    pub(super) wait: Option<Duration>,
    pub(super) max_keys: u32,
    pub(super) spread: Duration,
    pub(super) is_enabled: bool,
}

impl RateLimiterConfig {
    pub const DEFAULT: Self = Self {
        max: rules::max.default,
        per: rules::per.default_value(),
        burst: rules::burst.default,
        wait: rules::wait.default,
        max_keys: rules::max_keys.default_value(),
        spread: rules::spread.default_value(),
        is_enabled: true,
    };

    setters! {
        max / try_max(self, calls: u32) by rules::max => self.max = Some(calls);
        per / try_per(self, time: Duration) by rules::per => self.per = time;
        burst / try_burst(self, calls: u32) by rules::burst => self.burst = Some(calls);
        wait / try_wait(self, time: Duration) by rules::wait => self.wait = Some(time);
        max_keys / try_max_keys(self, keys: u32) by rules::max_keys => self.max_keys = keys;
        spread / try_spread(self, time: Duration) by rules::spread => self.spread = time;
    }

    pub(crate) const fn longest_wait(&self) -> Option<Duration> {
        self.wait
    }

    pub(super) fn quota(self) -> Quota {
        match self.max {
            Some(max) => Quota::new(max, self.per, self.effective_burst()),
            None => Quota::unlimited(self.spread),
        }
    }

    pub(crate) fn effective_burst(&self) -> u32 {
        self.burst.or(self.max).unwrap_or(u32::MAX)
    }

    /// Returns what decides, and not how it was written: `burst` defaults to `max`.
    fn limits(&self) -> impl PartialEq + use<> {
        let rate = self.max.map(|max| (max, self.per, self.effective_burst()));
        let spread = if self.max.is_none() { Some(self.spread) } else { None };
        (rate, spread, self.wait, self.max_keys, self.is_enabled)
    }
}

impl PartialEq for RateLimiterConfig {
    fn eq(&self, other: &Self) -> bool {
        self.limits() == other.limits()
    }
}
