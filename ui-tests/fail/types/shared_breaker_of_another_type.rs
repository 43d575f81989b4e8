use resilience::circuit_breaker;

static LLM: &str = "llm";

#[circuit_breaker(shared = LLM)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
