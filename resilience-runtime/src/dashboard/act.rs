use std::borrow::Cow;

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
    ForceOpen {
        name: String,
    },
    Close {
        name: String,
    },
    Disable {
        name: String,
    },
    Reset {
        name: String,
    },
    Clear {
        name: String,
    },
    /// Loads the file of settings again.
    ReloadSettings,
}

type ActAnswer = (StatusCode, Cow<'static, str>);

pub(super) async fn act(State(dashboard): State<Dashboard>, request: Parts, Json(change): Json<Change>) -> ActAnswer {
    if !is_of_this_site(&request) {
        return (StatusCode::FORBIDDEN, "the request comes from another site".into());
    }
    if !dashboard.allows(&request) {
        return (StatusCode::FORBIDDEN, "this dashboard is read-only for you".into());
    }
    if let Change::ReloadSettings = change {
        // It reads a file.
        let reloaded = tokio::task::spawn_blocking(reload_settings).await;
        return reloaded.unwrap_or((StatusCode::INTERNAL_SERVER_ERROR, "the reload has panicked".into()));
    }
    match change.apply() {
        Some(()) => (StatusCode::OK, "done".into()),
        None => (StatusCode::NOT_FOUND, "nothing has this name any more".into()),
    }
}

#[cfg(feature = "config")]
fn reload_settings() -> ActAnswer {
    match crate::config::reload_changes() {
        Ok(None) => {
            (StatusCode::CONFLICT, "no file of settings has been loaded; the program calls `config::load`".into())
        }
        Ok(Some(0)) => (StatusCode::OK, "no setting has changed".into()),
        Ok(Some(1)) => (StatusCode::OK, "applied 1 change".into()),
        Ok(Some(changes)) => (StatusCode::OK, format!("applied {changes} changes").into()),
        Err(problems) => (StatusCode::UNPROCESSABLE_ENTITY, problems.to_string().into()),
    }
}

#[cfg(not(feature = "config"))]
fn reload_settings() -> ActAnswer {
    (StatusCode::NOT_FOUND, "the feature `config` is off".into())
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
            Self::ReloadSettings => None,
        }
    }
}
