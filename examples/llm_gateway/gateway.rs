//! The client: one unprotected call to the service.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
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
    ended: EndedCalls,
}

type EndedCalls = Arc<Mutex<Vec<EndedCall>>>;

#[derive(Debug, Clone, Copy)]
pub(crate) struct EndedCall {
    pub(crate) at: Instant,
    pub(crate) ending: Ending,
    /// The units that the answer reports.
    pub(crate) tokens: u64,
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
    /// The units that the call took. In a streamed answer, only the last part contains them.
    pub(crate) tokens: Option<u64>,
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
        Ok(Self { http, url, ended: Arc::default() })
    }

    pub(crate) fn ended(&self) -> Vec<EndedCall> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks `model` once.
    pub(crate) async fn complete(&self, model: Model, question: &str) -> Result<Answer, AskError> {
        let mut attempt = self.attempt(model);
        let result = async {
            let response = self.post(model, question, false).await?;
            read(&response.json().await?).ok_or(AskError::Malformed)
        };
        let result = result.await;
        attempt.reads(result.as_ref().ok());
        attempt.ends(result.as_ref().err());
        result
    }

    /// Asks `model` once, and returns the answer in parts, as the model writes it.
    pub(crate) async fn stream(
        &self,
        model: Model,
        question: &str,
    ) -> Result<BoxStream<'static, Result<Answer, AskError>>, AskError> {
        let mut attempt = self.attempt(model);
        let response = self.post(model, question, true).await.inspect_err(|error| attempt.ends(Some(error)))?;
        let parts =
            stream::try_unfold((response, Vec::new(), attempt), async |(mut response, mut read, mut attempt)| {
                let part = next_part(&mut response, &mut read).await;
                match part {
                    Ok(Some(part)) => {
                        attempt.reads(Some(&part));
                        Ok(Some((part, (response, read, attempt))))
                    }
                    Ok(None) => {
                        attempt.ends(None);
                        Ok(None)
                    }
                    Err(error) => {
                        attempt.ends(Some(&error));
                        Err(error)
                    }
                }
            });
        Ok(parts.boxed())
    }

    fn attempt(&self, model: Model) -> Attempt {
        let ended = (model == Model::Primary).then(|| Arc::clone(&self.ended));
        Attempt { ended, ending: Ending::CutOff, tokens: 0 }
    }

    async fn post(&self, model: Model, question: &str, streamed: bool) -> Result<Response, AskError> {
        let prompt = json!({
            "model": model.name(),
            "stream": streamed,
            "stream_options": { "include_usage": streamed },
            "messages": [
                { "role": "system", "content": "You answer the customers of an outdoor shop." },
                { "role": "user", "content": question },
            ],
        });
        let response = self.http.post(&self.url).json(&prompt).send().await?;
        match response.status() {
            StatusCode::OK => Ok(response),
            StatusCode::TOO_MANY_REQUESTS => Err(AskError::RateLimited(retry_after(&response))),
            status => Err(AskError::Status(status.as_u16())),
        }
    }
}

/// The next of the server-sent events, or `None` at the last one.
async fn next_part(response: &mut Response, read: &mut Vec<u8>) -> Result<Option<Answer>, AskError> {
    loop {
        let Some(end) = read.windows(2).position(|bytes| bytes == b"\n\n") else {
            let bytes = response.chunk().await?.ok_or(AskError::Malformed)?;
            read.extend_from_slice(&bytes);
            continue;
        };
        let event: Vec<u8> = read.drain(..end + 2).collect();
        let data = event.trim_ascii().strip_prefix(b"data: ").ok_or(AskError::Malformed)?;
        if data == b"[DONE]" {
            return Ok(None);
        }
        let part: Value = serde_json::from_slice(data).map_err(|_| AskError::Malformed)?;
        return answer(&part, &part["choices"][0]["delta"]).map(Some).ok_or(AskError::Malformed);
    }
}

/// Records the end of a call, also if a limit drops it.
struct Attempt {
    ended: Option<EndedCalls>,
    ending: Ending,
    tokens: u64,
}

impl Attempt {
    fn reads(&mut self, answer: Option<&Answer>) {
        self.tokens = answer.and_then(|answer| answer.tokens).unwrap_or(self.tokens);
    }

    fn ends(&mut self, error: Option<&AskError>) {
        self.ending = match error {
            None => Ending::Answered,
            Some(AskError::Status(status)) => Ending::Status(*status),
            Some(AskError::RateLimited(_)) => Ending::Status(429),
            Some(_) => Ending::Broken,
        };
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if let Some(ended) = &self.ended {
            let call = EndedCall { at: Instant::now(), ending: self.ending, tokens: self.tokens };
            ended.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        }
    }
}

fn read(body: &Value) -> Option<Answer> {
    answer(body, &body["choices"][0]["message"])
}

fn answer(body: &Value, message: &Value) -> Option<Answer> {
    let tokens = body["usage"]["total_tokens"].as_u64();
    let text = message["content"].as_str().or_else(|| tokens.map(|_| ""))?;
    Some(Answer {
        text: text.to_owned(),
        tokens,
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
