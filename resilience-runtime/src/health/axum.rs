use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;

use super::Health;

/// Responds with 200 while the process runs, whatever is degraded, and with 503 once a shutdown has
/// begun. The text is only the status.
impl IntoResponse for Health {
    fn into_response(self) -> Response {
        let (status, text) = if self.is_ready() {
            (StatusCode::OK, "running")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "shutting down")
        };
        (status, [(CACHE_CONTROL, "no-store")], text).into_response()
    }
}
