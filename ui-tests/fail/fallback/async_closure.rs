//! An asynchronous closure has nobody to await it in a synchronous function.

use resilience::fallback;

#[fallback(async |_| Some(3))]
fn at_once(id: u32) -> Option<u32> {
    id.checked_mul(2)
}

#[fallback(async |_| Some(3))]
async fn later(id: u32) -> Option<u32> {
    id.checked_mul(2)
}

fn main() {}
