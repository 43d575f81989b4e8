pub(crate) mod backoff;
mod block_on;
mod clock;
#[cfg(any(feature = "metrics", all(feature = "cached", target_os = "linux")))]
mod coarse;
mod manual;
mod moment;
mod skip;
#[cfg(feature = "metrics")]
mod stopwatch;

pub(crate) use block_on::{block_on_at_most, block_on_within};
pub(crate) use clock::{
    CAN_TOKIO_PAUSE, ClockId, RoughMoment, RoughNow, is_overridden, now, sleep_blocking, take_sleep,
};
#[cfg(feature = "cached")]
pub(crate) use clock::{is_before, roughly_after};
#[cfg(feature = "metrics")]
pub(crate) use coarse::coarse_nanos;
pub use manual::ManualClock;
pub(crate) use moment::{Moment, nanos};
pub use skip::{SkipSleeps, skip_sleeps};
pub(crate) use skip::{SkippedTime, carry as carry_skipped_sleeps, current as skipped_time, is_skipping};
#[cfg(feature = "metrics")]
pub(crate) use stopwatch::{Stopwatch, system_nanos};
