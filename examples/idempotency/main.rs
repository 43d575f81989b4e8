//! A shop whose server loses its first answers. Without a key, the retries place the order three times.
//!
//! ```sh
//! cargo run --example idempotency
//! ```

mod server;

use resilience::{Error, attempt, idempotency_key, retry, timeout};
use server::Server;

/// The server takes every attempt for a new order.
#[retry(max = 3, base_delay = "10ms")]
#[timeout(ms = 50)]
async fn place_order(server: &Server, order: &str) -> Result<u32, Error> {
    Ok(server.post(order, None, attempt()).await)
}

/// The server recognises a repetition by its key.
#[retry(max = 3, base_delay = "10ms")]
#[timeout(ms = 50)]
async fn place_order_once(server: &Server, order: &str) -> Result<u32, Error> {
    Ok(server.post(order, Some(idempotency_key()), attempt()).await)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    println!("without a key:");
    let server = Server::default();
    place_order(&server, "a book").await?;
    println!("  orders placed: {}\n", server.orders());
    assert_eq!((server.orders(), server.keys()), (3, 0));

    println!("with one key for all attempts:");
    let server = Server::default();
    place_order_once(&server, "a book").await?;
    println!("  orders placed: {}, keys seen: {}", server.orders(), server.keys());
    assert_eq!((server.orders(), server.keys()), (1, 1));
    Ok(())
}
