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

use crate::event::{Event, RetryEnd};
use crate::registry::FunctionRef;
#[cfg(feature = "metrics")]
use crate::registry::{Entry, Registry};

#[cfg(feature = "metrics")]
pub use recorded::describe_metrics;
#[cfg(feature = "metrics")]
use recorded::{BreakerGauge, CallRecord, NameSeries, Series, SeriesSpec, count_rare};
#[cfg(not(feature = "metrics"))]
use unrecorded::count_rare;

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
    #[cfg(feature = "metrics")]
    meter: Meter<OfFunction>,
}

impl CallMetrics {
    pub const fn of(
        #[cfg_attr(not(feature = "metrics"), expect(unused_variables, reason = "only metrics need it"))]
        function: FunctionRef,
    ) -> Self {
        Self {
            #[cfg(feature = "metrics")]
            function,
            #[cfg(feature = "metrics")]
            meter: Meter::new(),
        }
    }
}

/// Dropped before [`ended`](Self::ended), the call was cancelled or panicked.
#[derive(Debug)]
pub struct CallGuard {
    #[cfg(feature = "metrics")]
    record: CallRecord,
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

/// `Kind("label") { Variant => "metric", "label" = "value"; .. }`
macro_rules! series {
    ($($(#[$doc:meta])* $name:ident($label:literal) {
        $($variant:ident => $metric:literal $(, $key:literal = $value:literal)?;)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        #[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "what only the recording side names"))]
        pub enum $name {
            $($variant),*
        }

        #[cfg(feature = "metrics")]
        impl Series for $name {
            const LABEL: &'static str = $label;
            const ALL: &'static [SeriesSpec] = &[$(SeriesSpec { metric: $metric, second_label: second_label!($($key, $value)?) }),*];

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

#[cfg(feature = "metrics")]
macro_rules! second_label {
    () => {
        None
    };
    ($key:literal, $value:literal) => {
        Some(($key, $value))
    };
}

series! {
    OfFunction("function") {
        Ok => "resilience_calls_total", "result" = "ok";
        Error => "resilience_calls_total", "result" = "error";
        Cancelled => "resilience_calls_total", "result" = "cancelled";
        Panicked => "resilience_calls_total", "result" = "panicked";
        OkTime => "resilience_call_duration_seconds", "result" = "ok";
        ErrorTime => "resilience_call_duration_seconds", "result" = "error";
        CancelledTime => "resilience_call_duration_seconds", "result" = "cancelled";
        PanickedTime => "resilience_call_duration_seconds", "result" = "panicked";
        InProgress => "resilience_calls_in_progress";
        Attempt => "resilience_attempts_total";
    }
    OfBreaker("breaker") {
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
    }
    OfBulkhead("bulkhead") {
        Accepted => "resilience_bulkhead_calls_total", "outcome" = "accepted";
        Rejected => "resilience_bulkhead_calls_total", "outcome" = "rejected";
        Running => "resilience_bulkhead_running";
        Waiting => "resilience_bulkhead_waiting";
    }
    OfLimiter("limiter") {
        Passed => "resilience_rate_limit_calls_total", "outcome" = "passed";
        Waited => "resilience_rate_limit_calls_total", "outcome" = "waited";
        Rejected => "resilience_rate_limit_calls_total", "outcome" = "rejected";
        Waiting => "resilience_rate_limit_waiting";
    }
}

#[cfg(feature = "cached")]
series! {
    OfCache("cache") {
        Hit => "resilience_cache_hits_total";
        Miss => "resilience_cache_misses_total";
        Load => "resilience_cache_loads_total";
        StaleRevalidating => "resilience_cache_stale_total", "reason" = "revalidating";
        StaleFailed => "resilience_cache_stale_total", "reason" = "failed";
        Eviction => "resilience_cache_evictions_total";
        Entries => "resilience_cache_entries";
    }
}

/// Counts a call that a layer has rejected.
pub fn count_rejection(function: FunctionRef, layer: &'static str) {
    count_rare("resilience_rejections_total", || {
        [("function", function.name().into_owned().into()), ("layer", layer.into())]
    });
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
                count_rare("resilience_retry_budget_empty_total", || [("budget", budget.to_owned().into())]);
            }
        }
        Event::Fallback { function, step, .. } => count_rare("resilience_fallbacks_total", || {
            [("function", function.to_owned().into()), ("step", Cow::Owned(step.to_string()))]
        }),
        #[cfg(feature = "cached")]
        Event::CacheSkipped { name, reason } => count_rare("resilience_cache_skipped_total", || {
            [("cache", name.to_owned().into()), ("reason", reason.as_str().into())]
        }),
        _ => {}
    }
}
