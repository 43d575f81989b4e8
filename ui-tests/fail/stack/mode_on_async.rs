use resilience::timeout;
use std::future::Future;

#[timeout(secs = 30, mode = "cooperative")]
async fn async_fn() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[timeout(secs = 30, mode = "cooperative")]
fn returns_a_future() -> impl Future<Output = Result<u8, resilience::Error>> {
    async move { Ok(1) }
}

fn main() {}
