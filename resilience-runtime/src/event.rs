//! Events: every decision that a policy takes, as plain data.

mod logged_error;
mod reasons;

use std::fmt;
use std::time::Duration;

use crate::classify::Category;
pub use crate::error::BreakerState;
pub use logged_error::LoggedError;
pub use reasons::RetryEnd;
#[cfg(feature = "cached")]
pub use reasons::{SkipReason, StaleReason};

/// One decision. No event holds an argument of a call, and an event holds an error only under `log_errors`.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// The first attempt of a retried call begins. Only observers receive it.
    Attempt,
    /// A breaker admitted a call in this state. Only observers receive it.
    BreakerAdmitted {
        state: BreakerState,
    },
    BreakerRejected {
        name: &'a str,
        /// `None` for a handle or a `static`, here and below.
        function: Option<&'a str>,
        state: BreakerState,
        retry_after: Option<Duration>,
    },
    Retry {
        function: &'a str,
        attempt: u32,
        max_attempts: u32,
        delay: Duration,
        category: Option<Category>,
        error: Option<LoggedError<'a>>,
    },
    /// A failure is returned without another attempt.
    RetryExhausted {
        function: &'a str,
        attempts: u32,
        reason: RetryEnd,
        /// The budget that is empty.
        budget: Option<&'a str>,
    },
    Timeout {
        function: &'a str,
        limit: Duration,
    },
    BreakerOpen {
        name: &'a str,
        function: Option<&'a str>,
        recovery: Duration,
        generation: u32,
        error: Option<LoggedError<'a>>,
    },
    BreakerHalfOpen {
        name: &'a str,
        function: Option<&'a str>,
        generation: u32,
    },
    BreakerClose {
        name: &'a str,
        function: Option<&'a str>,
        generation: u32,
    },
    BulkheadFull {
        name: &'a str,
        function: Option<&'a str>,
    },
    RateLimit {
        name: &'a str,
        function: Option<&'a str>,
        retry_after: Duration,
    },
    /// A rate limit holds all calls back, because the server asked for it.
    RateLimitHeld {
        name: &'a str,
        function: Option<&'a str>,
        time: Duration,
    },
    /// A call costs more than its rate limit ever lets pass.
    CostAboveBurst {
        name: &'a str,
        function: Option<&'a str>,
        cost: u64,
        burst: u32,
    },
    /// The store of a rate limit does not answer, and the limit lets no call pass without it.
    #[cfg(feature = "store")]
    RateLimitAway {
        name: &'a str,
        function: Option<&'a str>,
        retry_after: Duration,
    },
    /// The process shuts down, and a layer does not let the call wait.
    ShutdownRejected {
        name: &'a str,
        function: Option<&'a str>,
    },
    ShutdownBegun {
        /// The calls in progress that are counted.
        calls: u64,
        waiting: u64,
    },
    ShutdownFinished {
        elapsed: Duration,
        finished: u64,
        left: u64,
    },
    /// Attributes or policies configure one name differently.
    Conflict {
        kind: StateKind,
        name: &'a str,
        first: SourceLocation,
        second: SourceLocation,
        settings: &'a ConflictingSettings,
    },
    /// Two functions have one name.
    NameClash {
        name: &'a str,
        first: SourceLocation,
        second: SourceLocation,
    },
    /// A keyed gate has no room for another key.
    KeysFull {
        gate: GateKind,
        name: &'a str,
        function: Option<&'a str>,
        max: u32,
    },
    /// The window of a breaker has another size, so it starts empty.
    BreakerWindowRestarted {
        name: &'a str,
    },
    #[cfg(feature = "config")]
    SettingsApplied {
        settings: u32,
    },
    #[cfg(feature = "config")]
    SettingsRejected {
        problems: u32,
        first: &'a str,
    },
    #[cfg(feature = "config")]
    UnknownName {
        name: &'a str,
        place: &'a str,
        problem: &'a str,
        /// Probably a mistake. Otherwise the function may not have been called yet.
        is_near_another: bool,
    },
    /// An attribute keeps its written configuration, because the settings of its name are invalid for it.
    #[cfg(feature = "config")]
    InvalidSettings {
        name: &'a str,
        attribute: &'static str,
        place: &'a str,
        problem: &'a str,
    },
    /// The engine of shared state does not answer, or is not connected.
    #[cfg(feature = "store")]
    StoreAway {
        name: &'a str,
        problem: &'a str,
    },
    #[cfg(feature = "store")]
    StoreConnected {
        name: &'a str,
    },
    /// The engine of shared state answered with a refusal.
    #[cfg(feature = "store")]
    StoreRefused {
        name: &'a str,
        requests: u64,
        problem: &'a str,
    },
    /// Changes of shared state were not sent, or were refused.
    #[cfg(feature = "store")]
    StoreDropped {
        name: &'a str,
        updates: u64,
        problem: &'a str,
    },
    Fallback {
        function: &'a str,
        step: u32,
        error: Option<LoggedError<'a>>,
    },
    #[cfg(feature = "cached")]
    CacheHit {
        name: &'a str,
        function: Option<&'a str>,
    },
    #[cfg(feature = "cached")]
    CacheMiss {
        name: &'a str,
        function: Option<&'a str>,
    },
    #[cfg(all(feature = "cached", feature = "store"))]
    CacheFarHit {
        name: &'a str,
        function: Option<&'a str>,
    },
    #[cfg(all(feature = "cached", feature = "store"))]
    CacheFarMiss {
        name: &'a str,
        function: Option<&'a str>,
    },
    /// The cache cannot read the stored bytes of a key, for example those of another version.
    #[cfg(all(feature = "cached", feature = "store"))]
    CacheUnreadable {
        name: &'a str,
        function: Option<&'a str>,
        problem: &'static str,
    },
    #[cfg(feature = "cached")]
    CacheSkipped {
        name: &'a str,
        function: Option<&'a str>,
        reason: SkipReason,
    },
    #[cfg(feature = "cached")]
    CacheStale {
        name: &'a str,
        function: Option<&'a str>,
        reason: StaleReason,
        error: Option<LoggedError<'a>>,
    },
}

impl<'a> Event<'a> {
    /// Returns the function or the name that the event is about. Repetitions are counted by it.
    pub fn subject(&self) -> &'a str {
        match *self {
            Self::Attempt
            | Self::BreakerAdmitted { .. }
            | Self::ShutdownBegun { .. }
            | Self::ShutdownFinished { .. } => "",
            Self::Retry { function, .. }
            | Self::RetryExhausted { function, .. }
            | Self::Timeout { function, .. }
            | Self::Fallback { function, .. } => function,
            Self::BreakerRejected { name, function, .. }
            | Self::BulkheadFull { name, function }
            | Self::ShutdownRejected { name, function }
            | Self::RateLimit { name, function, .. }
            | Self::CostAboveBurst { name, function, .. } => function.unwrap_or(name),
            Self::BreakerOpen { name, .. }
            | Self::BreakerHalfOpen { name, .. }
            | Self::BreakerClose { name, .. }
            | Self::BreakerWindowRestarted { name }
            | Self::Conflict { name, .. }
            | Self::NameClash { name, .. }
            | Self::RateLimitHeld { name, .. }
            | Self::KeysFull { name, .. } => name,
            #[cfg(feature = "store")]
            Self::RateLimitAway { name, function, .. } => function.unwrap_or(name),
            #[cfg(feature = "store")]
            Self::StoreAway { name, .. }
            | Self::StoreConnected { name }
            | Self::StoreRefused { name, .. }
            | Self::StoreDropped { name, .. } => name,
            #[cfg(feature = "config")]
            Self::SettingsApplied { .. } => "",
            #[cfg(feature = "config")]
            Self::SettingsRejected { first, .. } => first,
            #[cfg(feature = "config")]
            Self::UnknownName { name, .. } | Self::InvalidSettings { name, .. } => name,
            #[cfg(all(feature = "cached", feature = "store"))]
            Self::CacheFarHit { name, function }
            | Self::CacheFarMiss { name, function }
            | Self::CacheUnreadable { name, function, .. } => function.unwrap_or(name),
            #[cfg(feature = "cached")]
            Self::CacheHit { name, function }
            | Self::CacheMiss { name, function }
            | Self::CacheSkipped { name, function, .. }
            | Self::CacheStale { name, function, .. } => function.unwrap_or(name),
        }
    }
}

pub trait Listener: fmt::Debug + Send + Sync {
    fn on_event(&self, event: &Event<'_>);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateKind {
    CircuitBreaker,
    Bulkhead,
    RateLimit,
}

/// Policies whose state is shared by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateKind {
    Gate(GateKind),
    #[cfg(feature = "cached")]
    Cache,
}

/// The settings in which two configurations of one name differ.
#[derive(Debug)]
pub struct ConflictingSettings {
    pub first: String,
    pub second: String,
    /// A policy replaces the settings of others; of two attributes, the first applies.
    pub second_applies: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceLocation {
    pub file: &'static str,
    pub line: u32,
}

impl SourceLocation {
    /// For state whose location is not recorded.
    #[cfg(feature = "config")]
    pub const UNKNOWN: Self = Self { file: "the source", line: 0 };

    /// For a layer of a policy, whose location is not recorded.
    #[cfg(feature = "config")]
    pub const POLICY: Self = Self { file: "a policy", line: 0 };
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}
