use resilience::testing::FakeStore;
use resilience::{Error, rate_limit};

static SHARED: FakeStore = FakeStore::new("shop");

#[rate_limit(max = 10, store = SHARED)]
async fn without_a_name() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, nmae = "api", store = SHARED)]
async fn with_a_misspelled_name() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", store = SHARED)]
fn synchronous() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", store = SHARED, lease = 5)]
fn synchronous_with_a_lease() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", store = "SHARED")]
async fn in_quotes() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", store = "redis://127.0.0.1/")]
async fn a_url() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", store = &SHARED)]
async fn as_a_reference() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", store = FakeStore::new("shop"))]
async fn a_new_one_for_each_call() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", store = 3)]
async fn a_number() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", store = shared)]
async fn a_parameter(shared: &'static FakeStore) -> Result<u32, Error> {
    let _ = shared;
    Ok(1)
}

#[rate_limit(max = 10, lease = 5, on_outage = "open", instances = 4)]
async fn without_a_store() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", store = SHARED, lease = 0)]
async fn no_lease() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", store = SHARED, lease = 11)]
async fn a_lease_above_the_burst() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", store = SHARED, instances = 0)]
async fn no_instances() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", store = SHARED, on_outage = "lokal")]
async fn a_slip() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", store = SHARED, on_outage = "panic")]
async fn an_unknown_word() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", store = SHARED, on_outage = true)]
async fn no_word() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(learn = true, name = "api", store = SHARED)]
async fn without_a_rate() -> Result<u32, Error> {
    Ok(1)
}

fn main() {}
