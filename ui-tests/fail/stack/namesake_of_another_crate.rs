use async_trait::async_trait as cached;
use resilience::{retry, timeout};

// Taken for ours by its name, and found out.
#[timeout(secs = 30)]
#[cached]
async fn by_name() -> Result<u8, resilience::Error> {
    Ok(1)
}

// By a path of its own it is left alone, as any attribute of another crate.
#[retry(max = 2)]
#[tracing::instrument]
async fn by_path() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
