//! Callers that wait for what processes share are rejected too.

use resilience::store::{LeaseRequest, Leased, SharedState, SharedStore, StateKey, Update};
use resilience::testing::{FakeEngine, FakeStore, record};
use resilience::{Bulkhead, Error, RateLimiter, begin_shutdown, bulkhead, rate_limit, shutdown};
use tokio::time::Instant;

use crate::common::secs;
use crate::run;

static SHARED: FakeStore = FakeStore::new("shutdown");
static OTHER: FakeStore = FakeStore::new("shutdown");

#[rate_limit(name = "shutdown shared turns", max = 1, per = "1h", wait = "9h", store = SHARED)]
async fn turn() -> Result<u32, Error> {
    Ok(1)
}

#[bulkhead(name = "shutdown shared places", max = 1, queue = 9, wait = "1h", store = SHARED)]
async fn place() -> Result<u32, Error> {
    Ok(1)
}

fn rejected(name: &'static str) -> Result<u32, Error> {
    Err(Error::ShuttingDown { name: name.into() })
}

/// Only the first engine of a store counts.
fn connect() {
    let engine = FakeEngine::new();
    SHARED.connect(&engine);
    OTHER.connect(&engine);
}

/// A call of another process.
async fn take_place() -> Leased {
    let key = StateKey { state: SharedState::Bulkhead, name: "shutdown shared places", variant: "", hash: None };
    OTHER.lease(&LeaseRequest { key, max: 1, token: 1, time: secs(7200) }).await.expect("the engine answers")
}

fn leave_place() {
    let key = StateKey { state: SharedState::Bulkhead, name: "shutdown shared places", variant: "", hash: None };
    OTHER.update(Update::Leave { key: key.into(), token: 1 });
}

/// The call waits, and the shutdown ends the wait.
macro_rules! a_wait_ends {
    ($call:expr, $name:literal) => {{
        let began = Instant::now();
        let waiting = async {
            let (out, events) = record($call).await;
            (out, events, began.elapsed())
        };
        let ((out, events, waited), report) = tokio::join!(waiting, async {
            tokio::time::sleep(secs(1)).await;
            shutdown(secs(30)).await
        });
        assert_eq!(out, rejected($name));
        assert!(waited < secs(2), "{waited:?}");
        assert_eq!(events.names(), ["shutdown.rejected"]);
        assert_eq!((report.woken, report.left), (1, 0));
    }};
}

#[test]
fn who_waits_for_a_turn_of_all_processes_is_rejected_and_gives_it_back() {
    run(async {
        connect();
        assert_eq!(turn().await, Ok(1));
        a_wait_ends!(turn(), "shutdown shared turns");
        let began = Instant::now();
        assert_eq!(turn().await, rejected("shutdown shared turns"), "nobody begins to wait");
        assert_eq!(began.elapsed(), secs(0));
        let snapshot = RateLimiter::named("shutdown shared turns").expect("called").snapshot();
        assert_eq!((snapshot.waiting, snapshot.rejected), (0, 2));
        tokio::time::sleep(secs(3600)).await;
        assert_eq!(turn().await, Ok(1), "whoever needs no wait passes, and no turn is lost");
    });
}

#[test]
fn who_waits_for_a_place_of_all_processes_is_rejected_and_leaves_none_behind() {
    run(async {
        connect();
        assert_eq!(place().await, Ok(1));
        assert_eq!(take_place().await, Leased::Held);
        a_wait_ends!(place(), "shutdown shared places");
        let began = Instant::now();
        assert_eq!(place().await, rejected("shutdown shared places"), "nobody begins to wait");
        assert_eq!(began.elapsed(), secs(0));
        let snapshot = Bulkhead::named("shutdown shared places").expect("called").snapshot();
        assert_eq!((snapshot.in_flight, snapshot.waiting, snapshot.rejected), (0, 0, 2));
        leave_place();
        begin_shutdown();
        assert_eq!(place().await, Ok(1), "whoever needs no wait passes");
    });
}
