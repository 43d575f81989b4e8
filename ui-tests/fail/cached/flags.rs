use resilience::cached;

#[cached(coalesce = 1)]
async fn number() -> Option<u8> {
    None
}

#[cached(coalesce = "false")]
async fn string() -> Option<u8> {
    None
}

#[cached(cache_degraded = yes)]
async fn word() -> Option<u8> {
    None
}

#[cached(coalesce)]
async fn no_value() -> Option<u8> {
    None
}

fn main() {}
