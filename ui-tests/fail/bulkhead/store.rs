use resilience::testing::FakeStore;
use resilience::{Error, bulkhead};

static SHARED: FakeStore = FakeStore::new("shop");

#[bulkhead(max = 10, store = SHARED)]
async fn without_a_name() -> Result<u32, Error> {
    Ok(1)
}

#[bulkhead(max = 10, name = "gpu", store = SHARED)]
fn synchronous() -> Result<u32, Error> {
    Ok(1)
}

#[bulkhead(max = 10, name = "gpu", store = FakeStore::new("shop"))]
async fn a_new_one_for_each_call() -> Result<u32, Error> {
    Ok(1)
}

#[bulkhead(max = 10, name = "gpu", lease = "30s")]
async fn without_a_store() -> Result<u32, Error> {
    Ok(1)
}

#[bulkhead(max = 10, name = "gpu", store = SHARED, lease = "0s")]
async fn no_lease() -> Result<u32, Error> {
    Ok(1)
}

#[bulkhead(max = 10, name = "gpu", store = SHARED, lease = 30)]
async fn a_lease_without_a_unit() -> Result<u32, Error> {
    Ok(1)
}

fn main() {}
