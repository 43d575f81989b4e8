//! Tells whether a result is a failure: `(&&FailureProbe(&out)).__resilience_failure()`.

use crate::outcome::Outcome;

#[derive(Debug)]
pub struct FailureProbe<'a, R>(pub &'a R);

pub trait FailureIfOutcome {
    fn __resilience_failure(&self) -> bool;
}

impl<R: Outcome> FailureIfOutcome for &FailureProbe<'_, R> {
    fn __resilience_failure(&self) -> bool {
        self.0.failure().is_some()
    }
}

pub trait FailureOtherwise {
    fn __resilience_failure(&self) -> bool {
        false
    }
}

impl<R> FailureOtherwise for FailureProbe<'_, R> {}
