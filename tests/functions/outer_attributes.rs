//! Other attributes on the same function.

use resilience::{circuit_breaker, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky};

/// Above.
#[must_use]
#[retry(max = 2, backoff = "none")]
/// Between.
#[inline]
#[circuit_breaker(failure_threshold = 100)]
#[allow(clippy::shadow_unrelated)]
/// Below.
#[cold]
fn documented(flaky: &Flaky) -> Option<u32> {
    flaky.call().ok()
}

#[deprecated = "use the other one"]
#[retry(max = 2, backoff = "none")]
#[doc(hidden)]
async fn old(flaky: &Flaky) -> Result<u32, Fault> {
    yield_now().await;
    flaky.call()
}

#[retry(max = 2, backoff = "none")]
#[deprecated(note = "use the other one")]
#[cfg(test)]
#[timeout(secs = 1)]
#[inline(never)]
async fn older(flaky: &Flaky) -> Result<u32, Fault> {
    yield_now().await;
    flaky.call()
}

#[retry(max = 2, backoff = "none")]
#[cfg(not(test))]
fn not_here() -> NoSuchType {}

#[cfg(not(test))]
#[retry(max = 2, backoff = "none")]
fn not_here_either() -> NoSuchType {}

#[rustfmt::skip]
#[allow(unused_variables)]
#[retry(max = 2, backoff = "none")]
#[expect(non_snake_case, reason = "the level is about the whole function")]
fn Levels(flaky: &Flaky, spare: u8) -> Result<u32, Fault> {
    flaky.call()
}

/// BUG-H13, BUG-H14.
#[tokio::test(start_paused = true)]
async fn other_attributes_are_kept_wherever_they_are() {
    assert_eq!(documented(&Flaky::failing(2)), Some(3));
    assert_eq!(Levels(&Flaky::failing(2), 0), Ok(3));
    #[expect(deprecated, reason = "the warning is still given")]
    let both = (old(&Flaky::failing(2)).await, older(&Flaky::failing(2)).await);
    assert_eq!(both, (Ok(3), Ok(3)));
}

/// BUG-H13.
#[test]
fn must_use_still_applies() {
    #[expect(unused_must_use, reason = "the warning is still given")]
    {
        documented(&Flaky::failing(0));
    }
}
