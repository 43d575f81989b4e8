//! Orders, in PostgreSQL. An order is written once, however often it is sent.

use async_trait::async_trait;
use resilience::{Classify, Severity, bulkhead, circuit_breaker, retry, timeout};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgPool, Postgres};
use sqlx::{Row, Transaction};
use uuid::Uuid;

use super::domain::{Line, NewOrder, Placed};

#[derive(Debug, thiserror::Error, Classify)]
pub enum OrderError {
    #[error("product {0} is sold out")]
    #[classify(permanent)]
    SoldOut(i32),
    #[error("the key belongs to another order")]
    #[classify(permanent)]
    KeyReused,
    #[error(transparent)]
    #[classify(transparent)] // by SQLSTATE
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    #[classify(transparent)]
    Resilience(#[from] resilience::Error),
}

#[async_trait]
pub trait Orders: Send + Sync {
    /// Places an order, or returns the existing one with this key.
    async fn place(&self, key: Uuid, order: &NewOrder) -> Result<Placed, OrderError>;
}

pub struct PgOrders {
    pub pool: PgPool,
}

/// PostgreSQL has rolled the transaction back because another one came first, and wants it repeated.
fn was_overtaken(error: &OrderError) -> bool {
    let OrderError::Database(error) = error else { return false };
    let code = error.as_database_error().and_then(DatabaseError::code);
    // Serialization failure, deadlock, lock not available.
    code.is_some_and(|code| matches!(&*code, "40001" | "40P01" | "55P03"))
}

/// A conflict shows that PostgreSQL is up, so it counts as a success, which a probe of the breaker needs.
fn is_outage(error: &OrderError) -> bool {
    (error.category().is_retryable() && !was_overtaken(error)) || error.severity() == Severity::Critical
}

#[async_trait]
impl Orders for PgOrders {
    // Every retryable error is retried, also a timeout and a lost connection in the middle of `COMMIT`: the key makes
    // the repetition safe.
    #[timeout(secs = 4, config = "orders")]
    #[retry(max = 8, base_delay = "40ms", max_delay = "500ms", budget = "postgres")]
    #[circuit_breaker(
        name = "postgres",
        window = "5s",
        failure_rate = 0.6,
        min_calls = 20,
        recovery = "500ms",
        when = is_outage
    )]
    #[bulkhead(name = "orders", max = 6, queue = 64, wait = "1s")]
    #[timeout(secs = 1, config = "order-attempt")]
    async fn place(&self, key: Uuid, order: &NewOrder) -> Result<Placed, OrderError> {
        let mut transaction = self.pool.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await?;
        let Some(id) = insert(&mut transaction, key, order).await? else {
            return earlier(&mut transaction, key, order).await;
        };
        take_from_stock(&mut transaction, &order.lines).await?;
        // In the same transaction, so that the warehouse receives exactly the orders that exist.
        sqlx::query("INSERT INTO outbox (order_id) VALUES ($1)").bind(id).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Placed { order: id, repeated: false })
    }
}

/// Returns `None` if there is an order with this key.
async fn insert(
    transaction: &mut Transaction<'_, Postgres>,
    key: Uuid,
    order: &NewOrder,
) -> Result<Option<i64>, sqlx::Error> {
    let query =
        "INSERT INTO orders (key, customer, basket) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING RETURNING id";
    let query = sqlx::query_scalar(query).bind(key).bind(order.customer).bind(order.basket);
    let Some(id) = query.fetch_optional(&mut **transaction).await? else { return Ok(None) };
    for line in &order.lines {
        sqlx::query("INSERT INTO order_line (order_id, product, quantity) VALUES ($1, $2, $3)")
            .bind(id)
            .bind(line.product)
            .bind(line.quantity)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(Some(id))
}

/// Two transactions that take the same products in another order end in a deadlock. One of them is repeated.
async fn take_from_stock(transaction: &mut Transaction<'_, Postgres>, lines: &[Line]) -> Result<(), OrderError> {
    for line in lines {
        let query = "UPDATE product SET stock = stock - $2 WHERE id = $1 AND stock >= $2";
        let query = sqlx::query(query).bind(line.product).bind(i64::from(line.quantity));
        if query.execute(&mut **transaction).await?.rows_affected() == 0 {
            return Err(OrderError::SoldOut(line.product));
        }
    }
    Ok(())
}

async fn earlier(
    transaction: &mut Transaction<'_, Postgres>,
    key: Uuid,
    order: &NewOrder,
) -> Result<Placed, OrderError> {
    let query = sqlx::query("SELECT id, customer, basket FROM orders WHERE key = $1").bind(key);
    let row = query.fetch_one(&mut **transaction).await?;
    let is_same =
        (row.try_get::<i32, _>("customer")?, row.try_get::<Uuid, _>("basket")?) == (order.customer, order.basket);
    if is_same { Ok(Placed { order: row.try_get("id")?, repeated: true }) } else { Err(OrderError::KeyReused) }
}
