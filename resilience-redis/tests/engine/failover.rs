//! A replica takes over, behind an address that stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use resilience::store::{Charged, SharedState, SharedWindow, StoreError};
use services::Redis as Server;
use tokio::net::{TcpListener, TcpStream};

use crate::{Console, charge, key, process, until, until_available};

const WINDOW: SharedWindow<'static> =
    SharedWindow { key: key(SharedState::RateLimit, "search"), max: 10, per: Duration::from_secs(1), burst: 200 };

/// An address that leads to the primary, wherever that is.
struct Address {
    target: Arc<AtomicU16>,
    port: u16,
}

impl Address {
    async fn of(server: &Server) -> Self {
        let target = Arc::new(AtomicU16::new(server.port()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let followed = Arc::clone(&target);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let port = followed.load(Ordering::Relaxed);
                tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await {
                        let _ended = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Self { target, port }
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

async fn replica_of(primary: &Server) -> (Server, Console) {
    let replica = Server::start(&[&format!("--replicaof 127.0.0.1 {}", primary.port())]).expect("a replica");
    let mut console = Console::open(&replica.url()).await;
    let in_sync = tokio::time::timeout(Duration::from_secs(60), async {
        while !console.run::<String>("INFO replication").await.contains("master_link_status:up") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    in_sync.await.expect("a replica in sync");
    (replica, console)
}

#[tokio::test]
async fn a_failover_admits_at_most_another_burst() {
    let Some(mut primary) = Server::start(&[]) else { return };
    let (replica, mut console) = replica_of(&primary).await;
    let address = Address::of(&primary).await;
    let store = process("failover");
    let started = Instant::now();
    store.connect(&address.url()).await.expect("a connection");
    let mut passes = 0;
    for _ in 0..WINDOW.burst {
        passes += u64::from(matches!(charge(store, WINDOW, 1).await, Ok(Charged::Passed { .. })));
    }
    assert!(passes >= WINDOW.burst, "{passes}");
    primary.kill();
    until_unreachable(store).await;
    address.target.store(replica.port(), Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(charge(store, WINDOW, 1).await.is_err(), "a replica is no engine to write to");
    let () = console.run("REPLICAOF NO ONE").await;
    until_available(store).await;
    for _ in 0..2 * WINDOW.burst {
        passes += u64::from(matches!(charge(store, WINDOW, 1).await, Ok(Charged::Passed { .. })));
    }
    let most = 2 * WINDOW.burst + started.elapsed().as_secs() * 10 + 11;
    assert!(passes <= most, "{passes} of {most}");
}

#[tokio::test]
async fn a_primary_that_becomes_a_replica_is_left() {
    let Some(first) = Server::start(&[]) else { return };
    let (second, mut console_of_second) = replica_of(&first).await;
    let address = Address::of(&first).await;
    let store = process("demoted");
    store.connect(&address.url()).await.expect("a connection");
    assert!(matches!(charge(store, WINDOW, 1).await, Ok(Charged::Passed { .. })));
    let () = console_of_second.run("REPLICAOF NO ONE").await;
    address.target.store(second.port(), Ordering::Relaxed);
    let () = Console::open(&first.url()).await.run(&format!("REPLICAOF 127.0.0.1 {}", second.port())).await;
    let mut last = Ok(Charged::Rejected { wait: Duration::ZERO });
    let back = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            last = charge(store, WINDOW, 1).await;
            if matches!(last, Ok(Charged::Passed { .. })) && is_known(&mut console_of_second).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    back.await.unwrap_or_else(|_| panic!("the new primary is used: {last:?}"));
}

/// The new primary has had a request, which the old one would have passed on to nobody.
async fn is_known(console: &mut Console) -> bool {
    console.run::<String>("INFO commandstats").await.contains("cmdstat_eval")
}

async fn until_unreachable(store: &'static resilience_redis::Redis) {
    let mut last = Ok(Charged::Rejected { wait: Duration::ZERO });
    for _ in 0..6_000 {
        last = charge(store, WINDOW, 0).await;
        if matches!(last, Err(StoreError::Away)) {
            return until(|| !resilience::store::SharedStore::engine(store).is_available()).await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it is away: {last:?}");
}
