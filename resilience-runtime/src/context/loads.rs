use std::cell::{Cell, RefCell};
use std::mem;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll};

use super::{CallScope, ContextGuard, ContextPart, Degraded};
use super::{deadline, facts};
use crate::time::{self, Moment};

thread_local! {
    static LIMIT_FIRED: Cell<bool> = const { Cell::new(false) };
    static LEADS: RefCell<Vec<LeadEntry>> = const { RefCell::new(Vec::new()) };
}

#[derive(Debug)]
pub struct Lead {
    entry: LeadEntry,
    /// The substitutes inside of the load, while its context is not in force.
    degraded: AtomicU8,
}

#[derive(Debug, Clone)]
pub struct LeadEntry {
    /// `None` for a load that nobody can wait for.
    id: Option<NonZeroU64>,
    /// `None` if its caller has no deadline.
    caller: Option<Arc<CallerDeadline>>,
}

#[derive(Debug)]
struct CallerDeadline {
    at: Moment,
    has_decided: AtomicBool,
}

impl Lead {
    pub fn begin(id: Option<NonZeroU64>) -> Self {
        let caller =
            deadline::in_force().map(|at| Arc::new(CallerDeadline { at, has_decided: AtomicBool::new(false) }));
        Self { entry: LeadEntry { id, caller }, degraded: AtomicU8::new(0) }
    }

    pub fn degraded(&self) -> Degraded {
        Degraded::from_bits(self.degraded.load(Ordering::Relaxed))
    }

    /// Returns the deadline of the load's caller if a failure of the load may be due to it: it has decided something
    /// inside of the load, or it has passed.
    pub fn deciding_deadline(&self) -> Option<Moment> {
        let CallerDeadline { at, has_decided } = &**self.entry.caller.as_ref()?;
        (has_decided.load(Ordering::Relaxed) || *at <= time::now()).then_some(*at)
    }
}

impl LeadEntry {
    fn note_decision(&self, decided_by: Moment) {
        // A tighter deadline was set inside of the load.
        if let Some(caller) = self.caller.as_ref().filter(|caller| caller.at <= decided_by) {
            caller.has_decided.store(true, Ordering::Relaxed);
        }
    }
}

/// A limit of ours has ended something. In a function that returns an `Option`, its `None` is no answer.
pub fn note_limit() {
    LIMIT_FIRED.set(true);
}

pub fn forget_limit() {
    LIMIT_FIRED.set(false);
}

/// Returns whether a limit has ended something since the load began or, in asynchronous code, since
/// it was last polled.
pub fn has_limit_fired() -> bool {
    LIMIT_FIRED.get()
}

/// Tells the loads of this thread that the deadline `decided_by` has decided something.
pub fn note_decision(decided_by: Moment) {
    let _gone_at_the_end_of_a_thread =
        LEADS.try_with(|leads| leads.borrow().iter().for_each(|lead| lead.note_decision(decided_by)));
}

/// Returns whether this caller can still wait when a caller with that deadline no longer can.
pub fn has_more_time_than(deadline: Moment) -> bool {
    deadline::in_force().is_none_or(|own| own > deadline)
}

/// The loads that the code of this thread leads and others can wait for.
pub fn current_ids() -> Vec<NonZeroU64> {
    LEADS.try_with(|leads| leads.borrow().iter().filter_map(|lead| lead.id).collect()).unwrap_or_default()
}

/// The loads that the code of this thread leads, outermost first.
#[derive(Debug, Clone, Default)]
pub struct Leads(Vec<LeadEntry>);

impl Leads {
    pub fn current() -> Self {
        // A destructor of another thread-local may ask after this one is gone.
        Self(LEADS.try_with(|leads| leads.borrow().clone()).unwrap_or_default())
    }
}

impl ContextPart for Leads {
    type Outer = Vec<LeadEntry>;

    fn enter(&mut self) -> Vec<LeadEntry> {
        LEADS.try_with(|leads| leads.replace(mem::take(&mut self.0))).unwrap_or_default()
    }

    fn leave(&mut self, outer: Vec<LeadEntry>) {
        self.0 = LEADS.try_with(|leads| leads.replace(outer)).unwrap_or_default();
    }
}

#[derive(Debug)]
pub struct LeadsLoad<'a>(pub &'a Lead);

impl LeadsLoad<'_> {
    /// Nobody can wait for the load, and no deadline can end it.
    const fn is_plain(&self) -> bool {
        self.0.entry.id.is_none() && self.0.entry.caller.is_none()
    }
}

impl ContextPart for LeadsLoad<'_> {
    type Outer = ();

    fn enter(&mut self) {
        if !self.is_plain() {
            let _gone_at_the_end_of_a_thread = LEADS.try_with(|leads| leads.borrow_mut().push(self.0.entry.clone()));
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
    guard: ContextGuard<LeadingLoad<'a>>,
    outer: S,
}

#[derive(Debug)]
struct LeadingLoad<'a>(&'a Lead);

impl ContextPart for LeadingLoad<'_> {
    type Outer = u8;

    fn enter(&mut self) -> u8 {
        LeadsLoad(self.0).enter();
        self.0.degraded().enter()
    }

    fn leave(&mut self, outer: u8) {
        let mut degraded = Degraded::default();
        degraded.leave(outer);
        self.0.degraded.store(degraded.bits(), Ordering::Relaxed);
        LeadsLoad(self.0).leave(());
    }
}

impl<'a, S: CallScope> LoadScope<'a, S> {
    /// `lead` is that of the load.
    pub fn new(lead: &'a Lead, outer: S) -> Self {
        let guard = ContextGuard::enter(LeadingLoad(lead));
        LIMIT_FIRED.set(false);
        facts::end_freshness();
        Self { guard, outer }
    }
}

/// Runs the code of the user's that stores the result of a load. It must not wait for the load, and what it calls is no part
/// of an answer.
pub fn beside<T>(lead: &Lead, store: impl FnOnce() -> T) -> T {
    let _leading = ContextGuard::enter(LeadingLoad(lead));
    store()
}

impl<S: CallScope> CallScope for LoadScope<'_, S> {
    type Ends<T> = S::Ends<T>;

    const IS_LIMITED: bool = S::IS_LIMITED;

    fn ended<T>(out: T) -> S::Ends<T> {
        S::ended(out)
    }

    fn resume(&mut self) {
        self.outer.resume();
        self.guard.resume();
    }

    fn check_limit<T>(&mut self) -> Poll<S::Ends<T>> {
        self.outer.check_limit()
    }

    fn suspend(&mut self, is_outermost: bool, cx: &mut Context<'_>) {
        LIMIT_FIRED.set(false);
        self.guard.suspend();
        self.outer.suspend(is_outermost, cx);
    }
}
