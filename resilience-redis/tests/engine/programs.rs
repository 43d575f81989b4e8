//! An old and a new version of a program, as processes on one engine.

use std::collections::BTreeMap;
use std::future::Future;

use resilience::{Error, RateLimiter, cached, rate_limit};
use resilience_redis::Redis;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use services::Redis as Server;

use crate::PATIENCE;
use crate::processes::{URL, child};

const VERSION: &str = "RESILIENCE_REDIS_VERSION";
const FIRST_KEY: &str = "RESILIENCE_REDIS_FIRST_KEY";
const KEYS: u32 = 20;

static STORE: Redis = Redis::new("programs").limit(PATIENCE).connect_timeout(PATIENCE);

/// The caches of a version. A value depends on the key and on the field that has it.
macro_rules! version {
    ($version:ident: $($cache:ident $name:literal: $ty:ty = |$key:ident| $value:expr;)*) => {
        mod $version {
            use super::*;

            $(pub mod $cache {
                use super::*;

                #[cached(name = $name, ttl = 3600, store = STORE, skip(loads))]
                async fn get(key: u32, loads: &std::sync::atomic::AtomicU32) -> Result<$ty, Error> {
                    loads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let $key = u64::from(key);
                    Ok($value)
                }

                pub async fn print(key: u32) {
                    let loads = Default::default();
                    let value = serde_json::to_value(get(key, &loads).await.expect("it never fails"));
                    println!("\ncalled {} {key} {} {}", $name, loads.into_inner(), value.expect("JSON"));
                }
            })*

            pub async fn call_all(first: u32) {
                for key in first..first + KEYS {
                    $($cache::print(key).await;)*
                }
            }
        }
    };
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Price {
    price: u64,
    fee: u64,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Swapped {
    fee: u64,
    price: u64,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Added {
    price: u64,
    fee: u64,
    tax: Option<u64>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Renamed {
    price: u64,
    charge: u64,
}

#[derive(Clone, Serialize, Deserialize)]
pub enum State {
    Open,
    Closed(u64),
}

#[derive(Clone, Serialize, Deserialize)]
pub enum InFront {
    New,
    Open,
    Closed(u64),
}

version! { old:
    same "same": Price = |key| Price { price: key, fee: key + 1 };
    swapped "swapped": Price = |key| Price { price: key, fee: key + 1 };
    added "added": Price = |key| Price { price: key, fee: key + 1 };
    renamed "renamed": Price = |key| Price { price: key, fee: key + 1 };
    in_front "in_front": State = |key| if key % 2 == 0 { State::Open } else { State::Closed(key) };
    number "number": u64 = |key| key;
}

version! { new:
    same "same": Price = |key| Price { price: key, fee: key + 1 };
    swapped "swapped": Swapped = |key| Swapped { price: key, fee: key + 1 };
    added "added": Added = |key| Added { price: key, fee: key + 1, tax: Some(key + 2) };
    renamed "renamed": Renamed = |key| Renamed { price: key, charge: key + 1 };
    in_front "in_front": InFront = |key| match key % 3 {
        0 => InFront::New,
        1 => InFront::Open,
        _ => InFront::Closed(key),
    };
    number "number": String = |key| format!("number {key}");
}

/// The caches and keys that a process has called, whether it loaded, and what it got.
type Calls = BTreeMap<(String, u32), (bool, Value)>;

fn calls(test: &str, server: &Server, version: &str, first_key: u32) -> Calls {
    let output = finished(test, server, version, first_key);
    let called = output.lines().filter_map(|line| line.strip_prefix("called "));
    let calls = called.map(|line| {
        let words: Vec<_> = line.splitn(4, ' ').collect();
        let [cache, key, loads, value] = words[..] else { panic!("{line}") };
        let value = serde_json::from_str(value).expect("JSON");
        ((cache.to_owned(), key.parse().expect("a number")), (loads != "0", value))
    });
    calls.collect()
}

/// What a process has printed.
fn finished(test: &str, server: &Server, version: &str, first_key: u32) -> String {
    let mut program = child(test, server, &[]);
    program.env(VERSION, version).env(FIRST_KEY, first_key.to_string());
    let output = program.spawn().expect("a child").wait_with_output().expect("it ends");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("text")
}

async fn as_a_child(run: impl AsyncFnOnce(&str, u32)) -> bool {
    let Ok(url) = std::env::var(URL) else { return false };
    STORE.connect(&url).await.expect("a connection");
    let version = std::env::var(VERSION).expect("a version");
    run(&version, std::env::var(FIRST_KEY).expect("a key").parse().expect("a number")).await;
    STORE.flush().await;
    true
}

#[tokio::test]
async fn a_version_reads_what_the_other_one_wrote_or_loads_in_both_orders() {
    const TEST: &str = "programs::a_version_reads_what_the_other_one_wrote_or_loads_in_both_orders";
    let is_child = as_a_child(async |version, first| match version {
        "old" => old::call_all(first).await,
        _ => new::call_all(first).await,
    });
    if is_child.await {
        return;
    }
    let Some(server) = Server::start(&[]) else { return };
    for (first_key, writer, reader) in [(0, "old", "new"), (100, "new", "old")] {
        let written = calls(TEST, &server, writer, first_key);
        let found = calls(TEST, &server, reader, first_key);
        assert_eq!((written.len(), found.len()), (6 * 20, 6 * 20));
        let mut hits = BTreeMap::<&str, u32>::new();
        for (call, (is_loaded, value)) in &found {
            let (was_loaded, first) = &written[call];
            assert!(was_loaded, "nobody has called {call:?} before");
            assert!(*is_loaded || value == first, "{writer} wrote {first}, and {reader} read {value}: {call:?}");
            *hits.entry(&call.0).or_default() += u32::from(!is_loaded);
        }
        for (cache, at_least, at_most) in
            [("same", KEYS, KEYS), ("swapped", KEYS, KEYS), ("renamed", 0, 0), ("number", 0, 0)]
        {
            assert!((at_least..=at_most).contains(&hits[cache]), "{writer} and then {reader}: {hits:?}");
        }
    }
}

/// Calls the limit until it rejects, or so often.
async fn passes<F: Future<Output = Result<u32, Error>>>(call: impl Fn() -> F, most: u32) -> u32 {
    let mut passed = 0;
    while passed < most && call().await.is_ok() {
        passed += 1;
    }
    passed
}

#[tokio::test]
async fn a_version_with_another_max_goes_on_with_what_was_taken() {
    const TEST: &str = "programs::a_version_with_another_max_goes_on_with_what_was_taken";
    #[rate_limit(name = "changed", max = 100, per = "10h", store = STORE)]
    async fn old() -> Result<u32, Error> {
        Ok(1)
    }
    #[rate_limit(name = "changed", max = 50, per = "10h", store = STORE)]
    async fn new() -> Result<u32, Error> {
        Ok(1)
    }
    let is_child = as_a_child(async |version, most| {
        let passed = if version == "old" { passes(old, most).await } else { passes(new, most).await };
        let max = RateLimiter::named("changed").expect("it has been called").snapshot().max;
        println!("\npassed {passed} of {max}");
    });
    if is_child.await {
        return;
    }
    let Some(server) = Server::start(&[]) else { return };
    let passed = |version, most| {
        let output = finished(TEST, &server, version, most);
        output.lines().find_map(|line| line.strip_prefix("passed ")).expect("a line").to_owned()
    };
    assert_eq!(passed("old", 60), "60 of 100");
    assert_eq!(passed("new", 1_000), "0 of 50", "as many have passed");
    assert_eq!(passed("old", 30), "30 of 100");
    assert_eq!(passed("old", 1_000), "10 of 100");
}
