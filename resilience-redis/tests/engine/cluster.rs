//! Three nodes, each with a third of the keys.

use std::time::Duration;

use resilience::store::{Charged, SharedState, SharedStore, SharedWindow, StateKey, Update, ask};
use resilience::testing::store_conformance;
use resilience_redis::{ConnectError, Redis};
use services::Redis as Server;

use crate::{Console, charge, key, process};

const SLOTS: [(u32, u32); 3] = [(0, 5_460), (5_461, 10_922), (10_923, 16_383)];

async fn nodes() -> Option<Vec<Server>> {
    let mut nodes = Vec::new();
    for (first, last) in SLOTS {
        let bus = services::free_port();
        let node = Server::start(&["--cluster-enabled yes", &format!("--cluster-port {bus}")])?;
        let mut console = Console::open(&node.url()).await;
        let () = console.run(&format!("CLUSTER ADDSLOTSRANGE {first} {last}")).await;
        for (other, bus) in &nodes {
            let other: &Server = other;
            let () = console.run(&format!("CLUSTER MEET 127.0.0.1 {} {bus}", other.port())).await;
        }
        nodes.push((node, bus));
    }
    for (node, _) in &nodes {
        let mut console = Console::open(&node.url()).await;
        let joined = tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                let info: String = console.run("CLUSTER INFO").await;
                if info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3") {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        joined.await.expect("a cluster");
    }
    Some(nodes.into_iter().map(|(node, _)| node).collect())
}

#[tokio::test]
async fn a_cluster_answers_as_every_engine_does() {
    let Some(nodes) = nodes().await else { return };
    let urls: Vec<_> = nodes.iter().map(Server::url).collect();
    let urls: Vec<_> = urls.iter().map(String::as_str).collect();
    let (first, second) = (process("shop"), process("shop"));
    first.connect_cluster(&urls).await.expect("a connection");
    // One node names the others.
    second.connect_cluster(&urls[..1]).await.expect("a connection");
    // Other names have other slots.
    for _ in 0..3 {
        store_conformance(first, second).await;
    }
    assert_eq!((first.dropped_updates(), second.dropped_updates()), (0, 0));
    let mut holders = 0;
    for number in 0..50_u32 {
        let name: &'static str = Box::leak(format!("search-{number}").into_boxed_str());
        let window = |variant| SharedWindow {
            key: StateKey { variant, ..key(SharedState::RateLimit, name) },
            max: 1,
            per: Duration::from_secs(3_600),
            burst: 1,
        };
        assert!(matches!(charge(first, window(""), 1).await, Ok(Charged::Passed { .. })), "{name}");
    }
    for node in &nodes {
        holders += u32::from(Console::open(&node.url()).await.run::<u64>("DBSIZE").await > 0);
    }
    assert_eq!(holders, 3, "all nodes have keys");
    assert_eq!(process("shop").connect(urls[0]).await, Err(ConnectError::Cluster));
}

/// A window that is full is full on the node to which it moves, and at each step on the way.
#[tokio::test]
async fn a_key_that_moves_to_another_node_is_asked_for_there() {
    let Some(nodes) = nodes().await else { return };
    let store = process("moving");
    let urls: Vec<_> = nodes.iter().map(Server::url).collect();
    store.connect_cluster(&urls.iter().map(String::as_str).collect::<Vec<_>>()).await.expect("a connection");
    let window =
        SharedWindow { key: key(SharedState::RateLimit, "search"), max: 1, per: Duration::from_secs(3_600), burst: 1 };
    let entry = key(SharedState::Cache, "search");
    assert!(matches!(charge(store, window, 1).await, Ok(Charged::Passed { .. })));
    store.update(Update::Put { key: entry.into(), value: b"value".to_vec(), seen: None, time: None });
    store.flush().await;
    let mut consoles = Vec::new();
    for node in &nodes {
        consoles.push(Console::open(&node.url()).await);
    }
    let slot: u32 = consoles[0].run("CLUSTER KEYSLOT search").await;
    let from = SLOTS.iter().position(|(first, last)| (*first..=*last).contains(&slot)).expect("one of them");
    let to = (from + 1) % nodes.len();
    let source: String = consoles[from].run("CLUSTER MYID").await;
    let target: String = consoles[to].run("CLUSTER MYID").await;
    let () = consoles[to].run(&format!("CLUSTER SETSLOT {slot} IMPORTING {source}")).await;
    let () = consoles[from].run(&format!("CLUSTER SETSLOT {slot} MIGRATING {target}")).await;
    check(store, window, entry, "before any key has moved").await;
    let keys: Vec<String> = consoles[from].run(&format!("CLUSTER GETKEYSINSLOT {slot} 100")).await;
    assert_eq!(keys.len(), 3, "the window, the entry and the epoch of its cache: {keys:?}");
    for key in keys {
        let _moved: String = consoles[from].run(&format!("MIGRATE 127.0.0.1 {} {key} 0 60000", nodes[to].port())).await;
    }
    check(store, window, entry, "while the slot moves").await;
    for node in [to, from] {
        let () = consoles[node].run(&format!("CLUSTER SETSLOT {slot} NODE {target}")).await;
    }
    check(store, window, entry, "after it has moved").await;
    assert_eq!(store.dropped_updates(), 0);
}

async fn check(store: &'static Redis, window: SharedWindow<'_>, entry: StateKey<'_>, at: &str) {
    for _ in 0..3 {
        let charged = charge(store, window, 1).await;
        assert!(matches!(charged, Ok(Charged::Rejected { .. })), "{at}: {charged:?}");
        let fetched = ask(store, |store| store.fetch(&entry)).await;
        assert_eq!(fetched.map(|fetched| fetched.value), Ok(Some(b"value".to_vec())), "{at}");
    }
}

#[tokio::test]
async fn a_cluster_needs_a_url() {
    let problem = process("shop").connect_cluster(&[]).await.expect_err("no URL");
    assert!(matches!(problem, ConnectError::InvalidUrl { .. }), "{problem}");
}
