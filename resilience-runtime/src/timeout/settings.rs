use std::borrow::Borrow;

use resilience_options::OptionValue;
use resilience_options::timeout::{check_threads, rules};

use super::TimeoutConfig;
use super::config::ThreadLimit;
use crate::context::{Deadline, PolicyLimit};
use crate::settings::{Effective, Overridable};

/// A limit that replaces the written one, for as long as a call holds it.
#[derive(Debug)]
pub struct LiveLimit {
    config: TimeoutConfig,
    owner: PolicyLimit,
}

impl From<TimeoutConfig> for LiveLimit {
    fn from(config: TimeoutConfig) -> Self {
        Self { config, owner: PolicyLimit::new(config.configured()) }
    }
}

impl Borrow<TimeoutConfig> for LiveLimit {
    fn borrow(&self) -> &TimeoutConfig {
        &self.config
    }
}

impl Overridable for TimeoutConfig {
    const ATTRIBUTE: &'static str = "timeout";

    type Live = LiveLimit;

    fn set_option(self, option: &str, value: &OptionValue) -> Result<Self, String> {
        if let ("limit", OptionValue::Time(limit)) = (option, value) {
            rules::limit.check(*limit)?;
            return Ok(self.with_limit(*limit));
        }
        crate::validation::plain(self.set_plain(option, value))
    }

    fn validated(self) -> Result<Self, &'static str> {
        check_threads(self.max_abandoned, self.max_threads).map(|()| self)
    }

    fn switched_off(self) -> Self {
        self.with_limit(std::time::Duration::MAX)
    }

    fn values(&self) -> Vec<(&'static str, Option<OptionValue>)> {
        let count = |count: u32| Some(OptionValue::Count(count.into()));
        vec![
            ("limit", Some(OptionValue::Time(self.configured().limit))),
            ("max_abandoned", count(self.max_abandoned)),
            ("max_threads", count(self.max_threads)),
        ]
    }
}

/// The limit of a call, from the settings that it began with.
#[inline]
pub fn limit_of(settings: &Effective<'static, TimeoutConfig>) -> Deadline {
    match settings {
        Effective::Written(config) => config.deadline(),
        Effective::Overridden(live) => live.config.fresh_for(live.owner.owner()),
    }
}

pub fn limit_or(settings: &Effective<'_, TimeoutConfig>, written: Deadline) -> Deadline {
    match settings {
        Effective::Written(_) => written,
        Effective::Overridden(live) => live.config.fresh_for(live.owner.owner()),
    }
}

impl ThreadLimit for &Effective<'static, TimeoutConfig> {
    fn settings(&self) -> &TimeoutConfig {
        self
    }
    fn deadline(&self) -> Deadline {
        limit_of(self)
    }
}
