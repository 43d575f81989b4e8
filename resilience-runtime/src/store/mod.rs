//! State that several processes share, in an engine such as Redis.
//!
//! A [`SharedStore`] reaches the engine. `#[cached]`, `#[rate_limit]`, `#[circuit_breaker]` and
//! `#[bulkhead]` take one as `store = PATH`, where `PATH` is a `static`. The package
//! `resilience-redis` has the one for Redis and Valkey.
//!
//! A call never depends on the engine: each attribute decides what a call does while the engine is
//! away. Every request goes through [`ask`], which ends it after the [limit](Engine::limit) of the
//! engine, and fails at once while the engine is known to be away.

mod engine;
#[allow(missing_docs, clippy::missing_errors_doc, reason = "generated code names it")]
mod instance_key;
mod key;
#[allow(missing_docs, reason = "generated code names it")]
mod key_parts;
mod notice;
mod postponed;
mod request;
mod status;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub use engine::{Engine, Subscription, ask};
pub(crate) use instance_key::{InstanceKey, SharedByKey};
pub use key::{KeyError, KeyHash, SharedState, StateKey};
pub use key_parts::SharedKeyPart;
pub(crate) use key_parts::WrittenKey;
#[doc(hidden)]
pub use key_parts::shared_part;
pub use notice::{Notice, NoticeKind};
pub use postponed::Postponed;
pub use request::{
    Charge, Charged, Fetched, LeaseRequest, Leased, OpenSignal, OwnedStateKey, OwnedWindow, Probe, Seen, SharedWindow,
    Update,
};
pub(crate) use status::snapshots;
pub use status::{StoreProblem, StoreSnapshot};

/// The reason why a request to an engine failed.
///
/// Its messages never contain credentials, keys or values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The program has not connected the store yet.
    #[error("the store is not connected")]
    NotConnected,
    /// The engine is known to be away, so the request was not made.
    #[error("the engine is away")]
    Away,
    /// The engine did not answer within the limit. It may have carried out the request.
    #[error("the engine did not answer within {limit:?}")]
    TimedOut {
        /// The longest time for one request.
        limit: Duration,
    },
    /// The connection failed. The engine may have carried out the request.
    #[error("the engine cannot be reached: {0}")]
    Unreachable(String),
    /// The engine answered with an error, or with something that this version does not understand.
    #[error("the engine refused the request: {0}")]
    Refused(String),
}

/// A future with the answer of an engine. Dropping it abandons the request, which the engine may
/// still carry out.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A connection to an engine, whose state several processes share.
///
/// The engine carries out each request atomically. Times in requests are durations, which the
/// engine adds to its own clock, so the clocks of the processes never matter. An implementation
/// need not limit or suppress requests, because [`ask`] does, and must not repeat them.
///
/// Every key begins with the namespace of the store, [`Engine::namespace`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no store in which processes share state",
    label = "`store` takes a `static` whose type implements `resilience::store::SharedStore`",
    note = "the package `resilience-redis` has one: `static SHARED: resilience_redis::Redis = resilience_redis::Redis::new(\"shop\");`"
)]
pub trait SharedStore: fmt::Debug + Send + Sync + 'static {
    /// Returns what every store has: the state of its engine, and the receivers of messages.
    fn engine(&self) -> &Engine;

    /// Takes units from all windows, or from none of them.
    fn charge<'a>(&'a self, charge: &'a Charge<'a>) -> Reply<'a, Charged>;

    /// Reads an entry of a cache.
    fn fetch<'a>(&'a self, key: &'a StateKey<'a>) -> Reply<'a, Fetched>;

    /// Asks for a place in a bulkhead, or extends its lease.
    fn lease<'a>(&'a self, lease: &'a LeaseRequest<'a>) -> Reply<'a, Leased>;

    /// Reads whether a breaker is open in all processes.
    fn signal<'a>(&'a self, key: &'a StateKey<'a>) -> Reply<'a, OpenSignal>;

    /// Asks for the right to probe a service whose breaker may recover.
    fn probe<'a>(&'a self, probe: &'a Probe<'a>) -> Reply<'a, bool>;

    /// Sends a change without waiting for an answer. The updates of one process arrive in order or
    /// not at all. This never blocks: while the engine is away or the queue is full, updates are
    /// dropped, except those that are [`Postponed`].
    fn update(&self, update: Update);
}
