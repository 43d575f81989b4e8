use resilience::{retry, timeout};

#[retry(max = 2)]
#[retry(max = 3)]
async fn adjacent() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[retry(max = 2)]
#[timeout(secs = 30)]
#[retry(max = 3)]
async fn with_a_timeout_between() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[retry(max = 2)]
#[retry(max = 3)]
#[retry(max = 4)]
async fn three() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
