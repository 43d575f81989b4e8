//! The attribute macros of [`resilience`](https://docs.rs/resilience-fn). Use that crate: it re-exports them together with
//! the runtime they expand into.

#![warn(missing_docs)]

mod attribute;
mod check;
mod derive;
mod diagnostics;
mod entry;
mod expand;
mod fallback_output;
mod item;
mod lint;
mod parse;
mod runtime_path;
mod rustdoc;
#[cfg(test)]
mod snapshots;
mod stack;

use proc_macro::TokenStream;

use crate::attribute::{Bulkhead, Cached, CircuitBreaker, Fallback, RateLimit, Retry, Stack, Timeout};

/// Says what each of your errors means, where the error is defined.
///
/// Derives [`resilience::Classify`](https://docs.rs/resilience-fn/latest/resilience/trait.Classify.html), which every attribute
/// reads: a permanent error is not retried and opens no breaker, and a hint is a floor for the next delay.
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
/// | word | where | meaning |
/// |---|---|---|
/// | `network`, `rate_limit`, `resource`, `transient`, `permanent` | struct, enum, variant | the category; above an enum, of every variant without one of its own |
/// | `transparent` | struct, enum, variant | what a field says of itself: the only field, or the one with `#[source]` or `#[from]`, or the one named `source` |
/// | `transparent` | field | the same, where that would leave a choice |
/// | `severity = "error"` | struct, enum, variant | `"info"`, `"warning"`, `"error"` (the default) or `"critical"` |
/// | `retry_after = field` | struct, variant | the field that holds the hint, by its name or its number: a `Duration` or an `Option<Duration>` |
/// | `retry_after` | field | the same, on the field itself |
/// | `crate = path` | struct, enum | where the facade is, if not at `::resilience` |
///
/// The nearer word counts: what a variant says itself, then the field it delegates to, then what stands above the enum. With
/// `transparent`, a `severity` or `retry_after` beside it replaces what the field says.
///
/// A variant without a category, in an enum without a default, is a compile error. Any guess could do harm: an error taken
/// for transient repeats a payment, one taken for permanent turns retries and breakers off.
///
/// A field of type `Box<dyn Error>` or `anyhow::Error` has no classification of its own;
/// [`resilience::classify_chain`](https://docs.rs/resilience-fn/latest/resilience/fn.classify_chain.html) looks for one in it.
#[proc_macro_derive(Classify, attributes(classify))]
pub fn classify(item: TokenStream) -> TokenStream {
    derive::classify(item.into()).into()
}

/// Lets so many calls run at the same time, and turns the others away, or lets them wait.
///
/// One slow dependency then takes `max` threads, tasks and connections, and not all there are.
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
/// assert_eq!(answers.2, Ok(3), "has waited for a place");
/// assert_eq!(answers.3.map_err(|error| error.code()), Err("bulkhead_full"));
/// # }
/// ```
///
#[doc = crate::attribute::bulkhead::arguments!()]
///
/// A call that finds every place taken and the queue full, or that has waited `wait` or up to the deadline of a
/// `#[timeout]` around it, is turned away with `Error::BulkheadFull`, or `None`; the body does not run. Without `wait` and
/// without such a deadline it waits until it has its turn.
///
/// # A place
///
/// A call has its place exactly while the part below runs: the place is free before any attribute further out goes on, and
/// when the call is dropped or panics. It then goes to the first in the queue, before anyone who comes later. A caller that
/// is dropped while it waits leaves the queue; one that has been given a place and is dropped passes it on.
///
/// A place belongs to its call also while nobody polls it: a future that is kept and not polled keeps its place, and so
/// does one that has its turn. Await a call, or drop it.
///
/// A function that calls itself, or another one of the same bulkhead, needs a second place while it has the first. With a
/// queue and without `wait` or deadline that can be a wait for ever.
///
/// # By key
///
/// `key = tenant`, or `key = (self.region, tenant)`: each value has `max` places of its own. The expression sees parameters
/// taken by value by reference; keys are compared with `Eq`. At `max_keys` a bulkhead that nobody uses makes room for
/// another key; while all are in use, further keys share one more, of the same size, and an event says so. A bulkhead for
/// everybody and one for each key may stand on one function. `KeyedBulkheads::named(..)` finds those of a name.
///
/// # On a synchronous function
///
/// The wait blocks the thread, up to `wait` or the deadline of a `#[timeout(.., mode = "cooperative")]`. Synchronous and
/// asynchronous callers of one name share the places; do not let a thread of an asynchronous runtime wait for what a task
/// on the same thread has to give back. On a `ManualClock` such a wait is over at once, and moves the clock by its length.
///
/// # With other attributes
///
/// A rejection is not retried by a `#[retry]` above, unless its `when` says so: nobody knows when there will be a place. It
/// counts as a failure for a `#[circuit_breaker]` above: put the bulkhead above the breaker, or `ignore` it there. Above a
/// retry, a call keeps its place during the pauses; below, each attempt takes one of its own. A bulkhead without a name is
/// the function's: one for all instances of a type, and for all concrete forms of a generic function.
#[proc_macro_attribute]
pub fn bulkhead(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<Bulkhead>(arguments.into(), &item.into()).into()
}

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
#[doc = crate::attribute::cached::arguments!()]
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
/// assert_eq!(ask("a", true).as_deref(), Ok("the answer to a"), "old, instead of a rejection");
/// assert_eq!(ask("b", true).as_deref(), Ok("no idea"), "never answered before");
/// ```
///
/// # The key
///
/// Every argument belongs to it unless you say otherwise, and keys are compared with `Eq`, never by their hash alone. A
/// lookup borrows its key: a hit allocates nothing for it. A method has to say what of `self` belongs to the key,
/// `key = (self.id, query)`, or `skip(self)`.
///
/// In `key`, a parameter is a reference to the argument: `query`, `&query` and, of a text or a slice, `*query` are the same
/// part. It has at most twelve parts. A key and a result are kept for longer than the call, so a type parameter in one of
/// them has to be `'static`.
///
/// A generic function has one store for each concrete form of it, whatever the generic parameters are those of: of the
/// function, of its `impl`, or of `Self` in a trait. Forms that differ in lifetimes alone are one.
///
/// # Concurrent calls
///
/// The first caller that misses runs the body, the others wait for its result. If that caller is dropped or panics,
/// exactly one of the waiters runs the body next. If the body fails, the waiters get a clone of the error; where the
/// error is not `Clone`, they all run the body themselves, at once. A caller whose own deadline is over when the body fails,
/// fails alone: one of the waiters runs the body next. A body that asks for its own key runs again instead of
/// waiting for itself. A caller that is dropped while it waits leaves nothing behind.
///
/// Two things it cannot know. A body that *spawns* a task or a thread which asks for the same key, and waits for that, waits
/// for itself for ever: the task is a caller like any other. And a leader whose future is held but not polled (in a
/// `select!` arm that lost, say) keeps its waiters waiting, without a limit but their own: put a `#[timeout]` above. A
/// synchronous waiter inside of a cooperative `#[timeout]` stops waiting at the deadline and runs the body.
///
/// `Cache::clear` and `invalidate` also reach loads that are under way: they store nothing, and later callers do
/// not wait for them.
///
/// # Code of yours that runs inside of the store
///
/// `Hash`, `Clone` and `Drop` of keys, `Drop` of values and the functions given here run without a lock, and may call the
/// function whose cache this is. `Eq` of a key, and `Clone` of a value on a hit, run under a lock of the store that readers do
/// not share, but whoever stores something waits for: they should be short, as those of an `Arc` are, and must not wait for
/// another thread that may call the function. Whatever they call that is cached runs its body and is not kept, a handle that
/// drops one key drops all, and its length is 0 to them. All of them may panic.
#[proc_macro_attribute]
pub fn cached(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<Cached>(arguments.into(), &item.into()).into()
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
#[doc = crate::attribute::circuit_breaker::arguments!()]
///
/// # States
///
/// *Closed*: calls pass; `failure_threshold` failures in a row open it, or a window with too many of them. *Open*: calls are rejected with
/// `Error::CircuitOpen`, which says when the next probe is due. *Half-open*: from the first call after `recovery` on, up to
/// `half_open_max` calls pass as probes; `success_threshold` successes close it, one failure opens it again. There is no
/// background task and no timer.
///
/// # Windows
///
/// Failures in a row say nothing about a service that fails every second call. A window counts:
///
/// ```
/// # use resilience::circuit_breaker;
/// #[circuit_breaker(window = "30s", failure_rate = 0.5, min_calls = 10, slow_call = "2s", slow_rate = 0.8)]
/// async fn search(query: &str) -> Result<String, resilience::Error> {
///     Ok(query.to_uppercase())
/// }
/// ```
///
/// Calls are counted when they end, and each result is judged, a success too. The breaker opens when the rate is reached,
/// not only when it is exceeded. Slow calls count whether they fail or not. Half-open, a slow probe has failed, and
/// `min_calls` does not apply: probes are counted by `success_threshold`. A window of time is kept in twenty parts and
/// holds the calls of up to a twentieth less than its length; one of calls holds at most 100,000. Both take their memory at
/// the first call, at most 25 kB, and a call costs the same however large they are. The default of `min_calls` is that of
/// resilience4j for calls, and for time that of Hystrix: with less traffic than 20 calls in a window, set it lower, or the
/// breaker never opens.
///
/// Calls that hang are not counted before they end. Put a `#[timeout]` below the breaker: it ends them as failures.
///
/// # Keys
///
/// With `key`, each value has a breaker of its own, so that one tenant's outage does not reject another's calls. By-value
/// parameters are seen as references; a call borrows its key, and only a new one is cloned. The parts of a key need
/// `Hash + Eq + Clone + Send + Sync`. No key is ever told by an event, an error or a handle: they have the breaker's name.
/// `resilience::KeyedCircuitBreakers::named("name")` counts the breakers of a name and resets them. A name with a key and the same name
/// without one are two things.
///
/// Memory is bounded by `max_keys`, for each type of key of a generic function. A new key beyond that takes the place of a
/// breaker that nobody is using: an idle one first, then one that is closed, then one whose recovery time is over; never
/// one that rejects calls. At most 32 are looked at, and where there is no place among them, the call runs without a
/// breaker and an event `breaker.keys_full` says so: an attacker with many failing keys shuts nobody out.
///
/// # Sharing and results
///
/// A breaker without a name is the function's: one for all instances of a type, and for all concrete forms of a generic
/// function.
///
/// Every admitted call ends in one of four ways: success, failure, ignored, or abandoned. A call that its caller drops,
/// or that panics, is abandoned: nothing is counted, and a probe gives its place back. A call that a `#[timeout]` further
/// in has ended is a failure. A call that comes back after the breaker has changed its state changes nothing.
///
/// The return type is a `Result` whose error can be made from `resilience::Error` (or `map_err`), or an `Option`, for which
/// a rejection is `None`.
///
/// A rejection by a breaker below a `#[retry]` is not retried, unless the breaker lets a call in within the delay that was
/// due anyway, or `when` of the retry asks for it.
#[proc_macro_attribute]
pub fn circuit_breaker(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<CircuitBreaker>(arguments.into(), &item.into()).into()
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
#[doc = crate::attribute::fallback::arguments!()]
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
    entry::attribute::<Fallback>(arguments.into(), &item.into()).into()
}

/// Lets so many calls pass in a time, and turns the others away, or lets them wait for their turn.
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
#[doc = crate::attribute::rate_limit::arguments!()]
///
/// A call that is too early is turned away with `Error::RateLimited`, or `None`; the body does not run. The error says
/// after which time a call passes, and waiting exactly that long is enough, unless another call comes first.
///
/// # How it counts
///
/// A call needs one of `burst` tokens, and `max` tokens come back, evenly, per `per`: one each `per / max`. So over any time
/// `t` at most `burst + max * t / per` calls pass. After a pause that can be up to twice `max` in one `per`, as in other
/// limiters of this kind; for a service that counts strictly in windows of `per`, set `burst = 1`, or a burst and a rate
/// that stay below its limit together. The arithmetic is exact: no rate drifts, however odd, and none is too high. A call
/// counts when it passes, whatever its body comes to.
///
/// A limiter without a name is the function's: one for all instances of a type, and for all concrete forms of a generic
/// function. Two limits may stand on one function, ten calls a second and a thousand an hour; a call that the lower one
/// turns away has used a token of the upper one.
///
/// # By key
///
/// `key = client`, or `key = (client.id, route)`: each value has a limit of its own. The expression sees parameters taken by
/// value by reference; keys are compared with `Eq`. At `max_keys` a limiter that has all its tokens makes room for another
/// key, else one that has some left; one that rejects, or has callers waiting, is never forgotten. While there is no room,
/// further keys share one more limiter, and an event says so: a flood of keys costs no more memory and shuts nobody out.
/// `KeyedRateLimiters::named(..)` finds those of a name.
///
/// # Waiting
///
/// With `wait` a call that is too early takes the next turn and sleeps until it comes, in the order of arrival; one whose
/// turn would come after `wait`, or not before the deadline of a `#[timeout]` around it, is turned away at once. A caller
/// that is dropped while it waits gives its turn back if nobody stands behind it; otherwise the turn passes unused, since
/// those behind have been told theirs: the rate is never exceeded. A sleep may last a little longer than it should (tokio's
/// timer counts milliseconds), and never less.
///
/// On a synchronous function the wait blocks the thread, or moves a `ManualClock`.
///
/// # With other attributes
///
/// A rejection below a `#[retry]` is retried only if a call would pass within the delay that was due anyway, or if `when` of
/// the retry asks for it. It counts as a failure for a `#[circuit_breaker]` above: put the limit above the breaker, or
/// `ignore` it there. Below a retry each attempt needs a token, above it each call.
#[proc_macro_attribute]
pub fn rate_limit(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<RateLimit>(arguments.into(), &item.into()).into()
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
#[doc = crate::attribute::retry::arguments!()]
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
/// Retries of retries multiply: a failure for which a retried function further in has used up its attempts is not retried
/// again, whatever its error has become on the way, unless `nested = true`. What counts is the last retried call of an attempt,
/// on the same task.
///
/// While everything fails, retries multiply the load on what is failing. A `budget` bounds that for all functions that share
/// it: when it is empty, the last error returns.
///
/// # Arguments
///
/// Every attempt starts from the caller's arguments. References are borrowed again; values are cloned for each attempt but
/// the last possible one, which moves them. A type that is not `Clone` is a compile error on the argument. `self` by value
/// cannot be cloned for you: all attempts borrow it.
///
/// Dropped during an attempt or a pause, a call leaves nothing behind.
///
/// # Warnings
///
/// Some things compile and are rarely meant. Each attribute warns of those that its table names at `allow(..)`, on the token
/// in question, and says nothing more once you have said by that name that it is meant:
///
/// ```
/// # use resilience::retry;
/// # #[derive(Debug)] struct Down;
/// /// Waits for the database at the start of the program, however long that takes.
/// #[retry(max = 1_000, allow(unbounded_retry))]
/// fn connect() -> Result<(), Down> {
///     Ok(())
/// }
/// # assert!(connect().is_ok());
/// ```
///
/// A name that allows nothing is a warning too, since what it was for has gone. A constant says nothing to a macro: there is
/// no warning then, and the name may stand; nor do attributes below one of another crate, for those above it.
///
/// They come through the compiler's lint `deprecated`, the only way that a stable compiler has for a macro's warning:
/// `#![deny(deprecated)]` makes errors of them, and `#[allow(deprecated)]` hides them with all others.
#[proc_macro_attribute]
pub fn retry(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<Retry>(arguments.into(), &item.into()).into()
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
#[doc = crate::attribute::timeout::arguments!()]
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
///
/// With `mode = "thread"` the body runs on a thread of its own, and the caller is back at the limit. **The work goes on**: a
/// body that is left behind runs to its end, with all that it does to the world, unless it asks `resilience::checkpoint()?`.
/// It cannot borrow from the caller; arguments and result are owned and `Send`. While `max_abandoned` bodies of one function
/// still run past their limit, further calls are rejected with `Error::NoThread`; calls that were on their way by then may
/// be left behind too. Each call costs the start of a thread, and waits in real time, whatever clock a test has installed. A panic of
/// the body is the caller's.
///
/// ```
/// use resilience::timeout;
///
/// #[timeout(secs = 30, mode = "thread")]
/// fn parse(document: String) -> Result<usize, resilience::Error> {
///     Ok(document.lines().count())
/// }
///
/// assert_eq!(parse("one\ntwo".to_owned()), Ok(2));
/// ```
#[proc_macro_attribute]
pub fn timeout(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<Timeout>(arguments.into(), &item.into()).into()
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
    entry::attribute::<Stack>(arguments.into(), &item.into()).into()
}

/// A block of our attributes above an attribute of another crate. Not to be written by hand.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn __apply(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::apply(arguments.into(), item.into()).into()
}
