//! The places of running calls, whose leases the connection renews.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience::store::{LeaseRequest, OwnedStateKey, StateKey, Update};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

use crate::link::{Link, lock};
use crate::{request, update};

/// So many calls that have left are kept for the next one.
const LEFT: usize = 64;

pub struct Leases {
    held: Mutex<BTreeMap<u128, HeldPlace>>,
    /// The latest calls that have left, which the queue may not have told yet.
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

    /// Not through the queue of updates: one that was dropped there would be renewed for ever.
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
                if left.len() == LEFT {
                    left.pop_front();
                }
                left.push_back((key.clone(), *token));
            }
            _ => {}
        }
    }

    /// The calls that have left these places. The next request takes them along, because it may be there
    /// before the queue, and would find this process's own place taken.
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
            for (token, key, time) in due {
                self.renew_one(&link, token, &key, time).await;
            }
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

    /// The call runs in any case, so its place comes back also where the engine has forgotten it.
    async fn renew_one(&self, link: &Link, token: u128, key: &OwnedStateKey, time: Duration) {
        let engine = link.engine();
        let renewed = LeaseRequest { key: key.borrow(), max: u32::MAX, token, time };
        let call = request::lease(engine.namespace(), &renewed, &[]);
        // A failure is tried again after a third of the time.
        let _later = timeout(engine.limit(), link.ask(&call)).await;
        if lock(&self.held).contains_key(&token) {
            return;
        }
        // It has ended meanwhile, and may have left before it was renewed.
        let left = Update::Leave { key: key.clone(), token };
        if let Ok(Some(call)) = update::call(engine.namespace(), engine.token(), &left, 0) {
            let _free_after_its_lease = timeout(engine.limit(), link.ask(&call)).await;
        }
    }
}
