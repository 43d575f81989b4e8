//! An engine with a megabyte of memory: calls through attributes are right with each policy of
//! eviction, and none fails.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};

use resilience::{Error, RateLimiter, cached, rate_limit};
use resilience_redis::Redis;
use services::Redis as Server;

use crate::{Console, PATIENCE, events, until_available};

const MAX: u32 = 20;

/// Large enough that a megabyte does not hold all values.
const SIZE: usize = 10_000;
const KEYS: u32 = 200;

fn text(key: u32) -> String {
    format!("{key:0SIZE$}")
}

macro_rules! program {
    ($name:literal) => {{
        static STORE: Redis = Redis::new($name).limit(PATIENCE).connect_timeout(PATIENCE);
        static LOADS: AtomicU32 = AtomicU32::new(0);

        #[rate_limit(name = $name, max = 20, per = "1h", store = STORE)]
        async fn limited() -> Result<(), Error> {
            Ok(())
        }

        #[cached(name = $name, ttl = 3600, near = "1h", max_size = 1, store = STORE)]
        async fn cached(key: u32) -> String {
            LOADS.fetch_add(1, Ordering::Relaxed);
            text(key)
        }

        events::collect();
        Program { name: $name, store: &STORE, loads: &LOADS, limited, cached }
    }};
}

struct Program<L, C> {
    name: &'static str,
    store: &'static Redis,
    loads: &'static AtomicU32,
    limited: L,
    cached: C,
}

impl<L, Limited, C, Cached> Program<L, C>
where
    L: Fn() -> Limited,
    Limited: Future<Output = Result<(), Error>>,
    C: Fn(u32) -> Cached,
    Cached: Future<Output = String>,
{
    async fn connect(&self, policy: &str) -> Option<(Server, Console)> {
        let server = Server::start(&["--maxmemory 1mb --maxmemory-policy", policy])?;
        self.store.connect(&server.url()).await.expect("a connection");
        let console = Console::open(&server.url()).await;
        Some((server, console))
    }

    /// The calls that pass of more than the limit has.
    async fn passes(&self) -> u32 {
        let mut passes = 0;
        for _ in 0..2 * MAX {
            match (self.limited)().await {
                Ok(()) => passes += 1,
                Err(Error::RateLimited { .. }) => {}
                Err(other) => panic!("{}: {other}", self.name),
            }
        }
        passes
    }

    /// Each value, and how many of them were loaded.
    async fn loads(&self, keys: std::ops::Range<u32>) -> u32 {
        let before = self.loads.load(Ordering::Relaxed);
        for key in keys {
            assert_eq!((self.cached)(key).await, text(key), "{}", self.name);
            self.store.flush().await;
        }
        self.loads.load(Ordering::Relaxed) - before
    }

    fn count(&self, event: &str) -> usize {
        events::of(self.name).iter().filter(|name| **name == event).count()
    }

    fn reset(&self) {
        RateLimiter::named(self.name).expect("it has been called").reset();
    }
}

/// Writes until there is no memory, with keys that no policy of keys with a lifetime evicts.
async fn fill(console: &mut Console) {
    let fill =
        "for i = 1, 5000 do if redis.pcall('SET', 'fill:' .. i, string.rep('x', 1000)).err then return i end end";
    let _where_it_ended: Option<u32> =
        redis::cmd("EVAL").arg(fill).arg(0).query_async(&mut console.0).await.unwrap_or_default();
}

#[tokio::test]
async fn calls_go_on_with_the_state_of_their_process_while_the_engine_has_no_memory() {
    let program = program!("noeviction");
    let Some((_server, mut console)) = program.connect("noeviction").await else { return };
    let () = console.run("CONFIG SET maxmemory 0").await;
    assert_eq!(program.loads(100..101).await, 1, "while there is memory");
    let () = console.run("CONFIG SET maxmemory 1mb").await;
    fill(&mut console).await;
    assert_eq!(program.passes().await, MAX, "the limit of this process");
    assert_eq!(program.loads(0..10).await, 10);
    assert_eq!(program.loads(9..10).await, 0, "near");
    assert_eq!((program.count("store.refused"), program.count("store.away")), (1, 0));
    assert_eq!(program.count("store.dropped"), 1, "what the engine does not store");
    let () = console.run("CONFIG SET maxmemory 0").await;
    until_available(program.store).await;
    program.reset();
    assert_eq!(program.passes().await, MAX);
    assert_eq!(program.loads(0..10).await, 10, "now the engine has them");
    assert_eq!(program.loads(0..9).await, 0, "far");
    assert_eq!(console.run::<u32>("EXISTS noeviction:l:{noeviction}").await, 1, "the limit is shared again");
}

/// What is evicted is a miss, and another burst.
#[tokio::test]
async fn what_an_engine_evicts_makes_no_call_fail_and_no_value_wrong() {
    macro_rules! policies {
        ($($policy:literal),*) => {$({
            let program = program!($policy);
            let Some((_server, mut console)) = program.connect($policy).await else { return };
            for is_full in [false, true] {
                if is_full {
                    fill(&mut console).await;
                }
                for _ in 0..2 {
                    let passes = program.passes().await;
                    assert!((1..=2 * MAX).contains(&passes), "{}: {passes}", $policy);
                    let loads = program.loads(0..KEYS).await;
                    assert!(loads > 0, "{}: a megabyte holds all of two", $policy);
                    program.reset();
                }
            }
            assert_eq!(program.count("store.away"), 0, "{}", $policy);
            assert_eq!(program.count("cache.unreadable"), 0, "{}", $policy);
        })*};
    }
    policies!(
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl"
    );
}
