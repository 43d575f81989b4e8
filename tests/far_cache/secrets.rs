//! Arguments and errors in keys, events and logs.

use resilience::store::{StateKey, StoreError};
use resilience::testing::{FakeEngine, FakeStore};
use resilience::{Cache, cached};
use tokio::time::sleep;

use crate::common::{Recorder, millis};
use crate::{NEAR, only_key};

const SECRET: &str = "canary-7f3a";

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("failed with {SECRET}")]
struct Failure;

#[tokio::test(start_paused = true)]
async fn no_argument_and_no_error_is_in_a_key_an_event_or_a_log() {
    static SHARED: FakeStore = FakeStore::new("shop");

    #[cached(name = "secrets", store = SHARED, ttl = 60, stale_if_error = "1h", skip(fails))]
    async fn get(token: &str, fails: bool) -> Result<u32, Failure> {
        if fails { Err(Failure) } else { Ok(u32::try_from(token.len()).unwrap_or(0)) }
    }

    let recorder = Recorder::start();
    let engine = FakeEngine::new();
    let _ = get("before", false).await;
    SHARED.connect(&engine);
    assert!(get(SECRET, false).await.is_ok());
    let key = only_key(&engine, "secrets");
    assert!(!format!("{key:?} {SHARED:?} {engine:?}").contains(SECRET));
    sleep(NEAR * 2).await;
    assert!(get(SECRET, true).await.is_ok(), "stale");
    engine.set_value("shop", &key.borrow(), SECRET.as_bytes().to_vec());
    sleep(NEAR * 2).await;
    assert!(get(SECRET, false).await.is_ok());
    Cache::named("secrets").expect("called").invalidate(SECRET).expect("its keys");
    assert_eq!(get(SECRET, true).await, Err(Failure));
    engine.freeze();
    for _ in 0..5 {
        let _ = get(SECRET, true).await;
        sleep(millis(1)).await;
    }
    let told = format!("{:?}", recorder.events());
    assert!(told.contains("cache.unreadable") && told.contains("store.away"), "{told}");
    assert!(!told.contains(SECRET), "{told}");
    assert!(!format!("{:?}", StoreError::Away).contains(SECRET));
    let canonical = StateKey::canonical(SECRET).expect("a text");
    assert!(canonical.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()), "the canary would be found");
}
