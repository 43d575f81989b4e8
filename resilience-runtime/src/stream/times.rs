use std::borrow::Borrow;
use std::time::Duration;

use resilience_options::timeout::{check_first, check_idle, rules};

use crate::context::Deadline;
use crate::registry::FunctionRef;
#[cfg(not(feature = "config"))]
use crate::settings::LiveSettings;
use crate::timeout::{LiveLimit, TimeoutConfig};
use crate::validation::sound;

/// The limits of a stream: until its first item, between two items, and as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamTimes {
    pub(super) function: FunctionRef,
    pub(super) first: Option<TimeoutConfig>,
    pub(super) idle: Option<TimeoutConfig>,
    pub(super) whole: Option<TimeoutConfig>,
}

impl StreamTimes {
    pub const fn new(function: FunctionRef) -> Self {
        Self { function, first: None, idle: None, whole: None }
    }

    setters! {
        first / try_first(self, limit: Duration) by rules::first => self.first = Some(self.limit_of(limit));
        idle / try_idle(self, limit: Duration) by rules::idle => self.idle = Some(self.limit_of(limit));
        whole / try_whole(self, limit: Duration) by rules::limit => self.whole = Some(self.limit_of(limit));
    }

    const fn limit_of(self, limit: Duration) -> TimeoutConfig {
        TimeoutConfig::new(self.function, limit)
    }

    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        sound(self.sound())
    }

    pub(super) const fn sound(self) -> Result<Self, &'static str> {
        match self.with_reachable_first() {
            Ok(times) => times.with_reachable_idle(),
            problem => problem,
        }
    }

    pub(crate) const fn with_reachable_first(self) -> Result<Self, &'static str> {
        match check_first(length(self.first), length(self.whole)) {
            Ok(()) => Ok(self),
            Err(problem) => Err(problem),
        }
    }

    pub(crate) const fn with_reachable_idle(self) -> Result<Self, &'static str> {
        match check_idle(length(self.idle), length(self.whole)) {
            Ok(()) => Ok(self),
            Err(problem) => Err(problem),
        }
    }

    pub(crate) fn of_function(self, function: FunctionRef) -> Self {
        let [first, idle, whole] =
            [self.first, self.idle, self.whole].map(|limit| limit.map(|limit| limit.of_function(function)));
        Self { function, first, idle, whole }
    }

    /// The limit of the whole.
    pub(crate) const fn longest(&self) -> Option<Duration> {
        length(self.whole)
    }

    pub(crate) const fn each(&self) -> [&Option<TimeoutConfig>; 3] {
        [&self.first, &self.idle, &self.whole]
    }
}

const fn length(limit: Option<TimeoutConfig>) -> Option<Duration> {
    match limit {
        Some(limit) => Some(limit.length()),
        None => None,
    }
}

/// The limits of a policy, or those that replace the written ones.
#[derive(Debug)]
pub struct LiveTimes {
    times: StreamTimes,
    /// In the order of [`StreamTimes::each`].
    limits: [Option<LiveLimit>; 3],
}

impl From<StreamTimes> for LiveTimes {
    fn from(times: StreamTimes) -> Self {
        Self { times, limits: times.each().map(|limit| limit.map(LiveLimit::from)) }
    }
}

impl Borrow<StreamTimes> for LiveTimes {
    fn borrow(&self) -> &StreamTimes {
        &self.times
    }
}

impl LiveTimes {
    pub const fn times(&self) -> &StreamTimes {
        &self.times
    }

    /// The limits until the first item, between two items and of the whole, in force while somebody holds these.
    pub fn deadlines(&self) -> [Option<Deadline>; 3] {
        self.limits.each_ref().map(|limit| limit.as_ref().map(LiveLimit::deadline))
    }
}

/// The limits of one stream, which it keeps from its opening to its end.
#[derive(Debug, Clone, Copy)]
pub struct StreamLimits {
    opening: Deadline,
    pub(super) idle: Deadline,
    /// It counts from the call.
    pub(super) whole: Deadline,
}

impl StreamLimits {
    pub fn of(times: &'static StreamTimes) -> Self {
        let written = |limit: &'static Option<TimeoutConfig>| limit.as_ref().map(TimeoutConfig::deadline);
        Self::begin(times.each().map(written))
    }

    pub(super) fn begin(limits: [Option<Deadline>; 3]) -> Self {
        let [first, idle, whole] = limits.map(|limit| limit.unwrap_or(Deadline::NONE));
        let opening = if first.is_none() { whole } else { first };
        Self { opening, idle, whole: if whole.is_none() { whole } else { whole.started() } }
    }

    /// The limit on what happens before the first item.
    pub const fn opening(self) -> Deadline {
        self.opening
    }
}

/// The limits of a stream without settings that could override them.
#[cfg(not(feature = "config"))]
pub fn stream_limits(_: &LiveSettings<StreamTimes>, written: &'static StreamTimes) -> StreamLimits {
    StreamLimits::of(written)
}

#[cfg(not(feature = "config"))]
pub fn deadlines_or(_: &StreamTimes, written: &LiveTimes) -> [Option<Deadline>; 3] {
    written.deadlines()
}
