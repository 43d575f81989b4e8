use resilience::circuit_breaker;

struct AskError;

#[circuit_breaker]
fn ask() -> Result<String, AskError> {
    Err(AskError)
}

fn main() {}
