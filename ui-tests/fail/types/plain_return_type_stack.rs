use resilience::{circuit_breaker, fallback, retry, timeout};

fn canned() -> u32 {
    0
}

#[fallback(canned)]
#[retry(max = 3)]
#[circuit_breaker]
#[timeout(secs = 30)]
async fn ask() -> u32 {
    7
}

fn main() {}
