use resilience::{retry, timeout};

#[timeout(secs = 20)]
#[timeout(secs = 30)]
async fn longer_inside() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[timeout(secs = 30)]
#[retry(max = 2)]
#[timeout("30s")]
async fn equal() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[timeout("1m")]
#[timeout(secs = 10)]
#[timeout(ms = 20_000)]
async fn of_three() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[timeout("1m", mode = "cooperative")]
#[timeout("2m", mode = "cooperative")]
fn synchronous() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
