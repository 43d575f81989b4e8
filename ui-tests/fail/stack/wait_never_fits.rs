use resilience::{bulkhead, rate_limit, timeout};

#[timeout(secs = 5)]
#[bulkhead(max = 4, queue = 5, wait = "5s")]
async fn place() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[timeout(secs = 5)]
#[timeout(secs = 3)]
#[rate_limit(max = 4, wait = "4s")]
async fn turn() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[timeout(secs = 5)]
#[rate_limit(max = 4, wait = "6s")]
#[bulkhead(max = 4, queue = 5, wait = "4s")]
#[timeout(secs = 3)]
async fn one_of_two() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
