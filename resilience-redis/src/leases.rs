//! The leases of running calls, which the connection renews.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use resilience::store::{LeaseRequest, OwnedStateKey, StateKey, Update};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

use crate::link::Link;
use crate::sync::lock;
use crate::{request, update};

const MOST_LEFT_CALLS: usize = 64;

/// The renewals in progress at a time. One after the other would take longer than a lease, and all
/// at once longer than the limit of each.
const RENEWALS: usize = 64;

pub struct Leases {
    held: Mutex<BTreeMap<u128, HeldPlace>>,
    /// The latest calls that have left, which the queue may not have sent yet.
    left: Mutex<VecDeque<(OwnedStateKey, u128)>>,
    changed: Notify,
}

struct HeldPlace {
    key: OwnedStateKey,
    time: Duration,
    next: Instant,
}

impl Leases {
    pub const fn new() -> Self {
        Self { held: Mutex::new(BTreeMap::new()), left: Mutex::new(VecDeque::new()), changed: Notify::const_new() }
    }

    /// Bypasses the queue of updates, because a lease whose end was dropped there would be renewed for ever.
    pub fn heed(&self, update: &Update) {
        match update {
            Update::Keep { key, token, time } => {
                let place = HeldPlace { key: key.clone(), time: *time, next: Instant::now() + *time / 3 };
                lock(&self.held).insert(*token, place);
                self.changed.notify_one();
            }
            Update::Leave { key, token } => {
                lock(&self.held).remove(token);
                let mut left = lock(&self.left);
                if left.len() == MOST_LEFT_CALLS {
                    left.pop_front();
                }
                left.push_back((key.clone(), *token));
            }
            _ => {}
        }
    }

    /// Returns the calls that have left the bulkhead. The next request includes them, because it may arrive before the
    /// queue, and would find the places of this process taken.
    pub fn take_left(&self, key: &StateKey<'_>) -> Vec<u128> {
        let mut tokens = Vec::new();
        lock(&self.left).retain(|(of, token)| {
            let is_of_key = of.borrow() == *key;
            if is_of_key {
                tokens.push(*token);
            }
            !is_of_key
        });
        tokens
    }

    pub async fn renew(&self, link: Arc<Link>) {
        loop {
            let due = self.take_due(Instant::now());
            stream::iter(due)
                .for_each_concurrent(RENEWALS, async |(token, key, time)| {
                    self.renew_one(&link, token, &key, time).await;
                })
                .await;
            let next = lock(&self.held).values().map(|place| place.next).min();
            tokio::select! {
                () = self.changed.notified() => {}
                () = async { sleep_until(next.unwrap_or_else(Instant::now)).await }, if next.is_some() => {}
            }
        }
    }

    fn take_due(&self, now: Instant) -> Vec<(u128, OwnedStateKey, Duration)> {
        let mut held = lock(&self.held);
        let due = held.iter_mut().filter(|(_, place)| place.next <= now);
        due.map(|(token, place)| {
            place.next = now + (place.time / 3).max(Duration::from_millis(1));
            (*token, place.key.clone(), place.time)
        })
        .collect()
    }

    /// The call is running, so its place is taken again even if the engine has forgotten it.
    async fn renew_one(&self, link: &Link, token: u128, key: &OwnedStateKey, time: Duration) {
        let engine = link.engine();
        let renewed = LeaseRequest { key: key.borrow(), max: u32::MAX, token, time };
        let call = request::lease(engine.namespace(), &renewed, &[]);
        // After a failure, the next renewal follows after a third of the lease.
        let _later = timeout(engine.limit(), link.ask(&call)).await;
        if lock(&self.held).contains_key(&token) {
            return;
        }
        // The call has ended meanwhile, perhaps before the renewal.
        let left = Update::Leave { key: key.clone(), token };
        if let Ok(Some(call)) = update::call(engine.namespace(), engine.token(), &left, 0) {
            let _free_after_its_lease = timeout(engine.limit(), link.ask(&call)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use redis::aio::MultiplexedConnection;
    use resilience::store::{Engine, Leased, SharedState, StoreError};
    use services::Redis as Server;

    use super::*;
    use crate::endpoint::Endpoint;

    const fn key(name: &str) -> StateKey<'_> {
        StateKey { state: SharedState::Bulkhead, name, variant: "", hash: None }
    }

    fn leave(leases: &Leases, name: &str, token: u128) {
        leases.heed(&Update::Leave { key: key(name).into(), token });
    }

    #[test]
    fn a_request_takes_along_once_who_has_left_its_bulkhead() {
        let leases = Leases::new();
        for (name, token) in [("gpu", 1), ("db", 2), ("gpu", 3)] {
            leave(&leases, name, token);
        }
        assert_eq!(leases.take_left(&key("gpu")), [1, 3]);
        assert_eq!(leases.take_left(&key("gpu")), []);
        assert_eq!(leases.take_left(&key("db")), [2]);
    }

    #[test]
    fn a_bulkhead_that_nobody_asks_for_keeps_the_latest_who_have_left() {
        let leases = Leases::new();
        for token in 1..=1_000 {
            leave(&leases, "gpu", token);
        }
        assert_eq!(leases.take_left(&key("gpu")), (1_000 - MOST_LEFT_CALLS as u128 + 1..=1_000).collect::<Vec<_>>());
    }

    const TIME: Duration = Duration::from_secs(3_600);

    static ENGINE: Engine = Engine::new("renewals").with_limit(Duration::from_secs(60));

    async fn connected(server: &Server) -> Link {
        let endpoint = Endpoint::single(&server.url(), ENGINE.limit()).expect("a URL");
        let session = endpoint.open("renewals").await.expect("a connection");
        let link = Link::new(&ENGINE, endpoint, Arc::default());
        drop(link.adopt(session));
        link
    }

    /// Asks for the only place.
    async fn enter(link: &Link, token: u128) -> Result<Leased, StoreError> {
        let lease = LeaseRequest { key: key("gpu"), max: 1, token, time: TIME };
        request::leased(&link.ask(&request::lease(ENGINE.namespace(), &lease, &[])).await?)
    }

    #[tokio::test]
    async fn a_renewal_that_comes_after_the_end_of_its_call_leaves_no_place_taken() {
        let Some(server) = Server::start(&[]) else { return };
        let link = connected(&server).await;
        Leases::new().renew_one(&link, 1, &key("gpu").into(), TIME).await;
        assert_eq!(enter(&link, 2).await, Ok(Leased::Held));
    }

    #[tokio::test]
    async fn a_place_that_the_engine_has_forgotten_comes_back_with_its_renewal() {
        let Some(server) = Server::start(&[]) else { return };
        let (link, leases) = (connected(&server).await, Leases::new());
        leases.heed(&Update::Keep { key: key("gpu").into(), token: 1, time: TIME });
        leases.renew_one(&link, 1, &key("gpu").into(), TIME).await;
        assert!(matches!(enter(&link, 2).await, Ok(Leased::Full { .. })));
    }

    async fn ask<T: redis::FromRedisValue>(console: &mut MultiplexedConnection, command: &str) -> T {
        let mut words = command.split(' ');
        let mut parsed = redis::cmd(words.next().unwrap_or_default());
        for word in words {
            parsed.arg(word);
        }
        parsed.query_async(console).await.expect("an answer")
    }

    #[tokio::test]
    async fn places_that_are_due_are_renewed_at_once() {
        static LEASES: Leases = Leases::new();
        const PLACES: usize = RENEWALS;
        /// Less than a request has, and more than one alone.
        const BYTES: usize = 100 * PLACES;
        let Some(server) = Server::start(&[]) else { return };
        let link = Arc::new(connected(&server).await);
        let client = redis::Client::open(server.url()).expect("a URL");
        let config = redis::AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let console = &mut client.get_multiplexed_async_connection_with_config(&config).await.expect("a connection");
        for token in 0..PLACES as u128 {
            LEASES.heed(&Update::Keep { key: key("gpu").into(), token, time: TIME });
        }
        lock(&LEASES.held).values_mut().for_each(|place| place.next = Instant::now());
        // The engine receives them, and carries out none.
        let () = ask(console, "CLIENT PAUSE 3600000 WRITE").await;
        let renewing = tokio::spawn(LEASES.renew(link));
        let received = async {
            loop {
                let clients: String = ask(console, "CLIENT LIST").await;
                let bytes = clients.split(' ').filter_map(|field| field.strip_prefix("qbuf="));
                if bytes.filter_map(|bytes| bytes.parse().ok()).any(|bytes: usize| bytes > BYTES) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let () = ask(console, "CLIENT UNPAUSE").await;
            // One member is the clock.
            while ask::<usize>(console, "ZCARD renewals:p:{gpu}").await <= PLACES {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(ENGINE.limit() / 2, received).await.expect("all of them, while none has an answer");
        renewing.abort();
    }
}
