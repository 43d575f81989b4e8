//! A lock for reading and writing that becomes biased to readers, where threads read by turns.
//!
//! All readers of a plain lock write to one cache line, and wait for it. Here a thread that has to
//! gets a part with a reference to the value, and locks this part alone. A writer locks the plain
//! lock and takes all references back, so it pays for the parts that have been read since the last
//! writer. A value that one thread at a time reads has none.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::sync::{read, try_read, try_write, write};

/// A power of two, and at most as many as `biased` has bits.
const PARTS: usize = 8;
/// The times that another thread reads, until a part saves more than the next writer pays for it.
const TURNS: usize = 8;

/// Apart from its neighbours, as each part is.
#[repr(align(128))]
pub struct BiasedLock<T> {
    place: RwLock<ValuePlace<T>>,
    /// The parts that hold a reference, by their bits. They get it while `place` is locked for reading.
    biased: AtomicUsize,
    last_reader: AtomicUsize,
    /// Since the last writer.
    turns: AtomicUsize,
    writes: AtomicU64,
    parts: OnceLock<Box<[ReaderPart<T>]>>,
}

/// Two cache lines, because processors fetch them in pairs.
#[repr(align(128))]
struct ReaderPart<T>(RwLock<Option<Arc<T>>>);

/// One of both. A value that nobody shares is found without another load, and written without a count.
struct ValuePlace<T> {
    alone: Option<T>,
    shared: Option<Arc<T>>,
}

impl<T> ValuePlace<T> {
    #[inline]
    fn get(&self) -> &T {
        match (&self.alone, &self.shared) {
            (Some(value), _) => value,
            (None, Some(value)) => value,
            (None, None) => unreachable!("the value is in one of both places"),
        }
    }
}

pub struct WriteGuard<'a, T> {
    place: RwLockWriteGuard<'a, ValuePlace<T>>,
}

impl<T> Deref for WriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.place.get()
    }
}

impl<T> DerefMut for WriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        let ValuePlace { alone, shared } = &mut *self.place;
        match (alone, shared.as_mut().and_then(Arc::get_mut)) {
            (Some(value), _) | (None, Some(value)) => value,
            (None, None) => unreachable!("the writer has taken the references back"),
        }
    }
}

impl<T> BiasedLock<T> {
    pub const fn new(value: T) -> Self {
        Self {
            place: RwLock::new(ValuePlace { alone: Some(value), shared: None }),
            biased: AtomicUsize::new(0),
            last_reader: AtomicUsize::new(usize::MAX),
            turns: AtomicUsize::new(0),
            writes: AtomicU64::new(0),
            parts: OnceLock::new(),
        }
    }

    /// `thread` is a number of the calling thread, which few others have.
    #[inline]
    pub fn read<R>(&self, thread: usize, with: impl FnOnce(&T) -> R) -> R {
        let (out, is_biased) = {
            let part = if self.biased.load(Ordering::Relaxed) == 0 { None } else { self.own_part(thread) };
            let place;
            let value = match part.as_ref().and_then(|part| part.as_deref()) {
                Some(value) => value,
                None => {
                    place = read(&self.place);
                    place.get()
                }
            };
            (with(value), part.is_some())
        };
        if !is_biased && self.last_reader.load(Ordering::Relaxed) != thread {
            self.take_turn(thread);
        }
        out
    }

    /// A part without a reference is not kept locked: a writer that has locked the value would wait for it.
    fn own_part(&self, thread: usize) -> Option<RwLockReadGuard<'_, Option<Arc<T>>>> {
        let part = self.parts.get()?.get(thread % PARTS)?;
        Some(read(&part.0)).filter(|part| part.is_some())
    }

    #[cold]
    fn take_turn(&self, thread: usize) {
        self.last_reader.store(thread, Ordering::Relaxed);
        // Turns that are lost between two threads come again.
        let turns = self.turns.load(Ordering::Relaxed) + 1;
        self.turns.store(turns, Ordering::Relaxed);
        if turns >= TURNS {
            self.bias(thread);
        }
    }

    /// Waits for nobody: if a lock is taken, a later turn does it.
    fn bias(&self, thread: usize) {
        if self.parts.get().is_none() {
            self.share();
        }
        let Some(place) = try_read(&self.place) else { return };
        let part = self.parts.get().and_then(|parts| parts.get(thread % PARTS));
        if let (Some(part), Some(shared)) = (part, &place.shared) {
            let Some(mut part) = try_write(&part.0) else { return };
            *part = Some(Arc::clone(shared));
            self.biased.fetch_or(1 << (thread % PARTS), Ordering::Relaxed);
        }
    }

    fn share(&self) {
        let Some(mut place) = try_write(&self.place) else { return };
        if let Some(value) = place.alone.take() {
            place.shared = Some(Arc::new(value));
        }
        self.parts.get_or_init(|| (0..PARTS).map(|_| ReaderPart(RwLock::new(None))).collect());
    }

    pub fn write(&self) -> WriteGuard<'_, T> {
        let place = write(&self.place);
        if self.biased.load(Ordering::Relaxed) != 0 {
            self.take_back();
        }
        self.turns.store(0, Ordering::Relaxed);
        self.writes.store(self.writes.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        WriteGuard { place }
    }

    /// How often the lock was taken for writing. It stays the same while a reader has it.
    #[inline]
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// With the value locked, so that no part gets another reference.
    #[cold]
    fn take_back(&self) {
        let biased = self.biased.swap(0, Ordering::Relaxed);
        for (number, part) in self.parts.get().into_iter().flatten().enumerate() {
            if biased >> number & 1 == 1 {
                *write(&part.0) = None;
            }
        }
    }
}

#[cfg(test)]
mod tests;
