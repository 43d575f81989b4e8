use std::time::Duration;

use crate::classify::Classified;
use crate::event::LoggedError;

#[derive(Debug, Clone, Copy)]
pub struct Verdict<'a> {
    pub(super) retry: bool,
    /// A predicate may ask for the retry of a rejection, whenever it ends.
    pub(super) heeds_rejections: bool,
    pub(super) classified: Classified,
    pub(super) logged_error: Option<LoggedError<'a>>,
}

impl<'a> Verdict<'a> {
    /// For a value that `when_ok` retries.
    pub(super) const OF_VALUE: Self = Self {
        retry: true,
        heeds_rejections: false,
        classified: Classified { category: None, severity: crate::Severity::Info, retry_after: None },
        logged_error: None,
    };

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
