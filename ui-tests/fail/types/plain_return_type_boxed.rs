use resilience::{circuit_breaker, fallback, retry, timeout};

trait Shape {}

#[retry]
#[circuit_breaker]
fn boxed() -> Box<dyn Shape> {
    todo!()
}

#[fallback(value = todo!())]
#[timeout("1s")]
async fn shared(_name: &str) -> std::sync::Arc<dyn Shape> {
    todo!()
}

fn main() {}
