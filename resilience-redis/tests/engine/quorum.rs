//! A breaker that opens in all processes only when enough of them have opened it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, FutureExt};
use resilience::{CircuitBreaker, Error, circuit_breaker};
use resilience_redis::Redis;
use services::Redis as Server;

use crate::PATIENCE;

/// Longer than the test takes.
const RECOVERY: Duration = Duration::from_secs(300);

type Call = fn() -> BoxFuture<'static, Result<u32, Error>>;

struct Process {
    store: &'static Redis,
    is_up: &'static AtomicBool,
    call: Call,
}

/// Each store and each breaker stands for a process.
macro_rules! processes {
    ($($process:ident)*) => {[$({
        static STORE: Redis = Redis::new("quorum").limit(PATIENCE).connect_timeout(PATIENCE);
        static BREAKER: CircuitBreaker =
            CircuitBreaker::new("service").failure_threshold(1).recovery(RECOVERY).quorum(3);
        static IS_UP: AtomicBool = AtomicBool::new(true);

        #[circuit_breaker(shared = BREAKER, store = STORE)]
        async fn $process() -> Result<u32, Error> {
            let limit = Duration::from_secs(1);
            if IS_UP.load(Ordering::Relaxed) { Ok(7) } else { Err(Error::Timeout { limit, elapsed: limit }) }
        }

        Process { store: &STORE, is_up: &IS_UP, call: || $process().boxed() }
    }),*]};
}

fn is_open(out: &Result<u32, Error>) -> bool {
    matches!(out, Err(Error::CircuitOpen { .. }))
}

/// One call that fails.
async fn fail(process: &Process) {
    process.is_up.store(false, Ordering::Relaxed);
    assert!(matches!((process.call)().await, Err(Error::Timeout { .. })));
    process.is_up.store(true, Ordering::Relaxed);
    assert!(is_open(&(process.call)().await), "its own breaker is open");
    process.store.flush().await;
}

async fn all_pass(processes: &[Process], time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        for process in processes {
            assert_eq!((process.call)().await, Ok(7));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn of_ten_processes_one_or_two_open_none_and_three_open_all() {
    let Some(server) = Server::start(&[]) else { return };
    let processes = processes!(p0 p1 p2 p3 p4 p5 p6 p7 p8 p9);
    for process in &processes {
        process.store.connect(&server.url()).await.expect("a connection");
    }
    all_pass(&processes, Duration::ZERO).await;
    // Longer than a second, after which each asks the engine again.
    for bad in [1, 2] {
        fail(&processes[bad - 1]).await;
        all_pass(&processes[bad..], Duration::from_millis(1_300)).await;
    }
    fail(&processes[2]).await;
    let opened = Instant::now();
    for process in &processes {
        while !is_open(&(process.call)().await) {
            assert!(opened.elapsed() < PATIENCE, "it is never told");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
