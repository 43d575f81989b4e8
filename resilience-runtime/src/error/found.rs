use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use super::Error;

/// Longer than any real chain; an error that leads back to itself ends here.
const LONGEST: usize = 64;

impl Error {
    /// Finds the rejection in an error or in one of its [sources](StdError::source), also behind an [`Arc`]
    /// and inside of an [`io::Error::other`].
    ///
    /// A web handler returns an error of its own, which holds the errors of many functions, and each of
    /// them may hold a rejection. One look at the whole replaces a `match` over all of them. With the
    /// feature `axum`, what is found is a response. With `http`,
    /// [`http_status`](../resilience/enum.Error.html#method.http_status) and
    /// [`retry_after_header`](../resilience/enum.Error.html#method.retry_after_header) are its parts.
    ///
    /// It follows at most 64 links.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::{Error, timeout};
    /// use std::time::Duration;
    ///
    /// #[derive(Debug, thiserror::Error)]
    /// enum OrderError {
    ///     #[error("sold out")]
    ///     SoldOut,
    ///     #[error(transparent)]
    ///     Resilience(#[from] Error),
    /// }
    ///
    /// #[derive(Debug, thiserror::Error)]
    /// enum ApiError {
    ///     #[error("the order failed")]
    ///     Order(#[from] OrderError),
    /// }
    ///
    /// let limit = Duration::from_secs(2);
    /// let error = ApiError::from(OrderError::from(Error::Timeout { limit, elapsed: limit }));
    /// assert_eq!(Error::find(&error).map(Error::code), Some("timeout"));
    /// assert_eq!(Error::find(&ApiError::from(OrderError::SoldOut)), None);
    /// ```
    pub fn find<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        for _ in 0..LONGEST {
            let error = next?;
            let found = error.downcast_ref::<Self>();
            if let Some(found) = found.or_else(|| error.downcast_ref::<Arc<Self>>().map(|shared| &**shared)) {
                return Some(found);
            }
            // The `source()` of these two would skip the error that they hold.
            let held = error.downcast_ref::<Arc<dyn StdError + Send + Sync>>().map(|shared| &**shared as _);
            let wrapped = || Some(error.downcast_ref::<io::Error>()?.get_ref()? as &(dyn StdError + 'static));
            next = held.or_else(wrapped).or_else(|| error.source());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Because(Option<Box<dyn StdError + Send + Sync>>);

    impl fmt::Display for Because {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("because")
        }
    }

    impl StdError for Because {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            self.0.as_deref().map(|source| source as _)
        }
    }

    #[derive(Debug)]
    struct Circle;

    impl fmt::Display for Circle {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("circle")
        }
    }

    impl StdError for Circle {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(self)
        }
    }

    #[test]
    fn a_rejection_is_found_wherever_an_error_holds_it() {
        let full = || Error::BulkheadFull { name: "db".into() };
        let because = |source: Box<dyn StdError + Send + Sync>| Because(Some(source));
        let shared: Arc<dyn StdError + Send + Sync> = Arc::new(full());
        assert_eq!(Error::find(&full()), Some(&full()));
        assert_eq!(Error::find(&Arc::new(full())), Some(&full()));
        assert_eq!(Error::find(&because(Box::new(full()))), Some(&full()));
        assert_eq!(Error::find(&because(Box::new(because(Box::new(full()))))), Some(&full()));
        assert_eq!(Error::find(&because(Box::new(io::Error::other(full())))), Some(&full()));
        assert_eq!(Error::find(&io::Error::other(because(Box::new(shared)))), Some(&full()));
        assert_eq!(Error::find(&Because(None)), None);
        assert_eq!(Error::find(&io::Error::from(io::ErrorKind::NotFound)), None);
        assert_eq!(Error::find(&Circle), None);
    }
}
