//! A chat-completions service on loopback that misbehaves as its [`Behaviour`] says.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

use crate::behaviour::{Act, Behaviour};
use crate::model::Model;

const PATH: &str = "/v1/chat/completions";

/// `Retry-After` in milliseconds; not standard, but what such services send beside it.
pub(crate) const RETRY_AFTER_MS: &str = "retry-after-ms";

/// The service; dropping it closes its port and every connection.
pub(crate) struct Service {
    address: SocketAddr,
    desk: Arc<Desk>,
    accepting: JoinHandle<()>,
}

impl Service {
    /// Binds a free port. The clock of the behaviour starts now.
    pub(crate) async fn start(behaviour: Behaviour) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let desk =
            Arc::new(Desk { behaviour, opened: Instant::now(), primary: AtomicU32::new(0), small: AtomicU32::new(0) });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&desk)));
        Ok(Self { address, desk, accepting })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    pub(crate) fn opened(&self) -> Instant {
        self.desk.opened
    }

    /// How many calls have reached `model`, whatever became of them.
    pub(crate) fn calls(&self, model: Model) -> u32 {
        self.desk.counter(model).load(Ordering::Relaxed)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            // Out of file descriptors, say: those in use come back.
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let desk = Arc::clone(&desk);
        connections.spawn(async move {
            let serve = service_fn(|request| desk.serve(request));
            // A connection that breaks is this service's trade, not an error of it.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), serve).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// What all connections share.
struct Desk {
    behaviour: Behaviour,
    opened: Instant,
    primary: AtomicU32,
    small: AtomicU32,
}

impl Desk {
    async fn serve(&self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        if request.method() != Method::POST || request.uri().path() != PATH {
            return Ok(refusal(StatusCode::NOT_FOUND, "no such endpoint"));
        }
        let Some(Prompt { model, question }) = Prompt::read(request).await else {
            return Ok(refusal(StatusCode::BAD_REQUEST, "`model` and `messages` are required"));
        };
        let call = self.counter(model).fetch_add(1, Ordering::Relaxed);
        Ok(match self.behaviour.act(model, call, self.opened.elapsed()) {
            Act::Answer(after) => {
                sleep(after).await;
                json_response(full(&completion(model, call, &question)))
            }
            Act::Unavailable => refusal(StatusCode::SERVICE_UNAVAILABLE, "the engine is overloaded"),
            Act::RateLimited(wait) => rate_limited(wait),
            Act::Hang => std::future::pending().await,
            Act::Cut(after) => {
                sleep(after).await;
                cut_off(&completion(model, call, &question))
            }
        })
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
    async fn read(request: Request<Incoming>) -> Option<Self> {
        let bytes = request.into_body().collect().await.ok()?.to_bytes();
        let body: Value = serde_json::from_slice(&bytes).ok()?;
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

fn refusal(status: StatusCode, message: &str) -> Response<Body> {
    let mut response = json_response(full(&json!({ "error": { "message": message } })));
    *response.status_mut() = status;
    response
}

fn rate_limited(wait: Duration) -> Response<Body> {
    let mut response = refusal(StatusCode::TOO_MANY_REQUESTS, "slow down");
    let headers = response.headers_mut();
    let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    headers.insert(RETRY_AFTER, HeaderValue::from(milliseconds.div_ceil(1_000)));
    headers.insert(RETRY_AFTER_MS, HeaderValue::from(milliseconds));
    response
}

/// Promises the whole body by its length, sends half of it and drops the connection.
fn cut_off(body: &Value) -> Response<Body> {
    let bytes = Bytes::from(body.to_string());
    let length = HeaderValue::from(bytes.len());
    let half = bytes.slice(..bytes.len() / 2);
    let frames = stream::iter([Ok(Frame::data(half)), Err(io::Error::from(io::ErrorKind::ConnectionReset))]).then(
        |frame| async {
            // Without a pause the half would be dropped together with the connection.
            sleep(Duration::from_millis(2)).await;
            frame
        },
    );
    let mut response = json_response(StreamBody::new(frames).boxed_unsync());
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}

fn full(body: &Value) -> Body {
    Full::from(body.to_string()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

fn json_response(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
