//! The time that a call takes, by two readings that are seldom converted.

use std::time::Duration;

use super::clock::{CAN_TOKIO_PAUSE, instant_now, is_overridden, now};
use super::coarse::exact_nanos;
use super::moment::Moment;

/// When something began: nanoseconds of the system's clock, or a [`Moment`] where a test may replace that clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopwatch(u64);

const OF_THE_SYSTEM: u64 = 1 << 63;

impl Stopwatch {
    pub const NEVER: Self = Self(Moment::FAR.as_nanos());

    #[inline]
    pub fn start() -> Self {
        system_nanos().map_or_else(|| Self(now().as_nanos()), Self::at)
    }

    #[inline]
    pub const fn at(nanos: u64) -> Self {
        Self(nanos | OF_THE_SYSTEM)
    }

    #[inline]
    pub fn elapsed(self) -> Option<Duration> {
        self.elapsed_at(system_nanos)
    }

    #[inline]
    fn elapsed_at(self, system: impl FnOnce() -> Option<u64>) -> Option<Duration> {
        let now = if self.0 >= OF_THE_SYSTEM { system() } else { None };
        match now {
            Some(now) => Some(Duration::from_nanos(now.saturating_sub(self.0 & !OF_THE_SYSTEM))),
            None => self.elapsed_on_any_clock(),
        }
    }

    #[cold]
    #[inline(never)]
    fn elapsed_on_any_clock(self) -> Option<Duration> {
        let began = match self.0 & !OF_THE_SYSTEM {
            _ if self == Self::NEVER => return None,
            moment if self.0 < OF_THE_SYSTEM => Moment::from_nanos(moment),
            nanos => {
                // In this order, the time between the two readings counts twice, and a call is not too short.
                let system = instant_now();
                let ago = exact_nanos()?.saturating_sub(nanos);
                Moment::from_instant(system).before(Duration::from_nanos(ago))
            }
        };
        Some(now().since(began))
    }
}

/// `None` where a test has replaced the clock, or may pause that of tokio.
#[inline]
pub fn system_nanos() -> Option<u64> {
    if CAN_TOKIO_PAUSE || is_overridden() { None } else { exact_nanos() }
}

#[cfg(test)]
mod tests;
