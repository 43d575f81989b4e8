//! A limit on concurrent calls, with a bounded queue.
//!
//! A pure state machine behind a short lock decides; a channel only wakes a queued call. So a call
//! that is dropped while it is admitted holds exactly one position, and leaves from there.

#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
mod named;
mod permit;
mod state;

use std::fmt;
use std::sync::Mutex;

use tokio::sync::oneshot;

use crate::emit::emit;
use crate::error::Error;
use crate::event::Event;
use crate::metrics::{Meter, OfBulkhead};
use crate::registry::{Handle, StateName};
use crate::sync::{Configured, lock};

pub use config::BulkheadConfig;
pub use named::{BulkheadSnapshot, KeyedBulkheads, KeyedBulkheadsSnapshot};
use state::BulkheadState;

/// Limits concurrent calls, so that one slow dependency cannot take every thread, connection or
/// task.
///
/// The attribute creates it; this handle is for its state.
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
    name: StateName,
    inside: Mutex<Configured<BulkheadConfig, BulkheadState<oneshot::Sender<()>>>>,
    meter: Meter<OfBulkhead>,
}

impl Bulkhead {
    /// Finds the bulkhead with this name.
    ///
    /// `None` until the function that carries it has been called. A bulkhead without an explicit
    /// name has the name of its function, `my_crate::api::ask` or `my_crate::api::Client::ask`.
    pub fn named(name: &str) -> Option<Handle<Self>> {
        crate::instance::find(name)
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its state at this moment.
    pub fn snapshot(&self) -> BulkheadSnapshot {
        let (max, in_flight, waiting, rejected) = {
            let Configured { config, state } = &*lock(&self.inside);
            (config.max, state.in_flight(), state.waiting(), state.rejected())
        };
        BulkheadSnapshot { name: self.name.to_string(), max, in_flight, waiting, rejected }
    }

    #[cold]
    fn full(&self) -> Error {
        self.meter.count(&self.name, OfBulkhead::Rejected);
        emit(&Event::BulkheadFull { name: &self.name });
        Error::BulkheadFull { name: self.name.to_cow() }
    }
}

impl fmt::Debug for Bulkhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}
