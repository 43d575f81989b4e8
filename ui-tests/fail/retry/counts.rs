use resilience::retry;

#[retry(max = 0)]
async fn no_retry() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(attempts = 1)]
async fn no_second_attempt() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(attempts = 0)]
async fn no_attempt() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = -1)]
async fn negative() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(attempts = -(3))]
async fn negative_in_parentheses() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = 4_294_967_296)]
async fn beyond_u32() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max_retries = 99999999999999999999999)]
async fn beyond_u64() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = "3")]
async fn string() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = 2.5)]
async fn fraction() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(attempts = true)]
async fn flag() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = '3')]
async fn character() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = || 3)]
async fn closure() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = 3s)]
async fn unit() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
