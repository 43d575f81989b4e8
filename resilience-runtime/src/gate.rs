//! The common part of circuit breakers, bulkheads and rate limits: enter, hold a permit, leave.

use std::future::Future;

use crate::error::Error;

pub trait Gate: Sync {
    /// Dropping it is always safe.
    type Permit<'a>: Send
    where
        Self: 'a;

    fn try_enter(&self) -> Result<Self::Permit<'_>, Error>;

    /// Waits where the configuration allows it.
    fn enter(&self) -> impl Future<Output = Result<Self::Permit<'_>, Error>> + Send {
        async { self.try_enter() }
    }

    /// Waits on this thread where the configuration allows it.
    fn enter_blocking(&self) -> Result<Self::Permit<'_>, Error> {
        self.try_enter()
    }
}

#[inline]
pub fn enter_now<G: Gate>(gate: &G) -> Result<G::Permit<'_>, Error> {
    gate.try_enter()
}

#[inline]
pub fn enter<G: Gate>(gate: &G) -> impl Future<Output = Result<G::Permit<'_>, Error>> + Send {
    gate.enter()
}

#[inline]
pub fn enter_blocking<G: Gate>(gate: &G) -> Result<G::Permit<'_>, Error> {
    gate.enter_blocking()
}

/// Ends a call whose outcome the gate does not ask for.
#[inline]
pub fn leave<P>(permit: P) {
    drop(permit);
}
