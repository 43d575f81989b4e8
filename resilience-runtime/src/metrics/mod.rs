//! What is counted and measured for the `metrics` facade, behind the feature of that name.
//!
//! This is the only place that knows whether the feature is on: without it, everything here is empty.
//!
//! A label is a name that stands in the source, or that a policy was given, and never the value of a key or of an argument: so
//! there are as many series as there are names. What happens in nearly every call is counted under keys that are made once for
//! each name ([`Meter`]); what is rare comes from [`emit`](crate::emit), and its keys are made then.
//!
//! A recorder is code of the user's. It is called when no lock is held; one that panics changes nothing, and one that comes
//! back to us is not told of what it does itself.

use crate::event::Event;

#[cfg(feature = "metrics")]
mod recorded;
#[cfg(not(feature = "metrics"))]
mod unrecorded;

#[cfg(feature = "metrics")]
pub use recorded::*;
#[cfg(not(feature = "metrics"))]
pub use unrecorded::*;

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
            const ALL: &'static [Spec] = &[$(Spec { metric: $metric, second: second!($($key, $value)?) }),*];

            fn at(self) -> usize {
                self as usize
            }

            fn registry() -> &'static Registry<Shared> {
                static SHARED: Registry<Shared> = Registry::new();
                &SHARED
            }
        }
    )*};
}

#[cfg(feature = "metrics")]
macro_rules! second {
    () => {
        None
    };
    ($key:literal, $value:literal) => {
        Some(($key, $value))
    };
}

#[cfg(feature = "metrics")]
use crate::registry::Registry;

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

/// The value of a label of a rare event.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "metrics"), expect(dead_code, reason = "only the recording side reads it"))]
pub enum LabelValue {
    Text(&'static str),
    Number(u32),
}

/// Counts the events that have no meter.
pub fn on_event(event: &Event<'_>) {
    use LabelValue::{Number, Text};

    match *event {
        Event::Retry { function, .. } => count_rare("resilience_retries_total", [("function", Text(function))]),
        Event::RetryEnded { function, reason } => count_rare(
            "resilience_retries_exhausted_total",
            [("function", Text(function)), ("reason", Text(reason.as_str()))],
        ),
        Event::RetryBudget { budget, .. } => {
            count_rare("resilience_retry_budget_empty_total", [("budget", Text(budget))]);
        }
        Event::Timeout { function, .. } => count_rare("resilience_timeouts_total", [("function", Text(function))]),
        Event::Fallback { function, step, .. } => {
            count_rare("resilience_fallbacks_total", [("function", Text(function)), ("step", Number(step))]);
        }
        _ => {}
    }
}
