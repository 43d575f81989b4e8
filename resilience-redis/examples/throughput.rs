//! What sharing costs: a shared limit and the usual counter, a shared value and a bare `GET`.
//!
//! It starts `redis-server` on a free port:
//!
//! ```sh
//! cargo run --release -p resilience-redis --example throughput
//! ```

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redis::Client;
use redis::aio::MultiplexedConnection;
use resilience::store::{Charge, Charged, SharedState, SharedStore, SharedWindow, StateKey, Update, ask};
use resilience_redis::Redis;

const CALLS: u64 = 100_000;
const PATIENCE: Duration = Duration::from_secs(20);

static SHARED: Redis = Redis::new("bench").limit(PATIENCE).connect_timeout(PATIENCE);

const fn key(state: SharedState) -> StateKey<'static> {
    StateKey { state, name: "search", variant: "", hash: None }
}

/// Nothing is rejected, so that every call does all of its work.
const WINDOW: SharedWindow<'static> = SharedWindow {
    key: key(SharedState::RateLimit),
    max: 100_000_000,
    per: Duration::from_secs(1),
    burst: 100_000_000,
};

#[allow(clippy::cast_precision_loss, reason = "it is rounded anyway")]
async fn measure<F: Future<Output = ()> + Send>(what: &str, tasks: u64, call: impl Fn() -> F + Clone + Send + 'static) {
    let started = Instant::now();
    let workers: Vec<_> = (0..tasks)
        .map(|_| {
            let call = call.clone();
            // A future of its own, because `F` may borrow nothing of a task.
            let run = async move {
                let mut times = Vec::new();
                for _ in 0..CALLS / tasks {
                    let start = Instant::now();
                    call().await;
                    times.push(start.elapsed());
                }
                times
            };
            tokio::spawn(run)
        })
        .collect();
    let mut times = Vec::new();
    for worker in workers {
        times.extend(worker.await.expect("no panic"));
    }
    let rate = times.len() as f64 / started.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_micros();
    println!("{what:<44} {tasks:>3} {rate:>9.0} {:>7} {:>7}", at(50), at(99));
}

async fn counter(mut connection: MultiplexedConnection) {
    let mut pipeline = redis::pipe();
    pipeline.cmd("INCR").arg("bench:counter").cmd("EXPIRE").arg("bench:counter").arg(60).ignore();
    let _counted: (u64,) = pipeline.query_async(&mut connection).await.expect("an answer");
}

async fn get(mut connection: MultiplexedConnection) {
    let value: Vec<u8> = redis::cmd("GET").arg("bench:value").query_async(&mut connection).await.expect("an answer");
    assert_eq!(value.len(), 1_000);
}

async fn charge(units: u64, lease: u64) -> u64 {
    let charge = Charge { windows: &[WINDOW], units, patience: Duration::ZERO, lease };
    match ask(&SHARED, |store| store.charge(&charge)).await.expect("an answer") {
        Charged::Passed { units, .. } => units,
        Charged::Rejected { wait } => panic!("it rejects: {wait:?}"),
    }
}

/// Units in advance, as an attribute with `lease` has them.
async fn charge_with_lease(spare: Arc<AtomicU64>) {
    let taken = spare.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |spare| spare.checked_sub(1));
    if taken.is_err() {
        spare.fetch_add(charge(1, 100).await - 1, Ordering::Relaxed);
    }
}

async fn fetch() {
    let key = key(SharedState::Cache);
    let fetched = ask(&SHARED, |store| store.fetch(&key)).await.expect("an answer");
    assert_eq!(fetched.value.map(|value| value.len()), Some(1_000));
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let Some(server) = services::Redis::start(&[]) else { return };
    SHARED.connect(&server.url()).await.expect("a connection");
    let client = Client::open(server.url()).expect("a URL");
    let connection = client.get_multiplexed_async_connection().await.expect("a connection");
    let mut filling = connection.clone();
    redis::cmd("SET").arg("bench:value").arg(vec![7_u8; 1_000]).exec_async(&mut filling).await.expect("an answer");
    let key = key(SharedState::Cache).into();
    SHARED.update(Update::Put { key, value: vec![7; 1_000], seen: None, time: None });
    SHARED.flush().await;

    println!("{:<44} {:>3} {:>9} {:>7} {:>7}", "", "at", "calls/s", "p50 µs", "p99 µs");
    for tasks in [1, 32] {
        let of = connection.clone();
        measure("INCR + EXPIRE (one window, no wait, no units)", tasks, move || counter(of.clone())).await;
        measure("shared limit", tasks, || async { assert_eq!(charge(1, 0).await, 1) }).await;
        let spare = Arc::new(AtomicU64::new(0));
        measure("shared limit, lease = 100", tasks, move || charge_with_lease(Arc::clone(&spare))).await;
        let of = connection.clone();
        measure("GET of 1 kB", tasks, move || get(of.clone())).await;
        measure("shared value of 1 kB", tasks, fetch).await;
    }
}
