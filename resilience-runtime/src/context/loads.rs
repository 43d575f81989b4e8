use std::cell::RefCell;
use std::mem;
use std::task::{Context, Poll};

use super::marks::Degraded;
use super::{CallScope, CallState, ContextGuard, ContextPart};

thread_local! {
    static LEADS: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// The loads that the code of this thread leads, outermost first.
#[derive(Debug, Clone, Default)]
pub struct Leads(Vec<u64>);

impl Leads {
    pub fn current() -> Self {
        // A destructor of another thread-local may ask after this one is gone.
        Self(LEADS.try_with(|leads| leads.borrow().clone()).unwrap_or_default())
    }

    pub fn into_ids(self) -> Vec<u64> {
        self.0
    }
}

impl ContextPart for Leads {
    type Outer = Vec<u64>;

    fn enter(&mut self) -> Vec<u64> {
        LEADS.try_with(|leads| leads.replace(mem::take(&mut self.0))).unwrap_or_default()
    }

    fn leave(&mut self, outer: Vec<u64>) {
        self.0 = LEADS.try_with(|leads| leads.replace(outer)).unwrap_or_default();
    }
}

/// `None` for a load that nobody can wait for.
#[derive(Debug)]
pub struct LeadsLoad(pub Option<u64>);

impl ContextPart for LeadsLoad {
    type Outer = ();

    fn enter(&mut self) {
        if let Self(Some(id)) = *self {
            let _gone_at_the_end_of_a_thread = LEADS.try_with(|leads| leads.borrow_mut().push(id));
        }
    }

    fn leave(&mut self, (): ()) {
        if self.0.is_some() {
            let _gone_at_the_end_of_a_thread = LEADS.try_with(|leads| leads.borrow_mut().pop());
        }
    }
}

/// Shows other caches that this call leads the load, and this cache the substitutes inside it.
#[derive(Debug)]
pub struct LoadScope<'a, S: CallScope = ()> {
    guard: ContextGuard<LeadingLoad>,
    call: &'a CallState,
    outer: S,
}

#[derive(Debug)]
struct LeadingLoad {
    lead: LeadsLoad,
    degraded: Degraded,
}

impl ContextPart for LeadingLoad {
    type Outer = bool;

    fn enter(&mut self) -> bool {
        self.lead.enter();
        self.degraded.enter()
    }

    fn leave(&mut self, outer: bool) {
        self.degraded.leave(outer);
        self.lead.leave(());
    }
}

impl<'a, S: CallScope> LoadScope<'a, S> {
    /// `id` is `None` for a load that nobody can wait for.
    pub fn new(id: Option<u64>, call: &'a CallState, outer: S) -> Self {
        let load = LeadingLoad { lead: LeadsLoad(id), degraded: Degraded::default() };
        Self { guard: ContextGuard::enter(load), call, outer }
    }
}

impl<S: CallScope> Drop for LoadScope<'_, S> {
    fn drop(&mut self) {
        if self.guard.is_suspended() {
            return;
        }
        self.guard.suspend();
        if self.guard.part().degraded.is_marked() {
            self.call.degraded();
        }
    }
}

impl<S: CallScope> CallScope for LoadScope<'_, S> {
    type Ends<T> = S::Ends<T>;

    fn ended<T>(out: T) -> S::Ends<T> {
        S::ended(out)
    }

    fn resume(&mut self) {
        self.outer.resume();
        self.guard.resume();
    }

    fn poll_limit<T>(&mut self, cx: &mut Context<'_>) -> Poll<S::Ends<T>> {
        self.outer.poll_limit(cx)
    }

    fn suspend(&mut self) {
        self.guard.suspend();
        self.outer.suspend();
    }
}
