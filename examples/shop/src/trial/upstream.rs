//! A language model on the loopback interface, which fails on demand and a little all the time.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use rand::rngs::Xoshiro256PlusPlus as Dice;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

const PATH: &str = "/v1/recommendations";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Usual,
    Down,
    /// Answers each request with 429 and this time to wait.
    Limiting(Duration),
}

/// Dropping this stops the server.
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    state: Mutex<Ledger>,
}

struct Ledger {
    dice: Dice,
    mood: Mood,
    start: Instant,
    calls: Vec<Duration>,
}

enum Act {
    Answer(Duration),
    Fail,
    Hang,
    Limit(Duration),
}

impl Upstream {
    pub async fn start(seed: u64) -> io::Result<Self> {
        let ledger =
            Ledger { dice: Dice::seed_from_u64(seed), mood: Mood::Usual, start: Instant::now(), calls: Vec::new() };
        let shared = Arc::new(Shared { state: Mutex::new(ledger) });
        let router = Router::new().route(PATH, post(recommend)).with_state(Arc::clone(&shared));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let serve = async move {
            // It serves until it is aborted.
            let _served = axum::serve(listener, router).await;
        };
        Ok(Self { address, shared, server: tokio::spawn(serve) })
    }

    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    pub fn set(&self, mood: Mood) {
        self.shared.with(|ledger| ledger.mood = mood);
    }

    /// Counts calls from now on.
    pub fn begin(&self) {
        self.shared.with(|ledger| {
            ledger.start = Instant::now();
            ledger.calls.clear();
        });
    }

    /// When each call has arrived.
    pub fn calls(&self) -> Vec<Duration> {
        self.shared.with(|ledger| ledger.calls.clone())
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn with<T>(&self, change: impl FnOnce(&mut Ledger) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Ledger {
    fn act(&mut self) -> Act {
        self.calls.push(self.start.elapsed());
        let chance: f64 = self.dice.random();
        match self.mood {
            Mood::Limiting(wait) => Act::Limit(wait),
            Mood::Down if chance < 0.3 => Act::Hang,
            Mood::Down => Act::Fail,
            Mood::Usual if chance < 0.03 => Act::Fail,
            Mood::Usual if chance < 0.04 => Act::Hang,
            Mood::Usual if chance < 0.06 => Act::Answer(Duration::from_millis(1_200)),
            Mood::Usual => Act::Answer(Duration::from_millis(self.dice.random_range(20..80))),
        }
    }
}

async fn recommend(State(shared): State<Arc<Shared>>, Json(prompt): Json<Value>) -> Response {
    let act = shared.with(Ledger::act);
    match act {
        Act::Answer(after) => {
            sleep(after).await;
            let last = prompt["bought"][0].as_i64().unwrap_or(0);
            Json(json!({ "products": [last % 12 + 1, (last + 4) % 12 + 1, (last + 7) % 12 + 1] })).into_response()
        }
        Act::Fail => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Act::Hang => pending().await,
        Act::Limit(wait) => {
            (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, wait.as_secs().to_string())]).into_response()
        }
    }
}
