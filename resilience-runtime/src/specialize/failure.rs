//! Ends a call as its result tells: `(&&&FailureProbe(&out)).__resilience_end(call)`.

use crate::classify::Classify;
use crate::context::facts;
use crate::metrics::{CallGuard, CallResult};
use crate::outcome::Outcome;

#[derive(Debug)]
pub struct FailureProbe<'a, R>(pub &'a R);

pub trait EndIfClassified {
    fn __resilience_end(&self, call: CallGuard);
}

impl<R: Outcome<Failure: Classify>> EndIfClassified for &&FailureProbe<'_, R> {
    #[inline]
    fn __resilience_end(&self, call: CallGuard) {
        call.ended(|| match self.0.failure() {
            None => CallResult::Ok,
            Some(failure) => CallResult::Failed(Some(facts::undisturbed(|| failure.category()))),
        });
    }
}

pub trait EndIfOutcome {
    fn __resilience_end(&self, call: CallGuard);
}

impl<R: Outcome> EndIfOutcome for &FailureProbe<'_, R> {
    #[inline]
    fn __resilience_end(&self, call: CallGuard) {
        call.ended(|| if self.0.failure().is_some() { CallResult::Failed(None) } else { CallResult::Ok });
    }
}

pub trait EndOtherwise {
    #[inline]
    fn __resilience_end(&self, call: CallGuard) {
        call.ended(|| CallResult::Ok);
    }
}

impl<R> EndOtherwise for FailureProbe<'_, R> {}
