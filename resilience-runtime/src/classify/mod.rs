#[cfg(feature = "async-openai-0_43")]
mod async_openai;
#[cfg(feature = "aws-smithy-1")]
mod aws;
mod chain;
mod error;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "hyper")]
mod hyper;
mod io;
#[cfg(feature = "redis-1")]
mod redis;
#[cfg(any(feature = "reqwest-0_12", feature = "reqwest-0_13"))]
mod reqwest;
#[cfg(any(feature = "sqlx-0_8", feature = "sqlx-0_9", feature = "tokio-postgres-0_7"))]
mod sqlstate;
#[cfg(any(feature = "sqlx-0_8", feature = "sqlx-0_9"))]
mod sqlx;
#[cfg(feature = "tokio-postgres-0_7")]
mod tokio_postgres;
#[cfg(feature = "tonic")]
mod tonic;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;

pub use chain::classify_chain;
pub(crate) use chain::{LONGEST, resilience_error_in};
#[cfg(feature = "http")]
pub use http::retry_after;
pub use verdict::Verdict;

/// The kind of a failure. All attributes of a stack read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Category {
    /// The service could not be reached: connection refused, reset, host unreachable.
    Network,
    /// The service asks for fewer calls, often with the time to wait.
    RateLimit,
    /// A resource is exhausted: memory, connections, a full queue, an open breaker.
    Resource,
    /// The next attempt may succeed: a timeout, a busy server, an interrupted call.
    Transient,
    /// Every further attempt fails too. The error is not retried and does not open a breaker.
    Permanent,
}

impl Category {
    /// Returns whether another attempt may succeed: `true` for all but
    /// [`Permanent`](Self::Permanent).
    pub const fn is_retryable(self) -> bool {
        !matches!(self, Self::Permanent)
    }

    /// Returns the category of an HTTP status, for a request that is sent again unchanged.
    ///
    /// | status | category |
    /// |---|---|
    /// | 429 | [`RateLimit`](Self::RateLimit) |
    /// | 408, 425 | [`Transient`](Self::Transient), as RFC 9110 and RFC 8470 define them |
    /// | 507 | [`Resource`](Self::Resource) |
    /// | 501, 505, 506, 508, 510, 511 | [`Permanent`](Self::Permanent) |
    /// | any other from 500 to 599 | [`Transient`](Self::Transient) |
    /// | all others | [`Permanent`](Self::Permanent) |
    ///
    /// ```
    /// use resilience::{Category, Classify};
    ///
    /// struct Rejected {
    ///     status: u16,
    /// }
    ///
    /// impl Classify for Rejected {
    ///     fn category(&self) -> Category {
    ///         Category::of_http_status(self.status)
    ///     }
    /// }
    ///
    /// assert_eq!(Rejected { status: 429 }.category(), Category::RateLimit);
    /// ```
    pub const fn of_http_status(status: u16) -> Self {
        match status {
            429 => Self::RateLimit,
            507 => Self::Resource,
            // The server does not support the request, or the network requires a login.
            501 | 505 | 506 | 508 | 510 | 511 => Self::Permanent,
            408 | 425 | 500..=599 => Self::Transient,
            _ => Self::Permanent,
        }
    }

    /// Returns the name of the category in events: `network`, `rate_limit`, `resource`,
    /// `transient`, `permanent`.
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

/// The severity of a failure for the whole service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Expected in normal operation.
    Info,
    /// Worth watching. Rejections by attributes have this severity.
    Warning,
    /// A call failed.
    Error,
    /// Needs attention now: no call can succeed. The error is not retried, and counts as a failure of
    /// a circuit breaker.
    Critical,
}

/// Classifies an error for the attributes.
///
/// `#[retry]` and `#[circuit_breaker]` use the classification, unless they have a `when`:
///
/// - A [permanent](Category::Permanent) error is not retried, and counts as a success of the
///   breaker.
/// - A [critical](Severity::Critical) error is not retried, and counts as a failure of the breaker
///   even if it is permanent: an expired key fails every call.
/// - [`retry_after`](Classify::retry_after) is the shortest delay before the next attempt.
///
/// Errors of a type without this trait are always retried, and always count as failures.
///
/// `#[derive(Classify)]` implements the trait from an attribute on each variant; see [the derive
/// macro](https://docs.rs/resilience-fn/latest/resilience/derive.Classify.html). An implementation
/// by hand:
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
///
/// # Errors that implement it
///
/// | error | category |
/// |---|---|
/// | [`resilience::Error`](crate::Error) | `Timeout`: transient; `CircuitOpen`, `BulkheadFull`, `StoreAway`, `NoThread`: resource; `RateLimited`: rate limit; `CostAboveBurst`: permanent. `retry_after` is the time until the next probe or the next call. The severity is a warning. |
/// | [`std::io::Error`] | not connected, refused, reset, aborted, unreachable, broken pipe, unexpected end, no address: network; out of memory, storage, quota, buffers or file handles: resource; not found, not permitted, invalid, unsupported and similar kinds: permanent; timed out, interrupted, would block, busy and all other kinds: transient |
/// | `&E`, `Box<E>`, `Arc<E>` | the category of `E` |
/// | `reqwest::Error` (features `reqwest-0_12`, `reqwest-0_13`) | failure to connect, lost connection: network; timeout: transient; HTTP status: [`Category::of_http_status`]; unexpected body, invalid request, too many redirects: permanent |
/// | `hyper::Error` of hyper 1 (feature `hyper`) | connection closed, cut or reset: network; timeout, request cancelled before it was sent: transient; message that is not HTTP, misuse by the caller: permanent |
/// | `tonic::Status` of tonic 0.14 (feature `tonic`) | `ResourceExhausted`: rate limit; `Unavailable`, `DeadlineExceeded`, `Aborted`, `Cancelled`, `Internal`, `Unknown`: the category of the underlying error, or transient; all others: permanent. `retry_after` is the push-back or the `RetryInfo` of the server. |
/// | `sqlx::Error` (features `sqlx-0_8`, `sqlx-0_9`) | answer of the database: by SQLSTATE, or by the code of SQLite; lost connection: network; exhausted pool: resource; TLS, configuration, encoding and decoding: permanent |
/// | `tokio_postgres::Error`, which `postgres::Error` is (feature `tokio-postgres-0_7`) | answer of the server: by SQLSTATE; lost connection: network; all others: permanent |
/// | `redis::RedisError` (feature `redis-1`) | answer of the server: by its code; lost connection: network; timeout: transient; wrong password: permanent and critical |
/// | `SdkError` of the AWS SDK (feature `aws-smithy-1`) | answer of the service: by its code, or else by its HTTP status; no connection: network; timeout, response cut off: transient; request that cannot be built: permanent. `retry_after` is the hint of the service. |
/// | `OpenAIError` (feature `async-openai-0_43`) | answer of the service: by its HTTP status; wrong key, exhausted quota: permanent and critical |
///
/// Each implementation has a table of every case, listed below under "Implementations on Foreign
/// Types".
///
/// A feature with a version stays as it is. A name without one (`reqwest`, `sqlx`, `tokio-postgres`,
/// `redis`, `aws`, `async-openai`) means the newest version that this release knows, which a later
/// minor release may change. Several versions can be enabled at once.
///
/// A category says whether another attempt may succeed, and not whether this one had an effect, which
/// is unknown after a timeout or a lost connection. Retry only idempotent operations.
///
/// For the errors of other crates, `#[classify(with = path)]` names a function that returns a
/// [`Verdict`].
///
/// `Box<dyn Error>` and `anyhow::Error` can hold any error and do not implement it.
/// [`classify_chain`] finds a known error inside of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement `Classify`",
    label = "no `Classify` for `{Self}`",
    note = "a type of your own can derive or implement `resilience::Classify`",
    note = "an error of another crate gets its category where it is wrapped: `#[classify(transient)]` above the variant; \
            on an attribute, `when = ..` decides",
    note = "for a `Box<dyn Error>` or an `anyhow::Error`, use `resilience::classify_chain`"
)]
pub trait Classify {
    /// Returns the kind of the failure.
    fn category(&self) -> Category;

    /// Returns the severity. Default: [`Severity::Error`].
    ///
    /// A [critical](Severity::Critical) error is not retried, and always counts as a failure of a
    /// circuit breaker.
    fn severity(&self) -> Severity {
        Severity::Error
    }

    /// Returns the shortest time to wait before the next attempt, as the service asks for it, for
    /// example with `Retry-After`. Default: `None`.
    fn retry_after(&self) -> Option<Duration> {
        None
    }

    /// Returns the [`resilience::Error`](crate::Error) that this error is or wraps: the rejection or
    /// the timeout with which an attribute ended the call. Default: `None`.
    ///
    /// A walk over [`source`](std::error::Error::source) does not find it behind
    /// `#[error(transparent)]`, which passes on the source of the inner error. `#[derive(Classify)]`
    /// implements this method for [one field of each variant][derive]. So do `resilience::Error`, `&E`,
    /// `Box<E>`, `Arc<E>`, [`std::io::Error`] and `tonic::Status`.
    ///
    /// [derive]: https://docs.rs/resilience-fn/latest/resilience/derive.Classify.html#wrapped-errors
    ///
    /// # Examples
    ///
    /// A web handler answers a rejection with the status and the `Retry-After` that belong to it:
    ///
    /// ```
    /// # #[cfg(feature = "http")] {
    /// use http::header::RETRY_AFTER;
    /// use http::{HeaderMap, StatusCode};
    /// use resilience::{Classify, rate_limit};
    ///
    /// #[derive(Debug, thiserror::Error, Classify)]
    /// enum ApiError {
    ///     #[error("unknown user")]
    ///     #[classify(permanent)]
    ///     UnknownUser,
    ///     #[error(transparent)]
    ///     #[classify(transparent)]
    ///     Resilience(#[from] resilience::Error),
    /// }
    ///
    /// fn response(error: &ApiError) -> (StatusCode, HeaderMap) {
    ///     let mut headers = HeaderMap::new();
    ///     let Some(ours) = error.resilience_error() else { return (StatusCode::BAD_REQUEST, headers) };
    ///     if let Some(wait) = ours.retry_after_header() {
    ///         headers.insert(RETRY_AFTER, wait);
    ///     }
    ///     (ours.http_status(), headers)
    /// }
    ///
    /// #[rate_limit(max = 1, per = "1h")]
    /// fn user(id: u32) -> Result<&'static str, ApiError> {
    ///     if id == 0 { Err(ApiError::UnknownUser) } else { Ok("ada") }
    /// }
    ///
    /// let first = user(0).expect_err("unknown");
    /// assert_eq!(response(&first), (StatusCode::BAD_REQUEST, HeaderMap::new()));
    /// let second = user(1).expect_err("above the limit");
    /// let (status, headers) = response(&second);
    /// assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    /// assert!(headers.contains_key(RETRY_AFTER));
    /// # }
    /// ```
    fn resilience_error(&self) -> Option<&Error> {
        None
    }
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<E: Classify + ?Sized> Classify for $pointer {
            fn category(&self) -> Category {
                (**self).category()
            }
            fn severity(&self) -> Severity {
                (**self).severity()
            }
            fn retry_after(&self) -> Option<Duration> {
                (**self).retry_after()
            }
            fn resilience_error(&self) -> Option<&Error> {
                (**self).resilience_error()
            }
        }
    )*};
}

forward!(&E, Box<E>, Arc<E>);

/// A field that holds the time to wait, for `#[classify(retry_after = field)]`: `Duration` or
/// `Option<Duration>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a duration",
    label = "`retry_after` takes a field of type `Duration` or `Option<Duration>`",
    note = "a number has no unit; store a `Duration` in the error, or implement `Classify` by hand"
)]
pub trait Wait {
    /// Returns the hint.
    fn wait(&self) -> Option<Duration>;
}

#[diagnostic::do_not_recommend]
impl Wait for Duration {
    fn wait(&self) -> Option<Duration> {
        Some(*self)
    }
}

#[diagnostic::do_not_recommend]
impl Wait for Option<Duration> {
    fn wait(&self) -> Option<Duration> {
        *self
    }
}

/// The classification of one failure, as the attributes use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Classified {
    /// `None` for an error type without a classification.
    pub category: Option<Category>,
    pub severity: Severity,
    pub retry_after: Option<Duration>,
}

impl Classified {
    /// An unclassified error is retryable, because nothing rules out that another attempt succeeds.
    pub fn is_retryable(&self) -> bool {
        self.severity < Severity::Critical && self.is_failure()
    }

    /// A permanent error does not count, because the service has answered. A critical error counts,
    /// because no call can succeed.
    pub fn is_failure(&self) -> bool {
        self.severity >= Severity::Critical || self.category.is_none_or(Category::is_retryable)
    }
}

/// Classifies the errors of one type.
pub trait Classifier<E: ?Sized> {
    /// Classifies `error`.
    fn classify(self, error: &E) -> Classified;
}

/// Classifies errors by their own [`Classify`].
#[derive(Debug, Clone, Copy)]
pub struct TraitClassifier;

impl<E: Classify + ?Sized> Classifier<E> for TraitClassifier {
    fn classify(self, error: &E) -> Classified {
        Classified { category: Some(error.category()), severity: error.severity(), retry_after: error.retry_after() }
    }
}

/// Classifies no error.
#[derive(Debug, Clone, Copy)]
pub struct NoClassifier;

impl<E: ?Sized> Classifier<E> for NoClassifier {
    fn classify(self, _: &E) -> Classified {
        Classified { category: None, severity: Severity::Error, retry_after: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permanent_and_critical_are_not_retried_and_only_permanent_alone_is_no_failure() {
        let of = |category, severity| Classified { category, severity, retry_after: None };
        let judged = |classified: Classified| (classified.is_retryable(), classified.is_failure());
        assert_eq!(judged(of(None, Severity::Error)), (true, true));
        assert_eq!(judged(of(Some(Category::RateLimit), Severity::Error)), (true, true));
        assert_eq!(judged(of(Some(Category::Permanent), Severity::Error)), (false, false));
        assert_eq!(judged(of(Some(Category::Network), Severity::Critical)), (false, true));
        assert_eq!(judged(of(Some(Category::Permanent), Severity::Critical)), (false, true));
    }

    #[test]
    fn a_status_says_whether_the_same_request_may_succeed() {
        use Category::{Permanent, RateLimit, Resource, Transient};
        for (status, category) in [
            (400, Permanent),
            (404, Permanent),
            (408, Transient),
            (425, Transient),
            (429, RateLimit),
            (500, Transient),
            (501, Permanent),
            (503, Transient),
            (505, Permanent),
            (507, Resource),
            (529, Transient),
            (200, Permanent),
            (9999, Permanent),
        ] {
            assert_eq!(Category::of_http_status(status), category, "{status}");
        }
    }
}
