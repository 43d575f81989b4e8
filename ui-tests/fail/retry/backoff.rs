use resilience::retry;

#[retry(backoff = "exponental")]
async fn typo() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(backoff = "Linear")]
async fn capital() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(backoff = "quadratic")]
async fn unknown() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(backoff = 2.0)]
async fn number() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(backoff = false)]
async fn flag() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(backoff = exponential())]
async fn call() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(backoff = Exponential)]
async fn variant() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(backoff = Backoff::Linear)]
async fn variant_of_a_type() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(factor = 0.5)]
async fn shrinking_factor() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(factor = -2)]
async fn negative_factor() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(factor = 1e12)]
async fn enormous_factor() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(factor = "2")]
async fn factor_as_a_string() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
