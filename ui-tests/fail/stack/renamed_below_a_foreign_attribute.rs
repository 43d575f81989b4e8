use resilience::{retry, timeout as limit};
use tracing::instrument;

#[retry(max = 2)]
#[instrument]
#[limit(secs = 30)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
