//! Chooses what `negative_ttl` caches:
//! `(&&&NegativeCachePolicyProbe::new(result_type)).__resilience_negative_cache_policy()`.
//!
//! The bounds on the method report a side that cannot be cached, and a type without a failure.

use std::marker::PhantomData;

use crate::cache::{CacheBoth, CacheNothing, Cacheable, CacheableFailure};
use crate::outcome::Outcome;

#[derive(Debug)]
pub struct NegativeCachePolicyProbe<R>(PhantomData<fn() -> R>);

impl<R> NegativeCachePolicyProbe<R> {
    pub const fn new(result_type: PhantomData<fn() -> R>) -> Self {
        Self(result_type)
    }
}

pub trait NegativeCachePolicyIfBoth {
    fn __resilience_negative_cache_policy(&self) -> CacheBoth {
        CacheBoth
    }
}

impl<T: Clone + Send + Sync, E: Clone + Send + Sync> NegativeCachePolicyIfBoth
    for &&NegativeCachePolicyProbe<Result<T, E>>
{
}
impl<T: Clone + Send + Sync> NegativeCachePolicyIfBoth for &&NegativeCachePolicyProbe<Option<T>> {}

pub trait NegativeCachePolicyIfOutcome {
    type Success;
    type Failure;
    fn __resilience_negative_cache_policy(&self) -> CacheNothing
    where
        Self::Success: Cacheable,
        Self::Failure: CacheableFailure,
    {
        CacheNothing
    }
}

impl<T, E> NegativeCachePolicyIfOutcome for &NegativeCachePolicyProbe<Result<T, E>> {
    type Success = T;
    type Failure = E;
}

impl<T> NegativeCachePolicyIfOutcome for &NegativeCachePolicyProbe<Option<T>> {
    type Success = T;
    type Failure = ();
}

pub trait NegativeCachePolicyOtherwise {
    type Whole;
    fn __resilience_negative_cache_policy(&self) -> CacheNothing
    where
        Self::Whole: Outcome,
    {
        CacheNothing
    }
}

impl<R> NegativeCachePolicyOtherwise for NegativeCachePolicyProbe<R> {
    type Whole = R;
}
