//! Caches that load once for concurrent misses.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::rows::{Answer, Row, later, sync, target};

static QUICK: LazyLock<quick_cache::sync::Cache<u64, u64>> = LazyLock::new(|| quick_cache::sync::Cache::new(1_000));
static QUICK_MISS: LazyLock<quick_cache::sync::Cache<u64, u64>> = LazyLock::new(|| quick_cache::sync::Cache::new(64));
static MOKA: LazyLock<moka::sync::Cache<u64, u64>> = LazyLock::new(|| moka::sync::Cache::new(1_000));
static MOKA_MISS: LazyLock<moka::sync::Cache<u64, u64>> = LazyLock::new(|| moka::sync::Cache::new(64));

fn quick(x: u64) -> Answer {
    QUICK.get_or_insert_with(&x, || target(x))
}

fn moka(x: u64) -> Answer {
    MOKA.try_get_with(x, || target(x)).map_err(|error| *error)
}

#[cached::macros::cached(key = "u64", convert = "{ x }")]
fn cached_hit(x: u64) -> Answer {
    target(x)
}

fn turn(x: u64) -> u64 {
    static TURN: AtomicU64 = AtomicU64::new(0);
    TURN.fetch_add(1, Ordering::Relaxed) << 8 | x
}

fn quick_miss(x: u64) -> Answer {
    let x = turn(x);
    QUICK_MISS.get_or_insert_with(&x, || target(x))
}

fn moka_miss(x: u64) -> Answer {
    let x = turn(x);
    MOKA_MISS.try_get_with(x, || target(x)).map_err(|error| *error)
}

async fn quick_async(x: u64) -> Answer {
    QUICK.get_or_insert_async(&x, async { target(x) }).await
}

pub fn all() -> Vec<Row> {
    vec![
        sync("cached_hit", "quick_cache", quick).scaled(),
        sync("cached_hit", "moka", moka).scaled(),
        sync("cached_hit", "cached", cached_hit).scaled(),
        sync("cached_miss", "quick_cache", quick_miss),
        sync("cached_miss", "moka", moka_miss),
        later("cached", "quick_cache", quick_async),
    ]
}
