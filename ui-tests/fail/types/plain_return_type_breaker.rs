use resilience::circuit_breaker;

#[circuit_breaker]
fn ask() -> Vec<u8> {
    Vec::new()
}

fn main() {}
