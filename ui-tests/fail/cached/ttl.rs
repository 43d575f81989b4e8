use resilience::cached;

#[cached(ttl = 0)]
async fn zero() -> Option<u8> {
    None
}

#[cached(ttl = "0s")]
async fn zero_with_a_unit() -> Option<u8> {
    None
}

#[cached(ttl_ms = 0)]
async fn zero_milliseconds() -> Option<u8> {
    None
}

#[cached(ttl = -1)]
async fn negative() -> Option<u8> {
    None
}

#[cached(ttl = "60")]
async fn string_without_unit() -> Option<u8> {
    None
}

#[cached(ttl = "1 week")]
async fn unknown_unit() -> Option<u8> {
    None
}

#[cached(ttl = 20000000000000000000)]
async fn too_large() -> Option<u8> {
    None
}

#[cached(ttl = true)]
async fn flag() -> Option<u8> {
    None
}

#[cached(ttl_secs = "60")]
async fn string_for_a_number() -> Option<u8> {
    None
}

fn main() {}
