use resilience::{CircuitBreaker, circuit_breaker};

static LLM: CircuitBreaker = CircuitBreaker::new("llm");

#[circuit_breaker(max_recovery = "5m")]
async fn nothing_grows() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery = "10m", recovery_factor = 2.0, max_recovery = "5m")]
async fn cap_below_the_start() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery_factor = 2.0, max_recovery = "30s")]
async fn cap_below_the_default() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(shared = LLM, name = "llm")]
async fn shared_and_named() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(failure_threshold = 3, shared = LLM)]
async fn shared_and_configured() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(shared = "llm")]
async fn shared_by_a_string() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(shared = &LLM)]
async fn shared_by_reference() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(shared = CircuitBreaker::new("llm"))]
async fn shared_with_nobody() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {
    let _ = &LLM;
}
