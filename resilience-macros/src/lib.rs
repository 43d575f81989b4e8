//! The attribute macros of [`resilience`](https://docs.rs/resilience-fn). Use that crate: it re-exports them together with
//! the runtime they expand into.

#![warn(missing_docs)]

mod attribute;
#[cfg(test)]
mod bounds;
mod check;
mod derive;
mod diagnostics;
mod entry;
mod expand;
mod fallback_output;
mod item;
mod layers;
mod lint;
mod parse;
mod runtime_path;
mod rustdoc;
#[cfg(test)]
mod snapshots;
mod stack;

use proc_macro::TokenStream;

/// Implements
/// [`resilience::Classify`](https://docs.rs/resilience-fn/latest/resilience/trait.Classify.html):
/// declares what each of your errors means, where the error is defined.
///
/// Every attribute reads the classification. A permanent error is not retried and does not open a
/// breaker, and a hint is a lower bound for the next delay.
///
/// ```
/// use resilience::{Category, Classify, retry, testing::ManualClock};
/// use std::time::Duration;
///
/// #[derive(Debug, thiserror::Error, Classify)]
/// enum ApiError {
///     #[error("connection lost")]
///     #[classify(network)]
///     Lost,
///     #[error("too many requests")]
///     #[classify(rate_limit, retry_after = wait, severity = "warning")]
///     TooManyRequests { wait: Option<Duration> },
///     #[error("invalid request: {0}")]
///     #[classify(permanent)]
///     Invalid(String),
///     #[error(transparent)]
///     #[classify(transparent)] // ask the `io::Error`
///     Io(#[from] std::io::Error),
/// }
///
/// #[retry(max = 3, jitter = false)]
/// fn submit(calls: &mut u32) -> Result<(), ApiError> {
///     *calls += 1;
///     match *calls {
///         1 => Err(ApiError::TooManyRequests { wait: Some(Duration::from_secs(20)) }),
///         _ => Err(ApiError::Invalid("no body".to_owned())),
///     }
/// }
///
/// let clock = ManualClock::install();
/// let mut calls = 0;
/// assert_eq!(submit(&mut calls).map_err(|error| error.category()), Err(Category::Permanent));
/// assert_eq!((calls, clock.elapsed()), (2, Duration::from_secs(20)));
/// ```
///
/// # Arguments
///
/// | argument | place | meaning |
/// |---|---|---|
/// | `network`, `rate_limit`, `resource`, `transient`, `permanent` | struct, enum, variant | The category. On an enum, the one of every variant that has none. |
/// | `transparent` | struct, enum, variant | Takes the classification of a field: the only one, the one with `#[source]` or `#[from]`, or the one named `source`. |
/// | `transparent` | field | Names that field, where there is a choice. |
/// | `with = path` | struct, enum, variant, field | Asks the function `fn(&F) -> resilience::Verdict` about the field. `F` is any type, such as the error of another crate. |
/// | `severity = "error"` | struct, enum, variant | `"info"`, `"warning"`, `"error"` (the default) or `"critical"`. |
/// | `retry_after = field` | struct, variant | The field with the hint, by its name or number: a `Duration` or an `Option<Duration>`. |
/// | `retry_after` | field | Names that field, on the field itself. |
/// | `crate = path` | struct, enum | The path of the facade, if it is not `::resilience`. |
///
/// The nearest argument applies: that of a variant, then that of the field to which the variant
/// delegates, then that of the enum. A `severity` or `retry_after` beside `transparent` replaces
/// the field's.
///
/// # Wrapped errors
///
/// [`resilience_error`](https://docs.rs/resilience-fn/latest/resilience/trait.Classify.html#method.resilience_error)
/// returns the `resilience::Error` that the error wraps, for the answer of a web handler. It searches
/// one field of a variant, regardless of the category: the field that `transparent` takes, or would
/// take. It finds the error in a field that implements `Classify`, and among the sources of a
/// `Box<dyn Error>` or an `anyhow::Error`. It finds none in other fields, nor in a type parameter
/// without the bound `Classify`.
///
/// # Errors
///
/// A variant without a category, in an enum without a default, is a compile error. Any guess could
/// do harm: an error that counts as transient repeats a payment, and one that counts as permanent
/// disables retries and breakers.
///
/// A field of type `Box<dyn Error>` or `anyhow::Error` has no classification of its own;
/// [`resilience::classify_chain`](https://docs.rs/resilience-fn/latest/resilience/fn.classify_chain.html)
/// finds one inside.
#[proc_macro_derive(Classify, attributes(classify))]
pub fn classify(item: TokenStream) -> TokenStream {
    derive::classify(item.into()).into()
}

/// Limits the number of concurrent calls.
///
/// Further calls wait in a queue or are rejected. One slow dependency then takes `max` threads,
/// tasks and connections, and not all of them.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use resilience::{Error, bulkhead};
/// use std::time::Duration;
///
/// #[bulkhead(max = 2, queue = 1, wait = "1s")]
/// async fn report(month: u32) -> Result<u32, Error> {
///     tokio::time::sleep(Duration::from_millis(300)).await;
///     Ok(month)
/// }
///
/// let answers = tokio::join!(report(1), report(2), report(3), report(4));
/// assert_eq!((answers.0, answers.1), (Ok(1), Ok(2)));
/// assert_eq!(answers.2, Ok(3), "has waited for a permit");
/// assert_eq!(answers.3.map_err(|error| error.code()), Err("bulkhead_full"));
/// # }
/// ```
///
/// # Arguments
///
#[doc = crate::attribute::bulkhead::arguments!()]
///
#[doc = include_str!("attribute/bulkhead.md")]
#[proc_macro_attribute]
pub fn bulkhead(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<attribute::bulkhead::Bulkhead>(arguments.into(), &item.into()).into()
}

/// Stores the results of a function, and runs concurrent calls for one result once.
///
/// ```
/// use resilience::cached;
///
/// #[cached(ttl = 3600, max_size = 10_000, key = query.trim().to_lowercase())]
/// fn search(query: &str, calls: &std::cell::Cell<u32>) -> Option<String> {
///     calls.set(calls.get() + 1);
///     Some(format!("results for {query}"))
/// }
///
/// let calls = std::cell::Cell::new(0);
/// assert_eq!(search("Rust", &calls), search(" rust ", &calls));
/// assert_eq!(calls.get(), 1);
/// ```
///
/// # Arguments
///
#[doc = crate::attribute::cached::arguments!()]
///
#[doc = include_str!("attribute/cached.md")]
#[proc_macro_attribute]
pub fn cached(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<attribute::cached::Cached>(arguments.into(), &item.into()).into()
}

/// Rejects calls to a dependency that keeps failing, and probes it until it recovers.
///
/// ```
/// use resilience::circuit_breaker;
///
/// #[circuit_breaker(name = "inventory", failure_threshold = 3, recovery = "30s")]
/// fn stock(up: bool) -> Result<u32, resilience::Error> {
///     let limit = std::time::Duration::from_secs(1);
///     if up { Ok(7) } else { Err(resilience::Error::Timeout { limit, elapsed: limit }) }
/// }
///
/// for _ in 0..3 {
///     assert_eq!(stock(false).map_err(|error| error.code()), Err("timeout"));
/// }
/// // Open: the body does not run.
/// assert_eq!(stock(true).map_err(|error| error.code()), Err("circuit_open"));
/// ```
///
/// # Arguments
///
#[doc = crate::attribute::circuit_breaker::arguments!()]
///
#[doc = include_str!("attribute/circuit_breaker.md")]
#[proc_macro_attribute]
pub fn circuit_breaker(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<attribute::circuit_breaker::CircuitBreaker>(arguments.into(), &item.into()).into()
}

/// Runs alternatives when the wrapped call fails.
///
/// ```
/// use resilience::fallback;
///
/// #[fallback(from_replica, |error| Ok(format!("nobody knows {id}: {error}")))]
/// fn name(id: u32) -> Result<String, String> {
///     Err(format!("primary is down"))
/// }
///
/// fn from_replica(id: u32) -> Result<String, String> {
///     if id == 1 { Ok("Ada".to_owned()) } else { Err("replica is empty".to_owned()) }
/// }
///
/// assert_eq!(name(1).as_deref(), Ok("Ada"));
/// assert_eq!(name(2).as_deref(), Ok("nobody knows 2: replica is empty"));
/// ```
///
/// # Arguments
///
#[doc = crate::attribute::fallback::arguments!()]
///
#[doc = include_str!("attribute/fallback.md")]
#[proc_macro_attribute]
pub fn fallback(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<attribute::fallback::Fallback>(arguments.into(), &item.into()).into()
}

/// Limits the number of calls per period.
///
/// Further calls are rejected, or wait for their turn.
///
/// ```
/// use resilience::{Error, rate_limit, testing::ManualClock};
/// use std::time::Duration;
///
/// #[rate_limit(name = "geocoder", max = 10, per = "1s", burst = 2)]
/// fn locate(city: &str) -> Result<usize, Error> {
///     Ok(city.len())
/// }
///
/// let clock = ManualClock::install();
/// assert_eq!((locate("Oslo"), locate("Rome")), (Ok(4), Ok(4)));
/// let rejected = locate("Bern").expect_err("the third one at once");
/// assert_eq!(rejected.code(), "rate_limited");
/// assert_eq!(rejected.retry_after(), Some(Duration::from_millis(100)));
/// clock.advance(Duration::from_millis(100));
/// assert_eq!(locate("Bern"), Ok(4));
/// ```
///
/// # Arguments
///
#[doc = crate::attribute::rate_limit::arguments!()]
///
#[doc = include_str!("attribute/rate_limit.md")]
#[proc_macro_attribute]
pub fn rate_limit(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<attribute::rate_limit::RateLimit>(arguments.into(), &item.into()).into()
}

/// Repeats the wrapped call after a failure.
///
/// ```
/// use resilience::{retry, testing::ManualClock};
///
/// #[retry(max = 5, base_delay = "200ms", max_delay = "2s", jitter = false, when = |error| *error != "bad request")]
/// fn submit(calls: &mut u32) -> Result<u32, &'static str> {
///     *calls += 1;
///     match *calls {
///         1..=3 => Err("busy"),
///         calls => Ok(calls),
///     }
/// }
///
/// let clock = ManualClock::install();
/// assert_eq!(submit(&mut 0), Ok(4));
/// assert_eq!(clock.elapsed().as_millis(), 200 + 400 + 800);
/// ```
///
/// # Arguments
///
#[doc = crate::attribute::retry::arguments!()]
///
#[doc = include_str!("attribute/retry.md")]
#[proc_macro_attribute]
pub fn retry(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<attribute::retry::Retry>(arguments.into(), &item.into()).into()
}

/// Limits the time of a call.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use resilience::timeout;
/// use std::time::Duration;
///
/// #[timeout(secs = 30)]
/// async fn slow() -> Result<(), resilience::Error> {
///     tokio::time::sleep(Duration::from_secs(3600)).await;
///     Ok(())
/// }
///
/// let limit = Duration::from_secs(30);
/// assert_eq!(slow().await, Err(resilience::Error::Timeout { limit, elapsed: limit }));
/// # }
/// ```
///
/// # Arguments
///
#[doc = crate::attribute::timeout::arguments!()]
///
#[doc = include_str!("attribute/timeout.md")]
#[proc_macro_attribute]
pub fn timeout(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<attribute::timeout::Timeout>(arguments.into(), &item.into()).into()
}

/// Keeps attributes of other crates that stand above ours in their written order.
///
/// The compiler expands the top attribute first, and one that wraps the body then ends up
/// innermost. Between two attributes of this crate the order is kept without help; an attribute of
/// another crate above the first of ours needs this one on top of all. It takes no arguments.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use resilience::retry;
///
/// #[resilience::stack]
/// #[tracing::instrument] // one span around all attempts; without `stack`, one for each
/// #[retry(max = 2)]
/// async fn load() -> Option<u32> {
///     Some(1)
/// }
///
/// assert_eq!(load().await, Some(1));
/// # }
/// ```
///
/// # Generated documentation
///
/// The attributes extend the documentation of their function. From this stack:
///
/// ```
/// # use resilience::{cached, circuit_breaker, fallback, retry, timeout};
/// /// Answers a question.
/// #[cached(ttl = 3600, max_size = 10_000)]
/// #[timeout(secs = 120)]
/// #[fallback(value = "no idea".to_owned())]
/// #[retry(max = 3)]
/// #[circuit_breaker(name = "llm")]
/// #[timeout(secs = 30)]
/// async fn ask(question: String) -> Result<String, resilience::Error> {
///     Ok(question)
/// }
/// ```
///
/// `cargo doc` makes:
///
/// > Answers a question.
/// >
/// > **Resilience**
/// >
/// > From the outside in:
/// >
/// > 1. `#[cached]`: keeps results for 1h, at most 10000 of them
/// > 2. `#[timeout]`: at most 2m
/// > 3. `#[fallback]`: falls back on a fixed value
/// > 4. `#[retry]`: up to 4 attempts, with pauses of at most 7s in total, unless the service asks for longer ones
/// > 5. `#[circuit_breaker]`: guarded by `llm`
/// > 6. `#[timeout]`: at most 30s
/// >
/// > **Worst case:** the body runs 4 times, and the call takes 2m, plus any wait for another caller.
#[proc_macro_attribute]
pub fn stack(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<attribute::stack::Stack>(arguments.into(), &item.into()).into()
}

/// A block of our attributes above an attribute of another crate. Not to be written by hand.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn __apply(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::apply(arguments.into(), item.into()).into()
}
