//! Failures: retries that retry, fallbacks that are used, windows that record some failures.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use resilience::{circuit_breaker, fallback, retry};

use super::{Answer, Failure, Row, failing, later, sync, target};

/// Fails twice, then succeeds.
pub fn third_time(x: u64) -> Answer {
    static TURN: AtomicU64 = AtomicU64::new(0);
    let turn = TURN.fetch_add(1, Ordering::Relaxed);
    if turn % 3 == 2 { target(x) } else { failing(x) }
}

pub fn three_times(x: u64) -> Answer {
    for _ in 0..2 {
        let _failed = black_box(third_time(x));
    }
    third_time(x)
}

pub async fn three_times_async(x: u64) -> Answer {
    three_times(x)
}

#[retry(max = 3, backoff = "none")]
fn retried(x: u64) -> Answer {
    third_time(x)
}

#[retry(max = 3, backoff = "none")]
async fn retried_async(x: u64) -> Answer {
    third_time(x)
}

#[fallback(target)]
fn answered(x: u64) -> Answer {
    failing(x)
}

fn answered_by_hand(x: u64) -> Answer {
    failing(x).or_else(|_| target(x))
}

/// Fails `share` times in a thousand calls, evenly.
pub fn sometimes<const SHARE: u64>(x: u64) -> Answer {
    static TURN: AtomicU64 = AtomicU64::new(0);
    let turn = TURN.fetch_add(1, Ordering::Relaxed);
    if turn % 1_000 * SHARE % 1_000 < SHARE { Err(Failure(x)) } else { target(x) }
}

macro_rules! windows {
    ($($calls:ident $time:ident $share:literal $calls_name:literal $time_name:literal;)*) => {$(
        #[circuit_breaker(name = $calls_name, window = 100, failure_rate = 0.5)]
        fn $calls(x: u64) -> Answer {
            sometimes::<$share>(x)
        }

        #[circuit_breaker(name = $time_name, window = "30s", failure_rate = 0.5)]
        fn $time(x: u64) -> Answer {
            sometimes::<$share>(x)
        }
    )*};
}

windows! {
    calls_1 time_1 10 "calls, 1 %" "time, 1 %";
    calls_10 time_10 100 "calls, 10 %" "time, 10 %";
}

pub fn all() -> Vec<Row> {
    vec![
        sync("retries_sync", "naked, three calls", three_times),
        sync("retries_sync", "resilience, third attempt succeeds", retried),
        later("retries", "naked, three calls", three_times_async),
        later("retries", "resilience, third attempt succeeds", retried_async),
        sync("fallback_used", "by hand", answered_by_hand),
        sync("fallback_used", "resilience", answered),
        sync("window_1_percent", "naked", sometimes::<10>).scaled(),
        sync("window_1_percent", "resilience, window of calls", calls_1).scaled(),
        sync("window_1_percent", "resilience, window of time", time_1).scaled(),
        sync("window_10_percent", "naked", sometimes::<100>).scaled(),
        sync("window_10_percent", "resilience, window of calls", calls_10).scaled(),
        sync("window_10_percent", "resilience, window of time", time_10).scaled(),
    ]
}
