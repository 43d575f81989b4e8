use resilience::bulkhead;
use std::time::Duration;

const ZERO: u32 = 0;
const WIDE: u64 = 4;
const INSTANT: Duration = Duration::ZERO;

#[bulkhead(max = ZERO)]
async fn nobody() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, queue = 5, wait = INSTANT)]
async fn no_time() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, queue = ZERO, wait = "1s")]
async fn empty_queue() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = WIDE)]
async fn wrong_type() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
