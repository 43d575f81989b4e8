use std::time::Duration;

use super::describe::short;

/// The longest time that a part of a stack takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WorstCase {
    pub(crate) time: Time,
    /// Fallbacks run after that time, without a limit.
    pub(crate) has_fallbacks: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    Unlimited,
    AtMost(Duration),
    Unknown,
}

impl WorstCase {
    pub(crate) const BODY: Self = Self { time: Time::Unlimited, has_fallbacks: false };

    pub(super) fn unlimited(self) -> Self {
        self.with_time(Time::Unlimited)
    }

    pub(super) fn with_time(self, time: Time) -> Self {
        Self { time, ..self }
    }

    /// `None` stands for a constant.
    pub(super) fn after(self, wait: Option<Duration>) -> Self {
        self.with_time(match (self.time, wait) {
            (Time::AtMost(below), Some(wait)) => Time::AtMost(below.saturating_add(wait)),
            (Time::AtMost(_), None) => Time::Unknown,
            (below, _) => below,
        })
    }

    /// `None` stands for a constant.
    pub(super) fn ended_at(self, limit: Option<Duration>) -> Self {
        let time = match (self.time, limit) {
            (Time::AtMost(below), Some(limit)) => Time::AtMost(below.min(limit)),
            (_, Some(limit)) => Time::AtMost(limit),
            (_, None) => Time::Unknown,
        };
        Self { time, has_fallbacks: false }
    }

    /// Returns the second half of "the body runs 4 times, and ..".
    pub(crate) fn describe(self) -> String {
        let fallbacks = if self.has_fallbacks { ", and then as long as the fallbacks take" } else { "" };
        match self.time {
            Time::Unlimited => format!("and nothing limits its time{fallbacks}"),
            Time::AtMost(time) => format!("and the call takes {}{fallbacks}", short(time)),
            Time::Unknown => format!("and its time depends on constants{fallbacks}"),
        }
    }
}
