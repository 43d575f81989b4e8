#![deny(deprecated)]

use resilience::cached;

#[cached(ttl = 3_600_000)]
fn milliseconds(id: u32) -> u32 {
    id
}

#[cached(max_size = 1_073_741_824)]
async fn bytes(id: u32) -> u32 {
    id
}

#[cached(ttl = 60, negative_ttl = "1h", when = |_| true)]
async fn errors_before_values(id: u32) -> Result<u32, String> {
    Ok(id)
}

#[cached(ttl = "5m", time_to_idle = "10m")]
fn gone_before(id: u32) -> u32 {
    id
}

#[cached(ttl = "60d", max_size = 1_000_000)]
fn said_in_words(id: u32) -> u32 {
    id
}

fn main() {}
