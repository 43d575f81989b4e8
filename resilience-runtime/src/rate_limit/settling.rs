//! The end of a call that may pay something other than its cost: what a gate below rejects costs
//! nothing, and with `settle` a call pays what it really took.

use std::ops::Deref;

use super::RateLimiter;
#[cfg(feature = "store")]
use super::shared::Decider;
use crate::context::facts::identity::Identity;
use crate::context::facts::undisturbed;
use crate::outcome::Outcome;

/// A permit that is settled at its end. Dropped, it keeps its cost, unless the body has not run.
pub trait SettlingPermit: Sized {
    type Limiter: Deref<Target = RateLimiter>;

    fn limiter(&self) -> Self::Limiter;

    fn next_request(&self) -> NextRequest;

    /// The body has not run, because a gate below has rejected the call.
    fn is_rejected(&self) -> bool;

    /// Ends the call, which took so many units: the difference to its cost comes back, or is charged.
    /// `None` if nobody knows: the cost stays.
    fn settle(self, taken: Option<u64>);

    /// Ends a call that takes nothing.
    fn refund(self);

    /// Ends a call that has failed, or whose caller has gone, after its stream had begun: it pays its
    /// cost, or more if the items have told so.
    fn settle_unfinished(self, taken: Option<u64>) {
        let taken = self.next_request().more_than_cost(taken);
        self.settle(taken);
    }
}

/// The request that the next attempt of a call would make to its limit.
#[derive(Debug, Clone, Copy)]
pub struct NextRequest {
    pub cost: u64,
    #[cfg(feature = "store")]
    pub decider: Decider,
}

impl NextRequest {
    pub const fn of_process(cost: u64) -> Self {
        Self {
            cost,
            #[cfg(feature = "store")]
            decider: Decider::Process,
        }
    }

    pub fn more_than_cost(self, taken: Option<u64>) -> Option<u64> {
        taken.filter(|taken| *taken > self.cost)
    }

    /// A retry does not wait for a limit that would reject the next attempt.
    pub fn tell_closed<E>(self, limiter: &RateLimiter, failure: &E, identity: impl Identity<E>) {
        #[cfg(feature = "store")]
        limiter.tell_closed_by(self.decider, failure, self.cost, identity);
        #[cfg(not(feature = "store"))]
        limiter.tell_closed(failure, self.cost, identity);
    }
}

/// Ends a call that has an outcome. A cache may have answered it, which is no rejection.
#[inline]
pub fn leave_or_refund<R: Outcome>(permit: impl SettlingPermit, outcome: &R, identity: impl Identity<R::Failure>) {
    let (limiter, next) = (permit.limiter(), permit.next_request());
    if permit.is_rejected() {
        permit.refund();
    } else {
        permit.settle(None);
    }
    if let Some(failure) = outcome.failure() {
        next.tell_closed(&limiter, failure, identity);
    }
}

/// [`leave_or_refund`], where a value says what the call took.
#[inline]
pub fn settle<R: Outcome>(
    permit: impl SettlingPermit,
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
    permit: impl SettlingPermit,
    outcome: &R,
    identity: impl Identity<R::Failure>,
    taken: Option<u64>,
) {
    let (limiter, next) = (permit.limiter(), permit.next_request());
    permit.settle_unfinished(taken);
    if let Some(failure) = outcome.failure() {
        next.tell_closed(&limiter, failure, identity);
    }
}
