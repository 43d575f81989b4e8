//! Once, at the path, and nothing about what it would have led to.

use resilience::{cached, retry};

#[retry(crate = nowhere)]
async fn unknown() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[cached(ttl = 60)]
#[resilience::timeout(secs = 1, crate = crate::elsewhere)]
#[resilience::circuit_breaker(when = |_| true)]
async fn in_a_stack() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[retry(crate = std)]
fn another_crate() -> Option<u8> {
    None
}

struct Client;

impl Client {
    #[retry(crate = ::nowhere::at::all)]
    fn method(&self) -> Option<u8> {
        None
    }
}

// The functions are there, as they were written.
fn main() {
    let _ = (unknown(), in_a_stack(), another_crate(), Client.method());
}
