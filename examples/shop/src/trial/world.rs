//! The dependencies of the shop, which this program starts, and deletes afterwards.

use std::error::Error;
use std::io;

use services::{Postgres, Redis};
use sqlx::{Connection, PgConnection};

use super::upstream::Upstream;
use crate::service::connections::Addresses;

const SCHEMA: &str = include_str!("../../schema.sql");

pub struct World {
    pub postgres: Postgres,
    pub redis: Redis,
    pub upstream: Upstream,
}

impl World {
    /// Fails if a program is not installed. The harness has said what to install.
    pub async fn start(seed: u64) -> Result<Self, Box<dyn Error>> {
        let (postgres, redis) = tokio::task::spawn_blocking(|| {
            // Looks for both, so that both are reported.
            (Postgres::start(&["max_connections=60", "deadlock_timeout=100ms"]), Redis::start(&[]))
        })
        .await?;
        let (Some(postgres), Some(redis)) = (postgres, redis) else {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the shop needs PostgreSQL and Redis").into());
        };
        let mut connection = PgConnection::connect(&postgres.url()).await?;
        sqlx::raw_sql(SCHEMA).execute(&mut connection).await?;
        connection.close().await?;
        Ok(Self { postgres, redis, upstream: Upstream::start(seed).await? })
    }

    pub fn addresses(&self) -> Addresses {
        Addresses { postgres: self.postgres.url(), redis: self.redis.url(), model: self.upstream.url() }
    }
}
