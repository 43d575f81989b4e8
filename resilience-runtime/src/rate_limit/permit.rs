use std::time::Duration;

use super::rejection::LimitRejection;
use super::state::{Admission, CallRequest, Refundable, Turn};
use super::word::RejectedUntil;
use super::{Limit, RateLimiter, RateLimiterConfig};
use crate::context::facts::identity::Identity;
use crate::context::{self, facts};
use crate::error::Error;
use crate::gate::{Gate, GateResult};
use crate::metrics::{GaugeGuard, OfLimiter};
use crate::outcome::Outcome;
use crate::registry::FunctionRef;
use crate::time::{self, Moment};

/// The call is counted when it is admitted, so dropping the permit returns nothing.
#[derive(Debug)]
#[must_use = "it is held while the call runs"]
pub struct RateLimitPermit<'a> {
    limiter: &'a RateLimiter,
    cost: u64,
}

/// A rate limit, asked for a call that counts as several.
#[derive(Debug)]
pub struct CostingLimit<'a> {
    limiter: &'a RateLimiter,
    cost: u64,
}

#[inline]
pub fn costing(limiter: &RateLimiter, cost: u64) -> CostingLimit<'_> {
    CostingLimit { limiter, cost }
}

/// Ends a call. A retry does not wait for a limit that would reject the next attempt.
#[inline]
#[allow(clippy::needless_pass_by_value, reason = "it ends the permit")]
pub fn leave_limit<R: Outcome>(permit: RateLimitPermit<'_>, outcome: &R, identity: impl Identity<R::Failure>) {
    if let Some(failure) = outcome.failure() {
        permit.limiter.tell_closed(failure, permit.cost, identity);
    }
}

/// Dropping it gives the turn back.
#[derive(Debug)]
pub(super) struct PendingTurn<'a> {
    limiter: &'a RateLimiter,
    pub time: Duration,
    /// `None` once it has come.
    turn: Option<Turn>,
    latest: Moment,
    ask: Ask,
    shown: GaugeGuard,
}

impl<'a> RateLimitPermit<'a> {
    pub(super) const fn limiter(&self) -> &'a RateLimiter {
        self.limiter
    }

    pub(super) const fn cost(&self) -> u64 {
        self.cost
    }
}

impl PendingTurn<'_> {
    /// The turn has come. `None` if it has been moved, and the call waits on.
    pub fn arrived(&mut self) -> Option<Result<Option<Refundable>, Error>> {
        let Self { limiter, ask, latest, .. } = *self;
        let turn = self.turn.take()?;
        let (admission, now) = {
            let mut locked = limiter.lock();
            let (limit, state) = locked.parts();
            let now = time::now();
            (state.arrive(turn, limit.quota, now, &ask.request(latest.since(now))), now)
        };
        match admission {
            Admission::Pass(call) => {
                self.shown.end();
                limiter.meter.count(&limiter.name, OfLimiter::Waited);
                Some(Ok(call))
            }
            Admission::Wait(time, turn) => {
                (self.time, self.turn) = (time, Some(turn));
                None
            }
            Admission::Reject(left) => Some(Err(limiter.limited(RejectedUntil { left, until: now.after(left) }))),
            Admission::Never => Some(Err(limiter.never_admits(ask.cost))),
        }
    }
}

impl Drop for PendingTurn<'_> {
    fn drop(&mut self) {
        if let Some(turn) = self.turn {
            self.limiter.lock().parts().1.leave(turn);
        }
    }
}

pub(super) enum RateLimitAdmission<'a> {
    Admitted(Option<Refundable>),
    Pending(PendingTurn<'a>),
}

/// The request of a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    pub cost: u64,
    pub may_wait: bool,
    pub is_refundable: bool,
}

impl Ask {
    const fn request(self, patience: Duration) -> CallRequest {
        CallRequest { cost: self.cost, patience, is_refundable: self.is_refundable }
    }
}

impl RateLimiter {
    #[inline]
    pub(super) fn admit(&self, ask: Ask) -> Result<RateLimitAdmission<'_>, LimitRejection<'_>> {
        if !ask.is_refundable {
            match self.word.admit(ask.cost) {
                Some(Ok(())) => {
                    self.passed();
                    return Ok(RateLimitAdmission::Admitted(None));
                }
                Some(Err(rejected)) => return Err(LimitRejection::Limited(self, rejected)),
                None => {}
            }
        }
        Ok(self.admit_locked(ask)?)
    }

    #[inline]
    fn passed(&self) {
        facts::end_freshness();
        self.meter.count(&self.name, OfLimiter::Passed);
    }

    #[cold]
    #[inline(never)]
    fn try_enter_locked(&self, cost: u64) -> Result<RateLimitPermit<'_>, Error> {
        let ask = Ask { cost, may_wait: false, is_refundable: false };
        self.admit_locked(ask).map(|_| RateLimitPermit { limiter: self, cost })
    }

    #[cold]
    #[inline(never)]
    pub(super) fn admit_locked(&self, ask: Ask) -> Result<RateLimitAdmission<'_>, Error> {
        facts::end_freshness();
        let (admission, wait, latest, now) = {
            let mut locked = self.lock();
            let (Limit { config, quota }, state) = locked.parts();
            let patience = if ask.may_wait { patience(config) } else { Duration::ZERO };
            // Reads the clock under the lock: a thread that slept in between would ask with an old
            // time, and be rejected because of later calls.
            let now = time::now();
            (state.admit(*quota, now, &ask.request(patience)), config.wait, now.after(patience), now)
        };
        match admission {
            Admission::Pass(call) => {
                self.meter.count(&self.name, OfLimiter::Passed);
                Ok(RateLimitAdmission::Admitted(call))
            }
            Admission::Wait(time, turn) => {
                let shown = self.meter.gauge(&self.name, OfLimiter::Waiting);
                let turn = Some(turn);
                Ok(RateLimitAdmission::Pending(PendingTurn { limiter: self, time, turn, latest, ask, shown }))
            }
            Admission::Reject(left) => {
                if wait.is_some_and(|wait| left <= wait) {
                    context::note_deadline_decision();
                }
                Err(self.limited(RejectedUntil { left, until: now.after(left) }))
            }
            Admission::Never => Err(self.never_admits(ask.cost)),
        }
    }

    #[cold]
    pub(super) fn tell_closed<E>(&self, failure: &E, cost: u64, identity: impl Identity<E>) {
        let now = time::now();
        let closed_for = self.look(|Limit { config, quota }, state| {
            let patience = config.wait.unwrap_or_default();
            state.closed_for(*quota, now, &CallRequest { cost, patience, is_refundable: false })
        });
        if let Some(closed_for) = closed_for {
            facts::closed(failure, now.after(closed_for), identity);
        }
    }

    #[inline]
    fn try_enter_for(&self, cost: u64) -> GateResult<'_, Self> {
        self.enter_or(cost, || self.try_enter_locked(cost))
    }

    #[inline]
    fn enter_blocking_at(&self, cost: u64) -> GateResult<'_, Self> {
        self.enter_or(cost, || self.wait_blocking(cost))
    }

    /// The word decides, or `locked` does.
    #[inline]
    fn enter_or<'a>(
        &'a self,
        cost: u64,
        locked: impl FnOnce() -> Result<RateLimitPermit<'a>, Error>,
    ) -> GateResult<'a, Self> {
        match self.word.admit(cost) {
            Some(Ok(())) => {
                self.passed();
                Ok(RateLimitPermit { limiter: self, cost })
            }
            Some(Err(rejected)) => Err(LimitRejection::Limited(self, rejected)),
            None => Ok(locked()?),
        }
    }

    #[cold]
    #[inline(never)]
    fn wait_blocking(&self, cost: u64) -> Result<RateLimitPermit<'_>, Error> {
        self.enter_blocking_for(cost, false).map(|_| RateLimitPermit { limiter: self, cost })
    }

    /// The wait is boxed and rare, so the future of an admitted call stays small.
    #[inline]
    async fn enter_for(&self, cost: u64) -> GateResult<'_, Self> {
        if let RateLimitAdmission::Pending(turn) = self.admit(Ask { cost, may_wait: true, is_refundable: false })? {
            Box::pin(wait(turn)).await?;
        }
        Ok(RateLimitPermit { limiter: self, cost })
    }

    #[inline]
    pub(super) async fn enter_refundable(&self, cost: u64) -> Result<Option<Refundable>, Error> {
        match self.admit_locked(Ask { cost, may_wait: true, is_refundable: true })? {
            RateLimitAdmission::Admitted(call) => Ok(call),
            RateLimitAdmission::Pending(turn) => Box::pin(wait(turn)).await,
        }
    }

    pub(super) fn enter_blocking_for(&self, cost: u64, is_refundable: bool) -> Result<Option<Refundable>, Error> {
        match self.admit_locked(Ask { cost, may_wait: true, is_refundable })? {
            RateLimitAdmission::Admitted(call) => Ok(call),
            RateLimitAdmission::Pending(mut turn) => loop {
                if self.wait_for_blocking(turn.time) {
                    break Err(self.shutting_down());
                }
                if let Some(arrived) = turn.arrived() {
                    break arrived;
                }
            },
        }
    }
}

impl RateLimiter {
    /// The call that waited gives its turn back when it is dropped.
    #[cold]
    pub(super) fn shutting_down(&self) -> Error {
        self.meter.count(&self.name, OfLimiter::Rejected);
        self.rejected.add_one();
        Error::ShuttingDown { name: self.name.to_cow() }
    }
}

impl Gate for RateLimiter {
    type Permit<'a> = RateLimitPermit<'a>;
    type Rejection<'a> = LimitRejection<'a>;

    #[inline]
    fn try_enter(&self) -> GateResult<'_, Self> {
        self.try_enter_for(1)
    }

    #[inline]
    async fn enter(&self) -> GateResult<'_, Self> {
        self.enter_for(1).await
    }

    #[inline]
    fn enter_blocking(&self, _: FunctionRef) -> GateResult<'_, Self> {
        self.enter_blocking_at(1)
    }
}

impl<'a> Gate for CostingLimit<'a> {
    type Permit<'p>
        = RateLimitPermit<'a>
    where
        Self: 'p;
    type Rejection<'p>
        = LimitRejection<'a>
    where
        Self: 'p;

    #[inline]
    fn try_enter(&self) -> GateResult<'_, Self> {
        self.limiter.try_enter_for(self.cost)
    }

    #[inline]
    async fn enter(&self) -> GateResult<'_, Self> {
        self.limiter.enter_for(self.cost).await
    }

    #[inline]
    fn enter_blocking(&self, _: FunctionRef) -> GateResult<'_, Self> {
        self.limiter.enter_blocking_at(self.cost)
    }
}

/// The wait must end before the deadline.
pub(super) fn patience(config: &RateLimiterConfig) -> Duration {
    let Some(wait) = config.wait else { return Duration::ZERO };
    context::time_left().map_or(wait, |left| wait.min(left.saturating_sub(Duration::from_nanos(1))))
}

async fn wait(mut turn: PendingTurn<'_>) -> Result<Option<Refundable>, Error> {
    loop {
        if turn.limiter.wait_for(turn.time).await {
            return Err(turn.limiter.shutting_down());
        }
        if let Some(arrived) = turn.arrived() {
            return arrived;
        }
    }
}
