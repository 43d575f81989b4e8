//! What the shop's own callers see of an error.

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
        // 503, 504 or 429, with `Retry-After`, whichever of the functions has been rejected.
        if let Some(rejection) = resilience::Error::find(&self) {
            return rejection.clone().into_response();
        }
        match self {
            Self::InvalidKey => (StatusCode::BAD_REQUEST, self.to_string()).into_response(),
            Self::Order(error @ OrderError::SoldOut(_)) => (StatusCode::CONFLICT, error.to_string()).into_response(),
            Self::Order(error @ OrderError::KeyReused) => {
                (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).into_response()
            }
            Self::Order(error) => of_dependency(&error),
            Self::Catalogue(error) => of_dependency(&error),
            Self::Advice(error) => of_dependency(&error),
            Self::Resilience(error) => of_dependency(&error),
        }
    }
}

/// The text of the error stays inside: it may name hosts and tables.
fn of_dependency(error: &impl Classify) -> Response {
    let status = if error.category().is_retryable() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    };
    status.into_response()
}
