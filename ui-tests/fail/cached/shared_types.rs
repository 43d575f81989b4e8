use resilience::cached;
use resilience::testing::FakeStore;

static SHARED: FakeStore = FakeStore::new("shop");
static NUMBER: u32 = 1;

#[derive(Clone)]
struct Answer(u32);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Query(u32);

#[cached(store = SHARED, name = "values")]
async fn value(id: u32) -> Result<Answer, std::io::Error> {
    Ok(Answer(id))
}

#[cached(store = SHARED, name = "whole values")]
async fn whole_value(id: u32) -> Answer {
    Answer(id)
}

#[cached(store = SHARED, name = "keys")]
async fn key(query: Query) -> Option<u32> {
    Some(query.0)
}

#[cached(store = SHARED, name = "several keys")]
async fn key_of_several(id: u32, query: Query) -> Option<u32> {
    Some(query.0 + id)
}

#[cached(store = SHARED, name = "keys of an expression", key = query.clone())]
async fn key_of_an_expression(id: u32, query: Query) -> Option<u32> {
    Some(query.0 + id)
}

#[cached(store = NUMBER, name = "numbers")]
async fn no_store(id: u32) -> Option<u32> {
    Some(id)
}

fn main() {
    let _ = Answer(1).0;
}
