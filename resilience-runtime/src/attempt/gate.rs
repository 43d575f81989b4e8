//! The gate of an attempt: a breaker with a site, or none.

use std::convert::Infallible;

use crate::circuit_breaker::{SiteScope, record_classified};
use crate::classify::Classifier;
use crate::context::CallScope;
use crate::context::facts::Identity;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::registry::FunctionRef;

/// What a gate has answered.
pub trait AttemptEntry {
    type Gate: AttemptGate;
    type Rejection;

    fn entered(self) -> Result<Self::Gate, Self::Rejection>;
}

impl AttemptEntry for () {
    type Gate = ();
    type Rejection = Infallible;

    #[inline]
    fn entered(self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl AttemptEntry for Result<SiteScope, Error> {
    type Gate = Option<SiteScope>;
    type Rejection = Error;

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the permit would move once more")]
    fn entered(self) -> Result<Option<SiteScope>, Error> {
        self.map(Some)
    }
}

/// The permit of an attempt, as the innermost scope of its body.
pub trait AttemptGate: CallScope {
    /// Moves the permit out of the future.
    fn take(&mut self) -> Self;

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
    fn take(&mut self) {}

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
    #[inline]
    fn take(&mut self) -> Self {
        Self::take(self)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost as much as what a success does")]
    fn record<R: Outcome>(
        &mut self,
        outcome: &R,
        identity: impl Identity<R::Failure>,
        classifier: impl Classifier<R::Failure>,
        function: FunctionRef,
    ) {
        if let Some(scope) = Self::take(self) {
            record_classified(scope, outcome, identity, classifier, function);
        }
    }
}
