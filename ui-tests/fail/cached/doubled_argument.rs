use resilience::cached;

#[cached(ttl = 60, ttl = 120)]
async fn same_key() -> Option<u8> {
    None
}

#[cached(ttl = 60, ttl_secs = 60)]
async fn two_units() -> Option<u8> {
    None
}

#[cached(ttl_ms = 500, max_size = 10, ttl_secs = 1)]
async fn two_numbers() -> Option<u8> {
    None
}

#[cached(skip(a), skip(b))]
async fn two_lists(a: u8, b: u8) -> Option<u8> {
    a.checked_add(b)
}

#[cached(key = a, key = b)]
async fn two_keys(a: u8, b: u8) -> Option<u8> {
    a.checked_add(b)
}

fn main() {}
