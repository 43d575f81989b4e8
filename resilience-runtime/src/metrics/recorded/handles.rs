use std::cell::{Cell, RefCell};
use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use ::metrics::{Counter, Gauge, Histogram, Key, with_recorder};

use super::recorder::{self, RecorderId};
use super::{METADATA, NameSeries, record};
use crate::registry::Entry;
use crate::sync::lock;
use crate::time::{coarse_nanos, nanos};

#[derive(Debug)]
pub struct KeptHandles {
    id: usize,
    current: Mutex<Option<Arc<HandleSet>>>,
}

#[derive(Debug)]
pub struct HandleSet {
    /// The number of its owner.
    id: usize,
    since: u64,
    keys: Arc<[Key]>,
    owner: Weak<Entry<NameSeries>>,
    /// The calls of a function that are in progress.
    pub(super) calls: Arc<AtomicU64>,
    handles: Box<[OnceLock<SeriesHandle>]>,
}

/// An exporter drops a series that was idle for some time, and a handle from before would count
/// into nothing.
pub const LIFETIME: Duration = Duration::from_secs(1);

impl HandleSet {
    fn is_usable(&self, now: u64) -> bool {
        now.wrapping_sub(self.since) < nanos(LIFETIME)
    }

    pub fn handles(self: &Arc<Self>) -> Handles<'_> {
        Handles { keys: &self.keys, kept: Some(self), recent: None }
    }

    pub fn key(&self, index: usize) -> &Key {
        &self.keys[index]
    }

    /// Calls with the handles of now, which may be others.
    #[cold]
    pub fn refreshed<T>(&self, keeps_handles: bool, with: impl FnOnce(&Handles<'_>) -> T) -> T {
        match self.owner.upgrade() {
            Some(series) => series.handles(keeps_handles, with),
            None => with(&Handles { keys: &self.keys, kept: None, recent: None }),
        }
    }

    /// Ends a call that has kept the set. The next one on this thread takes it without counting.
    #[inline]
    pub fn give_back(self: Arc<Self>) {
        let mut set = Some(self);
        let _gone_at_the_end_of_a_thread = RECENT.try_with(|recent| {
            let recent = recent.0.borrow();
            let Some(slot) = set.as_ref().and_then(|set| recent[set.id % RECENT_SETS].as_ref()) else { return };
            if set.as_ref().is_some_and(|set| Arc::ptr_eq(&slot.set, set)) {
                // One more is no last reference, so its drop is that of a number.
                drop(slot.spare.replace(set.take()));
            }
        });
    }
}

/// The sets that this thread used last, by the number of their owner. Without them, each count would
/// take the lock.
struct RecentSets(RefCell<[Option<RecentSet>; RECENT_SETS]>);

struct RecentSet {
    set: Arc<HandleSet>,
    /// For the next call that keeps the set for its time.
    spare: Cell<Option<Arc<HandleSet>>>,
}

const RECENT_SETS: usize = 32;

thread_local! {
    static RECENT: RecentSets = const { RecentSets(RefCell::new([const { None }; RECENT_SETS])) };
}

impl Drop for RecentSets {
    fn drop(&mut self) {
        let sets = mem::replace(self.0.get_mut(), [const { None }; RECENT_SETS]);
        record(|| drop(sets));
    }
}

#[derive(Debug)]
enum SeriesHandle {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

pub struct Handles<'a> {
    keys: &'a [Key],
    kept: Option<&'a Arc<HandleSet>>,
    recent: Option<&'a RecentSet>,
}

impl NameSeries {
    pub(super) fn record<T>(
        &self,
        recorder: RecorderId,
        index: usize,
        with: impl FnOnce(&Handles<'_>) -> T,
    ) -> Option<T> {
        let keeps_handles = recorder::keeps_handles(recorder, || &self.keys[index]);
        record(|| {
            if !keeps_handles {
                self.announce_to(recorder);
            }
            self.handles(keeps_handles, with)
        })
    }

    pub(super) fn key(&self, index: usize) -> &Key {
        &self.keys[index]
    }

    pub(super) fn handles<T>(&self, keeps_handles: bool, with: impl FnOnce(&Handles<'_>) -> T) -> T {
        let keys = &*self.keys;
        if keeps_handles {
            self.kept.with(self, |set, recent| with(&Handles { keys, kept: Some(set), recent }))
        } else {
            with(&Handles { keys, kept: None, recent: None })
        }
    }
}

impl Handles<'_> {
    /// The set for the time of a call, if it is kept.
    #[inline]
    pub fn kept(&self) -> Option<Arc<HandleSet>> {
        let spare = self.recent.and_then(|recent| recent.spare.take());
        spare.or_else(|| self.kept.map(Arc::clone))
    }
}

impl KeptHandles {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed), current: Mutex::new(None) }
    }

    const fn slot(&self) -> usize {
        self.id % RECENT_SETS
    }

    #[inline]
    fn with<T>(&self, series: &NameSeries, run: impl FnOnce(&Arc<HandleSet>, Option<&RecentSet>) -> T) -> T {
        let (now, mut run) = (coarse_nanos(), Some(run));
        let done = RECENT.try_with(|recent| match &recent.0.borrow()[self.slot()] {
            Some(recent) if recent.set.id == self.id && recent.set.is_usable(now) => {
                run.take().map(|run| run(&recent.set, Some(recent)))
            }
            _ => None,
        });
        match (done, run) {
            (Ok(Some(out)), _) => out,
            (_, Some(run)) => run(&self.usable(now, series), None),
            (_, None) => unreachable!("it has run"),
        }
    }

    #[cold]
    fn usable(&self, now: u64, series: &NameSeries) -> Arc<HandleSet> {
        let known = lock(&self.current).as_ref().filter(|set| set.is_usable(now)).map(Arc::clone);
        let set = known.unwrap_or_else(|| {
            let set = Arc::new(HandleSet {
                id: self.id,
                since: now,
                keys: Arc::clone(&series.keys),
                owner: series.shared.get().cloned().unwrap_or_default(),
                calls: Arc::clone(&series.calls),
                handles: series.keys.iter().map(|_| OnceLock::new()).collect(),
            });
            let before = lock(&self.current).replace(Arc::clone(&set));
            drop(before);
            series.announce();
            set
        });
        let recent = RecentSet { set: Arc::clone(&set), spare: Cell::new(None) };
        let before = RECENT.try_with(|sets| sets.0.borrow_mut()[self.slot()].replace(recent));
        drop(before);
        set
    }
}

macro_rules! handles {
    ($($kind:ident $method:ident $register:ident;)*) => {
        impl Handles<'_> {$(
            #[inline]
            pub fn $method<T>(&self, index: usize, with: impl FnOnce(&$kind) -> T) -> T {
                let kept = self.kept.map(|set| &set.handles[index]);
                match kept.and_then(OnceLock::get) {
                    Some(SeriesHandle::$kind(handle)) => with(handle),
                    _ => {
                        let handle = with_recorder(|recorder| recorder.$register(&self.keys[index], &METADATA));
                        let out = with(&handle);
                        // Not by `get_or_init`: another thread would wait for the recorder.
                        kept.map(|kept| kept.set(SeriesHandle::$kind(handle)));
                        out
                    }
                }
            }
        )*}
    };
}

handles! {
    Counter counter register_counter;
    Gauge gauge register_gauge;
    Histogram histogram register_histogram;
}

impl Drop for KeptHandles {
    fn drop(&mut self) {
        if let Some(set) = lock(&self.current).take() {
            record(|| drop(set));
        }
    }
}
