use resilience_options::OptionValue;

use super::StreamLimits;
use super::times::{LiveTimes, StreamTimes};
use crate::context::Deadline;
use crate::settings::{CodeTraits, Effective, LiveSettings, Overridable};
use crate::timeout::NO_THREADS;

impl Overridable for StreamTimes {
    const ATTRIBUTE: &'static str = "timeout";

    type Live = LiveTimes;

    fn set_option(self, option: &str, value: &OptionValue) -> Result<Self, String> {
        crate::validation::plain(self.set_plain(option, value))
    }

    fn validated(self) -> Result<Self, &'static str> {
        self.sound()
    }

    fn switched_off(self) -> Self {
        Self::new(self.function)
    }

    fn values(&self) -> Vec<(&'static str, Option<OptionValue>)> {
        let limits = [("limit", self.whole), ("first", self.first), ("idle", self.idle)];
        limits.map(|(option, limit)| (option, limit.map(|limit| OptionValue::Time(limit.configured().limit)))).into()
    }

    fn ignores(&self, option: &str, _: CodeTraits) -> Option<&'static str> {
        matches!(option, "max_abandoned" | "max_threads").then_some(NO_THREADS)
    }

    /// A limit on calls would end the streams that are meant to go on.
    fn is_exempt(&self, option: &str) -> Option<&'static str> {
        (option == "limit" && self.whole.is_none())
            .then_some("for all names does not limit a stream that has no limit of the whole; set it for its name")
    }
}

/// The limits of a stream, from the settings that it begins with.
pub fn stream_limits(settings: &LiveSettings<StreamTimes>, written: &'static StreamTimes) -> StreamLimits {
    settings.overridden().map_or_else(|| StreamLimits::of(written), |live| StreamLimits::begin(live.deadlines()))
}

/// The limits of a layer, from the settings that its call began with.
pub fn deadlines_or(settings: &Effective<'_, StreamTimes>, written: &LiveTimes) -> [Option<Deadline>; 3] {
    match settings {
        Effective::Written(_) => written.deadlines(),
        Effective::Overridden(live) => live.deadlines(),
    }
}
