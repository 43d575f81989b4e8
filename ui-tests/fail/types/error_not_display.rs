use resilience::{cached, circuit_breaker, fallback, retry};

/// Says nothing of itself.
#[derive(Clone)]
struct Silent;

impl From<resilience::Error> for Silent {
    fn from(_: resilience::Error) -> Self {
        Self
    }
}

#[retry(max = 3, log_errors = true)]
async fn retried() -> Result<u32, Silent> {
    Err(Silent)
}

#[retry(when = |_| true, log_errors = true)]
fn asked() -> Result<u32, Silent> {
    Err(Silent)
}

#[fallback(value = 1, log_errors = true)]
fn answered() -> Result<u32, Silent> {
    Err(Silent)
}

#[fallback(|error| Err(error), log_errors = true)]
async fn recovered() -> Result<u32, Silent> {
    Err(Silent)
}

#[circuit_breaker(log_errors = true)]
async fn guarded() -> Result<u32, Silent> {
    Err(Silent)
}

#[cached(ttl = 60, stale_if_error = "1h", log_errors = true)]
async fn kept() -> Result<u32, Silent> {
    Err(Silent)
}

#[retry(log_errors = true)]
fn none() -> Option<u32> {
    None
}

#[retry(log_errors = true)]
fn generic<E>(make: fn() -> E) -> Result<u32, E> {
    Err(make())
}

fn main() {}
