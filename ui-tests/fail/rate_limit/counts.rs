use resilience::rate_limit;

#[rate_limit(max = 0)]
async fn nobody() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = -1)]
async fn negative() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 5_000_000_000)]
async fn too_large() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = "10/s")]
async fn string() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 10.5)]
async fn fraction() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 4, burst = 0)]
async fn no_burst() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 0, burst = 0)]
async fn both_at_once() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
