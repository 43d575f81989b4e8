//! The user's errors in our events, for an attribute with `log_errors = true` and for no other.

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use crate::event::LoggedError;
use crate::outcome::Outcome;

/// With its sources.
#[derive(Debug, Clone, Copy)]
pub struct Chain;

/// By itself.
#[derive(Debug, Clone, Copy)]
pub struct Alone;

/// An error that can be shown in this way.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shown in an event",
    label = "`log_errors` writes errors with `Display`, which `{Self}` has not",
    note = "with thiserror, give each variant its `#[error(\"..\")]`; or implement `Display` for it",
    note = "the failure of an `Option` says nothing: take `log_errors` away"
)]
pub trait Sayable<Way>: Sized {
    fn said(&self, way: Way) -> LoggedError<'_>;

    /// That of an outcome, if it has failed.
    ///
    /// Here, and no function with a bound: rustc would show where that stands.
    fn said_of<'a, R: Outcome<Failure = Self>>(outcome: &'a R, way: Way) -> Option<LoggedError<'a>>
    where
        Self: 'a,
    {
        outcome.failure().map(|failure| failure.said(way))
    }
}

#[diagnostic::do_not_recommend]
impl<E: Error> Sayable<Chain> for E {
    fn said(&self, _: Chain) -> LoggedError<'_> {
        LoggedError::WithSources(self)
    }
}

#[diagnostic::do_not_recommend]
impl<E: fmt::Display> Sayable<Alone> for E {
    fn said(&self, _: Alone) -> LoggedError<'_> {
        LoggedError::DisplayOnly(self)
    }
}

/// How the errors of an outcome are shown, by autoref: `(&&Telling::of(&__out)).__resilience_telling()`.
#[derive(Debug)]
pub struct Telling<E>(PhantomData<fn(E)>);

impl<E> Telling<E> {
    pub fn of<R: Outcome<Failure = E>>(_: &R) -> Self {
        Self(PhantomData)
    }

    pub fn of_failure(_: &E) -> Self {
        Self(PhantomData)
    }
}

/// Taken for an [`Error`].
pub trait TellChain {
    fn __resilience_telling(&self) -> Chain {
        Chain
    }
}

impl<E: Error> TellChain for &Telling<E> {}

/// Taken for everything else.
pub trait TellAlone {
    fn __resilience_telling(&self) -> Alone {
        Alone
    }
}

impl<E> TellAlone for Telling<E> {}
