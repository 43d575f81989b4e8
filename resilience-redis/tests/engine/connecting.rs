//! What `connect` says, and what it does when it is called again.

use std::time::Duration;

use resilience::store::{Charged, SharedState, SharedStore, SharedWindow, StoreError};
use resilience::testing::store_conformance;
use resilience_redis::{ConnectError, Redis};
use services::Redis as Server;

use crate::{Console, PATIENCE, charge, connected, events, key, leak, process, until_available};

const WINDOW: SharedWindow<'static> =
    SharedWindow { key: key(SharedState::RateLimit, "search"), max: 1, per: Duration::from_secs(3_600), burst: 1 };

/// Everything that a user needs, as docs/distributed.md has it.
pub const RULES: &str = "resetkeys ~shop:* resetchannels &shop:notices -@all +ping +subscribe +publish +eval +evalsha \
                     +time +get +getrange +pttl +set +del +pexpire +hmget +hset +zadd +zrem +zscore +zcard +zrange \
                     +zrevrange +zremrangebyscore";

fn with(server: &Server, user: &str) -> String {
    format!("redis://{user}@127.0.0.1:{}", server.port())
}

async fn fails(url: &str) -> ConnectError {
    let store = process("shop");
    let problem = store.connect(url).await.expect_err(url);
    assert!(!store.engine().is_available());
    problem
}

#[tokio::test]
async fn a_user_with_the_rules_of_the_guide_may_do_everything() {
    let Some(server) = Server::start(&["--requirepass admin"]) else { return };
    let mut console = Console::open(&with(&server, ":admin")).await;
    let () = console.run(&format!("ACL SETUSER app on >canary {RULES}")).await;
    let (first, second) = (process("shop"), process("shop"));
    for store in [first, second] {
        store.connect(&with(&server, "app:canary")).await.expect("a connection");
    }
    store_conformance(first, second).await;
    assert_eq!((first.dropped_updates(), second.dropped_updates()), (0, 0));
    let other = process("other");
    let problem = other.connect(&with(&server, "app:canary")).await.expect_err("another namespace");
    assert!(matches!(problem, ConnectError::NoPermission { .. }), "{problem}");
    let words = RULES.split_whitespace().filter(|word| word.starts_with('+'));
    for missing in words.chain(["&shop:notices"]) {
        let less: Vec<_> = RULES.split_whitespace().filter(|word| *word != missing).collect();
        let () = console.run(&format!("ACL SETUSER less reset on >canary {}", less.join(" "))).await;
        let problem = process("shop").connect(&with(&server, "less:canary")).await.expect_err(missing);
        assert!(matches!(problem, ConnectError::NoPermission { .. }), "without {missing}: {problem}");
    }
}

#[tokio::test]
async fn a_database_that_the_engine_does_not_have_is_named_as_the_problem() {
    let Some(server) = Server::start(&[]) else { return };
    let problem = fails(&format!("{}/99", server.url().trim_end_matches('/'))).await;
    assert!(problem.to_string().contains("no database with the number in the URL"), "{problem}");
}

#[tokio::test]
async fn a_password_appears_nowhere() {
    events::collect();
    let Some(server) = Server::start(&["--requirepass admin"]) else { return };
    let mut texts = Vec::new();
    for user in [":canary", "canary:canary", ""] {
        let problem = fails(&with(&server, user)).await;
        assert_eq!(problem, ConnectError::PasswordRefused, "{user}");
        texts.push(format!("{problem} {problem:?}"));
    }
    let mut console = Console::open(&with(&server, ":admin")).await;
    let () = console.run("ACL SETUSER canary on >canary ~canary:* +@all").await;
    let problem = fails(&with(&server, "canary:canary")).await;
    assert!(matches!(problem, ConnectError::NoPermission { .. }), "{problem}");
    texts.push(format!("{problem} {problem:?}"));
    for url in ["redis://:canary@127.0.0.1:1", "redis://:canary@[canary", "redis://:canary@127.0.0.1/canary"] {
        let problem = fails(url).await;
        texts.push(format!("{problem} {problem:?}"));
    }
    let () = console.run("ACL SETUSER canary allkeys allchannels").await;
    let store = process("canaries");
    store.connect(&with(&server, "canary:canary")).await.expect("a connection");
    texts.push(format!("{store:?} {:?}", store.engine()));
    let () = console.run("ACL SETUSER canary resetkeys").await;
    texts.push(format!("{:?}", charge(store, WINDOW, 1).await.expect_err("no permission")));
    texts.push(events::text());
    for text in texts {
        // The namespace of the store is no secret.
        assert!(!text.replace("canaries", "").contains("canary"), "{text}");
    }
}

#[tokio::test]
async fn an_engine_that_cannot_be_used_is_named() {
    let Some(server) = Server::start(&[]) else { return };
    let replica = Server::start(&[&format!("--replicaof 127.0.0.1 {}", server.port())]).expect("a replica");
    let problem = fails(&replica.url()).await;
    assert_eq!(problem, ConnectError::ReadOnly);
    assert!(problem.is_retried());
    let problem = fails(&format!("{}/99", server.url())).await;
    assert!(!problem.is_retried(), "{problem}");
    let bus = format!("--cluster-port {}", services::free_port());
    let node = Server::start(&["--cluster-enabled yes", &bus]).expect("a node");
    assert_eq!(fails(&node.url()).await, ConnectError::Cluster);
}

#[test]
fn without_a_runtime_there_is_an_error() {
    let connecting = process("shop").connect("redis://127.0.0.1:1");
    let mut connecting = std::pin::pin!(connecting);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let answer = std::future::Future::poll(connecting.as_mut(), &mut context);
    assert_eq!(answer, std::task::Poll::Ready(Err(ConnectError::NoRuntime)));
}

#[tokio::test]
async fn a_store_goes_on_trying_when_the_engine_is_not_there_yet() {
    let Some(mut server) = Server::start(&[]) else { return };
    server.stop();
    let store = process("late");
    let problem = store.connect(&server.url()).await.expect_err("no engine");
    assert!(matches!(problem, ConnectError::Unreachable { .. }) && problem.is_retried(), "{problem}");
    assert_eq!(charge(store, WINDOW, 1).await, Err(StoreError::NotConnected));
    server.start_again(&[]);
    until_available(store).await;
    assert!(matches!(charge(store, WINDOW, 1).await, Ok(Charged::Passed { .. })));
}

#[tokio::test]
async fn a_second_connect_replaces_the_connection_if_it_succeeds() {
    let Some(server) = Server::start(&["--requirepass admin"]) else { return };
    let mut console = Console::open(&with(&server, ":admin")).await;
    let () = console.run("ACL SETUSER old on >old allkeys allchannels +@all").await;
    let () = console.run("ACL SETUSER new on >new allkeys allchannels +@all").await;
    let store = process("rotated");
    store.connect(&with(&server, "old:old")).await.expect("a connection");
    assert_eq!(store.connect(&with(&server, "new:old")).await, Err(ConnectError::PasswordRefused));
    let unreachable = store.connect("redis://127.0.0.1:1").await.expect_err("no engine");
    assert_eq!(unreachable, ConnectError::Unreachable { problem: "connection refused".to_owned() });
    assert!(matches!(charge(store, WINDOW, 1).await, Ok(Charged::Passed { .. })), "the earlier one stays");
    store.connect(&with(&server, "new:new")).await.expect("a connection");
    let () = console.run("ACL DELUSER old").await;
    assert!(matches!(charge(store, WINDOW, 1).await, Ok(Charged::Rejected { .. })), "the new one has replaced it");
    let clients: String = console.run("CLIENT LIST").await;
    assert_eq!(clients.matches("user=new").count(), 2, "two connections: {clients}");
    assert_eq!(clients.matches("user=old").count(), 0, "{clients}");
}

#[test]
fn a_store_is_connected_again_in_another_runtime() {
    let Some(server) = Server::start(&[]) else { return };
    let store = process("runtimes");
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let first = runtime();
    first.block_on(async { store.connect(&server.url()).await.expect("a connection") });
    drop(first);
    runtime().block_on(async {
        let lost = charge(store, WINDOW, 1).await;
        assert!(matches!(lost, Err(StoreError::Unreachable(_))), "its tasks have ended: {lost:?}");
        store.connect(&server.url()).await.expect("a connection");
        assert!(matches!(charge(store, WINDOW, 1).await, Ok(Charged::Passed { .. })));
    });
}

#[tokio::test]
async fn an_engine_whose_address_does_not_answer_is_given_up_in_time() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let limit = Duration::from_millis(50);
    let store = leak(Redis::new("silent").connect_timeout(limit));
    let url = format!("redis://{}", silent.local_addr().expect("an address"));
    let problem = tokio::time::timeout(PATIENCE, store.connect(&url)).await.expect("it ends");
    assert_eq!(problem, Err(ConnectError::TimedOut { limit }));
}

#[tokio::test]
async fn two_namespaces_share_nothing() {
    let Some(server) = Server::start(&[]) else { return };
    let (one, two) = (connected(&server, "one").await, connected(&server, "two").await);
    for store in [one, two] {
        assert!(matches!(charge(store, WINDOW, 1).await, Ok(Charged::Passed { .. })));
    }
}

#[tokio::test]
async fn the_earlier_connection_ends_when_a_second_one_replaces_it() {
    let Some(server) = Server::start(&[]) else { return };
    let store = process("replaced");
    for _ in 0..2 {
        store.connect(&server.url()).await.expect("a connection");
    }
    let mut console = Console::open(&server.url()).await;
    let ends = async {
        while console.run::<(String, u64)>("PUBSUB NUMSUB replaced:notices").await.1 != 1 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), ends).await.expect("one that hears messages");
}
