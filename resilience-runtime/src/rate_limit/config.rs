use std::time::Duration;

/// What one `#[rate_limit]` was given, built in an item.
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
    pub const fn max(mut self, calls: u32) -> Self {
        assert!(calls >= 1, "`max` must be at least 1");
        self.max = calls;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn per(mut self, time: Duration) -> Self {
        assert!(!time.is_zero(), "`per` must be longer than zero");
        self.per = time;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn burst(mut self, calls: u32) -> Self {
        assert!(calls >= 1, "`burst` must be at least 1");
        self.burst = Some(calls);
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn max_keys(mut self, keys: u32) -> Self {
        assert!(keys >= 1, "`max_keys` must be at least 1");
        self.max_keys = keys;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn wait(mut self, time: Duration) -> Self {
        assert!(!time.is_zero(), "`wait` must be longer than zero");
        self.wait = Some(time);
        self
    }

    pub(super) fn bursts(&self) -> u32 {
        self.burst.unwrap_or(self.max)
    }
}

/// What they mean, not how it was said.
impl PartialEq for RateLimiterConfig {
    fn eq(&self, other: &Self) -> bool {
        let meaning = |config: &Self| (config.max, config.per, config.bursts(), config.wait, config.max_keys);
        meaning(self) == meaning(other)
    }
}
