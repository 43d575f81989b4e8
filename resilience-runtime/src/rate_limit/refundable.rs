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
use crate::time;

#[derive(Debug)]
pub struct RefundableLimit<'a, 'r> {
    limiter: &'a RateLimiter,
    cost: u64,
    /// `None` if nothing below can reject the call.
    runs: Option<&'r BodyRuns>,
}

/// `runs` tells whether the body runs, if a gate below may reject the call.
#[inline]
pub fn refundable<'a, 'r>(limiter: &'a RateLimiter, cost: u64, runs: Option<&'r BodyRuns>) -> RefundableLimit<'a, 'r> {
    RefundableLimit { limiter, cost, runs }
}

/// Gives the tokens back if the call is dropped before its body has begun.
#[derive(Debug)]
#[must_use = "it is held while the call runs"]
pub struct RefundablePermit<'a, 'r> {
    limiter: &'a RateLimiter,
    cost: u64,
    runs: Option<(&'r BodyRuns, Look)>,
    call: Option<Refundable>,
}

impl<'a, 'r> RefundableLimit<'a, 'r> {
    fn permit(&self, call: Option<Refundable>) -> RefundablePermit<'a, 'r> {
        let runs = self.runs.map(|runs| (runs, runs.look()));
        RefundablePermit { limiter: self.limiter, cost: self.cost, runs, call }
    }
}

impl<'a, 'r> Gate for RefundableLimit<'a, 'r> {
    type Permit<'p>
        = RefundablePermit<'a, 'r>
    where
        Self: 'p;

    #[inline]
    fn try_enter(&self) -> Result<RefundablePermit<'a, 'r>, Error> {
        let ask = Ask { cost: self.cost, may_wait: false, is_refundable: true };
        match self.limiter.admit(ask)? {
            RateLimitAdmission::Admitted(call) => Ok(self.permit(call)),
            RateLimitAdmission::Pending(mut turn) => turn.arrived().unwrap_or(Ok(None)).map(|call| self.permit(call)),
        }
    }

    #[inline]
    async fn enter(&self) -> Result<RefundablePermit<'a, 'r>, Error> {
        self.limiter.enter_for(self.cost, true).await.map(|call| self.permit(call))
    }

    fn enter_blocking(&self, _: FunctionRef) -> Result<RefundablePermit<'a, 'r>, Error> {
        self.limiter.enter_blocking_for(self.cost, true).map(|call| self.permit(call))
    }
}

impl<'a> RefundablePermit<'a, '_> {
    /// Ends the call, which took so many tokens: the difference to its cost comes back, or is charged.
    /// `None` if nobody knows: the cost stays.
    #[inline]
    pub fn settle(mut self, taken: Option<u64>) {
        if let Some(call) = self.call.take() {
            self.limiter.end_call(call, taken);
        }
    }

    /// Ends a call that has failed, or whose caller has gone, after its stream had begun: it pays its
    /// cost, or more if the items have told so.
    pub fn settle_unfinished(self, taken: Option<u64>) {
        let cost = self.cost;
        self.settle(taken.filter(|taken| *taken > cost));
    }

    pub(super) const fn limiter(&self) -> &'a RateLimiter {
        self.limiter
    }

    pub(super) const fn cost(&self) -> u64 {
        self.cost
    }

    /// The body has not run, because a gate below has rejected the call.
    fn is_rejected(&self) -> bool {
        self.runs.is_some_and(|(runs, before)| {
            let Look { runs, rejections } = runs.look();
            runs == before.runs && rejections != before.rejections
        })
    }

    /// Takes what is still to be settled, which is nothing if a gate below has rejected the call.
    pub(super) fn take_call(&mut self) -> Option<Refundable> {
        if self.is_rejected() {
            self.end(true);
        }
        self.call.take()
    }

    fn end(&mut self, is_refunded: bool) {
        let Some(call) = self.call.take() else { return };
        if is_refunded {
            let mut locked = self.limiter.lock();
            let (limit, state) = locked.parts();
            state.refund(call, limit.quota, time::now());
        } else {
            self.limiter.end_call(call, None);
        }
    }
}

impl Drop for RefundablePermit<'_, '_> {
    fn drop(&mut self) {
        let is_refunded = self.runs.is_some_and(|(runs, before)| runs.look().runs == before.runs);
        self.end(is_refunded);
    }
}

/// Ends a call that has an outcome. A cache may have answered it, which is no rejection.
#[inline]
pub fn leave_or_refund<R: Outcome>(
    mut permit: RefundablePermit<'_, '_>,
    outcome: &R,
    identity: impl Identity<R::Failure>,
) {
    let is_rejected = permit.is_rejected();
    permit.end(is_rejected);
    if let Some(failure) = outcome.failure() {
        permit.limiter.tell_closed(failure, permit.cost, identity);
    }
}

/// [`leave_or_refund`], where a value says what the call took.
#[inline]
pub fn settle<R: Outcome>(
    permit: RefundablePermit<'_, '_>,
    outcome: &R,
    identity: impl Identity<R::Failure>,
    taken: impl FnOnce(&R::Value) -> Option<u64>,
) {
    let is_rejected = permit.is_rejected();
    match outcome.value().filter(|_| !is_rejected) {
        Some(value) => permit.settle(undisturbed(|| taken(value))),
        None => leave_or_refund(permit, outcome, identity),
    }
}

/// Ends a call whose stream has failed after it had begun.
pub fn settle_failed<R: Outcome>(
    permit: RefundablePermit<'_, '_>,
    outcome: &R,
    identity: impl Identity<R::Failure>,
    taken: Option<u64>,
) {
    let (limiter, cost) = (permit.limiter, permit.cost);
    permit.settle_unfinished(taken);
    if let Some(failure) = outcome.failure() {
        limiter.tell_closed(failure, cost, identity);
    }
}
