//! Help for testing code that carries these attributes.
//!
//! - A [`Script`] stands in for what the code calls: it fails so often, answers late, panics or hangs, and counts.
//! - [`record`] and [`record_blocking`] say which decisions were taken in a call, one by one and in their order.
//! - [`skip_sleeps`] makes pauses instant. Where nothing but these attributes takes time, asynchronous code does not need it:
//!   it runs on tokio's clock, which `#[tokio::test(start_paused = true)]` makes virtual. Synchronous code has a
//!   [`ManualClock`] too.
//! - With the feature `testing-server`, a `FlakyServer` stands in for an HTTP service.
//! - [`reset`] puts state back to its beginning: it is shared by name within a process, and so between tests.
//!
//! ```
//! use resilience::testing::{self, Script};
//! use resilience::{fallback, retry};
//! use std::time::Duration;
//!
//! #[fallback(value = 0)]
//! #[retry(max = 3, base_delay = "1s", jitter = false)]
//! fn price(shop: &Script<u32, &'static str>) -> Result<u32, &'static str> {
//!     shop.call_blocking()
//! }
//!
//! let sleeps = testing::skip_sleeps();
//! let shop = Script::new().fail_times(2, || "down").then_ok(42);
//! let (answer, events) = testing::record_blocking(|| price(&shop));
//! assert_eq!(answer, Ok(42));
//! assert_eq!(shop.calls(), 3);
//! assert_eq!(events.names(), ["retry", "retry"]);
//! assert_eq!(events[1]["delay"], Duration::from_secs(2));
//! assert_eq!(sleeps.skipped(), Duration::from_secs(1 + 2));
//! ```

mod recorder;
mod script;
#[cfg(feature = "testing-server")]
mod server;

pub use crate::time::{ManualClock, SkipSleeps, skip_sleeps};
pub use recorder::{Events, RecordedEvent, Recording, Value, record, record_blocking};
pub use script::Script;
#[cfg(feature = "testing-server")]
pub use server::{FlakyServer, HttpAnswer, HttpRequest};

/// Puts all named state back to its beginning: breakers are closed, retry budgets are full, caches and their statistics
/// are empty, bulkheads have rejected nothing, rate limiters have let nobody pass. With a `key`, all keys are forgotten.
///
/// That is the state of every attribute and policy, as each has a name, if only the path of its function. Calls that are
/// under way finish as calls of an earlier generation: their results change nothing, they keep their places in bulkheads and
/// their turns of rate limits, and bodies of `mode = "thread"` that were left behind still count as that.
///
/// Not reset is
/// - what stands in a `static` of yours, for `shared = ..` and `budget = ..`: it has a `reset()` of its own;
/// - what was said once in a process, that two configurations have one name (`breaker.conflict`, ..).
///
/// Tests run side by side, and this is for the whole process: a test that must be alone with its state does better with a
/// `name` that no other uses.
///
/// ```
/// use resilience::{circuit_breaker, testing};
///
/// #[circuit_breaker(failure_threshold = 1)]
/// fn ask(up: bool) -> Option<u32> {
///     up.then_some(1)
/// }
///
/// assert_eq!((ask(false), ask(true)), (None, None));
/// testing::reset();
/// assert_eq!(ask(true), Some(1));
/// ```
pub fn reset() {
    crate::instance::reset_all::<crate::CircuitBreaker>();
    crate::retry::reset_all();
    crate::instance::reset_all::<crate::Bulkhead>();
    crate::instance::reset_all::<crate::RateLimiter>();
    #[cfg(feature = "cached")]
    crate::cache::reset_all();
}
