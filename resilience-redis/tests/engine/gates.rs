//! Breakers and bulkheads of attributes on a real engine. Each store stands for a process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use resilience::store::{LeaseRequest, Leased, Probe, SharedState, SharedStore, Update, ask};
use resilience::{
    BreakerState, CircuitBreaker, Error, Policy, RateLimiter, bulkhead, circuit_breaker, policy, rate_limit,
};
use resilience_redis::Redis;
use services::Redis as Server;

use crate::{PATIENCE, connected};

const RECOVERY: Duration = Duration::from_secs(2);

static IS_UP: AtomicBool = AtomicBool::new(true);

fn service() -> Result<u32, Error> {
    if IS_UP.load(Ordering::Relaxed) { Ok(7) } else { Err(Error::Timeout { limit: RECOVERY, elapsed: RECOVERY }) }
}

fn is_open(out: &Result<u32, Error>) -> bool {
    matches!(out, Err(Error::CircuitOpen { .. }))
}

#[tokio::test]
async fn one_process_opens_another_rejects_within_a_second_and_both_recover() {
    static STORE_A: Redis = Redis::new("breakers").limit(PATIENCE).connect_timeout(PATIENCE);
    static STORE_B: Redis = Redis::new("breakers").limit(PATIENCE).connect_timeout(PATIENCE);
    static A: CircuitBreaker = CircuitBreaker::new("llm").failure_threshold(1).recovery(RECOVERY).success_threshold(1);
    static B: CircuitBreaker = CircuitBreaker::new("llm").failure_threshold(1).recovery(RECOVERY).success_threshold(1);

    #[circuit_breaker(shared = A, store = STORE_A)]
    async fn a() -> Result<u32, Error> {
        service()
    }

    #[circuit_breaker(shared = B, store = STORE_B)]
    async fn b() -> Result<u32, Error> {
        service()
    }

    let Some(server) = Server::start(&[]) else { return };
    for store in [&STORE_A, &STORE_B] {
        store.connect(&server.url()).await.expect("a connection");
    }
    assert_eq!((a().await, b().await), (Ok(7), Ok(7)));
    IS_UP.store(false, Ordering::Relaxed);
    assert!(a().await.is_err());
    IS_UP.store(true, Ordering::Relaxed);
    let opened = Instant::now();
    while !is_open(&b().await) {
        assert!(opened.elapsed() < PATIENCE, "it is never told");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(B.state(), BreakerState::Open);
    while a().await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(opened.elapsed() >= RECOVERY, "it was open for all of its recovery");
    while b().await.is_err() {
        assert!(opened.elapsed() < PATIENCE, "nobody tells it of the recovery");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_place_outlives_its_lease_while_the_call_runs_and_is_free_after_it() {
    static STORE_A: Redis = Redis::new("places").limit(PATIENCE).connect_timeout(PATIENCE);
    static STORE_B: Redis = Redis::new("places").limit(PATIENCE).connect_timeout(PATIENCE);
    const LEASE: Duration = Duration::from_secs(3);

    #[bulkhead(name = "gpu", max = 1, lease = "3s", store = STORE_A)]
    async fn hold(time: Duration) -> Result<u32, Error> {
        tokio::time::sleep(time).await;
        Ok(7)
    }

    let Some(server) = Server::start(&[]) else { return };
    for store in [&STORE_A, &STORE_B] {
        store.connect(&server.url()).await.expect("a connection");
    }
    let other = Policy::<u32, Error>::new()
        >> policy::bulkhead("other gpu").max(1).lease(LEASE).store(&STORE_B).build().expect("sound");
    assert_eq!(other.call(async || Ok(1)).await, Ok(1), "another name");

    let call = tokio::spawn(hold(LEASE + LEASE / 2));
    tokio::time::sleep(LEASE + LEASE / 4).await;
    assert!(!call.is_finished());
    let full = {
        let lease = LeaseRequest { key: crate::key(SharedState::Bulkhead, "gpu"), max: 1, token: 1, time: LEASE };
        let ask = || async { STORE_B.lease(&lease).await.expect("an answer") };
        let full = ask().await;
        assert_eq!(call.await.expect("no panic"), Ok(7));
        STORE_A.flush().await;
        assert_eq!(ask().await, Leased::Held);
        full
    };
    assert!(matches!(full, resilience::store::Leased::Full { .. }), "{full:?}");
}

#[tokio::test]
async fn a_call_finds_the_place_that_the_one_before_it_has_left() {
    static STORE: Redis = Redis::new("left-places").limit(PATIENCE).connect_timeout(PATIENCE);

    #[bulkhead(name = "one at a time", max = 1, store = STORE)]
    async fn call() -> Result<u32, Error> {
        Ok(7)
    }

    let Some(server) = Server::start(&[]) else { return };
    STORE.connect(&server.url()).await.expect("a connection");
    for _ in 0..200 {
        assert_eq!(call().await, Ok(7));
    }
}

#[tokio::test]
async fn calls_pass_at_once_after_a_reset_of_their_limit() {
    static STORE: Redis = Redis::new("resets").limit(PATIENCE).connect_timeout(PATIENCE);

    #[rate_limit(name = "reset", max = 1, per = "1h", store = STORE)]
    async fn call() -> Result<u32, Error> {
        Ok(7)
    }

    let Some(server) = Server::start(&[]) else { return };
    STORE.connect(&server.url()).await.expect("a connection");
    for _ in 0..50 {
        assert_eq!(call().await, Ok(7));
        assert!(matches!(call().await, Err(Error::RateLimited { .. })));
        RateLimiter::named("reset").expect("it has been called").reset();
    }
}

#[tokio::test]
async fn the_places_of_two_bulkheads_are_renewed_each() {
    static STORE: Redis = Redis::new("two bulkheads").limit(PATIENCE).connect_timeout(PATIENCE);
    const LEASE: Duration = Duration::from_secs(3);

    #[bulkhead(name = "one", max = 1, lease = "3s", store = STORE)]
    async fn one(time: Duration) -> Result<u32, Error> {
        tokio::time::sleep(time).await;
        Ok(1)
    }

    #[bulkhead(name = "two", max = 1, lease = "3s", store = STORE)]
    async fn two(time: Duration) -> Result<u32, Error> {
        tokio::time::sleep(time).await;
        Ok(2)
    }

    let Some(server) = Server::start(&[]) else { return };
    STORE.connect(&server.url()).await.expect("a connection");
    let other = connected(&server, "two bulkheads").await;
    let calls = (tokio::spawn(one(2 * LEASE)), tokio::spawn(two(LEASE / 4)));
    assert_eq!(calls.1.await.expect("no panic"), Ok(2));
    tokio::time::sleep(LEASE + LEASE / 4).await;
    let key = crate::key(SharedState::Bulkhead, "one");
    let lease = LeaseRequest { key, max: 1, token: 1, time: LEASE };
    let answer = ask(other, |store| store.lease(&lease)).await;
    assert!(
        matches!(answer, Ok(Leased::Full { .. })),
        "the end of the other call has not ended its renewal: {answer:?}"
    );
    assert_eq!(calls.0.await.expect("no panic"), Ok(1));
}

#[tokio::test]
async fn a_place_that_was_left_is_renewed_no_more() {
    const LEASE: Duration = Duration::from_millis(900);
    let Some(server) = Server::start(&[]) else { return };
    let (store, other) = (connected(&server, "left for good").await, connected(&server, "left for good").await);
    let place = LeaseRequest { key: crate::key(SharedState::Bulkhead, "gpu"), max: 1, token: 1, time: LEASE };
    assert_eq!(ask(store, |store| store.lease(&place)).await, Ok(Leased::Held));
    store.update(Update::Keep { key: place.key.into(), token: 1, time: LEASE });
    store.update(Update::Leave { key: place.key.into(), token: 1 });
    store.flush().await;
    tokio::time::sleep(LEASE / 2).await;
    let place = LeaseRequest { token: 2, ..place };
    assert_eq!(ask(other, |other| other.lease(&place)).await, Ok(Leased::Held));
}

#[tokio::test]
async fn a_call_that_has_asked_nobody_has_no_place_to_leave() {
    static STORE: Redis = Redis::new("never connected");

    #[bulkhead(name = "gpu without an engine", max = 1, store = STORE)]
    async fn call() -> Result<u32, Error> {
        Ok(7)
    }

    assert_eq!(call().await, Ok(7));
    assert_eq!(STORE.dropped_updates(), 0);
}

#[tokio::test]
async fn a_right_to_probe_ends_though_another_one_lasts() {
    const MOMENT: Duration = Duration::from_millis(200);
    let Some(server) = Server::start(&[]) else { return };
    let store = connected(&server, "probes").await;
    let key = crate::key(SharedState::Breaker, "llm");
    store.update(Update::Open { key: key.into(), token: 1, time: Duration::from_millis(1), quorum: 1 });
    store.flush().await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    let generation = ask(store, |store| store.signal(&key)).await.expect("an answer").generation;
    let probe = |token, time| Probe { key, generation, max: 2, token, time };
    for (token, time) in [(1, MOMENT), (2, 2 * PATIENCE)] {
        let probe = probe(token, time);
        assert_eq!(ask(store, |store| store.probe(&probe)).await, Ok(true));
    }
    tokio::time::sleep(2 * MOMENT).await;
    for (token, may) in [(3, true), (4, false)] {
        let probe = probe(token, 2 * PATIENCE);
        assert_eq!(ask(store, |store| store.probe(&probe)).await, Ok(may), "process {token}");
    }
}

/// Processes that know the earlier signal would take the later one for it.
#[tokio::test]
async fn an_opening_after_the_engine_has_lost_its_data_is_another_one() {
    let Some(server) = Server::start(&[]) else { return };
    let store = connected(&server, "lost signals").await;
    let key = crate::key(SharedState::Breaker, "llm");
    let mut last = 0;
    for _ in 0..2 {
        store.update(Update::Open { key: key.into(), token: 1, time: PATIENCE, quorum: 1 });
        store.flush().await;
        let signal = ask(store, |store| store.signal(&key)).await.expect("an answer");
        assert!(signal.generation > last && !signal.left.is_zero(), "{signal:?} after {last}");
        last = signal.generation;
        let () = crate::Console::open(&server.url()).await.run("FLUSHALL").await;
    }
}

/// By then, no process has yet to ask whether it may probe.
#[tokio::test]
async fn a_signal_is_kept_for_a_day_after_its_opening() {
    let Some(server) = Server::start(&[]) else { return };
    let store = connected(&server, "kept signals").await;
    let key = crate::key(SharedState::Breaker, "llm");
    store.update(Update::Open { key: key.into(), token: 1, time: Duration::from_secs(3_600), quorum: 1 });
    store.flush().await;
    let left: u64 = crate::Console::open(&server.url()).await.run("PTTL kept%20signals:b:{llm}").await;
    let (hour, day) = (3_600_000, 24 * 3_600_000);
    assert!((day..=day + hour).contains(&left), "{left} ms");
}
