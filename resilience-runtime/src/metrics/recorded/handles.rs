use std::cell::RefCell;
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use ::metrics::{Counter, Gauge, Histogram, Key, with_recorder};

use super::recorder::{self, RecorderId};
use super::{METADATA, NameSeries, record};
use crate::sync::lock;
use crate::time::coarse_millis;

#[derive(Debug)]
pub struct KeptHandles {
    id: usize,
    current: Mutex<Option<Arc<HandleSet>>>,
}

#[derive(Debug)]
pub struct HandleSet {
    since: u64,
    handles: Box<[OnceLock<SeriesHandle>]>,
}

/// An exporter drops a series that was idle for some time, and a handle from before would count
/// into nothing.
const LIFETIME_MILLIS: u64 = 1_000;

pub const LIFETIME: Duration = Duration::from_millis(LIFETIME_MILLIS);

impl HandleSet {
    fn is_usable(&self, now: u64) -> bool {
        now.wrapping_sub(self.since) < LIFETIME_MILLIS
    }
}

/// The sets that this thread used last, by the number of their owner. Without them, each count would
/// take the lock.
#[derive(Debug)]
struct RecentSets(RefCell<[RecentSet; RECENT_SETS]>);

type RecentSet = Option<(usize, Arc<HandleSet>)>;

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

    pub(super) fn handles<T>(&self, keeps_handles: bool, with: impl FnOnce(&Handles<'_>) -> T) -> T {
        let keys = &*self.keys;
        if keeps_handles {
            self.kept.with(self, |kept| with(&Handles { keys, kept: Some(kept) }))
        } else {
            with(&Handles { keys, kept: None })
        }
    }

    pub(super) fn key(&self, index: usize) -> &Key {
        &self.keys[index]
    }

    pub(super) fn handles_of<'a>(&'a self, kept: &'a Arc<HandleSet>) -> Handles<'a> {
        Handles { keys: &self.keys, kept: Some(kept) }
    }
}

impl Handles<'_> {
    pub fn kept(&self) -> Option<Arc<HandleSet>> {
        self.kept.map(Arc::clone)
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
    fn with<T>(&self, series: &NameSeries, run: impl FnOnce(&Arc<HandleSet>) -> T) -> T {
        let (now, mut run) = (coarse_millis(), Some(run));
        let done = RECENT.try_with(|recent| match &recent.0.borrow()[self.slot()] {
            Some((id, set)) if *id == self.id && set.is_usable(now) => run.take().map(|run| run(set)),
            _ => None,
        });
        match (done, run) {
            (Ok(Some(out)), _) => out,
            (_, Some(run)) => run(&self.usable(now, series)),
            (_, None) => unreachable!("it has run"),
        }
    }

    #[cold]
    fn usable(&self, now: u64, series: &NameSeries) -> Arc<HandleSet> {
        let known = lock(&self.current).as_ref().filter(|set| set.is_usable(now)).map(Arc::clone);
        let set = known.unwrap_or_else(|| {
            let handles = series.keys.iter().map(|_| OnceLock::new()).collect();
            let set = Arc::new(HandleSet { since: now, handles });
            let before = lock(&self.current).replace(Arc::clone(&set));
            drop(before);
            series.announce();
            set
        });
        let entry = (self.id, Arc::clone(&set));
        let before = RECENT.try_with(|recent| recent.0.borrow_mut()[self.slot()].replace(entry));
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
