use http::{HeaderValue, StatusCode};

use super::Error;

impl Error {
    /// Returns the status with which a web handler answers: 504 for a timeout, 429 for a rate limit, 413
    /// for a call that costs more than a rate limit ever lets pass, and 503 for every other rejection.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "http")] {
    /// use resilience::Error;
    /// use std::time::Duration;
    ///
    /// let limited = Error::RateLimited { name: "api".into(), retry_after: Duration::from_millis(1200) };
    /// assert_eq!(limited.http_status(), 429);
    /// assert_eq!(limited.retry_after_header(), Some("2".parse()?), "never too early");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn http_status(&self) -> StatusCode {
        match self {
            Self::Timeout { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::CostAboveBurst { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::CircuitOpen { .. }
            | Self::BulkheadFull { .. }
            | Self::StoreAway { .. }
            | Self::NoThread { .. }
            | Self::ShuttingDown { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Returns the value of the header `Retry-After` of such an answer: the time to wait in seconds, rounded
    /// up, or `None` if it is not known.
    pub fn retry_after_header(&self) -> Option<HeaderValue> {
        let wait = self.retry_after()?;
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1);
        Some(HeaderValue::from(seconds))
    }
}
