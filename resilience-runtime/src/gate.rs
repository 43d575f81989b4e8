//! The common part of circuit breakers, bulkheads and rate limits: enter, hold a permit, leave.

use std::borrow::Cow;
use std::future::Future;

use tracing::Level;

use crate::context::facts::{self, Identity, RejectionFacts, rejected_until, rejected_with};
use crate::count::Count;
use crate::emit::{emit_at, is_heard};
use crate::error::Error;
use crate::event::Event;
use crate::metrics;
use crate::outcome::Outcome;
use crate::registry::{FunctionRef, StateName};
use crate::time::Moment;

pub trait Gate: Sync {
    /// Dropping it is always safe.
    type Permit<'a>: Send
    where
        Self: 'a;
    type Rejection<'a>: GateRejection + Send
    where
        Self: 'a;

    fn try_enter(&self) -> GateResult<'_, Self>;

    /// The events of a gate that changes its state then name the function.
    #[inline]
    fn try_enter_as(&self, function: FunctionRef) -> GateResult<'_, Self> {
        let _ = function;
        self.try_enter()
    }

    /// Waits where the configuration allows it.
    fn enter(&self) -> impl Future<Output = GateResult<'_, Self>> + Send {
        async { self.try_enter() }
    }

    /// Waits on this thread where the configuration allows it.
    fn enter_blocking(&self, function: FunctionRef) -> GateResult<'_, Self> {
        self.try_enter_as(function)
    }
}

pub type GateResult<'a, G> = Result<<G as Gate>::Permit<'a>, <G as Gate>::Rejection<'a>>;

/// Why a gate has rejected a call.
///
/// Where a gate can tell without an [`Error`], code for one type of error makes it: there the compiler sees which
/// variant it is, and what has to be moved and dropped.
pub trait GateRejection: RejectionFacts + Into<Error> {
    /// Counts the rejection and reports it, once.
    fn announce(&self, function: FunctionRef);

    /// Announces the rejection, and makes the outcome of the call.
    fn into_outcome<R: Outcome<Failure: Rejection>>(
        self,
        identity: impl Identity<R::Failure>,
        function: FunctionRef,
    ) -> R;
}

/// An error that the gate has counted.
impl GateRejection for Error {
    fn announce(&self, function: FunctionRef) {
        count_rejection(function, self);
        if is_heard_of(self) {
            tell_of(function, self);
        }
    }

    #[cold]
    #[inline(never)]
    fn into_outcome<R: Outcome<Failure: Rejection>>(
        self,
        identity: impl Identity<R::Failure>,
        function: FunctionRef,
    ) -> R {
        count_rejection(function, &self);
        if is_heard_of(&self) {
            tell_of_copy(function, &self);
        }
        let until = self.ends();
        Rejection::remembered(self, until, identity)
    }
}

/// Counts a rejection that nobody hears of, and returns the name of the gate. `None` if more is to be done for it.
#[inline]
pub fn count_unheard(level: Level, count: &Count, name: &StateName) -> Option<&'static str> {
    if cfg!(feature = "metrics") || is_heard(level) {
        return None;
    }
    let is_counted = || count.add_one_to_cell();
    match *name {
        StateName::Text(Cow::Borrowed(text)) => is_counted().then_some(text),
        StateName::Text(Cow::Owned(_)) => None,
        StateName::Function(function) => is_counted().then(|| function.name()),
    }
}

/// A value that a layer holds until a stream of `V`s ends. It is out of the context of the thread between two polls.
pub trait HeldByStream<V> {
    /// The first item has come, or the end without one.
    fn opened(&mut self) {}
    fn observe(&mut self, item: &V) {
        let _ = item;
    }
    fn resume(&mut self) {}
    fn suspend(&mut self) {}
}

/// A gate whose permits go along with a stream, also where the stream keeps the gate itself alive.
pub trait StreamGate: Gate {
    type Detached;

    fn detach(permit: Self::Permit<'_>) -> Self::Detached;
    fn attach(&self, detached: Self::Detached) -> Self::Permit<'_>;

    fn opened(&self, detached: Self::Detached) -> Self::Detached {
        detached
    }

    fn resumed(&self, detached: Self::Detached) -> Self::Detached {
        detached
    }

    fn suspended(&self, detached: Self::Detached) -> Self::Detached {
        detached
    }
}

#[inline]
pub fn enter_now<G: Gate>(gate: &G, function: FunctionRef) -> GateResult<'_, G> {
    gate.try_enter_as(function)
}

#[inline]
pub fn enter<G: Gate>(gate: &G) -> impl Future<Output = GateResult<'_, G>> + Send {
    gate.enter()
}

#[inline]
pub fn enter_blocking<G: Gate>(gate: &G, function: FunctionRef) -> GateResult<'_, G> {
    gate.enter_blocking(function)
}

/// Enters without a wait. A rejection is announced, and with that counted.
#[cfg(test)]
pub fn enter_or_announce<G: Gate>(gate: &G) -> Result<G::Permit<'_>, Error> {
    gate.try_enter().map_err(|rejection| announced_rejection(FunctionRef::UNNAMED, rejection).0)
}

/// Ends a call whose outcome the gate does not ask for.
#[inline]
pub fn leave<P>(permit: P) {
    drop(permit);
}

/// Reports that a gate has rejected a call of `function`, and returns the error with the end of the rejection. What was
/// known about an earlier failure ends.
#[cold]
#[inline(never)]
pub fn announced_rejection(function: FunctionRef, rejection: impl GateRejection) -> (Error, Option<Moment>) {
    facts::end_freshness();
    rejection.announce(function);
    let until = rejection.ends();
    (rejection.into(), until)
}

fn count_rejection(function: FunctionRef, rejection: &Error) {
    let kind = match rejection {
        Error::CircuitOpen { .. } => "circuit_breaker",
        Error::BulkheadFull { .. } => "bulkhead",
        Error::RateLimited { .. } | Error::CostAboveBurst { .. } | Error::StoreAway { .. } => "rate_limit",
        Error::ShuttingDown { .. } => "shutdown",
        Error::Timeout { .. } | Error::NoThread { .. } => return,
    };
    metrics::count_rejection(function, kind);
}

/// Returns whether somebody may listen. All of these events are warnings, or less.
#[inline]
fn is_heard_of(rejection: &Error) -> bool {
    let is_detail = || matches!(rejection, Error::CircuitOpen { .. } | Error::ShuttingDown { .. });
    is_heard(Level::WARN) && (!is_detail() || is_heard(Level::DEBUG))
}

#[cold]
fn tell_of(function: FunctionRef, rejection: &Error) {
    let name = || function.name();
    match *rejection {
        Error::CircuitOpen { name: ref breaker, state, retry_after } => emit_at(Level::DEBUG, |emit| {
            emit(&Event::BreakerRejected { name: breaker, function: Some(&name()), state, retry_after });
        }),
        Error::BulkheadFull { name: ref bulkhead } => {
            emit_at(Level::WARN, |emit| emit(&Event::BulkheadFull { name: bulkhead, function: Some(&name()) }));
        }
        Error::RateLimited { name: ref limiter, retry_after } => emit_at(Level::WARN, |emit| {
            emit(&Event::RateLimit { name: limiter, function: Some(&name()), retry_after });
        }),
        Error::CostAboveBurst { name: ref limiter, cost, burst } => emit_at(Level::WARN, |emit| {
            emit(&Event::CostAboveBurst { name: limiter, function: Some(&name()), cost, burst });
        }),
        Error::ShuttingDown { name: ref gate } => tell_of_shutdown(gate, function),
        #[cfg(feature = "store")]
        Error::StoreAway { name: ref limiter, retry_after } => emit_at(Level::WARN, |emit| {
            emit(&Event::RateLimitAway { name: limiter, function: Some(&name()), retry_after });
        }),
        _ => {}
    }
}

/// Tells of a copy. The compiler moves a value before a call that takes it, unless it sees that nobody else keeps or
/// changes it.
#[cold]
#[inline(never)]
fn tell_of_copy(function: FunctionRef, rejection: &Error) {
    tell_of(function, &rejection.clone());
}

/// Reports that a layer does not let a call of `function` wait, because the process shuts down.
#[cfg(feature = "cached")]
#[cold]
pub fn announce_shutdown(layer: &str, function: FunctionRef) {
    metrics::count_rejection(function, "shutdown");
    tell_of_shutdown(layer, function);
}

fn tell_of_shutdown(layer: &str, function: FunctionRef) {
    emit_at(Level::DEBUG, |emit| {
        emit(&Event::ShutdownRejected { name: layer, function: Some(&function.name()) });
    });
}

/// An error that can hold [`Error`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold a `resilience::Error`",
    label = "this attribute can fail on its own, and `{Self}` has no `From<resilience::Error>`",
    note = "`map_err = path` of the attribute turns it into `{Self}`, whatever crate the type is from",
    note = "a type of your own can have a variant for it: `#[error(transparent)] Resilience(#[from] resilience::Error)` with \
            thiserror, or `impl From<resilience::Error>`"
)]
pub trait Rejection: Sized {
    fn from_rejection(error: Error) -> Self;

    /// Does nothing to an attempt whose outcome can hold a rejection.
    #[inline]
    fn held_by<R: Outcome<Failure = Self>, A>(attempt: A) -> A {
        attempt
    }

    /// A method, because rustc adds a note about the function to the error of a bound on one.
    #[inline]
    fn unless_rejected<R: Outcome<Failure = Self>>(limited: Result<R, Error>) -> R {
        match limited {
            Ok(out) => out,
            Err(rejection) => R::from_failure(Self::from_rejection(rejection)),
        }
    }

    /// Reports that a gate has rejected a call of `function`, and makes the outcome. One call is checked in less time.
    #[inline]
    fn rejected_by_gate<R: Outcome<Failure = Self>>(
        rejection: impl GateRejection,
        identity: impl Identity<Self>,
        function: FunctionRef,
    ) -> R {
        rejection.into_outcome(identity, function)
    }

    /// The outcome of a call that is rejected, remembered for the layers around it.
    #[cold]
    fn rejected<R: Outcome<Failure = Self>>(rejection: Error, identity: impl Identity<Self>) -> R {
        let until = rejected_until(&rejection);
        Self::remembered(rejection, until, identity)
    }

    #[inline]
    fn remembered<R: Outcome<Failure = Self>>(
        rejection: Error,
        until: Option<Moment>,
        identity: impl Identity<Self>,
    ) -> R {
        let failure = Self::from_rejection(rejection);
        rejected_with(&failure, until, identity);
        R::from_failure(failure)
    }
}

// Otherwise rustc explains a missing impl in terms of `From`.
#[diagnostic::do_not_recommend]
impl<E: From<Error>> Rejection for E {
    #[inline]
    fn from_rejection(error: Error) -> Self {
        error.into()
    }
}

#[cold]
pub fn map_rejection<E>(error: Error, map_err: impl FnOnce(Error) -> E) -> E {
    map_err(error)
}
