use resilience::cached;

#[cached(stale_while_revalidate = "1m")]
async fn nothing_gets_stale() -> Option<u8> {
    None
}

#[cached(stale_if_error_secs = 60)]
async fn nothing_gets_stale_on_errors() -> Option<u8> {
    None
}

#[cached(ttl = 60, stale_while_revalidate = "0s", stale_if_error_ms = 0)]
async fn windows_of_zero() -> Option<u8> {
    None
}

#[cached(ttl = 60, stale_while_revalidate = 30, stale_if_error = 30)]
async fn windows_without_a_unit() -> Option<u8> {
    None
}

#[cached(ttl = 60, stale_if_error = "1m", stale_if_error_secs = 60)]
async fn in_two_units() -> Option<u8> {
    None
}

#[cached(ttl = 60, stale_while_revalidate = "1m", coalesce = false)]
async fn everyone_refreshes() -> Option<u8> {
    None
}

#[cached(ttl = 60, stale_if_err = "1m")]
async fn misspelt() -> Option<u8> {
    None
}

#[cached(ttl_jitter = 0.1)]
async fn nothing_expires() -> Option<u8> {
    None
}

#[cached(ttl = 60, ttl_jitter = 1.5)]
async fn jitter_above_one() -> Option<u8> {
    None
}

#[cached(ttl = 60, ttl_jitter = -0.1)]
async fn jitter_below_zero() -> Option<u8> {
    None
}

#[cached(ttl = 60, ttl_jitter = true)]
async fn jitter_as_a_flag() -> Option<u8> {
    None
}

fn main() {}
