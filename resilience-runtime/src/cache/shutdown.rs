//! Misses while the process shuts down: no load begins.

use std::pin::pin;

use super::cache_policy::{CachePolicy, Cacheable, ShareFailure};
use super::in_flight::LoadWaiter;
use super::lookup::{Lookup, Miss};
use super::stored_key::StoredKey;
use super::weight::Weight;
use crate::context::facts::identity::OpaqueIdentity;
use crate::context::facts::{rejected_until, rejected_with};
use crate::error::Error;
use crate::event::StaleReason;
use crate::gate::{Rejection, announce_shutdown};
use crate::registry::FunctionRef;
use crate::shutdown::{is_shutting_down, until_shutdown};

pub trait RejectLoad<R> {
    /// `None` if an `R` cannot hold the error.
    fn reject(&self, error: Error) -> Option<R>;
}

#[derive(Debug)]
pub struct RejectWithError;

#[derive(Debug)]
pub struct CannotReject;

impl<T, E: Rejection> RejectLoad<Result<T, E>> for RejectWithError {
    fn reject(&self, error: Error) -> Option<Result<T, E>> {
        let until = rejected_until(&error);
        let failure = E::from_rejection(error);
        rejected_with(&failure, until, OpaqueIdentity);
        Some(Err(failure))
    }
}

impl<R> RejectLoad<R> for CannotReject {
    fn reject(&self, _: Error) -> Option<R> {
        None
    }
}

/// The function of a call, and its result in place of a load. It is zero-sized in the future of an annotated function.
pub trait CacheCaller<R> {
    fn function(&self) -> FunctionRef;
    fn reject(&self, error: Error) -> Option<R>;
}

#[derive(Debug)]
pub struct CallerOf<F, J> {
    function: F,
    reject: J,
}

/// `function` is a closure that captures nothing.
#[inline]
pub const fn caller_of<F: Fn() -> FunctionRef, J>(function: F, reject: J) -> CallerOf<F, J> {
    CallerOf { function, reject }
}

impl<R, F: Fn() -> FunctionRef, J: RejectLoad<R>> CacheCaller<R> for CallerOf<F, J> {
    #[inline]
    fn function(&self) -> FunctionRef {
        (self.function)()
    }

    fn reject(&self, error: Error) -> Option<R> {
        self.reject.reject(error)
    }
}

impl<'c, R, K, V, P, S, W, C> Lookup<'c, R, K, V, P, S, W, C>
where
    K: StoredKey,
    V: Cacheable,
    P: CachePolicy<R, Value = V>,
    S: ShareFailure<R>,
    W: Weight,
    C: CacheCaller<R>,
{
    /// Returns an expired value or a rejection while the process shuts down.
    #[inline]
    pub(super) fn in_shutdown(&self, key: &K) -> Option<R> {
        if is_shutting_down() { self.without_load(key) } else { None }
    }

    #[cold]
    fn without_load(&self, key: &K) -> Option<R> {
        let Self { cache, caller, .. } = self;
        let window = cache.config().stale_window();
        if let Some(stale) = window.and_then(|window| self.stale(key, window)) {
            cache.record_stale(caller.function(), StaleReason::Shutdown, None);
            return Some(self.policy.restore(stale));
        }
        let out = caller.reject(Error::ShuttingDown { name: cache.name.to_cow() })?;
        announce_shutdown(&cache.name, caller.function());
        Some(out)
    }

    /// Waits for the load of another caller. The shutdown ends the wait only if the result can hold its error.
    pub(super) async fn wait(&self, key: K, waiter: LoadWaiter<'c, K, V>) -> Result<Miss<'c, K, V, R>, K> {
        let mut load = pin!(waiter.end());
        let ended = until_shutdown(load.as_mut()).await;
        let end = if let Some(end) = ended {
            end
        } else {
            // A result that is not `Send` is gone before the await.
            if let Some(out) = self.without_load(&key) {
                return Ok(Miss::Ready(out));
            }
            load.await
        };
        self.take(key, end)
    }
}
