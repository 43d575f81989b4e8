use std::borrow::Borrow;

use resilience_options::OptionValue;
use resilience_options::timeout::{check_threads, rules};

use super::config::{LimitSource, LiveLimit, ThreadLimit};
use super::{NO_THREADS, TimeoutConfig};
use crate::context::Deadline;
use crate::settings::{CodeTraits, Effective, LiveSettings, Overridable};

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
        match option {
            "max_abandoned" | "max_threads" if !code.has_threads => Some(NO_THREADS),
            "first" | "idle" => Some(NO_STREAM),
            _ => None,
        }
    }
}

const NO_STREAM: &str = "does nothing where there is no stream: it is an option of `#[timeout]` on a function that returns \
                         one, and of `policy::stream_timeout()`; leave it out";

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

#[cold]
fn overridden(live: &LiveLimit) -> Deadline {
    live.deadline()
}

impl<L: LimitSource> LimitSource for SettingsLimit<L> {
    #[inline]
    fn fresh(&self) -> Deadline {
        self.overridden.map_or_else(|| self.written.fresh(), overridden)
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
        Effective::Overridden(live) => live.deadline(),
    }
}
