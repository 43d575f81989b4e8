#![deny(warnings)]
//! What `resilience::health` promises to a load balancer, over HTTP, and what the dashboard shows of a shutdown. It is
//! about the whole process, so its tests are one after the other.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

use std::error::Error;
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use futures_util::FutureExt;
use reqwest::{Client, StatusCode};
use resilience::testing::{self, Script};
use resilience::{
    Bulkhead, CircuitBreaker, DegradationKind, HealthStatus, bulkhead, circuit_breaker, dashboard, health, rate_limit,
    retry, shutdown,
};
use serde_json::{Value, json};

use common::Process;

type Done = Result<(), Box<dyn Error>>;

fn run(scenario: impl Future<Output = Done>) -> Done {
    let _process = Process::start();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(scenario)
}

struct Service {
    url: String,
    client: Client,
}

impl Service {
    async fn start() -> Result<Self, Box<dyn Error>> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let app = Router::new()
            .route("/health", get(async || health()))
            .route("/health/details", get(async || Json(health())))
            .nest("/ops", dashboard::router());
        tokio::spawn(async { axum::serve(listener, app).await });
        Ok(Self { url, client: Client::builder().no_proxy().build()? })
    }

    async fn get(&self, path: &str) -> Result<(StatusCode, String), Box<dyn Error>> {
        let response = self.client.get(format!("{}{path}", self.url)).send().await?;
        Ok((response.status(), response.text().await?))
    }

    async fn json(&self, path: &str) -> Result<Value, Box<dyn Error>> {
        Ok(serde_json::from_str(&self.get(path).await?.1)?)
    }
}

#[circuit_breaker(name = "health llm", failure_threshold = 1)]
fn ask(up: bool) -> Option<u8> {
    up.then_some(1)
}

#[circuit_breaker(name = "health tenants", failure_threshold = 1, key = tenant)]
fn ask_for(tenant: u8, up: bool) -> Option<u8> {
    up.then_some(tenant)
}

#[bulkhead(name = "health places", max = 1)]
async fn hold(service: &Script<u8, resilience::Error>) -> Result<u8, resilience::Error> {
    service.call().await
}

#[rate_limit(name = "health limit", max = 9)]
fn limited() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[test]
fn a_process_stays_in_its_balancer_while_every_breaker_is_open() -> Done {
    run(async {
        let service = Service::start().await?;
        assert_eq!(service.get("/health").await?, (StatusCode::OK, "running".to_owned()));
        assert_eq!(service.json("/health/details").await?, json!({ "status": "running", "degraded": [] }));

        assert_eq!((ask(false), ask_for(1, false), limited()), (None, None, Ok(1)));
        for breaker in resilience::snapshot().breakers {
            CircuitBreaker::named(&breaker.name).ok_or("it has a name")?.force_open();
        }
        resilience::RateLimiter::named("health limit").ok_or("called now")?.hold_back(Duration::from_secs(60));
        let held = Script::new().then_hang();
        let mut call = Box::pin(hold(&held));
        assert_eq!((&mut call).now_or_never(), None);
        assert_eq!(Bulkhead::named("health places").map(|places| places.snapshot().in_flight), Some(1));

        assert_eq!(service.get("/health").await?, (StatusCode::OK, "running".to_owned()), "names stay inside");
        let degraded = [
            json!({ "kind": "breaker_forced_open", "name": "health llm" }),
            json!({ "kind": "breaker_open", "name": "health tenants" }),
            json!({ "kind": "bulkhead_full", "name": "health places" }),
            json!({ "kind": "rate_limit_held", "name": "health limit" }),
        ];
        assert_eq!(service.json("/health/details").await?, json!({ "status": "running", "degraded": degraded }));
        let now = health();
        assert!(now.is_ready() && now.degraded.iter().any(|it| it.kind == DegradationKind::BulkheadFull));
        assert_eq!(
            now.to_string(),
            "running, degraded: forced open breaker health llm, open breaker health tenants, \
             full bulkhead health places, the server asks to wait health limit"
        );
        Ok(())
    })
}

#[test]
fn a_process_that_shuts_down_leaves_its_balancer_and_shows_it() -> Done {
    #[retry(max = 1, backoff = "none")]
    async fn working(service: &Script<u8, &'static str>) -> Result<u8, &'static str> {
        service.call().await
    }
    run(async {
        let service = Service::start().await?;
        let work = Script::<u8, &'static str>::new().then_hang();
        let mut call = Box::pin(working(&work));
        assert_eq!((&mut call).now_or_never(), None);

        let report = shutdown(Duration::ZERO).await;
        assert_eq!((report.left, &*report.left_by_name[0].name), (1, "health::working"), "a dashboard counts calls");
        assert_eq!(serde_json::to_value(&report.left_by_name)?, json!([{ "name": "health::working", "calls": 1 }]));
        assert_eq!(health().status, HealthStatus::ShuttingDown);
        assert_eq!(service.get("/health").await?, (StatusCode::SERVICE_UNAVAILABLE, "shutting down".to_owned()));
        let state = service.json("/ops/state").await?;
        let snapshot = &state["snapshot"];
        assert_eq!((&snapshot["is_shutting_down"], &snapshot["calls_in_progress"]), (&json!(true), &json!(1)));

        drop(call);
        let report = shutdown(Duration::from_secs(60)).await;
        assert_eq!((report.left, resilience::snapshot().calls_in_progress), (0, 0));
        testing::reset();
        assert_eq!(service.get("/health").await?.0, StatusCode::OK);
        Ok(())
    })
}

#[test]
fn whatever_probes_or_makes_calls_wait_is_named() -> Done {
    #[circuit_breaker(name = "health probes", failure_threshold = 1, success_threshold = 2, recovery = "1s")]
    async fn probed(up: bool) -> Option<u8> {
        up.then_some(1)
    }
    #[circuit_breaker(
        name = "health probes of tenants", failure_threshold = 1, success_threshold = 2, recovery = "1s", key = tenant
    )]
    async fn probed_for(tenant: u8, up: bool) -> Option<u8> {
        up.then_some(tenant)
    }
    #[bulkhead(name = "health places of tenants", max = 1, queue = 1, wait = "1h", key = *tenant)]
    async fn hold_for(tenant: u8, service: &Script<u8, resilience::Error>) -> Result<u8, resilience::Error> {
        service.call().await
    }
    #[rate_limit(name = "health turns", max = 1, per = "1h", wait = "2h")]
    async fn turn() -> Result<u8, resilience::Error> {
        Ok(1)
    }
    #[rate_limit(name = "health turns of tenants", max = 1, per = "1h", wait = "2h", key = tenant)]
    async fn turn_for(tenant: u8) -> Result<u8, resilience::Error> {
        Ok(tenant)
    }
    run(async {
        assert_eq!((probed(false).await, probed_for(1, false).await), (None, None));
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!((probed(true).await, probed_for(1, true).await), (Some(1), Some(1)), "the first of two probes");
        assert_eq!((turn().await, turn_for(1).await), (Ok(1), Ok(1)));
        let held = Script::new().then_hang();
        let (mut inside, mut waits) = (Box::pin(hold_for(1, &held)), Box::pin(hold_for(1, &held)));
        let (mut next, mut next_of_key) = (Box::pin(turn()), Box::pin(turn_for(1)));
        assert_eq!(((&mut inside).now_or_never(), (&mut waits).now_or_never()), (None, None));
        assert_eq!(((&mut next).now_or_never(), (&mut next_of_key).now_or_never()), (None, None));

        let degraded = [
            (DegradationKind::BreakerHalfOpen, "health probes"),
            (DegradationKind::BreakerOpen, "health probes of tenants"),
            (DegradationKind::BulkheadFull, "health places of tenants"),
            (DegradationKind::RateLimitWaiting, "health turns"),
            (DegradationKind::RateLimitWaiting, "health turns of tenants"),
        ];
        let now = health();
        let named: Vec<_> = now.degraded.iter().map(|it| (it.kind, it.name.as_str())).collect();
        assert_eq!((named, now.is_ready()), (degraded.to_vec(), true));
        Ok(())
    })
}
