//! Redis: the purchases of customers, the bestsellers, and the orders for the warehouse.

use redis::aio::ConnectionManager;
use redis::{AsyncCommands, RedisError, pipe};
use resilience::{Classify, circuit_breaker, fallback, rate_limit, retry, timeout};

const BESTSELLERS: &str = "bestsellers";
const WAREHOUSE: &str = "warehouse";

#[derive(Debug, thiserror::Error, Classify)]
pub enum ShelfError {
    #[error(transparent)]
    #[classify(transparent)]
    Redis(#[from] RedisError),
    #[error(transparent)]
    #[classify(transparent)]
    Resilience(#[from] resilience::Error),
}

/// All of its functions share the breaker `redis`, so an outage that one of them meets protects all.
#[derive(Clone)]
pub struct Shelf {
    pub redis: ConnectionManager,
}

impl Shelf {
    /// Returns the latest purchases of a customer. Without Redis, the customer counts as new.
    #[fallback(value = Vec::new())]
    #[circuit_breaker(name = "redis", recovery = "500ms")]
    #[timeout(ms = 100)]
    pub async fn bought(&self, customer: i32) -> Result<Vec<i32>, ShelfError> {
        Ok(self.redis.clone().lrange(format!("bought:{customer}"), 0, 2).await?)
    }

    #[retry(max = 2, base_delay = "10ms", config = "bestsellers")]
    #[circuit_breaker(name = "redis", recovery = "500ms")]
    #[timeout(ms = 100)]
    pub async fn bestsellers(&self) -> Result<Vec<i32>, ShelfError> {
        Ok(self.redis.clone().lrange(BESTSELLERS, 0, -1).await?)
    }

    #[circuit_breaker(name = "redis", recovery = "500ms")]
    #[timeout(ms = 200)]
    pub async fn set_bestsellers(&self, products: &[i32]) -> Result<(), ShelfError> {
        let mut commands = pipe();
        commands.atomic().del(BESTSELLERS).ignore();
        if !products.is_empty() {
            commands.rpush(BESTSELLERS, products).ignore();
        }
        Ok(commands.query_async(&mut self.redis.clone()).await?)
    }

    /// Hands an order to the warehouse. `HSETNX` makes a repetition safe, because only the first one has an effect.
    #[rate_limit(name = "warehouse", max = 200, per = "1s", wait = "2s")]
    #[retry(max = 3, base_delay = "50ms", max_delay = "500ms")]
    #[circuit_breaker(name = "redis", recovery = "500ms")]
    #[timeout(ms = 200)]
    pub async fn ship(&self, order: i64, customer: i32, products: &[i32]) -> Result<(), ShelfError> {
        let bought = format!("bought:{customer}");
        let content = format!("{products:?}");
        let mut commands = pipe();
        commands.atomic().hset_nx(WAREHOUSE, order, content).ignore();
        // After a repetition a product may be listed twice, which only weakens the advice.
        commands.lpush(&bought, products).ignore().ltrim(&bought, 0, 9).ignore();
        Ok(commands.query_async(&mut self.redis.clone()).await?)
    }
}
