//! A limit on concurrent calls, with a bounded queue.
//!
//! One atomic word decides while no call is queued, and a pure state machine behind a short lock
//! otherwise; a channel only wakes a queued call. So a call that is dropped while it is admitted
//! holds exactly one position, and leaves from there.

#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
mod named;
mod permit;
mod rejection;
#[cfg(feature = "config")]
mod settings;
#[cfg(feature = "store")]
#[allow(missing_docs, reason = "only generated code names it")]
mod shared;
mod state;
mod word;

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard};

use tokio::sync::oneshot;

use crate::count::Count;
use crate::error::Error;
use crate::metrics::{Meter, OfBulkhead};
use crate::registry::{Handle, StateName};
use crate::sync::{Configured, lock};

pub use config::BulkheadConfig;
pub use named::{BulkheadSnapshot, KeyedBulkheads, KeyedBulkheadsSnapshot};
pub use rejection::BulkheadRejection;
#[cfg(feature = "store")]
pub use shared::shared_bulkhead;
use state::BulkheadState;
use word::PlacesWord;

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
    word: PlacesWord,
    inside: Mutex<BulkheadInside>,
    /// Calls that the word has rejected.
    rejected: Count,
    meter: Meter<OfBulkhead>,
    #[cfg(feature = "store")]
    shared: shared::SharedPlaces,
}

type BulkheadInside = Configured<BulkheadConfig, BulkheadState<oneshot::Sender<()>>>;

/// The machine with the whole state. Dropping it puts the state back into the word.
struct LockedBulkhead<'a> {
    word: &'a PlacesWord,
    inside: MutexGuard<'a, BulkheadInside>,
}

impl Deref for LockedBulkhead<'_> {
    type Target = BulkheadInside;

    fn deref(&self) -> &BulkheadInside {
        &self.inside
    }
}

impl DerefMut for LockedBulkhead<'_> {
    fn deref_mut(&mut self) -> &mut BulkheadInside {
        &mut self.inside
    }
}

impl Drop for LockedBulkhead<'_> {
    fn drop(&mut self) {
        let Configured { config, state } = &*self.inside;
        if state.waiting() == 0 {
            self.word.put_back(state.in_flight(), config.max, config.queue);
        }
    }
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

    fn lock(&self) -> LockedBulkhead<'_> {
        let mut inside = lock(&self.inside);
        if let Some(in_flight) = self.word.take() {
            inside.state.set_in_flight(in_flight);
        }
        LockedBulkhead { word: &self.word, inside }
    }

    /// Returns its state at this moment.
    pub fn snapshot(&self) -> BulkheadSnapshot {
        let (max, in_flight, waiting, rejected) = {
            let Configured { config, state } = &*self.lock();
            (config.max, state.in_flight(), state.waiting(), state.rejected())
        };
        let rejected = rejected.saturating_add(self.rejected.get());
        BulkheadSnapshot {
            name: self.name.to_string(),
            max,
            in_flight,
            waiting,
            rejected,
            #[cfg(feature = "store")]
            store: self.store_namespace().map(str::to_owned),
        }
    }

    fn full(&self) -> Error {
        self.meter.count(&self.name, OfBulkhead::Rejected);
        Error::BulkheadFull { name: self.name.to_cow() }
    }
}

impl fmt::Debug for Bulkhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}

#[cfg(test)]
mod tests;
