//! Chooses whether the waiters of a failed load get a clone of its error:
//! `(&&ShareFailureProbe::new(result_type)).__resilience_share_failure()`.

use std::marker::PhantomData;

use crate::cache::{NotShared, ShareByClone};

#[derive(Debug)]
pub struct ShareFailureProbe<R>(PhantomData<fn() -> R>);

impl<R> ShareFailureProbe<R> {
    pub const fn new(result_type: PhantomData<fn() -> R>) -> Self {
        Self(result_type)
    }
}

pub trait ShareFailureIfClone {
    fn __resilience_share_failure(&self) -> ShareByClone {
        ShareByClone
    }
}

impl<T, E: Clone + Send + Sync> ShareFailureIfClone for &ShareFailureProbe<Result<T, E>> {}
impl<T> ShareFailureIfClone for &ShareFailureProbe<Option<T>> {}

pub trait ShareFailureOtherwise {
    fn __resilience_share_failure(&self) -> NotShared {
        NotShared
    }
}

impl<R> ShareFailureOtherwise for ShareFailureProbe<R> {}
