//! Three nodes, each with a third of the keys.

use std::time::Duration;

use resilience::store::{Charged, SharedState, SharedWindow, StateKey};
use resilience::testing::store_conformance;
use resilience_redis::ConnectError;
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

#[tokio::test]
async fn a_cluster_needs_a_url() {
    let problem = process("shop").connect_cluster(&[]).await.expect_err("no URL");
    assert!(matches!(problem, ConnectError::InvalidUrl { .. }), "{problem}");
}
