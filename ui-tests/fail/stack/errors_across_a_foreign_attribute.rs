use resilience::{retry, timeout};
use tracing::instrument;

// Two expansions, each reports its own.
#[retry(max = 0)]
#[instrument]
#[timeout(30)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
