use resilience::testing::FakeStore;
use resilience::{CircuitBreaker, Error, circuit_breaker};

static SHARED: FakeStore = FakeStore::new("shop");
static BREAKER: CircuitBreaker = CircuitBreaker::new("llm");

#[circuit_breaker(store = SHARED)]
async fn without_a_name() -> Result<u32, Error> {
    Ok(1)
}

#[circuit_breaker(name = "llm", store = SHARED)]
fn synchronous() -> Result<u32, Error> {
    Ok(1)
}

#[circuit_breaker(name = "llm", store = &SHARED)]
async fn as_a_reference() -> Result<u32, Error> {
    Ok(1)
}

#[circuit_breaker(name = "llm", quorum = 3)]
async fn without_a_store() -> Result<u32, Error> {
    Ok(1)
}

#[circuit_breaker(name = "llm", store = SHARED, quorum = 0)]
async fn no_quorum() -> Result<u32, Error> {
    Ok(1)
}

#[circuit_breaker(shared = BREAKER, store = SHARED, quorum = 3)]
async fn a_quorum_beside_a_static() -> Result<u32, Error> {
    Ok(1)
}

fn main() {}
