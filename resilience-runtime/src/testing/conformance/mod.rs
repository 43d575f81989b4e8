//! The behaviour of every engine of shared state, as one table of checks.

mod breaker;
mod places;
mod values;
mod windows;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::rng;
use crate::store::{KeyHash, Notice, NoticeKind, Reply, SharedState, SharedStore, StateKey, Update};

/// Longer than any test, so that nothing expires during one.
const HOUR: Duration = Duration::from_secs(3_600);

/// Short, and still longer than a request takes.
const MOMENT: Duration = Duration::from_millis(300);

/// Checks that a store behaves as every store must.
///
/// `first` and `second` stand for two processes: they reach one engine with one namespace. The
/// checks use names of their own, so the engine may have other state. They need tokio's clock, real
/// or paused, and take some seconds of it.
///
/// ```
/// use resilience::testing::{self, FakeEngine, FakeStore};
///
/// static FIRST: FakeStore = FakeStore::new("shop");
/// static SECOND: FakeStore = FakeStore::new("shop");
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
/// # runtime.block_on(async {
/// let engine = FakeEngine::new();
/// FIRST.connect(&engine);
/// SECOND.connect(&engine);
/// testing::store_conformance(&FIRST, &SECOND).await;
/// # });
/// ```
///
/// # Panics
///
/// Panics with the check that the store fails.
pub async fn store_conformance(first: &'static dyn SharedStore, second: &'static dyn SharedStore) {
    let pair = Pair { first, second, run: rng::random() };
    windows::check(&pair).await;
    values::check(&pair).await;
    places::check(&pair).await;
    breaker::check(&pair).await;
    notices_reach_others_and_not_oneself(&pair).await;
}

/// Two processes.
struct Pair {
    first: &'static dyn SharedStore,
    second: &'static dyn SharedStore,
    run: u64,
}

impl Pair {
    /// Returns a name that no other run uses.
    fn name(&self, name: &str) -> String {
        format!("{name}-{:016x}", self.run)
    }

    /// Sends updates of the first process, and waits until they have been carried out.
    async fn update(&self, updates: impl IntoIterator<Item = Update>) {
        let name = self.name("barrier");
        let arrived = Arc::new(Notify::new());
        let notify = Arc::clone(&arrived);
        let _listening = self.second.engine().subscribe(SharedState::Cache, &name, move |_| notify.notify_one());
        updates.into_iter().for_each(|update| self.first.update(update));
        self.first.update(Update::Tell(notice(&name, None, NoticeKind::Cleared)));
        let arrived = tokio::time::timeout(Duration::from_secs(60), arrived.notified()).await;
        assert!(arrived.is_ok(), "a notice arrives after the updates before it");
    }
}

async fn answer<T>(reply: Reply<'_, T>) -> T {
    reply.await.unwrap_or_else(|problem| panic!("a request has no answer: {problem}"))
}

const fn key(state: SharedState, name: &str) -> StateKey<'_> {
    StateKey { state, name, variant: "", hash: Some(KeyHash::from_u128(7)) }
}

fn notice(name: &str, hash: Option<KeyHash>, kind: NoticeKind) -> Notice {
    Notice { state: SharedState::Cache, name: name.to_owned(), hash, kind }
}

async fn notices_reach_others_and_not_oneself(pair: &Pair) {
    let name = pair.name("notices");
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
    let own = sender.clone();
    let _first = pair.first.engine().subscribe(SharedState::Cache, &name, move |notice| {
        let _closed = own.send((1, notice.clone()));
    });
    let _second = pair.second.engine().subscribe(SharedState::Cache, &name, move |notice| {
        let _closed = sender.send((2, notice.clone()));
    });
    let sent = [
        notice(&name, Some(KeyHash::from_u128(u128::MAX)), NoticeKind::Invalidated),
        notice(&name, None, NoticeKind::Cleared),
    ];
    pair.update(sent.clone().map(Update::Tell)).await;
    for expected in sent {
        assert_eq!(received.recv().await, Some((2, expected)), "notices arrive in order, at the others");
    }
    assert!(received.try_recv().is_err(), "a notice does not come back to its sender");
}
