use resilience::circuit_breaker;

const NAME: &str = "llm";

#[circuit_breaker(name = "")]
async fn empty() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(name = "  ")]
async fn blank() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(name = llm)]
async fn without_quotes() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(name = NAME)]
async fn constant() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(name = 7)]
async fn number() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(name = format!("llm-{tenant}"))]
async fn made_at_run_time(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

#[circuit_breaker("llm")]
async fn without_a_key() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(llm)]
async fn bare_word() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {
    let _ = NAME;
}
