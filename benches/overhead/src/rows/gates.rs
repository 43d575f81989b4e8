//! Bulkheads and rate limits, keys, and rejections of each gate.

use std::sync::Once;

use resilience::{bulkhead, circuit_breaker, rate_limit};

use super::{Answer, Row, later, naked, sync, target};
use crate::hand;

#[bulkhead(name = "roomy", max = 1_000)]
fn roomy(x: u64) -> Answer {
    target(x)
}

#[bulkhead(name = "roomy, async", max = 1_000)]
async fn roomy_async(x: u64) -> Answer {
    target(x)
}

/// Holds the only permit for ever when called with the largest argument.
#[bulkhead(name = "full", max = 1)]
fn full(x: u64) -> Answer {
    while x == u64::MAX {
        std::thread::park();
    }
    target(x)
}

#[rate_limit(name = "generous", max = 1_000_000_000, per = "1s")]
fn generous(x: u64) -> Answer {
    target(x)
}

/// The first thousand calls take tokens for five seconds, so no pause of the machine fills it again.
#[rate_limit(name = "in use", max = 1_000, per = "5s", burst = 1_600_000_000)]
fn in_use(x: u64) -> Answer {
    target(x)
}

#[rate_limit(name = "exhausted", max = 1, per = "1h")]
fn exhausted(x: u64) -> Answer {
    target(x)
}

#[rate_limit(max = 1, per = "1h")]
fn exhausted_unnamed(x: u64) -> Answer {
    target(x)
}

#[circuit_breaker(failure_threshold = 1, recovery = "1h")]
fn open_unnamed(x: u64) -> Answer {
    if x == u64::MAX { Err(super::Failure(x)) } else { target(x) }
}

#[circuit_breaker(name = "by key", key = x % 1_000)]
fn breaker_keyed(x: u64) -> Answer {
    target(x)
}

#[rate_limit(name = "one key", key = x % 1, max = 1_000_000_000, per = "1s")]
fn one_key(x: u64) -> Answer {
    target(x)
}

#[rate_limit(name = "a thousand keys", key = x % 1_000, max = 1_000_000_000, per = "1s")]
fn thousand_keys(x: u64) -> Answer {
    target(x)
}

#[rate_limit(name = "many keys", key = x % 100_000, max_keys = 200_000, max = 1_000_000_000, per = "1s")]
fn many_keys(x: u64) -> Answer {
    target(x)
}

/// Spreads the small arguments of a row over many keys.
pub fn spread(x: u64) -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static TURN: AtomicU64 = AtomicU64::new(0);
    TURN.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32 ^ x
}

/// All keys exist before the first call that is measured.
fn filled(row: Row, fill: fn()) -> Row {
    let (run, filled) = (row.run, Once::new());
    let run = move |calls| {
        filled.call_once(fill);
        run(calls);
    };
    Row { run: Box::new(run), ..row }
}

pub fn all() -> Vec<Row> {
    // The loop below may hold the permit for a moment.
    std::thread::spawn(|| while full(u64::MAX).is_err() {});
    while full(0).is_ok() {
        std::thread::yield_now();
    }
    let _opened = open_unnamed(u64::MAX);
    vec![
        sync("bulkhead_sync", "naked", target).scaled(),
        sync("bulkhead_sync", "resilience", roomy).scaled(),
        later("bulkhead", "naked", naked),
        later("bulkhead", "resilience", roomy_async),
        sync("rate_limit", "naked", target).scaled(),
        sync("rate_limit", "resilience", generous).scaled(),
        sync("rate_limit", "resilience, in use", in_use).scaled(),
        sync("keys", "naked", |x| target(spread(x))).scaled(),
        filled(sync("keys", "resilience, breaker, 1,000 keys", |x| breaker_keyed(spread(x))).scaled(), || {
            (0..1_000).for_each(|x| assert!(breaker_keyed(x).is_ok()));
        }),
        sync("keys", "resilience, rate limit, 1 key", |x| one_key(spread(x))).scaled(),
        filled(sync("keys", "resilience, rate limit, 1,000 keys", |x| thousand_keys(spread(x))).scaled(), || {
            (0..1_000).for_each(|x| assert!(thousand_keys(x).is_ok()));
        }),
        filled(sync("keys", "resilience, rate limit, 100,000 keys", |x| many_keys(spread(x))).scaled(), || {
            (0..100_000).for_each(|x| assert!(many_keys(x).is_ok()));
        }),
        sync("rejected", "naked", target),
        sync("rejected", "by hand, full bulkhead", hand::full),
        sync("rejected", "resilience, open breaker without a name", open_unnamed),
        sync("rejected", "resilience, full bulkhead", full),
        sync("rejected", "resilience, rate limit", exhausted),
        sync("rejected", "resilience, rate limit without a name", exhausted_unnamed),
    ]
}
