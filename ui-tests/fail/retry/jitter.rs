use resilience::retry;

#[retry(jitter = 1.5)]
async fn above_one() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(jitter = 10)]
async fn percent() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(jitter = -0.1)]
async fn negative() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(jitter = "ful")]
async fn typo() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(jitter = "none")]
async fn unknown() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(jitter = 'f')]
async fn character() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(jitter)]
async fn bare() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
