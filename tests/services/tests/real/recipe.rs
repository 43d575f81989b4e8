//! The transaction of docs/clients.md.

use std::time::Duration;

use resilience::testing::record;
use sqlx::postgres::{PgPool, PgPoolOptions};

use crate::transfer::{TransferError, transfer};
use crate::{PERMANENT, meaning, shared_postgres};

#[test]
fn the_page_shows_the_code_that_is_tested() {
    let page = include_str!("../../../../docs/clients.md");
    assert!(page.contains(include_str!("transfer.rs")), "docs/clients.md does not quote transfer.rs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transfers_that_collide_are_repeated_as_a_whole() {
    const ACCOUNTS: i32 = 3;
    let Some(postgres) = shared_postgres() else { return };
    let pool = PgPoolOptions::new().max_connections(8).connect(&postgres.url()).await.expect("a pool");
    let rows = "CREATE TABLE account AS SELECT id, 1000::bigint AS cents FROM generate_series(1, 3) AS id";
    sqlx::query(rows).execute(&pool).await.expect("a table");

    // Another transaction changes the row that the transfer has read, and commits while the transfer waits for it.
    let mut other = pool.begin().await.expect("a transaction");
    sqlx::query("UPDATE account SET cents = cents WHERE id = 1").execute(&mut *other).await.expect("a lock");
    let (repeated, ()) = tokio::join!(record(transfer(&pool, 1, 2, 10)), async {
        while waiting(&pool).await == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        other.commit().await.expect("a commit");
    });
    repeated.0.expect("the second attempt");
    assert_eq!(repeated.1.names(), ["retry"]);

    let tasks = (0..24_i32).map(|number| {
        let pool = pool.clone();
        let (from, to) = (number % ACCOUNTS + 1, (number + 1 + number / 12) % ACCOUNTS + 1);
        tokio::spawn(async move { transfer(&pool, from, to, 10).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic").expect("another attempt");
    }
    assert_eq!(sum(&pool).await, 3000);
    let (done, events) = record(transfer(&pool, 1, 2, 1_000_000)).await;
    let error = done.expect_err("too little money");
    assert!(matches!(error, TransferError::TooLittle));
    assert_eq!(meaning(&error), PERMANENT);
    assert_eq!(events.of("retry").len(), 0);
    assert_eq!(sum(&pool).await, 3000, "an error in the middle changes nothing");
}

/// The number of transfers that wait for a row.
async fn waiting(pool: &PgPool) -> i64 {
    let query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE account%'";
    sqlx::query_scalar(query).fetch_one(pool).await.expect("a number")
}

async fn sum(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT sum(cents)::bigint FROM account").fetch_one(pool).await.expect("a sum")
}
