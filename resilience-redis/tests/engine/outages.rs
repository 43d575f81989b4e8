//! What an engine does to calls when it fails: each ends in time, and each change is told once.

use std::time::Duration;

use resilience::store::{
    Charged, LeaseRequest, Leased, SharedState, SharedStore, SharedWindow, StoreError, Update, ask,
};
use resilience_redis::Redis;
use services::Redis as Server;

use crate::{Console, PATIENCE, charge, connected, events, key, leak, until, until_available, until_lost};

/// Short enough that a frozen engine shows, and longer than a busy machine needs.
const LIMIT: Duration = Duration::from_millis(500);

const WINDOW: SharedWindow<'static> =
    SharedWindow { key: key(SharedState::RateLimit, "search"), max: 1_000, per: Duration::from_secs(1), burst: 1_000 };

/// One request, which must be ready when a timer goes off that began with it and is a millisecond longer.
async fn timed_charge(store: &Redis) -> Result<Charged, StoreError> {
    let limit = store.engine().limit() + Duration::from_millis(1);
    let timer = tokio::time::sleep(limit);
    tokio::select! {
        biased;
        answer = charge(store, WINDOW, 1) => answer,
        () = timer => panic!("a request takes longer than {limit:?}"),
    }
}

async fn charge_until(store: &Redis, is_done: impl Fn(&Result<Charged, StoreError>) -> bool) {
    let done = tokio::time::timeout(Duration::from_secs(60), async {
        while !is_done(&timed_charge(store).await) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    done.await.expect("it comes true");
}

async fn start(server: &Server, namespace: &'static str) -> &'static Redis {
    events::collect();
    let store = leak(Redis::new(namespace).limit(LIMIT).connect_timeout(PATIENCE));
    store.connect(&server.url()).await.expect("a connection");
    charge_until(store, Result::is_ok).await;
    store
}

fn is_away(answer: &Result<Charged, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Away))
}

#[tokio::test]
async fn an_engine_that_stops_and_starts_again() {
    let Some(mut server) = Server::start(&[]) else { return };
    let store = start(&server, "stopped").await;
    server.stop();
    charge_until(store, is_away).await;
    assert_eq!(events::of("stopped"), ["store.connected", "store.away"]);
    server.start_again(&[]);
    until_available(store).await;
    charge_until(store, Result::is_ok).await;
    assert_eq!(events::of("stopped"), ["store.connected", "store.away", "store.connected"]);
}

#[tokio::test]
async fn an_engine_that_is_killed_and_started_again() {
    let Some(mut server) = Server::start(&[]) else { return };
    let store = start(&server, "killed").await;
    server.kill();
    charge_until(store, is_away).await;
    server.start_again(&[]);
    until_available(store).await;
    charge_until(store, Result::is_ok).await;
    assert_eq!(events::of("killed"), ["store.connected", "store.away", "store.connected"]);
}

#[tokio::test]
async fn an_engine_that_is_frozen_and_thawed() {
    let Some(server) = Server::start(&[]) else { return };
    let store = start(&server, "frozen").await;
    server.freeze();
    charge_until(store, is_away).await;
    server.thaw();
    charge_until(store, Result::is_ok).await;
    assert_eq!(events::of("frozen"), ["store.connected", "store.away", "store.connected"]);
}

#[tokio::test]
async fn a_place_that_is_left_while_the_engine_is_frozen_is_free_when_it_is_back() {
    let Some(server) = Server::start(&[]) else { return };
    let store = leak(Redis::new("left").limit(LIMIT).connect_timeout(LIMIT));
    store.connect(&server.url()).await.expect("a connection");
    let place = LeaseRequest { key: key(SharedState::Bulkhead, "gpu"), max: 1, token: 1, time: 30 * PATIENCE };
    charge_until(store, Result::is_ok).await;
    assert_eq!(ask(store, |store| store.lease(&place)).await, Ok(Leased::Held));
    server.freeze();
    until_lost(store).await;
    store.update(Update::Leave { key: place.key.into(), token: 1 });
    server.thaw();
    let other = LeaseRequest { token: 2, ..place };
    let is_free = async {
        while ask(store, |store| store.lease(&other)).await != Ok(Leased::Held) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(2 * PATIENCE, is_free).await.expect("long before the lease ends");
    assert_eq!(store.dropped_updates(), 0);
}

#[tokio::test]
async fn an_engine_that_pauses_its_clients() {
    let Some(server) = Server::start(&[]) else { return };
    let store = start(&server, "paused").await;
    let () = Console::open(&server.url()).await.run("CLIENT PAUSE 2500 ALL").await;
    charge_until(store, is_away).await;
    charge_until(store, Result::is_ok).await;
    assert_eq!(events::of("paused"), ["store.connected", "store.away", "store.connected"]);
}

#[tokio::test]
async fn an_engine_that_loses_its_scripts_or_its_data() {
    let Some(server) = Server::start(&[]) else { return };
    let store = start(&server, "flushed").await;
    let mut console = Console::open(&server.url()).await;
    for command in ["SCRIPT FLUSH", "FLUSHALL", "SCRIPT FLUSH"] {
        let () = console.run(command).await;
        assert!(matches!(timed_charge(store).await, Ok(Charged::Passed { .. })), "{command}");
        store.update(Update::Clear { name: "answers".to_owned() });
        store.flush().await;
    }
    assert_eq!(store.dropped_updates(), 0);
    assert_eq!(events::of("flushed"), ["store.connected"]);
}

#[tokio::test]
async fn an_engine_that_evicts_admits_another_burst_and_misses() {
    let Some(server) = Server::start(&["--maxmemory 4mb --maxmemory-policy allkeys-lru"]) else { return };
    let store = start(&server, "evicting").await;
    let entry = |number: u128| resilience::store::StateKey {
        hash: Some(resilience::store::KeyHash::from_u128(number)),
        ..key(SharedState::Cache, "answers")
    };
    for number in 0..200 {
        store.update(Update::Put { key: entry(number).into(), value: vec![7; 50_000], seen: None, time: None });
        store.flush().await;
        charge_until(store, |answer| matches!(answer, Ok(_) | Err(StoreError::TimedOut { .. }))).await;
    }
    let mut found = 0;
    for number in 0..200 {
        let entry = entry(number);
        let fetched = ask(store, |store| store.fetch(&entry)).await.expect("an answer");
        if let Some(value) = fetched.value {
            assert_eq!(value, vec![7; 50_000]);
            found += 1;
        }
    }
    assert!(found < 200, "4 MB hold no 200 values");
    assert_eq!(events::of("evicting").iter().filter(|name| **name != "store.connected").count(), 0);
}

#[tokio::test]
async fn an_engine_without_memory_refuses_and_is_not_away() {
    let Some(server) = Server::start(&["--maxmemory-policy noeviction"]) else { return };
    let store = start(&server, "full").await;
    let mut console = Console::open(&server.url()).await;
    let () = console.run("CONFIG SET maxmemory 1").await;
    for _ in 0..20 {
        let refused = timed_charge(store).await.expect_err("no memory");
        assert_eq!(refused, StoreError::Refused("it is out of memory (OOM)".to_owned()));
    }
    let () = console.run("CONFIG SET maxmemory 0").await;
    charge_until(store, Result::is_ok).await;
    assert_eq!(events::of("full"), ["store.connected", "store.refused"]);
}

#[tokio::test]
async fn an_engine_that_loads_its_data_is_not_back_yet() {
    let Some(mut server) = Server::start(&["--save 3600 1"]) else { return };
    let store = start(&server, "loading").await;
    let mut console = Console::open(&server.url()).await;
    let fill = "for i = 1, 20000 do redis.call('SET', i, string.rep('x', 100)) end";
    redis::cmd("EVAL").arg(fill).arg(0).exec_async(&mut console.0).await.expect("20,000 keys");
    let () = console.run("SAVE").await;
    server.kill();
    charge_until(store, is_away).await;
    // 20,000 keys of 100 microseconds each.
    server.start_again(&["--key-load-delay 100", "--loading-process-events-interval-bytes 1024"]);
    until_available(store).await;
    charge_until(store, Result::is_ok).await;
    assert_eq!(events::of("loading"), ["store.connected", "store.away", "store.connected"]);
}

#[tokio::test]
async fn a_store_that_is_not_connected_tells_it_once() {
    events::collect();
    let store = leak(Redis::new("unconnected"));
    for _ in 0..3 {
        assert_eq!(charge(store, WINDOW, 1).await, Err(StoreError::NotConnected));
    }
    assert_eq!(events::of("unconnected"), ["store.away"]);
}

#[tokio::test]
async fn keys_vanish_when_they_say_nothing_more() {
    let Some(server) = Server::start(&[]) else { return };
    let store = connected(&server, "idle").await;
    let window = SharedWindow { per: Duration::from_millis(300), max: 1, burst: 1, ..WINDOW };
    assert!(matches!(charge(store, window, 1).await, Ok(Charged::Passed { .. })));
    let lease = resilience::store::LeaseRequest {
        key: key(SharedState::Bulkhead, "gpu"),
        max: 1,
        token: 1,
        time: Duration::from_millis(300),
    };
    ask(store, |store| store.lease(&lease)).await.expect("an answer");
    let mut console = Console::open(&server.url()).await;
    for key in ["idle:l:{search}", "idle:p:{gpu}"] {
        let left: i64 = console.run(&format!("PTTL {key}")).await;
        assert!(left <= 302, "{key}: {left} ms");
    }
    let started = std::time::Instant::now();
    until(|| started.elapsed() > Duration::from_millis(350)).await;
    for key in ["idle:l:{search}", "idle:p:{gpu}"] {
        assert_eq!(console.run::<i64>(&format!("EXISTS {key}")).await, 0, "{key}");
    }
}
