//! A rate limit above other gates: what they reject costs it nothing.

use super::RateLimiter;
use super::body_runs::{BodyRuns, Look};
use super::permit::{RateLimitAdmission, wait};
use super::state::Refundable;
use crate::context::facts::identity::Identity;
use crate::error::Error;
use crate::gate::Gate;
use crate::outcome::Outcome;
use crate::registry::FunctionRef;
use crate::sync::Configured;
use crate::time;

#[derive(Debug)]
pub struct RefundableLimit<'a> {
    limiter: &'a RateLimiter,
    runs: &'a BodyRuns,
}

#[inline]
pub fn refundable<'a>(limiter: &'a RateLimiter, runs: &'a BodyRuns) -> RefundableLimit<'a> {
    RefundableLimit { limiter, runs }
}

/// Gives the token back if the call is dropped before its body has begun.
#[derive(Debug)]
#[must_use = "it is held while the call runs"]
pub struct RefundablePermit<'a> {
    limiter: &'a RateLimiter,
    runs: &'a BodyRuns,
    before: Look,
    call: Option<Refundable>,
}

impl<'a> RefundableLimit<'a> {
    fn permit(&self, call: Option<Refundable>) -> RefundablePermit<'a> {
        RefundablePermit { limiter: self.limiter, runs: self.runs, before: self.runs.look(), call }
    }
}

impl<'a> Gate for RefundableLimit<'a> {
    type Permit<'p>
        = RefundablePermit<'a>
    where
        Self: 'p;

    #[inline]
    fn try_enter(&self) -> Result<RefundablePermit<'a>, Error> {
        match self.limiter.admit(false, true)? {
            RateLimitAdmission::Admitted(call) => Ok(self.permit(call)),
            RateLimitAdmission::Pending(turn) => Ok(self.permit(turn.arrived(true))),
        }
    }

    #[inline]
    async fn enter(&self) -> Result<RefundablePermit<'a>, Error> {
        match self.limiter.admit(true, true)? {
            RateLimitAdmission::Admitted(call) => Ok(self.permit(call)),
            RateLimitAdmission::Pending(turn) => Ok(self.permit(Box::pin(wait(turn, true)).await)),
        }
    }

    fn enter_blocking(&self, _: FunctionRef) -> Result<RefundablePermit<'a>, Error> {
        self.limiter.wait_blocking(true).map(|call| self.permit(call))
    }
}

impl RefundablePermit<'_> {
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
        let is_refunded = self.runs.look().runs == self.before.runs;
        self.end(is_refunded);
    }
}

/// Ends a call that has an outcome. A cache may have answered it, which is no rejection.
#[inline]
pub fn leave_or_refund<R: Outcome>(mut permit: RefundablePermit<'_>, outcome: &R, identity: impl Identity<R::Failure>) {
    let Look { runs, rejections } = permit.runs.look();
    permit.end(runs == permit.before.runs && rejections != permit.before.rejections);
    if let Some(failure) = outcome.failure() {
        permit.limiter.tell_closed(failure, identity);
    }
}
