//! The client side: one call to the service, unprotected.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use crate::model::Model;
use crate::server::RETRY_AFTER_MS;

/// The limit people give a client once and forget; all a naked call has.
pub(crate) const CLIENT_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) struct Gateway {
    http: Client,
    url: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) author: Author,
}

#[derive(Debug, Clone)]
pub(crate) enum Author {
    /// A model, and the id the service gave to this very completion.
    Model { model: Model, completion: String },
    /// Nobody: a text prepared in advance.
    Canned,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("the service answered with status {0}")]
    Status(u16),
    #[error("too many requests; welcome again in {0:?}")]
    RateLimited(Duration),
    #[error("the answer is not a chat completion")]
    Malformed,
    #[error(transparent)]
    Transport(#[from] reqwest::Error),
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

impl Gateway {
    pub(crate) fn new(url: String) -> Result<Self, reqwest::Error> {
        let http = Client::builder()
            .timeout(CLIENT_TIMEOUT)
            // A proxy of the environment cannot reach this loopback.
            .no_proxy()
            .build()?;
        Ok(Self { http, url })
    }

    /// Asks `model` once.
    pub(crate) async fn complete(&self, model: Model, question: &str) -> Result<Answer, AskError> {
        let prompt = json!({
            "model": model.name(),
            "messages": [
                { "role": "system", "content": "You answer the customers of an outdoor shop." },
                { "role": "user", "content": question },
            ],
        });
        let response = self.http.post(&self.url).json(&prompt).send().await?;
        match response.status() {
            StatusCode::OK => read(&response.json().await?).ok_or(AskError::Malformed),
            StatusCode::TOO_MANY_REQUESTS => Err(AskError::RateLimited(welcome_after(&response))),
            status => Err(AskError::Status(status.as_u16())),
        }
    }
}

fn read(body: &Value) -> Option<Answer> {
    Some(Answer {
        text: body["choices"][0]["message"]["content"].as_str()?.to_owned(),
        author: Author::Model {
            model: Model::from_name(body["model"].as_str()?)?,
            completion: body["id"].as_str()?.to_owned(),
        },
    })
}

/// The exact header where there is one, else `Retry-After`, else a second.
fn welcome_after(response: &Response) -> Duration {
    let number = |header: &str| -> Option<u64> { response.headers().get(header)?.to_str().ok()?.parse().ok() };
    number(RETRY_AFTER_MS)
        .map(Duration::from_millis)
        .or_else(|| number(RETRY_AFTER.as_str()).map(Duration::from_secs))
        .unwrap_or(Duration::from_secs(1))
}
