use resilience::rate_limit;

#[rate_limit(max = 4, per = "0s")]
async fn no_time() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 4, per = 60)]
async fn no_unit() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 4, per = "second")]
async fn no_number() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 4, per = "1s", per_secs = 1)]
async fn twice() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 4, wait = "0s")]
async fn no_wait() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 4, wait = 5)]
async fn wait_without_unit() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 4, per = -1, wait = true)]
async fn both_at_once() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
