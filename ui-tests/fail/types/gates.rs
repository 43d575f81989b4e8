use resilience::{bulkhead, rate_limit};

#[derive(Debug)]
struct OwnError;

#[bulkhead(max = 4)]
async fn no_conversion() -> Result<u8, OwnError> {
    Ok(1)
}

#[rate_limit(max = 4)]
async fn no_failure() -> u8 {
    1
}

#[rate_limit(max = 4)]
fn nothing() {}

fn main() {}
