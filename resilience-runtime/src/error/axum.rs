use axum_core::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;

use super::Error;

/// Answers with 504 for a timeout, with 429 for a rate limit, with 413 for a call that costs
/// more than a rate limit ever lets pass, and with 503 for every other rejection.
/// `Retry-After` has the time to wait in seconds, if it is known. The text is the
/// [`code`](Error::code): names of breakers and limits stay inside.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = (self.http_status(), self.code()).into_response();
        if let Some(wait) = self.retry_after_header() {
            response.headers_mut().insert(RETRY_AFTER, wait);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::BreakerState;

    fn answer(error: Error) -> (u16, Option<String>) {
        let response = error.into_response();
        let wait = response.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()).map(str::to_owned);
        (response.status().as_u16(), wait)
    }

    #[test]
    fn each_rejection_has_its_status_and_its_hint_in_whole_seconds() {
        let open = |retry_after| Error::CircuitOpen { name: "llm".into(), state: BreakerState::Open, retry_after };
        let limited = |millis| Error::RateLimited { name: "api".into(), retry_after: Duration::from_millis(millis) };
        let limit = Duration::from_secs(1);
        assert_eq!(answer(Error::Timeout { limit, elapsed: limit }), (504, None));
        assert_eq!(answer(open(Some(Duration::from_millis(6001)))), (503, Some("7".to_owned())), "never too early");
        assert_eq!(answer(open(None)), (503, None));
        assert_eq!(answer(Error::BulkheadFull { name: "db".into() }), (503, None));
        assert_eq!(answer(Error::NoThread { function: "f", running: 1, abandoned: 1 }), (503, None));
        assert_eq!(answer(Error::ShuttingDown { name: "db".into() }), (503, None));
        assert_eq!(answer(limited(7000)), (429, Some("7".to_owned())));
        assert_eq!(answer(limited(0)), (429, Some("1".to_owned())));
    }
}
