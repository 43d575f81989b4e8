use std::cell::RefCell;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use super::deadline;
use super::marks::Degraded;
use super::{CallScope, CallState, ContextGuard, ContextPart};
use crate::time::{self, Moment};

thread_local! {
    static LEADS: RefCell<Vec<Lead>> = const { RefCell::new(Vec::new()) };
}

/// A load, as the code inside it sees it.
#[derive(Debug, Clone)]
pub struct Lead {
    /// `None` for a load that nobody can wait for.
    id: Option<u64>,
    /// `None` if its caller has no deadline.
    caller: Option<Arc<CallerDeadline>>,
}

/// A deadline that was set outside of a load.
#[derive(Debug)]
struct CallerDeadline {
    at: Moment,
    /// Whether it has decided anything inside.
    has_decided: AtomicBool,
}

impl Lead {
    pub fn begin(id: Option<u64>) -> Self {
        let caller =
            deadline::in_force().map(|at| Arc::new(CallerDeadline { at, has_decided: AtomicBool::new(false) }));
        Self { id, caller }
    }

    /// Returns the deadline of the load's caller if a failure of the load may be due to it: it has decided something
    /// inside of the load, or it has passed.
    pub fn deciding_deadline(&self) -> Option<Moment> {
        let CallerDeadline { at, has_decided } = &**self.caller.as_ref()?;
        (has_decided.load(Ordering::Relaxed) || *at <= time::now()).then_some(*at)
    }

    fn note_decision(&self, decided_by: Moment) {
        // A tighter deadline was set inside of the load.
        if let Some(caller) = self.caller.as_ref().filter(|caller| caller.at <= decided_by) {
            caller.has_decided.store(true, Ordering::Relaxed);
        }
    }
}

/// Tells the loads of this thread that the deadline in force has decided something.
#[cold]
pub fn note_decision() {
    let _gone_at_the_end_of_a_thread = LEADS.try_with(|leads| {
        let leads = leads.borrow();
        if let (false, Some(at)) = (leads.is_empty(), deadline::in_force()) {
            leads.iter().for_each(|lead| lead.note_decision(at));
        }
    });
}

/// Whether this caller can still wait when a caller with that deadline no longer can.
pub fn has_more_time_than(deadline: Moment) -> bool {
    deadline::in_force().is_none_or(|own| own > deadline)
}

/// The loads that the code of this thread leads, outermost first.
#[derive(Debug, Clone, Default)]
pub struct Leads(Vec<Lead>);

impl Leads {
    pub fn current() -> Self {
        // A destructor of another thread-local may ask after this one is gone.
        Self(LEADS.try_with(|leads| leads.borrow().clone()).unwrap_or_default())
    }

    pub fn into_ids(self) -> Vec<u64> {
        self.0.into_iter().filter_map(|lead| lead.id).collect()
    }
}

impl ContextPart for Leads {
    type Outer = Vec<Lead>;

    fn enter(&mut self) -> Vec<Lead> {
        LEADS.try_with(|leads| leads.replace(mem::take(&mut self.0))).unwrap_or_default()
    }

    fn leave(&mut self, outer: Vec<Lead>) {
        self.0 = LEADS.try_with(|leads| leads.replace(outer)).unwrap_or_default();
    }
}

#[derive(Debug)]
pub struct LeadsLoad(pub Lead);

impl LeadsLoad {
    /// Nobody can wait for the load, and no deadline can end it.
    const fn is_plain(&self) -> bool {
        self.0.id.is_none() && self.0.caller.is_none()
    }
}

impl ContextPart for LeadsLoad {
    type Outer = ();

    fn enter(&mut self) {
        if !self.is_plain() {
            let _gone_at_the_end_of_a_thread = LEADS.try_with(|leads| leads.borrow_mut().push(self.0.clone()));
        }
    }

    fn leave(&mut self, (): ()) {
        if !self.is_plain() {
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
    /// `lead` is that of the load.
    pub fn new(lead: Lead, call: &'a CallState, outer: S) -> Self {
        let guard = ContextGuard::enter(LeadingLoad { lead: LeadsLoad(lead), degraded: Degraded::default() });
        Self { guard, call, outer }
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
