//! Layers with one instance of their state for each key, and the policies that are called with one.

mod call_key;

use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::marker::PhantomData;
use std::ops::{Deref, Shr};

use futures_core::Stream;

use super::call::PolicyCall;
use super::error_traits::{Chain, ClassifiedError, ErrorTraits, FromError, FromErrorPointer, Unknown};
use super::{
    AsyncOnly, Blocking, Both, BreakerBuilder, BulkheadBuilder, Fallback, InvalidPolicy, Layer, Policy,
    RateLimitBuilder, ServerHint, UsedUnits, ValuePredicate,
};
use crate::error::Error;
use call_key::OwnedKey;
pub(super) use call_key::{BorrowedKey, CallKey, Held};

/// Builds a layer with one instance of its state for each key. Created by
/// [`RateLimitBuilder::key`], [`BulkheadBuilder::key`] and [`BreakerBuilder::key`].
///
/// Keys in use are bounded: see [`max_keys`](Self::max_keys).
#[must_use = "there is no layer before `build()`"]
pub struct KeyedBuilder<K, B> {
    pub(super) builder: B,
    key: PhantomData<fn(&K)>,
}

/// A layer with one instance of its state for each key of type `K`: `policy >> layer` is a
/// [`KeyedPolicy`].
#[must_use = "a layer does nothing until it is added to a policy"]
pub struct KeyedLayer<K, T, E> {
    pub(super) layer: Layer<T, E>,
    key: PhantomData<fn(&K)>,
}

/// A [`Policy`] with layers that have one instance of their state for each key, as attributes with a
/// `key` do. It is called with a key.
///
/// ```
/// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
/// use resilience::policy::{self, KeyedPolicy};
/// use resilience::{Error, Policy};
/// use std::time::Duration;
///
/// let search: KeyedPolicy<String, u32, Error> = Policy::new()
///     >> policy::retry().max(1).build()?
///     >> policy::rate_limit("per client").max(1).per(Duration::from_secs(60)).key::<String>().build()?;
///
/// assert_eq!(search.call_for_blocking("a", || Ok(1)), Ok(1));
/// assert_eq!(search.call_for_blocking("b", || Ok(1)), Ok(1), "a limit of its own");
/// assert!(matches!(search.call_for_blocking("a", || Ok(1)), Err(Error::RateLimited { .. })));
/// # Ok(()) }
/// ```
///
/// All keyed layers of one policy have the same key. They share state by name with attributes that
/// have a key of this type: `#[rate_limit(name = "per client", key = client)]`, where `client` is a
/// `&str` or a `String`.
///
/// A clone is cheap and shares all state.
pub struct KeyedPolicy<K, T, E, M = Both>(Chain<UnclassifiedKeyedPolicy<K, T, E, M>>);

/// A [`KeyedPolicy`] whose errors are not known to implement [`Classify`](crate::Classify) or
/// `Error`. You need not name it; see [`UnclassifiedPolicy`](super::UnclassifiedPolicy).
pub struct UnclassifiedKeyedPolicy<K, T, E, M = Both> {
    policy: Policy<T, E, M>,
    key: PhantomData<fn(&K)>,
}

impl<K, T, E, M> KeyedPolicy<K, T, E, M> {
    const fn of(policy: Policy<T, E, M>) -> Self {
        Self(Chain::of(UnclassifiedKeyedPolicy { policy, key: PhantomData }))
    }

    #[cfg(feature = "cached")]
    pub(super) fn into_policy(self) -> Policy<T, E, M> {
        self.0.into_unknown().policy
    }
}

impl<K, T, E, M> Deref for KeyedPolicy<K, T, E, M> {
    type Target = Chain<UnclassifiedKeyedPolicy<K, T, E, M>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

macro_rules! keyed_builders {
    ($($builder:ident$(<$($of:ident),+>)?, [$($parameters:tt)*], [$($method:tt)*] $(, [$($bound:tt)*])?;)*) => {$(
        impl$(<$($of),+>)? $builder$(<$($of),+>)? {
            /// Keeps one instance for each key, as `key` of the attribute does. Keys have the type
            /// `K`, which owns its data: `String` for calls with a `&str`. See [`KeyedPolicy`].
            pub fn key<K>(self) -> KeyedBuilder<K, Self> {
                KeyedBuilder { builder: self, key: PhantomData }
            }
        }

        impl<K, $($parameters)*> KeyedBuilder<K, $builder$(<$($of),+>)?> {
            /// Sets how many keys may have an instance at a time, at least 1. Default: 1000.
            pub fn max_keys(mut self, keys: u32) -> Self {
                self.builder.limit_keys(keys);
                self
            }

            /// Builds the layer.
            ///
            /// # Errors
            ///
            /// [`InvalidPolicy`], with every mistake: those of the builder without a key, and no
            /// `max_keys`.
            pub fn build<$($method)*>(self) -> Result<KeyedLayer<K, T, E>, InvalidPolicy>
            $(where $($bound)*)?
            {
                Ok(KeyedLayer { layer: self.builder.into_layer(true)?, key: PhantomData })
            }
        }
    )*};
}

keyed_builders! {
    RateLimitBuilder<S, H>, [S, H], [T, E: From<Error>], [S: UsedUnits<T>, H: ServerHint<T, E>];
    BulkheadBuilder, [], [T, E: From<Error>];
    BreakerBuilder<E, W>, [E, W], [T], [W: ValuePredicate<T, E>];
}

impl<K, T, E, M> Shr<KeyedLayer<K, T, E>> for Policy<T, E, M> {
    type Output = KeyedPolicy<K, T, E, M>;

    fn shr(self, layer: KeyedLayer<K, T, E>) -> KeyedPolicy<K, T, E, M> {
        KeyedPolicy::of(self >> layer.layer)
    }
}

impl<K, T, E, M> Shr<KeyedLayer<K, T, E>> for KeyedPolicy<K, T, E, M> {
    type Output = Self;

    fn shr(self, layer: KeyedLayer<K, T, E>) -> Self {
        self >> layer.layer
    }
}

impl<K, T, E, M> Shr<Layer<T, E>> for KeyedPolicy<K, T, E, M> {
    type Output = Self;

    fn shr(self, layer: Layer<T, E>) -> Self {
        Self::of(self.0.into_unknown().policy >> layer)
    }
}

impl<K, T, E, M> Shr<Fallback<T, E>> for KeyedPolicy<K, T, E, M> {
    type Output = Self;

    fn shr(self, fallback: Fallback<T, E>) -> Self {
        Self::of(self.0.into_unknown().policy >> fallback)
    }
}

impl<K, T, E, M> Shr<Fallback<T, E, AsyncOnly>> for KeyedPolicy<K, T, E, M> {
    type Output = KeyedPolicy<K, T, E, AsyncOnly>;

    fn shr(self, fallback: Fallback<T, E, AsyncOnly>) -> KeyedPolicy<K, T, E, AsyncOnly> {
        KeyedPolicy::of(self.0.into_unknown().policy >> fallback)
    }
}

impl<K, T, E, M> KeyedPolicy<K, T, E, M> {
    /// Returns this policy for calls that cost `units` each. See [`Policy::with_cost`].
    #[must_use]
    pub fn with_cost(&self, units: u64) -> Self {
        Self::of(self.policy.with_cost(units))
    }

    /// Checks the layers together. See [`Policy::build`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Policy::build`].
    pub fn build(self) -> Result<Self, InvalidPolicy> {
        Ok(Self::of(self.0.into_unknown().policy.build()?))
    }
}

impl<K, T, E, M> KeyedPolicy<K, T, E, M>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    E: ClassifiedError,
{
    /// Calls an asynchronous operation through all layers, with the state of this key.
    ///
    /// The key is borrowed, `"a"` for a `String`, and cloned only to be stored.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Policy::call`].
    ///
    /// # Cancellation
    ///
    /// As with [`Policy::call`].
    pub async fn call_for<Q, F, Fut>(&self, key: &Q, operation: F) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + Sync + ?Sized,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        self.run_for(&ErrorTraits::CLASSIFIED_ERROR, key, operation).await
    }

    /// Calls an operation that opens a stream, with the state of this key. See
    /// [`Policy::call_stream`].
    ///
    /// The stream keeps the key.
    pub fn call_stream_for<F, Fut, S>(
        &self,
        key: K,
        operation: F,
    ) -> impl Stream<Item = Result<T, E>> + use<K, T, E, M, F, Fut, S>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<S, E>>,
        S: Stream<Item = Result<T, E>>,
    {
        self.policy.stream(ErrorTraits::CLASSIFIED_ERROR, Some(OwnedKey(key)), operation)
    }
}

impl<K, T, E> KeyedPolicy<K, T, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    E: ClassifiedError,
{
    /// Calls a synchronous operation for a key, on the current thread. See
    /// [`call_for`](Self::call_for).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Policy::call`].
    pub fn call_for_blocking<Q>(&self, key: &Q, operation: impl FnMut() -> Result<T, E>) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + Sync + ?Sized,
    {
        self.run_for_blocking(&ErrorTraits::CLASSIFIED_ERROR, key, operation)
    }
}

/// Implements the calls of a policy with a key, with the bounds of the last argument.
macro_rules! implement_calls_for_keys {
    ($chain:ident, $traits:ident, [$($bound:tt)*], $policy:ident, [$($own_bound:tt)*]) => {
        impl<K, T, E, M> $chain<$policy<K, T, E, M>>
        where
            K: Hash + Eq + Clone + Send + Sync + 'static,
            $($own_bound)*
            $($bound)*
        {
            #[allow(missing_docs, clippy::missing_errors_doc, reason = "documented where the errors are classified")]
            pub async fn call_for<Q, F, Fut>(&self, key: &Q, operation: F) -> Result<T, E>
            where
                Q: ToOwned<Owned = K> + Hash + Eq + Sync + ?Sized,
                F: FnMut() -> Fut,
                Fut: Future<Output = Result<T, E>>,
            {
                self.run_for(&ErrorTraits::$traits, key, operation).await
            }
        }

        impl<K, T, E> $chain<$policy<K, T, E>>
        where
            K: Hash + Eq + Clone + Send + Sync + 'static,
            $($own_bound)*
            $($bound)*
        {
            #[allow(missing_docs, clippy::missing_errors_doc, reason = "documented where the errors are classified")]
            pub fn call_for_blocking<Q>(&self, key: &Q, operation: impl FnMut() -> Result<T, E>) -> Result<T, E>
            where
                Q: ToOwned<Owned = K> + Hash + Eq + Sync + ?Sized,
            {
                self.run_for_blocking(&ErrorTraits::$traits, key, operation)
            }
        }
    };
}

along_the_chain!(implement_calls_for_keys, UnclassifiedKeyedPolicy, []);

macro_rules! implement_streams {
    ($chain:ident, $traits:ident, [$($bound:tt)*]) => {
        impl<K, T, E, M> $chain<UnclassifiedKeyedPolicy<K, T, E, M>>
        where
            K: Hash + Eq + Clone + Send + Sync + 'static,
            $($bound)*
        {
            #[allow(missing_docs, reason = "documented where the errors are classified")]
            pub fn call_stream_for<F, Fut, S>(
                &self,
                key: K,
                operation: F,
            ) -> impl Stream<Item = Result<T, E>> + use<K, T, E, M, F, Fut, S>
            where
                F: FnMut() -> Fut,
                Fut: Future<Output = Result<S, E>>,
                S: Stream<Item = Result<T, E>>,
            {
                self.policy.stream(ErrorTraits::$traits, Some(OwnedKey(key)), operation)
            }
        }
    };
}

along_the_chain!(implement_streams);

impl<K, T, E, M> UnclassifiedKeyedPolicy<K, T, E, M>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
{
    async fn run_for<Q, F, Fut>(&self, errors: &ErrorTraits<E>, key: &Q, mut operation: F) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + Sync + ?Sized,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let call = async {
            let key = BorrowedKey(key);
            let call = PolicyCall::begin(&self.policy, errors, Some(&key));
            let out = call.through(&self.policy, &mut operation).begin().await;
            call.ended(&out);
            out
        };
        Box::pin(call).await
    }
}

impl<K, T, E> UnclassifiedKeyedPolicy<K, T, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
{
    fn run_for_blocking<Q>(
        &self,
        errors: &ErrorTraits<E>,
        key: &Q,
        mut operation: impl FnMut() -> Result<T, E>,
    ) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + Sync + ?Sized,
    {
        let key = BorrowedKey(key);
        let call = PolicyCall::begin(&self.policy, errors, Some(&key));
        let operation: &mut Blocking<'_, T, E> = &mut operation;
        let out = call.through(&self.policy, operation).call_blocking();
        call.ended(&out);
        out
    }
}

impl<K, T, E, M> Clone for KeyedPolicy<K, T, E, M> {
    fn clone(&self) -> Self {
        Self::of(self.policy.clone())
    }
}

impl<K, B: fmt::Debug> fmt::Debug for KeyedBuilder<K, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyedBuilder").field(&self.builder).finish()
    }
}

impl<K, T, E> fmt::Debug for KeyedLayer<K, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyedLayer").field(&self.layer).finish()
    }
}

impl<K, T, E, M> fmt::Debug for KeyedPolicy<K, T, E, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyedPolicy").field(&self.policy).finish()
    }
}
