//! The products, read from PostgreSQL and kept for outages.

use std::sync::Arc;

use resilience::{Classify, bulkhead, cached, circuit_breaker, retry, timeout};
use sqlx::postgres::PgPool;

use super::domain::Product;

#[derive(Debug, thiserror::Error, Classify)]
pub enum CatalogueError {
    #[error(transparent)]
    #[classify(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    #[classify(transparent)]
    Resilience(#[from] resilience::Error),
}

pub struct Catalogue {
    pub pool: PgPool,
}

impl Catalogue {
    /// Returns all products. One caller refreshes them every two seconds; while the database is down, everybody gets
    /// those of before.
    #[cached(name = "products", ttl = "2s", skip(self), stale_while_revalidate = "2s", stale_if_error = "10m")]
    // Below the cache: a limit above it would end the call before there is a stale answer.
    #[timeout(ms = 1500, config = "products")]
    #[retry(max = 2, base_delay = "20ms", max_delay = "200ms", budget = "postgres", config = "catalogue")]
    #[circuit_breaker(name = "postgres", window = "5s", failure_rate = 0.6, min_calls = 20, recovery = "500ms")]
    #[bulkhead(name = "catalogue", max = 2, queue = 16, wait = "200ms")]
    #[timeout(secs = 1, config = "catalogue-attempt")]
    pub async fn products(&self) -> Result<Arc<[Product]>, CatalogueError> {
        let products = sqlx::query_as("SELECT id, name, cents FROM product ORDER BY id");
        Ok(products.fetch_all(&self.pool).await?.into())
    }

    /// Returns the bestsellers.
    #[retry(max = 2, base_delay = "50ms", budget = "postgres", config = "catalogue")]
    #[circuit_breaker(name = "postgres", window = "5s", failure_rate = 0.6, min_calls = 20, recovery = "500ms")]
    #[bulkhead(name = "catalogue", max = 2, queue = 16, wait = "200ms")]
    #[timeout(secs = 1, config = "catalogue-attempt")]
    pub async fn bestsellers(&self) -> Result<Vec<i32>, CatalogueError> {
        let query = "SELECT product FROM order_line GROUP BY product ORDER BY sum(quantity) DESC, product LIMIT 3";
        Ok(sqlx::query_scalar(query).fetch_all(&self.pool).await?)
    }
}
