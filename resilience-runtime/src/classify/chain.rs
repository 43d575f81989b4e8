//! Classification of type-erased errors: `Box<dyn Error>`, `anyhow::Error`.

use std::error::Error;
use std::io;
use std::iter;
use std::sync::Arc;

use super::Classify;

/// Longer than any real chain. Bounds a chain that leads back to itself.
pub(crate) const LONGEST: usize = 64;

/// Returns the first error with a known classification in a chain of [sources](Error::source).
///
/// `Box<dyn Error + Send + Sync>` and `anyhow::Error` can hold any error, so they do not implement
/// [`Classify`], and the attributes treat every such error as a failure to retry. This function
/// looks at the error itself, then at its source, and so on.
///
/// It knows [`std::io::Error`], [`resilience::Error`](crate::Error), and the errors of the enabled
/// features, such as `reqwest`, `sqlx` and `redis`, also behind an [`Arc`]. With the feature `aws` it
/// recognises failures to connect, but not the answers of services. It looks at the error inside an
/// [`io::Error::other`] first. It follows at most 64 links, and returns `None` if it finds no
/// known error.
///
/// # Examples
///
/// In one attribute:
///
/// ```
/// use resilience::{Category, classify_chain, retry};
/// use std::error::Error;
///
/// /// Retries every error that is not known to be permanent.
/// fn may_succeed_later(error: &Box<dyn Error + Send + Sync>) -> bool {
///     classify_chain(&**error).is_none_or(|known| known.category().is_retryable())
/// }
///
/// #[retry(max = 3, backoff = "none", when = may_succeed_later)]
/// fn read(calls: &mut u32) -> Result<String, Box<dyn Error + Send + Sync>> {
///     *calls += 1;
///     Ok(std::fs::read_to_string("/no/such/file")?)
/// }
///
/// let mut calls = 0;
/// assert!(read(&mut calls).is_err());
/// assert_eq!(calls, 1, "a missing file is a permanent error");
/// ```
///
/// For all attributes, in an error type that wraps the erased error:
///
/// ```
/// use resilience::{Category, Classify, classify_chain};
/// use std::time::Duration;
///
/// #[derive(Debug, thiserror::Error)]
/// #[error(transparent)]
/// struct AppError(#[from] Box<dyn std::error::Error + Send + Sync>);
///
/// impl Classify for AppError {
///     fn category(&self) -> Category {
///         classify_chain(&*self.0).map_or(Category::Transient, |known| known.category())
///     }
///     fn retry_after(&self) -> Option<Duration> {
///         classify_chain(&*self.0)?.retry_after()
///     }
/// }
/// ```
pub fn classify_chain<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Classify + 'static)> {
    let mut wrapper: Option<&'a (dyn Classify + 'static)> = None;
    for link in links(error) {
        match link.downcast_ref::<io::Error>() {
            Some(io) if io.kind() == io::ErrorKind::Other && io.get_ref().is_some() => wrapper = wrapper.or(Some(io)),
            _ => {
                if let Some(known) = known(link) {
                    return Some(known);
                }
            }
        }
    }
    wrapper
}

/// Returns the first error of ours in a chain of sources.
pub(crate) fn resilience_error_in<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a crate::Error> {
    links(error).find_map(as_type::<crate::Error>)
}

fn links<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&link| next_link(link)).take(LONGEST)
}

fn next_link<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        // Its `source()` would skip the error it wraps.
        Some(io) => io.get_ref().map(|inner| inner as _),
        None => shared(error).or_else(|| error.source()),
    }
}

/// Returns the error that a library shares among clones of its own, which `source()` would skip.
fn shared<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let shared = error.downcast_ref::<Arc<dyn Error + Send + Sync>>()?;
    Some(&**shared)
}

/// Classifies an error by the first known one of its sources.
#[cfg(any(
    feature = "aws-smithy-1",
    feature = "redis-1",
    feature = "sqlx-0_8",
    feature = "sqlx-0_9",
    feature = "tokio-postgres-0_7"
))]
pub(super) fn of_source(source: Option<&(dyn Error + 'static)>) -> Option<super::Verdict> {
    source.and_then(|source| classify_chain(source)).map(super::Verdict::of)
}

fn as_type<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    error.downcast_ref::<E>().or_else(|| error.downcast_ref::<Arc<E>>().map(|shared| &**shared))
}

fn known<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Classify + 'static)> {
    fn of<'a, E: Error + Classify + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Classify + 'static)> {
        as_type::<E>(error).map(|known| known as _)
    }
    let found = of::<crate::Error>(error).or_else(|| of::<io::Error>(error));
    #[cfg(feature = "async-openai-0_43")]
    let found = found.or_else(|| of::<async_openai_0_43::error::OpenAIError>(error));
    #[cfg(feature = "aws-smithy-1")]
    let found = found.or_else(|| of::<aws_smithy_runtime_api::client::result::ConnectorError>(error));
    #[cfg(feature = "redis-1")]
    let found = found.or_else(|| of::<redis_1::RedisError>(error));
    #[cfg(feature = "reqwest-0_12")]
    let found = found.or_else(|| of::<reqwest_0_12::Error>(error));
    #[cfg(feature = "reqwest-0_13")]
    let found = found.or_else(|| of::<::reqwest::Error>(error));
    #[cfg(feature = "sqlx-0_8")]
    let found = found.or_else(|| of::<sqlx_core_0_8::Error>(error));
    #[cfg(feature = "sqlx-0_9")]
    let found = found.or_else(|| of::<sqlx_core_0_9::Error>(error));
    #[cfg(feature = "tokio-postgres-0_7")]
    let found = found.or_else(|| of::<tokio_postgres_0_7::Error>(error));
    #[cfg(feature = "hyper")]
    let found = found.or_else(|| of::<::hyper::Error>(error));
    #[cfg(feature = "tonic")]
    let found = found.or_else(|| of::<::tonic::Status>(error));
    found
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::time::Duration;

    use super::*;
    use crate::classify::Category;

    #[derive(Debug)]
    struct Because<E>(E);

    impl<E> fmt::Display for Because<E> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("because")
        }
    }

    impl<E: Error + 'static> Error for Because<E> {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    /// Its source is itself.
    #[derive(Debug)]
    struct Circle;

    impl fmt::Display for Circle {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("circle")
        }
    }

    impl Error for Circle {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }

    fn category(error: &(dyn Error + 'static)) -> Option<Category> {
        classify_chain(error).map(Classify::category)
    }

    #[test]
    fn the_first_known_error_of_a_chain_speaks_for_it() {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        assert_eq!(category(&missing()), Some(Category::Permanent));
        assert_eq!(category(&Because(Because(missing()))), Some(Category::Permanent));
        assert_eq!(category(&fmt::Error), None);
        assert_eq!(category(&Because(fmt::Error)), None);
        let open = crate::Error::CircuitOpen {
            name: "x".into(),
            state: crate::BreakerState::Open,
            retry_after: Some(Duration::from_secs(3)),
        };
        let chain = Because(open);
        let known = classify_chain(&chain).expect("ours");
        assert_eq!((known.category(), known.retry_after()), (Category::Resource, Some(Duration::from_secs(3))));
        assert_eq!(category(&Because(Arc::new(Because(missing())))), Some(Category::Permanent));
        assert_eq!(category(&Because(Arc::new(missing()))), Some(Category::Permanent));
        let shared: Arc<dyn Error + Send + Sync> = Arc::new(missing());
        assert_eq!(category(&Because(shared)), Some(Category::Permanent));
    }

    #[test]
    fn an_io_error_that_wraps_another_is_looked_into() {
        let timeout = crate::Error::Timeout { limit: Duration::from_secs(1), elapsed: Duration::from_secs(1) };
        let severity = classify_chain(&io::Error::other(timeout.clone())).map(Classify::severity);
        assert_eq!(severity, Some(timeout.severity()));
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(category(&io::Error::other(Because(refused))), Some(Category::Network));
        assert_eq!(category(&io::Error::other("unknown")), Some(Category::Transient), "itself, when nothing else is");
        let named = io::Error::new(io::ErrorKind::InvalidData, io::Error::from(io::ErrorKind::TimedOut));
        assert_eq!(category(&named), Some(Category::Permanent), "who wraps with a kind has chosen");
    }

    #[test]
    fn a_chain_without_an_end_is_left() {
        assert_eq!(category(&Circle), None);
    }
}
