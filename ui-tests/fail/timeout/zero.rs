use resilience::timeout;

#[timeout(secs = 0)]
async fn seconds() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(ms = 0)]
async fn milliseconds() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("0s")]
async fn string() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("0m 0ms")]
async fn sum() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(ms = 0.0000001)]
async fn below_a_nanosecond() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
