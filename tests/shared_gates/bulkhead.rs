use std::future::pending;
use std::time::Duration;

use resilience::testing::{FakeEngine, FakeStore};
use resilience::{Bulkhead, Error, Policy, bulkhead, policy};
use tokio::time::{Instant, timeout};

use crate::pass;

const SECOND: Duration = Duration::from_secs(1);

fn is_full<T>(out: &Result<T, Error>) -> bool {
    matches!(out, Err(Error::BulkheadFull { .. }))
}

/// The function is of one process. Another process asks the engine itself, as its bulkhead would.
macro_rules! processes {
    ($namespace:literal, $name:literal, $($argument:tt)*) => {
        static STORE_A: FakeStore = FakeStore::new($namespace);
        static STORE_B: FakeStore = FakeStore::new($namespace);

        #[bulkhead(name = $name, store = STORE_A, $($argument)*)]
        async fn hold(time: Duration) -> Result<u32, Error> {
            tokio::time::sleep(time).await;
            Ok(7)
        }
    };
}

/// Takes a place as another process does.
async fn take(store: &'static FakeStore, name: &str, max: u32, token: u128) -> resilience::store::Leased {
    use resilience::store::{LeaseRequest, SharedState, SharedStore, StateKey};
    let key = StateKey { state: SharedState::Bulkhead, name, variant: "", hash: None };
    store.lease(&LeaseRequest { key, max, token, time: 30 * SECOND }).await.expect("the engine answers")
}

fn leave(store: &'static FakeStore, name: &str, token: u128) {
    use resilience::store::{OwnedStateKey, SharedState, SharedStore, Update};
    let key = OwnedStateKey { state: SharedState::Bulkhead, name: name.to_owned(), variant: String::new(), hash: None };
    store.update(Update::Leave { key, token });
}

#[tokio::test(start_paused = true)]
async fn the_places_are_those_of_all_processes() {
    use resilience::store::Leased;
    processes!("places", "gpu", max = 2);
    let engine = FakeEngine::new();
    STORE_A.connect(&engine);
    STORE_B.connect(&engine);
    assert_eq!(take(&STORE_B, "gpu", 2, 1).await, Leased::Held);
    let first = tokio::spawn(hold(SECOND));
    tokio::task::yield_now().await;
    assert!(is_full(&hold(SECOND).await));
    assert!(matches!(take(&STORE_B, "gpu", 2, 2).await, Leased::Full { .. }));
    assert_eq!(first.await.expect("it does not panic"), Ok(7));
    assert_eq!(take(&STORE_B, "gpu", 2, 2).await, Leased::Held, "the place was left");
    leave(&STORE_B, "gpu", 1);
    assert_eq!(hold(SECOND).await, Ok(7));
    let snapshot = Bulkhead::named("gpu").expect("called now").snapshot();
    assert_eq!((snapshot.in_flight, snapshot.rejected, snapshot.store.as_deref()), (0, 1, Some("places")));
}

#[tokio::test(start_paused = true)]
async fn a_call_in_the_queue_gets_the_place_of_another_process() {
    processes!("queue", "queued gpu", max = 1, queue = 5, wait = "10s");
    let engine = FakeEngine::new();
    STORE_A.connect(&engine);
    STORE_B.connect(&engine);
    take(&STORE_B, "queued gpu", 1, 1).await;
    let begun = Instant::now();
    let waiting = tokio::spawn(hold(Duration::ZERO));
    pass(3 * SECOND).await;
    leave(&STORE_B, "queued gpu", 1);
    assert_eq!(waiting.await.expect("it does not panic"), Ok(7));
    let waited = begun.elapsed();
    assert!(waited >= 3 * SECOND && waited <= Duration::from_millis(3_200), "{waited:?}");

    take(&STORE_B, "queued gpu", 1, 2).await;
    let begun = Instant::now();
    assert!(is_full(&hold(Duration::ZERO).await));
    assert_eq!(begun.elapsed().as_secs(), 10, "its patience");
}

#[tokio::test(start_paused = true)]
async fn a_place_lasts_as_long_as_the_call_and_not_longer_than_its_process() {
    processes!("kill", "long gpu", max = 1, lease = "30s");
    let engine = FakeEngine::new();
    STORE_A.connect(&engine);
    STORE_B.connect(&engine);
    let call = tokio::spawn(async { timeout(3_600 * SECOND, hold(3_000 * SECOND)).await });
    pass(1_000 * SECOND).await;
    assert!(matches!(take(&STORE_B, "long gpu", 1, 1).await, resilience::store::Leased::Full { .. }), "it is renewed");
    STORE_A.kill();
    pass(29 * SECOND).await;
    assert!(matches!(take(&STORE_B, "long gpu", 1, 1).await, resilience::store::Leased::Full { .. }));
    pass(SECOND).await;
    assert_eq!(take(&STORE_B, "long gpu", 1, 1).await, resilience::store::Leased::Held);
    call.abort();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_anywhere_leaves_its_place() {
    use resilience::store::Leased;
    processes!("dropped", "dropped gpu", max = 1, queue = 1, wait = "60s");
    let engine = FakeEngine::new();
    STORE_A.connect(&engine);
    STORE_B.connect(&engine);
    // During the request, while the body runs, and while it waits for a place.
    engine.delay(Duration::from_millis(10));
    assert!(timeout(Duration::from_millis(5), hold(SECOND)).await.is_err());
    assert!(timeout(Duration::from_millis(50), hold(SECOND)).await.is_err());
    engine.delay(Duration::ZERO);
    assert_eq!(take(&STORE_B, "dropped gpu", 1, 1).await, Leased::Held);
    assert!(timeout(SECOND, hold(SECOND)).await.is_err());
    leave(&STORE_B, "dropped gpu", 1);
    assert_eq!(take(&STORE_B, "dropped gpu", 1, 2).await, Leased::Held);
    leave(&STORE_B, "dropped gpu", 2);
    // The answer is lost, and the engine has given the place.
    engine.lose_answers(1);
    assert_eq!(hold(Duration::ZERO).await, Ok(7));
    assert_eq!(take(&STORE_B, "dropped gpu", 1, 3).await, Leased::Held);
    assert_eq!(Bulkhead::named("dropped gpu").expect("called").snapshot().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn without_the_engine_the_places_are_those_of_the_process() {
    processes!("no engine for places", "lone gpu", max = 1);
    // Not even connected.
    assert_eq!(hold(SECOND).await, Ok(7));
    let engine = FakeEngine::new();
    STORE_A.connect(&engine);
    STORE_B.connect(&engine);
    take(&STORE_B, "lone gpu", 1, 1).await;
    assert!(is_full(&hold(SECOND).await));
    for away in [FakeEngine::stop, FakeEngine::freeze] {
        away(&engine);
        let first = tokio::spawn(hold(SECOND));
        pass(Duration::from_millis(100)).await;
        assert!(is_full(&hold(SECOND).await), "its own place is taken");
        assert_eq!(first.await.expect("it does not panic"), Ok(7));
        engine.start();
        engine.thaw();
        pass(2 * SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn keys_and_policies_share_as_attributes_do() {
    static STORE_A: FakeStore = FakeStore::new("keyed places");
    static STORE_B: FakeStore = FakeStore::new("keyed places");

    #[bulkhead(name = "gpu of tenants", key = tenant, max = 1, store = STORE_A)]
    async fn hold(tenant: &str) -> Result<u32, Error> {
        let _ = tenant;
        pending().await
    }

    let engine = FakeEngine::new();
    STORE_A.connect(&engine);
    STORE_B.connect(&engine);
    let running = tokio::spawn(hold("a"));
    tokio::task::yield_now().await;
    // Another name in this process, and the same in the engine.
    let lone: Policy<u32, Error> = Policy::new()
        >> policy::bulkhead("gpu of all").max(1).lease(5 * SECOND).store(&STORE_B).build().expect("sound");
    assert_eq!(lone.call(async || Ok(1)).await, Ok(1));
    let keyed = Policy::<u32, Error>::new()
        >> policy::bulkhead("gpu of tenants").max(1).key::<String>().store(&STORE_B).build().expect("sound");
    assert!(is_full(&keyed.call_for("a", async || Ok(1)).await));
    assert_eq!(keyed.call_for("b", async || Ok(1)).await, Ok(1));
    running.abort();
    let problems = policy::bulkhead("gpu").max(1).lease(SECOND).build::<u32, Error>().expect_err("no store");
    assert!(problems.to_string().contains("`lease`"), "{problems}");
}

#[tokio::test(start_paused = true)]
async fn the_wait_is_that_for_a_place_of_this_process_and_of_all_together() {
    use resilience::store::Leased;
    processes!("both waits", "twice queued gpu", max = 1, queue = 5, wait = "10s");
    let engine = FakeEngine::new();
    STORE_A.connect(&engine);
    STORE_B.connect(&engine);
    let first = tokio::spawn(hold(6 * SECOND));
    tokio::task::yield_now().await;
    assert_eq!(take(&STORE_B, "twice queued gpu", 2, 1).await, Leased::Held, "another process counts to two");
    let begun = Instant::now();
    assert!(is_full(&hold(SECOND).await));
    assert_eq!(begun.elapsed().as_secs(), 10, "six for the first call, and four for the other process");
    assert_eq!(first.await.expect("it does not panic"), Ok(7));
}

/// Nothing else would end the wait.
#[test]
fn a_cooperative_deadline_ends_the_wait_for_a_place_of_all_processes() {
    use resilience::timeout;
    processes!("cooperative", "cooperative gpu", max = 1, queue = 9, wait = "1h");

    #[timeout(secs = 2, mode = "cooperative")]
    fn call(runtime: &tokio::runtime::Runtime) -> Result<u32, Error> {
        runtime.block_on(hold(SECOND))
    }

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let engine = FakeEngine::new();
    STORE_A.connect(&engine);
    STORE_B.connect(&engine);
    runtime.block_on(take(&STORE_B, "cooperative gpu", 1, 1));
    let begun = runtime.block_on(async { Instant::now() });
    assert!(is_full(&call(&runtime)));
    assert_eq!(runtime.block_on(async { begun.elapsed().as_secs() }), 2);
}

#[tokio::test(start_paused = true)]
async fn keys_without_room_share_the_places_of_one_bulkhead_in_all_processes() {
    use resilience::store::{KeyHash, LeaseRequest, Leased, SharedState, SharedStore, StateKey};
    static STORE_A: FakeStore = FakeStore::new("crowded places");
    static STORE_B: FakeStore = FakeStore::new("crowded places");

    #[bulkhead(name = "crowded gpu", key = tenant, max_keys = 1, max = 1, store = STORE_A)]
    async fn hold(tenant: u32, time: Duration) -> Result<u32, Error> {
        pass(time).await;
        Ok(tenant)
    }

    let engine = FakeEngine::new();
    STORE_A.connect(&engine);
    STORE_B.connect(&engine);
    let running = tokio::spawn(hold(1, SECOND));
    tokio::task::yield_now().await;
    let hash = Some(KeyHash::from_u128(0));
    let key = StateKey { state: SharedState::Bulkhead, name: "crowded gpu", variant: "", hash };
    let lease = LeaseRequest { key, max: 1, token: 1, time: 30 * SECOND };
    assert_eq!(STORE_B.lease(&lease).await, Ok(Leased::Held));
    assert!(is_full(&hold(2, SECOND).await), "another process has the place of the keys without room");
    assert!(is_full(&hold(3, SECOND).await));
    assert_eq!(running.await.expect("it does not panic"), Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_cannot_be_written_has_the_places_of_this_process() {
    use std::collections::BTreeMap;
    static STORE: FakeStore = FakeStore::new("unwritable places");

    #[bulkhead(name = "unwritable gpu", key = parts, max = 1, store = STORE)]
    async fn hold(parts: &BTreeMap<(u8, u8), u8>) -> Result<usize, Error> {
        Ok(parts.len())
    }

    let engine = FakeEngine::new();
    STORE.connect(&engine);
    assert_eq!(hold(&BTreeMap::from([((1, 2), 3)])).await, Ok(1));
    assert_eq!(engine.requests(), 0);
}
