//! Tools for testing code that uses the attributes or policies.
//!
//! - A [`Script`] replaces the service that the code calls. It fails, delays, panics or hangs as
//!   scripted, and counts the calls.
//! - [`record`] and [`record_blocking`] return the events of a call, in order.
//! - [`skip_sleeps`] makes delays instant. Asynchronous code can use the clock of tokio instead,
//!   which `#[tokio::test(start_paused = true)]` pauses. Synchronous code can use a
//!   [`ManualClock`].
//! - A `FlakyServer` replaces an HTTP service. It needs the feature `testing-server`.
//! - A `FakeEngine` replaces Redis behind `store = ..`, and loses, delays and forgets on demand. It
//!   needs the feature `store`.
//! - [`reset`] resets all named state, which the tests of a process share.
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

#[cfg(feature = "store")]
mod conformance;
#[cfg(feature = "store")]
mod fake_store;
mod recorder;
mod script;
#[cfg(feature = "testing-server")]
mod server;

pub use crate::time::{ManualClock, SkipSleeps, skip_sleeps};
#[cfg(feature = "store")]
pub use conformance::store_conformance;
#[cfg(feature = "store")]
pub use fake_store::{FakeEngine, FakeStore};
pub use recorder::{Events, RecordedEvent, Recording, Value, record, record_blocking};
pub use script::Script;
#[cfg(feature = "testing-server")]
pub use server::{FlakyServer, HttpAnswer, HttpRequest};

/// Resets all named state of the process.
///
/// Breakers close and retry budgets are full. Caches are empty, and their statistics are zero.
/// Bulkheads and rate limiters start anew. All instances of a `key` are dropped. A
/// [`shutdown`](crate::shutdown) is undone.
///
/// This covers every attribute and policy, because an attribute without a `name` uses the path of
/// its function.
///
/// Running calls finish as part of the earlier generation, and their results change nothing. They
/// keep their places in bulkheads and their turns of rate limiters. Abandoned bodies of `mode =
/// "thread"` still count as abandoned.
///
/// Two things stay:
///
/// - State in a `static` of yours, for `shared = ..` or `budget = ..`. It has a `reset()` method of
///   its own.
/// - Events that are emitted once per process, such as `breaker.conflict`.
///
/// The tests of a process run in parallel and share this state. A test that needs state of its own
/// should use a unique `name` instead.
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
    crate::shutdown::reset();
    crate::instance::reset_all::<crate::CircuitBreaker>();
    crate::retry::reset_all();
    crate::emit::forget_repeats();
    crate::instance::reset_all::<crate::Bulkhead>();
    crate::instance::reset_all::<crate::RateLimiter>();
    #[cfg(feature = "cached")]
    crate::cache::reset_all();
}
