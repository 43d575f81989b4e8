use resilience::circuit_breaker;

#[circuit_breaker(recovery = 60)]
async fn no_unit() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery_timeout = 60)]
async fn alias_without_unit() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery = "60")]
async fn string_without_unit() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery_secs = 0)]
async fn zero() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery_secs = -60)]
async fn negative() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery_ms = 1e30)]
async fn too_large() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(probe_lease = "0s")]
async fn lease_of_zero() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(max_recovery = "0s", recovery_factor = 2.0)]
async fn cap_of_zero() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery_factor = 0.5)]
async fn shrinking() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery_factor = -2.0)]
async fn negative_factor() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery_factor = "2")]
async fn factor_as_a_string() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
