use resilience::{circuit_breaker, retry};

#[retry(max = 3)]
#[circuit_breaker]
fn ask(query: &str) -> Result<usize, resilience::Error> {
    query.len()
}

fn main() {}
