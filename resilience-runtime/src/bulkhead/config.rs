use std::time::Duration;

use crate::validation::sound;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkheadConfig {
    pub(super) max: u32,
    pub(super) queue: u32,
    pub(super) wait: Option<Duration>,
    pub(super) max_keys: u32,
}

impl BulkheadConfig {
    pub const DEFAULT: Self = Self { max: 1, queue: 0, wait: None, max_keys: 1000 };

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
    }

    #[must_use]
    pub const fn queue(mut self, calls: u32) -> Self {
        self.queue = calls;
        self
    }

    setters! {
        wait / try_wait(self, time: Duration) {
            !time.is_zero(), "`wait` must be longer than zero" =>
                self.wait = Some(time)
        }
    }

    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        sound(self.try_checked())
    }

    pub(crate) const fn try_checked(self) -> Result<Self, &'static str> {
        if self.wait.is_some() && self.queue == 0 {
            return Err("`wait` is for calls in the queue, and `queue` is zero");
        }
        Ok(self)
    }
}
