use std::cell::{Cell, RefCell};
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use ::metrics::{Counter, Gauge, Histogram, Key, with_recorder};

use super::super::OfFunction;
use super::recorder::{self, RecorderId};
use super::{METADATA, NameSeries, Series, record};
use crate::registry::Entry;
use crate::sync::lock;
use crate::time::{Stopwatch, coarse_nanos, nanos, system_nanos};

#[derive(Debug)]
pub struct KeptHandles {
    id: usize,
    current: Mutex<Option<Arc<HandleSet>>>,
}

#[derive(Debug)]
pub struct HandleSet {
    id: usize,
    recorder: RecorderId,
    since: u64,
    is_timed: AtomicBool,
    keys: Arc<[Key]>,
    owner: Weak<Entry<NameSeries>>,
    pub(super) calls: Arc<AtomicU64>,
    handles: Box<[OnceLock<SeriesHandle>]>,
}

/// An exporter drops a series that was idle for some time, and a handle from before would count
/// into nothing.
pub const LIFETIME: Duration = Duration::from_secs(1);

impl HandleSet {
    #[inline]
    fn is_usable(&self, now: u64) -> bool {
        now.wrapping_sub(self.since) < nanos(LIFETIME)
    }

    #[inline]
    pub fn handles(self: &Arc<Self>) -> Handles<'_> {
        Handles { keys: &self.keys, kept: Some(self), recent: None, read: None }
    }

    #[inline]
    pub fn is_of(&self, recorder: RecorderId) -> bool {
        self.recorder == recorder
    }

    /// Calls with the handles of now, which may be others.
    #[cold]
    pub fn refreshed<T>(&self, recorder: RecorderId, with: impl FnOnce(&Handles<'_>) -> T) -> T {
        match self.owner.upgrade() {
            Some(series) => series.handles(recorder, with),
            None => with(&Handles::of_now(&self.keys)),
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
    read: Option<u64>,
}

impl NameSeries {
    pub(super) fn count(&self, recorder: RecorderId, index: usize, times: u64) {
        self.record(recorder, |handles| handles.counter(index, |counter| counter.increment(times)));
    }

    #[inline]
    pub(super) fn record<T>(&self, recorder: RecorderId, with: impl FnOnce(&Handles<'_>) -> T) -> Option<T> {
        record(|| self.recent(recorder, false, with).unwrap_or_else(|with| self.announced(recorder, with)))
    }

    #[inline]
    pub(super) fn record_begin<T>(&self, recorder: RecorderId, with: impl FnOnce(&Handles<'_>) -> T) -> Option<T> {
        record(|| self.recent(recorder, true, with).unwrap_or_else(|with| self.announced(recorder, with)))
    }

    pub(super) fn handles<T>(&self, recorder: RecorderId, with: impl FnOnce(&Handles<'_>) -> T) -> T {
        self.recent(recorder, false, with).unwrap_or_else(|with| self.of_now(recorder, false, with))
    }

    /// Gives `with` back where this thread has no recent handles of this recorder.
    #[inline]
    fn recent<T, W: FnOnce(&Handles<'_>) -> T>(&self, recorder: RecorderId, begins: bool, with: W) -> Result<T, W> {
        let mut with = Some(with);
        let done = RECENT.try_with(|recent| {
            let recent = &recent.0.borrow()[self.kept.slot()];
            let recent = recent.as_ref().filter(|recent| self.kept.is_owner_of(&recent.set, recorder))?;
            let set = &recent.set;
            let read = if begins && set.is_timed.load(Ordering::Relaxed) { system_nanos() } else { None };
            if !set.is_usable(read.unwrap_or_else(coarse_nanos)) {
                return None;
            }
            with.take().map(|with| with(&Handles { keys: &set.keys, kept: Some(set), recent: Some(recent), read }))
        });
        match (done, with) {
            (Ok(Some(out)), _) => Ok(out),
            (_, Some(with)) => Err(with),
            (_, None) => unreachable!("it has run"),
        }
    }

    #[cold]
    #[inline(never)]
    fn announced<T>(&self, recorder: RecorderId, with: impl FnOnce(&Handles<'_>) -> T) -> T {
        self.of_now(recorder, true, with)
    }

    fn of_now<T>(&self, recorder: RecorderId, announces: bool, with: impl FnOnce(&Handles<'_>) -> T) -> T {
        if recorder::keeps_handles(recorder, || self.key_of_counter()) {
            return with(&self.kept.usable(recorder, self).handles());
        }
        if announces {
            self.announce_to(recorder);
        }
        with(&Handles::of_now(&self.keys))
    }

    fn key_of_counter(&self) -> &Key {
        let mut counters = self.keys.iter().filter(|key| key.name().ends_with("_total"));
        counters.next().unwrap_or(&self.keys[0])
    }

    #[cold]
    pub(super) fn of_one_call(&self, gauge: Gauge) -> Arc<HandleSet> {
        let handles = OfFunction::InProgress.index() + 1;
        let set = self.kept.new_set(RecorderId::default(), 0, self, handles);
        let _is_empty = set.handles[OfFunction::InProgress.index()].set(SeriesHandle::Gauge(gauge));
        Arc::new(set)
    }
}

impl<'a> Handles<'a> {
    const fn of_now(keys: &'a [Key]) -> Self {
        Self { keys, kept: None, recent: None, read: None }
    }

    #[inline]
    pub fn kept(&self) -> Option<Arc<HandleSet>> {
        let spare = self.recent.and_then(|recent| recent.spare.take());
        spare.or_else(|| self.kept.map(Arc::clone))
    }

    #[inline]
    pub fn read(&self) -> Option<Stopwatch> {
        self.read.map(Stopwatch::at)
    }

    pub fn set_timed(&self) {
        if let Some(set) = self.kept {
            set.is_timed.store(true, Ordering::Relaxed);
        }
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
    fn is_owner_of(&self, set: &HandleSet, recorder: RecorderId) -> bool {
        set.id == self.id && set.is_of(recorder)
    }

    fn new_set(&self, recorder: RecorderId, since: u64, series: &NameSeries, handles: usize) -> HandleSet {
        HandleSet {
            id: self.id,
            recorder,
            since,
            is_timed: AtomicBool::new(false),
            keys: Arc::clone(&series.keys),
            owner: series.shared.get().cloned().unwrap_or_default(),
            calls: Arc::clone(&series.calls),
            handles: (0..handles).map(|_| OnceLock::new()).collect(),
        }
    }

    fn usable(&self, recorder: RecorderId, series: &NameSeries) -> Arc<HandleSet> {
        let now = coarse_nanos();
        let known = lock(&self.current).as_ref().filter(|set| set.is_usable(now)).map(Arc::clone);
        let set = known.unwrap_or_else(|| {
            let set = Arc::new(self.new_set(recorder, now, series, series.keys.len()));
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
    ($($kind:ident $method:ident $make:ident $register:ident;)*) => {
        impl Handles<'_> {$(
            #[inline]
            pub fn $method<T>(&self, index: usize, with: impl FnOnce(&$kind) -> T) -> T {
                match self.kept.and_then(|set| set.handles.get(index)).and_then(OnceLock::get) {
                    Some(SeriesHandle::$kind(handle)) => with(handle),
                    _ => self.$make(index, with),
                }
            }

            #[cold]
            #[inline(never)]
            fn $make<T>(&self, index: usize, with: impl FnOnce(&$kind) -> T) -> T {
                let handle = with_recorder(|recorder| recorder.$register(&self.keys[index], &METADATA));
                let out = with(&handle);
                // Not by `get_or_init`: another thread would wait for the recorder.
                self.kept.and_then(|set| set.handles.get(index)).map(|kept| kept.set(SeriesHandle::$kind(handle)));
                out
            }
        )*}
    };
}

handles! {
    Counter counter make_counter register_counter;
    Gauge gauge make_gauge register_gauge;
    Histogram histogram make_histogram register_histogram;
}

impl Drop for KeptHandles {
    fn drop(&mut self) {
        if let Some(set) = lock(&self.current).take() {
            record(|| drop(set));
        }
    }
}
