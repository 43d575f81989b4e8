use resilience::{bulkhead as slots, retry, timeout as limit};
use tracing::instrument;

#[retry(max = 2)]
#[instrument]
#[limit(secs = 30)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[retry(max = 2)]
#[instrument]
#[slots(max = 3, crate = ::resilience)]
async fn ask_a_renamed_facade() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
