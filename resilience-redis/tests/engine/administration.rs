//! What administrators do to an engine that is in use, and what they forbid.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use resilience::store::{Charged, Notice, NoticeKind, SharedState, SharedStore, SharedWindow, StoreError, Update, ask};
use resilience_redis::{ConnectError, Redis};
use services::Redis as Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::{Console, PATIENCE, charge, connected, key, leak, process, until_available};

const WINDOW: SharedWindow<'static> =
    SharedWindow { key: key(SharedState::RateLimit, "search"), max: 1_000, per: Duration::from_secs(1), burst: 1_000 };

async fn charge_until(store: &Redis, is_done: impl Fn(&Result<Charged, StoreError>) -> bool) {
    let mut last = Ok(Charged::Rejected { wait: Duration::ZERO });
    let done = tokio::time::timeout(3 * PATIENCE, async {
        loop {
            last = charge(store, WINDOW, 1).await;
            if is_done(&last) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    done.await.unwrap_or_else(|_| panic!("{last:?}"));
}

/// Sends messages until one arrives.
async fn until_heard(sender: &Redis, receiver: &'static Redis) {
    let heard = Arc::new(Notify::new());
    let notify = Arc::clone(&heard);
    let _listening = receiver.engine().subscribe(SharedState::Cache, "answers", move |_| notify.notify_one());
    let arrives = async {
        loop {
            let (state, kind) = (SharedState::Cache, NoticeKind::Invalidated);
            sender.update(Update::Tell(Notice { state, name: "answers".to_owned(), hash: None, kind }));
            if tokio::time::timeout(Duration::from_millis(50), heard.notified()).await.is_ok() {
                return;
            }
        }
    };
    tokio::time::timeout(3 * PATIENCE, arrives).await.expect("a message");
}

#[tokio::test]
async fn a_command_that_the_engine_does_not_have_is_named_by_its_task() {
    let cases = [
        ("EVALSHA", "charge a rate limit"),
        ("EVAL", "run scripts"),
        ("GETRANGE", "read a value"),
        ("PTTL", "read a value"),
        ("ZADD", "enter a bulkhead"),
        ("PUBLISH", "publish messages"),
    ];
    for (command, task) in cases {
        let Some(server) = Server::start(&[&format!("--rename-command {command} gone")]) else { return };
        let problem = process("renamed").connect(&server.url()).await.expect_err(command);
        assert!(matches!(problem, ConnectError::Unusable { .. }), "{command}: {problem}");
        let text = problem.to_string();
        assert!(text.contains("lacks a command") && text.contains(task), "{command}: {text}");
    }
}

#[tokio::test]
async fn a_store_connects_as_soon_as_the_engine_has_room_for_its_clients() {
    let Some(server) = Server::start(&["--maxclients 3"]) else { return };
    let mut consoles = Vec::new();
    for _ in 0..2 {
        consoles.push(Console::open(&server.url()).await);
    }
    let store = process("crowded");
    let problem = store.connect(&server.url()).await.expect_err("one client too many");
    assert!(problem.to_string().contains("too many clients") && problem.is_retried(), "{problem}");
    drop(consoles);
    until_available(store).await;
    charge_until(store, Result::is_ok).await;
}

/// The words of an engine that listens to its own machine alone.
#[tokio::test]
async fn an_engine_in_protected_mode_is_named() {
    const DENIED: &[u8] = b"-DENIED Redis is running in protected mode because protected mode is enabled.\r\n";
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("redis://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let _gone = client.write_all(DENIED).await;
        }
    });
    let problem = process("protected").connect(&url).await.expect_err("it denies");
    assert!(problem.to_string().contains("protected mode") && problem.is_retried(), "{problem}");
}

#[tokio::test]
async fn a_password_that_changes_while_a_store_is_connected_is_told_and_may_be_replaced() {
    let Some(server) = Server::start(&["--requirepass admin"]) else { return };
    let with = |user: &str| format!("redis://{user}@127.0.0.1:{}", server.port());
    let mut console = Console::open(&with(":admin")).await;
    let () = console.run("ACL SETUSER app on >first allkeys allchannels +@all").await;
    let store = process("changed password");
    store.connect(&with("app:first")).await.expect("a connection");
    let () = console.run("ACL SETUSER app resetpass >second").await;
    charge_until(store, Result::is_ok).await;
    let _ended: u32 = console.run("CLIENT KILL USER app").await;
    // As each request has it, also while those of calls are skipped.
    let refused = async {
        loop {
            match store.signal(&key(SharedState::Breaker, "llm")).await {
                Err(StoreError::Unreachable(problem)) if problem.contains("rejected the user name or the password") => {
                    return;
                }
                _ => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    };
    tokio::time::timeout(3 * PATIENCE, refused).await.expect("the reason");
    assert_eq!(store.connect(&with("app:first")).await, Err(ConnectError::PasswordRefused));
    store.connect(&with("app:second")).await.expect("a connection");
    charge_until(store, Result::is_ok).await;
    let () = console.run("ACL SETUSER app resetpass >third").await;
    let _ended: u32 = console.run("CLIENT KILL USER app").await;
    let () = console.run("ACL SETUSER app resetpass >second").await;
    until_heard(store, connected_as(&with("app:second")).await).await;
}

async fn connected_as(url: &str) -> &'static Redis {
    let store = process("changed password");
    store.connect(url).await.expect("a connection");
    store
}

#[tokio::test]
async fn a_connection_that_is_killed_is_opened_again() {
    let Some(server) = Server::start(&[]) else { return };
    let (sender, store) = (connected(&server, "cut").await, connected(&server, "cut").await);
    let mut console = Console::open(&server.url()).await;
    for kind in ["pubsub", "normal", "pubsub"] {
        let ended: u32 = console.run(&format!("CLIENT KILL TYPE {kind} SKIPME yes")).await;
        assert!(ended >= 2, "{kind}: {ended}");
        charge_until(store, Result::is_ok).await;
        until_heard(sender, store).await;
    }
}

#[tokio::test]
async fn a_script_that_does_not_end_makes_the_engine_away_until_it_is_killed() {
    let Some(server) = Server::start(&["--lua-time-limit 20"]) else { return };
    let limit = Duration::from_millis(500);
    let store = leak(Redis::new("busy").limit(limit).connect_timeout(PATIENCE));
    store.connect(&server.url()).await.expect("a connection");
    charge_until(store, Result::is_ok).await;
    let mut busy = Console::open(&server.url()).await;
    let script =
        tokio::spawn(async move { redis::cmd("EVAL").arg("while true do end").arg(0).exec_async(&mut busy.0).await });
    charge_until(store, |answer| matches!(answer, Err(StoreError::Away))).await;
    let client = redis::Client::open(server.url()).expect("a URL");
    let kill = async {
        loop {
            // Such an engine answers little else.
            if let Ok(mut console) = client.get_multiplexed_async_connection().await {
                if redis::cmd("SCRIPT").arg("KILL").exec_async(&mut console).await.is_ok() {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(3 * PATIENCE, kill).await.expect("the script ends");
    assert!(script.await.expect("no panic").is_err(), "it was killed");
    charge_until(store, Result::is_ok).await;
}

/// The engine ends the connection of who asks for more than its buffer may hold.
#[tokio::test]
async fn an_answer_that_the_engine_cuts_off_ends_no_other_call() {
    let Some(server) = Server::start(&["--client-output-buffer-limit", "normal 1mb 0 0"]) else { return };
    let store = leak(Redis::new("buffers").limit(PATIENCE).connect_timeout(PATIENCE).max_value(20 << 20));
    store.connect(&server.url()).await.expect("a connection");
    let large = key(SharedState::Cache, "large");
    store.update(Update::Put { key: large.into(), value: vec![7; 10 << 20], seen: None, time: None });
    store.flush().await;
    for _ in 0..3 {
        let cut = ask(store, |store| store.fetch(&large)).await;
        assert!(
            matches!(cut, Err(StoreError::Unreachable(_) | StoreError::Away)),
            "{:?}",
            cut.map(|found| found.clears)
        );
        charge_until(store, Result::is_ok).await;
    }
}

/// A firewall that forgets an idle connection tells nobody. Requests go on meanwhile.
#[tokio::test]
async fn a_connection_for_messages_that_goes_silent_is_replaced() {
    let Some(server) = Server::start(&[]) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("redis://{}", listener.local_addr().expect("an address"));
    let (port, is_silent) = (server.port(), Arc::new(AtomicBool::new(false)));
    let silenced = Arc::clone(&is_silent);
    tokio::spawn(async move {
        for number in 0.. {
            let Ok((client, _)) = listener.accept().await else { return };
            let engine = TcpStream::connect(("127.0.0.1", port)).await.expect("the engine");
            let ((mut from_client, mut to_client), (mut from_engine, mut to_engine)) =
                (client.into_split(), engine.into_split());
            tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_engine).await });
            let silenced = Arc::clone(&silenced);
            tokio::spawn(async move {
                let mut bytes = vec![0; 4_096];
                while let Ok(count @ 1..) = from_engine.read(&mut bytes).await {
                    // The second connection is that for messages.
                    let is_lost = number == 1 && silenced.load(Ordering::Relaxed);
                    if !is_lost && to_client.write_all(&bytes[..count]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    let store = process("silent messages");
    store.connect(&url).await.expect("a connection");
    let sender = connected(&server, "silent messages").await;
    until_heard(sender, store).await;
    is_silent.store(true, Ordering::Relaxed);
    charge_until(store, Result::is_ok).await;
    until_heard(sender, store).await;
}
