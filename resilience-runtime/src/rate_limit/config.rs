use std::time::Duration;

use super::gcra::Quota;

#[derive(Debug, Clone, Copy)]
pub struct RateLimiterConfig {
    pub(super) max: u32,
    pub(super) per: Duration,
    burst: Option<u32>,
    pub(super) wait: Option<Duration>,
    pub(super) max_keys: u32,
}

impl RateLimiterConfig {
    pub const DEFAULT: Self = Self { max: 1, per: Duration::from_secs(1), burst: None, wait: None, max_keys: 1000 };

    #[must_use]
    #[track_caller]
    pub const fn max_keys(mut self, keys: u32) -> Self {
        assert!(keys >= 1, "`max_keys` must be at least 1");
        self.max_keys = keys;
        self
    }

    setters! {
        max / try_max(self, calls: u32) {
            calls >= 1, "`max` must be at least 1" =>
                self.max = calls
        }
        per / try_per(self, time: Duration) {
            !time.is_zero(), "`per` must be longer than zero" =>
                self.per = time
        }
        burst / try_burst(self, calls: u32) {
            calls >= 1, "`burst` must be at least 1" =>
                self.burst = Some(calls)
        }
        wait / try_wait(self, time: Duration) {
            !time.is_zero(), "`wait` must be longer than zero" =>
                self.wait = Some(time)
        }
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
        let limits = |config: &Self| (config.max, config.per, config.effective_burst(), config.wait, config.max_keys);
        limits(self) == limits(other)
    }
}
