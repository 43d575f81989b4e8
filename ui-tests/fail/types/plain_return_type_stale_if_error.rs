use resilience::cached;

#[cached(ttl = 60, stale_if_error = "1h")]
async fn never_fails() -> u8 {
    1
}

#[cached(ttl = 60, stale_if_error = "1h")]
fn never_fails_either() -> u16 {
    1
}

fn main() {}
