//! Chooses whether the outcome of an attempt is kept during the pause after it:
//! `KeptOutcomeProbe::of(&outcome).__resilience_pause(outcome, delay)`.
//!
//! The preferred case is a method of the type itself, as in [`failure_type`](super::failure_type).

use std::marker::PhantomData;
use std::time::Duration;

use crate::retry::{Kept, NotKept, RetryPause, pause};

#[derive(Debug)]
pub struct KeptOutcomeProbe<R>(PhantomData<fn() -> R>);

impl<R> KeptOutcomeProbe<R> {
    pub const fn of(_: &R) -> Self {
        Self(PhantomData)
    }
}

impl<R: Send> KeptOutcomeProbe<R> {
    pub fn __resilience_pause(self, outcome: R, delay: Duration) -> RetryPause<R, Kept<R>> {
        pause(Kept(outcome), delay)
    }
}

pub trait KeptOutcomeOtherwise<R> {
    fn __resilience_pause(&self, outcome: R, delay: Duration) -> RetryPause<R, NotKept>;
}

impl<R> KeptOutcomeOtherwise<R> for KeptOutcomeProbe<R> {
    fn __resilience_pause(&self, outcome: R, delay: Duration) -> RetryPause<R, NotKept> {
        drop(outcome);
        pause(NotKept, delay)
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outcome_is_kept_if_its_type_is_send() {
        let name = |pause: &dyn std::any::Any| pause.is::<RetryPause<Result<u8, u8>, Kept<Result<u8, u8>>>>();
        let sent: Result<u8, u8> = Err(1);
        assert!(name(&KeptOutcomeProbe::of(&sent).__resilience_pause(sent, Duration::ZERO)));
        let local: Result<u8, Rc<u8>> = Err(Rc::new(1));
        let pause: RetryPause<_, NotKept> = KeptOutcomeProbe::of(&local).__resilience_pause(local, Duration::ZERO);
        assert!(pause.await.is_none());
    }
}
