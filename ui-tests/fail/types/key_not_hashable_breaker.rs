use resilience::circuit_breaker;

#[circuit_breaker(key = weight)]
async fn call(weight: f64) -> Result<f64, resilience::Error> {
    Ok(weight)
}

fn main() {}
