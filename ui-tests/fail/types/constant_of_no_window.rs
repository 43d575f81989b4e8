use resilience::circuit_breaker;

const CALLS: usize = 100;

#[circuit_breaker(window = CALLS, failure_rate = 0.5)]
async fn call() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
