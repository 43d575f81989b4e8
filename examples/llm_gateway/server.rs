//! A chat-completions service on loopback that misbehaves as its [`Behaviour`] says.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience::testing::{FlakyServer, HttpAnswer, HttpRequest};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::behaviour::{Act, Behaviour};
use crate::model::Model;

const PATH: &str = "/v1/chat/completions";

/// `Retry-After` in milliseconds; not standard, but what such services send beside it.
pub(crate) const RETRY_AFTER_MS: &str = "retry-after-ms";

/// The service; dropping it closes its port and every connection.
pub(crate) struct Service {
    server: FlakyServer,
    desk: Arc<Desk>,
}

impl Service {
    /// Binds a free port. The clock of the behaviour starts now.
    pub(crate) fn start(behaviour: Behaviour) -> io::Result<Self> {
        let desk =
            Arc::new(Desk { behaviour, opened: Instant::now(), primary: AtomicU32::new(0), small: AtomicU32::new(0) });
        let serving = Arc::clone(&desk);
        Ok(Self { server: FlakyServer::start_with(move |request| serving.answer(request))?, desk })
    }

    pub(crate) fn url(&self) -> String {
        self.server.url(PATH)
    }

    pub(crate) fn opened(&self) -> Instant {
        self.desk.opened
    }

    /// How many calls have reached `model`, whatever became of them.
    pub(crate) fn calls(&self, model: Model) -> u32 {
        self.desk.counter(model).load(Ordering::Relaxed)
    }
}

/// What all connections share.
struct Desk {
    behaviour: Behaviour,
    opened: Instant,
    primary: AtomicU32,
    small: AtomicU32,
}

impl Desk {
    fn answer(&self, request: &HttpRequest) -> HttpAnswer {
        if request.method() != "POST" || request.path() != PATH {
            return rejection(404, "no such endpoint");
        }
        let Some(Prompt { model, question }) = Prompt::read(request) else {
            return rejection(400, "`model` and `messages` are required");
        };
        let call = self.counter(model).fetch_add(1, Ordering::Relaxed);
        match self.behaviour.act(model, call, self.opened.elapsed()) {
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

/// What a request asks for.
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
        "You asked: {question} You find the answer in your account, under Help; \
         if it leaves something open, a colleague takes over.",
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

/// Promises the whole body by its length, sends half of it and drops the connection.
fn cut_off(body: &Value) -> HttpAnswer {
    json_answer(200, body).cut_after(body.to_string().len() / 2)
}

fn json_answer(status: u16, body: &Value) -> HttpAnswer {
    HttpAnswer::status(status).header("content-type", "application/json").body(body.to_string())
}
