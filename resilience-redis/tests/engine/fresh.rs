//! A fresh value takes one command, and what is known for that is right.

use std::time::Duration;

use resilience::store::{Fetched, SharedState, SharedStore, StateKey, Update, ask};
use resilience_redis::Redis;
use services::Redis as Server;

use crate::{Console, PATIENCE, connected, key};

const ENTRY: StateKey<'static> = key(SharedState::Cache, "answers");

/// What is known for longer is wrong.
const KNOWN: Duration = Duration::from_millis(5);

async fn fetch(store: &Redis) -> Fetched {
    ask(store, |store| store.fetch(&ENTRY)).await.expect("an answer")
}

async fn put(store: &Redis, time: Option<Duration>) {
    store.update(Update::Put { key: ENTRY.into(), value: b"value".to_vec(), seen: None, time });
    store.flush().await;
}

/// Returns how often the engine has been asked for the epoch and for the entry, by a store that fetches this often.
async fn commands(console: &mut Console, store: &Redis, fetches: u32) -> [u32; 2] {
    let () = console.run("CONFIG RESETSTAT").await;
    for _ in 0..fetches {
        assert_eq!(fetch(store).await.value.as_deref(), Some(&b"value"[..]));
    }
    let stats: String = console.run("INFO commandstats").await;
    ["cmdstat_get:calls=", "cmdstat_getrange:calls="].map(|name| {
        let calls = stats.split(name).nth(1).and_then(|calls| calls.split(',').next());
        calls.map_or(0, |calls| calls.parse().expect("a number"))
    })
}

#[tokio::test]
async fn a_value_takes_one_command_if_another_was_read_just_before() {
    let Some(server) = Server::start(&[]) else { return };
    let store = connected(&server, "fresh").await;
    let mut console = Console::open(&server.url()).await;
    for time in [None, Some(Duration::from_secs(3_600))] {
        put(store, time).await;
        let few = async {
            // A busy machine takes longer than that is known.
            while commands(&mut console, store, 3).await != [1, 3] {
                tokio::time::sleep(2 * KNOWN).await;
            }
        };
        tokio::time::timeout(3 * PATIENCE, few).await.expect("three commands, and one for the epoch");
    }
}

/// The message is lost.
#[tokio::test]
async fn a_clear_that_nobody_has_told_is_known_five_milliseconds_later() {
    let Some(server) = Server::start(&[]) else { return };
    let (first, second) = (connected(&server, "untold").await, connected(&server, "untold").await);
    for _ in 0..20 {
        put(first, None).await;
        assert_eq!(fetch(second).await.value.as_deref(), Some(&b"value"[..]));
        first.update(Update::Clear { name: "answers".to_owned() });
        first.flush().await;
        assert_eq!(fetch(first).await.value, None, "it has cleared the cache itself");
        std::thread::sleep(KNOWN);
        assert_eq!(fetch(second).await.value, None);
    }
}

#[tokio::test]
async fn the_time_that_is_left_is_that_of_the_engine() {
    let Some(server) = Server::start(&[]) else { return };
    let store = connected(&server, "left").await;
    let mut console = Console::open(&server.url()).await;
    for time in [Duration::from_secs(60), Duration::from_micros(60_000_500)] {
        put(store, Some(time)).await;
        let before: u64 = console.run("PTTL left:c:{answers}").await;
        let left = [fetch(store).await, fetch(store).await].map(|fetched| fetched.left.expect("an end"));
        let after: u64 = console.run("PTTL left:c:{answers}").await;
        for left in left {
            // It is rounded to whole milliseconds, and the clock is known but for the time of a question.
            let shortest = Duration::from_millis(after).saturating_sub(Duration::from_millis(6));
            assert!(left >= shortest && left <= Duration::from_millis(before + 1), "{left:?} of {before} ms");
        }
    }
}

/// An administrator has changed the time of the key: its entry says another one.
#[tokio::test]
async fn a_value_whose_end_was_moved_ends_when_the_engine_says_so() {
    let Some(server) = Server::start(&[]) else { return };
    let store = connected(&server, "moved").await;
    let mut console = Console::open(&server.url()).await;
    put(store, None).await;
    let epoch = fetch(store).await.clears;
    let () = console.run(&format!("SET moved:c:{{answers}} {epoch:016}{:016}value PX 3600000", 1)).await;
    for _ in 0..3 {
        let fetched = fetch(store).await;
        assert!(fetched.left.is_some_and(|left| left > Duration::from_secs(3_000)), "{fetched:?}");
    }
}
