//! Callers that wait for state which processes share stop waiting too.

use resilience::store::{LeaseRequest, Leased, SharedState, SharedStore, StateKey};
use resilience::testing::{FakeEngine, FakeStore, record};
use resilience::{Error, bulkhead, rate_limit, shutdown};
use tokio::time::Instant;

use crate::common::secs;
use crate::run;

static TURNS: FakeStore = FakeStore::new("shutdown, turns");
static PLACES: FakeStore = FakeStore::new("shutdown, places");
static OTHER: FakeStore = FakeStore::new("shutdown, places");

#[rate_limit(name = "shared turns", max = 1, per = "1h", wait = "9h", store = TURNS)]
async fn turn() -> Result<u32, Error> {
    Ok(1)
}

#[bulkhead(name = "shared places", max = 1, queue = 9, wait = "9h", store = PLACES)]
async fn place() -> Result<u32, Error> {
    Ok(1)
}

async fn is_rejected_at_once(name: &'static str, call: impl Future<Output = Result<u32, Error>>) {
    let began = Instant::now();
    let waiting = async { (record(call).await, began.elapsed()) };
    let (((out, events), waited), report) = tokio::join!(waiting, async {
        tokio::time::sleep(secs(1)).await;
        shutdown(secs(30)).await
    });
    assert_eq!(out, Err(Error::ShuttingDown { name: name.into() }));
    assert!(waited < secs(2), "{waited:?}");
    assert_eq!(events.names(), ["shutdown.rejected"]);
    assert_eq!((report.woken, report.left), (1, 0));
}

#[test]
fn a_caller_who_waits_for_its_turn_in_a_store_is_rejected_and_gives_it_back() {
    run(async {
        let engine = FakeEngine::new();
        TURNS.connect(&engine);
        assert_eq!(turn().await, Ok(1));
        is_rejected_at_once("shared turns", turn()).await;
        tokio::time::sleep(secs(3600)).await;
        assert_eq!(turn().await, Ok(1), "the turn is free again");
    });
}

#[test]
fn a_caller_who_waits_for_a_place_of_all_processes_is_rejected() {
    run(async {
        let engine = FakeEngine::new();
        PLACES.connect(&engine);
        OTHER.connect(&engine);
        let key = StateKey { state: SharedState::Bulkhead, name: "shared places", variant: "", hash: None };
        let lease = LeaseRequest { key, max: 1, token: 1, time: secs(9 * 3600) };
        assert_eq!(OTHER.lease(&lease).await, Ok(Leased::Held));
        is_rejected_at_once("shared places", place()).await;
    });
}
