//! The open signal of a breaker, which processes share in a store.
//!
//! Each process counts for itself. What it shares is that its breaker has opened or closed, and the
//! right to probe: before a call, the breaker reads the signal, at most once a second, or at once
//! after a message. Without the store, it decides as if it were alone.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use super::record::FailureCause;
use super::rejection::RejectedCall;
use super::state::Effect;
use super::{BreakerState, CircuitBreaker};
use crate::registry::FunctionRef;
use crate::store::{
    InstanceKey, KeyHash, Notice, NoticeKind, OpenSignal, OwnedStateKey, Probe, SharedByKey, SharedState, SharedStore,
    StateKey, Subscription, Update, ask,
};
use crate::sync::lock;
use crate::time::{self, Moment};

const READ_EVERY: Duration = Duration::from_secs(1);

/// Exists in every breaker; nothing of it is used before a call comes with a store.
#[derive(Debug)]
pub struct SignalLink {
    bound: OnceLock<BoundSignal>,
    key: InstanceKey,
}

struct BoundSignal {
    store: &'static dyn SharedStore,
    key: OwnedStateKey,
    /// The generation of the last signal.
    known: Mutex<u64>,
    /// In nanoseconds. Zero after a message.
    next_read: Arc<AtomicU64>,
    _subscription: Subscription,
}

/// The request that a call has to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Signal,
    Probe,
}

impl SignalLink {
    pub const fn new() -> Self {
        Self { bound: OnceLock::new(), key: InstanceKey::new() }
    }

    /// The first store is that of the breaker. `None` for a key that processes cannot share.
    fn bind(&self, name: &str, store: &'static dyn SharedStore) -> Option<&BoundSignal> {
        let hash = self.key.hash().ok()?;
        Some(self.bound.get_or_init(|| {
            let next_read = Arc::new(AtomicU64::new(0));
            let is_due = Arc::clone(&next_read);
            let heed = move |notice: &Notice| {
                if notice.hash == hash && notice.kind == NoticeKind::Signal {
                    is_due.store(0, Ordering::Release);
                }
            };
            let subscription = store.engine().subscribe(SharedState::Breaker, name, heed);
            let key =
                OwnedStateKey { state: SharedState::Breaker, name: name.to_owned(), variant: String::new(), hash };
            BoundSignal { store, key, known: Mutex::new(0), next_read, _subscription: subscription }
        }))
    }
}

impl BoundSignal {
    fn is_read_due(&self, now: Moment) -> bool {
        self.next_read.load(Ordering::Acquire) <= now.as_nanos()
    }

    /// One of the calls reads; the others go on with what is known.
    fn begins_read(&self, now: Moment) -> bool {
        let next = self.next_read.load(Ordering::Acquire);
        let then = now.after(READ_EVERY).as_nanos();
        next <= now.as_nanos()
            && self.next_read.compare_exchange(next, then, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    fn read_soon(&self) {
        self.next_read.store(0, Ordering::Release);
    }

    async fn signal(&self) -> Option<OpenSignal> {
        let key = self.key.borrow();
        ask(self.store, |store| store.signal(&key)).await.ok()
    }

    /// A message without an update would be about nothing that the others can read.
    fn tell(&self, update: Update) {
        self.store.update(update);
        let StateKey { state, name, hash, .. } = self.key.borrow();
        self.store.update(Update::Tell(Notice { state, name: name.to_owned(), hash, kind: NoticeKind::Signal }));
    }
}

impl fmt::Debug for BoundSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundSignal").field("store", &self.store.engine().namespace()).finish_non_exhaustive()
    }
}

/// Asks the store before a call, if there is something to ask.
///
/// # Errors
///
/// The rejection, if another process probes the service.
#[inline]
pub async fn heed_signal<'a>(
    breaker: &'a CircuitBreaker,
    store: &'static dyn SharedStore,
) -> Result<(), RejectedCall<'a>> {
    let Some(bound) = breaker.signal.bind(&breaker.name, store) else { return Ok(()) };
    match breaker.question(bound) {
        None => Ok(()),
        // Boxed and rare, so the future of the call stays small.
        Some(question) => Box::pin(breaker.ask_store(bound, question)).await,
    }
}

impl SharedByKey for CircuitBreaker {
    /// Keys without room have no breaker.
    const OVERFLOW: Option<KeyHash> = None;

    fn instance_key(&self) -> &InstanceKey {
        &self.signal.key
    }
}

impl CircuitBreaker {
    fn question(&self, bound: &BoundSignal) -> Option<Question> {
        let now = time::now();
        // One that is disabled would not heed the answer.
        if bound.is_read_due(now) && self.state() != BreakerState::Disabled && bound.begins_read(now) {
            return Some(Question::Signal);
        }
        self.asks_to_probe(bound).then_some(Question::Probe)
    }

    /// Returns whether the next call would be the first probe after an opening that the others know
    /// of.
    fn asks_to_probe(&self, bound: &BoundSignal) -> bool {
        if self.mirror.load().admits() || *lock(&bound.known) % 2 == 0 {
            return false;
        }
        let inside = self.lock();
        inside.inside.state.open_until().is_some_and(|until| until <= time::now())
    }

    async fn ask_store(&self, bound: &BoundSignal, question: Question) -> Result<(), RejectedCall<'_>> {
        if question == Question::Signal {
            self.heed(bound, bound.signal().await);
        }
        if !self.asks_to_probe(bound) {
            return Ok(());
        }
        let (generation, (max, lease)) = (*lock(&bound.known), self.probe_limits());
        let key = bound.key.borrow();
        let probe = Probe { key, generation, max, token: bound.store.engine().token(), time: lease };
        match ask(bound.store, |store| store.probe(&probe)).await {
            Ok(false) => {
                // Another process probes, or the opening is over.
                self.heed(bound, bound.signal().await);
                let is_still_due = self.asks_to_probe(bound);
                if is_still_due {
                    return Err(RejectedCall::probed(self));
                }
                Ok(())
            }
            Ok(true) | Err(_) => Ok(()),
        }
    }

    fn probe_limits(&self) -> (u32, Duration) {
        let mut inside = self.lock();
        let (config, _) = inside.parts();
        (config.half_open_max, config.probe_lease)
    }

    fn heed(&self, bound: &BoundSignal, signal: Option<OpenSignal>) {
        let Some(OpenSignal { generation, left }) = signal else { return };
        let before = std::mem::replace(&mut *lock(&bound.known), generation);
        if generation == before {
            return;
        }
        if generation % 2 == 1 {
            // A signal that is older than its recovery opens nothing.
            if !left.is_zero() {
                self.change_by_signal(|breaker, now| breaker.open_by_signal(now, left));
            }
        } else if before % 2 == 1 {
            self.change_by_signal(|breaker, _| breaker.close_by_signal());
        }
    }

    /// As a change of its own, which nobody has to be told.
    fn change_by_signal(&self, change: impl FnOnce(&mut super::BreakerMachine, Moment) -> Effect) {
        let (effect, generation, change) = {
            let mut inside = self.lock();
            let (_, state) = inside.parts();
            let effect = change(state, time::now());
            let generation = state.generation;
            let change = if matches!(effect, Effect::None) { None } else { inside.observe() };
            (effect, generation, change)
        };
        self.show_change(effect, generation, change, &FailureCause::of(FunctionRef::UNNAMED));
    }

    /// Tells the other processes of a change of this one.
    pub(super) fn share_change(&self, effect: Effect) {
        match effect {
            Effect::Opened(time) => self.share_opening(time),
            Effect::Closed => self.share_closing(),
            Effect::None | Effect::HalfOpened => {}
        }
    }

    fn share_opening(&self, time: Duration) {
        let Some(bound) = self.signal.bound.get() else { return };
        let quorum = {
            let mut inside = self.lock();
            inside.parts().0.quorum
        };
        let token = bound.store.engine().token();
        bound.tell(Update::Open { key: bound.key.clone(), token, time, quorum });
        // Its own message does not reach this process.
        bound.read_soon();
    }

    pub(super) fn share_closing(&self) {
        let Some(bound) = self.signal.bound.get() else { return };
        let generation = {
            let mut known = lock(&bound.known);
            let opening = *known;
            if opening % 2 == 1 {
                *known = opening + 1;
            }
            opening
        };
        if generation % 2 == 1 {
            bound.tell(Update::Close { key: bound.key.clone(), generation });
        }
    }

    pub(super) fn store_namespace(&self) -> Option<&'static str> {
        Some(self.signal.bound.get()?.store.engine().namespace())
    }
}
