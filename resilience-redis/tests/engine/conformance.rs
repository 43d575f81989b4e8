use resilience::testing::store_conformance;
use services::Redis as Server;

use crate::connected;

#[tokio::test]
async fn redis_answers_as_every_engine_does() {
    let Some(server) = Server::start(&[]) else { return };
    let (first, second) = (connected(&server, "shop").await, connected(&server, "shop").await);
    store_conformance(first, second).await;
    assert_eq!((first.dropped_updates(), second.dropped_updates()), (0, 0));
}

#[tokio::test]
async fn valkey_answers_as_every_engine_does() {
    let Some(server) = Server::start_valkey(&[]) else { return };
    let (first, second) = (connected(&server, "shop").await, connected(&server, "shop").await);
    store_conformance(first, second).await;
}
