//! Points in time, the clock that reads them, and the delays between attempts.

pub(crate) mod backoff;
pub(crate) mod clock;
