//! The store against real engines, which the tests start.

mod conformance;

use resilience_redis::Redis;
use services::Redis as Server;

/// A store that a test connects, as a process of its own would.
fn process(namespace: &'static str) -> &'static Redis {
    // A busy machine is no engine that is away.
    leak(Redis::new(namespace).limit(PATIENCE).connect_timeout(PATIENCE))
}

fn leak(store: Redis) -> &'static Redis {
    Box::leak(Box::new(store))
}

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

async fn connected(server: &Server, namespace: &'static str) -> &'static Redis {
    let store = process(namespace);
    store.connect(&server.url()).await.expect("a connection");
    store
}
