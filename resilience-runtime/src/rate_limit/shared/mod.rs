//! A limit that processes share in a store.
//!
//! A call asks the memory of this process first: units that were taken in advance, and how long the
//! store would reject it. Otherwise it asks the store, and without an answer, `on_outage` decides.
//! Each call that passes also counts in the limiter of this process, which has its share of the limit:
//! it decides during an outage, and knows by then what has passed.

mod ask;
mod link;
mod memory;
mod permit;
mod waiting;

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::permit::{Ask, patience};
use super::state::Refundable;
use super::{Limit, RateLimiter, RateLimiterConfig};
use crate::context::facts;
use crate::error::Error;
use crate::gate::Gate;
use crate::metrics::{OfLimiter, OfSharedLimit};
use crate::registry::FunctionRef;
use crate::store::{InstanceKey, SharedByKey, SharedStore, Update};
use crate::time::{self, Moment};

use super::BodyRuns;
use super::OnOutage;
pub use link::SharedLink;
use link::WindowSizes;
use memory::{Recalled, SharedRequest};
use permit::Taken;
pub use permit::{Decider, SharedCall, SharedPermit};

/// A rate limit, asked for a call of a function with a `store`.
#[derive(Debug, Clone, Copy)]
pub struct SharedLimit<'a, 'r> {
    limiter: &'a RateLimiter,
    cost: u64,
    /// `None` if nothing below can reject the call.
    runs: Option<&'r BodyRuns>,
    store: &'static dyn SharedStore,
}

#[inline]
pub fn shared_limit<'a, 'r>(
    limiter: &'a RateLimiter,
    cost: u64,
    runs: Option<&'r BodyRuns>,
    store: &'static dyn SharedStore,
) -> SharedLimit<'a, 'r> {
    SharedLimit { limiter, cost, runs, store }
}

impl SharedByKey for RateLimiter {
    fn instance_key(&self) -> &InstanceKey {
        &self.shared.key
    }
}

/// A decision that needs no request to the store.
enum LocalDecision<'a, 'r> {
    Permit(SharedPermit<'a, 'r>),
    /// Nothing is shared: the limiter decides by itself.
    Alone,
    Unknown,
}

impl<'a, 'r> SharedLimit<'a, 'r> {
    fn config(&self) -> RateLimiterConfig {
        self.limiter.limit().config
    }

    fn permit(&self, taken: Taken) -> SharedPermit<'a, 'r> {
        SharedPermit::new(self, taken)
    }

    fn request(&self, config: &RateLimiterConfig, patience: Duration) -> SharedRequest {
        let max = config.max.unwrap_or(u32::MAX).max(1);
        SharedRequest {
            cost: self.cost,
            patience,
            lease: config.lease.unwrap_or(0).into(),
            time_of_unit: config.per / max,
            is_alone: false,
        }
    }

    fn known(&self, config: &RateLimiterConfig, patience: Duration) -> Result<LocalDecision<'a, 'r>, Error> {
        facts::end_freshness();
        if !config.is_enabled {
            return Ok(LocalDecision::Permit(self.permit(Taken::Nothing)));
        }
        if !config.is_shared {
            return Ok(LocalDecision::Alone);
        }
        if self.cost > u64::from(config.effective_burst()) {
            return Err(self.limiter.never_admits(self.cost));
        }
        let link = &self.limiter.shared;
        link.bind(&self.limiter.name, self.store);
        let request = SharedRequest { lease: 0, ..self.request(config, patience) };
        match link.with_memory(|memory| (memory.recall(&request, time::now()), memory.epoch())) {
            (Recalled::Passed, epoch) => {
                self.decided(OfSharedLimit::Lease);
                Ok(LocalDecision::Permit(self.passed(config, epoch, OfLimiter::Passed)))
            }
            (Recalled::Rejected(rejected), _) => {
                self.decided(OfSharedLimit::Memory);
                Err(self.reject(config, rejected.left))
            }
            _ => Ok(LocalDecision::Unknown),
        }
    }

    fn decided(&self, by: OfSharedLimit) {
        self.limiter.shared.decisions.count(&self.limiter.name, by);
    }

    /// The store has let the call pass, now or in advance.
    fn passed(&self, config: &RateLimiterConfig, epoch: u64, outcome: OfLimiter) -> SharedPermit<'a, 'r> {
        self.limiter.feed(self.cost);
        self.limiter.meter.count(&self.limiter.name, outcome);
        self.permit(Taken::Shared { sizes: WindowSizes::of(config), most: config.lease.unwrap_or(0).into(), epoch })
    }

    fn reject(&self, config: &RateLimiterConfig, left: Duration) -> Error {
        if config.wait.is_some_and(|wait| left <= wait) {
            crate::context::note_deadline_decision();
        }
        self.limiter.rejected.add_one();
        self.limiter.limited(super::RejectedUntil { left, until: time::now().after(left) })
    }

    /// The part of the cost for which this process asks itself. A call that costs more than its share lets
    /// pass at once takes the rest as a debt.
    fn local_cost(&self, config: &RateLimiterConfig) -> u64 {
        if config.is_shared { self.cost.min(config.local_burst().into()) } else { self.cost }
    }

    fn passed_by_itself(&self, config: &RateLimiterConfig, call: Option<Refundable>) -> SharedPermit<'a, 'r> {
        let cost = self.local_cost(config);
        self.limiter.feed_debt(self.cost - cost);
        self.permit(Taken::Alone { call, cost })
    }

    fn without_answer(&self, config: &RateLimiterConfig) -> Result<Option<SharedPermit<'a, 'r>>, Error> {
        match config.on_outage {
            OnOutage::Local => Ok(None),
            OnOutage::Open => {
                self.limiter.feed(self.cost);
                self.limiter.meter.count(&self.limiter.name, OfLimiter::Passed);
                Ok(Some(self.permit(Taken::Nothing)))
            }
            OnOutage::Closed => Err(self.limiter.without_store(self.store)),
        }
    }

    /// Nothing here waits for the store: it is told what has passed.
    fn blocking(
        &self,
        enter: impl FnOnce(u64) -> Result<Option<Refundable>, Error>,
    ) -> Result<SharedPermit<'a, 'r>, Error> {
        let config = self.config();
        let known = self.known(&config, Duration::ZERO)?;
        if matches!(known, LocalDecision::Unknown) {
            self.decided(OfSharedLimit::Process);
        }
        let is_told = match known {
            LocalDecision::Permit(permit) => return Ok(permit),
            LocalDecision::Alone => false,
            LocalDecision::Unknown if self.store.engine().is_available() => true,
            LocalDecision::Unknown => match self.without_answer(&config)? {
                Some(permit) => return Ok(permit),
                None => false,
            },
        };
        let call = enter(self.local_cost(&config))?;
        let mut permit = self.passed_by_itself(&config, call);
        if is_told {
            permit.tell(WindowSizes::of(&config));
        }
        Ok(permit)
    }
}

impl<'a, 'r> Gate for SharedLimit<'a, 'r> {
    type Permit<'p>
        = SharedPermit<'a, 'r>
    where
        Self: 'p;
    type Rejection<'p>
        = Error
    where
        Self: 'p;

    fn try_enter(&self) -> Result<SharedPermit<'a, 'r>, Error> {
        self.blocking(|cost| self.limiter.try_enter_refundable(cost))
    }

    /// Boxed, so that the future of a call stays small if a look into memory is enough.
    async fn enter(&self) -> Result<SharedPermit<'a, 'r>, Error> {
        let config = self.config();
        match self.known(&config, patience(&config))? {
            LocalDecision::Permit(permit) => Ok(permit),
            LocalDecision::Alone => {
                let call = self.limiter.enter_refundable(self.cost).await?;
                Ok(self.passed_by_itself(&config, call))
            }
            LocalDecision::Unknown => Box::pin(self.ask(config)).await,
        }
    }

    fn enter_blocking(&self, _: FunctionRef) -> Result<SharedPermit<'a, 'r>, Error> {
        self.blocking(|cost| self.limiter.enter_blocking_for(cost, true))
    }
}

impl RateLimiter {
    fn try_enter_refundable(&self, cost: u64) -> Result<Option<Refundable>, Error> {
        use super::permit::RateLimitAdmission::{Admitted, Pending};
        match self.admit_locked(Ask { cost, may_wait: false, is_refundable: true })? {
            Admitted(call) => Ok(call),
            Pending(mut turn) => turn.arrived().unwrap_or(Ok(None)),
        }
    }

    fn with_state<T>(&self, act: impl FnOnce(&Limit, &mut super::RateLimiterState, Moment) -> T) -> T {
        let mut locked = self.lock();
        let (limit, state) = locked.parts();
        act(limit, state, time::now())
    }

    /// Counts units that the store has let pass.
    fn feed(&self, units: u64) {
        self.with_state(|&Limit { config, quota }, state, now| {
            state.feed(quota, now, units, Some(config.local_burst()));
        });
    }

    fn feed_debt(&self, units: u64) {
        if units > 0 {
            self.with_state(|limit, state, now| state.feed(limit.quota, now, units, None));
        }
    }

    fn take_back(&self, units: u64) {
        if units > 0 {
            self.with_state(|limit, state, _| state.take_back(limit.quota, units));
        }
    }

    #[cold]
    fn without_store(&self, store: &dyn SharedStore) -> Error {
        let retry_after = store.engine().retry_after();
        facts::rejection_ends(retry_after, time::now().after(retry_after));
        self.meter.count(&self.name, OfLimiter::Rejected);
        self.rejected.add_one();
        Error::StoreAway { name: self.name.to_cow(), retry_after }
    }

    /// A hint that this process has seen reaches the others.
    pub(super) fn share_hold(&self, time: Duration, config: &RateLimiterConfig) {
        if !self.shared.is_bound() {
            return;
        }
        self.shared.with_memory(|memory| memory.hold(time::now().after(time)));
        let sizes = WindowSizes::of(config);
        self.shared.send(|key| Update::Hold { window: sizes.window(key.borrow()).into(), time });
        self.shared.tell();
    }

    pub(super) fn share_reset(&self) {
        if self.shared.is_bound() {
            self.shared.send(|key| Update::ResetWindow { key });
            self.shared.tell();
            // At the end: a call in between would bring back what the store has said before.
            self.shared.with_memory(memory::SharedMemory::start_over);
        }
    }

    /// Other settings may let calls pass earlier.
    pub(super) fn forget_rejection(&self) {
        if self.shared.is_bound() {
            self.shared.with_memory(memory::SharedMemory::forget_rejection);
        }
    }

    pub(super) fn shared_snapshot(&self) -> Option<super::SharedLimitSnapshot> {
        let engine = self.shared.store()?.engine();
        Some(super::SharedLimitSnapshot {
            store: engine.namespace().to_owned(),
            is_available: engine.is_available(),
            leased: self.shared.with_memory(|memory| memory.leased()),
        })
    }

    pub(super) fn shared_waiting(&self) -> u32 {
        self.shared.waiting.load(Ordering::Relaxed)
    }
}
