//! Chooses how `log_errors` displays an error type:
//! `error.log_error((&&LogErrorProbe::of(error)).__resilience_log_error())`.

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use crate::event::LoggedError;

#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shown in an event",
    label = "`log_errors` writes errors with `Display`, which `{Self}` has not",
    note = "a type of your own can implement `Display`; with thiserror, each variant has its `#[error(\"..\")]`",
    note = "the failure of an `Option` says nothing: take `log_errors` away"
)]
pub trait LogError<Mode>: Sized {
    fn log_error(&self, mode: Mode) -> LoggedError<'_>;
}

#[diagnostic::do_not_recommend]
impl<E: Error> LogError<WithSources> for E {
    fn log_error(&self, _: WithSources) -> LoggedError<'_> {
        LoggedError::WithSources(self)
    }
}

#[diagnostic::do_not_recommend]
impl<E: fmt::Display> LogError<DisplayOnly> for E {
    fn log_error(&self, _: DisplayOnly) -> LoggedError<'_> {
        LoggedError::DisplayOnly(self)
    }
}

#[derive(Debug, Clone, Copy)]
pub struct WithSources;

#[derive(Debug, Clone, Copy)]
pub struct DisplayOnly;

#[derive(Debug)]
pub struct LogErrorProbe<E>(PhantomData<fn(E)>);

impl<E> LogErrorProbe<E> {
    pub const fn of(_: &E) -> Self {
        Self(PhantomData)
    }
}

pub trait LogErrorIfError {
    fn __resilience_log_error(&self) -> WithSources {
        WithSources
    }
}

impl<E: Error> LogErrorIfError for &LogErrorProbe<E> {}

pub trait LogErrorOtherwise {
    fn __resilience_log_error(&self) -> DisplayOnly {
        DisplayOnly
    }
}

impl<E> LogErrorOtherwise for LogErrorProbe<E> {}
