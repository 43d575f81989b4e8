use std::time::Duration;

use resilience::cached;

const NO_TIME: Duration = Duration::ZERO;
const TOO_MUCH: f64 = 1.5;
const NOTHING: u64 = 0;

#[cached(ttl = 60, negative_ttl = NO_TIME, when = Option::is_none)]
fn negative() -> Option<u8> {
    None
}

#[cached(ttl = 60, stale_while_revalidate = NO_TIME)]
fn revalidate() -> Option<u8> {
    None
}

#[cached(ttl = 60, stale_if_error_secs = NOTHING)]
fn error() -> Option<u8> {
    None
}

#[cached(ttl = 60, ttl_jitter = TOO_MUCH)]
fn jitter() -> Option<u8> {
    None
}

#[cached(weigh = |_, _| 1, max_weight = NOTHING)]
fn weight() -> Option<u8> {
    None
}

fn main() {}
