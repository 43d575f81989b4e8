//! Functions of errors that are none, and counts that are none.
use resilience::cached;

#[derive(Debug)]
struct Down(String);

#[cached(clone_error)]
async fn bare() -> Result<u8, Down> {
    Ok(1)
}

#[cached(clone_error = true)]
async fn flag() -> Result<u8, Down> {
    Ok(1)
}

#[cached(clone_error = "copy")]
async fn text() -> Result<u8, Down> {
    Ok(1)
}

#[cached(clone_error = copy())]
async fn called() -> Result<u8, Down> {
    Ok(1)
}

#[cached(clone_error(copy))]
async fn list() -> Result<u8, Down> {
    Ok(1)
}

#[cached(max_concurrent_loads)]
async fn bare_loads() -> Result<u8, Down> {
    Ok(1)
}

#[cached(max_concurrent_loads = "4")]
async fn text_loads() -> Result<u8, Down> {
    Ok(1)
}

#[cached(max_concurrent_loads = -1)]
async fn negative_loads() -> Result<u8, Down> {
    Ok(1)
}

#[cached(max_concurrent_loads = true)]
async fn flag_loads() -> Result<u8, Down> {
    Ok(1)
}

#[cached(ttl = 60, stale_if_error = "1m", stale_when)]
async fn bare_when() -> Result<u8, Down> {
    Ok(1)
}

#[cached(ttl = 60, stale_if_error = "1m", stale_when = "outage")]
async fn text_when() -> Result<u8, Down> {
    Ok(1)
}

#[cached(ttl = 60, stale_if_error = "1m", stale_when = true)]
async fn flag_when() -> Result<u8, Down> {
    Ok(1)
}

#[cached(clone_error = async |error| error)]
fn later() -> Result<u8, Down> {
    Ok(1)
}

#[cached(ttl = 60, stale_while_revalidate = "1m", stale_when = |_| true)]
fn while_revalidating() -> Result<u8, Down> {
    Ok(1)
}

#[cached(clone_errors = |_| Down(String::new()), max_loads = 3)]
fn misspelt() -> Result<u8, Down> {
    Ok(1)
}

fn main() {}
