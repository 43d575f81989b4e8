//! The results of a policy, as its cache holds them.

use std::sync::Arc;

use crate::cache::{CachePolicy, Cacheable, ShareFailure, SharedFailure};

/// Can hold errors even without `negative_ttl`, because policies of one name share one store.
pub type CachedResult<T, E> = Result<T, CachedError<E>>;

/// An erased error with its own way to clone it, as `E` has no `Clone` bound here.
pub struct CachedError<E> {
    failure: SharedFailure,
    restore: fn(&SharedFailure) -> Option<E>,
}

impl<E: Cacheable> CachedError<E> {
    pub fn of(error: &E) -> Self {
        Self { failure: Arc::new(error.clone()), restore: |failure| failure.downcast_ref::<E>().cloned() }
    }
}

impl<E> Clone for CachedError<E> {
    fn clone(&self) -> Self {
        Self { failure: Arc::clone(&self.failure), restore: self.restore }
    }
}

/// Caches values, and with `negative_ttl` errors.
pub struct ResultPolicy<E>(pub Option<fn(&E) -> CachedError<E>>);

impl<T: Cacheable, E: 'static> CachePolicy<Result<T, E>> for ResultPolicy<E> {
    type Value = CachedResult<T, E>;
    type Answer = T;

    fn cached_part(&self, result: &Result<T, E>) -> Option<CachedResult<T, E>> {
        match (result, self.0) {
            (Ok(value), _) => Some(Ok(value.clone())),
            (Err(error), Some(cache_error)) => Some(Err(cache_error(error))),
            (Err(_), None) => None,
        }
    }

    fn restore(&self, value: CachedResult<T, E>) -> Result<T, E> {
        value.map_err(|cached| match (cached.restore)(&cached.failure) {
            Some(error) => error,
            None => unreachable!("an error of this type went in"),
        })
    }

    fn answer<'r>(&self, result: &'r Result<T, E>) -> Option<&'r T> {
        result.as_ref().ok()
    }

    fn is_failure(&self, value: &CachedResult<T, E>) -> bool {
        value.is_err()
    }
}

pub type ShareErrors<T, E> = dyn ShareFailure<Result<T, E>> + Send + Sync;

pub struct ErrorSharing<'a, T, E>(pub Option<&'a ShareErrors<T, E>>);

impl<T, E> ShareFailure<Result<T, E>> for ErrorSharing<'_, T, E> {
    fn share(&self, result: &Result<T, E>) -> Option<SharedFailure> {
        self.0?.share(result)
    }

    fn restore(&self, failure: &SharedFailure) -> Option<Result<T, E>> {
        self.0?.restore(failure)
    }
}
