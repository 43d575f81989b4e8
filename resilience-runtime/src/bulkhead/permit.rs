use std::mem::ManuallyDrop;
use std::time::Duration;

use tokio::sync::oneshot;

use super::state::{Arrival, QueueTicket};
use super::word::WordEntry;
use super::{Bulkhead, BulkheadConfig, BulkheadRejection};
use crate::context::{self, facts};
use crate::error::Error;
use crate::gate::{Gate, GateResult, HeldByStream, StreamGate};
use crate::metrics::{GaugeGuard, OfBulkhead};
use crate::registry::FunctionRef;
use crate::shutdown::{is_shutting_down, until_shutdown};
use crate::sync::Configured;
use crate::time::{block_on_at_most, block_on_within};

/// Dropping it hands the place to the first call in the queue.
#[derive(Debug)]
#[must_use = "dropping it leaves the bulkhead"]
pub struct BulkheadPermit<'a> {
    bulkhead: &'a Bulkhead,
    running: GaugeGuard,
    /// The place of all processes that goes with this one.
    #[cfg(feature = "store")]
    pub(super) lease: Option<Box<super::shared::PlaceLease>>,
}

/// A permit apart from its bulkhead.
#[derive(Debug)]
pub struct DetachedPlace {
    running: GaugeGuard,
    #[cfg(feature = "store")]
    lease: Option<Box<super::shared::PlaceLease>>,
}

impl<'a> BulkheadPermit<'a> {
    /// The queue has already assigned the place.
    fn new(bulkhead: &'a Bulkhead) -> Self {
        bulkhead.meter.count(&bulkhead.name, OfBulkhead::Accepted);
        Self {
            bulkhead,
            running: bulkhead.meter.gauge(&bulkhead.name, OfBulkhead::Running),
            #[cfg(feature = "store")]
            lease: None,
        }
    }
}

impl<V> HeldByStream<V> for BulkheadPermit<'_> {}

impl StreamGate for Bulkhead {
    type Detached = DetachedPlace;

    fn detach(permit: BulkheadPermit<'_>) -> DetachedPlace {
        let mut permit = ManuallyDrop::new(permit);
        DetachedPlace {
            running: permit.running.take(),
            #[cfg(feature = "store")]
            lease: permit.lease.take(),
        }
    }

    fn attach(&self, place: DetachedPlace) -> BulkheadPermit<'_> {
        BulkheadPermit {
            bulkhead: self,
            running: place.running,
            #[cfg(feature = "store")]
            lease: place.lease,
        }
    }
}

impl Drop for BulkheadPermit<'_> {
    #[inline]
    fn drop(&mut self) {
        // Before the next call enters, so that the gauge never exceeds `max`.
        self.running.end();
        self.bulkhead.release();
    }
}

/// The queue may have admitted it since the last look; dropping it gives up either position.
#[derive(Debug)]
struct QueuedCall<'a> {
    bulkhead: &'a Bulkhead,
    ticket: QueueTicket,
    /// `None` once resolved.
    granted: Option<oneshot::Receiver<()>>,
    shown: GaugeGuard,
}

impl<'a> QueuedCall<'a> {
    /// Completes when a place may have become free.
    async fn woken(&mut self) {
        if let Some(granted) = &mut self.granted {
            // A task that has exhausted tokio's budget returns here without a place. `resolve` asks
            // the queue, so the call is not rejected next to a free place.
            let _woken = granted.await;
        }
    }

    fn resolve(mut self) -> Result<BulkheadPermit<'a>, Error> {
        let bulkhead = self.bulkhead;
        self.granted = None;
        self.shown.end();
        let withdrawn = {
            let Configured { state, .. } = &mut *bulkhead.lock();
            let withdrawn = state.withdraw(self.ticket);
            if withdrawn.is_some() {
                state.reject();
            }
            withdrawn
        };
        match withdrawn {
            None => Ok(BulkheadPermit::new(bulkhead)),
            Some(_) if is_shutting_down() => Err(bulkhead.shutting_down()),
            Some(_) => Err(bulkhead.full()),
        }
    }
}

impl Drop for QueuedCall<'_> {
    fn drop(&mut self) {
        if self.granted.is_none() {
            return;
        }
        let withdrawn = self.bulkhead.lock().state.withdraw(self.ticket);
        if withdrawn.is_none() {
            self.bulkhead.release();
        }
    }
}

enum BulkheadAdmission<'a> {
    Admitted(BulkheadPermit<'a>),
    Queued(QueuedCall<'a>),
}

impl Bulkhead {
    #[inline]
    fn admit(&self, may_queue: bool) -> Result<BulkheadAdmission<'_>, BulkheadRejection<'_>> {
        match self.word.enter(may_queue) {
            WordEntry::Admitted => Ok(BulkheadAdmission::Admitted(self.entered())),
            WordEntry::Full => Err(BulkheadRejection::Full(self)),
            WordEntry::Undecided => Ok(self.admit_locked(may_queue)?),
        }
    }

    #[inline]
    fn entered(&self) -> BulkheadPermit<'_> {
        facts::end_freshness();
        BulkheadPermit::new(self)
    }

    #[cold]
    #[inline(never)]
    fn try_enter_locked(&self) -> Result<BulkheadPermit<'_>, Error> {
        match self.admit_locked(false)? {
            BulkheadAdmission::Admitted(permit) => Ok(permit),
            BulkheadAdmission::Queued(call) => call.resolve(),
        }
    }

    #[cold]
    #[inline(never)]
    fn enter_blocking_locked(&self) -> Result<BulkheadPermit<'_>, Error> {
        let mut call = match self.admit_locked(true)? {
            BulkheadAdmission::Admitted(permit) => return Ok(permit),
            BulkheadAdmission::Queued(call) => call,
        };
        match shorter(self.wait(), context::time_left()) {
            None => drop(block_on_within(until_shutdown(call.woken()), || None)),
            Some(limit) => drop(block_on_at_most(until_shutdown(call.woken()), limit)),
        }
        call.resolve()
    }

    #[cold]
    #[inline(never)]
    fn admit_locked(&self, may_queue: bool) -> Result<BulkheadAdmission<'_>, Error> {
        facts::end_freshness();
        let mut granted = None;
        let arrival = {
            let Configured { config, state } = &mut *self.lock();
            state.enter(config.max, if may_queue { config.queue } else { 0 }, || {
                let (sender, receiver) = oneshot::channel();
                granted = Some(receiver);
                sender
            })
        };
        match arrival {
            Arrival::Admitted => Ok(BulkheadAdmission::Admitted(BulkheadPermit::new(self))),
            Arrival::Queued(ticket) => {
                let shown = self.meter.gauge(&self.name, OfBulkhead::Waiting);
                Ok(BulkheadAdmission::Queued(QueuedCall { bulkhead: self, ticket, granted, shown }))
            }
            Arrival::Full => Err(self.full()),
        }
    }

    #[cold]
    pub(super) fn shutting_down(&self) -> Error {
        self.meter.count(&self.name, OfBulkhead::Rejected);
        Error::ShuttingDown { name: self.name.to_cow() }
    }

    fn wait(&self) -> Option<Duration> {
        self.lock().config.wait
    }

    /// Calls in progress finish, and calls that wait keep their turns.
    pub(super) fn take_settings(&self, config: &BulkheadConfig) {
        let admitted = {
            let inside = &mut *self.lock();
            inside.config = *config;
            inside.state.resize(config.max)
        };
        for call in admitted {
            // A dropped receiver releases the place itself.
            let _gone = call.send(());
        }
    }

    #[inline]
    fn release(&self) {
        if !self.word.leave() {
            self.release_locked();
        }
    }

    #[cold]
    #[inline(never)]
    fn release_locked(&self) {
        let next = self.lock().state.leave();
        if let Some(next) = next {
            // Called without the lock. A dropped receiver releases the place itself.
            let _gone = next.send(());
        }
    }
}

impl Gate for Bulkhead {
    type Permit<'a> = BulkheadPermit<'a>;
    type Rejection<'a> = BulkheadRejection<'a>;

    #[inline]
    fn try_enter(&self) -> GateResult<'_, Self> {
        match self.word.enter(false) {
            WordEntry::Admitted => Ok(self.entered()),
            WordEntry::Full => Err(BulkheadRejection::Full(self)),
            WordEntry::Undecided => Ok(self.try_enter_locked()?),
        }
    }

    /// The wait is boxed and rare, so the future of an admitted call stays small.
    #[inline]
    async fn enter(&self) -> GateResult<'_, Self> {
        match self.admit(true)? {
            BulkheadAdmission::Admitted(permit) => Ok(permit),
            BulkheadAdmission::Queued(call) => Ok(Box::pin(wait(call)).await?),
        }
    }

    #[inline]
    fn enter_blocking(&self, _: FunctionRef) -> GateResult<'_, Self> {
        match self.word.enter(true) {
            WordEntry::Admitted => Ok(self.entered()),
            WordEntry::Full => Err(BulkheadRejection::Full(self)),
            WordEntry::Undecided => Ok(self.enter_blocking_locked()?),
        }
    }
}

async fn wait(mut call: QueuedCall<'_>) -> Result<BulkheadPermit<'_>, Error> {
    /// A timeout around the call reports first. This ends the wait for an unenforced deadline.
    const AFTER_THE_DEADLINE: Duration = Duration::from_millis(5);

    let deadline = context::time_left().map(|left| match left {
        Duration::ZERO => left,
        left => left.saturating_add(AFTER_THE_DEADLINE),
    });
    match shorter(call.bulkhead.wait(), deadline) {
        None => {
            let _woken = until_shutdown(call.woken()).await;
        }
        Some(limit) => {
            let _woken = until_shutdown(tokio::time::timeout(limit, call.woken())).await;
        }
    }
    call.resolve()
}

fn shorter(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
