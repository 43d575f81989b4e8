//! Rejections of a rate limit.

use std::borrow::Cow;
use std::time::Duration;

use tracing::Level;

use super::RateLimiter;
use super::word::RejectedUntil;
use crate::context::facts::{Identity, RejectionFacts};
use crate::error::Error;
use crate::gate::{GateRejection, Rejection, count_unheard};
use crate::metrics::OfLimiter;
use crate::outcome::Outcome;
use crate::registry::FunctionRef;
use crate::time::Moment;

#[derive(Debug)]
pub enum LimitRejection<'a> {
    /// Counted when it is announced.
    Limited(&'a RateLimiter, RejectedUntil),
    Counted(Error),
}

impl From<Error> for LimitRejection<'_> {
    fn from(error: Error) -> Self {
        Self::Counted(error)
    }
}

impl From<LimitRejection<'_>> for Error {
    fn from(rejection: LimitRejection<'_>) -> Self {
        match rejection {
            LimitRejection::Limited(limiter, RejectedUntil { left: retry_after, .. }) => {
                Self::RateLimited { name: limiter.name.to_cow(), retry_after }
            }
            LimitRejection::Counted(error) => error,
        }
    }
}

impl RejectionFacts for LimitRejection<'_> {
    fn is_rejection(&self) -> bool {
        true
    }

    fn ends(&self) -> Option<Moment> {
        match self {
            Self::Limited(_, rejected) => Some(rejected.until),
            Self::Counted(error) => error.ends(),
        }
    }
}

impl GateRejection for LimitRejection<'_> {
    fn announce(&self, function: FunctionRef) {
        match self {
            Self::Limited(limiter, rejected) => drop(limiter.announce_limited(rejected.left, function)),
            Self::Counted(error) => error.announce(function),
        }
    }

    #[inline]
    fn into_outcome<R: Outcome<Failure: Rejection>>(
        self,
        identity: impl Identity<R::Failure>,
        function: FunctionRef,
    ) -> R {
        match self {
            Self::Limited(limiter, RejectedUntil { left, until }) => {
                rejected_by(limiter, left, until, identity, function)
            }
            Self::Counted(error) => error.into_outcome(identity, function),
        }
    }
}

/// The parts travel in registers.
#[cold]
#[inline(never)]
fn rejected_by<R: Outcome<Failure: Rejection>>(
    limiter: &RateLimiter,
    retry_after: Duration,
    until: Moment,
    identity: impl Identity<R::Failure>,
    function: FunctionRef,
) -> R {
    let name = match count_unheard(Level::WARN, &limiter.rejected, &limiter.name) {
        Some(name) => Cow::Borrowed(name),
        None => limiter.announce_limited(retry_after, function),
    };
    Rejection::remembered(Error::RateLimited { name, retry_after }, Some(until), identity)
}

impl RateLimiter {
    /// Returns its name.
    #[cold]
    #[inline(never)]
    fn announce_limited(&self, retry_after: Duration, function: FunctionRef) -> Cow<'static, str> {
        self.rejected.add_one();
        self.meter.count(&self.name, OfLimiter::Rejected);
        let error = Error::RateLimited { name: self.name.to_cow(), retry_after };
        error.announce(function);
        self.name.to_cow()
    }
}
