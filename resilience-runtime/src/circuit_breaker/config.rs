use std::time::Duration;

use super::state::Config;
use crate::backoff::Fixed;

/// What one `#[circuit_breaker]` was given, built in an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerConfig(pub(super) Config);

impl BreakerConfig {
    pub const DEFAULT: Self = Self(Config::DEFAULT);

    #[must_use]
    #[track_caller]
    pub const fn failure_threshold(mut self, failures: u32) -> Self {
        assert!(failures >= 1, "`failure_threshold` must be at least 1");
        self.0.failure_threshold = failures;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn success_threshold(mut self, successes: u32) -> Self {
        assert!(successes >= 1, "`success_threshold` must be at least 1");
        self.0.success_threshold = successes;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn half_open_max(mut self, probes: u32) -> Self {
        assert!(probes >= 1, "`half_open_max` must be at least 1");
        self.0.half_open_max = probes;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn recovery(mut self, time: Duration) -> Self {
        assert!(!time.is_zero(), "`recovery` must be longer than zero");
        self.0.recovery = time;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn recovery_factor(mut self, factor: f64) -> Self {
        assert!(factor >= 1.0 && factor <= 1e9, "`recovery_factor` must be between 1 and 1e9");
        self.0.recovery_factor = Fixed::from_f64(factor);
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn max_recovery(mut self, time: Duration) -> Self {
        self.0.max_recovery = time;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn probe_lease(mut self, time: Duration) -> Self {
        assert!(!time.is_zero(), "`probe_lease` must be longer than zero");
        self.0.probe_lease = time;
        self
    }

    /// The last step of the `const` item: what only the whole can show.
    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        assert!(
            self.0.recovery.as_nanos() <= self.0.max_recovery.as_nanos(),
            "`recovery` is longer than `max_recovery`"
        );
        self
    }
}
