//! Chooses whether a cached function can reject a call while the process shuts down:
//! `LoadRejectionProbe::new(result_type).__resilience_reject_load()`.
//!
//! The preferred case is a method of the type itself, as in [`failure_type`](super::failure_type).

use std::marker::PhantomData;

use crate::cache::{CannotReject, RejectWithError};
use crate::gate::Rejection;

#[derive(Debug)]
pub struct LoadRejectionProbe<R>(PhantomData<fn() -> R>);

impl<R> LoadRejectionProbe<R> {
    pub const fn new(result_type: PhantomData<fn() -> R>) -> Self {
        Self(result_type)
    }
}

impl<T, E: Rejection> LoadRejectionProbe<Result<T, E>> {
    #[inline]
    pub fn __resilience_reject_load(self) -> RejectWithError {
        RejectWithError
    }
}

pub trait LoadRejectionOtherwise {
    #[inline]
    fn __resilience_reject_load(&self) -> CannotReject {
        CannotReject
    }
}

impl<R> LoadRejectionOtherwise for LoadRejectionProbe<R> {}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;
    use crate::error::Error;

    #[test]
    fn a_result_whose_error_can_hold_ours_is_rejected() {
        let name = |reject: &dyn Debug| format!("{reject:?}");
        let ours = LoadRejectionProbe::<Result<u8, Error>>::new(PhantomData);
        assert_eq!(name(&ours.__resilience_reject_load()), "RejectWithError");
        let text = LoadRejectionProbe::<Result<u8, String>>::new(PhantomData);
        assert_eq!(name(&text.__resilience_reject_load()), "CannotReject");
        let plain = LoadRejectionProbe::<u8>::new(PhantomData);
        assert_eq!(name(&plain.__resilience_reject_load()), "CannotReject");
    }
}
