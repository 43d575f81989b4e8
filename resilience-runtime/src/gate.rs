//! What circuit breakers, bulkheads and rate limits have in common: a call enters, holds a permit,
//! and leaves.

use std::future::Future;

use crate::error::Error;

/// Admits a call with a permit, or rejects it with an error.
pub trait Gate: Sync {
    /// Proof of admission, held for as long as the call runs. Dropping it is always safe.
    type Permit<'a>: Send
    where
        Self: 'a;

    /// Enters at once, or not at all.
    fn try_enter(&self) -> Result<Self::Permit<'_>, Error>;

    /// Enters, after a wait where the configuration allows one.
    fn enter(&self) -> impl Future<Output = Result<Self::Permit<'_>, Error>> + Send {
        async { self.try_enter() }
    }

    /// Enters, after a wait on this thread where the configuration allows one.
    fn enter_blocking(&self) -> Result<Self::Permit<'_>, Error> {
        self.try_enter()
    }
}

/// Enters a gate at once, or not at all.
#[inline]
pub fn enter_now<G: Gate>(gate: &G) -> Result<G::Permit<'_>, Error> {
    gate.try_enter()
}

/// Enters a gate, after a wait where its configuration allows one.
#[inline]
pub fn enter<G: Gate>(gate: &G) -> impl Future<Output = Result<G::Permit<'_>, Error>> + Send {
    gate.enter()
}

/// Enters a gate, after a wait on this thread where its configuration allows one.
#[inline]
pub fn enter_blocking<G: Gate>(gate: &G) -> Result<G::Permit<'_>, Error> {
    gate.enter_blocking()
}

/// Ends a call whose outcome the gate does not ask for.
#[inline]
pub fn leave<P>(permit: P) {
    drop(permit);
}
