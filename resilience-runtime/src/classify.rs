use std::io;
use std::marker::PhantomData;
use std::time::Duration;

/// What kind of failure an error is. One classification is read by every attribute of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Category {
    /// The other side could not be reached: refused, reset, unreachable.
    Network,
    /// The other side asks for fewer calls; it often says when to come back.
    RateLimit,
    /// Something is used up: memory, connections, a full queue, an open breaker.
    Resource,
    /// It may work next time: a timeout, a busy server, an interrupted call.
    Transient,
    /// The same call will fail again: not retried, and no reason to open a breaker.
    Permanent,
}

impl Category {
    /// Whether calling again can help: every category but [`Permanent`](Self::Permanent).
    pub const fn is_retryable(self) -> bool {
        !matches!(self, Self::Permanent)
    }

    /// The category as events name it: `network`, `rate_limit`, `resource`, `transient`, `permanent`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::RateLimit => "rate_limit",
            Self::Resource => "resource",
            Self::Transient => "transient",
            Self::Permanent => "permanent",
        }
    }
}

/// How bad a failure is for the service as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Expected in normal operation.
    Info,
    /// Worth watching.
    Warning,
    /// A call failed.
    Error,
    /// Someone should look now. Never retried.
    Critical,
}

/// Tells the attributes what an error means.
///
/// Implement it for your error and `#[retry]` and `#[circuit_breaker]` read it wherever they have no `when`
/// of their own: a [permanent](Category::Permanent) error is not retried and counts as a success of the
/// breaker, and [`retry_after`](Classify::retry_after) is a floor for the next delay. An error type without it
/// is retried and counted whatever it is.
///
/// ```
/// use resilience::{Category, Classify, retry};
/// use std::time::Duration;
///
/// #[derive(Debug)]
/// enum ApiError {
///     TooManyRequests(Duration),
///     BadRequest,
/// }
///
/// impl Classify for ApiError {
///     fn category(&self) -> Category {
///         match self {
///             ApiError::TooManyRequests(_) => Category::RateLimit,
///             ApiError::BadRequest => Category::Permanent,
///         }
///     }
///     fn retry_after(&self) -> Option<Duration> {
///         match self {
///             ApiError::TooManyRequests(wait) => Some(*wait),
///             ApiError::BadRequest => None,
///         }
///     }
/// }
///
/// #[retry]
/// fn submit(calls: &mut u32) -> Result<(), ApiError> {
///     *calls += 1;
///     Err(ApiError::BadRequest)
/// }
///
/// let mut calls = 0;
/// assert!(submit(&mut calls).is_err());
/// assert_eq!(calls, 1, "a permanent error is not retried");
/// ```
pub trait Classify {
    /// What kind of failure this is.
    fn category(&self) -> Category;

    /// How bad it is; [`Severity::Error`] unless overridden. A [critical](Severity::Critical) error is not
    /// retried.
    fn severity(&self) -> Severity {
        Severity::Error
    }

    /// The time before which a further call is pointless, as told by the other side (`Retry-After`).
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

impl<E: Classify + ?Sized> Classify for &E {
    fn category(&self) -> Category {
        (**self).category()
    }
    fn severity(&self) -> Severity {
        (**self).severity()
    }
    fn retry_after(&self) -> Option<Duration> {
        (**self).retry_after()
    }
}

impl<E: Classify + ?Sized> Classify for Box<E> {
    fn category(&self) -> Category {
        (**self).category()
    }
    fn severity(&self) -> Severity {
        (**self).severity()
    }
    fn retry_after(&self) -> Option<Duration> {
        (**self).retry_after()
    }
}

impl Classify for io::Error {
    /// Connection failures are network errors; timeouts, interruptions and "would block" are transient; what
    /// the operating system ran out of is a resource; everything else would fail again.
    fn category(&self) -> Category {
        use io::ErrorKind as K;
        match self.kind() {
            K::ConnectionRefused
            | K::ConnectionReset
            | K::ConnectionAborted
            | K::NotConnected
            | K::AddrNotAvailable
            | K::BrokenPipe
            | K::UnexpectedEof
            | K::HostUnreachable
            | K::NetworkUnreachable
            | K::NetworkDown => Category::Network,
            K::TimedOut | K::Interrupted | K::WouldBlock | K::ResourceBusy | K::Deadlock | K::Other => {
                // `Other` is wrapped by the code that made it: an unknown error is worth another try.
                Category::Transient
            }
            K::OutOfMemory | K::StorageFull | K::QuotaExceeded => Category::Resource,
            _ => Category::Permanent,
        }
    }
}

/// What the attributes know about one failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Classified {
    /// `None` for an error type without a classification.
    pub category: Option<Category>,
    pub severity: Severity,
    pub retry_after: Option<Duration>,
}

impl Classified {
    /// Whether another try can help. Of an unclassified error nothing is known that speaks against it.
    pub fn is_retryable(&self) -> bool {
        self.severity < Severity::Critical && self.is_failure()
    }

    /// Whether it says that the other side is unwell, for a breaker. A permanent error says the opposite: it has answered.
    pub fn is_failure(&self) -> bool {
        self.category.is_none_or(Category::is_retryable)
    }
}

/// Finds an error's classification at the place of expansion, by autoref: `(&&Probe(e)).__resilience_classified()`, under a name that no trait of the user's has.
#[derive(Debug)]
pub struct Probe<'a, E: ?Sized>(pub &'a E);

/// Taken when the error implements [`Classify`].
pub trait ProbeClassified {
    /// What the error says of itself.
    fn __resilience_classified(&self) -> Classified;
}

impl<E: Classify + ?Sized> ProbeClassified for &Probe<'_, E> {
    fn __resilience_classified(&self) -> Classified {
        Classified { category: Some(self.0.category()), severity: self.0.severity(), retry_after: self.0.retry_after() }
    }
}

/// Taken for every other error.
pub trait ProbeUnclassified {
    /// Nothing is known.
    fn __resilience_classified(&self) -> Classified;
}

impl<E: ?Sized> ProbeUnclassified for Probe<'_, E> {
    fn __resilience_classified(&self) -> Classified {
        Classified { category: None, severity: Severity::Error, retry_after: None }
    }
}

/// The same before there is an error, for the layers that need nothing else: what it says is found once for a function.
#[derive(Debug)]
pub struct Meanings<E>(PhantomData<fn(E)>);

impl<E> Meanings<E> {
    /// Of all errors of this type.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// Taken when the error implements [`Classify`].
pub trait ProbeTold {
    /// Errors say it of themselves.
    fn __resilience_meaning(&self) -> Told {
        Told
    }
}

impl<E: Classify> ProbeTold for &Meanings<E> {}

/// Taken for every other error.
pub trait ProbeUntold {
    /// Nothing is known.
    fn __resilience_meaning(&self) -> Untold {
        Untold
    }
}

impl<E> ProbeUntold for Meanings<E> {}

/// How the errors of a function are classified.
pub trait Meaning<E: ?Sized> {
    /// What is known of one of them.
    fn classified(self, error: &E) -> Classified;
}

/// By themselves.
#[derive(Debug, Clone, Copy)]
pub struct Told;

impl<E: Classify + ?Sized> Meaning<E> for Told {
    fn classified(self, error: &E) -> Classified {
        ProbeClassified::__resilience_classified(&&Probe(error))
    }
}

/// Not at all.
#[derive(Debug, Clone, Copy)]
pub struct Untold;

impl<E: ?Sized> Meaning<E> for Untold {
    fn classified(self, error: &E) -> Classified {
        ProbeUnclassified::__resilience_classified(&Probe(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Plain;

    #[test]
    #[expect(clippy::needless_borrow, reason = "as an expansion writes it")]
    fn autoref_finds_a_classification_only_where_there_is_one() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!((&&Probe(&refused)).__resilience_classified().category, Some(Category::Network));
        assert_eq!((&&Probe(&Plain)).__resilience_classified().category, None);
    }

    #[test]
    fn permanent_and_critical_are_not_retried_and_only_permanent_is_no_failure() {
        let of = |category, severity| Classified { category, severity, retry_after: None };
        let judged = |classified: Classified| (classified.is_retryable(), classified.is_failure());
        assert_eq!(judged(of(None, Severity::Error)), (true, true));
        assert_eq!(judged(of(Some(Category::RateLimit), Severity::Error)), (true, true));
        assert_eq!(judged(of(Some(Category::Permanent), Severity::Error)), (false, false));
        assert_eq!(judged(of(Some(Category::Network), Severity::Critical)), (false, true));
    }

    #[test]
    fn io_errors_are_told_apart() {
        let of = |kind| io::Error::from(kind).category();
        assert_eq!(of(io::ErrorKind::TimedOut), Category::Transient);
        assert_eq!(of(io::ErrorKind::NotFound), Category::Permanent);
        assert_eq!(of(io::ErrorKind::StorageFull), Category::Resource);
        assert_eq!(io::Error::other("wrapped").category(), Category::Transient);
    }
}
