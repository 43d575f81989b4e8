use std::time::Duration;

use crate::classify::Classified;
use crate::context::RetriesExhausted;
use crate::event::LoggedError;
use crate::outcome::Outcome;

#[derive(Debug, Clone, Copy)]
pub struct Verdict<'a> {
    retry: bool,
    pub(super) classified: Classified,
    /// The time for which an inner layer will keep rejecting calls, if it rejected this one.
    pub(super) rejected_for: Option<Duration>,
    pub(super) logged_error: Option<LoggedError<'a>>,
}

impl<'a> Verdict<'a> {
    const RETURN: Self = Self {
        retry: false,
        classified: Classified { category: None, severity: crate::Severity::Info, retry_after: None },
        rejected_for: None,
        logged_error: None,
    };

    /// Without `when`, the classification decides.
    pub fn from_classification(classified: Classified, rejected_for: Option<Duration>) -> Self {
        Self { retry: classified.is_retryable(), classified, rejected_for, logged_error: None }
    }

    /// With `when`, the predicate decides, even over a rejection.
    pub fn from_predicate(retry: bool, classified: Classified) -> Self {
        Self { retry, classified, rejected_for: None, logged_error: None }
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

/// Returns `None` if the outcome is to be returned.
#[inline]
pub(super) fn judge_outcome<'a, R: Outcome>(
    outcome: &'a R,
    judge: impl FnOnce(&'a R::Failure) -> Verdict<'a>,
    when_ok: impl FnOnce(&R::Value) -> bool,
) -> Option<Verdict<'a>> {
    let verdict = match (outcome.failure(), outcome.value()) {
        (Some(failure), _) => judge(failure),
        (None, Some(value)) if when_ok(value) => Verdict { retry: true, ..Verdict::RETURN },
        _ => Verdict::RETURN,
    };
    if !verdict.retry {
        // This retry still has attempts, so an outer retry may try the call again.
        RetriesExhausted::clear();
    }
    verdict.retry.then_some(verdict)
}
