//! The attribute macros of [`resilience`](https://docs.rs/resilience). Use that crate: it re-exports them together with
//! the runtime they expand into.

#![warn(missing_docs)]

mod attr;
mod check;
mod diagnostics;
mod duration;
mod entry;
mod expand;
mod explain;
mod item;
mod options;
mod recover;
mod runtime_path;
#[cfg(test)]
mod snapshots;
mod stack;
mod tokens;
mod value;

use proc_macro::TokenStream;

use crate::stack::Kind;

/// Keeps the results of a function, and runs concurrent calls for the same result once.
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
/// | argument | default | meaning |
/// |---|---|---|
/// | `ttl` | never expires | how long an entry lives, counted from when its value is there: a number of seconds, or a duration (`ttl_secs`, `ttl_ms`) |
/// | `max_size` | 1,000 | the number of entries; the store decides which one goes |
/// | `max_weight` with `weigh` | – | instead of `max_size`: what all entries may weigh together, where `weigh` is a `fn(&K, &V) -> u64` |
/// | `key` | all arguments | what identifies a call: an expression over the parameters, which sees those taken by value by reference; a tuple of several parts |
/// | `skip(a, b)` | – | instead of `key`: the parameters that do *not* identify a call |
/// | `name` | `module::function` | what [`resilience::cache`](https://docs.rs/resilience/latest/resilience/fn.cache.html) finds it by |
/// | `when` | every `Ok`, every `Some` | which results are kept: a function of `&Result<..>` (or whatever the function returns), asked about those that can be kept at all |
/// | `negative_ttl` | errors are not kept | also keep the errors (or `None`) that `when` names, for this long |
/// | `stale_while_revalidate` | off | for this long past `ttl`, one call refreshes the value and the others get the old one at once |
/// | `stale_if_error` | off | for this long past `ttl`, a call whose body fails gets the old value |
/// | `ttl_jitter` | 0 | the part of its `ttl`, between 0 and 1, by which an entry's life is shortened at random, so that not all end at once |
/// | `coalesce` | `true` | concurrent misses of one key run the body once |
/// | `cache_degraded` | `false` | also keep an answer that a `#[fallback]` further in has given |
///
/// # What is kept
///
/// Of a `Result` the `Ok`, of an `Option` the `Some`, of any other type the whole; found by type, so an alias is what it
/// stands for. Every hit is one clone of what is kept: put large values into an `Arc`, and a hit of a function that returns
/// `Arc<T>` or `Result<Arc<T>, E>` is a count up and a count down.
///
/// No error is kept, unless `negative_ttl` says for how long. `when` is then asked about *every* result, and has to name
/// both the values and the errors that are worth keeping; the error has to be `Clone + Send + Sync`:
///
/// ```
/// use resilience::{cached, testing::ManualClock};
/// use std::{cell::Cell, time::Duration};
///
/// #[derive(Debug, Clone, PartialEq)]
/// enum Lookup {
///     NotFound,
///     Down,
/// }
///
/// // A user that does not exist is an answer, which holds for a few seconds; an outage is not.
/// #[cached(ttl = 3600, negative_ttl = "10s", when = |answer| *answer != Err(Lookup::Down), skip(calls))]
/// fn user(id: u32, calls: &Cell<u32>) -> Result<String, Lookup> {
///     calls.set(calls.get() + 1);
///     if id == 0 { Err(Lookup::NotFound) } else { Err(Lookup::Down) }
/// }
///
/// let (clock, calls) = (ManualClock::install(), Cell::new(0));
/// let _ = (user(0, &calls), user(0, &calls), user(1, &calls), user(1, &calls));
/// assert_eq!(calls.get(), 1 + 2);
/// clock.advance(Duration::from_secs(10));
/// let _ = user(0, &calls);
/// assert_eq!(calls.get(), 1 + 2 + 1);
/// ```
///
/// An expired entry stays in the store until it is replaced or room is needed; it counts in `len()`.
///
/// # Room
///
/// With `max_size` every entry counts as one. With `weigh` and `max_weight` each counts as what it weighs, and at least
/// as one: `weigh = |_, answer| answer.len() as u64`. `K` is the key as it is stored: of one argument (or expression) its
/// owned form, of several a tuple of them. `V` is what is kept: the `T` of a `Result<T, E>` or an `Option<T>`, with
/// `negative_ttl` the whole `Result<T, E>` (of an option, `Result<T, ()>`). A value of more than 97 % of `max_weight` is not
/// kept and drives out nothing: the rest is for newcomers.
///
/// # Old values
///
/// `stale_while_revalidate` keeps a refresh from holding up everybody: after the `ttl` the first caller runs the body and
/// waits for it, as no attribute spawns a task, and whoever calls meanwhile gets the old value at once. The caller that
/// refreshes gets what the body brings, be it an error.
///
/// `stale_if_error` bridges an outage: if the body fails (`Err` or `None`), or a breaker or time limit further in gives up,
/// the old value is returned instead, as degraded, with an event `cache.stale`. Each call still tries the body first; put a
/// `#[circuit_breaker]` below, and while it is open the old value comes without a try. An error that `when` names with
/// `negative_ttl` is an answer, and takes the place of the old value.
///
/// With both, and fallbacks around and below, an answer gets worse one step at a time: the full answer, that of a fallback
/// below the cache, the old value, the canned value of a fallback above it, the error.
///
/// ```
/// use resilience::{cached, circuit_breaker, fallback, testing::ManualClock};
/// use std::time::Duration;
///
/// #[fallback(value = "no idea".to_owned())]
/// #[cached(ttl = 60, stale_if_error = "1h", skip(up))]
/// #[circuit_breaker(failure_threshold = 1)]
/// fn ask(question: &str, up: bool) -> Result<String, resilience::Error> {
///     if up {
///         Ok(format!("the answer to {question}"))
///     } else {
///         Err(resilience::Error::Timeout { limit: Duration::from_secs(1) })
///     }
/// }
///
/// let clock = ManualClock::install();
/// assert_eq!(ask("a", true).as_deref(), Ok("the answer to a"));
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(ask("a", false).as_deref(), Ok("the answer to a"), "old, after a failure, which opens the breaker");
/// assert_eq!(ask("a", true).as_deref(), Ok("the answer to a"), "old, instead of a refusal");
/// assert_eq!(ask("b", true).as_deref(), Ok("no idea"), "never answered before");
/// ```
///
/// # The key
///
/// Every argument belongs to it unless you say otherwise, and keys are compared with `Eq`, never by their hash alone. A
/// lookup borrows its key: a hit allocates nothing for it. A method has to say what of `self` belongs to the key,
/// `key = (self.id, query)`, or `skip(self)`.
///
/// A generic function has one store for each concrete form of it, whatever the generic parameters are those of: of the
/// function, of its `impl`, or of `Self` in a trait.
///
/// # Concurrent calls
///
/// The first caller that misses runs the body, the others wait for its result. If that caller is dropped or panics,
/// exactly one of the waiters runs the body next. If the body fails, the waiters get a clone of the error; where the
/// error is not `Clone`, they all run the body themselves, at once. A body that asks for its own key runs again instead of
/// waiting for itself. A caller that is dropped while it waits leaves nothing behind.
///
/// Two things it cannot know. A body that *spawns* a task or a thread which asks for the same key, and waits for that, waits
/// for itself for ever: the task is a caller like any other. And a leader whose future is held but not polled (in a
/// `select!` arm that lost, say) keeps its waiters waiting, without a limit but their own: put a `#[timeout]` above. A
/// synchronous waiter inside of a cooperative `#[timeout]` stops waiting at the deadline and runs the body.
///
/// `CacheHandle::clear` and `invalidate` also reach loads that are under way: they store nothing, and later callers do
/// not wait for them.
///
/// # Code of yours that runs inside of the store
///
/// `Drop` of keys and values, `Clone` of keys and the functions given here run without a lock, and may call the function whose
/// cache this is. `Hash` and `Eq` of a key, and `Clone` of a value on a hit, run under the lock of a part of the store: they
/// may panic, but must not.
#[proc_macro_attribute]
pub fn cached(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(Kind::Cached, arguments.into(), &item.into()).into()
}

/// Stops calling what keeps failing, and probes it until it is well again.
///
/// ```
/// use resilience::circuit_breaker;
///
/// #[circuit_breaker(name = "inventory", failure_threshold = 3, recovery = "30s")]
/// fn stock(up: bool) -> Result<u32, resilience::Error> {
///     if up { Ok(7) } else { Err(resilience::Error::Timeout { limit: std::time::Duration::from_secs(1) }) }
/// }
///
/// for _ in 0..3 {
///     assert_eq!(stock(false).map_err(|error| error.code()), Err("timeout"));
/// }
/// // Open: the body does not run.
/// assert_eq!(stock(true).map_err(|error| error.code()), Err("circuit_open"));
/// ```
///
/// | argument | default | meaning |
/// |---|---|---|
/// | `name` | `module::function` | breakers of one name are one breaker, across functions, threads and tasks |
/// | `shared` | – | instead of a name: a `static` of type `CircuitBreaker`, which cannot be mistyped |
/// | `failure_threshold` | 5 | failures in a row that open it |
/// | `recovery` (also `recovery_secs`, `recovery_ms`, `recovery_timeout`) | 60 s | how long it stays open before it probes |
/// | `recovery_factor` | 1.0 | what each failed probe multiplies the next open time by |
/// | `max_recovery` | – | where that growth ends |
/// | `success_threshold` | 2 | successful probes that close it |
/// | `half_open_max` | 1 | probes at the same time |
/// | `probe_lease` | 60 s | after this long a probe that has not come back gives up its place |
/// | `when` | classification, else every error | `fn(&E) -> bool`: which errors count as failures; any other counts as success |
/// | `ignore` | none | `fn(&E) -> bool`: errors that count as nothing at all |
/// | `map_err` | `From` | `fn(resilience::Error) -> E`: how a refusal becomes your error |
///
/// # States
///
/// *Closed*: calls pass; `failure_threshold` failures in a row open it. *Open*: calls are refused with
/// `Error::CircuitOpen`, which says when the next probe is due. *Half-open*: from the first call after `recovery` on, up to
/// `half_open_max` calls pass as probes; `success_threshold` successes close it, one failure opens it again. There is no
/// background task and no timer.
///
/// A breaker without a name is the function's: one for all instances of a type, and for all concrete forms of a generic
/// function.
///
/// Every admitted call ends in one of four ways: success, failure, ignored, or abandoned. A call that its caller drops,
/// or that panics, is abandoned: nothing is counted, and a probe gives its place back. A call that a `#[timeout]` further
/// in has ended is a failure. A call that comes back after the breaker has changed its state changes nothing.
///
/// The return type is a `Result` whose error can be made from `resilience::Error` (or `map_err`), or an `Option`, for which
/// a refusal is `None`.
///
/// A refusal by a breaker below a `#[retry]` is not retried, unless the breaker lets a call in within the delay that was
/// due anyway, or `when` of the retry asks for it.
#[proc_macro_attribute]
pub fn circuit_breaker(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(Kind::CircuitBreaker, arguments.into(), &item.into()).into()
}

/// Answers otherwise when the part below has failed.
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
/// Its arguments are tried in order, until one of them succeeds:
///
/// | argument | what it is |
/// |---|---|
/// | `path` | a function with the same arguments and the same result; in an `async fn` it may be asynchronous or not |
/// | `self.method` | the same, as a method of the receiver |
/// | `\|error\| ..` | a closure that takes the last error (of an `Option`: `()`) and sees the arguments by name |
/// | `value = expression` | a value for success, tried last |
/// | `when` | `fn(&E) -> bool`: which errors it takes over; any other is returned at once |
///
/// If all of them fail, the last error returns. Attributes on a fallback function apply to it as to any other function.
///
/// A fallback is never silent: each use is an event, and its answer is marked as degraded, so that a `#[cached]` further
/// out does not keep it. Directly below `#[retry]` or `#[circuit_breaker]` it would hide every failure from them, which is
/// a compile error unless `when` is given.
///
/// Arguments taken by value are cloned for the body and moved into the last function; with `value = ..` alone nothing is
/// cloned. A failed result is dropped before the next function is awaited.
#[proc_macro_attribute]
pub fn fallback(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(Kind::Fallback, arguments.into(), &item.into()).into()
}

/// Calls the part below again after a failure.
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
/// | argument | default | meaning |
/// |---|---|---|
/// | `max` (also `max_retries`) | 3 | retries *after* the first call: `max = 3` is at most 4 executions |
/// | `attempts` | – | instead of `max`: all executions |
/// | `backoff` | `"exponential"` | `"exponential"`, `"linear"`, `"constant"`, `"fibonacci"`, `"decorrelated"`, `"none"`, or a function `fn(&RetryState<'_, E>) -> Duration` |
/// | `base_delay` | 1 s | the first delay; where `max_delay` is shorter and this is not given, that |
/// | `factor` | 2.0 | what the exponential backoff multiplies by, from 1 |
/// | `max_delay` | 60 s | the longest delay; it holds after the jitter, and for a backoff function |
/// | `jitter` | `true` | `true` or `"full"`: between zero and the delay; `"equal"`: between half of it and all of it; `0.1`: ±10 %; `false`: none |
/// | `max_elapsed` | none | the time for everything, pauses included; a pause that does not fit is not begun |
/// | `when` | classification, else every error | `fn(&E) -> bool`: which errors are worth another attempt |
/// | `when_ok` | none | `fn(&T) -> bool`: which values are, too |
/// | `retry_after` | `Classify::retry_after` | `fn(&E) -> Option<Duration>`: the hint of the other side |
/// | `on_retry` | none | `fn(&RetryState<'_, E>)`, called before each pause |
/// | `share(a, b)` | – | arguments that the body only borrows: they are not cloned |
///
/// Durations also go as `base_delay_secs = 2` or `base_delay_ms = 250`, and likewise for the others.
///
/// # When it stops
///
/// The last error returns unchanged: after the last attempt, at an error that is not worth another one, and as soon as the
/// next pause would not fit into `max_elapsed` or into the `#[timeout]` around the call. A hint (`Retry-After`) is a floor
/// for the pause: a call is never repeated before it, so a hint beyond one of these limits, or beyond `max_delay`, ends the
/// retrying too.
///
/// # Arguments
///
/// Every attempt starts from the caller's arguments. References are borrowed again; values are cloned for each attempt but
/// the last possible one, which moves them. A type that is not `Clone` is a compile error on the argument. `self` by value
/// cannot be cloned for you: all attempts borrow it.
///
/// Dropped during an attempt or a pause, a call leaves nothing behind.
#[proc_macro_attribute]
pub fn retry(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(Kind::Retry, arguments.into(), &item.into()).into()
}

/// Limits the time of the part below.
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
/// assert_eq!(slow().await, Err(resilience::Error::Timeout { limit: Duration::from_secs(30) }));
/// # }
/// ```
///
/// | argument | meaning |
/// |---|---|
/// | `secs = 30`, `ms = 500`, `"1m30s"`, or a constant of type `Duration` | the limit: one of them, there is no default |
/// | `mode = "cooperative"` | required on a synchronous function, see below |
/// | `map_err` | `fn(resilience::Error) -> E`: how the timeout becomes your error; else `From` |
///
/// At the limit the body is dropped and the call returns `Error::Timeout` in your error type, or `None`. The limit that
/// applies is the smaller of its own and what a timeout further out, in whatever caller, leaves; `resilience::remaining()`
/// and `resilience::deadline()` read it in every nested call.
///
/// # What it cannot do
///
/// A body is dropped where it awaits. One that blocks its thread or computes without awaiting cannot be stopped, and the
/// limit counts from the moment it first waits: until then no clock is read and no timer exists, so that a call which is
/// ready at once costs next to nothing. A task that the body has spawned goes on. What the function returns (a response
/// whose body is still to be read, a stream) is no longer limited.
///
/// # On a synchronous function
///
/// Nothing can interrupt a thread, so the attribute demands `mode = "cooperative"`: the deadline is visible to the body
/// (`resilience::checkpoint()?` ends it when the time is over, `remaining()` limits a blocking call) and to the attributes
/// of nested calls, whose retries do not sleep beyond it. A body that finishes late has finished: its result returns.
#[proc_macro_attribute]
pub fn timeout(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(Kind::Timeout, arguments.into(), &item.into()).into()
}

/// Puts attributes of other crates that stand above ours into their written place.
///
/// The compiler runs the top attribute first, and one that wraps the body then ends up innermost. Between two attributes of
/// this crate that is taken care of; an attribute of another crate above the first of ours needs this one on top of all.
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
#[proc_macro_attribute]
pub fn stack(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(Kind::Stack, arguments.into(), &item.into()).into()
}

/// A block of our attributes above an attribute of another crate. Not to be written by hand.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn __apply(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::apply(arguments.into(), item.into()).into()
}
