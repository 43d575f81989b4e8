//! The schedule of the faults.

use std::ops::Range;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    DatabaseStopped,
    CommitsStall,
    RedisFrozen,
    ModelDown,
    ModelLimited,
}

impl Fault {
    pub const ALL: [Self; 6] =
        [Self::None, Self::DatabaseStopped, Self::CommitsStall, Self::RedisFrozen, Self::ModelDown, Self::ModelLimited];

    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::DatabaseStopped => "database stopped",
            Self::CommitsStall => "commits stall",
            Self::RedisFrozen => "Redis frozen",
            Self::ModelDown => "model: 503",
            Self::ModelLimited => "model: 429",
        }
    }

    /// The part of the run during which the fault lasts, in percent.
    const fn percent(self) -> Option<Range<u32>> {
        match self {
            Self::None => None,
            Self::DatabaseStopped => Some(10..20),
            Self::CommitsStall => Some(30..40),
            Self::RedisFrozen => Some(48..58),
            Self::ModelDown => Some(66..76),
            Self::ModelLimited => Some(82..92),
        }
    }
}

pub struct Schedule {
    pub length: Duration,
    /// In the order of time.
    pub faults: Vec<(Fault, Range<Duration>)>,
}

impl Schedule {
    pub fn new(length: Duration) -> Self {
        let at = |percent: u32| length * percent / 100;
        let time = |fault: Fault| fault.percent().map(|part| (fault, at(part.start)..at(part.end)));
        Self { length, faults: Fault::ALL.into_iter().filter_map(time).collect() }
    }

    pub fn fault_at(&self, time: Duration) -> Fault {
        let found = self.faults.iter().find(|(_, range)| range.contains(&time));
        found.map_or(Fault::None, |(fault, _)| *fault)
    }
}
