//! Which recorder is current, and whether handles that it made may be kept.
//!
//! Handles are kept for the global recorder alone, because it lives as long as the program: a local
//! recorder ends, and the next one may have its address. The facade does not say which recorder is
//! current. Short-lived threads, which have no local recorder, find out.

use std::hash::{Hash, Hasher};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use ::metrics::{Key, Recorder, with_recorder};

use super::span_probe;
use crate::time::coarse_nanos;

/// An object without a size may have the address of another. The hash of a pointer to a trait
/// object covers its address, then its vtable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecorderId {
    address: u64,
    vtable: u64,
}

impl RecorderId {
    /// Tells recorders apart as well as the identity does, but for very few.
    pub const fn number(self) -> u64 {
        self.address ^ self.vtable.rotate_left(32)
    }

    fn of(recorder: &dyn Recorder) -> Self {
        let mut parts = PointerParts(Self::default());
        std::ptr::from_ref(recorder).hash(&mut parts);
        parts.0
    }
}

struct PointerParts(RecorderId);

impl Hasher for PointerParts {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(self.0.vtable.rotate_left(8) ^ u64::from(byte));
        }
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.0 = RecorderId { address: self.0.vtable, vtable: word };
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0.address ^ self.0.vtable
    }
}

#[derive(Debug)]
struct GlobalRecorder {
    id: RecorderId,
    keeps_handles: bool,
}

/// The facade's own, unless another one was installed for the program before the first call.
static NO_RECORDER: OnceLock<Option<RecorderId>> = OnceLock::new();
/// Compared in fewer instructions.
static NO_ADDRESS: AtomicU64 = AtomicU64::new(0);
static NO_VTABLE: AtomicU64 = AtomicU64::new(UNKNOWN);
const UNKNOWN: u64 = 0;
const ANY_OTHER: u64 = 1;
static GLOBAL: OnceLock<GlobalRecorder> = OnceLock::new();

/// Not inlined: each copy could have a vtable of its own for the facade's own recorder.
#[inline(never)]
fn current_id() -> RecorderId {
    with_recorder(RecorderId::of)
}

/// `None` for the facade's own, which drops everything.
#[inline]
pub fn installed() -> Option<RecorderId> {
    let id = current_id();
    match NO_VTABLE.load(Ordering::Acquire) {
        UNKNOWN => installed_after_search(id),
        none => (none != id.vtable || NO_ADDRESS.load(Ordering::Relaxed) != id.address).then_some(id),
    }
}

#[cold]
#[inline(never)]
fn installed_after_search(id: RecorderId) -> Option<RecorderId> {
    let none = NO_RECORDER.get_or_init(look_for_none);
    let RecorderId { address, vtable } = none.unwrap_or(RecorderId { address: 0, vtable: ANY_OTHER });
    NO_ADDRESS.store(address, Ordering::Relaxed);
    NO_VTABLE.store(vtable, Ordering::Release);
    (*none != Some(id)).then_some(id)
}

/// Waits for its thread, so that the first calls of a program without a recorder are not counted.
#[cold]
fn look_for_none() -> Option<RecorderId> {
    let thread = thread::Builder::new().name("resilience-metrics".to_owned()).spawn(|| {
        let (id, is_facades_own) = of_the_program();
        is_facades_own.then_some(id)
    });
    thread.ok()?.join().ok()?
}

#[inline]
pub fn keeps_handles<'a>(id: RecorderId, key: impl FnOnce() -> &'a Key) -> bool {
    match GLOBAL.get() {
        Some(global) => global.keeps_handles && global.id == id,
        None => {
            look_for_global(key());
            false
        }
    }
}

/// Once a second, because a local recorder looks like the global one until that is installed.
#[cold]
fn look_for_global(key: &Key) {
    /// In nanoseconds.
    const SECOND: u64 = 1_000_000_000;
    static LOOKED_AT: AtomicU64 = AtomicU64::new(0);
    let (looked_at, now) = (LOOKED_AT.load(Ordering::Relaxed), coarse_nanos().saturating_add(SECOND));
    if now < looked_at.saturating_add(SECOND)
        || LOOKED_AT.compare_exchange(looked_at, now, Ordering::Relaxed, Ordering::Relaxed).is_err()
    {
        return;
    }
    let key = key.clone();
    let _detached = thread::Builder::new().name("resilience-metrics".to_owned()).spawn(move || learn(&key));
}

fn learn(key: &Key) {
    let (id, is_facades_own) = of_the_program();
    if !is_facades_own {
        let keeps_handles = !span_probe::asks_for_the_span(key);
        GLOBAL.get_or_init(|| GlobalRecorder { id, keeps_handles });
    }
}

/// Called on a thread of its own, which has no local recorder.
fn of_the_program() -> (RecorderId, bool) {
    let id = current_id();
    let (size, align) = with_recorder(|recorder| (size_of_val(recorder), align_of_val(recorder)));
    (id, is_facades_own(id.address, size, align))
}

/// The facade's own recorder is a `static` without a size. An installed one is in a `Box`, whose
/// address is the alignment if it has no size.
const fn is_facades_own(address: u64, size: usize, align: usize) -> bool {
    size == 0 && address != align as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::metrics::{Counter, Gauge, Histogram, KeyName, Metadata, NoopRecorder, SharedString, Unit};

    struct Unsized;

    impl Recorder for Unsized {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            assert!(!key.name().is_empty(), "it differs from the recorder that drops everything");
            Counter::noop()
        }
        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }
        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    #[test]
    fn recorders_without_a_size_at_one_address_differ() {
        let (two, both) = ((Unsized, NoopRecorder), std::ptr::from_ref::<dyn Recorder>);
        let (one, other) = (both(&two.0), both(&two.1));
        assert_eq!(one.cast::<()>(), other.cast::<()>());
        assert_ne!(RecorderId::of(&two.0), RecorderId::of(&two.1));
        assert_eq!(RecorderId::of(&two.0).address, one.cast::<()>().addr() as u64);
    }

    #[test]
    fn an_installed_recorder_without_a_size_is_not_taken_for_none() {
        let installed: Box<dyn Recorder> = Box::new(Unsized);
        let id = RecorderId::of(&*installed);
        assert!(!is_facades_own(id.address, size_of_val(&*installed), align_of_val(&*installed)));
        let (own, size, align) = thread::spawn(|| {
            with_recorder(|recorder| (RecorderId::of(recorder).address, size_of_val(recorder), align_of_val(recorder)))
        })
        .join()
        .expect("no panic");
        assert!(is_facades_own(own, size, align));
    }
}
