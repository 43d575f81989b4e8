use resilience::{CircuitBreaker, circuit_breaker, retry};

static LLM: CircuitBreaker = CircuitBreaker::new("llm");

#[circuit_breaker(name = "llm")]
#[circuit_breaker(name = "llm", failure_threshold = 3)]
async fn same_name() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[circuit_breaker]
#[retry(max = 3)]
#[circuit_breaker]
async fn no_name() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[circuit_breaker(shared = LLM)]
#[circuit_breaker(shared = LLM)]
async fn same_static() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[circuit_breaker(name = "llm")]
#[circuit_breaker(name = "db")]
#[circuit_breaker(name = "llm")]
async fn first_and_last() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {
    let _ = &LLM;
}
