//! The routes.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use resilience::{bulkhead, dashboard, idempotency_key, timeout};
use uuid::Uuid;

use super::Shop;
use super::domain::{Advice, NewOrder, Placed, Product};
use super::error::ApiError;

/// Set on a degraded answer: stale, or a substitute.
pub const DEGRADED: &str = "x-degraded";

pub fn router(shop: Arc<Shop>, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/products", get(products))
        .route("/orders", post(place_order))
        .route("/customers/{customer}/advice", get(advice))
        .with_state(shop)
        .layer(from_fn(report))
        // Below, nothing is counted, limited or reported.
        .route("/health", get(async || resilience::health()))
        .route("/metrics", get(async move || metrics.render()))
        .nest("/internal/resilience", dashboard::router())
}

#[timeout(secs = 2)]
async fn products(State(shop): State<Arc<Shop>>) -> Result<Json<Arc<[Product]>>, ApiError> {
    Ok(Json(shop.catalogue.products().await?))
}

/// At most 64 orders are in progress. When the database is slow, further ones wait for a moment or
/// are rejected, and take neither memory nor connections from the rest of the shop.
#[timeout(secs = 5, config = "checkout")]
#[bulkhead(name = "checkout", max = 64, queue = 64, wait = "500ms")]
async fn place_order(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    Json(order): Json<NewOrder>,
) -> Result<Json<Placed>, ApiError> {
    Ok(Json(shop.orders.place(key(&headers)?, &order).await?))
}

/// The customer's key also covers what happens before the shop: a connection that is lost on the way back, or a
/// button that is pressed again. A customer without one is protected against repetitions of our own.
fn key(headers: &HeaderMap) -> Result<Uuid, ApiError> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(Uuid::from_u128(idempotency_key().as_u128()));
    };
    key.to_str().ok().and_then(|key| key.parse().ok()).ok_or(ApiError::InvalidKey)
}

#[timeout(secs = 2)]
async fn advice(State(shop): State<Arc<Shop>>, Path(customer): Path<i32>) -> Result<Json<Advice>, ApiError> {
    let bought = shop.shelf.bought(customer).await.map_err(super::model::AdviceError::from)?;
    Ok(Json(shop.advisor.recommend(&bought).await?))
}

/// Adds what the attributes did for a request to the response and to the log.
async fn report(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let (mut response, report) = resilience::observe(next.run(request)).await;
    if report.degraded {
        response.headers_mut().insert(DEGRADED, HeaderValue::from_static("true"));
    }
    if report.degraded || response.status().is_server_error() {
        tracing::info!(path, status = response.status().as_u16(), %report, "worse than usual");
    }
    response
}
