use std::time::Duration;

use super::{Category, Severity};

/// The meaning of an error, which a function for `#[classify(with = path)]` returns.
///
/// Such a function classifies the error of another crate, which cannot implement
/// [`Classify`](crate::Classify) itself.
///
/// # Examples
///
/// ```
/// use resilience::{Category, Classify, Verdict};
/// use std::num::ParseIntError;
/// use std::sync::mpsc::RecvTimeoutError;
/// use std::time::Duration;
///
/// fn of_number(_: &ParseIntError) -> Verdict {
///     Verdict::new(Category::Permanent)
/// }
///
/// fn of_channel(error: &RecvTimeoutError) -> Verdict {
///     match error {
///         RecvTimeoutError::Timeout => Verdict::new(Category::Resource).with_retry_after(Duration::from_millis(50)),
///         RecvTimeoutError::Disconnected => Verdict::new(Category::Permanent),
///     }
/// }
///
/// #[derive(Debug, Classify)]
/// enum ReadError {
///     #[classify(with = of_number)]
///     Number(ParseIntError),
///     #[classify(with = of_channel)]
///     Channel(RecvTimeoutError),
/// }
///
/// let busy = ReadError::Channel(RecvTimeoutError::Timeout);
/// assert_eq!((busy.category(), busy.retry_after()), (Category::Resource, Some(Duration::from_millis(50))));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    category: Category,
    severity: Severity,
    retry_after: Option<Duration>,
}

impl Verdict {
    /// Gives the error a category. The severity is [`Severity::Error`], and there is no time to wait.
    pub const fn new(category: Category) -> Self {
        Self { category, severity: Severity::Error, retry_after: None }
    }

    /// Uses the classification of another error, such as a source.
    pub fn of(error: &(impl super::Classify + ?Sized)) -> Self {
        Self { category: error.category(), severity: error.severity(), retry_after: error.retry_after() }
    }

    /// Sets the severity.
    #[must_use]
    pub const fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    /// Sets the shortest time before the next attempt.
    #[must_use]
    pub const fn with_retry_after(self, retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..self }
    }

    /// Returns the category.
    pub const fn category(self) -> Category {
        self.category
    }

    /// Returns the severity.
    pub const fn severity(self) -> Severity {
        self.severity
    }

    /// Returns the shortest time before the next attempt, if there is one.
    pub const fn retry_after(self) -> Option<Duration> {
        self.retry_after
    }
}
