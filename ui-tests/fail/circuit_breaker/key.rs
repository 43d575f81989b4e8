use resilience::{CircuitBreaker, circuit_breaker};

static LLM: CircuitBreaker = CircuitBreaker::new("llm");

#[circuit_breaker(max_keys = 10)]
async fn bound_without_a_key() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(key = "tenant")]
async fn key_in_quotes(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

#[circuit_breaker(key = tenant, max_keys = 0)]
async fn no_room(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

#[circuit_breaker(shared = LLM, key = tenant)]
async fn one_and_many(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

#[circuit_breaker(shared = LLM, key = tenant, max_keys = 5)]
async fn one_and_five(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

#[circuit_breaker(keys = tenant)]
async fn typo(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

#[circuit_breaker(key(tenant))]
async fn as_a_list(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

fn main() {
    let _ = &LLM;
}
