//! The layers of a [`Policy`], for a stack that is known only at run time.
//!
//! Each function makes one layer, or a builder whose `build()` does; [`Policy`] puts them together. A layer decides by the
//! same code as the attribute of its name, and shares its state: `policy::circuit_breaker("llm")` *is* the breaker of
//! `#[circuit_breaker(name = "llm")]`, in `CircuitBreaker::named("llm")` and in every snapshot. Where both say something else
//! about it, the first one to be called applies, and an event says so.
//!
//! | layer | attribute | what it cannot do |
//! |---|---|---|
//! | [`timeout`] | `#[timeout]` | `mode = "thread"`: a closure that borrows cannot be left behind on a thread |
//! | [`retry`] | `#[retry]` | find out by itself whether the error is classified: say [`classified`](RetryBuilder::classified) |
//! | [`circuit_breaker`] | `#[circuit_breaker]` | the same; a `key` |
//! | [`bulkhead`], [`rate_limit`] | `#[bulkhead]`, `#[rate_limit]` | a `key`; to be without a name |
//! | [`fallback`] | `#[fallback]` | nothing: [`fallback_async`] takes what has to be awaited |
#![cfg_attr(
    feature = "cached",
    doc = "| [`cached`](fn@cached) | `#[cached]` | stand anywhere but outermost; find out whether the error can be cloned: say [`share_errors`](CacheBuilder::share_errors) |"
)]
//!
//! A name that is made at run time is kept for the life of the process, and so is the state behind it: name layers by what
//! they protect, and never by what a caller sends.

mod bulkhead;
#[cfg(feature = "cached")]
mod cache;
mod circuit_breaker;
mod fallback;
mod gate;
mod invalid;
mod rate_limit;
mod retry;
mod timeout;

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Shr;
use std::panic::Location;
use std::sync::Arc;

use crate::bulkhead::Bulkhead;
use crate::circuit_breaker::CircuitBreaker;
use crate::classify::{Classified, Classifier, Classify, NoClassifier, TraitClassifier};
use crate::context::CallState;
use crate::error::Error;
use crate::event::LoggedError;
use crate::metrics::CallMetrics;
use crate::rate_limit::RateLimiter;
use gate::GateLayer;
use invalid::{Draft, leaked_name};

pub use bulkhead::{BulkheadBuilder, bulkhead};
#[cfg(feature = "cached")]
pub use cache::{CacheBuilder, CacheLayer, CachedPolicy, cached};
pub use circuit_breaker::{BreakerBuilder, circuit_breaker};
pub use fallback::{Fallback, fallback, fallback_async};
pub use invalid::InvalidPolicy;
pub use rate_limit::{RateLimitBuilder, rate_limit};
pub use retry::{RetryBuilder, retry};
pub use timeout::timeout;

/// A stack of layers as a value: what the attributes are to a function, for calls whose protection is known only at run
/// time, from a configuration file for example.
///
/// The leftmost layer is the outermost, as the top attribute is. Values are checked when a layer is built: what the
/// attributes reject at compile time is an [`InvalidPolicy`] here, and nothing panics.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), resilience::policy::InvalidPolicy> {
/// use resilience::{Policy, policy};
/// use std::time::Duration;
///
/// # #[derive(Debug, PartialEq, thiserror::Error)]
/// # enum AskError {
/// #     #[error("overloaded")]
/// #     Overloaded,
/// #     #[error(transparent)]
/// #     Resilience(#[from] resilience::Error),
/// # }
/// # fn retries_from_the_configuration() -> u32 { 3 }
/// let ask: Policy<String, AskError> = Policy::named("ask")?
///     >> policy::timeout(Duration::from_secs(120))?
///     >> policy::fallback(|_error: AskError| Ok("We are looking into it.".to_owned()))
///     >> policy::retry().max(retries_from_the_configuration()).base_delay(Duration::from_millis(200)).build()?
///     >> policy::circuit_breaker("llm").failure_threshold(5).build()?
///     >> policy::bulkhead("llm").max(10).queue(5).build()?
///     >> policy::rate_limit("llm").max(100).per(Duration::from_secs(60)).build()?
///     >> policy::timeout(Duration::from_secs(30))?;
///
/// let mut calls = 0;
/// let answer = ask
///     .call(|| {
///         calls += 1;
///         let answer = if calls < 3 { Err(AskError::Overloaded) } else { Ok("42".to_owned()) };
///         async { answer }
///     })
///     .await;
/// assert_eq!((answer, calls), (Ok("42".to_owned()), 3));
///
/// // The same policy, and the same breaker, in synchronous code:
/// assert_eq!(ask.call_blocking(|| Ok("43".to_owned())), Ok("43".to_owned()));
/// # Ok(()) }
/// ```
///
/// `E` has to be `From<resilience::Error>` where a layer can fail on its own, as all can but `retry`, `fallback` and
/// `cached`. `M` is [`Both`], unless a fallback has to be awaited.
///
/// Where the stack is known when you write it, the attributes do the same, are checked by the compiler, and are faster: a
/// policy allocates one boxed future for each layer and call, and calls every predicate through a pointer.
///
/// Cloning it is cheap, and shares all state.
pub struct Policy<T, E, M = Both> {
    calls: CallMetrics,
    /// Outermost first.
    layers: Vec<Arc<Layer<T, E>>>,
    mode: PhantomData<fn() -> M>,
}

/// The mode of a [`Policy`] that can be called both ways.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Both;

/// The mode of a [`Policy`] with a fallback that has to be awaited: it has no `call_blocking`.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct AsyncOnly;

impl<T, E> Policy<T, E> {
    /// A policy without a layer: it calls what it is given.
    ///
    /// In events it is called by the place of this call, `src/main.rs:7`.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        let place = Location::caller();
        Self::called(leaked_name(Cow::Owned(format!("{}:{}", place.file(), place.line()))))
    }

    /// The same with a name, which is the `function` of its events.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`] for an empty name.
    pub fn named(name: impl Into<Cow<'static, str>>) -> Result<Self, InvalidPolicy> {
        let mut draft = Draft::new(());
        let name = draft.name(name.into());
        draft.finish("name")?;
        Ok(Self::called(name))
    }

    const fn called(name: &'static str) -> Self {
        Self { calls: CallMetrics::of(name), layers: Vec::new(), mode: PhantomData }
    }
}

impl<T, E, M> Policy<T, E, M> {
    /// The name it was given, or the place where it was made.
    pub const fn name(&self) -> &str {
        self.calls.name()
    }

    /// Calls `operation` through all layers; more than once, where a retry asks for it.
    ///
    /// Nothing happens before the future is polled. Dropped at any time, it takes everything with it: the operation, its
    /// place in a bulkhead and in a queue, the probe of a breaker. It is `Send` when the operation and its future are.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), resilience::policy::InvalidPolicy> {
    /// use resilience::{Policy, policy};
    ///
    /// let twice: Policy<u32, &str> = Policy::new() >> policy::retry().max(1).no_delay().build()?;
    /// assert_eq!(twice.call(|| async { Err("down") }).await, Err("down"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// The operation's own, unchanged, or what its type makes of a [`resilience::Error`](crate::Error).
    pub async fn call<F, Fut>(&self, mut operation: F) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let (call, flow) = (self.calls.begin(), CallState::new());
        let out = InnerCall { layers: &self.layers, flow: &flow, operation: &mut operation }.call().await;
        call.ended(out.is_err());
        out
    }

    fn with(mut self, mut layer: Layer<T, E>) -> Self {
        layer.name(self.calls.name());
        self.layers.push(Arc::new(layer));
        self
    }

    fn mode<N>(self) -> Policy<T, E, N> {
        Policy { calls: self.calls, layers: self.layers, mode: PhantomData }
    }
}

impl<T, E> Policy<T, E> {
    /// The same for a synchronous operation, on this thread, which sleeps in pauses and queues.
    ///
    /// # Errors
    ///
    /// As of [`call`](Self::call).
    pub fn call_blocking(&self, mut operation: impl FnMut() -> Result<T, E>) -> Result<T, E> {
        let (call, flow) = (self.calls.begin(), CallState::new());
        let out =
            InnerCall::<_, _, Blocking<'_, T, E>> { layers: &self.layers, flow: &flow, operation: &mut operation }
                .call_blocking();
        call.ended(out.is_err());
        out
    }
}

impl<T, E> Default for Policy<T, E> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<T, E, M> Clone for Policy<T, E, M> {
    fn clone(&self) -> Self {
        Self { calls: self.calls.clone(), layers: self.layers.clone(), mode: PhantomData }
    }
}

impl<T, E, M> fmt::Debug for Policy<T, E, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("name", &self.name()).field("layers", &self.layers).finish_non_exhaustive()
    }
}

/// Puts a layer inside of those that are there.
impl<T, E, M> Shr<Layer<T, E>> for Policy<T, E, M> {
    type Output = Self;

    fn shr(self, layer: Layer<T, E>) -> Self {
        self.with(layer)
    }
}

/// One layer of a [`Policy`].
pub struct Layer<T, E>(LayerKind<T, E>);

enum LayerKind<T, E> {
    Timeout(timeout::TimeoutLayer<E>),
    Retry(Box<retry::RetryLayer<T, E>>),
    CircuitBreaker(Box<GateLayer<CircuitBreaker, E, circuit_breaker::Judge<E>>>),
    Bulkhead(GateLayer<Bulkhead, E>),
    RateLimit(GateLayer<RateLimiter, E>),
    Fallback(fallback::FallbackLayer<T, E>),
}

trait Operation<T, E> {
    type Running: Future<Output = Result<T, E>>;
    fn begin(&mut self) -> Self::Running;
}

impl<T, E, F: FnMut() -> Fut, Fut: Future<Output = Result<T, E>>> Operation<T, E> for F {
    type Running = Fut;

    fn begin(&mut self) -> Fut {
        self()
    }
}

type Blocking<'a, T, E> = dyn FnMut() -> Result<T, E> + 'a;

type Reject<E> = fn(Error) -> E;

/// The layers inside the current one, during one call.
struct InnerCall<'a, T, E, F: ?Sized> {
    layers: &'a [Arc<Layer<T, E>>],
    flow: &'a CallState,
    operation: &'a mut F,
}

impl<T, E, F: ?Sized> InnerCall<'_, T, E, F> {
    fn rejected(&self, reject: Reject<E>, rejection: Error) -> E {
        self.flow.rejected(&rejection);
        reject(rejection)
    }
}

impl<T, E, F: Operation<T, E>> InnerCall<'_, T, E, F> {
    /// Recursion needs a box. The boxed type stays known, and with it whether the future is `Send`.
    async fn call(&mut self) -> Result<T, E> {
        let Some((layer, layers)) = self.layers.split_first() else { return self.operation.begin().await };
        let inside = InnerCall { layers, flow: self.flow, operation: &mut *self.operation };
        Box::pin(layer.call(inside)).await
    }
}

impl<T, E> InnerCall<'_, T, E, Blocking<'_, T, E>> {
    fn call_blocking(&mut self) -> Result<T, E> {
        let Some((layer, layers)) = self.layers.split_first() else { return (self.operation)() };
        layer.call_blocking(InnerCall { layers, flow: self.flow, operation: &mut *self.operation })
    }
}

impl<T, E> Layer<T, E> {
    /// Names the layer in events, where it has no name of its own.
    fn name(&mut self, policy: &'static str) {
        match &mut self.0 {
            LayerKind::Timeout(layer) => layer.name(policy),
            LayerKind::Retry(layer) => layer.name(policy),
            LayerKind::Fallback(layer) => layer.name(policy),
            LayerKind::CircuitBreaker(_) | LayerKind::Bulkhead(_) | LayerKind::RateLimit(_) => {}
        }
    }

    async fn call<F: Operation<T, E>>(&self, inside: InnerCall<'_, T, E, F>) -> Result<T, E> {
        match &self.0 {
            LayerKind::Timeout(layer) => layer.call(inside).await,
            LayerKind::Retry(layer) => layer.call(inside).await,
            LayerKind::CircuitBreaker(layer) => layer.call(inside).await,
            LayerKind::Bulkhead(layer) => layer.call(inside).await,
            LayerKind::RateLimit(layer) => layer.call(inside).await,
            LayerKind::Fallback(layer) => layer.call(inside).await,
        }
    }

    fn call_blocking(&self, inside: InnerCall<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        match &self.0 {
            LayerKind::Timeout(layer) => layer.call_blocking(inside),
            LayerKind::Retry(layer) => layer.call_blocking(inside),
            LayerKind::CircuitBreaker(layer) => layer.call_blocking(inside),
            LayerKind::Bulkhead(layer) => layer.call_blocking(inside),
            LayerKind::RateLimit(layer) => layer.call_blocking(inside),
            LayerKind::Fallback(layer) => layer.call_blocking(inside),
        }
    }
}

impl<T, E> fmt::Debug for Layer<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            LayerKind::Timeout(layer) => fmt::Debug::fmt(&layer.config, f),
            LayerKind::Retry(layer) => fmt::Debug::fmt(&layer.config, f),
            LayerKind::CircuitBreaker(layer) => fmt::Debug::fmt(layer, f),
            LayerKind::Bulkhead(layer) => fmt::Debug::fmt(layer, f),
            LayerKind::RateLimit(layer) => fmt::Debug::fmt(layer, f),
            LayerKind::Fallback(layer) => fmt::Debug::fmt(layer, f),
        }
    }
}

/// Implements `Debug` for types that hold closures.
macro_rules! opaque {
    ($($name:ident<$($part:ident),*>)*) => {$(
        impl<$($part),*> fmt::Debug for $name<$($part),*> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

opaque! { BreakerBuilder<E> RetryBuilder<T, E> Fallback<T, E, M> }

type Predicate<A> = Box<dyn Fn(&A) -> bool + Send + Sync>;

/// A function pointer, because generic code cannot ask whether `E` implements `Classify`.
type ClassifyFn<E> = fn(&E) -> Classified;

fn unclassified<E>(error: &E) -> Classified {
    NoClassifier.classify(error)
}

fn classified<E: Classify>(error: &E) -> Classified {
    TraitClassifier.classify(error)
}

type LogErrorFn<E> = fn(&E) -> LoggedError<'_>;

fn said<E: fmt::Display>(error: &E) -> LoggedError<'_> {
    LoggedError::DisplayOnly(error)
}
