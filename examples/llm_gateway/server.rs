//! A chat-completions service on the loopback interface that fails as its [`Behaviour`] says.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use resilience::testing::{FlakyServer, HttpAnswer, HttpRequest};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::behaviour::{Act, Behaviour};
use crate::model::Model;

const PATH: &str = "/v1/chat/completions";

/// `Retry-After` in milliseconds: not standard, but sent by such services.
pub(crate) const RETRY_AFTER_MS: &str = "retry-after-ms";

/// The service. Dropping it closes its port and all connections.
pub(crate) struct Service {
    server: FlakyServer,
    shared: Arc<Shared>,
}

impl Service {
    /// Binds a free port, and starts the clock of the behaviour.
    pub(crate) fn start(behaviour: Behaviour) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            behaviour,
            opened: Instant::now(),
            primary: AtomicU32::new(0),
            small: AtomicU32::new(0),
            arrivals: Mutex::default(),
        });
        let answering = Arc::clone(&shared);
        Ok(Self { server: FlakyServer::start_with(move |request| answering.answer(request))?, shared })
    }

    pub(crate) fn url(&self) -> String {
        self.server.url(PATH)
    }

    pub(crate) fn opened(&self) -> Instant {
        self.shared.opened
    }

    /// Counts the calls that reached `model`, with any outcome.
    pub(crate) fn calls(&self, model: Model) -> u32 {
        self.shared.counter(model).load(Ordering::Relaxed)
    }

    /// When each call arrived, relative to the opening.
    pub(crate) fn arrivals(&self) -> Vec<Duration> {
        self.shared.arrivals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The state that all connections share.
struct Shared {
    behaviour: Behaviour,
    opened: Instant,
    primary: AtomicU32,
    small: AtomicU32,
    /// When each call to either model arrived, relative to the opening.
    arrivals: Mutex<Vec<Duration>>,
}

impl Shared {
    fn answer(&self, request: &HttpRequest) -> HttpAnswer {
        if request.method() != "POST" || request.path() != PATH {
            return rejection(404, "no such endpoint");
        }
        let Some(Prompt { model, question }) = Prompt::read(request) else {
            return rejection(400, "`model` and `messages` are required");
        };
        let call = self.counter(model).fetch_add(1, Ordering::Relaxed);
        let at = self.opened.elapsed();
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).push(at);
        match self.behaviour.act(model, call, at) {
            Act::Answer(after) => json_answer(200, &completion(model, call, &question)).delayed(after),
            Act::Unavailable => rejection(503, "the engine is overloaded"),
            Act::RateLimited(wait) => rate_limited(wait),
            Act::Hang => HttpAnswer::hang(),
            Act::Cut(after) => cut_off(&completion(model, call, &question)).delayed(after),
        }
    }

    fn counter(&self, model: Model) -> &AtomicU32 {
        match model {
            Model::Primary => &self.primary,
            Model::Small => &self.small,
        }
    }
}

/// The model and the question of a request.
struct Prompt {
    model: Model,
    question: String,
}

impl Prompt {
    fn read(request: &HttpRequest) -> Option<Self> {
        let body: Value = serde_json::from_slice(request.body()).ok()?;
        let last = body["messages"].as_array()?.last()?;
        Some(Self { model: Model::from_name(body["model"].as_str()?)?, question: last["content"].as_str()?.to_owned() })
    }
}

fn completion(model: Model, call: u32, question: &str) -> Value {
    let text = format!(
        "You asked: {question} You find the answer in your account, under Help. \
         If anything is unclear, a colleague takes over.",
    );
    let tokens = |text: &str| text.split_whitespace().count() * 4 / 3;
    json!({
        "id": format!("chatcmpl-{model}-{call}"),
        "object": "chat.completion",
        "model": model.name(),
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": text },
            "finish_reason": "stop",
        }],
        "usage": {
            "prompt_tokens": tokens(question),
            "completion_tokens": tokens(&text),
            "total_tokens": tokens(question) + tokens(&text),
        },
    })
}

fn rejection(status: u16, message: &str) -> HttpAnswer {
    json_answer(status, &json!({ "error": { "message": message } }))
}

fn rate_limited(wait: Duration) -> HttpAnswer {
    let milliseconds = wait.as_millis();
    rejection(429, "slow down")
        .header("retry-after", &milliseconds.div_ceil(1_000).to_string())
        .header(RETRY_AFTER_MS, &milliseconds.to_string())
}

/// Announces the length of the whole body, sends half of it and closes the connection.
fn cut_off(body: &Value) -> HttpAnswer {
    json_answer(200, body).cut_after(body.to_string().len() / 2)
}

fn json_answer(status: u16, body: &Value) -> HttpAnswer {
    HttpAnswer::status(status).header("content-type", "application/json").body(body.to_string())
}
