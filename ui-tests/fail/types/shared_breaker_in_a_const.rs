use resilience::{CircuitBreaker, circuit_breaker};

const LLM: CircuitBreaker = CircuitBreaker::new("llm");

#[circuit_breaker(shared = LLM)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
