//! The errors of the shop, and the responses that its callers get.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use resilience::Classify;

use super::catalogue::CatalogueError;
use super::model::AdviceError;
use super::orders::OrderError;

#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("`Idempotency-Key` is no UUID")]
    InvalidKey,
    #[error(transparent)]
    Order(#[from] OrderError),
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error(transparent)]
    Advice(#[from] AdviceError),
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::InvalidKey => (StatusCode::BAD_REQUEST, self.to_string()).into_response(),
            Self::Order(error @ OrderError::SoldOut(_)) => (StatusCode::CONFLICT, error.to_string()).into_response(),
            Self::Order(error @ OrderError::KeyReused) => {
                (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).into_response()
            }
            // 503, 504 or 429, with `Retry-After`.
            Self::Resilience(error)
            | Self::Order(OrderError::Resilience(error))
            | Self::Catalogue(CatalogueError::Resilience(error))
            | Self::Advice(AdviceError::Resilience(error)) => error.into_response(),
            Self::Order(OrderError::Database(error)) | Self::Catalogue(CatalogueError::Database(error)) => {
                of_dependency(&error)
            }
            Self::Advice(error) => of_dependency(&error),
        }
    }
}

/// The response does not contain the text of the error, which may name hosts and tables.
fn of_dependency(error: &impl Classify) -> Response {
    let status = if error.category().is_retryable() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    };
    status.into_response()
}
