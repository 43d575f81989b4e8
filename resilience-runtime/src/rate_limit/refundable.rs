//! Calls that may give back what they took: above other gates, what these reject costs nothing, and
//! with `settle` a call pays what it really took.

use super::RateLimiter;
use super::body_runs::{BodyRuns, Look};
use super::permit::{Ask, RateLimitAdmission};
use super::state::Refundable;
use crate::context::facts::identity::Identity;
use crate::context::facts::undisturbed;
use crate::error::Error;
use crate::gate::Gate;
use crate::outcome::Outcome;
use crate::registry::FunctionRef;
use crate::sync::Configured;
use crate::time;

#[derive(Debug)]
pub struct RefundableLimit<'a> {
    limiter: &'a RateLimiter,
    cost: u64,
    /// `None` if nothing below can reject the call.
    runs: Option<&'a BodyRuns>,
}

/// `runs` tells whether the body runs, if a gate below may reject the call.
#[inline]
pub fn refundable<'a>(limiter: &'a RateLimiter, cost: u64, runs: Option<&'a BodyRuns>) -> RefundableLimit<'a> {
    RefundableLimit { limiter, cost, runs }
}

/// Gives the tokens back if the call is dropped before its body has begun.
#[derive(Debug)]
#[must_use = "it is held while the call runs"]
pub struct RefundablePermit<'a> {
    limiter: &'a RateLimiter,
    cost: u64,
    runs: Option<(&'a BodyRuns, Look)>,
    call: Option<Refundable>,
}

impl<'a> RefundableLimit<'a> {
    fn permit(&self, call: Option<Refundable>) -> RefundablePermit<'a> {
        let runs = self.runs.map(|runs| (runs, runs.look()));
        RefundablePermit { limiter: self.limiter, cost: self.cost, runs, call }
    }
}

impl<'a> Gate for RefundableLimit<'a> {
    type Permit<'p>
        = RefundablePermit<'a>
    where
        Self: 'p;

    #[inline]
    fn try_enter(&self) -> Result<RefundablePermit<'a>, Error> {
        let ask = Ask { cost: self.cost, may_wait: false, is_refundable: true };
        match self.limiter.admit(ask)? {
            RateLimitAdmission::Admitted(call) => Ok(self.permit(call)),
            RateLimitAdmission::Pending(mut turn) => turn.arrived().unwrap_or(Ok(None)).map(|call| self.permit(call)),
        }
    }

    #[inline]
    async fn enter(&self) -> Result<RefundablePermit<'a>, Error> {
        self.limiter.enter_for(self.cost, true).await.map(|call| self.permit(call))
    }

    fn enter_blocking(&self, _: FunctionRef) -> Result<RefundablePermit<'a>, Error> {
        self.limiter.enter_blocking_for(self.cost, true).map(|call| self.permit(call))
    }
}

impl<'a> RefundablePermit<'a> {
    /// Ends the call, which took so many tokens: the difference to its cost comes back, or is charged.
    ///
    /// It may come later than the end of the function, as for a stream. Without it, the cost stays.
    #[inline]
    pub fn settle(mut self, actual: u64) {
        if let Some(call) = self.call.take() {
            let Configured { config, state } = &mut *self.limiter.lock();
            state.settle(call, actual, config.quota, time::now());
        }
    }

    pub(super) const fn limiter(&self) -> &'a RateLimiter {
        self.limiter
    }

    fn end(&mut self, is_refunded: bool) {
        let Some(call) = self.call.take() else { return };
        let Configured { config, state } = &mut *self.limiter.lock();
        if is_refunded {
            state.refund(call, config.quota, time::now());
        } else {
            state.spend(call);
        }
    }
}

impl Drop for RefundablePermit<'_> {
    fn drop(&mut self) {
        let is_refunded = self.runs.is_some_and(|(runs, before)| runs.look().runs == before.runs);
        self.end(is_refunded);
    }
}

/// Ends a call that has an outcome. A cache may have answered it, which is no rejection.
#[inline]
pub fn leave_or_refund<R: Outcome>(mut permit: RefundablePermit<'_>, outcome: &R, identity: impl Identity<R::Failure>) {
    let is_rejected = permit.runs.is_some_and(|(runs, before)| {
        let Look { runs, rejections } = runs.look();
        runs == before.runs && rejections != before.rejections
    });
    permit.end(is_rejected);
    if let Some(failure) = outcome.failure() {
        permit.limiter.tell_closed(failure, permit.cost, identity);
    }
}

/// [`leave_or_refund`], where a value says what the call took.
#[inline]
pub fn settle<R: Outcome>(
    permit: RefundablePermit<'_>,
    outcome: &R,
    identity: impl Identity<R::Failure>,
    actual: impl FnOnce(&R::Value) -> u64,
) {
    let is_rejected = permit.runs.is_some_and(|(runs, before)| {
        let Look { runs, rejections } = runs.look();
        runs == before.runs && rejections != before.rejections
    });
    match outcome.value().filter(|_| !is_rejected) {
        Some(value) => permit.settle(undisturbed(|| actual(value))),
        None => leave_or_refund(permit, outcome, identity),
    }
}
