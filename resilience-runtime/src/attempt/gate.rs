//! The gate of an attempt: a breaker with a site, or none.

use std::convert::Infallible;

use crate::circuit_breaker::{SiteScope, record_classified};
use crate::classify::Classifier;
use crate::context::CallScope;
use crate::context::facts::Identity;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::registry::FunctionRef;

/// Asks the gate at the first poll, so that a permit stands where it stays, and a rejection takes no place.
pub trait AttemptEntry {
    type Gate: AttemptGate;
    type Rejection;

    const OUTSIDE: Self::Gate;

    fn enter(&self, gate: &mut Self::Gate) -> Result<(), Self::Rejection>;
}

impl AttemptEntry for () {
    type Gate = ();
    type Rejection = Infallible;

    const OUTSIDE: () = ();

    #[inline]
    fn enter(&self, (): &mut ()) -> Result<(), Infallible> {
        Ok(())
    }
}

impl<F: Fn() -> Result<SiteScope, Error>> AttemptEntry for F {
    type Gate = Option<SiteScope>;
    type Rejection = Error;

    const OUTSIDE: Option<SiteScope> = None;

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the permit would move once more")]
    fn enter(&self, gate: &mut Option<SiteScope>) -> Result<(), Error> {
        if gate.is_none() {
            *gate = Some(self()?);
        }
        Ok(())
    }
}

/// The permit of an attempt, as the innermost scope of its body.
pub trait AttemptGate: CallScope {
    fn record<R: Outcome>(
        &mut self,
        outcome: &R,
        identity: impl Identity<R::Failure>,
        classifier: impl Classifier<R::Failure>,
        function: FunctionRef,
    );
}

impl AttemptGate for () {
    #[inline]
    fn record<R: Outcome>(
        &mut self,
        _: &R,
        _: impl Identity<R::Failure>,
        _: impl Classifier<R::Failure>,
        _: FunctionRef,
    ) {
    }
}

impl AttemptGate for Option<SiteScope> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost as much as what a success does")]
    fn record<R: Outcome>(
        &mut self,
        outcome: &R,
        identity: impl Identity<R::Failure>,
        classifier: impl Classifier<R::Failure>,
        function: FunctionRef,
    ) {
        if let Some(scope) = self.take() {
            record_classified(scope, outcome, identity, classifier, function);
        }
    }
}
