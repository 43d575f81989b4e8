//! Tells what a `retry_after` function takes: `(&&&HintProbe::of(&function, &out)).__resilience_hint()`.

use std::marker::PhantomData;
use std::time::Duration;

use crate::outcome::Outcome;

#[derive(Debug)]
pub struct HintProbe<F, R>(PhantomData<fn(F, R)>);

impl<F, R> HintProbe<F, R> {
    pub fn of(_: &F, _: &R) -> Self {
        Self(PhantomData)
    }
}

pub trait HintIfOfFailure {
    fn __resilience_hint(&self) -> OfFailure {
        OfFailure
    }
}

impl<F: Fn(&R::Failure) -> Option<Duration>, R: Outcome> HintIfOfFailure for &&HintProbe<F, R> {}

pub trait HintIfOfOutcome {
    fn __resilience_hint(&self) -> OfOutcome {
        OfOutcome
    }
}

impl<F: Fn(&R) -> Option<Duration>, R: Outcome> HintIfOfOutcome for &HintProbe<F, R> {}

pub trait HintOtherwise {
    fn __resilience_hint(&self) -> OfFailure {
        OfFailure
    }
}

impl<F, R> HintOtherwise for HintProbe<F, R> {}

pub trait HintSource<R: Outcome>: Copy {
    type Argument;

    fn argument(self, outcome: &R) -> Option<&Self::Argument>;
}

#[derive(Debug, Clone, Copy)]
pub struct OfFailure;

impl<R: Outcome> HintSource<R> for OfFailure {
    type Argument = R::Failure;

    fn argument(self, outcome: &R) -> Option<&R::Failure> {
        outcome.failure()
    }
}

#[derive(Debug, Clone, Copy)]
pub struct OfOutcome;

impl<R: Outcome> HintSource<R> for OfOutcome {
    type Argument = R;

    fn argument(self, outcome: &R) -> Option<&R> {
        Some(outcome)
    }
}
