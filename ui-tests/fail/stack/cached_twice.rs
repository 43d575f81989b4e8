use resilience::{cached, timeout};

#[cached(ttl = 60)]
#[cached(ttl = 5)]
async fn adjacent() -> Option<u8> {
    Some(1)
}

#[cached(ttl = 60)]
#[timeout(secs = 30)]
#[cached(ttl = 5, name = "inner")]
async fn with_a_timeout_between() -> Option<u8> {
    Some(1)
}

fn main() {}
