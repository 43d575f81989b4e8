//! The transaction of docs/clients.md.

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

    let tasks = (0..24_i32).map(|number| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let (from, to) = (number % ACCOUNTS + 1, (number + 1 + number / 12) % ACCOUNTS + 1);
            let (done, events) = record(transfer(&pool, from, to, 10)).await;
            done.expect("another attempt");
            events.of("retry").len()
        })
    });
    let mut repeated = 0;
    for task in tasks.collect::<Vec<_>>() {
        repeated += task.await.expect("no panic");
    }
    assert!(repeated > 0, "no transfer collided");
    assert_eq!(sum(&pool).await, 3000);
    let moved: i64 =
        sqlx::query_scalar("SELECT count(*) FROM account WHERE cents < 0").fetch_one(&pool).await.expect("a number");
    assert_eq!(moved, 0);

    let (done, events) = record(transfer(&pool, 1, 2, 1_000_000)).await;
    let error = done.expect_err("too little money");
    assert!(matches!(error, TransferError::TooLittle));
    assert_eq!(meaning(&error), PERMANENT);
    assert_eq!(events.of("retry").len(), 0);
    assert_eq!(sum(&pool).await, 3000, "an error in the middle changes nothing");
}

async fn sum(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT sum(cents)::bigint FROM account").fetch_one(pool).await.expect("a sum")
}
