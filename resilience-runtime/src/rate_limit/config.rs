use std::time::Duration;

#[cfg(feature = "config")]
use resilience_options::rate_limit::ON_OUTAGE;
use resilience_options::rate_limit::rules;
#[cfg(feature = "config")]
use resilience_options::suggest::{did_you_mean, list};

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
    /// Processes share it in a store.
    pub(super) is_shared: bool,
    pub(super) lease: Option<u32>,
    pub(super) on_outage: OnOutage,
    pub(super) instances: u32,
}

/// The decision about calls while the store of a shared rate limit does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnOutage {
    /// The share of this process: `max` divided by `instances`. Calls that passed before count in it.
    Local,
    /// Nothing: every call passes.
    Open,
    /// Nothing: every call is rejected, with [`Error::StoreAway`](crate::Error::StoreAway).
    Closed,
}

#[cfg(feature = "config")]
impl OnOutage {
    const ALL: [Self; 3] = [Self::Local, Self::Open, Self::Closed];

    pub const fn word(self) -> &'static str {
        ON_OUTAGE[self as usize]
    }

    pub fn of_word(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|decides| decides.word() == word).ok_or_else(|| {
            let hint = did_you_mean(word, ON_OUTAGE, '"')
                .unwrap_or_else(|| format!("; known are {}", list(ON_OUTAGE).replace('`', "\"")));
            format!("unknown on_outage \"{word}\"{hint}")
        })
    }
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
        is_shared: false,
        lease: rules::lease.default,
        on_outage: OnOutage::Local,
        instances: rules::instances.default_value(),
    };

    setters! {
        max / try_max(self, calls: u32) by rules::max => self.max = Some(calls);
        per / try_per(self, time: Duration) by rules::per => self.per = time;
        burst / try_burst(self, calls: u32) by rules::burst => self.burst = Some(calls);
        wait / try_wait(self, time: Duration) by rules::wait => self.wait = Some(time);
        max_keys / try_max_keys(self, keys: u32) by rules::max_keys => self.max_keys = keys;
        spread / try_spread(self, time: Duration) by rules::spread => self.spread = time;
        lease / try_lease(self, units: u32) by rules::lease => self.lease = Some(units);
        instances / try_instances(self, processes: u32) by rules::instances => self.instances = processes;
    }

    #[must_use]
    pub const fn shared(mut self) -> Self {
        self.is_shared = true;
        self
    }

    #[must_use]
    pub const fn on_outage(mut self, decides: OnOutage) -> Self {
        self.on_outage = decides;
        self
    }

    #[must_use]
    pub const fn local_on_outage(self) -> Self {
        self.on_outage(OnOutage::Local)
    }

    #[must_use]
    pub const fn open_on_outage(self) -> Self {
        self.on_outage(OnOutage::Open)
    }

    #[must_use]
    pub const fn closed_on_outage(self) -> Self {
        self.on_outage(OnOutage::Closed)
    }

    pub(crate) const fn longest_wait(&self) -> Option<Duration> {
        self.wait
    }

    /// The part of the limit that this process decides by itself: all of it, or its share if the limit
    /// is shared.
    pub(super) fn quota(self) -> Quota {
        match self.max {
            Some(max) if self.is_shared => {
                let per = self.per.saturating_mul(self.instances);
                Quota::new(max, per, self.local_burst())
            }
            Some(max) => Quota::new(max, self.per, self.effective_burst()),
            None => Quota::unlimited(self.spread),
        }
    }

    #[cfg(feature = "store")]
    pub(crate) fn lease_units(&self) -> u32 {
        self.lease.unwrap_or(0)
    }

    pub(crate) fn effective_burst(&self) -> u32 {
        self.burst.or(self.max).unwrap_or(u32::MAX)
    }

    /// The calls that this process lets pass at once by itself.
    pub(super) fn local_burst(&self) -> u32 {
        let burst = self.effective_burst();
        if self.is_shared { (burst / self.instances.max(1)).max(1) } else { burst }
    }

    /// Returns what decides, and not how it was written: `burst` defaults to `max`.
    fn limits(&self) -> impl PartialEq + use<> {
        let rate = self.max.map(|max| (max, self.per, self.effective_burst()));
        let spread = if self.max.is_none() { Some(self.spread) } else { None };
        let shared = if self.is_shared { Some((self.lease, self.on_outage, self.instances)) } else { None };
        (rate, spread, self.wait, self.max_keys, self.is_enabled, shared)
    }
}

impl PartialEq for RateLimiterConfig {
    fn eq(&self, other: &Self) -> bool {
        self.limits() == other.limits()
    }
}
