//! Which part of a result is cached. The type of the result decides, never its name.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::classify::{Classifier, Classify, TraitClassifier};
use crate::context::CallState;
use crate::context::facts::Known;
use crate::context::facts::identity::NoIdentity;
use crate::context::loads;
use crate::event::LoggedError;
use crate::outcome::Outcome;

/// A value that a cache can return more than once.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given out of a cache again: it is not `Clone + Send + Sync`",
    label = "all threads share the store, and every hit is a clone of what it holds",
    note = "return it in an `Arc`; a type of your own can derive `Clone`"
)]
pub trait Cacheable: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Cacheable for T {}

/// Decides which part of a result is cached, and restores the result from it.
pub trait CachePolicy<R> {
    type Value: Cacheable;
    /// The argument of a `ttl` function.
    type Answer;
    fn cached_part(&self, result: &R) -> Option<Self::Value>;
    fn restore(&self, value: Self::Value) -> R;
    fn answer<'r>(&self, result: &'r R) -> Option<&'r Self::Answer>;
    fn is_failure(&self, _: &Self::Value) -> bool {
        false
    }
}

/// Caches the `Ok` of a `Result`, or the `Some` of an `Option`.
#[derive(Debug, Clone, Copy)]
pub struct CacheSuccess;
/// Caches a result of any other type as a whole.
#[derive(Debug, Clone, Copy)]
pub struct CacheWhole;
/// Caches successes and failures, for `negative_ttl`.
#[derive(Debug, Clone, Copy)]
pub struct CacheBoth;
/// Caches nothing: the compiler has reported that the result cannot be cached.
#[derive(Debug, Clone, Copy)]
pub struct CacheNothing;

impl<T: Cacheable, E> CachePolicy<Result<T, E>> for CacheSuccess {
    type Value = T;
    type Answer = T;
    fn cached_part(&self, result: &Result<T, E>) -> Option<T> {
        result.as_ref().ok().cloned()
    }
    fn restore(&self, value: T) -> Result<T, E> {
        Ok(value)
    }
    fn answer<'r>(&self, result: &'r Result<T, E>) -> Option<&'r T> {
        result.as_ref().ok()
    }
}

impl<T: Cacheable> CachePolicy<Option<T>> for CacheSuccess {
    type Value = T;
    type Answer = T;
    fn cached_part(&self, result: &Option<T>) -> Option<T> {
        result.clone()
    }
    fn restore(&self, value: T) -> Option<T> {
        Some(value)
    }
    fn answer<'r>(&self, result: &'r Option<T>) -> Option<&'r T> {
        result.as_ref()
    }
}

impl<T: Cacheable> CachePolicy<T> for CacheWhole {
    type Value = T;
    type Answer = T;
    fn cached_part(&self, result: &T) -> Option<T> {
        Some(result.clone())
    }
    fn restore(&self, value: T) -> T {
        value
    }
    fn answer<'r>(&self, result: &'r T) -> Option<&'r T> {
        Some(result)
    }
}

impl<R> CachePolicy<R> for CacheBoth
where
    R: Outcome,
    R::Value: Cacheable,
    R::Failure: Cacheable,
{
    type Value = Result<R::Value, R::Failure>;
    type Answer = R::Value;

    fn cached_part(&self, result: &R) -> Option<Self::Value> {
        result.value().cloned().map(Ok).or_else(|| result.failure().cloned().map(Err))
    }
    fn restore(&self, value: Self::Value) -> R {
        match value {
            Ok(value) => R::from_value(value),
            Err(failure) => R::from_failure(failure),
        }
    }
    fn answer<'r>(&self, result: &'r R) -> Option<&'r R::Value> {
        result.value()
    }
    fn is_failure(&self, value: &Self::Value) -> bool {
        value.is_err()
    }
}

impl<R> CachePolicy<R> for CacheNothing {
    type Value = Infallible;
    type Answer = Infallible;
    fn cached_part(&self, _: &R) -> Option<Infallible> {
        None
    }
    fn restore(&self, value: Infallible) -> R {
        match value {}
    }
    fn answer<'r>(&self, _: &'r R) -> Option<&'r Infallible> {
        None
    }
}

/// An error that a cache can return more than once.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given out of a cache again: it is not `Clone + Send + Sync`",
    label = "`negative_ttl` keeps errors, and every hit is a clone of what the store holds",
    note = "put what cannot be cloned into an `Arc`; a type of your own can derive `Clone`; without `negative_ttl` no error is kept"
)]
pub trait CacheableFailure: Cacheable {}

#[diagnostic::do_not_recommend]
impl<E: Cacheable> CacheableFailure for E {}

/// An error that a leader passes to its waiters.
pub type SharedFailure = Arc<dyn Any + Send + Sync>;

pub trait ShareFailure<R> {
    fn share(&self, result: &R) -> Option<SharedFailure>;
    fn restore(&self, failure: &SharedFailure) -> Option<R>;
}

#[derive(Debug, Clone, Copy)]
pub struct ShareByClone;
/// The error cannot be cloned, so the waiters run the body themselves.
#[derive(Debug, Clone, Copy)]
pub struct NotShared;

#[derive(Clone, Copy)]
pub struct ShareWith<F>(F);

impl<F> ShareWith<F> {
    pub(crate) const fn new(clone_error: F) -> Self {
        Self(clone_error)
    }
}

#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shared with waiting callers: it is not `Send + Sync`",
    label = "`clone_error` is called for each waiting caller, on its own thread",
    note = "put what is not `Send + Sync` into a form that is, such as a `String`; or leave out `clone_error`"
)]
pub trait ShareableError: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<E: Send + Sync + 'static> ShareableError for E {}

/// Gives the compiler the type of the parameter before it checks the body of the closure.
pub fn share_with<R: Outcome>(
    _: PhantomData<fn() -> R>,
    clone_error: impl Fn(&R::Failure) -> R::Failure + Copy,
) -> impl ShareFailure<R> + Copy
where
    R::Failure: ShareableError,
{
    ShareWith(clone_error)
}

pub fn call_clone_error<E>(error: &E, clone_error: impl FnOnce(&E) -> E) -> E {
    clone_error(error)
}

impl<F> fmt::Debug for ShareWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShareWith").finish_non_exhaustive()
    }
}

impl<R, F> ShareFailure<R> for ShareWith<F>
where
    R: Outcome,
    R::Failure: Send + Sync + 'static,
    F: Fn(&R::Failure) -> R::Failure,
{
    fn share(&self, result: &R) -> Option<SharedFailure> {
        result.failure().map(|error| Arc::new((self.0)(error)) as SharedFailure)
    }
    fn restore(&self, failure: &SharedFailure) -> Option<R> {
        failure.downcast_ref::<R::Failure>().map(|error| R::from_failure((self.0)(error)))
    }
}

impl<T, E: Clone + Send + Sync + 'static> ShareFailure<Result<T, E>> for ShareByClone {
    fn share(&self, result: &Result<T, E>) -> Option<SharedFailure> {
        result.as_ref().err().map(|error| Arc::new(error.clone()) as SharedFailure)
    }
    fn restore(&self, failure: &SharedFailure) -> Option<Result<T, E>> {
        failure.downcast_ref::<E>().map(|error| Err(error.clone()))
    }
}

impl<T> ShareFailure<Option<T>> for ShareByClone {
    fn share(&self, result: &Option<T>) -> Option<SharedFailure> {
        result.is_none().then(|| Arc::new(()) as SharedFailure)
    }
    fn restore(&self, _: &SharedFailure) -> Option<Option<T>> {
        Some(None)
    }
}

impl<R> ShareFailure<R> for NotShared {
    fn share(&self, _: &R) -> Option<SharedFailure> {
        None
    }
    fn restore(&self, _: &SharedFailure) -> Option<R> {
        None
    }
}

/// The consequence of a failed load for the value that it was to replace.
#[derive(Debug)]
pub enum LoadFailure<'a> {
    /// The service has answered, so the old value is no longer valid.
    Verdict,
    /// The service has not answered, with the error to log.
    Outage(Option<LoggedError<'a>>),
    /// [`Outage`](Self::Outage), with an error that the user's function formats.
    ShownOutage(ShownOutage<'a>),
}

pub struct ShownOutage<'a>(pub(crate) Box<dyn fmt::Display + 'a>);

impl fmt::Debug for ShownOutage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShownOutage").finish_non_exhaustive()
    }
}

impl LoadFailure<'_> {
    pub(super) fn logged(&self) -> Option<LoggedError<'_>> {
        match self {
            Self::Verdict => None,
            Self::Outage(error) => *error,
            Self::ShownOutage(shown) => Some(LoggedError::DisplayOnly(&*shown.0)),
        }
    }
}

/// Decides whether a failure is an outage of the service, by the type of the result.
pub trait OutageRule<R> {
    fn is_outage(&self, result: &R, call_state: &CallState) -> bool;
}

/// The classification decides: a permanent error is a verdict, unless it is critical.
#[derive(Debug, Clone, Copy)]
pub struct OutageByClass;
#[derive(Debug, Clone, Copy)]
pub struct AlwaysOutage;
/// A `None` of the body is a verdict; a `None` of a layer is an outage.
#[derive(Debug, Clone, Copy)]
pub struct OutageIfLayer;

impl<T, E: Classify> OutageRule<Result<T, E>> for OutageByClass {
    fn is_outage(&self, result: &Result<T, E>, _: &CallState) -> bool {
        result.as_ref().err().is_some_and(|error| TraitClassifier.classify(error).is_failure())
    }
}

impl<R> OutageRule<R> for AlwaysOutage {
    fn is_outage(&self, _: &R, _: &CallState) -> bool {
        true
    }
}

impl<T> OutageRule<Option<T>> for OutageIfLayer {
    fn is_outage(&self, _: &Option<T>, call_state: &CallState) -> bool {
        call_state.is_rejected() || loads::has_limit_fired() || Known::of(&(), NoIdentity).is_rejection()
    }
}
