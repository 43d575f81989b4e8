use resilience::circuit_breaker;

fn counts(_: &resilience::Error) -> bool {
    true
}

#[circuit_breaker(when = counts())]
async fn call() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(ignore = "NotFound")]
async fn string() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(ignore = [counts])]
async fn list() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(map_err = 500)]
async fn number() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(ignore)]
async fn no_value() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {
    let _ = counts;
}
