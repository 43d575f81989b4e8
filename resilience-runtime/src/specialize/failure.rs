//! Ends a call as its result tells: `(&&&FailureProbe(&out)).__resilience_end(call)`.

use crate::classify::Classify;
use crate::context::facts;
use crate::metrics::{CallEnd, CallGuard};
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
            None => CallEnd::Ok,
            Some(failure) => CallEnd::Failed(Some(facts::undisturbed(|| failure.category()))),
        });
    }
}

pub trait EndIfOutcome {
    fn __resilience_end(&self, call: CallGuard);
}

impl<R: Outcome> EndIfOutcome for &FailureProbe<'_, R> {
    #[inline]
    fn __resilience_end(&self, call: CallGuard) {
        call.ended(|| if self.0.failure().is_some() { CallEnd::Failed(None) } else { CallEnd::Ok });
    }
}

pub trait EndOtherwise {
    #[inline]
    fn __resilience_end(&self, call: CallGuard) {
        call.ended(|| CallEnd::Ok);
    }
}

impl<R> EndOtherwise for FailureProbe<'_, R> {}
