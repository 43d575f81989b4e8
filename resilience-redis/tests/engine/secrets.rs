//! Secrets in arguments, results and errors of calls.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use resilience::store::SharedStore;
use resilience::{Bulkhead, Cache, CircuitBreaker, Error, RateLimiter, bulkhead, cached, circuit_breaker, rate_limit};
use resilience_redis::Redis;
use services::Redis as Server;

use crate::{Console, PATIENCE, events};

const ARGUMENT: &str = "canary-argument-7f3a";
const RESULT: &str = "canary-result-91c2";
const ERROR: &str = "canary-error-5d0e";
const CANARIES: [&str; 3] = [ARGUMENT, RESULT, ERROR];

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
enum Failure {
    #[error("failed with {ERROR}")]
    Secret,
    #[error(transparent)]
    Resilience(#[from] Error),
}

/// All that processes are told, until `end`.
fn messages(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).expect("a connection");
    stream.write_all(b"PSUBSCRIBE *\r\n").expect("it listens");
    stream
}

fn text_of(mut stream: TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_millis(300))).expect("a time");
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).expect_err("it goes on");
    assert!(matches!(end.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{end}");
    String::from_utf8_lossy(&bytes).into_owned()
}

fn no_secret_in(what: &str, text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} is in {what}: {text}");
    }
}

#[tokio::test]
async fn no_secret_is_in_a_key_a_message_an_event_or_a_debug_and_values_are_stored_as_they_are() {
    static STORE: Redis = Redis::new("secrets").limit(PATIENCE).connect_timeout(PATIENCE);

    #[cached(name = "secrets", ttl = 3600, near = "50ms", stale_if_error = "1h", store = STORE, skip(fails))]
    #[rate_limit(name = "secrets", max = 100, per = "1h", key = token, store = STORE)]
    #[circuit_breaker(name = "secrets", failure_threshold = 1, recovery = "1h", store = STORE)]
    #[bulkhead(name = "secrets", max = 2, key = token, store = STORE)]
    async fn get(token: &str, fails: bool, hold: Duration) -> Result<String, Failure> {
        tokio::time::sleep(hold).await;
        if fails { Err(Failure::Secret) } else { Ok(RESULT.to_owned()) }
    }

    events::collect();
    let Some(mut server) = Server::start(&["--rdbcompression no"]) else { return };
    STORE.connect(&server.url()).await.expect("a connection");
    let told = messages(&server);
    assert_eq!(get(ARGUMENT, false, Duration::ZERO).await.as_deref(), Ok(RESULT));
    Cache::named("secrets").expect("called").invalidate(&(ARGUMENT.to_owned(), Duration::ZERO)).expect("its keys");
    assert_eq!(get(ARGUMENT, false, Duration::ZERO).await.as_deref(), Ok(RESULT));
    // Another key, which fails and opens the breaker, while a third one holds a place.
    let held = tokio::spawn(get(ARGUMENT, false, Duration::from_millis(700)));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(get(ARGUMENT, true, Duration::from_millis(1)).await, Err(Failure::Secret));
    assert!(matches!(get(ARGUMENT, false, Duration::from_millis(2)).await, Err(Failure::Resilience(_))));
    STORE.flush().await;

    let mut console = Console::open(&server.url()).await;
    let keys: Vec<String> = console.run("KEYS *").await;
    no_secret_in("a key", &keys.join(" "));
    let mut kinds: Vec<_> = keys.iter().map(|key| key.split(':').nth(1).unwrap_or_default()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, ["b", "c", "e", "l", "p"], "all layers have written: {keys:?}");
    for key in &keys {
        // Serialized by the engine itself, whatever its type.
        let dump: Vec<u8> = console.run(&format!("DUMP {key}")).await;
        let dump = String::from_utf8_lossy(&dump).into_owned();
        if key.starts_with("secrets:c:") {
            assert!(
                dump.contains(ARGUMENT) && dump.contains(RESULT),
                "a value stands in its cache with its key: {dump:?}"
            );
        } else {
            no_secret_in(key, &dump);
        }
    }
    assert_eq!(held.await.expect("no panic").as_deref(), Ok(RESULT));
    let told = text_of(told);
    assert!(told.contains("secrets:notices"), "{told}");
    no_secret_in("a message", &told);

    server.kill();
    while STORE.engine().is_available() {
        let _ = get(ARGUMENT, true, Duration::from_millis(3)).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let told = events::text();
    assert!(told.contains("store=\\\"secrets\\\""), "{told}");
    no_secret_in("an event", &told);
    let debug = format!(
        "{STORE:?} {:?} {:?} {:?} {:?}",
        Cache::named("secrets").map(Cache::stats),
        RateLimiter::named("secrets").map(|limiter| limiter.snapshot()),
        CircuitBreaker::named("secrets").map(|breaker| breaker.snapshot()),
        Bulkhead::named("secrets").map(|bulkhead| bulkhead.snapshot()),
    );
    no_secret_in("a `Debug`", &debug);
}
