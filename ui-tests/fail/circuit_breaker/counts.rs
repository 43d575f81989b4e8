use resilience::circuit_breaker;

#[circuit_breaker(failure_threshold = 0)]
async fn opens_at_once() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(success_threshold = 0)]
async fn closes_at_once() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(half_open_max = 0)]
async fn no_probe() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(failure_threshold = -5)]
async fn negative() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(failure_threshold = 5_000_000_000)]
async fn too_large() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(success_threshold = "2")]
async fn string() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(half_open_max = 1.0)]
async fn fraction() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(failure_threshold = 0, success_threshold = 0, half_open_max = 0)]
async fn three_at_once() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
