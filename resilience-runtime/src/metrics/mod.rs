//! Counters, gauges and histograms for the `metrics` facade, behind the feature of that name.
//!
//! No other room knows whether the feature is on: the methods of these types are in `recorded`, or
//! empty in `unrecorded`.
//!
//! A label is a name from the source, never a key or argument, so series are as many as names. Keys
//! for frequent counts are made once for each name ([`Meter`]); rare events make their own.
//!
//! A recorder is user code. It is called without a lock, its panics change nothing, and functions
//! of ours that it calls record nothing.

#[cfg(feature = "metrics")]
mod recorded;
#[cfg(not(feature = "metrics"))]
mod unrecorded;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
#[cfg(feature = "metrics")]
use std::sync::{Arc, OnceLock};
#[cfg(feature = "metrics")]
use std::time::Duration;

use crate::classify::Category;
use crate::event::{Event, RetryEnd};
use crate::registry::FunctionRef;
#[cfg(feature = "metrics")]
use crate::registry::{Entry, Registry};

#[cfg(feature = "metrics")]
use recorded::{BreakerGauge, CallRecord, NameSeries, Series, SeriesSpec, count_rare};
#[cfg(feature = "metrics")]
pub use recorded::{calls_in_progress, counts_calls};
#[cfg(all(feature = "metrics", feature = "store"))]
use recorded::{count_many_rare, show_rare};
#[cfg(feature = "metrics")]
pub use recorded::{describe_metrics, duration_buckets};
#[cfg(not(feature = "metrics"))]
use unrecorded::count_rare;
#[cfg(not(feature = "metrics"))]
pub use unrecorded::{calls_in_progress, counts_calls};
#[cfg(all(not(feature = "metrics"), feature = "store"))]
use unrecorded::{count_many_rare, show_rare};

pub struct Meter<S> {
    #[cfg(feature = "metrics")]
    series: OnceLock<Arc<Entry<NameSeries>>>,
    #[cfg(feature = "metrics")]
    renamed: OnceLock<Arc<Entry<NameSeries>>>,
    kind: PhantomData<fn(S)>,
}

impl<S> Meter<S> {
    pub const fn new() -> Self {
        Self {
            #[cfg(feature = "metrics")]
            series: OnceLock::new(),
            #[cfg(feature = "metrics")]
            renamed: OnceLock::new(),
            kind: PhantomData,
        }
    }
}

impl<S> Default for Meter<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for Meter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").finish_non_exhaustive()
    }
}

impl<S> Clone for Meter<S> {
    fn clone(&self) -> Self {
        Self {
            #[cfg(feature = "metrics")]
            series: self.series.clone(),
            #[cfg(feature = "metrics")]
            renamed: self.renamed.clone(),
            kind: PhantomData,
        }
    }
}

#[derive(Debug)]
pub struct GaugeGuard {
    #[cfg(feature = "metrics")]
    gauge: Option<::metrics::Gauge>,
}

#[derive(Debug, Clone)]
pub struct CallMetrics {
    #[cfg(feature = "metrics")]
    function: FunctionRef,
    /// The names of its attributes or layers.
    #[cfg(feature = "metrics")]
    layers: Cow<'static, [&'static str]>,
    #[cfg(feature = "metrics")]
    meter: Meter<OfFunction>,
}

impl CallMetrics {
    pub const fn of(
        #[cfg_attr(not(feature = "metrics"), expect(unused_variables, reason = "only metrics need it"))]
        function: FunctionRef,
        #[cfg_attr(not(feature = "metrics"), expect(unused_variables, reason = "only metrics need them"))]
        layers: &'static [&'static str],
    ) -> Self {
        Self {
            #[cfg(feature = "metrics")]
            function,
            #[cfg(feature = "metrics")]
            layers: Cow::Borrowed(layers),
            #[cfg(feature = "metrics")]
            meter: Meter::new(),
        }
    }
}

/// The result of a call that was not dropped and has not panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallResult {
    Ok,
    /// With the category, if the error has one.
    Failed(Option<Category>),
}

/// Parts of one, and 1 for what opens the breaker.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BreakerRates {
    /// `None` for a breaker that counts consecutive failures.
    pub failures: Option<f64>,
    /// `None` without `slow_call`.
    pub slow: Option<f64>,
    pub threshold_used: f64,
}

/// Dropped before [`ended`](Self::ended), the call was cancelled or panicked.
#[derive(Debug)]
pub struct CallGuard {
    #[cfg(feature = "metrics")]
    record: Option<CallRecord>,
    #[cfg(feature = "dashboard")]
    watched: Option<crate::activity::WatchedCall>,
}

/// With a `key`, counts the breakers that are not closed.
#[derive(Debug)]
pub struct BreakerMeter {
    #[cfg(feature = "metrics")]
    calls: Meter<OfBreaker>,
    #[cfg(feature = "metrics")]
    gauge: BreakerGauge,
}

/// Reported when the breaker is no longer locked.
#[derive(Debug, Clone, Copy)]
pub struct StateChange {
    #[cfg(feature = "metrics")]
    to: OfBreaker,
    /// The change in the number of breakers that are not closed.
    #[cfg(feature = "metrics")]
    more_open: i64,
    #[cfg(feature = "metrics")]
    was_open: Option<Duration>,
}

#[derive(Debug)]
pub struct SettleOnce {
    /// A word: the compiler takes a permit with a byte apart when it moves it.
    #[cfg(feature = "metrics")]
    settled: usize,
}

/// `Kind("label") { Variant => "metric", "label" = "value", ..; .. }`
macro_rules! series {
    ($($(#[$doc:meta])* $name:ident($label:literal) {
        $($(#[$cfg:meta])* $variant:ident => $metric:literal $(, $key:literal = $value:literal)*;)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        #[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "what only the recording side names"))]
        pub enum $name {
            $($(#[$cfg])* $variant),*
        }

        #[cfg(feature = "metrics")]
        impl Series for $name {
            const LABEL: &'static str = $label;
            const ALL: &'static [SeriesSpec] = &[
                $($(#[$cfg])* SeriesSpec { metric: $metric, more_labels: &[$(($key, $value)),*] }),*
            ];

            fn index(self) -> usize {
                self as usize
            }

            fn registry() -> &'static Registry<NameSeries> {
                static SHARED: Registry<NameSeries> = Registry::new();
                &SHARED
            }
        }
    )*};
}

series! {
    OfFunction("function") {
        InProgress => "resilience_calls_in_progress";
        Ok => "resilience_calls_total", "result" = "ok";
        NetworkError => "resilience_calls_total", "result" = "error", "category" = "network";
        RateLimitError => "resilience_calls_total", "result" = "error", "category" = "rate_limit";
        ResourceError => "resilience_calls_total", "result" = "error", "category" = "resource";
        TransientError => "resilience_calls_total", "result" = "error", "category" = "transient";
        PermanentError => "resilience_calls_total", "result" = "error", "category" = "permanent";
        UnclassifiedError => "resilience_calls_total", "result" = "error", "category" = "unclassified";
        Cancelled => "resilience_calls_total", "result" = "cancelled";
        Panicked => "resilience_calls_total", "result" = "panicked";
        OkTime => "resilience_call_duration_seconds", "result" = "ok";
        ErrorTime => "resilience_call_duration_seconds", "result" = "error";
        CancelledTime => "resilience_call_duration_seconds", "result" = "cancelled";
        PanickedTime => "resilience_call_duration_seconds", "result" = "panicked";
        Attempt => "resilience_attempts_total";
    }
    OfBreaker("name") {
        Success => "resilience_breaker_calls_total", "outcome" = "success";
        Failure => "resilience_breaker_calls_total", "outcome" = "failure";
        Ignored => "resilience_breaker_calls_total", "outcome" = "ignored";
        Abandoned => "resilience_breaker_calls_total", "outcome" = "abandoned";
        Rejected => "resilience_breaker_calls_total", "outcome" = "rejected";
        ToClosed => "resilience_breaker_transitions_total", "to" = "closed";
        ToOpen => "resilience_breaker_transitions_total", "to" = "open";
        ToHalfOpen => "resilience_breaker_transitions_total", "to" = "half_open";
        ToForcedOpen => "resilience_breaker_transitions_total", "to" = "forced_open";
        ToDisabled => "resilience_breaker_transitions_total", "to" = "disabled";
        State => "resilience_breaker_state";
        OpenKeys => "resilience_breaker_open_keys";
        OpenTime => "resilience_breaker_open_seconds";
        FailureRate => "resilience_breaker_failure_rate";
        SlowRate => "resilience_breaker_slow_rate";
        ThresholdUsed => "resilience_breaker_threshold_used";
    }
    OfBulkhead("name") {
        Accepted => "resilience_bulkhead_calls_total", "outcome" = "accepted";
        Rejected => "resilience_bulkhead_calls_total", "outcome" = "rejected";
        Running => "resilience_bulkhead_running";
        Waiting => "resilience_bulkhead_waiting";
    }
    OfLimiter("name") {
        Passed => "resilience_rate_limit_calls_total", "outcome" = "passed";
        Waited => "resilience_rate_limit_calls_total", "outcome" = "waited";
        Rejected => "resilience_rate_limit_calls_total", "outcome" = "rejected";
        Waiting => "resilience_rate_limit_waiting";
        Held => "resilience_rate_limit_hints_total";
    }
}

#[cfg(feature = "store")]
series! {
    /// Who has decided about a call whose state is in a store.
    OfSharedLimit("name") {
        Store => "resilience_rate_limit_decisions_total", "decided_by" = "store";
        Lease => "resilience_rate_limit_decisions_total", "decided_by" = "lease";
        Memory => "resilience_rate_limit_decisions_total", "decided_by" = "memory";
        Process => "resilience_rate_limit_decisions_total", "decided_by" = "process";
    }
    OfSharedBulkhead("name") {
        Store => "resilience_bulkhead_decisions_total", "decided_by" = "store";
        Process => "resilience_bulkhead_decisions_total", "decided_by" = "process";
    }
}

#[cfg(feature = "cached")]
series! {
    OfCache("name") {
        Hit => "resilience_cache_hits_total";
        Miss => "resilience_cache_misses_total";
        Load => "resilience_cache_loads_total";
        StaleRevalidating => "resilience_cache_stale_total", "reason" = "revalidating";
        StaleFailed => "resilience_cache_stale_total", "reason" = "failed";
        StaleShutdown => "resilience_cache_stale_total", "reason" = "shutdown";
        Eviction => "resilience_cache_evictions_total";
        Entries => "resilience_cache_entries";
        #[cfg(feature = "store")]
        FarHit => "resilience_cache_far_total", "result" = "hit";
        #[cfg(feature = "store")]
        FarMiss => "resilience_cache_far_total", "result" = "miss";
        #[cfg(feature = "store")]
        FarAway => "resilience_cache_far_total", "result" = "away";
        #[cfg(feature = "store")]
        Unreadable => "resilience_cache_unreadable_total";
    }
}

/// Counts a step of a fallback that has ended.
pub fn count_fallback(function: FunctionRef, step: u32, failed: bool) {
    count_rare("resilience_fallbacks_total", || {
        let result = if failed { "error" } else { "ok" };
        [
            ("function", function.name().into_owned().into()),
            ("step", Cow::Owned(step.to_string())),
            ("result", result.into()),
        ]
    });
}

/// Counts a call that a layer has rejected.
pub fn count_rejection(function: FunctionRef, layer: &'static str) {
    count_rare("resilience_rejections_total", || {
        [("function", function.name().into_owned().into()), ("layer", layer.into())]
    });
}

/// Counts changes that a store has dropped.
#[cfg(feature = "store")]
pub fn count_dropped(store: &'static str, updates: u64) {
    count_many_rare("resilience_store_dropped_updates_total", updates, || [("name", store.into())]);
}

pub fn on_event(event: &Event<'_>) {
    match *event {
        Event::Retry { function, .. } => {
            count_rare("resilience_retries_total", || [("function", function.to_owned().into())]);
        }
        Event::Timeout { function, .. } => {
            count_rare("resilience_timeouts_total", || [("function", function.to_owned().into())]);
        }
        Event::RetryExhausted { reason: RetryEnd::Permanent, .. } => {}
        Event::RetryExhausted { function, reason, budget, .. } => {
            count_rare("resilience_retries_exhausted_total", || {
                [("function", function.to_owned().into()), ("reason", reason.as_str().into())]
            });
            if let Some(budget) = budget {
                count_rare("resilience_retry_budget_empty_total", || [("name", budget.to_owned().into())]);
            }
        }
        #[cfg(feature = "store")]
        Event::StoreAway { name, .. } => {
            show_rare("resilience_store_available", 0.0, || [("name", name.to_owned().into())]);
        }
        #[cfg(feature = "store")]
        Event::StoreConnected { name } => {
            show_rare("resilience_store_available", 1.0, || [("name", name.to_owned().into())]);
        }
        #[cfg(feature = "cached")]
        Event::CacheSkipped { name, reason, .. } => count_rare("resilience_cache_skipped_total", || {
            [("name", name.to_owned().into()), ("reason", reason.as_str().into())]
        }),
        _ => {}
    }
}
