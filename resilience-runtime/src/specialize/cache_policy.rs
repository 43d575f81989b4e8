//! Chooses which part of a result is cached: `(&&&CachePolicyProbe::new(result_type)).__resilience_cache_policy()`.
//!
//! The bound on the method reports a result that cannot be cached; the store reports a borrow.

use std::marker::PhantomData;

use crate::cache::{CacheNothing, CacheSuccess, CacheWhole, Cacheable};

#[derive(Debug)]
pub struct CachePolicyProbe<R>(PhantomData<fn() -> R>);

impl<R> CachePolicyProbe<R> {
    pub const fn new(result_type: PhantomData<fn() -> R>) -> Self {
        Self(result_type)
    }
}

pub trait CachePolicyIfSuccess {
    fn __resilience_cache_policy(&self) -> CacheSuccess {
        CacheSuccess
    }
}

impl<T: Clone + Send + Sync, E> CachePolicyIfSuccess for &&CachePolicyProbe<Result<T, E>> {}
impl<T: Clone + Send + Sync> CachePolicyIfSuccess for &&CachePolicyProbe<Option<T>> {}

pub trait CachePolicyIfWhole {
    fn __resilience_cache_policy(&self) -> CacheWhole {
        CacheWhole
    }
}

impl<R: Clone + Send + Sync> CachePolicyIfWhole for &CachePolicyProbe<R> {}

pub trait CachePolicyIfOutcome {
    type Success;
    fn __resilience_cache_policy(&self) -> CacheNothing
    where
        Self::Success: Cacheable,
    {
        CacheNothing
    }
}

impl<T, E> CachePolicyIfOutcome for &CachePolicyProbe<Result<T, E>> {
    type Success = T;
}

impl<T> CachePolicyIfOutcome for &CachePolicyProbe<Option<T>> {
    type Success = T;
}

pub trait CachePolicyOtherwise {
    type Whole;
    fn __resilience_cache_policy(&self) -> CacheNothing
    where
        Self::Whole: Cacheable,
    {
        CacheNothing
    }
}

impl<R> CachePolicyOtherwise for CachePolicyProbe<R> {
    type Whole = R;
}
