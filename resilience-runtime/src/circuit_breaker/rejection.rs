//! Rejections of a breaker that is not closed.

use std::borrow::Cow;
use std::time::Duration;

use tracing::Level;

use super::state::BreakerRejection;
use super::{BreakerState, CircuitBreaker};
use crate::context::facts::{Identity, RejectionFacts};
use crate::emit::emit_at;
use crate::error::Error;
use crate::event::Event;
use crate::gate::{GateRejection, Rejection, count_unheard};
use crate::metrics::OfBreaker;
use crate::outcome::Outcome;
use crate::registry::FunctionRef;
use crate::time::{Moment, nanos};

/// A call that the breaker does not let pass. Counted when it is announced.
#[derive(Debug)]
pub struct RejectedCall<'a> {
    breaker: &'a CircuitBreaker,
    state: BreakerState,
    /// In nanoseconds; of an open breaker only.
    left: u64,
    until: Moment,
}

impl<'a> RejectedCall<'a> {
    #[inline]
    pub(super) const fn open(breaker: &'a CircuitBreaker, left: u64, until: Moment) -> Self {
        Self { breaker, state: BreakerState::Open, left, until }
    }

    pub(super) fn at(now: Moment, breaker: &'a CircuitBreaker, rejection: BreakerRejection) -> Self {
        let BreakerRejection { state, retry_after } = rejection;
        let until = retry_after.map_or(Moment::FAR, |left| now.after(left));
        Self { breaker, state, left: retry_after.map_or(0, nanos), until }
    }

    /// All probes are in progress, some of them in other processes.
    #[cfg(feature = "store")]
    pub(super) const fn probed(breaker: &'a CircuitBreaker) -> Self {
        Self { breaker, state: BreakerState::HalfOpen, left: 0, until: Moment::FAR }
    }

    fn retry_after(&self) -> Option<Duration> {
        retry_after(self.state, self.left)
    }

    /// The error of a call outside of the layers.
    #[cold]
    pub(super) fn into_error(self) -> Error {
        let Self { breaker, state, .. } = self;
        breaker.count_rejection();
        emit_at(Level::DEBUG, |emit| {
            let retry_after = self.retry_after();
            emit(&Event::BreakerRejected { name: &breaker.name, function: None, state, retry_after });
        });
        self.into()
    }
}

fn retry_after(state: BreakerState, left: u64) -> Option<Duration> {
    (state == BreakerState::Open).then(|| Duration::from_nanos(left))
}

impl From<RejectedCall<'_>> for Error {
    fn from(rejected: RejectedCall<'_>) -> Self {
        let (name, state, retry_after) = (rejected.breaker.name.to_cow(), rejected.state, rejected.retry_after());
        Self::CircuitOpen { name, state, retry_after }
    }
}

impl RejectionFacts for RejectedCall<'_> {
    fn is_rejection(&self) -> bool {
        true
    }

    fn ends(&self) -> Option<Moment> {
        Some(self.until)
    }
}

impl GateRejection for RejectedCall<'_> {
    fn announce(&self, function: FunctionRef) {
        drop(self.breaker.announce_rejection(self.state, self.left, function));
    }

    #[inline]
    fn into_outcome<R: Outcome<Failure: Rejection>>(
        self,
        identity: impl Identity<R::Failure>,
        function: FunctionRef,
    ) -> R {
        let Self { breaker, state, left, until } = self;
        rejected_by(breaker, state, left, until, identity, function)
    }
}

/// The parts travel in registers.
#[cold]
#[inline(never)]
fn rejected_by<R: Outcome<Failure: Rejection>>(
    breaker: &CircuitBreaker,
    state: BreakerState,
    left: u64,
    until: Moment,
    identity: impl Identity<R::Failure>,
    function: FunctionRef,
) -> R {
    let name = match count_unheard(Level::DEBUG, &breaker.rejected, &breaker.name) {
        Some(name) => Cow::Borrowed(name),
        None => breaker.announce_rejection(state, left, function),
    };
    let error = Error::CircuitOpen { name, state, retry_after: retry_after(state, left) };
    Rejection::remembered(error, Some(until), identity)
}

impl CircuitBreaker {
    fn count_rejection(&self) {
        let _are_rates_due = self.meter.count(&self.name, OfBreaker::Rejected);
        self.rejected.add_one();
    }

    /// Returns its name.
    #[cold]
    #[inline(never)]
    fn announce_rejection(&self, state: BreakerState, left: u64, function: FunctionRef) -> Cow<'static, str> {
        self.count_rejection();
        let error = Error::CircuitOpen { name: self.name.to_cow(), state, retry_after: retry_after(state, left) };
        error.announce(function);
        self.name.to_cow()
    }
}
