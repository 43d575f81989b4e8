//! The client of the language model. It makes one request and classifies the answer. The attributes decide the rest.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use resilience::{Classify, attempt, idempotency_key};
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, Classify)]
pub enum AdviceError {
    #[error("the model asks for fewer requests")]
    #[classify(rate_limit, retry_after = wait)]
    RateLimited { wait: Option<Duration> },
    #[error("the model is overloaded")]
    #[classify(transient, retry_after = wait)]
    Overloaded { wait: Option<Duration> },
    #[error("there are no bestsellers yet")]
    #[classify(permanent)]
    NoBestsellers,
    #[error(transparent)]
    #[classify(transparent)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    #[classify(transparent)]
    Shelf(#[from] super::shelf::ShelfError),
    #[error(transparent)]
    #[classify(transparent)]
    Resilience(#[from] resilience::Error),
}

#[derive(Serialize)]
struct Prompt<'a> {
    bought: &'a [i32],
}

#[derive(Deserialize)]
struct Completion {
    products: Vec<i32>,
}

#[derive(Debug, Clone)]
pub struct Model {
    pub http: Client,
    pub url: String,
}

impl Model {
    pub async fn complete(&self, bought: &[i32]) -> Result<Vec<i32>, AdviceError> {
        let request = self.http.post(&self.url).json(&Prompt { bought });
        // A repeated attempt is one completion on the bill.
        let request = request.header("idempotency-key", idempotency_key().to_string());
        let response = request.header("x-attempt", attempt()).send().await?;
        let wait = resilience::retry_after(response.headers());
        match response.status() {
            StatusCode::TOO_MANY_REQUESTS => Err(AdviceError::RateLimited { wait }),
            StatusCode::SERVICE_UNAVAILABLE => Err(AdviceError::Overloaded { wait }),
            // The body is read here, so that a limit around this function covers it.
            _ => Ok(response.error_for_status()?.json::<Completion>().await?.products),
        }
    }
}
