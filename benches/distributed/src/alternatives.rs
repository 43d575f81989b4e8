//! The usual ways to share a limit or a value through Redis.

use std::time::Duration;

use cached::{AsyncRedisCache, ConcurrentCachedAsync};
use redis::Client;
use redis::aio::MultiplexedConnection;
use throttle_kit::{Quota, RateLimiter, RedisBackend};

use crate::border;
use crate::shared::{KEYS, next_key, value};

/// Nothing is rejected, so that every call does all of its work.
const MAX: u32 = 1_000_000_000;

const SECOND: Duration = Duration::from_secs(1);

pub struct Alternatives {
    connection: MultiplexedConnection,
    throttle: RateLimiter<RedisBackend>,
    throttle_at_border: RateLimiter<RedisBackend>,
    cached: AsyncRedisCache<u32, Vec<u8>>,
}

impl Alternatives {
    pub async fn connect(url: &str) -> Self {
        let client = Client::open(url).expect("a URL");
        let connection = client.get_multiplexed_async_connection().await.expect("a connection");
        let backend = async || RedisBackend::connect(url).await.expect("a connection");
        // Its script counts whole milliseconds.
        let quota = Quota::from_parts(Duration::from_millis(1), MAX);
        let throttle = RateLimiter::new(quota, backend().await);
        let throttle_at_border = RateLimiter::new(Quota::per_second(border::MAX), backend().await);
        let cached = AsyncRedisCache::builder("answers").ttl(3_600 * SECOND).connection_string(url).build().await;
        Self { connection, throttle, throttle_at_border, cached: cached.expect("a connection") }
    }

    pub async fn fill(&self) {
        let mut connection = self.connection.clone();
        for key in 0..KEYS {
            redis::cmd("SET").arg(key).arg(value(key)).exec_async(&mut connection).await.expect("an answer");
            self.cached.async_cache_set(key, value(key)).await.expect("an answer");
        }
    }

    async fn passes(&self, key: &str, max: u32) -> bool {
        let mut connection = self.connection.clone();
        let count: u32 = redis::cmd("INCR").arg(key).query_async(&mut connection).await.expect("an answer");
        if count == 1 {
            redis::cmd("EXPIRE").arg(key).arg(1).exec_async(&mut connection).await.expect("an answer");
        }
        count <= max
    }

    pub async fn count(&self) {
        assert!(self.passes("counter", MAX).await);
    }

    pub async fn count_at_border(&self) -> bool {
        self.passes("counter at border", border::MAX).await
    }

    pub async fn throttle(&self) {
        assert!(self.throttle.check("search").await.allowed);
    }

    pub async fn throttle_at_border(&self) -> bool {
        self.throttle_at_border.check("border").await.allowed
    }

    pub async fn get(&self) {
        let (key, mut connection) = (next_key(), self.connection.clone());
        let found: Vec<u8> = redis::cmd("GET").arg(key).query_async(&mut connection).await.expect("an answer");
        assert_eq!(found, value(key));
    }

    pub async fn cached(&self) {
        let key = next_key();
        let found = self.cached.async_cache_get(&key).await.expect("an answer");
        assert_eq!(found, Some(value(key)));
    }
}
