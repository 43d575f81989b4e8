//! Calls that come in the middle of a change.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt;
use resilience::store::{
    Charge, Charged, Engine, Fetched, LeaseRequest, Leased, OpenSignal, Probe, Reply, SharedStore, StateKey, Update,
};
use resilience::testing::{FakeEngine, FakeStore};
use resilience::{Cache, cached};

/// A store that does something before it passes on the next update.
struct Interrupted {
    store: FakeStore,
    before: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl fmt::Debug for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

impl SharedStore for Interrupted {
    fn engine(&self) -> &Engine {
        self.store.engine()
    }
    fn charge<'a>(&'a self, charge: &'a Charge<'a>) -> Reply<'a, Charged> {
        self.store.charge(charge)
    }
    fn fetch<'a>(&'a self, key: &'a StateKey<'a>) -> Reply<'a, Fetched> {
        self.store.fetch(key)
    }
    fn lease<'a>(&'a self, lease: &'a LeaseRequest<'a>) -> Reply<'a, Leased> {
        self.store.lease(lease)
    }
    fn signal<'a>(&'a self, key: &'a StateKey<'a>) -> Reply<'a, OpenSignal> {
        self.store.signal(key)
    }
    fn probe<'a>(&'a self, probe: &'a Probe<'a>) -> Reply<'a, bool> {
        self.store.probe(probe)
    }
    fn update(&self, update: Update) {
        let before = self.before.lock().expect("no panic").take();
        if let Some(before) = before {
            before();
        }
        self.store.update(update);
    }
}

static SHARED: Interrupted = Interrupted { store: FakeStore::new("between"), before: Mutex::new(None) };
static NEWEST: AtomicU32 = AtomicU32::new(0);

#[cached(name = "between", ttl = 3600, store = SHARED)]
async fn get(_key: u32) -> u32 {
    NEWEST.load(Ordering::Relaxed)
}

/// It finds the old value, as long as the engine has it, and must not leave it behind.
#[tokio::test(start_paused = true)]
async fn a_call_in_the_middle_of_a_removal_brings_nothing_back() {
    let engine = FakeEngine::new();
    SHARED.store.connect(&engine);
    let invalidate: fn(Cache) = |cache| assert_eq!(cache.invalidate(&1_u32), Ok(true));
    for change in [invalidate, Cache::clear] {
        let old = get(1).await;
        let newest = NEWEST.fetch_add(1, Ordering::Relaxed) + 1;
        *SHARED.before.lock().expect("no panic") = Some(Box::new(move || {
            assert_eq!(get(1).now_or_never(), Some(old), "the change has not come yet");
        }));
        let cache = Cache::named("between").expect("called");
        change(cache);
        assert_eq!(get(1).await, newest);
    }
    let snapshot = resilience::snapshot();
    let cache = snapshot.caches.iter().find(|cache| cache.name == "between").expect("called");
    assert_eq!(cache.store.as_deref(), Some("between"));
}
