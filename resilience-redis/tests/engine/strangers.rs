//! Names of any kind, and keys that another program has taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience::store::{Charged, Notice, NoticeKind, SharedState, SharedStore, SharedWindow, Update};
use resilience::{Error, bulkhead, cached, circuit_breaker, rate_limit};
use resilience_redis::Redis;
use services::Redis as Server;
use tokio::sync::Notify;

use crate::{Console, PATIENCE, charge, connected, key};

#[tokio::test]
async fn every_text_is_a_namespace_and_a_name() {
    const NAMESPACE: &str = "läden {1}:*\0\n";
    let Some(server) = Server::start(&[]) else { return };
    let (first, second) = (connected(&server, NAMESPACE).await, connected(&server, NAMESPACE).await);
    let other = connected(&server, "").await;
    let long: &'static str = Box::leak("n".repeat(100_000).into_boxed_str());
    for name in ["", "ü", "a\r\nb\0{}", long] {
        let key = key(SharedState::RateLimit, name);
        let window = SharedWindow { key, max: 2, per: Duration::from_secs(3_600), burst: 2 };
        for store in [first, second] {
            assert!(matches!(charge(store, window, 1).await, Ok(Charged::Passed { .. })), "{name:.9}");
        }
        assert!(matches!(charge(first, window, 1).await, Ok(Charged::Rejected { .. })), "{name:.9}");
        assert!(matches!(charge(other, window, 2).await, Ok(Charged::Passed { .. })), "another namespace");
        let heard = Arc::new(Notify::new());
        let notify = Arc::clone(&heard);
        let _listening = second.engine().subscribe(SharedState::Cache, name, move |_| notify.notify_one());
        let notice = Notice { state: SharedState::Cache, name: name.to_owned(), hash: None, kind: NoticeKind::Cleared };
        first.update(Update::Tell(notice));
        tokio::time::timeout(PATIENCE, heard.notified()).await.expect("a message");
    }
}

/// Near, there is room for one of them.
#[tokio::test]
async fn keys_of_any_bytes_and_with_braces_have_values_of_their_own() {
    static STORE: Redis = Redis::new("bytes").limit(PATIENCE).connect_timeout(PATIENCE);
    static LOADS: AtomicU32 = AtomicU32::new(0);
    #[cached(name = "bytes", ttl = 3600, max_size = 1, store = STORE)]
    async fn cached(bytes: Vec<u8>, text: &'static str) -> Vec<u8> {
        LOADS.fetch_add(1, Ordering::Relaxed);
        [&bytes, text.as_bytes()].concat()
    }

    let Some(server) = Server::start(&[]) else { return };
    STORE.connect(&server.url()).await.expect("a connection");
    let bytes = [&b""[..], b"\0", b"\xff\xfe", b"{a}", b"{", b"}:{", b"\r\n", &[0xc3; 3_000]];
    let texts = ["", "{", "{a}", "}{", "\0", "\"", "läden\u{10ffff}"];
    for loads in [bytes.len() * texts.len(), 0] {
        LOADS.store(0, Ordering::Relaxed);
        for bytes in bytes {
            for text in texts {
                assert_eq!(cached(bytes.to_vec(), text).await, [bytes, text.as_bytes()].concat());
            }
        }
        STORE.flush().await;
        assert_eq!(LOADS.load(Ordering::Relaxed) as usize, loads);
    }
}

#[tokio::test]
async fn keys_that_another_program_has_taken_make_no_call_fail() {
    static STORE: Redis = Redis::new("taken").limit(PATIENCE).connect_timeout(PATIENCE);
    #[cached(name = "taken", ttl = 3600, store = STORE)]
    #[rate_limit(name = "taken", max = 100, per = "1h", store = STORE)]
    #[circuit_breaker(name = "taken", failure_threshold = 1, store = STORE)]
    #[bulkhead(name = "taken", max = 2, store = STORE)]
    async fn call(key: u32) -> Result<u32, Error> {
        Ok(2 * key)
    }

    let Some(server) = Server::start(&[]) else { return };
    STORE.connect(&server.url()).await.expect("a connection");
    let mut console = Console::open(&server.url()).await;
    let mut key = 0;
    for (command, value) in [("LPUSH", "x"), ("SET", "x"), ("HSET", "x y"), ("SET", &"0".repeat(48))] {
        for state in ["e", "l", "b", "p"] {
            let taken = format!("taken:{state}:{{taken}}");
            let _existed: i64 = console.run(&format!("DEL {taken}")).await;
            let () = console.run(&format!("{command} {taken} {value}")).await;
        }
        for _ in 0..5 {
            key += 1;
            assert_eq!(call(key).await, Ok(2 * key), "{command} {value}");
        }
    }
    assert!(STORE.engine().is_available(), "it refuses, and is not away");
}
