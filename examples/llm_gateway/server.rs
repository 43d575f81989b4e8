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

/// The words of one event of a streamed answer, and the time that the model takes for them.
const WORDS: usize = 6;
const PAUSE: Duration = Duration::from_millis(10);

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
            rate_limited: AtomicU32::new(0),
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

    /// Counts the calls that were rejected with a 429.
    pub(crate) fn rate_limited(&self) -> u32 {
        self.shared.rate_limited.load(Ordering::Relaxed)
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
    rate_limited: AtomicU32,
    /// When each call to either model arrived, relative to the opening.
    arrivals: Mutex<Vec<Duration>>,
}

impl Shared {
    fn answer(&self, request: &HttpRequest) -> HttpAnswer {
        if request.method() != "POST" || request.path() != PATH {
            return rejection(404, "no such endpoint");
        }
        let Some(Prompt { model, question, streamed }) = Prompt::read(request) else {
            return rejection(400, "`model` and `messages` are required");
        };
        let call = self.counter(model).fetch_add(1, Ordering::Relaxed);
        let at = self.opened.elapsed();
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).push(at);
        let whole = || json_answer(200, &completion(model, call, &question));
        match self.behaviour.act(model, call, at, streamed) {
            Act::Answer(after) if streamed => events(model, call, &question, usize::MAX).delayed(after),
            Act::Stall(after) => events(model, call, &question, 2).stalled().delayed(after),
            Act::Answer(after) => whole().delayed(after),
            Act::Unavailable => rejection(503, "the engine is overloaded"),
            Act::RateLimited(wait) => {
                self.rate_limited.fetch_add(1, Ordering::Relaxed);
                rate_limited(wait)
            }
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

/// The content of a request.
struct Prompt {
    model: Model,
    question: String,
    streamed: bool,
}

impl Prompt {
    fn read(request: &HttpRequest) -> Option<Self> {
        let body: Value = serde_json::from_slice(request.body()).ok()?;
        let last = body["messages"].as_array()?.last()?;
        Some(Self {
            model: Model::from_name(body["model"].as_str()?)?,
            question: last["content"].as_str()?.to_owned(),
            streamed: body["stream"] == true,
        })
    }
}

fn text(question: &str) -> String {
    format!(
        "You asked: {question} You find the answer in your account, under Help. \
         If anything is unclear, a colleague takes over.",
    )
}

fn tokens(text: &str) -> usize {
    text.split_whitespace().count() * 4 / 3
}

fn id(model: Model, call: u32) -> String {
    format!("chatcmpl-{model}-{call}")
}

/// At most this many events of a streamed answer, each with some words, and the two that end it.
fn events(model: Model, call: u32, question: &str, at_most: usize) -> HttpAnswer {
    let event = |delta: &str| {
        let part =
            json!({ "id": id(model, call), "model": model.name(), "choices": [{ "delta": { "content": delta } }] });
        format!("data: {part}\n\n")
    };
    let text = text(question);
    let words: Vec<&str> = text.split_inclusive(' ').collect();
    let parts: Vec<String> = words.chunks(WORDS).map(|words| event(&words.concat())).collect();
    let answer = HttpAnswer::ok("").header("content-type", "text/event-stream");
    let answer = parts.iter().take(at_most).fold(answer, |answer, part| answer.chunk(PAUSE, part.as_str()));
    if at_most < parts.len() {
        return answer;
    }
    let end = json!({ "id": id(model, call), "model": model.name(), "choices": [], "usage": usage(question) });
    answer.chunk(PAUSE, format!("data: {end}\n\n")).chunk(PAUSE, "data: [DONE]\n\n")
}

fn usage(question: &str) -> Value {
    let (prompt, answer) = (tokens(question), tokens(&text(question)));
    json!({ "prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer })
}

fn completion(model: Model, call: u32, question: &str) -> Value {
    let text = text(question);
    json!({
        "id": id(model, call),
        "object": "chat.completion",
        "model": model.name(),
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": text },
            "finish_reason": "stop",
        }],
        "usage": usage(question),
    })
}

fn rejection(status: u16, message: &str) -> HttpAnswer {
    json_answer(status, &json!({ "error": { "message": message } }))
}

fn rate_limited(wait: Duration) -> HttpAnswer {
    let milliseconds = wait.as_micros().div_ceil(1_000);
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
