//! Tests of the promises about orders, on a real PostgreSQL. The harness says what to install if there is none.

use services::Postgres;
use sqlx::postgres::PgPool;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::connections;
use super::domain::{Line, NewOrder};
use super::orders::{OrderError, Orders, PgOrders};

/// The hand-painted cup, of which there are twenty.
const RARE: i32 = 12;

async fn shop() -> Option<(Postgres, PgPool)> {
    let postgres = Postgres::start(&["max_connections=30"])?;
    let pool = connections::postgres(&postgres.url()).expect("an address");
    sqlx::raw_sql(include_str!("../../schema.sql")).execute(&pool).await.expect("a schema");
    Some((postgres, pool))
}

fn order_of(product: i32, quantity: i32) -> NewOrder {
    NewOrder { customer: 1, basket: Uuid::from_u128(5), lines: vec![Line { product, quantity }] }
}

async fn number(pool: &PgPool, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(pool).await.expect("a number")
}

#[tokio::test]
async fn an_order_that_is_sent_many_times_at_once_is_placed_once() {
    let Some((_postgres, pool)) = shop().await else { return };
    let key = Uuid::from_u128(1);
    let mut calls = JoinSet::new();
    for _ in 0..4 {
        let orders = PgOrders { pool: pool.clone() };
        calls.spawn(async move { orders.place(key, &order_of(RARE, 2)).await });
    }
    let placed: Vec<_> = calls.join_all().await.into_iter().map(|placed| placed.expect("an order")).collect();
    assert!(placed.iter().all(|one| one.order == placed[0].order));
    assert!(placed.iter().filter(|one| !one.repeated).count() <= 1);
    assert_eq!(number(&pool, "SELECT count(*) FROM orders").await, 1);
    assert_eq!(number(&pool, "SELECT count(*) FROM outbox").await, 1);
    assert_eq!(number(&pool, "SELECT stock FROM product WHERE id = 12").await, 18);
}

#[tokio::test]
async fn a_key_is_not_accepted_for_another_order() {
    let Some((_postgres, pool)) = shop().await else { return };
    let (orders, key) = (PgOrders { pool }, Uuid::from_u128(1));
    orders.place(key, &order_of(1, 1)).await.expect("an order");
    let other = NewOrder { basket: Uuid::from_u128(6), ..order_of(1, 1) };
    let error = orders.place(key, &other).await.expect_err("the key is taken");
    assert!(matches!(error, OrderError::KeyReused), "{error:?}");
}

#[tokio::test]
async fn an_order_of_more_than_there_is_leaves_nothing_behind() {
    let Some((_postgres, pool)) = shop().await else { return };
    let orders = PgOrders { pool: pool.clone() };
    let lines = vec![Line { product: 1, quantity: 1 }, Line { product: RARE, quantity: 21 }];
    let error = orders.place(Uuid::from_u128(1), &NewOrder { lines, ..order_of(1, 1) }).await.expect_err("sold out");
    assert!(matches!(error, OrderError::SoldOut(RARE)), "{error:?}");
    assert_eq!(number(&pool, "SELECT count(*) FROM orders").await, 0);
    assert_eq!(number(&pool, "SELECT stock FROM product WHERE id = 1").await, 1_000_000);
}
