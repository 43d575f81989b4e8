use std::time::Duration;

use ::metrics::{Recorder, Unit, with_recorder};

use super::record;

const COUNTERS: [(&str, &str); 24] = [
    ("resilience_calls_total", "Calls, by how they have ended"),
    ("resilience_attempts_total", "Attempts of a retry, the first one included"),
    ("resilience_retries_total", "Failures after which a retry calls again"),
    ("resilience_retries_exhausted_total", "Failures that were worth another attempt and got none"),
    ("resilience_retry_budget_empty_total", "Retries that a budget has rejected"),
    ("resilience_timeouts_total", "Limits that have ended what was inside of them"),
    ("resilience_rejections_total", "Calls of a function that a layer has rejected"),
    ("resilience_fallbacks_total", "Steps of a fallback that have ended, by their result"),
    ("resilience_breaker_calls_total", "Calls of a breaker, by how they have ended"),
    ("resilience_breaker_transitions_total", "Changes of a breaker's state, by the state after it"),
    ("resilience_bulkhead_calls_total", "Calls of a bulkhead, let in or rejected"),
    ("resilience_rate_limit_calls_total", "Calls of a rate limit, let pass or rejected"),
    ("resilience_bulkhead_decisions_total", "Calls of a bulkhead of several processes, by who has decided"),
    ("resilience_rate_limit_decisions_total", "Calls of a limit of several processes, by who has decided"),
    ("resilience_store_dropped_updates_total", "Changes that a store has not been told of, or has refused"),
    ("resilience_rate_limit_hints_total", "Hints of a server that hold all calls of a rate limit back"),
    ("resilience_cache_hits_total", "Calls answered from the store"),
    ("resilience_cache_misses_total", "Calls that have found nothing, or nothing fresh"),
    ("resilience_cache_loads_total", "Runs of the body to fill a cache"),
    ("resilience_cache_stale_total", "Misses answered with an expired value"),
    ("resilience_cache_skipped_total", "Answers that were not stored"),
    ("resilience_cache_evictions_total", "Entries dropped to make room"),
    ("resilience_cache_far_total", "Questions to the store of several processes, by their result"),
    ("resilience_cache_unreadable_total", "Values of the store that could not be read"),
];

const GAUGES: [(&str, &str); 11] = [
    ("resilience_calls_in_progress", "Calls that have begun and not ended"),
    ("resilience_breaker_state", "-1: disabled, 0: closed, 1: half-open, 2: open, 3: forced open"),
    ("resilience_breaker_open_keys", "Keys whose breaker does not let every call pass"),
    ("resilience_breaker_failure_rate", "Failures as a part of the calls in a breaker's window"),
    ("resilience_breaker_slow_rate", "Slow calls as a part of the calls in a breaker's window"),
    ("resilience_breaker_threshold_used", "How near a breaker is to opening, from 0 to 1"),
    ("resilience_bulkhead_running", "Calls inside of a bulkhead"),
    ("resilience_bulkhead_waiting", "Calls in the queue of a bulkhead"),
    ("resilience_rate_limit_waiting", "Calls that wait for their turn"),
    ("resilience_store_available", "1 while the engine of a store answers, and 0 while it is away"),
    ("resilience_cache_entries", "Entries, those included that have expired and not been replaced yet"),
];

const HISTOGRAMS: [(&str, &str); 2] = [
    ("resilience_call_duration_seconds", "From the beginning of a call to its end"),
    ("resilience_breaker_open_seconds", "From the moment a breaker stops to let every call pass until it does again"),
];

/// Describes all metrics to the recorder of the [`metrics`](https://docs.rs/metrics/0.24) facade, with their units.
///
/// Call it once, after an exporter is installed. The metrics are recorded without it too.
///
/// ```
/// # use resilience_runtime as resilience;
/// // PrometheusBuilder::new().install()?; // or any other exporter for `metrics` 0.24
/// resilience::describe_metrics();
/// ```
///
/// The page on [observability](https://docs.rs/resilience-fn/latest/resilience/docs/observability/index.html) has the table
/// of them, the set-up of exporters, and where the alert rules and the dashboard are. A label is the path of a function, the
/// name of a breaker, a bulkhead, a limiter, a cache, a budget or a policy, or a word out of a fixed list: never an argument,
/// nor the value of a `key`. Functions of one path, as methods of two types in one module, share their series, and so does
/// everything of one name.
///
/// # What they mean
///
/// A call of a function counts once, whichever attributes it carries, when it ends: `ok`, `error` (an `Err` or a `None` that
/// the caller gets, after retries and fallbacks), `cancelled` (its future was dropped) or `panicked`. Failed calls also have
/// the `category` of their error, `unclassified` if its type does not implement [`Classify`](crate::Classify). A call's time
/// runs from the first poll, or the call of a synchronous function. A future that was never polled is no call. A future that
/// is dropped because its thread panics elsewhere counts as panicked. With attributes of other crates between ours, what these
/// do is part of the call; one above the first of ours is not, without `#[resilience::stack]`. A call of a `Policy` counts
/// under the policy's name.
///
/// Below a breaker, a call counts as what the breaker was told of it: `success`, `failure`, `ignored`, `abandoned` (cancelled
/// or panicked), or `rejected`. No timer belongs to a breaker: it is open until the first call after its recovery time. Its
/// rates are shown after each failure and each change of state, and otherwise once a second, while it is called. Breakers of a
/// `key` have no state in common; `resilience_breaker_open_keys` is how many of them are not closed.
///
/// The counters of a function and of its attributes exist, with zero, from its first call on. So the first failure is an
/// increase, which a series that begins with one does not show.
///
/// Clocks are read, and calls timed, only while `resilience_calls_in_progress` is recorded: an exporter that filters it out
/// loses `resilience_call_duration_seconds` with it.
///
/// # The recorder
///
/// It is called while no lock of ours is held. Should it panic, the call goes on as if nothing had been recorded, after the
/// panic hook has spoken; what it calls of ours itself is not recorded.
///
/// Handles of the global recorder are kept for a second, unless it takes labels from the current span. A recorder that takes
/// labels from anything else of the calling thread gets them from one call a second.
pub fn describe_metrics() {
    record(|| with_recorder(describe));
}

/// Returns buckets for the histograms, from a millisecond to a bit more than `longest`.
///
/// An exporter without buckets writes a summary, whose percentiles cannot be added up. Each bucket is at most 2.5 times as
/// wide as the one below, so a percentile is as exact as that. `longest` is the longest time that a call may take: the largest
/// `#[timeout]`, for example. A `longest` below a millisecond counts as one, and one above a day as a day.
///
/// ```
/// # use resilience_runtime as resilience;
/// use std::time::Duration;
///
/// // PrometheusBuilder::new()
/// //     .set_buckets_for_metric(Matcher::Prefix("resilience_".into()), &buckets)?
/// //     .install()?;
/// let buckets = resilience::duration_buckets(Duration::from_millis(300));
/// assert_eq!(buckets, [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5]);
/// ```
pub fn duration_buckets(longest: Duration) -> Vec<f64> {
    const STEPS: [u64; 3] = [1_000, 2_500, 5_000];
    let longest = longest.clamp(Duration::from_millis(1), Duration::from_secs(24 * 60 * 60));
    let mut micros = (0..9).flat_map(|power| STEPS.map(|step| step * 10_u64.pow(power)));
    let mut buckets = Vec::new();
    for limit in micros.by_ref().map(Duration::from_micros) {
        buckets.push(limit.as_secs_f64());
        if limit >= longest {
            break;
        }
    }
    buckets
}

fn describe(recorder: &dyn Recorder) {
    for (name, help) in COUNTERS {
        recorder.describe_counter(name.into(), Some(Unit::Count), help.into());
    }
    for (name, help) in GAUGES {
        recorder.describe_gauge(name.into(), Some(Unit::Count), help.into());
    }
    for (name, help) in HISTOGRAMS {
        recorder.describe_histogram(name.into(), Some(Unit::Seconds), help.into());
    }
}
