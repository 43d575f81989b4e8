mod health;
mod report;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::Poll;
use std::time::Duration;

use super::key::SharedState;
use super::notice::Notice;
use super::status;
use super::{Reply, SharedStore, StoreError};
use crate::context;
use crate::emit::emit;
use crate::event::Event;
use crate::metrics;
use crate::rng;
use crate::sync::lock;
use crate::time;
use health::{EngineHealth, PAUSE, Reported};
use report::ThrottledReport;

const LIMIT: Duration = Duration::from_millis(20);

const MAX_VALUE: usize = 1 << 20;

type Receiver = dyn Fn(&Notice) + Send + Sync;

/// The state of an engine as one process knows it. Each [`SharedStore`] has one.
pub struct Engine {
    namespace: &'static str,
    limit: Duration,
    max_value: usize,
    token: OnceLock<u128>,
    health: Mutex<EngineHealth>,
    refused: Mutex<ThrottledReport>,
    dropped: Mutex<ThrottledReport>,
    receivers: Mutex<BTreeMap<Topic, Receivers>>,
    next_receiver: AtomicU64,
}

/// The state that a message is about. A name with keys has a receiver for each of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Topic {
    state: SharedState,
    name: Arc<str>,
}

/// Each receiver by the number of its subscription.
type Receivers = BTreeMap<u64, Arc<Receiver>>;

impl Engine {
    /// Creates the state of an engine that is not connected yet. The limit of a request is 20 ms,
    /// and that of a value 1 MiB.
    pub const fn new(namespace: &'static str) -> Self {
        Self {
            namespace,
            limit: LIMIT,
            max_value: MAX_VALUE,
            token: OnceLock::new(),
            health: Mutex::new(EngineHealth::NEW),
            refused: Mutex::new(ThrottledReport::NEW),
            dropped: Mutex::new(ThrottledReport::NEW),
            receivers: Mutex::new(BTreeMap::new()),
            next_receiver: AtomicU64::new(0),
        }
    }

    /// Sets the longest time for one request.
    #[must_use]
    pub const fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Sets the longest time for one request, in a constant that contains the engine.
    pub const fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// Returns the longest time for one request.
    pub const fn limit(&self) -> Duration {
        self.limit
    }

    /// Sets the largest value that a cache stores, in bytes with its key.
    #[must_use]
    pub const fn with_max_value(mut self, bytes: usize) -> Self {
        self.max_value = bytes;
        self
    }

    /// Sets the largest value that a cache stores, in a constant that contains the engine.
    pub const fn set_max_value(&mut self, bytes: usize) {
        self.max_value = bytes;
    }

    /// Returns the largest value that a cache stores, in bytes with its key.
    pub const fn max_value(&self) -> usize {
        self.max_value
    }

    /// Returns the namespace, which begins all keys. Programs with the same namespace share their
    /// state.
    pub const fn namespace(&self) -> &'static str {
        self.namespace
    }

    /// Returns a random number that identifies this process.
    pub fn token(&self) -> u128 {
        *self.token.get_or_init(|| u128::from(rng::random()) << 64 | u128::from(rng::random()))
    }

    /// Returns whether the store is connected and the engine is not known to be away.
    pub fn is_available(&self) -> bool {
        !lock(&self.health).is_away()
    }

    /// Returns the time until the next request is made while the engine is away.
    pub fn retry_after(&self) -> Duration {
        let health = *lock(&self.health);
        match health.next_request {
            _ if !health.is_connected => PAUSE,
            Some(next) => next.since(time::now()).max(self.limit),
            None => self.limit,
        }
    }

    /// Records that the store is connected. For implementations of a store.
    pub fn connected(&self) {
        self.change(None, |health| {
            health.is_connected = true;
            health.answered();
        });
    }

    /// Counts updates that were not sent or that the engine refused. For implementations of a store.
    pub fn dropped(&self, updates: u64, problem: &StoreError) {
        metrics::count_dropped(self.namespace, updates);
        self.failed(&problem.to_string());
        let unreported = lock(&self.dropped).count(updates, time::now());
        if let Some(updates) = unreported {
            emit(&Event::StoreDropped { name: self.namespace, updates, problem: &problem.to_string() });
        }
    }

    /// Returns the number of updates that were not sent, or that the engine refused.
    pub fn dropped_updates(&self) -> u64 {
        lock(&self.dropped).total
    }

    fn failed(&self, problem: &str) {
        status::failed(self.namespace, self.is_available(), problem);
    }

    fn refused(&self, problem: &str) {
        self.failed(problem);
        let unreported = lock(&self.refused).count(1, time::now());
        if let Some(requests) = unreported {
            emit(&Event::StoreRefused { name: self.namespace, requests, problem });
        }
    }

    /// Passes a message of another process to its receivers. For implementations of a store.
    pub fn deliver(&self, notice: &Notice) {
        let topic = Topic { state: notice.state, name: notice.name.as_str().into() };
        let receivers: Vec<_> =
            lock(&self.receivers).get(&topic).into_iter().flat_map(BTreeMap::values).cloned().collect();
        for receiver in receivers {
            receiver(notice);
        }
    }

    /// Calls the receiver with each message about the state of one name, until the subscription is
    /// dropped.
    pub fn subscribe(
        &'static self,
        state: SharedState,
        name: &str,
        receiver: impl Fn(&Notice) + Send + Sync + 'static,
    ) -> Subscription {
        let number = self.next_receiver.fetch_add(1, Ordering::Relaxed);
        let mut all = lock(&self.receivers);
        let entry = all.entry(Topic { state, name: name.into() });
        // All subscriptions of a name share its text.
        let topic = entry.key().clone();
        entry.or_default().insert(number, Arc::new(receiver));
        Subscription { engine: self, topic, number }
    }

    fn change(&self, problem: Option<&StoreError>, change: impl FnOnce(&mut EngineHealth)) {
        let reported = {
            let mut health = lock(&self.health);
            change(&mut health);
            let reported = health.take_change().then_some(health.reported);
            // Under the lock, so that the status shows the last change.
            if reported.is_some() {
                status::changed(self.namespace, !health.is_away());
            }
            reported
        };
        // While the engine is away, this happens with each call.
        if let Some(problem) = problem.filter(|problem| **problem != StoreError::Away) {
            self.failed(&problem.to_string());
        }
        match reported {
            Some(Reported::Away) => {
                let problem = problem.unwrap_or(&StoreError::NotConnected).to_string();
                emit(&Event::StoreAway { name: self.namespace, problem: &problem });
            }
            Some(Reported::Connected) => emit(&Event::StoreConnected { name: self.namespace }),
            Some(Reported::Nothing) | None => {}
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("namespace", &self.namespace)
            .field("limit", &self.limit)
            .field("is_available", &self.is_available())
            .finish_non_exhaustive()
    }
}

/// A receiver of messages, from [`Engine::subscribe`]. Dropping it ends the subscription.
#[must_use = "it listens until it is dropped"]
pub struct Subscription {
    engine: &'static Engine,
    topic: Topic,
    number: u64,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscription").field(&self.number).finish()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let removed = {
            let mut all = lock(&self.engine.receivers);
            let Some(receivers) = all.get_mut(&self.topic) else { return };
            let removed = receivers.remove(&self.number);
            if receivers.is_empty() {
                all.remove(&self.topic);
            }
            removed
        };
        drop(removed);
    }
}

/// Makes one request, unless the engine is known to be away, and ends it after the limit of the
/// engine.
///
/// While the engine is away, one request a second is made to find out whether it is back; all
/// others fail at once. A request of a call with a deadline takes at most half of the time left, so
/// that the call can continue without an answer. Neither a failure of such a request nor a dropped
/// request counts as a failure of the engine.
///
/// # Errors
///
/// Returns the reason if the engine does not answer within the limit, or refuses the request.
pub async fn ask<'a, T>(
    store: &'a dyn SharedStore,
    request: impl FnOnce(&'a dyn SharedStore) -> Reply<'a, T>,
) -> Result<T, StoreError> {
    let engine = store.engine();
    let admitted = lock(&engine.health).request(time::now());
    if let Err(problem) = admitted {
        engine.change(Some(&problem), |_| {});
        return Err(problem);
    }
    let limit = context::time_left().map_or(engine.limit, |left| engine.limit.min(left / 2));
    let answer = within(limit, request(store)).await;
    match &answer {
        Ok(_) => engine.change(None, EngineHealth::answered),
        Err(StoreError::Refused(problem)) => {
            engine.change(None, EngineHealth::answered);
            engine.refused(problem);
        }
        Err(StoreError::TimedOut { limit }) if *limit < engine.limit => {}
        Err(problem) => {
            let now = time::now();
            engine.change(Some(problem), |health| health.failed(now));
        }
    }
    answer
}

/// Measures real time for a real engine, even where a test skips sleeps.
async fn within<T>(limit: Duration, reply: Reply<'_, T>) -> Result<T, StoreError> {
    let (mut reply, mut sleep) = (reply, None);
    let mut reply = pin!(&mut reply);
    std::future::poll_fn(|cx| {
        if let Poll::Ready(answer) = reply.as_mut().poll(cx) {
            return Poll::Ready(answer);
        }
        // The answer of a fake is usually ready at the first poll, and needs no timer.
        let sleep = sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        sleep.as_mut().poll(cx).map(|()| Err(StoreError::TimedOut { limit }))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::NoticeKind;

    #[test]
    fn a_store_that_has_dropped_an_update_before_it_was_connected_is_shown_as_away() {
        static ENGINE: Engine = Engine::new("dropped before");
        let is_available = || {
            let all = status::snapshots();
            all.iter().find(|store| store.name == "dropped before").map(|store| store.is_available)
        };
        assert_eq!(is_available(), None);
        ENGINE.dropped(1, &StoreError::NotConnected);
        assert_eq!(is_available(), Some(false));
        ENGINE.connected();
        assert_eq!(is_available(), Some(true));
    }

    #[test]
    fn a_subscription_hears_of_its_state_and_name_until_it_is_dropped() {
        static ENGINE: Engine = Engine::new("subscriptions");
        let heard = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&heard);
        let subscription = ENGINE.subscribe(SharedState::Cache, "answers", move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let tell = |state, name: &str| {
            let kind = NoticeKind::Cleared;
            ENGINE.deliver(&Notice { state, name: name.to_owned(), hash: None, kind });
        };
        tell(SharedState::Cache, "answers");
        tell(SharedState::Breaker, "answers");
        tell(SharedState::Cache, "questions");
        assert_eq!(heard.load(Ordering::Relaxed), 1);
        drop(subscription);
        tell(SharedState::Cache, "answers");
        assert_eq!((heard.load(Ordering::Relaxed), Arc::strong_count(&heard)), (1, 1));
        assert!(lock(&ENGINE.receivers).is_empty(), "a name that nobody listens to leaves nothing behind");
    }
}
