//! A process that is killed in the middle of a call.

use std::time::{Duration, Instant};

use resilience::{Error, bulkhead};
use resilience_redis::Redis;
use services::Redis as Server;

use crate::PATIENCE;
use crate::processes::{URL, child, read};

const LEASE: Duration = Duration::from_secs(2);

/// For a machine that is busy.
const LATE: Duration = Duration::from_secs(2);

static STORE: Redis = Redis::new("killed-call").limit(PATIENCE).connect_timeout(PATIENCE);

#[bulkhead(name = "gpu of calls", max = 1, lease = "2s", store = STORE)]
async fn hold(time: Duration) -> Result<u32, Error> {
    println!("\nholds now");
    tokio::time::sleep(time).await;
    Ok(7)
}

#[tokio::test]
async fn the_place_of_a_call_that_was_killed_is_free_after_its_lease() {
    const TEST: &str = "killed::the_place_of_a_call_that_was_killed_is_free_after_its_lease";
    if let Ok(url) = std::env::var(URL) {
        STORE.connect(&url).await.expect("a connection");
        assert_eq!(hold(10 * PATIENCE).await, Ok(7));
        return;
    }
    let Some(server) = Server::start(&[]) else { return };
    STORE.connect(&server.url()).await.expect("a connection");
    let mut holder = child(TEST, &server, &[]).spawn().expect("a child");
    assert_eq!(read(&mut holder, "holds "), ["now"]);
    let held = Instant::now();
    while held.elapsed() < LEASE + LEASE / 4 {
        assert!(matches!(hold(Duration::ZERO).await, Err(Error::BulkheadFull { .. })), "it is renewed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    holder.kill().expect("it sleeps");
    let killed = Instant::now();
    holder.wait().expect("it was killed");
    while let Err(error) = hold(Duration::ZERO).await {
        assert!(matches!(error, Error::BulkheadFull { .. }), "{error:?}");
        assert!(killed.elapsed() < LEASE + LATE, "its place is not free");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(hold(Duration::ZERO).await, Ok(7), "and is given back");
}
