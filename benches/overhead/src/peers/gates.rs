//! Semaphores and rate limiters.

use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use governor::clock::MonotonicClock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::Semaphore;

use crate::rows::gates::spread;
use crate::rows::{Answer, Failure, Row, later, naked, sync, target};

static PERMITS: Semaphore = Semaphore::const_new(1_000);
static NONE_LEFT: Semaphore = Semaphore::const_new(0);

fn semaphore(permits: &Semaphore, x: u64) -> Answer {
    let _permit = permits.try_acquire().map_err(|_| Failure(0))?;
    target(x)
}

async fn semaphore_async(x: u64) -> Answer {
    let _permit = PERMITS.acquire().await.map_err(|_| Failure(0))?;
    naked(x).await
}

const MANY: Quota = Quota::per_second(NonZeroU32::MAX);

static GENEROUS: LazyLock<DefaultDirectRateLimiter> = LazyLock::new(|| RateLimiter::direct(MANY));
static EXHAUSTED: LazyLock<DefaultDirectRateLimiter> = LazyLock::new(|| {
    let hourly = Quota::with_period(Duration::from_secs(3_600)).unwrap_or(MANY);
    let limiter = RateLimiter::direct(hourly);
    let _the_only_one = limiter.check();
    limiter
});
/// The time of the system, and not of the processor, which would have to be calibrated.
type BySystemClock<K, S> = RateLimiter<K, S, MonotonicClock, NoOpMiddleware<Instant>>;

static GENEROUS_BY_SYSTEM_CLOCK: LazyLock<BySystemClock<NotKeyed, InMemoryState>> =
    LazyLock::new(|| RateLimiter::direct_with_clock(MANY, MonotonicClock));
static BY_KEY_AND_SYSTEM_CLOCK: LazyLock<BySystemClock<u64, DefaultKeyedStateStore<u64>>> =
    LazyLock::new(|| RateLimiter::dashmap_with_clock(MANY, MonotonicClock));
static BY_KEY: LazyLock<DefaultKeyedRateLimiter<u64>> = LazyLock::new(|| RateLimiter::keyed(MANY));

fn governor(limiter: &DefaultDirectRateLimiter, x: u64) -> Answer {
    limiter.check().map_err(|_| Failure(0))?;
    target(x)
}

fn governor_keyed(keys: u64, x: u64) -> Answer {
    let x = spread(x);
    BY_KEY.check_key(&(x % keys)).map_err(|_| Failure(0))?;
    target(x)
}

fn governor_by_system_clock(x: u64) -> Answer {
    GENEROUS_BY_SYSTEM_CLOCK.check().map_err(|_| Failure(0))?;
    target(x)
}

fn governor_keyed_by_system_clock(keys: u64, x: u64) -> Answer {
    let x = spread(x);
    BY_KEY_AND_SYSTEM_CLOCK.check_key(&(x % keys)).map_err(|_| Failure(0))?;
    target(x)
}

pub fn all() -> Vec<Row> {
    vec![
        sync("bulkhead_sync", "tokio's semaphore", |x| semaphore(&PERMITS, x)).scaled(),
        later("bulkhead", "tokio's semaphore", semaphore_async),
        sync("rate_limit", "governor", |x| governor(&GENEROUS, x)).scaled(),
        sync("rate_limit", "governor, system's clock", governor_by_system_clock).scaled(),
        sync("keys", "governor, 1 key", |x| governor_keyed(1, x)).scaled(),
        sync("keys", "governor, 1,000 keys", |x| governor_keyed(1_000, x)).scaled(),
        sync("keys", "governor, 100,000 keys", |x| governor_keyed(100_000, x)).scaled(),
        sync("keys", "governor, system's clock, 1,000 keys", |x| governor_keyed_by_system_clock(1_000, x)).scaled(),
        sync("keys", "governor, system's clock, 100,000 keys", |x| governor_keyed_by_system_clock(100_000, x)).scaled(),
        sync("rejected", "tokio's semaphore", |x| semaphore(&NONE_LEFT, x)),
        sync("rejected", "governor", |x| governor(&EXHAUSTED, x)),
    ]
}
