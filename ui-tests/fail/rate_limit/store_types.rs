use resilience::testing::FakeStore;
use resilience::{Error, rate_limit};

struct NoStore;

static WRONG: NoStore = NoStore;
static SHARED: FakeStore = FakeStore::new("shop");

#[derive(Clone, PartialEq, Eq, Hash)]
struct Client(u32);

#[rate_limit(max = 10, name = "api", store = WRONG)]
async fn no_store() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", store = MISSING)]
async fn not_found() -> Result<u32, Error> {
    Ok(1)
}

#[rate_limit(max = 10, name = "api", key = (tenant, client), store = SHARED)]
async fn a_key_that_is_not_serialize(tenant: &str, client: &Client) -> Result<u32, Error> {
    let _ = tenant;
    Ok(client.0)
}

fn main() {}
