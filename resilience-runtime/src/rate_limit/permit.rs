use std::sync::atomic::Ordering;
use std::time::Duration;

use super::state::{Admission, Refundable, Turn};
use super::word::RejectedUntil;
use super::{Limit, RateLimiter, RateLimiterConfig};
use crate::context::facts::identity::Identity;
use crate::context::{self, facts};
use crate::error::Error;
use crate::gate::Gate;
use crate::metrics::{GaugeGuard, OfLimiter};
use crate::outcome::Outcome;
use crate::registry::FunctionRef;
use crate::sync::Configured;
use crate::time;

/// The call is counted when it is admitted, so dropping the permit returns nothing.
#[derive(Debug)]
#[must_use = "it is held while the call runs"]
pub struct RateLimitPermit<'a> {
    limiter: &'a RateLimiter,
}

/// Ends a call. A retry does not wait for a limit that would reject the next attempt.
#[inline]
#[allow(clippy::needless_pass_by_value, reason = "it ends the permit")]
pub fn leave_limit<R: Outcome>(permit: RateLimitPermit<'_>, outcome: &R, identity: impl Identity<R::Failure>) {
    if let Some(failure) = outcome.failure() {
        permit.limiter.tell_closed(failure, identity);
    }
}

/// Dropping it gives the turn back.
#[derive(Debug)]
pub(super) struct PendingTurn<'a> {
    limiter: &'a RateLimiter,
    pub time: Duration,
    /// `None` once it has come.
    turn: Option<Turn>,
    shown: GaugeGuard,
}

impl PendingTurn<'_> {
    pub fn arrived(mut self, refundable: bool) -> Option<Refundable> {
        let Self { limiter, .. } = self;
        let turn = self.turn.take();
        let call = turn.and_then(|turn| {
            let Configured { config, state } = &mut *limiter.lock();
            state.pass(turn, config.quota, refundable)
        });
        self.shown.end();
        limiter.meter.count(&limiter.name, OfLimiter::Waited);
        call
    }
}

impl Drop for PendingTurn<'_> {
    fn drop(&mut self) {
        if let Some(turn) = self.turn {
            self.limiter.lock().state.leave(turn);
        }
    }
}

pub(super) enum RateLimitAdmission<'a> {
    Admitted(Option<Refundable>),
    Pending(PendingTurn<'a>),
}

impl RateLimiter {
    #[inline]
    pub(super) fn admit(&self, may_wait: bool, refundable: bool) -> Result<RateLimitAdmission<'_>, Error> {
        facts::end_freshness();
        if !refundable {
            match self.word.admit() {
                Some(Ok(())) => {
                    self.meter.count(&self.name, OfLimiter::Passed);
                    return Ok(RateLimitAdmission::Admitted(None));
                }
                Some(Err(rejected)) => return Err(self.reject(rejected)),
                None => {}
            }
        }
        self.admit_locked(may_wait, refundable)
    }

    #[cold]
    #[inline(never)]
    fn reject(&self, rejected: RejectedUntil) -> Error {
        let error = self.limited(rejected);
        self.rejected.fetch_add(1, Ordering::Release);
        error
    }

    #[cold]
    #[inline(never)]
    fn try_enter_locked(&self) -> Result<RateLimitPermit<'_>, Error> {
        self.admit_locked(false, false).map(|_| RateLimitPermit { limiter: self })
    }

    #[cold]
    #[inline(never)]
    fn admit_locked(&self, may_wait: bool, refundable: bool) -> Result<RateLimitAdmission<'_>, Error> {
        let (admission, wait, now) = {
            let Configured { config: Limit { config, quota }, state } = &mut *self.lock();
            let patience = if may_wait { patience(config) } else { Duration::ZERO };
            // Reads the clock under the lock: a thread that slept in between would ask with an old
            // time, and be rejected because of later calls.
            let now = time::now();
            (state.admit(*quota, now, patience, refundable), config.wait, now)
        };
        match admission {
            Admission::Pass(call) => {
                self.meter.count(&self.name, OfLimiter::Passed);
                Ok(RateLimitAdmission::Admitted(call))
            }
            Admission::Wait(time, turn) => {
                let shown = self.meter.gauge(&self.name, OfLimiter::Waiting);
                Ok(RateLimitAdmission::Pending(PendingTurn { limiter: self, time, turn: Some(turn), shown }))
            }
            Admission::Reject(left) => {
                if wait.is_some_and(|wait| left <= wait) {
                    context::note_deadline_decision();
                }
                Err(self.limited(RejectedUntil { left, until: now.after(left) }))
            }
        }
    }

    #[cold]
    pub(super) fn tell_closed<E>(&self, failure: &E, identity: impl Identity<E>) {
        let now = time::now();
        let closed_for = {
            let Configured { config: Limit { config, quota }, state } = &mut *self.lock();
            state.closed_for(*quota, now, config.wait.unwrap_or_default())
        };
        if let Some(closed_for) = closed_for {
            facts::closed(failure, now.after(closed_for), identity);
        }
    }

    pub(super) fn wait_blocking(&self, refundable: bool) -> Result<Option<Refundable>, Error> {
        match self.admit(true, refundable)? {
            RateLimitAdmission::Admitted(call) => Ok(call),
            RateLimitAdmission::Pending(turn) => {
                time::sleep_blocking(turn.time);
                Ok(turn.arrived(refundable))
            }
        }
    }
}

impl Gate for RateLimiter {
    type Permit<'a> = RateLimitPermit<'a>;

    #[inline]
    fn try_enter(&self) -> Result<RateLimitPermit<'_>, Error> {
        facts::end_freshness();
        match self.word.admit() {
            Some(Ok(())) => {
                self.meter.count(&self.name, OfLimiter::Passed);
                Ok(RateLimitPermit { limiter: self })
            }
            Some(Err(rejected)) => Err(self.reject(rejected)),
            None => self.try_enter_locked(),
        }
    }

    /// The wait is boxed and rare, so the future of an admitted call stays small.
    #[inline]
    async fn enter(&self) -> Result<RateLimitPermit<'_>, Error> {
        if let RateLimitAdmission::Pending(turn) = self.admit(true, false)? {
            Box::pin(wait(turn, false)).await;
        }
        Ok(RateLimitPermit { limiter: self })
    }

    fn enter_blocking(&self, _: FunctionRef) -> Result<RateLimitPermit<'_>, Error> {
        self.wait_blocking(false).map(|_| RateLimitPermit { limiter: self })
    }
}

/// The wait must end before the deadline.
fn patience(config: &RateLimiterConfig) -> Duration {
    let Some(wait) = config.wait else { return Duration::ZERO };
    context::time_left().map_or(wait, |left| wait.min(left.saturating_sub(Duration::from_nanos(1))))
}

pub(super) async fn wait(turn: PendingTurn<'_>, refundable: bool) -> Option<Refundable> {
    context::sleep(turn.time).await;
    turn.arrived(refundable)
}
