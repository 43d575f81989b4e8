use std::time::Duration;

use resilience_options::bulkhead::{check_wait, rules};

use crate::validation::sound;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkheadConfig {
    pub(super) max: u32,
    pub(super) queue: u32,
    pub(super) wait: Option<Duration>,
    pub(super) max_keys: u32,
    /// The time after which a place of all processes is free again if its process is gone.
    pub(super) lease: Duration,
    /// It comes with a store.
    pub(super) is_shared: bool,
}

impl BulkheadConfig {
    pub const DEFAULT: Self = Self {
        max: 1,
        queue: rules::queue.default_value(),
        wait: rules::wait.default,
        max_keys: rules::max_keys.default_value(),
        lease: rules::lease.default_value(),
        is_shared: false,
    };

    setters! {
        max / try_max(self, calls: u32) by rules::max => self.max = calls;
        queue / try_queue(self, calls: u32) by rules::queue => self.queue = calls;
        wait / try_wait(self, time: Duration) by rules::wait => self.wait = Some(time);
        max_keys / try_max_keys(self, keys: u32) by rules::max_keys => self.max_keys = keys;
        lease / try_lease(self, time: Duration) by rules::lease => self.lease = time;
    }

    /// The largest limit that the word holds: that of a bulkhead that is switched off.
    #[cfg(any(feature = "config", feature = "store"))]
    pub(super) const UNLIMITED: u32 = i32::MAX.unsigned_abs();

    #[cfg(feature = "store")]
    #[cfg_attr(not(feature = "config"), allow(clippy::unused_self, reason = "with the feature `config` it is used"))]
    pub(super) const fn is_switched_off(&self) -> bool {
        self.max == Self::UNLIMITED
    }

    #[must_use]
    pub const fn shared(mut self) -> Self {
        self.is_shared = true;
        self
    }

    pub(crate) const fn longest_wait(&self) -> Option<Duration> {
        self.wait
    }

    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        sound(self.try_checked())
    }

    pub(crate) const fn try_checked(self) -> Result<Self, &'static str> {
        match check_wait(self.wait.is_some(), self.queue) {
            Ok(()) => Ok(self),
            Err(problem) => Err(problem),
        }
    }
}
