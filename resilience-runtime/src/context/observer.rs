//! The observers of a call, which receive its events on every thread that it runs on.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::event::{Event, Listener};

/// An observer, and those around it.
#[derive(Debug)]
struct Scope<L: ?Sized> {
    outer: Current,
    listener: L,
}

type Current = Option<Arc<Scope<dyn Listener>>>;

thread_local! {
    static CURRENT: RefCell<Current> = const { RefCell::new(None) };
}

/// The number of observers in the process. While it is zero, no call reads its thread-local.
static ACTIVE: AtomicUsize = AtomicUsize::new(0);

/// Whether an observer may exist on this thread.
#[inline]
pub fn is_active() -> bool {
    ACTIVE.load(Ordering::Relaxed) != 0
}

/// Passes an event to all observers of the current call, the innermost one first.
pub fn on_event(event: &Event<'_>) {
    if !is_active() {
        return;
    }
    let current = CURRENT.with_borrow(Clone::clone);
    let mut scope = current.as_ref();
    while let Some(inner) = scope {
        inner.listener.on_event(event);
        scope = inner.outer.as_ref();
    }
}

/// An observer inside of those that are current when it is created.
#[derive(Debug)]
pub struct Observer<L>(Arc<Scope<L>>);

impl<L: Listener + 'static> Observer<L> {
    pub fn new(listener: L) -> Self {
        ACTIVE.fetch_add(1, Ordering::Relaxed);
        Self(Arc::new(Scope { outer: CURRENT.with_borrow(Clone::clone), listener }))
    }

    /// Makes this observer current until the guard is dropped.
    pub fn enter(&self) -> ObserverGuard {
        ObserverGuard::new(Some(Arc::<Scope<L>>::clone(&self.0)))
    }

    pub fn listener(&self) -> &L {
        &self.0.listener
    }
}

impl<L> Drop for Observer<L> {
    fn drop(&mut self) {
        ACTIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Restores the previous observers when it is dropped.
#[derive(Debug)]
pub struct ObserverGuard(Current);

impl ObserverGuard {
    fn new(scope: Current) -> Self {
        Self(CURRENT.replace(scope))
    }
}

impl Drop for ObserverGuard {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// The current observers, for another thread that works for this call.
#[derive(Debug)]
pub struct CarriedObservers(Current);

impl CarriedObservers {
    pub fn current() -> Self {
        Self(if is_active() { CURRENT.with_borrow(Clone::clone) } else { None })
    }

    /// Runs `call` under these observers.
    pub fn within<T>(self, call: impl FnOnce() -> T) -> T {
        let _entered = self.0.map(|scope| ObserverGuard::new(Some(scope)));
        call()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Mutex;
    use std::thread;

    use super::*;
    use crate::sync::lock;

    #[derive(Debug, Default)]
    struct Count(Mutex<u32>);

    impl Listener for Count {
        fn on_event(&self, _: &Event<'_>) {
            *lock(&self.0) += 1;
        }
    }

    impl Count {
        fn get(&self) -> u32 {
            *lock(&self.0)
        }
    }

    #[test]
    fn an_event_reaches_every_enclosing_observer_and_no_other() {
        let outer = Observer::new(Count::default());
        let entered = outer.enter();
        let inner = Observer::new(Count::default());
        {
            let _entered = inner.enter();
            on_event(&Event::Attempt);
        }
        on_event(&Event::Attempt);
        drop(entered);
        on_event(&Event::Attempt);
        assert_eq!((inner.listener().get(), outer.listener().get()), (1, 2));
    }

    #[test]
    fn a_panic_restores_the_previous_observers() {
        let observer = Observer::new(Count::default());
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _entered = observer.enter();
            assert!(is_active());
            panic!("call");
        }));
        assert!(caught.is_err());
        assert!(CURRENT.with_borrow(Option::is_none));
    }

    #[test]
    fn observers_are_carried_to_another_thread() {
        let observer = Observer::new(Count::default());
        let _entered = observer.enter();
        let carried = CarriedObservers::current();
        let _joined = thread::spawn(|| carried.within(|| on_event(&Event::Attempt))).join();
        assert_eq!(observer.listener().get(), 1);
    }
}
