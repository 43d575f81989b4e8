//! Layers for a [`Policy`], a stack that is known only at run time.
//!
//! Each function builds a layer, or returns a builder for one. [`Policy`] combines the layers.
//!
//! A layer works like the attribute with its name, and shares its state:
//! `policy::circuit_breaker("llm")` uses the breaker of `#[circuit_breaker(name = "llm")]`.
//! `CircuitBreaker::named("llm")` and [`snapshot`](crate::snapshot) return it. If the two are
//! configured differently, the configuration of the policy applies, and an event reports the
//! conflict. Of several policies, the newest one applies.
//!
//! | layer | attribute | differences |
//! |---|---|---|
//! | [`timeout`] | `#[timeout]` | no `mode = "thread"`: a closure that borrows cannot outlive the call |
//! | [`stream_timeout`] | `#[timeout]` with `first` and `idle` | none |
//! | [`retry`] | `#[retry]` | none |
//! | [`circuit_breaker`] | `#[circuit_breaker]` | a `key` is the argument of the call: [`KeyedPolicy`] |
//! | [`bulkhead`], [`rate_limit`] | `#[bulkhead]`, `#[rate_limit]` | a `key` is the argument of the call: [`KeyedPolicy`]; the name is required |
//! | [`fallback`] | `#[fallback]` | separate functions for an alternative that has to be awaited, [`fallback_async`], and for a value, [`fallback_value`] |
#![cfg_attr(
    feature = "cached",
    doc = "| [`cached`](fn@cached) | `#[cached]` | outermost only; sharing errors is opt-in: [`share_errors`](CacheBuilder::share_errors) |"
)]
//!
//! Errors that implement [`Classify`] are classified, as by attributes: a permanent error is not
//! retried, for example. The compiler must know the implementation where the policy is called. In a
//! generic function without the bound `E: Classify` it does not; call `classified()` on each builder
//! there.
//!
//! Names may be created at run time. State is freed when the last policy, attribute or handle that
//! holds it is dropped, and a later policy of that name starts with new state.

#[macro_use]
pub(crate) mod error_traits;
#[macro_use]
mod invalid;
#[macro_use]
mod keyed;

mod bulkhead;
#[cfg(feature = "cached")]
mod cache;
pub(crate) mod call;
mod check;
mod circuit_breaker;
mod error_log;
mod fallback;
mod gate;
mod layer;
mod rate_limit;
mod retry;
mod shared;
mod stream;
mod stream_timeout;
mod timeout;

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::{Deref, Shr};
use std::panic::Location;
use std::sync::Arc;

use crate::classify::Classified;
#[cfg(doc)]
use crate::classify::Classify;
use crate::metrics::CallMetrics;
use crate::registry::PolicyNameGuard;
use call::{Blocking, InnerCall, Operation, Reject};
use error_traits::{Chain, ClassifiedError, ErrorTraits, classified};
use invalid::Draft;

pub use bulkhead::{BulkheadBuilder, bulkhead};
#[cfg(feature = "cached")]
pub use cache::{CacheBuilder, CacheLayer, CachedPolicy, UnclassifiedCachedPolicy, cached};
pub use circuit_breaker::{BadValues, BreakerBuilder, ValuePredicate, circuit_breaker};
pub use fallback::{Fallback, fallback, fallback_async, fallback_value};
pub use invalid::InvalidPolicy;
pub use keyed::{KeyedBuilder, KeyedLayer, KeyedPolicy, UnclassifiedKeyedPolicy};
pub use layer::Layer;
use layer::LayerKind;
pub use rate_limit::{HintOfError, HintOfResult, RateLimitBuilder, ServerHint, UnitsOfValue, UsedUnits, rate_limit};
pub use retry::{RetryBuilder, retry};
pub use stream_timeout::{StreamTimeoutBuilder, stream_timeout};
pub use timeout::timeout;

#[cfg(feature = "store")]
pub use crate::rate_limit::OnOutage;

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
/// [`call_stream`](Policy::call_stream) calls an operation that returns a stream.
///
/// # Classification
///
/// If `E` implements [`Classify`], retries, breakers and caches use the classification. The compiler
/// must know `E` where the policy is called, so name the type of the policy:
///
/// ```
/// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
/// use resilience::{Policy, policy};
/// use std::io::{Error, ErrorKind};
///
/// let read: Policy<u32, Error> = Policy::new() >> policy::retry().no_delay().build()?;
///
/// let mut calls = 0;
/// let missing = read.call_blocking(|| {
///     calls += 1;
///     Err(Error::from(ErrorKind::NotFound))
/// });
/// assert!(missing.is_err());
/// assert_eq!(calls, 1, "a missing file is not retried");
/// # Ok(()) }
/// ```
///
/// # Performance
///
/// An asynchronous call allocates one boxed future per layer, and a policy calls each predicate
/// through a pointer. If the stack is known at compile time, use the attributes: they are faster, and
/// the compiler checks them.
pub struct Policy<T, E, M = Both>(Chain<UnclassifiedPolicy<T, E, M>>);

/// A [`Policy`] whose errors are not known to implement [`Classify`] or `Error`. You need not name it.
///
/// A policy dereferences to it through intermediate types. So `policy.call(..)` is a method of
/// [`Policy`] where `E` is known to implement both traits, and a method of one of these types
/// elsewhere.
pub struct UnclassifiedPolicy<T, E, M = Both> {
    name: Arc<PolicyNameGuard>,
    calls: CallMetrics,
    /// Outermost first.
    layers: Vec<Arc<Layer<T, E>>>,
    cost: Option<u64>,
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
        Self::called(format!("{}:{}", place.file(), place.line()), false)
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
        Ok(Self::called(name.into_owned(), true))
    }

    fn called(name: String, is_explicit: bool) -> Self {
        let name = Arc::new(PolicyNameGuard::new(name, is_explicit));
        let calls = CallMetrics::of(name.function(), &[]);
        Self(Chain::of(UnclassifiedPolicy { name, calls, layers: Vec::new(), cost: None, mode: PhantomData }))
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

    /// Returns this policy for calls that cost `units` each: tokens, bytes, or millionths of a
    /// currency unit.
    ///
    /// The units count for the rate limits that have a [`cost`](RateLimitBuilder::cost); other rate
    /// limits count calls.
    ///
    /// ```
    /// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
    /// use resilience::{Error, Policy, policy};
    /// use std::time::Duration;
    ///
    /// // 60 requests and 10,000 tokens a minute.
    /// let ask: Policy<String, Error> = Policy::new()
    ///     >> policy::rate_limit("requests").max(60).per(Duration::from_secs(60)).build()?
    ///     >> policy::rate_limit("tokens").max(10_000).per(Duration::from_secs(60)).cost(1_000).build()?;
    ///
    /// let prompt = "word ".repeat(8_000);
    /// let tokens = prompt.len() as u64 / 5;
    /// assert!(ask.with_cost(tokens).call_blocking(|| Ok("an answer".to_owned())).is_ok());
    /// let rejected = ask.with_cost(tokens).call_blocking(|| unreachable!("2,000 tokens are left"));
    /// assert!(matches!(rejected, Err(Error::RateLimited { .. })));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_cost(&self, units: u64) -> Self {
        let mut policy = self.clone();
        policy.0.unknown_mut().cost = Some(units);
        policy
    }

    /// Returns the name, or the location of the call to [`new`](Policy::new).
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    fn with(mut self, mut layer: Layer<T, E>) -> Self {
        // A second layer of a kind has no settings, because they would be those of the first.
        let is_first = |layer: &Layer<T, E>| {
            let kind = std::mem::discriminant(&layer.0);
            !self.layers.iter().any(|outer| std::mem::discriminant(&outer.0) == kind)
        };
        let section = self.name.explicit().filter(|_| is_first(&layer));
        layer.name(self.name.function(), section);
        if let LayerKind::Retry(retry) = &mut layer.0 {
            retry.is_within = self.layers.iter().any(|outer| matches!(outer.0, LayerKind::Retry(_)));
        }
        let policy = self.0.unknown_mut();
        policy.calls.add_layer(layer.kind());
        policy.layers.push(Arc::new(layer));
        self
    }

    fn mode<N>(self) -> Policy<T, E, N> {
        let UnclassifiedPolicy { name, calls, layers, cost, .. } = self.0.into_unknown();
        Policy(Chain::of(UnclassifiedPolicy { name, calls, layers, cost, mode: PhantomData }))
    }
}

impl<T, E: ClassifiedError, M> Policy<T, E, M> {
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
    /// Dropping the future drops the operation. It releases its permits of bulkheads, its places in
    /// their queues, and its probe of a breaker.
    pub async fn call<F, Fut>(&self, operation: F) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        self.run(&ErrorTraits::CLASSIFIED_ERROR, operation).await
    }
}

impl<T, E: ClassifiedError> Policy<T, E> {
    /// Calls a synchronous operation through all layers, on the current thread.
    ///
    /// The thread sleeps while a layer pauses or waits in a queue.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`call`](Self::call).
    pub fn call_blocking(&self, operation: impl FnMut() -> Result<T, E>) -> Result<T, E> {
        self.run_blocking(&ErrorTraits::CLASSIFIED_ERROR, operation)
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
        let UnclassifiedPolicy { name, calls, layers, cost, mode } = self.0.unknown();
        let (name, calls, layers) = (Arc::clone(name), calls.clone(), layers.clone());
        Self(Chain::of(UnclassifiedPolicy { name, calls, layers, cost: *cost, mode: *mode }))
    }
}

impl<T, E, M> fmt::Debug for Policy<T, E, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("name", &self.name()).field("layers", &self.layers).finish_non_exhaustive()
    }
}

impl<T, E, M> Deref for Policy<T, E, M> {
    type Target = Chain<UnclassifiedPolicy<T, E, M>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Adds a layer inside of all others.
impl<T, E, M> Shr<Layer<T, E>> for Policy<T, E, M> {
    type Output = Self;

    fn shr(self, layer: Layer<T, E>) -> Self {
        self.with(layer)
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

opaque! { BreakerBuilder<E, W> RateLimitBuilder<S, H> RetryBuilder<T, E> Fallback<T, E, M> }

#[doc(hidden)]
pub type Predicate<A> = Box<dyn Fn(&A) -> bool + Send + Sync>;

type ClassifyFn<E> = fn(&E) -> Classified;
