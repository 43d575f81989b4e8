//! The bulkhead: so many calls at the same time, and so many in a queue for a place.
//!
//! The queue is a pure state machine behind one short lock; a channel beside each waiter only wakes it. Whether it has a
//! place is what the queue says, so a waiter that is dropped, or whose time is over, at the moment it is let in is either
//! in the queue still or inside already, and leaves from there.

#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
mod keyed;
mod permit;
mod queue;

use std::borrow::Cow;
use std::fmt;
use std::sync::Mutex;

use tokio::sync::oneshot;

use crate::error::Error;
use crate::instance::keyed::{Instance, Standing};
use crate::instance::registry::Registry;
use crate::instance::site::{Located, Many, Named};
use crate::metrics::{Meter, OfBulkhead};
use crate::sync::lock;
use crate::telemetry::{self, Event, Location};

pub use config::BulkheadConfig;
pub(crate) use keyed::snapshots as keyed_snapshots;
pub use keyed::{KeyedBulkheads, KeyedBulkheadsSnapshot};
use queue::Queue;

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
        telemetry::emit(&Event::BulkheadFull { name: &self.name });
        Error::BulkheadFull { name: self.name.clone() }
    }
}

impl Named for Bulkhead {
    type Config = BulkheadConfig;

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

    fn conflict(name: &str, first: Location, second: Location) -> Event<'_> {
        Event::BulkheadConflict { name, first, second }
    }

    fn keyed() -> &'static Registry<Many<Self>> {
        &KEYED
    }

    fn max_keys(config: &BulkheadConfig) -> u32 {
        config.max_keys
    }

    fn keys_full(name: &str, max: u32) -> Event<'_> {
        Event::BulkheadKeysFull { name, max }
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
