//! Many keys in many processes, and messages that are lost.

use std::io::Write;
use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use resilience::{Cache, Error, cached};
use resilience_redis::Redis;
use services::Redis as Server;

use crate::processes::{URL, child, read};
use crate::{Console, PATIENCE, until_available};

const KEYS: usize = 1_000;
const PROCESSES: usize = 4;
const NEAR: Duration = Duration::from_secs(1);

/// For a machine that is busy.
const LATE: Duration = Duration::from_secs(2);

static LOADS: Mutex<[u32; KEYS]> = Mutex::new([0; KEYS]);

#[cached(name = "thousand", ttl = 3600, near = "1s", max_size = 2_000, store = THOUSAND)]
async fn thousand(key: usize) -> Result<usize, Error> {
    LOADS.lock().expect("no panic")[key] += 1;
    tokio::time::sleep(Duration::from_millis(20)).await;
    Ok(key + 1)
}

static THOUSAND: Redis = Redis::new("thousand").limit(PATIENCE).connect_timeout(PATIENCE);

/// Calls all keys, each twice at once, and prints how often each was loaded so far.
async fn call_all() {
    println!("\nready now");
    std::io::stdin().read_line(&mut String::new()).expect("a line");
    for keys in (0..KEYS).collect::<Vec<_>>().chunks(100) {
        let answers = join_all(keys.iter().chain(keys).map(|key| thousand(*key))).await;
        assert!(answers.iter().zip(keys.iter().chain(keys)).all(|(answer, key)| *answer == Ok(key + 1)));
    }
    THOUSAND.flush().await;
    let loads: Vec<_> = LOADS.lock().expect("no panic").iter().map(u32::to_string).collect();
    println!("\nloads {}", loads.join(" "));
}

fn round(children: &mut [Child]) -> Vec<u32> {
    for child in children.iter_mut() {
        assert_eq!(read(child, "ready "), ["now"]);
    }
    for child in children.iter_mut() {
        child.stdin.as_mut().expect("a pipe").write_all(b"start\n").expect("it reads");
    }
    let mut sums = vec![0; KEYS];
    for child in children {
        for (sum, loads) in sums.iter_mut().zip(read(child, "loads ")) {
            *sum += loads.parse::<u32>().expect("a number");
        }
    }
    sums
}

#[tokio::test]
async fn cold_keys_are_loaded_once_a_process_at_most_and_warm_keys_never() {
    const TEST: &str = "many_keys::cold_keys_are_loaded_once_a_process_at_most_and_warm_keys_never";
    if let Ok(url) = std::env::var(URL) {
        THOUSAND.connect(&url).await.expect("a connection");
        call_all().await;
        tokio::time::sleep(NEAR + Duration::from_millis(100)).await;
        return call_all().await;
    }
    let Some(server) = Server::start(&[]) else { return };
    let mut children: Vec<_> = (0..PROCESSES).map(|_| child(TEST, &server, &[]).spawn().expect("a child")).collect();
    let cold = round(&mut children);
    assert!(cold.iter().all(|loads| (1..=PROCESSES).contains(&(*loads as usize))), "{cold:?}");
    let warm = round(&mut children);
    assert_eq!(warm, cold, "what is no longer near comes from the engine");
    for mut child in children {
        assert!(child.wait().expect("it ends").success());
    }
}

static VALUE: AtomicU32 = AtomicU32::new(0);

static LOST: Redis = Redis::new("lost").limit(PATIENCE).connect_timeout(PATIENCE);

#[cached(name = "lost", ttl = 3600, near = "1s", store = LOST)]
async fn lost() -> Result<u32, Error> {
    Ok(VALUE.load(Ordering::Relaxed))
}

/// The connections that carry messages.
async fn listeners(console: &mut Console) -> Vec<String> {
    let clients: String = console.run("CLIENT LIST TYPE pubsub").await;
    clients.lines().filter_map(|line| line.split_whitespace().next()?.strip_prefix("id=")).map(str::to_owned).collect()
}

/// Clears the cache in the other process, while no message reaches this one.
async fn clear_unheard(console: &mut Console, mut other: Child, its_listeners: &[String]) -> Child {
    let cleared = tokio::task::spawn_blocking(move || {
        other.stdin.as_mut().expect("a pipe").write_all(b"clear\n").expect("it reads");
        assert_eq!(read(&mut other, "cleared "), ["now"]);
        other
    });
    while !cleared.is_finished() {
        for id in listeners(console).await {
            if !its_listeners.contains(&id) {
                let _ended: u32 = console.run(&format!("CLIENT KILL ID {id}")).await;
            }
        }
    }
    cleared.await.expect("no panic")
}

#[tokio::test]
async fn a_value_whose_invalidation_was_lost_is_stale_for_as_long_as_it_is_near() {
    const TEST: &str = "many_keys::a_value_whose_invalidation_was_lost_is_stale_for_as_long_as_it_is_near";
    if let Ok(url) = std::env::var(URL) {
        LOST.connect(&url).await.expect("a connection");
        assert_eq!(lost().await, Ok(1), "what the other process has loaded");
        println!("\nconnected now");
        let mut line = String::new();
        while std::io::stdin().read_line(&mut line).expect("a line") > 0 {
            Cache::named("lost").expect("it has been called").clear();
            LOST.flush().await;
            println!("\ncleared now");
        }
        assert_eq!(LOST.dropped_updates(), 0);
        return;
    }
    let Some(server) = Server::start(&[]) else { return };
    LOST.connect(&server.url()).await.expect("a connection");
    VALUE.store(1, Ordering::Relaxed);
    assert_eq!(lost().await, Ok(1));
    LOST.flush().await;
    let mut console = Console::open(&server.url()).await;
    let own = listeners(&mut console).await;
    let mut other = child(TEST, &server, &[]).spawn().expect("a child");
    assert_eq!(read(&mut other, "connected "), ["now"]);
    let its_listeners: Vec<_> = listeners(&mut console).await.into_iter().filter(|id| !own.contains(id)).collect();
    assert_eq!(its_listeners.len(), 1);

    let mut stale = 0;
    for value in 2..=20 {
        if stale == 3 {
            break;
        }
        VALUE.store(value, Ordering::Relaxed);
        assert_eq!(lost().await, Ok(value - 1), "near or far");
        other = clear_unheard(&mut console, other, &its_listeners).await;
        let cleared = Instant::now();
        stale += u32::from(lost().await == Ok(value - 1));
        while lost().await != Ok(value) {
            assert!(cleared.elapsed() < NEAR + LATE, "it is stale for longer than it is near");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        until_available(&LOST).await;
        LOST.flush().await;
    }
    assert!(stale > 0, "no message was lost");
    drop(other.stdin.take());
    assert!(other.wait().expect("it ends").success());
}

#[tokio::test]
async fn a_process_reads_nothing_that_it_has_invalidated_before() {
    static STORE: Redis = Redis::new("own-changes").limit(PATIENCE).connect_timeout(PATIENCE);
    static VALUE: AtomicU32 = AtomicU32::new(0);

    #[cached(name = "own changes", ttl = 3600, store = STORE)]
    async fn get(key: u32) -> Result<u32, Error> {
        Ok(key + VALUE.load(Ordering::Relaxed))
    }

    let Some(server) = Server::start(&[]) else { return };
    STORE.connect(&server.url()).await.expect("a connection");
    assert_eq!(get(0).await, Ok(0));
    let cache = Cache::named("own changes").expect("it has been called");
    for value in 1..=100 {
        VALUE.store(value, Ordering::Relaxed);
        match value % 3 {
            0 => cache.clear(),
            1 => cache.invalidate(&0_u32).map(drop).expect("its key"),
            _ => cache.insert(&0_u32, value).expect("its key and value"),
        }
        assert_eq!(get(0).await, Ok(value), "change {value}");
        if value % 2 == 0 {
            STORE.flush().await;
        }
    }
}
