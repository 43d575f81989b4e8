//! Calls that may give back what they took from a limit of this process.

use super::RateLimiter;
use super::body_runs::{BodyRuns, BodyWatch};
use super::permit::{Ask, RateLimitAdmission};
use super::settling::{NextRequest, SettlingPermit};
use super::state::Refundable;
use crate::error::Error;
use crate::gate::Gate;
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
    body: BodyWatch<'r>,
    call: Option<Refundable>,
}

impl<'a, 'r> RefundableLimit<'a, 'r> {
    fn permit(&self, call: Option<Refundable>) -> RefundablePermit<'a, 'r> {
        RefundablePermit { limiter: self.limiter, cost: self.cost, body: BodyWatch::start(self.runs), call }
    }
}

impl<'a, 'r> Gate for RefundableLimit<'a, 'r> {
    type Permit<'p>
        = RefundablePermit<'a, 'r>
    where
        Self: 'p;
    type Rejection<'p>
        = Error
    where
        Self: 'p;

    #[inline]
    fn try_enter(&self) -> Result<RefundablePermit<'a, 'r>, Error> {
        let ask = Ask { cost: self.cost, may_wait: false, is_refundable: true };
        match self.limiter.admit_locked(ask)? {
            RateLimitAdmission::Admitted(call) => Ok(self.permit(call)),
            RateLimitAdmission::Pending(mut turn) => turn.arrived().unwrap_or(Ok(None)).map(|call| self.permit(call)),
        }
    }

    #[inline]
    async fn enter(&self) -> Result<RefundablePermit<'a, 'r>, Error> {
        self.limiter.enter_refundable(self.cost).await.map(|call| self.permit(call))
    }

    fn enter_blocking(&self, _: FunctionRef) -> Result<RefundablePermit<'a, 'r>, Error> {
        self.limiter.enter_blocking_for(self.cost, true).map(|call| self.permit(call))
    }
}

impl RefundablePermit<'_, '_> {
    /// Takes what is still to be settled, which is nothing if a gate below has rejected the call.
    pub(super) fn take_call(&mut self) -> Option<Refundable> {
        if self.body.is_rejected() {
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

impl<'a> SettlingPermit for RefundablePermit<'a, '_> {
    type Limiter = &'a RateLimiter;

    fn limiter(&self) -> &'a RateLimiter {
        self.limiter
    }

    fn next_request(&self) -> NextRequest {
        NextRequest::of_process(self.cost)
    }

    fn is_rejected(&self) -> bool {
        self.body.is_rejected()
    }

    #[inline]
    fn settle(mut self, taken: Option<u64>) {
        if let Some(call) = self.call.take() {
            self.limiter.end_call(call, taken);
        }
    }

    fn refund(mut self) {
        self.end(true);
    }
}

impl Drop for RefundablePermit<'_, '_> {
    fn drop(&mut self) {
        self.end(self.body.has_not_run());
    }
}
