use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::event::LoggedError;

pub(super) enum ErrorLog<E> {
    /// A function pointer, because generic code cannot ask whether `E` implements `Error`.
    Sources(fn(&E) -> LoggedError<'_>),
    With(Arc<dyn Fn(&E) -> String + Send + Sync>),
}

impl<E> Clone for ErrorLog<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Sources(show) => Self::Sources(*show),
            Self::With(show) => Self::With(Arc::clone(show)),
        }
    }
}

impl<E> ErrorLog<E> {
    pub(super) fn sources() -> Self
    where
        E: Error,
    {
        Self::Sources(with_sources)
    }

    pub(super) fn with(show: impl Fn(&E) -> String + Send + Sync + 'static) -> Self {
        Self::With(Arc::new(show))
    }

    pub(super) fn of<'a>(&self, error: &'a E) -> ShownError<'a, E> {
        ShownError { error, log: self.clone() }
    }
}

pub(super) fn with_sources<E: Error>(error: &E) -> LoggedError<'_> {
    LoggedError::WithSources(error)
}

pub(super) struct ShownError<'a, E> {
    error: &'a E,
    log: ErrorLog<E>,
}

impl<E> ShownError<'_, E> {
    pub(super) fn logged(&self) -> LoggedError<'_> {
        match &self.log {
            ErrorLog::Sources(show) => show(self.error),
            ErrorLog::With(_) => LoggedError::DisplayOnly(self),
        }
    }
}

impl<E> fmt::Display for ShownError<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.log {
            ErrorLog::Sources(show) => fmt::Display::fmt(&show(self.error), f),
            ErrorLog::With(show) => f.write_str(&show(self.error)),
        }
    }
}
