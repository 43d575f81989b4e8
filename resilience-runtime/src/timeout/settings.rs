use std::borrow::Borrow;

use resilience_options::OptionValue;
use resilience_options::timeout::{check_threads, rules};

use super::TimeoutConfig;
use super::config::{LimitSource, ThreadLimit};
use crate::context::{Deadline, PolicyLimit};
use crate::settings::{CodeTraits, Effective, LiveSettings, Overridable};

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

    /// A thread that nothing limits is no reason to reject a call.
    fn switched_off(self) -> Self {
        self.with_limit(std::time::Duration::MAX).max_threads(u32::MAX).max_abandoned(u32::MAX)
    }

    fn values(&self) -> Vec<(&'static str, Option<OptionValue>)> {
        let count = |count: u32| Some(OptionValue::Count(count.into()));
        vec![
            ("limit", Some(OptionValue::Time(self.configured().limit))),
            ("max_abandoned", count(self.max_abandoned)),
            ("max_threads", count(self.max_threads)),
        ]
    }

    fn ignores(&self, option: &str, code: CodeTraits) -> Option<&'static str> {
        (matches!(option, "max_abandoned" | "max_threads") && !code.has_threads).then_some(
            "does nothing where there is no `mode = \"thread\"`, because nothing runs on a thread; leave it out",
        )
    }
}

/// The limit of a call, from the settings that it began with.
#[derive(Debug)]
pub struct SettingsLimit<L> {
    overridden: Option<&'static LiveLimit>,
    written: L,
}

/// The limit of an attribute, overridden or as it is written.
#[inline]
pub fn limit_of<L>(settings: &LiveSettings<TimeoutConfig>, written: L) -> SettingsLimit<L> {
    SettingsLimit { overridden: settings.overridden(), written }
}

impl LiveLimit {
    #[cold]
    fn fresh(&self) -> Deadline {
        self.config.fresh_for(self.owner.owner())
    }
}

impl<L: LimitSource> LimitSource for SettingsLimit<L> {
    #[inline]
    fn fresh(&self) -> Deadline {
        self.overridden.map_or_else(|| self.written.fresh(), LiveLimit::fresh)
    }
}

impl ThreadLimit for SettingsLimit<&'static TimeoutConfig> {
    fn settings(&self) -> &TimeoutConfig {
        self.overridden.map_or(self.written, Borrow::borrow)
    }
    fn deadline(&self) -> Deadline {
        self.fresh()
    }
}

/// The limit of a layer, from the settings that its call began with.
pub fn limit_or(settings: &Effective<'_, TimeoutConfig>, written: Deadline) -> Deadline {
    match settings {
        Effective::Written(_) => written,
        Effective::Overridden(live) => live.fresh(),
    }
}
