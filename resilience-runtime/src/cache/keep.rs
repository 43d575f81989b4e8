//! What of a result is kept, found by the type of the result and never by its name.

use std::any::Any;
use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::outcome::Outcome;

/// A value a cache can give out again.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given out of a cache again: it is not `Clone + Send + Sync`",
    label = "all threads share the store, and every hit is a clone of what it holds",
    note = "derive `Clone` for it, or return it in an `Arc`"
)]
pub trait Cacheable: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Cacheable for T {}

/// `(&&&Kept::<R>::new()).__resilience_keep()`: how `R` is taken apart and put together again.
#[derive(Debug)]
pub struct Kept<R>(PhantomData<fn() -> R>);

impl<R> Kept<R> {
    #[expect(clippy::new_without_default, reason = "not a value of anything, only a place to hang a method on")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// One way of keeping a result.
pub trait Keep<R> {
    type Value: Cacheable;
    /// The part that is worth keeping, if there is one.
    fn value(&self, result: &R) -> Option<Self::Value>;
    fn result(&self, value: Self::Value) -> R;
    /// Whether what is kept is a failure.
    fn is_failure(&self, _: &Self::Value) -> bool {
        false
    }
}

/// Of a `Result`, the `Ok`; of an `Option`, the `Some`.
#[derive(Debug, Clone, Copy)]
pub struct Success;
/// Of anything else, the whole.
#[derive(Debug, Clone, Copy)]
pub struct Whole;
/// Of a `Result` or an `Option`, both sides: for `negative_ttl`.
#[derive(Debug, Clone, Copy)]
pub struct Both;
/// What cannot be kept, after that has been reported.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

impl<T: Cacheable, E> Keep<Result<T, E>> for Success {
    type Value = T;
    fn value(&self, result: &Result<T, E>) -> Option<T> {
        result.as_ref().ok().cloned()
    }
    fn result(&self, value: T) -> Result<T, E> {
        Ok(value)
    }
}

impl<T: Cacheable> Keep<Option<T>> for Success {
    type Value = T;
    fn value(&self, result: &Option<T>) -> Option<T> {
        result.clone()
    }
    fn result(&self, value: T) -> Option<T> {
        Some(value)
    }
}

impl<T: Cacheable> Keep<T> for Whole {
    type Value = T;
    fn value(&self, result: &T) -> Option<T> {
        Some(result.clone())
    }
    fn result(&self, value: T) -> T {
        value
    }
}

impl<R> Keep<R> for Both
where
    R: Outcome,
    R::Value: Cacheable,
    R::Failure: Cacheable,
{
    type Value = Result<R::Value, R::Failure>;

    fn value(&self, result: &R) -> Option<Self::Value> {
        result.value().cloned().map(Ok).or_else(|| result.failure().cloned().map(Err))
    }
    fn result(&self, value: Self::Value) -> R {
        match value {
            Ok(value) => R::from_value(value),
            Err(failure) => R::from_failure(failure),
        }
    }
    fn is_failure(&self, value: &Self::Value) -> bool {
        value.is_err()
    }
}

impl<R> Keep<R> for Nothing {
    type Value = Infallible;
    fn value(&self, _: &R) -> Option<Infallible> {
        None
    }
    fn result(&self, value: Infallible) -> R {
        match value {}
    }
}

/// Taken for a `Result` or an `Option` of something that can be kept. What borrows is let pass, here and below: that is said
/// where the store is looked up.
pub trait KeepPart {
    fn __resilience_keep(&self) -> Success {
        Success
    }
}
impl<T: Clone + Send + Sync, E> KeepPart for &&Kept<Result<T, E>> {}
impl<T: Clone + Send + Sync> KeepPart for &&Kept<Option<T>> {}

/// Taken for any other type that can be kept.
pub trait KeepWhole {
    fn __resilience_keep(&self) -> Whole {
        Whole
    }
}
impl<R: Clone + Send + Sync> KeepWhole for &Kept<R> {}

/// Taken for a `Result` or an `Option` of something that cannot: the bound says what is missing, once.
pub trait KeepUnfit {
    type Part;
    fn __resilience_keep(&self) -> Nothing
    where
        Self::Part: Cacheable,
    {
        Nothing
    }
}
impl<T, E> KeepUnfit for &Kept<Result<T, E>> {
    type Part = T;
}
impl<T> KeepUnfit for &Kept<Option<T>> {
    type Part = T;
}

/// Taken for everything else, likewise.
pub trait KeepAny {
    type Part;
    fn __resilience_keep(&self) -> Nothing
    where
        Self::Part: Cacheable,
    {
        Nothing
    }
}
impl<R> KeepAny for Kept<R> {
    type Part = R;
}

/// An error that a cache can give out again.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given out of a cache again: it is not `Clone + Send + Sync`",
    label = "`negative_ttl` keeps errors, and every hit is a clone of what the store holds",
    note = "derive `Clone` for it, or put what cannot be cloned into an `Arc`; without `negative_ttl` no error is kept"
)]
pub trait CacheableFailure {}

#[diagnostic::do_not_recommend]
impl<E: Cacheable> CacheableFailure for E {}

/// Taken with `negative_ttl` for a `Result` or an `Option` of which both sides can be kept.
pub trait KeepBoth {
    fn __resilience_keep_both(&self) -> Both {
        Both
    }
}
impl<T: Clone + Send + Sync, E: Clone + Send + Sync> KeepBoth for &&Kept<Result<T, E>> {}
impl<T: Clone + Send + Sync> KeepBoth for &&Kept<Option<T>> {}

/// Taken for one of which a side cannot: the bounds say which, once.
pub trait KeepBothUnfit {
    type Value;
    type Failure;
    fn __resilience_keep_both(&self) -> Nothing
    where
        Self::Value: Cacheable,
        Self::Failure: CacheableFailure,
    {
        Nothing
    }
}
impl<T, E> KeepBothUnfit for &Kept<Result<T, E>> {
    type Value = T;
    type Failure = E;
}
impl<T> KeepBothUnfit for &Kept<Option<T>> {
    type Value = T;
    type Failure = ();
}

/// Taken for what has no failure to keep.
pub trait KeepBothAny {
    type Whole;
    fn __resilience_keep_both(&self) -> Nothing
    where
        Self::Whole: Outcome,
    {
        Nothing
    }
}
impl<R> KeepBothAny for Kept<R> {
    type Whole = R;
}

/// An error on its way to those who waited for the same call.
pub type SharedFailure = Arc<dyn Any + Send + Sync>;

/// How a failure reaches the waiters: cloned when the error type allows it, else not at all.
pub trait Share<R> {
    fn give(&self, result: &R) -> Option<SharedFailure>;
    fn take(&self, failure: &SharedFailure) -> Option<R>;
}

/// The error can be cloned.
#[derive(Debug, Clone, Copy)]
pub struct ShareClone;
/// The error cannot be shared: each waiter runs the body itself.
#[derive(Debug, Clone, Copy)]
pub struct ShareNothing;

impl<T, E: Clone + Send + Sync + 'static> Share<Result<T, E>> for ShareClone {
    fn give(&self, result: &Result<T, E>) -> Option<SharedFailure> {
        result.as_ref().err().map(|error| Arc::new(error.clone()) as SharedFailure)
    }
    fn take(&self, failure: &SharedFailure) -> Option<Result<T, E>> {
        failure.downcast_ref::<E>().map(|error| Err(error.clone()))
    }
}

impl<T> Share<Option<T>> for ShareClone {
    fn give(&self, result: &Option<T>) -> Option<SharedFailure> {
        result.is_none().then(|| Arc::new(()) as SharedFailure)
    }
    fn take(&self, _: &SharedFailure) -> Option<Option<T>> {
        Some(None)
    }
}

impl<R> Share<R> for ShareNothing {
    fn give(&self, _: &R) -> Option<SharedFailure> {
        None
    }
    fn take(&self, _: &SharedFailure) -> Option<R> {
        None
    }
}

/// Taken for a `Result` whose error is `Clone`, and for an `Option`.
pub trait SharesClone {
    fn __resilience_share(&self) -> ShareClone {
        ShareClone
    }
}
impl<T, E: Clone + Send + Sync> SharesClone for &Kept<Result<T, E>> {}
impl<T> SharesClone for &Kept<Option<T>> {}

/// Taken for everything else.
pub trait SharesNothing {
    fn __resilience_share(&self) -> ShareNothing {
        ShareNothing
    }
}
impl<T> SharesNothing for Kept<T> {}
