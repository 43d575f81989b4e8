//! The service: the state that its processes share, and the code to copy.

use std::net::SocketAddr;
use std::time::Duration;

use resilience::{Classify, bulkhead, cached, circuit_breaker, rate_limit};
use resilience_redis::Redis;
use serde::{Deserialize, Serialize};

use crate::upstream::{self, Answer, Kind};

/// Tokens a second, for all processes.
pub const RATE: u32 = 1_000;
pub const BURST: u32 = 200;
/// Tokens that a process takes in advance, which saves requests.
pub const LEASE: u32 = 30;
/// Failures in a row that open the breaker.
pub const FAILURES: u32 = 3;
pub const RECOVERY: Duration = Duration::from_millis(500);
/// How long a process uses its copy of an article.
pub const NEAR: Duration = Duration::from_secs(1);
/// Pages that all processes draw at once.
pub const PLACES: u32 = 6;

/// All keys in the engine begin with this name.
pub static SHARED: Redis = Redis::new("fleet");

/// Each attribute says what the service does while the engine does not answer. No function receives an error of it.
#[derive(Debug, thiserror::Error, Classify)]
pub enum ServiceError {
    #[error("the upstream is down")]
    #[classify(transient)]
    Upstream(#[from] std::io::Error),
    #[error(transparent)]
    #[classify(transparent)]
    Rejected(#[from] resilience::Error),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Article {
    pub id: u32,
    pub length: u32,
}

pub struct Service {
    pub upstream: SocketAddr,
    /// Identifies the caller to the upstream.
    pub process: usize,
}

impl Service {
    /// Asks the model. All processes together take [`RATE`] tokens a second, and share one breaker.
    #[circuit_breaker(name = "model", failure_threshold = FAILURES, recovery = RECOVERY, store = SHARED)]
    #[rate_limit(name = "tokens", max = RATE, per = "1s", burst = BURST, cost = tokens,
                 settle = |answer: &Answer| answer.tokens(), store = SHARED, lease = LEASE,
                 on_outage = "local", instances = 4)]
    pub async fn ask(&self, tokens: u32) -> Result<Answer, ServiceError> {
        self.call(Kind::Ask, tokens).await
    }

    /// The same without a store, for comparison.
    #[circuit_breaker(name = "model alone", failure_threshold = FAILURES, recovery = RECOVERY)]
    #[rate_limit(name = "tokens alone", max = RATE / 4, per = "1s", burst = BURST, cost = tokens,
                 settle = |answer: &Answer| answer.tokens())]
    pub async fn ask_alone(&self, tokens: u32) -> Result<Answer, ServiceError> {
        self.call(Kind::AskAlone, tokens).await
    }

    /// Reads an article. One process loads it, and the others find it in the engine.
    #[cached(name = "articles", ttl = "1h", key = id, store = SHARED, version = 1, near = NEAR)]
    pub async fn article(&self, id: u32) -> Result<Article, ServiceError> {
        let answer = self.call(Kind::Load, id).await?;
        Ok(Article { id, length: answer.units })
    }

    /// Draws a page, at most [`PLACES`] at once in all processes.
    #[bulkhead(name = "renderers", max = PLACES, queue = 8, wait = "300ms", store = SHARED, lease = "2s")]
    pub async fn render(&self, page: u32) -> Result<Answer, ServiceError> {
        self.call(Kind::Render, page).await
    }

    async fn call(&self, kind: Kind, number: u32) -> Result<Answer, ServiceError> {
        Ok(upstream::call(self.upstream, self.process, kind, number).await?)
    }
}
