//! The fake engine answers as the real ones do.

use resilience::testing::{FakeEngine, FakeStore, store_conformance};

#[tokio::test(start_paused = true)]
async fn the_fake_engine_answers_as_every_engine_does() {
    static FIRST: FakeStore = FakeStore::new("conformance");
    static SECOND: FakeStore = FakeStore::new("conformance");

    let engine = FakeEngine::new();
    FIRST.connect(&engine);
    SECOND.connect(&engine);
    store_conformance(&FIRST, &SECOND).await;
}
