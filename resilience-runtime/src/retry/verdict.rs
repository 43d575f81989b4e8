use std::time::Duration;

use crate::classify::Classified;
use crate::event::LoggedError;

#[derive(Debug, Clone, Copy)]
pub struct RetryVerdict<'a> {
    pub(super) retry: bool,
    /// A predicate may ask for the retry of a rejection, whenever it ends.
    pub(super) heeds_rejections: bool,
    pub(super) classified: Classified,
    pub(super) logged_error: Option<LoggedError<'a>>,
}

/// The answer of `when_ok` to a value, with the time that the value asks to wait.
#[derive(Debug, Clone, Copy)]
pub struct ValueVerdict {
    pub(super) retry: bool,
    pub(super) retry_after: Option<Duration>,
}

impl ValueVerdict {
    pub fn new(retry: bool, retry_after: impl FnOnce() -> Option<Duration>) -> Self {
        Self { retry, retry_after: if retry { retry_after() } else { None } }
    }
}

impl From<bool> for ValueVerdict {
    #[inline]
    fn from(retry: bool) -> Self {
        Self { retry, retry_after: None }
    }
}

impl<'a> RetryVerdict<'a> {
    /// For a value that `when_ok` retries.
    pub(super) const fn of_value(retry_after: Option<Duration>) -> Self {
        let classified = Classified { category: None, severity: crate::Severity::Info, retry_after };
        Self { retry: true, heeds_rejections: false, classified, logged_error: None }
    }

    /// Without `when`, the classification decides.
    pub fn from_classification(classified: Classified) -> Self {
        Self { retry: classified.is_retryable(), heeds_rejections: true, classified, logged_error: None }
    }

    /// With `when`, the predicate decides, even over a rejection.
    pub fn from_predicate(retry: bool, classified: Classified) -> Self {
        Self { retry, heeds_rejections: false, classified, logged_error: None }
    }

    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.classified.retry_after = retry_after;
        self
    }

    #[must_use]
    pub fn with_logged_error(mut self, error: LoggedError<'a>) -> Self {
        self.logged_error = Some(error);
        self
    }
}
