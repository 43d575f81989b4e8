//! The gate of an attempt: a breaker with a site, or none.

use std::convert::Infallible;

use crate::circuit_breaker::{BreakerEntry, RejectedCall, SiteScope, record_classified};
use crate::classify::Classifier;
use crate::context::CallScope;
use crate::context::facts::Identity;
use crate::outcome::Outcome;
use crate::registry::FunctionRef;

/// Asks the gate at the first poll, so that a rejection takes no place.
pub trait AttemptEntry {
    type Gate: AttemptGate;
    type Rejection;

    fn enter(self) -> Result<Self::Gate, Self::Rejection>;
}

impl AttemptEntry for () {
    type Gate = ();
    type Rejection = Infallible;

    #[inline]
    fn enter(self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl AttemptEntry for BreakerEntry {
    type Gate = SiteScope;
    type Rejection = RejectedCall<'static>;

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the permit would move once more")]
    fn enter(self) -> Result<SiteScope, RejectedCall<'static>> {
        Self::enter(self)
    }
}

/// The permit of an attempt, as the innermost scope of its body.
pub trait AttemptGate: CallScope {
    fn record<R: Outcome>(
        self,
        outcome: &R,
        identity: impl Identity<R::Failure>,
        classifier: impl Classifier<R::Failure>,
        function: FunctionRef,
    );
}

impl AttemptGate for () {
    #[inline]
    fn record<R: Outcome>(self, _: &R, _: impl Identity<R::Failure>, _: impl Classifier<R::Failure>, _: FunctionRef) {}
}

impl AttemptGate for SiteScope {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost as much as what a success does")]
    fn record<R: Outcome>(
        self,
        outcome: &R,
        identity: impl Identity<R::Failure>,
        classifier: impl Classifier<R::Failure>,
        function: FunctionRef,
    ) {
        record_classified(self, outcome, identity, classifier, function);
    }
}
