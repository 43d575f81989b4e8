//! What the engine refuses, and what is not sent.

use std::future::ready;

use resilience::rate_limit;
use resilience::store::{
    Charge, Charged, Engine, Fetched, LeaseRequest, Leased, Notice, NoticeKind, OpenSignal, Probe, Reply, SharedState,
    SharedStore, StateKey, StoreError, Update,
};
use resilience::testing::FakeStore;

use crate::common::{Answer, Recorder, secs};
use crate::{connect, other_process, snapshot};

/// An engine that answers each request with an error, and whose queue of updates is full.
#[derive(Debug)]
struct Refusing {
    engine: Engine,
}

fn refused<'a, T: Send + 'a>() -> Reply<'a, T> {
    Box::pin(ready(Err(StoreError::Refused("OOM command not allowed".to_owned()))))
}

impl SharedStore for Refusing {
    fn engine(&self) -> &Engine {
        &self.engine
    }
    fn charge<'a>(&'a self, _: &'a Charge<'a>) -> Reply<'a, Charged> {
        refused()
    }
    fn fetch<'a>(&'a self, _: &'a StateKey<'a>) -> Reply<'a, Fetched> {
        refused()
    }
    fn lease<'a>(&'a self, _: &'a LeaseRequest<'a>) -> Reply<'a, Leased> {
        refused()
    }
    fn signal<'a>(&'a self, _: &'a StateKey<'a>) -> Reply<'a, OpenSignal> {
        refused()
    }
    fn probe<'a>(&'a self, _: &'a Probe<'a>) -> Reply<'a, bool> {
        refused()
    }
    fn update(&self, _: Update) {
        self.engine.dropped(1, &StoreError::Away);
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_refuses_is_not_away_and_is_told_of_once_a_minute() {
    static SHARED: Refusing = Refusing { engine: Engine::new("shop") };
    #[rate_limit(name = "refused", max = 4, per = "1h", store = SHARED, instances = 2)]
    async fn call() -> Answer {
        Ok(7)
    }

    SHARED.engine.connected();
    let recorder = Recorder::start();
    assert_eq!(letters!(6, call().await), "SSLLLL", "the share of this process decides");
    assert!(SHARED.engine.is_available(), "it answers");
    let told = recorder.named("store.refused");
    assert_eq!((told.len(), told[0].field("requests")), (1, "1"));
    assert!(recorder.named("store.away").is_empty());
    tokio::time::sleep(secs(60)).await;
    assert_eq!(letters!(1, call().await), "L");
    assert_eq!(recorder.named("store.refused")[1].field("requests"), "6", "since then");
}

#[tokio::test(start_paused = true)]
async fn an_event_says_why_an_engine_is_away() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "frozen for a reason", max = 4, per = "1h", store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let recorder = Recorder::start();
    engine.freeze();
    assert_eq!(letters!(3, call().await), "SSS");
    let told = recorder.named("store.away");
    assert_eq!((told.len(), told[0].field("problem")), (1, "the engine did not answer within 20ms"));
}

#[tokio::test(start_paused = true)]
async fn updates_that_are_not_sent_are_counted_and_told_of_once_a_minute() {
    static SHARED: Refusing = Refusing { engine: Engine::new("shop") };

    SHARED.engine.connected();
    let recorder = Recorder::start();
    for _ in 0..3 {
        SHARED.update(Update::Clear { name: "stock".to_owned() });
    }
    assert_eq!(SHARED.engine.dropped_updates(), 3);
    let told = recorder.named("store.dropped");
    assert_eq!((told.len(), told[0].field("updates")), (1, "1"));
}

#[tokio::test(start_paused = true)]
async fn a_message_about_another_name_changes_nothing() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "one of two", max = 60, per = "1m", store = SHARED, lease = 10)]
    async fn call() -> Answer {
        Ok(7)
    }

    let other = other_process(&connect(&SHARED));
    assert_eq!(call().await, Ok(7));
    let leased = || snapshot("one of two").shared.map(|shared| shared.leased);
    let tell = |name: &str| {
        let (state, name) = (SharedState::RateLimit, name.to_owned());
        other.update(Update::Tell(Notice { state, name, hash: None, kind: NoticeKind::Held }));
    };
    tell("the other one");
    assert_eq!(leased(), Some(9));
    tell("one of two");
    assert_eq!(leased(), Some(0));
}
