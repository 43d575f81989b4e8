use resilience::circuit_breaker;

#[circuit_breaker(name = "a", name = "b")]
async fn same_key() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery = "30s", recovery_timeout = "60s")]
async fn alias() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery_secs = 30, recovery_ms = 500)]
async fn two_units() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery_timeout = "60s", recovery_secs = 30)]
async fn alias_in_another_unit() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
