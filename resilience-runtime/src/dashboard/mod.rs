//! A page that shows the named state of the process, live.

mod act;
mod live;
mod page_state;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};

use crate::{activity, rng};

const PAGE: &str = include_str!("page.html");

/// Decides whether a request may change state.
type Guard = dyn Fn(&Parts) -> bool + Send + Sync;

#[derive(Clone)]
struct Dashboard {
    /// `None` if the page is read-only.
    guard: Option<Arc<Guard>>,
}

/// Returns a router with one page that shows every breaker, bulkhead, rate limit, cache, retry budget
/// and annotated function of the process, live. With the feature `config`, it also shows the effective
/// settings and where they come from.
///
/// The page is read-only. Nest the router where only the people who operate the service reach it:
/// names of functions and breakers are on it. Arguments, results and errors never are.
///
/// What it serves, below the path at which it is nested:
///
/// - the path itself, without a slash at its end: the page. It is self-contained and loads nothing
///   from other hosts.
/// - `/events`: the state as server-sent events, twice a second while a page is open. When the process
///   [shuts down](crate::shutdown), the response ends with a last event, so that an open page does
///   not hold up a server that waits for its connections. The browser reconnects, and gets one event
///   each time.
/// - `/state`: the same as JSON, once.
///
/// The states of breakers and the times of calls are recorded from the first call of this function
/// on, for ten minutes and one minute. That takes some 20 kB for each function that is called, and
/// four locks a call. Without a dashboard, nothing is recorded.
///
/// ```
/// use axum::Router;
/// use resilience::dashboard;
///
/// let app: Router = Router::new().nest("/internal/resilience", dashboard::router());
/// ```
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    serve(Dashboard { guard: None })
}

/// Returns a router like [`router`], with buttons that change the state.
///
/// A request may force a breaker open, close, disable or reset it, clear a cache, and, with the feature
/// `config`, load the file of settings again, if `guard` returns true for it. A reload responds with
/// the number of settings that have changed, or with every mistake in the file.
///
/// The guard sees the method, the path and the headers: for example a cookie, or a header that a
/// proxy sets. It is called for each change, and once when the page is opened, to decide whether to
/// show the buttons. A request from another site is rejected before the guard is called.
///
/// ```
/// use axum::Router;
/// use resilience::dashboard;
///
/// let app: Router = Router::new().nest(
///     "/internal/resilience",
///     dashboard::router_with(|request| {
///         request.headers.get("x-auth-role").is_some_and(|role| role == "operator")
///     }),
/// );
/// ```
pub fn router_with<S: Clone + Send + Sync + 'static>(
    guard: impl Fn(&Parts) -> bool + Send + Sync + 'static,
) -> Router<S> {
    serve(Dashboard { guard: Some(Arc::new(guard)) })
}

fn serve<S: Clone + Send + Sync + 'static>(dashboard: Dashboard) -> Router<S> {
    activity::watch();
    Router::new()
        .route("/", get(page))
        .route("/events", get(live::events))
        .route("/state", get(async || Json(page_state::PageState::now())))
        .route("/act", post(act::act))
        .with_state(dashboard)
}

impl Dashboard {
    fn allows(&self, request: &Parts) -> bool {
        self.guard.as_ref().is_some_and(|guard| guard(request))
    }
}

async fn page(State(dashboard): State<Dashboard>, request: Parts) -> Response {
    let nonce = format!("{:016x}{:016x}", rng::random(), rng::random());
    let page = PAGE
        .replace("{{nonce}}", &nonce)
        .replace("{{may-act}}", if dashboard.allows(&request) { "true" } else { "false" });
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, "no-store".to_owned()),
        (REFERRER_POLICY, "no-referrer".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, page).into_response()
}
