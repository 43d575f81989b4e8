//! Layers for a [`Policy`], a stack that is known only at run time.
//!
//! Each function builds a layer, or returns a builder for one. [`Policy`] combines the layers.
//!
//! A layer works like the attribute with its name, and shares its state:
//! `policy::circuit_breaker("llm")` uses the breaker of `#[circuit_breaker(name = "llm")]`.
//! `CircuitBreaker::named("llm")` and [`snapshot`](crate::snapshot) return it. If the two are
//! configured differently, the configuration of the first call applies, and an event reports the
//! conflict.
//!
//! | layer | attribute | differences |
//! |---|---|---|
//! | [`timeout`] | `#[timeout]` | no `mode = "thread"`: a closure that borrows cannot outlive the call |
//! | [`retry`] | `#[retry]` | classification is opt-in: [`classified`](RetryBuilder::classified) |
//! | [`circuit_breaker`] | `#[circuit_breaker]` | a `key` is the argument of the call: [`KeyedPolicy`]; classification is opt-in: [`classified`](BreakerBuilder::classified) |
//! | [`bulkhead`], [`rate_limit`] | `#[bulkhead]`, `#[rate_limit]` | a `key` is the argument of the call: [`KeyedPolicy`]; the name is required |
//! | [`fallback`] | `#[fallback]` | an answer that must be awaited has a function of its own: [`fallback_async`] |
#![cfg_attr(
    feature = "cached",
    doc = "| [`cached`](fn@cached) | `#[cached]` | outermost only; sharing errors is opt-in: [`share_errors`](CacheBuilder::share_errors) |"
)]
//!
//! Names may be created at run time. State is freed when the last policy, attribute or handle that
//! holds it is gone, and a later policy of that name starts afresh.

#[macro_use]
mod invalid;
mod keyed;

mod bulkhead;
#[cfg(feature = "cached")]
mod cache;
mod check;
mod circuit_breaker;
mod error_log;
mod fallback;
mod gate;
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
use crate::context::facts::identity::OpaqueIdentity;
use crate::context::facts::{rejected_until, rejected_with};
use crate::error::Error;
use crate::metrics::CallMetrics;
use crate::rate_limit::BodyRuns;
use crate::registry::{FunctionRef, PolicyNameGuard};
use gate::GateLayer;
use invalid::Draft;
use keyed::CallKey;

pub use bulkhead::{BulkheadBuilder, bulkhead};
#[cfg(feature = "cached")]
pub use cache::{CacheBuilder, CacheLayer, CachedPolicy, cached};
pub use circuit_breaker::{BreakerBuilder, circuit_breaker};
pub use fallback::{Fallback, fallback, fallback_async};
pub use invalid::InvalidPolicy;
pub use keyed::{KeyedBuilder, KeyedLayer, KeyedPolicy};
pub use rate_limit::{RateLimitBuilder, rate_limit};
pub use retry::{RetryBuilder, retry};
pub use timeout::timeout;

/// A stack of layers as a value, for calls whose protection is known only at run time.
///
/// The layers can come from a configuration file, for example. The leftmost layer is the outermost,
/// like the topmost attribute of a function.
///
/// Values are checked when a layer is built. A value that an attribute rejects at compile time is
/// an [`InvalidPolicy`] here; nothing panics. The exception is a retry without retries, `max(0)` or
/// `attempts(1)`, which calls once.
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
/// // Synchronous code can use this policy too, and shares its breaker:
/// assert_eq!(ask.call_blocking(|| Ok("43".to_owned())), Ok("43".to_owned()));
/// # Ok(()) }
/// ```
///
/// The error type `E` needs `From<resilience::Error>` if a layer can fail on its own. All layers
/// can, except `retry`, `fallback` and `cached`. The mode `M` is [`Both`], or [`AsyncOnly`] if a
/// fallback has to be awaited.
///
/// A clone is cheap and shares all state.
///
/// # Performance
///
/// A policy allocates one boxed future per layer and call, and calls each predicate through a
/// pointer. If the stack is known at compile time, use the attributes: they are faster, and the
/// compiler checks them.
pub struct Policy<T, E, M = Both> {
    name: Arc<PolicyNameGuard>,
    calls: CallMetrics,
    /// Outermost first.
    layers: Vec<Arc<Layer<T, E>>>,
    mode: PhantomData<fn() -> M>,
}

/// The mode of a [`Policy`] that has [`call`](Policy::call) and
/// [`call_blocking`](Policy::call_blocking).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Both;

/// The mode of a [`Policy`] with a fallback that has to be awaited. It has no `call_blocking`.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct AsyncOnly;

impl<T, E> Policy<T, E> {
    /// Creates a policy without layers, which only calls the operation.
    ///
    /// Its name in events is the location of this call, such as `src/main.rs:7`.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        let place = Location::caller();
        Self::called(format!("{}:{}", place.file(), place.line()))
    }

    /// Creates a policy without layers and with a name, which events report as `function`.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidPolicy`] if the name is empty.
    pub fn named(name: impl Into<Cow<'static, str>>) -> Result<Self, InvalidPolicy> {
        let (name, mut draft) = (name.into(), Draft::new(()));
        draft.name(&name);
        draft.finish("name")?;
        Ok(Self::called(name.into_owned()))
    }

    fn called(name: String) -> Self {
        let name = Arc::new(PolicyNameGuard::new(name));
        Self { calls: CallMetrics::of(name.function()), name, layers: Vec::new(), mode: PhantomData }
    }
}

impl<T, E, M> Policy<T, E, M> {
    /// Checks the layers together, and returns the policy.
    ///
    /// A policy works without this check. It finds what the attributes reject at compile time: layers
    /// that undo each other, or can never act.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`], with every mistake, from the outside in:
    ///
    /// - a fallback directly below a retry or a circuit breaker that takes every error, so that nothing
    ///   is retried or counted;
    /// - a retry inside of a retry that is not [`nested`](RetryBuilder::nested);
    /// - a breaker, bulkhead or rate limit twice;
    /// - a timeout, a first delay or a `wait` that is not shorter than a timeout around it.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::{Error, Policy, policy};
    ///
    /// # fn main() -> Result<(), policy::InvalidPolicy> {
    /// let ask: Policy<u32, Error> =
    ///     (Policy::named("ask")? >> policy::retry().build()? >> policy::circuit_breaker("llm").build()?).build()?;
    ///
    /// let again = ask >> policy::retry().build()? >> policy::circuit_breaker("llm").build()?;
    /// let invalid = again.build().expect_err("a retry in a retry, and one breaker twice");
    /// assert_eq!((invalid.layer(), invalid.problems().len()), ("stack", 2));
    /// # Ok(()) }
    /// ```
    pub fn build(self) -> Result<Self, InvalidPolicy> {
        InvalidPolicy::unless_empty("stack", check::problems(&self.layers)).map(|()| self)
    }

    /// Returns the name, or the location of the call to [`new`](Policy::new).
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Calls an asynchronous operation through all layers. A retry calls it more than once.
    ///
    /// The future is lazy, and `Send` if the operation and its futures are.
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
    /// Returns the error of the operation unchanged, or the `E` that a layer creates from a
    /// [`resilience::Error`](crate::Error).
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the operation, and frees its place in bulkheads and their queues
    /// and its probe of a breaker.
    pub async fn call<F, Fut>(&self, mut operation: F) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let (call, call_state, runs) = (self.calls.begin(), CallState::new(), BodyRuns::new());
        let out = InnerCall {
            layers: &self.layers,
            call_state: &call_state,
            runs: &runs,
            key: None,
            operation: &mut operation,
        }
        .call()
        .await;
        call.ended(out.is_err());
        out
    }

    fn with(mut self, mut layer: Layer<T, E>) -> Self {
        layer.name(self.name.function());
        self.layers.push(Arc::new(layer));
        self
    }

    fn mode<N>(self) -> Policy<T, E, N> {
        Policy { name: self.name, calls: self.calls, layers: self.layers, mode: PhantomData }
    }
}

impl<T, E> Policy<T, E> {
    /// Calls a synchronous operation through all layers, on the current thread.
    ///
    /// The thread sleeps while a layer pauses or waits in a queue.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`call`](Self::call).
    pub fn call_blocking(&self, mut operation: impl FnMut() -> Result<T, E>) -> Result<T, E> {
        let (call, call_state, runs) = (self.calls.begin(), CallState::new(), BodyRuns::new());
        let out = InnerCall::<_, _, Blocking<'_, T, E>> {
            layers: &self.layers,
            call_state: &call_state,
            runs: &runs,
            key: None,
            operation: &mut operation,
        }
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
        Self { name: Arc::clone(&self.name), calls: self.calls.clone(), layers: self.layers.clone(), mode: PhantomData }
    }
}

impl<T, E, M> fmt::Debug for Policy<T, E, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("name", &self.name()).field("layers", &self.layers).finish_non_exhaustive()
    }
}

/// Adds a layer inside of all others.
impl<T, E, M> Shr<Layer<T, E>> for Policy<T, E, M> {
    type Output = Self;

    fn shr(self, layer: Layer<T, E>) -> Self {
        self.with(layer)
    }
}

/// A layer of a [`Policy`], created by the functions of this [module](self).
pub struct Layer<T, E>(LayerKind<T, E>);

enum LayerKind<T, E> {
    Timeout(timeout::TimeoutLayer<E>),
    Retry(Box<retry::RetryLayer<T, E>>),
    CircuitBreaker(Box<GateLayer<CircuitBreaker, E, circuit_breaker::Judge<E>>>),
    Bulkhead(GateLayer<Bulkhead, E>),
    RateLimit(rate_limit::RateLimitLayer<E>),
    Fallback(fallback::FallbackLayer<T, E>),
}

type Blocking<'a, T, E> = dyn FnMut() -> Result<T, E> + 'a;

type Reject<E> = fn(Error) -> E;

/// The layers inside the current one, during one call.
struct InnerCall<'a, T, E, F: ?Sized> {
    layers: &'a [Arc<Layer<T, E>>],
    call_state: &'a CallState,
    runs: &'a BodyRuns,
    key: Option<&'a dyn CallKey>,
    operation: &'a mut F,
}

impl<T, E, F: ?Sized> InnerCall<'_, T, E, F> {
    fn rejected(&self, reject: Reject<E>, rejection: Error) -> E {
        self.call_state.rejected(&rejection);
        self.runs.rejected();
        let until = rejected_until(&rejection);
        let error = reject(rejection);
        rejected_with(&error, until, OpaqueIdentity);
        error
    }

    /// A rate limit above other gates takes its token back when they reject the call.
    fn is_above_gate(&self) -> bool {
        self.layers.iter().any(|layer| layer.is_gate())
    }
}

impl<T, E, F> InnerCall<'_, T, E, F> {
    /// Recursion needs a box. The boxed type stays known, and with it whether the future is `Send`.
    ///
    /// `Fut` is a parameter, and no type of a trait: rustc forgets the lifetimes in what a future
    /// holds, and could not find that type again for a `T` or `E` with one.
    async fn call<Fut>(&mut self) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let Some((layer, layers)) = self.layers.split_first() else {
            self.runs.begin();
            return (self.operation)().await;
        };
        let Self { call_state, runs, key, .. } = *self;
        let inner = InnerCall { layers, call_state, runs, key, operation: &mut *self.operation };
        Box::pin(layer.call(inner)).await
    }
}

impl<T, E> InnerCall<'_, T, E, Blocking<'_, T, E>> {
    fn call_blocking(&mut self) -> Result<T, E> {
        let Some((layer, layers)) = self.layers.split_first() else {
            self.runs.begin();
            return (self.operation)();
        };
        layer.call_blocking(InnerCall {
            layers,
            call_state: self.call_state,
            runs: self.runs,
            key: self.key,
            operation: &mut *self.operation,
        })
    }
}

impl<T, E> Layer<T, E> {
    /// Names the layer in events, where it has no name of its own.
    fn name(&mut self, policy: FunctionRef) {
        match &mut self.0 {
            LayerKind::Timeout(layer) => layer.name(policy),
            LayerKind::Retry(layer) => layer.name(policy),
            LayerKind::Fallback(layer) => layer.name(policy),
            LayerKind::CircuitBreaker(_) | LayerKind::Bulkhead(_) | LayerKind::RateLimit(_) => {}
        }
    }

    const fn is_gate(&self) -> bool {
        matches!(self.0, LayerKind::CircuitBreaker(_) | LayerKind::Bulkhead(_) | LayerKind::RateLimit(_))
    }

    async fn call<F, Fut>(&self, inner: InnerCall<'_, T, E, F>) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        match &self.0 {
            LayerKind::Timeout(layer) => layer.call(inner).await,
            LayerKind::Retry(layer) => layer.call(inner).await,
            LayerKind::CircuitBreaker(layer) => layer.call_in_scope(inner).await,
            LayerKind::Bulkhead(layer) => layer.call(inner).await,
            LayerKind::RateLimit(layer) => layer.call(inner).await,
            LayerKind::Fallback(layer) => layer.call(inner).await,
        }
    }

    fn call_blocking(&self, inner: InnerCall<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        match &self.0 {
            LayerKind::Timeout(layer) => layer.call_blocking(inner),
            LayerKind::Retry(layer) => layer.call_blocking(inner),
            LayerKind::CircuitBreaker(layer) => layer.call_blocking(inner),
            LayerKind::Bulkhead(layer) => layer.call_blocking(inner),
            LayerKind::RateLimit(layer) => layer.call_blocking(inner),
            LayerKind::Fallback(layer) => layer.call_blocking(inner),
        }
    }
}

impl<T, E> fmt::Debug for Layer<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            LayerKind::Timeout(layer) => f.debug_tuple("Timeout").field(&layer.limit).finish(),
            LayerKind::Retry(layer) => fmt::Debug::fmt(&layer.config, f),
            LayerKind::CircuitBreaker(layer) => fmt::Debug::fmt(layer, f),
            LayerKind::Bulkhead(layer) => fmt::Debug::fmt(layer, f),
            LayerKind::RateLimit(layer) => fmt::Debug::fmt(&layer.0, f),
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
