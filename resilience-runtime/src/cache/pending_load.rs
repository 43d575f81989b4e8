//! One load: how many of its callers run the body, how many wait, and how it ends.

use std::cell::Cell;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::cache_policy::SharedFailure;
use crate::context::facts::Fact;
use crate::sync::lock;
use crate::time::Moment;

#[derive(Debug)]
pub struct LoadResult<V> {
    pub outcome: LoadOutcome<V>,
    /// The leader's deadline, if it decided the outcome: a caller with more time loads again.
    pub deadline: Option<Moment>,
    /// The fact about the failure that the leader has recorded.
    pub fact: Option<Fact>,
}

#[derive(Debug)]
pub enum LoadOutcome<V> {
    Loaded {
        value: V,
        degraded: bool,
    },
    /// The error, and whether a limit has ended the load.
    Failed(SharedFailure, bool),
}

#[derive(Debug)]
pub struct PendingLoad<K, V> {
    pub id: NonZeroU64,
    pub key: K,
    pub hash: u64,
    /// A load that cannot be joined is listed only so that it can be detached.
    pub can_be_joined: bool,
    /// Locked during the store: a value is stored before the load is detached, or not at all.
    pub is_detached: Mutex<bool>,
    progress: Mutex<Progress<V>>,
    changed: Notify,
}

#[derive(Debug)]
struct Progress<V> {
    running: u32,
    /// More than one only after a failure that could not be shared.
    max_running: u32,
    waiting: u32,
    is_listed: bool,
    end: Option<LoadEnd<V>>,
}

#[derive(Debug)]
pub enum LoadEnd<V> {
    Completed(Arc<LoadResult<V>>),
    Abandoned,
}

impl<V> Clone for LoadEnd<V> {
    fn clone(&self) -> Self {
        match self {
            Self::Completed(result) => Self::Completed(Arc::clone(result)),
            Self::Abandoned => Self::Abandoned,
        }
    }
}

#[derive(Debug)]
pub enum LoadTurn<V> {
    Run,
    Wait,
    Ended(LoadEnd<V>),
}

/// Each thread takes a range of numbers at a time.
fn next_id() -> NonZeroU64 {
    const RANGE: u64 = 1024;
    static NEXT_RANGE: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NEXT: Cell<u64> = const { Cell::new(0) };
    }
    let next = match NEXT.get() {
        used_up if used_up % RANGE == 0 => NEXT_RANGE.fetch_add(1, Ordering::Relaxed).wrapping_mul(RANGE) + 1,
        next => next,
    };
    NEXT.set(next + 1);
    NonZeroU64::new(next).unwrap_or(NonZeroU64::MIN)
}

impl<K, V> PendingLoad<K, V> {
    pub fn new(key: K, hash: u64, can_be_joined: bool) -> Arc<Self> {
        let id = next_id();
        let progress = Progress { running: 1, max_running: 1, waiting: 0, is_listed: true, end: None };
        Arc::new(Self {
            id,
            key,
            hash,
            can_be_joined,
            is_detached: Mutex::new(false),
            progress: Mutex::new(progress),
            changed: Notify::new(),
        })
    }

    pub fn join(&self) -> LoadTurn<V> {
        let mut progress = lock(&self.progress);
        let turn = progress.turn();
        if matches!(turn, LoadTurn::Wait) {
            progress.waiting += 1;
        }
        turn
    }

    /// A waiting caller checks the load again. Unless it keeps waiting, it is no longer counted.
    pub fn look_again(&self) -> LoadTurn<V> {
        let mut progress = lock(&self.progress);
        let turn = progress.turn();
        if !matches!(turn, LoadTurn::Wait) {
            progress.waiting -= 1;
        }
        turn
    }

    /// Call it before [`look_again`](Self::look_again), or a change in between is lost.
    pub fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Ends the load if no other caller takes part in it.
    pub fn end_alone(&self) -> bool {
        let mut progress = lock(&self.progress);
        let is_alone = progress.waiting == 0 && progress.running == 1;
        if is_alone {
            progress.running = 0;
            progress.is_listed = false;
            progress.end = Some(LoadEnd::Abandoned);
        }
        is_alone
    }

    /// Returns whether the load is over.
    pub fn stop_waiting(&self) -> bool {
        let mut progress = lock(&self.progress);
        progress.waiting -= 1;
        progress.abandon_if_unused()
    }

    /// A caller ends without a result for the others. One of them continues, or as many as
    /// `max_running` allows. Returns whether the load is over.
    pub fn hand_over(&self, max_running: Option<u32>) -> bool {
        let is_over = {
            let mut progress = lock(&self.progress);
            progress.running -= 1;
            progress.max_running = max_running.unwrap_or(progress.max_running);
            if progress.running == 0 && !progress.is_listed {
                progress.end.get_or_insert(LoadEnd::Abandoned);
            }
            progress.abandon_if_unused()
        };
        // Wakes all waiters, because the future of a single one may be held and never polled.
        self.changed.notify_waiters();
        is_over
    }

    pub fn complete(&self, result: LoadResult<V>) {
        {
            let mut progress = lock(&self.progress);
            progress.running -= 1;
            progress.end.get_or_insert_with(|| LoadEnd::Completed(Arc::new(result)));
        }
        self.changed.notify_waiters();
    }

    /// Waiters of a load that is not listed must not begin it again, because later callers would not find it.
    pub fn delisted(&self) {
        lock(&self.progress).is_listed = false;
    }
}

impl<V> Progress<V> {
    fn turn(&mut self) -> LoadTurn<V> {
        if let Some(end) = &self.end {
            return LoadTurn::Ended(end.clone());
        }
        if self.running < self.max_running {
            self.running += 1;
            return LoadTurn::Run;
        }
        LoadTurn::Wait
    }

    fn abandon_if_unused(&mut self) -> bool {
        if self.running == 0 && self.waiting == 0 {
            self.end.get_or_insert(LoadEnd::Abandoned);
        }
        self.end.is_some()
    }
}
