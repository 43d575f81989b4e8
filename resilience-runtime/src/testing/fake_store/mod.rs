mod machine;

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use machine::EngineMachine;
use tokio::sync::watch;

use crate::store::{
    Charge, Charged, Engine, Fetched, LeaseRequest, Leased, Notice, OpenSignal, Postponed, Probe, Reply, SharedStore,
    StateKey, StoreError, Update,
};
use crate::sync::lock;
use crate::time;

/// A store on a [`FakeEngine`], for `store = ..` in tests.
///
/// Several stores on one engine behave like several processes.
///
/// ```
/// use resilience::testing::{FakeEngine, FakeStore};
///
/// static SHARED: FakeStore = FakeStore::new("shop");
///
/// let engine = FakeEngine::new();
/// SHARED.connect(&engine);
/// engine.stop(); // Now everything is as without the engine.
/// ```
#[derive(Debug)]
pub struct FakeStore {
    engine: Engine,
    connection: OnceLock<FakeEngine>,
    postponed: Mutex<Postponed>,
}

/// An engine in the memory of a test, which fails on demand.
///
/// Its clock is that of the crate, which a test can pause, plus what [`advance`](Self::advance) adds.
#[derive(Clone)]
pub struct FakeEngine {
    inside: Arc<Mutex<Inside>>,
    /// True while requests wait.
    frozen: watch::Sender<bool>,
}

#[derive(Default)]
struct Inside {
    machine: EngineMachine,
    ahead: Duration,
    is_stopped: bool,
    delay: Duration,
    lose_answers: u32,
    lose_requests: u32,
    lose_notices: u32,
    repeat: u32,
    requests: u64,
    stores: Vec<&'static FakeStore>,
    /// Tokens of processes that were killed.
    dead: Vec<u128>,
}

/// The fate of one request.
enum RequestEnd {
    Answered(Duration),
    /// Carried out, but the answer is lost.
    Unanswered,
    /// Not carried out.
    Lost,
    Unreachable,
}

impl FakeEngine {
    /// Creates an engine without any state.
    #[must_use]
    pub fn new() -> Self {
        Self { inside: Arc::default(), frozen: watch::Sender::new(false) }
    }

    /// Refuses all connections until [`start`](Self::start).
    pub fn stop(&self) {
        lock(&self.inside).is_stopped = true;
    }

    /// Answers again, with the state that it had. All processes send their [`Postponed`] updates.
    pub fn start(&self) {
        lock(&self.inside).is_stopped = false;
        self.receive_postponed();
    }

    /// Accepts requests, but carries none out until [`thaw`](Self::thaw).
    pub fn freeze(&self) {
        self.frozen.send_replace(true);
    }

    /// Carries out all requests that were not abandoned, after all processes have sent their
    /// [`Postponed`] updates.
    pub fn thaw(&self) {
        self.frozen.send_replace(false);
        self.receive_postponed();
    }

    /// Delays the answer to each request by this time.
    pub fn delay(&self, delay: Duration) {
        lock(&self.inside).delay = delay;
    }

    /// Carries out the next requests, but never answers them.
    pub fn lose_answers(&self, count: u32) {
        lock(&self.inside).lose_answers = count;
    }

    /// Neither carries out nor answers the next requests and updates. Updates among them are lost
    /// for good.
    pub fn lose_requests(&self, count: u32) {
        lock(&self.inside).lose_requests = count;
    }

    /// Delivers none of the next messages between processes.
    pub fn lose_notices(&self, count: u32) {
        lock(&self.inside).lose_notices = count;
    }

    /// Carries out each of the next requests and updates twice.
    pub fn repeat(&self, count: u32) {
        lock(&self.inside).repeat = count;
    }

    /// Forgets all state, like an engine without a disk that is restarted, or a replica that has
    /// received nothing yet.
    pub fn flush(&self) {
        lock(&self.inside).machine = EngineMachine::default();
    }

    /// Moves only the clock of the engine forward, not those of the processes.
    pub fn advance(&self, time: Duration) {
        lock(&self.inside).ahead += time;
    }

    /// Returns the number of requests that have arrived. Updates do not count.
    pub fn requests(&self) -> u64 {
        lock(&self.inside).requests
    }

    /// Returns the bytes that are stored under a key of a cache.
    pub fn value(&self, namespace: &str, key: &StateKey<'_>) -> Option<Vec<u8>> {
        let inside = &mut *lock(&self.inside);
        let now = inside.now();
        inside.machine.fetch(namespace, key, now).value
    }

    /// Stores any bytes under a key of a cache, as another version of a program might. The lifetime
    /// of the entry stays as it is.
    pub fn set_value(&self, namespace: &str, key: &StateKey<'_>, value: Vec<u8>) {
        let inside = &mut *lock(&self.inside);
        let now = inside.now();
        let time = inside.machine.fetch(namespace, key, now).left;
        let update = Update::Put { key: (*key).into(), value, seen: None, time };
        inside.machine.update(namespace, &update, now);
    }

    /// Returns the keys of a cache that have a value, without the namespace, for tests that know
    /// the name of a cache but not its hashes.
    pub fn cached_keys(&self) -> Vec<crate::store::OwnedStateKey> {
        lock(&self.inside).machine.cached_keys()
    }

    fn fate(&self) -> RequestEnd {
        let mut inside = lock(&self.inside);
        inside.requests += 1;
        if inside.is_stopped {
            return RequestEnd::Unreachable;
        }
        if take_one(&mut inside.lose_requests) {
            return RequestEnd::Lost;
        }
        if take_one(&mut inside.lose_answers) {
            return RequestEnd::Unanswered;
        }
        RequestEnd::Answered(inside.delay)
    }

    async fn request<T>(&self, mut carry_out: impl FnMut(&mut EngineMachine, u128) -> T) -> Result<T, StoreError> {
        let fate = self.fate();
        if matches!(fate, RequestEnd::Unreachable) {
            return Err(StoreError::Unreachable("connection refused".to_owned()));
        }
        if matches!(fate, RequestEnd::Lost) {
            return std::future::pending().await;
        }
        // Fails only without a sender, and `self` is one.
        let _ = self.frozen.subscribe().wait_for(|is_frozen| !is_frozen).await;
        let answer = {
            let inside = &mut *lock(&self.inside);
            let now = inside.now();
            let answer = carry_out(&mut inside.machine, now);
            if take_one(&mut inside.repeat) { carry_out(&mut inside.machine, now) } else { answer }
        };
        match fate {
            RequestEnd::Answered(Duration::ZERO) => {}
            RequestEnd::Answered(delay) => tokio::time::sleep(delay).await,
            _ => std::future::pending().await,
        }
        Ok(answer)
    }

    fn receive_postponed(&self) {
        let stores = lock(&self.inside).stores.clone();
        for store in stores {
            let postponed = lock(&store.postponed).take();
            for update in postponed {
                self.update(store, &update);
            }
        }
    }

    fn update(&self, store: &FakeStore, update: &Update) {
        let is_away = {
            let inside = &mut *lock(&self.inside);
            if store.is_dead(inside) {
                return;
            }
            inside.is_stopped || *self.frozen.borrow()
        };
        if is_away {
            return store.postpone(update, &StoreError::Unreachable("the connection is lost".to_owned()));
        }
        let namespace = store.engine.namespace();
        let receivers = {
            let inside = &mut *lock(&self.inside);
            if take_one(&mut inside.lose_requests) {
                return;
            }
            let now = inside.now();
            inside.machine.update(namespace, update, now);
            if take_one(&mut inside.repeat) {
                inside.machine.update(namespace, update, now);
            }
            match update {
                Update::Tell(notice) if !take_one(&mut inside.lose_notices) => {
                    let is_other =
                        |other: &&&FakeStore| !std::ptr::eq(**other, store) && other.engine.namespace() == namespace;
                    let others: Vec<_> = inside.stores.iter().filter(is_other).copied().collect();
                    Some((others, notice))
                }
                _ => None,
            }
        };
        if let Some((others, notice)) = receivers {
            deliver(&others, notice);
        }
    }
}

fn deliver(stores: &[&FakeStore], notice: &Notice) {
    for store in stores {
        store.engine.deliver(notice);
    }
}

fn take_one(count: &mut u32) -> bool {
    let is_left = *count > 0;
    *count = count.saturating_sub(1);
    is_left
}

impl Inside {
    /// In nanoseconds.
    fn now(&self) -> u128 {
        u128::from(time::now().as_nanos()) + self.ahead.as_nanos()
    }
}

impl Default for FakeEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for FakeEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inside = lock(&self.inside);
        f.debug_struct("FakeEngine")
            .field("is_stopped", &inside.is_stopped)
            .field("requests", &inside.requests)
            .finish_non_exhaustive()
    }
}

impl FakeStore {
    /// Creates a store with this namespace that is not connected.
    #[must_use]
    pub const fn new(namespace: &'static str) -> Self {
        let postponed = Mutex::new(Postponed::new());
        Self { engine: Engine::new(namespace), connection: OnceLock::new(), postponed }
    }

    /// Connects the store with an engine. Further calls are ignored.
    pub fn connect(&'static self, engine: &FakeEngine) {
        if self.connection.set(engine.clone()).is_ok() {
            lock(&engine.inside).stores.push(self);
            self.engine.connected();
            engine.receive_postponed();
        }
    }

    /// Acts like a process that is killed: nothing from it reaches the engine any more, and its
    /// leases run out.
    pub fn kill(&self) {
        if let Some(engine) = self.connection.get() {
            let inside = &mut *lock(&engine.inside);
            let (now, own) = (inside.now(), self.engine.token());
            inside.dead.push(own);
            inside.machine.lose(self.engine.namespace(), own, now);
        }
    }

    fn postpone(&self, update: &Update, problem: &StoreError) {
        let is_kept = lock(&self.postponed).keep(update.clone());
        if !is_kept {
            self.engine.dropped(1, problem);
        }
    }

    fn is_dead(&self, inside: &Inside) -> bool {
        inside.dead.contains(&self.engine.token())
    }

    fn request<'a, T: Send + 'a>(
        &'a self,
        carry_out: impl FnMut(&mut EngineMachine, u128) -> T + Send + 'a,
    ) -> Reply<'a, T> {
        Box::pin(async move {
            let engine = self.connection.get().ok_or(StoreError::NotConnected)?;
            engine.request(carry_out).await
        })
    }
}

impl SharedStore for FakeStore {
    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn charge<'a>(&'a self, charge: &'a Charge<'a>) -> Reply<'a, Charged> {
        self.request(|machine, now| machine.charge(self.engine.namespace(), charge, now))
    }

    fn fetch<'a>(&'a self, key: &'a StateKey<'a>) -> Reply<'a, Fetched> {
        self.request(|machine, now| machine.fetch(self.engine.namespace(), key, now))
    }

    fn lease<'a>(&'a self, lease: &'a LeaseRequest<'a>) -> Reply<'a, Leased> {
        self.request(|machine, now| machine.lease(self.engine.namespace(), lease, now))
    }

    fn signal<'a>(&'a self, key: &'a StateKey<'a>) -> Reply<'a, OpenSignal> {
        self.request(|machine, now| machine.signal(self.engine.namespace(), key, now))
    }

    fn probe<'a>(&'a self, probe: &'a Probe<'a>) -> Reply<'a, bool> {
        self.request(|machine, now| machine.probe(self.engine.namespace(), probe, now))
    }

    fn update(&self, update: Update) {
        match self.connection.get() {
            Some(engine) => engine.update(self, &update),
            None => self.postpone(&update, &StoreError::NotConnected),
        }
    }
}
