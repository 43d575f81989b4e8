use resilience::cached;

#[derive(Debug)]
struct Down;

#[cached(clone_error = |_| Down, max_concurrent_loads = 2)]
async fn both() -> Result<u8, Down> {
    Err(Down)
}

#[cached(max_concurrent_loads = 2, coalesce = false)]
async fn nobody_waits() -> Result<u8, Down> {
    Err(Down)
}

#[cached(clone_error = |_| Down, coalesce = false)]
async fn nobody_gets_a_copy() -> Result<u8, Down> {
    Err(Down)
}

#[cached(max_concurrent_loads = 0)]
async fn nobody_loads() -> Result<u8, Down> {
    Err(Down)
}

#[cached(ttl = 60, stale_when = |_| true)]
async fn nothing_is_stale() -> Result<u8, Down> {
    Err(Down)
}

fn main() {}
