//! The store against real engines, which the tests start.

mod administration;
#[cfg(feature = "cluster")]
mod cluster;
mod conformance;
mod connecting;
mod events;
mod failover;
mod four_layers;
mod fresh;
mod gates;
mod killed;
mod many_keys;
mod memory;
mod outages;
mod postponed;
mod processes;
mod programs;
mod quorum;
mod rates;
mod secrets;
mod strangers;
#[cfg(feature = "tls")]
mod tls;
mod updates;

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue};
use resilience::store::{Charge, Charged, SharedState, SharedStore, SharedWindow, StateKey, StoreError, ask};
use resilience_redis::Redis;
use services::Redis as Server;

/// A busy machine is no engine that is away.
const PATIENCE: Duration = Duration::from_secs(20);

/// A store that a test connects, as a process of its own would.
fn process(namespace: &'static str) -> &'static Redis {
    leak(Redis::new(namespace).limit(PATIENCE).connect_timeout(PATIENCE))
}

fn leak(store: Redis) -> &'static Redis {
    Box::leak(Box::new(store))
}

async fn connected(server: &Server, namespace: &'static str) -> &'static Redis {
    let store = process(namespace);
    store.connect(&server.url()).await.expect("a connection");
    store
}

/// What an administrator types.
struct Console(MultiplexedConnection);

impl Console {
    async fn open(url: &str) -> Self {
        let client = Client::open(url).expect("a URL");
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
        Self(client.get_multiplexed_async_connection_with_config(&config).await.expect("a connection"))
    }

    async fn run<T: FromRedisValue>(&mut self, command: &str) -> T {
        let mut words = command.split(' ');
        let mut parsed = redis::cmd(words.next().unwrap_or_default());
        for word in words {
            parsed.arg(word);
        }
        parsed.query_async(&mut self.0).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }
}

const fn key(state: SharedState, name: &'static str) -> StateKey<'static> {
    StateKey { state, name, variant: "", hash: None }
}

async fn charge(store: &Redis, window: SharedWindow<'_>, units: u64) -> Result<Charged, StoreError> {
    let charge = Charge { windows: &[window], units, patience: Duration::ZERO, lease: 0 };
    ask(store, |store| store.charge(&charge)).await
}

/// Waits until the engine is back, and the event is sent.
async fn until_available(store: &Redis) {
    until(|| store.engine().is_available()).await;
}

/// Waits until the connection is lost and not yet open again.
async fn until_lost(store: &Redis) {
    let lost = async {
        loop {
            match store.signal(&key(SharedState::Breaker, "llm")).await {
                Err(StoreError::Unreachable(problem)) if problem.starts_with("the connection is lost") => return,
                _ => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    };
    tokio::time::timeout(3 * PATIENCE, lost).await.expect("it is lost");
}

async fn until(mut is_true: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(60), async {
        while !is_true() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    waited.await.expect("it becomes true");
}
