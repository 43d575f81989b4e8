//! The client: one unprotected call to the service.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::model::Model;
use crate::server::RETRY_AFTER_MS;

/// The only limit of an unprotected call, as it is usually configured once per client.
pub(crate) const CLIENT_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) struct Gateway {
    http: Client,
    url: String,
    /// The calls to the primary model that have ended, in this order.
    ended: Mutex<Vec<(Instant, Ending)>>,
}

/// The end of one call, as the layers above it see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Answered,
    Status(u16),
    /// The connection was lost, or the answer was incomplete.
    Broken,
    /// The limit of an attempt dropped the call.
    CutOff,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered => f.write_str("answered"),
            Self::Status(status) => status.fmt(f),
            Self::Broken => f.write_str("connection lost"),
            Self::CutOff => f.write_str("too slow"),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) author: Author,
}

#[derive(Debug, Clone)]
pub(crate) enum Author {
    /// A model, and the id that the service gave to the completion.
    Model { model: Model, completion: String },
    /// A prepared text.
    Canned,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("the service answered with status {0}")]
    Status(u16),
    #[error("too many requests; retry in {0:?}")]
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
            // A proxy from the environment cannot reach this loopback interface.
            .no_proxy()
            .build()?;
        Ok(Self { http, url, ended: Mutex::default() })
    }

    pub(crate) fn ended(&self) -> Vec<(Instant, Ending)> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks `model` once.
    pub(crate) async fn complete(&self, model: Model, question: &str) -> Result<Answer, AskError> {
        let mut attempt = Attempt { gateway: self, model, ending: Ending::CutOff };
        let result = self.post(model, question).await;
        attempt.ending = match &result {
            Ok(_) => Ending::Answered,
            Err(AskError::Status(status)) => Ending::Status(*status),
            Err(AskError::RateLimited(_)) => Ending::Status(429),
            Err(_) => Ending::Broken,
        };
        result
    }

    async fn post(&self, model: Model, question: &str) -> Result<Answer, AskError> {
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
            StatusCode::TOO_MANY_REQUESTS => Err(AskError::RateLimited(retry_after(&response))),
            status => Err(AskError::Status(status.as_u16())),
        }
    }
}

/// Records the end of a call, also if a limit drops it.
struct Attempt<'a> {
    gateway: &'a Gateway,
    model: Model,
    ending: Ending,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.model == Model::Primary {
            let mut ended = self.gateway.ended.lock().unwrap_or_else(PoisonError::into_inner);
            ended.push((Instant::now(), self.ending));
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

/// Reads the header in milliseconds, else `Retry-After`, else assumes a second.
fn retry_after(response: &Response) -> Duration {
    let number = |header: &str| -> Option<u64> { response.headers().get(header)?.to_str().ok()?.parse().ok() };
    number(RETRY_AFTER_MS)
        .map(Duration::from_millis)
        .or_else(|| number(RETRY_AFTER.as_str()).map(Duration::from_secs))
        .unwrap_or(Duration::from_secs(1))
}
