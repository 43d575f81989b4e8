//! The types that belong to the outcome of an attempt.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::ops::Deref;

use super::gate::AttemptEntry;
use super::limit::AttemptLimit;
use super::{Attempt, Layers};
use crate::circuit_breaker::RejectedCall;
use crate::context::facts::Identity;
use crate::error::Error;
use crate::gate::Rejection;
use crate::outcome::Outcome;
use crate::registry::FunctionRef;
use crate::retry::{Kept, NotKept, Retry};

/// Recognises and classifies the failures of a call.
#[derive(Debug, Clone, Copy)]
pub struct Judged<I, J> {
    pub(super) identity: I,
    pub(super) classifier: J,
}

/// Makes the attempts of a call with outcomes of the type `R`.
///
/// [`__resilience_attempt`](Self::__resilience_attempt) is a method of this type if `R` is `Send`, and of the type that
/// this one dereferences to otherwise: a pause with an outcome that is not `Send` would take `Send` from the future of
/// the call.
#[derive(Debug)]
pub struct AttemptOf<R>(AttemptOfLocal<R>);

#[derive(Debug)]
pub struct AttemptOfLocal<R>(PhantomData<fn() -> R>);

impl<R> AttemptOf<R> {
    pub const NEW: Self = Self(AttemptOfLocal(PhantomData));
}

impl<R> Deref for AttemptOf<R> {
    type Target = AttemptOfLocal<R>;

    #[inline]
    fn deref(&self) -> &AttemptOfLocal<R> {
        &self.0
    }
}

type AttemptWith<'a, R, K, H, C, E, L, I, J, F> =
    Attempt<'a, R, K, H, C, Judged<I, J>, F, <L as AttemptLimit>::Progress, <E as AttemptEntry>::Gate>;

macro_rules! attempt {
    ($kept:ident) => {
        /// Makes the future of an attempt. If it were a call, the body would move once more.
        #[inline(always)]
        pub fn __resilience_attempt<'a, H, C: Fn() -> Layers<E, L>, E: AttemptEntry, L: AttemptLimit, I, J, F>(
            &self,
            retry: &'a mut Retry<H>,
            layers: C,
            identity: I,
            classifier: J,
            body: F,
        ) -> AttemptWith<'a, R, $kept<R>, H, C, E, L, I, J, F> {
            Attempt::new(retry, layers, Judged { identity, classifier }, body)
        }
    };
}

impl<R: Send> AttemptOf<R> {
    attempt!(Kept);
}

impl<R> AttemptOfLocal<R> {
    attempt!(NotKept);
}

/// A rejection that the outcome of the call can hold.
pub trait IntoOutcome<R: Outcome>: Sized {
    /// The outcome of a call that a gate has rejected, or whose body the limit has ended.
    fn end_attempt(self, identity: impl Identity<R::Failure>, function: FunctionRef) -> R;
}

impl<R: Outcome> IntoOutcome<R> for Infallible {
    fn end_attempt(self, _: impl Identity<R::Failure>, _: FunctionRef) -> R {
        match self {}
    }
}

// Otherwise rustc explains a missing `From` in terms of this trait.
#[diagnostic::do_not_recommend]
impl<R: Outcome<Failure: Rejection>> IntoOutcome<R> for RejectedCall<'_> {
    #[inline]
    fn end_attempt(self, identity: impl Identity<R::Failure>, function: FunctionRef) -> R {
        Rejection::rejected_by_gate(self, identity, function)
    }
}

/// That of the limit, which remembers its end by itself.
#[diagnostic::do_not_recommend]
impl<R: Outcome<Failure: Rejection>> IntoOutcome<R> for Error {
    #[cold]
    fn end_attempt(self, _: impl Identity<R::Failure>, _: FunctionRef) -> R {
        Rejection::unless_rejected::<R>(Err(self))
    }
}
