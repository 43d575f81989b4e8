use resilience::circuit_breaker;

fn is_not_found(error: &str) -> bool {
    error.contains("404")
}

#[circuit_breaker(ignore = is_not_found)]
fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
