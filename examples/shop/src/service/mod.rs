//! The shop: a service on PostgreSQL, Redis and a language model. It knows nothing of the trial.

pub mod advisor;
pub mod catalogue;
pub mod connections;
pub mod domain;
pub mod error;
pub mod handlers;
pub mod jobs;
pub mod model;
pub mod orders;
pub mod shelf;
pub mod telemetry;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use sqlx::postgres::PgPool;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use advisor::Advisor;
use catalogue::Catalogue;
use connections::Addresses;
use jobs::Jobs;
use model::Model;
use orders::{Orders, PgOrders};
use shelf::Shelf;

/// The longest time for requests in progress when the service stops.
const DRAIN: Duration = Duration::from_secs(10);

/// The state that the handlers share.
pub struct Shop {
    pub orders: Box<dyn Orders>,
    pub catalogue: Arc<Catalogue>,
    pub advisor: Advisor,
    pub shelf: Shelf,
}

/// The running service.
pub struct Service {
    pub address: SocketAddr,
    pool: PgPool,
    requests_end: CancellationToken,
    jobs_end: CancellationToken,
    server: JoinHandle<std::io::Result<()>>,
    jobs: TaskTracker,
}

impl Service {
    /// Starts the server and the jobs. Neither the database nor Redis nor the model has to be up.
    pub async fn start(
        addresses: &Addresses,
        settings: &'static Path,
        metrics: PrometheusHandle,
        port: u16,
    ) -> Result<Self, Box<dyn Error>> {
        telemetry::settings(settings)?;
        let pool = connections::postgres(&addresses.postgres)?;
        let shelf = Shelf { redis: connections::redis(&addresses.redis)? };
        let model = Model { http: connections::http()?, url: addresses.model.clone() };
        let catalogue = Arc::new(Catalogue { pool: pool.clone() });
        let shop = Arc::new(Shop {
            orders: Box::new(PgOrders { pool: pool.clone() }),
            catalogue: Arc::clone(&catalogue),
            advisor: Advisor { model, shelf: shelf.clone() },
            shelf: shelf.clone(),
        });

        let (jobs_end, jobs) = (CancellationToken::new(), TaskTracker::new());
        let work = Arc::new(Jobs { pool: pool.clone(), shelf, catalogue });
        jobs.spawn(Arc::clone(&work).deliver_until(jobs_end.clone()));
        jobs.spawn(work.rank_until(jobs_end.clone()));
        jobs.spawn(telemetry::reload_until(settings, jobs_end.clone()));
        jobs.spawn(telemetry::upkeep_until(metrics.clone(), jobs_end.clone()));
        jobs.close();

        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let (address, requests_end) = (listener.local_addr()?, CancellationToken::new());
        let serve = axum::serve(listener, handlers::router(shop, metrics));
        let server = serve.with_graceful_shutdown(requests_end.clone().cancelled_owned());
        let server = tokio::spawn(async move { server.await });
        Ok(Self { address, pool, requests_end, jobs_end, server, jobs })
    }

    /// Stops in the order of dependence: no new requests, those in progress, the jobs, the connections.
    pub async fn stop(mut self) -> Result<(), Box<dyn Error>> {
        self.requests_end.cancel();
        // Callers that wait or pause stop waiting, and calls in progress finish.
        resilience::begin_shutdown();
        match tokio::time::timeout(DRAIN, &mut self.server).await {
            Ok(served) => served??,
            // A request takes longer than that.
            Err(_) => self.server.abort(),
        }
        self.jobs_end.cancel();
        self.jobs.wait().await;
        self.pool.close().await;
        Ok(())
    }
}
