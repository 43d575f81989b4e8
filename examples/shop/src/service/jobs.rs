//! The background jobs.

use std::sync::Arc;
use std::time::Duration;

use resilience::{Classify, bulkhead, circuit_breaker, timeout};
use sqlx::postgres::PgPool;
use tokio_util::sync::CancellationToken;

use super::catalogue::{Catalogue, CatalogueError};
use super::shelf::{Shelf, ShelfError};

#[derive(Debug, thiserror::Error, Classify)]
pub enum JobError {
    #[error(transparent)]
    #[classify(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    #[classify(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error(transparent)]
    #[classify(transparent)]
    Shelf(#[from] ShelfError),
    #[error(transparent)]
    #[classify(transparent)]
    Resilience(#[from] resilience::Error),
}

/// Not a failure of the database.
fn is_elsewhere(error: &JobError) -> bool {
    matches!(error, JobError::Shelf(_))
}

pub struct Jobs {
    pub pool: PgPool,
    pub shelf: Shelf,
    pub catalogue: Arc<Catalogue>,
}

impl Jobs {
    /// Takes orders out of the outbox and hands them to the warehouse. Returns how many there were.
    ///
    /// It has no retry, because the loop around it repeats it, and a failed transaction leaves the
    /// orders in the outbox.
    #[circuit_breaker(
        name = "postgres",
        window = "5s",
        failure_rate = 0.6,
        min_calls = 20,
        recovery = "500ms",
        ignore = is_elsewhere
    )]
    #[bulkhead(name = "jobs", max = 1)]
    #[timeout(secs = 5, config = "deliver")]
    pub async fn deliver(&self) -> Result<usize, JobError> {
        let mut transaction = self.pool.begin().await?;
        // Several instances of the shop share the outbox.
        let query = "SELECT order_id, customer FROM outbox JOIN orders ON id = order_id ORDER BY order_id LIMIT 20 \
                     FOR UPDATE OF outbox SKIP LOCKED";
        let orders: Vec<(i64, i32)> = sqlx::query_as(query).fetch_all(&mut *transaction).await?;
        for (order, customer) in &orders {
            let query = sqlx::query_scalar("SELECT product FROM order_line WHERE order_id = $1").bind(order);
            let products: Vec<i32> = query.fetch_all(&mut *transaction).await?;
            self.shelf.ship(*order, *customer, &products).await?;
            sqlx::query("DELETE FROM outbox WHERE order_id = $1").bind(order).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(orders.len())
    }

    /// Computes the substitutes of the model's advice, before they are needed.
    #[timeout(secs = 2, config = "rank")]
    pub async fn rank(&self) -> Result<(), JobError> {
        let bestsellers = self.catalogue.bestsellers().await?;
        Ok(self.shelf.set_bestsellers(&bestsellers).await?)
    }

    pub async fn deliver_until(self: Arc<Self>, stop: CancellationToken) {
        while pause(Duration::from_millis(200), &stop).await {
            log("deliver", self.deliver().await);
        }
    }

    pub async fn rank_until(self: Arc<Self>, stop: CancellationToken) {
        while pause(Duration::from_secs(2), &stop).await {
            log("rank", self.rank().await);
        }
    }
}

/// Returns false when the service stops. Work in progress finishes.
async fn pause(time: Duration, stop: &CancellationToken) -> bool {
    stop.run_until_cancelled(tokio::time::sleep(time)).await.is_some()
}

fn log<T>(job: &str, result: Result<T, JobError>) {
    if let Err(error) = result {
        tracing::warn!(job, %error, "job failed, and runs again");
    }
}
