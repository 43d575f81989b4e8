//! Checks in the database what the customers really got.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::time::Duration;

use redis::AsyncCommands;
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::load::Outcome;
use super::world::World;

/// The longest time for orders to reach the warehouse after the last customer has left.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Audit {
    /// The number of orders from each basket.
    orders: HashMap<Uuid, u32>,
    /// Orders that the shop confirmed and that do not exist.
    pub lost: usize,
    /// Orders that did not reach the warehouse.
    pub unshipped: u64,
}

impl Audit {
    pub async fn of(world: &World, outcomes: &[Outcome]) -> Result<Self, Box<dyn Error>> {
        let mut connection = PgConnection::connect(&world.postgres.url()).await?;
        let unshipped = unshipped(world, &mut connection).await?;
        let rows: Vec<(i64, Uuid)> = sqlx::query_as("SELECT id, basket FROM orders").fetch_all(&mut connection).await?;
        connection.close().await?;
        let (mut orders, mut ids) = (HashMap::new(), HashSet::new());
        for (id, basket) in rows {
            *orders.entry(basket).or_default() += 1;
            ids.insert(id);
        }
        let lost =
            outcomes.iter().filter_map(|outcome| outcome.placed).filter(|placed| !ids.contains(&placed.order)).count();
        Ok(Self { orders, lost, unshipped })
    }

    /// Returns the number of further orders from a basket, after the first.
    pub fn doubles(&self, basket: Uuid) -> u32 {
        self.orders.get(&basket).map_or(0, |orders| orders.saturating_sub(1))
    }
}

async fn unshipped(world: &World, connection: &mut PgConnection) -> Result<u64, Box<dyn Error>> {
    let mut redis = redis::Client::open(world.redis.url())?.get_multiplexed_async_connection().await?;
    let end = Instant::now() + PATIENCE;
    loop {
        let orders: i64 = sqlx::query_scalar("SELECT count(*) FROM orders").fetch_one(&mut *connection).await?;
        let shipped: u64 = redis.hlen("warehouse").await?;
        let unshipped = u64::try_from(orders)?.saturating_sub(shipped);
        if unshipped == 0 || Instant::now() > end {
            return Ok(unshipped);
        }
        sleep(Duration::from_millis(100)).await;
    }
}
