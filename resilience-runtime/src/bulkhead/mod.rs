//! The bulkhead: so many calls at the same time, and so many in a queue for a place.
//!
//! The queue is a pure state machine behind one short lock; a channel beside each waiter only wakes it. Whether it has a
//! place is what the queue says, so a waiter that is dropped, or whose time is over, at the moment it is let in is either
//! in the queue still or inside already, and leaves from there.

#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
mod keyed;
mod queue;

use std::borrow::Cow;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::context;
use crate::emit::emit;
use crate::error::Error;
use crate::event::{Event, GateKind};
use crate::instance::keyed::{Instance, Standing};
use crate::instance::registry::Registry;
use crate::instance::site::{Located, Many, Named};
use crate::metrics::{Meter, OfBulkhead, Running};
use crate::sync::lock;
use crate::time::{block_on_at_most, block_on_within};

pub use config::BulkheadConfig;
pub(crate) use keyed::snapshots as keyed_snapshots;
pub use keyed::{KeyedBulkheads, KeyedBulkheadsSnapshot};
use queue::{Arrival, Queue, Ticket};

static BULKHEADS: Registry<Located<Bulkhead>> = Registry::new();
static KEYED: Registry<Many<Bulkhead>> = Registry::new();

/// A bulkhead that an attribute made: it lets so many calls run at the same time, so that one slow dependency cannot take
/// every thread, connection or task there is.
///
/// ```
/// use resilience::{Bulkhead, bulkhead};
///
/// #[bulkhead(name = "reports", max = 4)]
/// fn report(month: u32) -> Option<u32> {
///     let here = Bulkhead::named("reports")?.snapshot();
///     Some(month * 100 + here.in_flight)
/// }
///
/// assert_eq!(report(7), Some(701));
/// let after = Bulkhead::named("reports").ok_or("called now")?.snapshot();
/// assert_eq!((after.max, after.in_flight, after.waiting, after.rejected), (4, 0, 0, 0));
/// # Ok::<(), &str>(())
/// ```
pub struct Bulkhead {
    name: Cow<'static, str>,
    config: BulkheadConfig,
    queue: Mutex<Queue<oneshot::Sender<()>>>,
    meter: Meter<OfBulkhead>,
}

/// A bulkhead at one moment, read under one lock.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BulkheadSnapshot {
    /// The name it is found under.
    pub name: String,
    /// How many calls may run at the same time.
    pub max: u32,
    /// How many run now.
    pub in_flight: u32,
    /// How many wait for a place. Never more than zero while a place is free.
    pub waiting: u32,
    /// Calls turned away since the process started or the bulkhead was reset, those that have waited in vain included.
    pub rejected: u64,
}

impl Bulkhead {
    /// The bulkhead of this name, once the function that carries it has been called.
    ///
    /// A bulkhead without a name of its own is called by the path of its function, `my_crate::api::ask`. Methods of two
    /// types in one module would share that name; the second one to be called gets `#2` behind it.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::find(name)
    }

    /// The name it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Everything there is to see of it.
    pub fn snapshot(&self) -> BulkheadSnapshot {
        let (in_flight, waiting, rejected) = {
            let queue = lock(&self.queue);
            (queue.inside(), queue.waiting(), queue.rejected())
        };
        BulkheadSnapshot { name: self.name.clone().into_owned(), max: self.config.max, in_flight, waiting, rejected }
    }

    /// Of a call that has been counted as rejected.
    #[cold]
    fn full(&self) -> Error {
        self.meter.count(&self.name, OfBulkhead::Rejected);
        emit(&Event::BulkheadFull { name: &self.name });
        Error::BulkheadFull { name: self.name.clone() }
    }

    fn leave(&self) {
        let next = lock(&self.queue).leave();
        if let Some(next) = next {
            // Wakes it, without the lock. If nobody listens any more, it is being dropped and leaves in its turn.
            let _gone = next.send(());
        }
    }
}

impl Named for Bulkhead {
    type Config = BulkheadConfig;
    const GATE: GateKind = GateKind::Bulkhead;

    fn make(name: Cow<'static, str>, config: &BulkheadConfig) -> Self {
        Self { name, config: *config, queue: Mutex::new(Queue::new()), meter: Meter::new() }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn config(&self) -> BulkheadConfig {
        self.config
    }

    fn registry() -> &'static Registry<Located<Self>> {
        &BULKHEADS
    }

    fn keyed() -> &'static Registry<Many<Self>> {
        &KEYED
    }

    fn max_keys(config: &BulkheadConfig) -> u32 {
        config.max_keys
    }
}

impl Instance for Bulkhead {
    /// Those who are inside or wait use it. Without them it is like a new one, but for a statistic.
    fn standing(&self) -> Standing {
        Standing::Idle
    }
}

impl fmt::Debug for Bulkhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}

pub(crate) fn snapshots() -> Vec<BulkheadSnapshot> {
    BULKHEADS.all().into_iter().map(|located| located.instance.snapshot()).collect()
}

/// The calls that run keep their places: they will give them back.
#[cfg(feature = "testing")]
pub(crate) fn reset_all() {
    for located in BULKHEADS.all() {
        lock(&located.instance.queue).forget_rejections();
    }
    for many in KEYED.all() {
        many.reset(|bulkhead| lock(&bulkhead.queue).forget_rejections());
    }
}

/// A place inside, for as long as it lives: while the body runs.
#[derive(Debug)]
#[must_use = "dropping it leaves the bulkhead"]
pub struct Inside<'a> {
    bulkhead: &'a Bulkhead,
    running: Running,
}

impl<'a> Inside<'a> {
    /// For a call that has been given a place.
    fn new(bulkhead: &'a Bulkhead) -> Self {
        bulkhead.meter.count(&bulkhead.name, OfBulkhead::Accepted);
        Self { bulkhead, running: bulkhead.meter.running(&bulkhead.name, OfBulkhead::Running) }
    }
}

impl Drop for Inside<'_> {
    #[inline]
    fn drop(&mut self) {
        // Before the next one is inside: more than there may be are never shown.
        self.running.end();
        self.bulkhead.leave();
    }
}

/// A place in the queue, or, since the last look, inside. Dropped, it is given up, whichever it is.
#[derive(Debug)]
struct Waiting<'a> {
    bulkhead: &'a Bulkhead,
    ticket: Ticket,
    /// `None` once settled.
    granted: Option<oneshot::Receiver<()>>,
    shown: Running,
}

impl<'a> Waiting<'a> {
    /// Says that a place may have become free.
    async fn called(&mut self) {
        if let Some(granted) = &mut self.granted {
            // A task that has used up tokio's budget is told here that nobody has called, and asks again. What counts is
            // the queue, see `settle`: it is not turned away beside a free place.
            let _called = granted.await;
        }
    }

    /// The wait is over, for whatever reason: inside, or turned away.
    fn settle(mut self) -> Result<Inside<'a>, Error> {
        let bulkhead = self.bulkhead;
        self.granted = None;
        self.shown.end();
        let withdrawn = {
            let mut queue = lock(&bulkhead.queue);
            let withdrawn = queue.withdraw(self.ticket);
            if withdrawn.is_some() {
                queue.reject();
            }
            withdrawn
        };
        if withdrawn.is_some() { Err(bulkhead.full()) } else { Ok(Inside::new(bulkhead)) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.granted.is_none() {
            return;
        }
        let withdrawn = lock(&self.bulkhead.queue).withdraw(self.ticket);
        if withdrawn.is_none() {
            self.bulkhead.leave();
        }
    }
}

enum Entry<'a> {
    Inside(Inside<'a>),
    Waiting(Waiting<'a>),
}

fn arrive(bulkhead: &Bulkhead, queue: u32) -> Result<Entry<'_>, Error> {
    let mut granted = None;
    let arrival = lock(&bulkhead.queue).enter(bulkhead.config.max, queue, || {
        let (sender, receiver) = oneshot::channel();
        granted = Some(receiver);
        sender
    });
    match arrival {
        Arrival::Inside => Ok(Entry::Inside(Inside::new(bulkhead))),
        Arrival::Waiting(ticket) => {
            let shown = bulkhead.meter.running(&bulkhead.name, OfBulkhead::Waiting);
            Ok(Entry::Waiting(Waiting { bulkhead, ticket, granted, shown }))
        }
        Arrival::Full => Err(bulkhead.full()),
    }
}

/// A place for a call that does not wait.
#[inline]
pub fn enter_now(bulkhead: &Bulkhead) -> Result<Inside<'_>, Error> {
    match arrive(bulkhead, 0)? {
        Entry::Inside(inside) => Ok(inside),
        Entry::Waiting(waiting) => waiting.settle(),
    }
}

/// A place for an asynchronous call that waits for one. The wait is boxed, and only when there is one, so that the future
/// of a call that finds a free place stays small.
#[inline]
pub async fn enter(bulkhead: &Bulkhead) -> Result<Inside<'_>, Error> {
    match arrive(bulkhead, bulkhead.config.queue)? {
        Entry::Inside(inside) => Ok(inside),
        Entry::Waiting(waiting) => Box::pin(wait(waiting)).await,
    }
}

async fn wait(mut waiting: Waiting<'_>) -> Result<Inside<'_>, Error> {
    /// A timeout around this call ends it at its deadline, and says so; the wait then ends on its own a moment later, for
    /// a deadline that nobody enforces.
    const AFTER_THE_DEADLINE: Duration = Duration::from_millis(5);

    let deadline = context::remaining().map(|left| match left {
        Duration::ZERO => left,
        left => left.saturating_add(AFTER_THE_DEADLINE),
    });
    match shorter(waiting.bulkhead.config.wait, deadline) {
        None => waiting.called().await,
        Some(limit) => drop(tokio::time::timeout(limit, waiting.called()).await),
    }
    waiting.settle()
}

/// A place for a synchronous call, whose thread waits for one.
pub fn enter_blocking(bulkhead: &Bulkhead) -> Result<Inside<'_>, Error> {
    let mut waiting = match arrive(bulkhead, bulkhead.config.queue)? {
        Entry::Inside(inside) => return Ok(inside),
        Entry::Waiting(waiting) => waiting,
    };
    match shorter(bulkhead.config.wait, context::remaining()) {
        None => drop(block_on_within(waiting.called(), || None)),
        Some(limit) => drop(block_on_at_most(waiting.called(), limit)),
    }
    waiting.settle()
}

fn shorter(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
