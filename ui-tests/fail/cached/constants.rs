use resilience::cached;
use std::time::Duration;

const ZERO: usize = 0;
const INSTANT: Duration = Duration::ZERO;

#[cached(max_size = ZERO)]
async fn no_room() -> Option<u8> {
    None
}

#[cached(max_size = ZERO - 1)]
async fn less_than_no_room() -> Option<u8> {
    None
}

#[cached(ttl = INSTANT)]
async fn no_time() -> Option<u8> {
    None
}

#[cached(ttl_secs = 60 - 60)]
async fn no_seconds() -> Option<u8> {
    None
}

fn main() {}
