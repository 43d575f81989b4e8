//! The clients, with limits of their own and without retries of their own. The attributes retry, because only they
//! know how much time a call has left.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

/// A few more than the bulkheads `orders`, `catalogue` and `jobs` admit together, because the connection of an attempt
/// that timed out returns to the pool only when the server has answered.
const CONNECTIONS: u32 = 12;

/// The addresses of the services that the shop uses.
#[derive(Debug, Clone)]
pub struct Addresses {
    pub postgres: String,
    pub redis: String,
    pub model: String,
}

/// Connects at the first query, so that the shop also starts while the database is down.
pub fn postgres(url: &str) -> Result<PgPool, sqlx::Error> {
    let options: PgConnectOptions = url.parse()?;
    // Limits of the server, because a client that gives up does not end its statement.
    let limits =
        [("statement_timeout", "2s"), ("lock_timeout", "400ms"), ("idle_in_transaction_session_timeout", "5s")];
    Ok(PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .min_connections(2)
        // The pool tries to connect for this long. It is the retry of this client, and cannot be switched off. A
        // shorter one ends connections in their handshake while everybody connects again, after an outage.
        .acquire_timeout(Duration::from_millis(800))
        .max_lifetime(Duration::from_mins(30))
        .connect_lazy_with(options.options(limits)))
}

pub fn redis(url: &str) -> redis::RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_connection_timeout(Some(Duration::from_millis(200)))
        .set_response_timeout(Some(Duration::from_millis(200)));
    ConnectionManager::new_lazy_with_config(redis::Client::open(url)?, config)
}

pub fn http() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .no_proxy()
        .retry(reqwest::retry::never())
        .connect_timeout(Duration::from_millis(200))
        .pool_idle_timeout(Duration::from_secs(30))
        .build()
}
