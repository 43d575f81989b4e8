use resilience::cached;
use resilience::testing::FakeStore;

static SHARED: FakeStore = FakeStore::new("shop");
static NUMBER: u32 = 1;

#[cached(store = SHARED)]
async fn without_a_name(id: u32) -> Option<u32> {
    Some(id)
}

#[cached(store = SHARED, name = "synchronous")]
fn synchronous(id: u32) -> Option<u32> {
    Some(id)
}

#[cached(name = "no store", version = 3, near = "30s")]
async fn without_a_store(id: u32) -> Option<u32> {
    Some(id)
}

#[cached(store = SHARED, name = "generic")]
async fn generic<T: Clone + Send + Sync + 'static>(id: u32, value: T) -> Option<u32> {
    drop(value);
    Some(id)
}

#[cached(store = SHARED, name = "impl", skip(text))]
async fn with_impl(id: u32, text: impl AsRef<str>) -> Option<u32> {
    let _ = text.as_ref();
    Some(id)
}

#[cached(store = SHARED, name = "zero", near = 0)]
async fn near_of_zero(id: u32) -> Option<u32> {
    Some(id)
}

#[cached(store = SHARED, name = "text", version = "three")]
async fn version_in_quotes(id: u32) -> Option<u32> {
    Some(id)
}

#[cached(store = "SHARED", name = "quotes")]
async fn store_in_quotes(id: u32) -> Option<u32> {
    Some(id)
}

#[cached(stor = SHARED, name = "typo")]
async fn misspelled(id: u32) -> Option<u32> {
    Some(id)
}

fn main() {
    let _ = NUMBER;
}
