use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::http::request::Parts;
use serde::Deserialize;

use super::Dashboard;
use crate::circuit_breaker::CircuitBreaker;

/// A change that the page asks for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", tag = "act")]
pub(super) enum Change {
    ForceOpen { name: String },
    Close { name: String },
    Disable { name: String },
    Reset { name: String },
    Clear { name: String },
}

pub(super) async fn act(
    State(dashboard): State<Dashboard>,
    request: Parts,
    Json(change): Json<Change>,
) -> (StatusCode, &'static str) {
    if !is_of_this_site(&request) {
        return (StatusCode::FORBIDDEN, "the request comes from another site");
    }
    if !dashboard.allows(&request) {
        return (StatusCode::FORBIDDEN, "this dashboard is read-only for you");
    }
    match change.apply() {
        Some(()) => (StatusCode::OK, "done"),
        None => (StatusCode::NOT_FOUND, "nothing has this name any more"),
    }
}

/// A page of another site can send a request with the user's cookies, but it cannot hide its origin.
fn is_of_this_site(request: &Parts) -> bool {
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = header("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (header("origin"), header(HOST.as_str())) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, origin)| origin == host),
        (origin, _) => origin.is_none(),
    }
}

impl Change {
    fn apply(&self) -> Option<()> {
        let breaker = |name: &str, apply: fn(&CircuitBreaker)| CircuitBreaker::named(name).map(|found| apply(&found));
        match self {
            Self::ForceOpen { name } => breaker(name, CircuitBreaker::force_open),
            Self::Close { name } => breaker(name, CircuitBreaker::close),
            Self::Disable { name } => breaker(name, CircuitBreaker::disable),
            Self::Reset { name } => breaker(name, CircuitBreaker::reset),
            #[cfg(feature = "cached")]
            Self::Clear { name } => crate::cache::Cache::named(name).map(crate::cache::Cache::clear),
            #[cfg(not(feature = "cached"))]
            Self::Clear { .. } => None,
        }
    }
}
