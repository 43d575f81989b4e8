//! Must not compile: the package has neither `resilience-redis` nor the feature `store`.

use resilience::{Error, bulkhead, cached, circuit_breaker, rate_limit};

#[rate_limit(max = 5, store = SHARED, name = "limit")]
async fn limited(id: u32) -> Result<u32, Error> {
    Ok(id)
}

#[bulkhead(max = 5, store = SHARED, name = "places")]
async fn one_of_few(id: u32) -> Result<u32, Error> {
    Ok(id)
}

#[cached(store = SHARED, name = "values", near = "30s")]
async fn value(id: u32) -> Result<u32, Error> {
    Ok(id)
}

#[circuit_breaker(store = SHARED, name = "upstream", quorum = 2)]
async fn guarded(id: u32) -> Result<u32, Error> {
    Ok(id)
}

fn main() {}
