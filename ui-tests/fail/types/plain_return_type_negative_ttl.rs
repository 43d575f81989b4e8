use resilience::cached;

#[cached(negative_ttl = "5s", when = |_| true)]
async fn never_fails() -> u8 {
    1
}

fn main() {}
