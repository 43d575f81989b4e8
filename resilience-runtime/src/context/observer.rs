//! The observers of a call, which receive its events on every thread that it runs on.

use std::cell::{Cell, RefCell};
use std::mem;
use std::sync::Arc;

use super::{ContextGuard, ContextPart};
use crate::event::{Event, Listener};

#[derive(Debug)]
struct Node<L: ?Sized> {
    outer: Observers,
    listener: L,
}

#[derive(Debug, Clone, Default)]
pub struct Observers(Option<Arc<Node<dyn Listener>>>);

thread_local! {
    static CURRENT: RefCell<Observers> = const { RefCell::new(Observers(None)) };
    /// Costs less to read than the observers, which have a destructor.
    static IS_OBSERVED: Cell<bool> = const { Cell::new(false) };
}

#[inline]
pub fn is_active() -> bool {
    IS_OBSERVED.get()
}

impl Observers {
    pub fn current() -> Self {
        if !is_active() {
            return Self(None);
        }
        // A destructor of another thread-local may ask after this one is gone.
        CURRENT.try_with(|current| current.borrow().clone()).unwrap_or_default()
    }

    fn replace_current(self) -> Self {
        IS_OBSERVED.set(self.0.is_some());
        CURRENT.try_with(|current| current.replace(self)).unwrap_or_default()
    }
}

impl ContextPart for Observers {
    type Outer = Self;

    fn enter(&mut self) -> Self {
        mem::take(self).replace_current()
    }

    fn leave(&mut self, outer: Self) {
        *self = outer.replace_current();
    }
}

/// Passes an event to all observers of the current call, the innermost one first.
pub fn on_event(event: &Event<'_>) {
    let mut observers = &Observers::current();
    while let Some(node) = &observers.0 {
        node.listener.on_event(event);
        observers = &node.outer;
    }
}

#[derive(Debug)]
pub struct Observer<L>(Arc<Node<L>>);

impl<L: Listener + 'static> Observer<L> {
    pub fn new(listener: L) -> Self {
        let outer = Observers::current();
        Self(Arc::new(Node { outer, listener }))
    }

    pub fn enter(&self) -> ContextGuard<Observers> {
        ContextGuard::enter(Observers(Some(Arc::<Node<L>>::clone(&self.0))))
    }

    pub fn listener(&self) -> &L {
        &self.0.listener
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
        assert!(Observers::current().0.is_none());
    }

    #[test]
    fn observers_are_carried_to_another_thread() {
        let observer = Observer::new(Count::default());
        let _entered = observer.enter();
        let carried = Observers::current();
        let _joined = thread::spawn(|| {
            let _entered = ContextGuard::enter(carried);
            on_event(&Event::Attempt);
        })
        .join();
        assert_eq!(observer.listener().get(), 1);
    }
}
