//! Settings that override those of a shared gate.

use std::time::Duration;

use resilience::config::{load_toml, set};
use resilience::store::{LeaseRequest, Leased, SharedState, SharedStore, StateKey};
use resilience::testing::{FakeEngine, FakeStore};
use resilience::{CircuitBreaker, Error, bulkhead, circuit_breaker};

use crate::{Service, pass};

const SECOND: Duration = Duration::from_secs(1);

const fn key(state: SharedState, name: &str) -> StateKey<'_> {
    StateKey { state, name, variant: "", hash: None }
}

#[tokio::test(start_paused = true)]
async fn a_quorum_applies_from_the_next_opening_on() {
    static STORE: FakeStore = FakeStore::new("set quorum");
    static OTHER: FakeStore = FakeStore::new("set quorum");
    static SERVICE: Service = Service::up();

    #[circuit_breaker(name = "set quorum", failure_threshold = 1, quorum = 2, store = STORE)]
    async fn call() -> Result<u32, Error> {
        SERVICE.answer()
    }

    let engine = FakeEngine::new();
    STORE.connect(&engine);
    OTHER.connect(&engine);
    let generation = async || {
        let signal = OTHER.signal(&key(SharedState::Breaker, "set quorum")).await;
        signal.expect("the engine answers").generation
    };
    SERVICE.set_up(false);
    assert!(call().await.is_err());
    assert_eq!(generation().await, 0, "one of two");
    CircuitBreaker::named("set quorum").expect("it has been called").close();
    set("set quorum.circuit_breaker.quorum", 1).expect("valid");
    assert!(call().await.is_err());
    assert_eq!(generation().await, 1, "one is enough now");
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_right_to_probe_is_a_setting() {
    static STORE: FakeStore = FakeStore::new("set probe lease");
    static OTHER: FakeStore = FakeStore::new("set probe lease");
    static SERVICE: Service = Service::up();

    #[circuit_breaker(
        name = "set probe lease", failure_threshold = 1, recovery = "30s", probe_lease = "1h", store = STORE
    )]
    async fn call() -> Result<u32, Error> {
        SERVICE.answer()
    }

    let engine = FakeEngine::new();
    STORE.connect(&engine);
    OTHER.connect(&engine);
    assert_eq!(call().await, Ok(7));
    set("set probe lease.circuit_breaker.probe_lease", "5s").expect("valid");
    SERVICE.set_up(false);
    assert!(call().await.is_err());
    assert!(call().await.is_err(), "it reads the signal");
    pass(30 * SECOND).await;
    SERVICE.set_up(true);
    assert_eq!(call().await, Ok(7), "the first probe");
    let key = key(SharedState::Breaker, "set probe lease");
    let signal = OTHER.signal(&key).await.expect("the engine answers");
    let probe = resilience::store::Probe { key, generation: signal.generation, max: 1, token: 1, time: SECOND };
    assert_eq!(OTHER.probe(&probe).await, Ok(false));
    pass(5 * SECOND).await;
    assert_eq!(OTHER.probe(&probe).await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn the_places_and_the_time_of_a_lease_are_settings() {
    static STORE: FakeStore = FakeStore::new("set places");
    static OTHER: FakeStore = FakeStore::new("set places");

    #[bulkhead(name = "set places", max = 1, lease = "1h", store = STORE)]
    async fn hold(time: Duration) -> Result<u32, Error> {
        pass(time).await;
        Ok(7)
    }

    let engine = FakeEngine::new();
    STORE.connect(&engine);
    OTHER.connect(&engine);
    let take = async |token| {
        let key = key(SharedState::Bulkhead, "set places");
        let lease = LeaseRequest { key, max: 2, token, time: 3_600 * SECOND };
        OTHER.lease(&lease).await.expect("the engine answers")
    };
    assert_eq!(take(1).await, Leased::Held);
    assert!(hold(SECOND).await.is_err(), "its only place is that of another process");
    set("set places.bulkhead.max", 2).expect("valid");
    set("set places.bulkhead.lease", "5s").expect("valid");
    let running = tokio::spawn(hold(60 * SECOND));
    pass(SECOND).await;
    assert!(matches!(take(2).await, Leased::Full { .. }), "the second place is taken");
    STORE.kill();
    pass(5 * SECOND).await;
    assert_eq!(take(2).await, Leased::Held, "five seconds after its end");
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_is_switched_off_asks_nobody() {
    static STORE: FakeStore = FakeStore::new("switched off");
    static OTHER: FakeStore = FakeStore::new("switched off");

    #[circuit_breaker(name = "switched off", store = STORE)]
    async fn guarded() -> Result<u32, Error> {
        Ok(7)
    }
    #[bulkhead(name = "switched off", max = 1, store = STORE)]
    async fn limited() -> Result<u32, Error> {
        Ok(7)
    }

    let engine = FakeEngine::new();
    STORE.connect(&engine);
    OTHER.connect(&engine);
    assert_eq!((guarded().await, limited().await), (Ok(7), Ok(7)));
    set("switched off.circuit_breaker.enabled", false).expect("valid");
    set("switched off.bulkhead.enabled", false).expect("valid");
    let before = engine.requests();
    for _ in 0..3 {
        pass(2 * SECOND).await;
        assert_eq!((guarded().await, limited().await), (Ok(7), Ok(7)));
    }
    assert_eq!(engine.requests(), before);
    set("switched off.circuit_breaker.enabled", true).expect("valid");
    set("switched off.bulkhead.enabled", true).expect("valid");
    assert_eq!((guarded().await, limited().await), (Ok(7), Ok(7)));
    assert_eq!(engine.requests(), before + 2, "each asks again");
}

#[tokio::test(start_paused = true)]
async fn a_setting_about_others_needs_a_store() {
    #[circuit_breaker(name = "alone")]
    async fn guarded() -> Result<u32, Error> {
        Ok(7)
    }
    #[bulkhead(name = "alone", max = 1)]
    async fn limited() -> Result<u32, Error> {
        Ok(7)
    }

    assert_eq!((guarded().await, limited().await), (Ok(7), Ok(7)));
    for text in ["[alone.circuit_breaker]\nquorum = 2", "[alone.bulkhead]\nlease = \"5s\""] {
        let problem = load_toml(text).expect_err("in vain").to_string();
        assert!(problem.contains("does nothing where the attribute has no `store`"), "{problem}");
    }
}
