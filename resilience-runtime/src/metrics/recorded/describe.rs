use ::metrics::{Recorder, Unit, with_recorder};

use super::record;

const COUNTERS: [(&str, &str); 17] = [
    ("resilience_calls_total", "Calls, by how they have ended"),
    ("resilience_attempts_total", "Attempts of a retry, the first one included"),
    ("resilience_retries_total", "Failures after which a retry calls again"),
    ("resilience_retries_exhausted_total", "Failures that were worth another attempt and got none"),
    ("resilience_retry_budget_empty_total", "Retries that a budget has rejected"),
    ("resilience_timeouts_total", "Limits that have ended what was inside of them"),
    ("resilience_fallbacks_total", "Steps of a fallback that were asked"),
    ("resilience_breaker_calls_total", "Calls of a breaker, by how they have ended"),
    ("resilience_breaker_transitions_total", "Changes of a breaker's state, by the state after it"),
    ("resilience_bulkhead_calls_total", "Calls of a bulkhead, let in or rejected"),
    ("resilience_rate_limit_calls_total", "Calls of a rate limit, let pass or rejected"),
    ("resilience_cache_hits_total", "Calls answered from the store"),
    ("resilience_cache_misses_total", "Calls that have found nothing, or nothing fresh"),
    ("resilience_cache_loads_total", "Runs of the body to fill a cache"),
    ("resilience_cache_stale_total", "Misses answered with an expired value"),
    ("resilience_cache_skipped_total", "Answers that were not stored"),
    ("resilience_cache_evictions_total", "Entries dropped to make room"),
];

const GAUGES: [(&str, &str); 7] = [
    ("resilience_calls_in_progress", "Calls that have begun and not ended"),
    ("resilience_breaker_state", "-1: disabled, 0: closed, 1: half-open, 2: open, 3: forced open"),
    ("resilience_breaker_open_keys", "Keys whose breaker does not let every call pass"),
    ("resilience_bulkhead_running", "Calls inside of a bulkhead"),
    ("resilience_bulkhead_waiting", "Calls in the queue of a bulkhead"),
    ("resilience_rate_limit_waiting", "Calls that wait for their turn"),
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
/// The page on [observability](https://docs.rs/resilience-fn/latest/resilience/docs/observability/index.html) has
/// the table of them. A label is the path of a function, the name of a breaker, a bulkhead, a limiter, a cache,
/// a budget or a policy, or a word out of a fixed list: never an argument, nor the value of a `key`. Functions of one path, as
/// methods of two types in one module, share their series, and so does everything of one name.
///
/// # What they mean
///
/// A call of a function counts once, whichever attributes it carries, when it ends: `ok`, `error` (an `Err` or a `None` that
/// the caller gets, after retries and fallbacks), `cancelled` (its future was dropped) or `panicked`. Its time runs from the
/// first poll, or the call of a synchronous function. A future that was never polled is no call. A future that is dropped
/// because its thread panics elsewhere counts as panicked. With attributes of other crates between ours, what these do is part
/// of the call; one above the first of ours is not, without `#[resilience::stack]`. A call of a `Policy` counts under the
/// policy's name.
///
/// Below a breaker, a call counts as what the breaker was told of it: `success`, `failure`, `ignored`, `abandoned` (cancelled
/// or panicked), or `rejected`. No timer belongs to a breaker: it is open until the first call after its recovery time.
/// Breakers of a `key` have no state in common; `resilience_breaker_open_keys` is how many of them are not closed.
///
/// Clocks are read, and calls timed, only while `resilience_calls_in_progress` is recorded: an exporter that filters it out
/// loses `resilience_call_duration_seconds` with it.
///
/// # In Prometheus
///
/// Percentiles are the business of the exporter: give it buckets for the two histograms, up to the longest `#[timeout]`.
///
/// ```promql
/// # P95 of each function; 0.5 and 0.99 likewise
/// histogram_quantile(0.95, sum by (function, le) (rate(resilience_call_duration_seconds_bucket[5m]))) > 5
///
/// # error rate
/// sum by (function) (rate(resilience_calls_total{result=~"error|panicked"}[5m]))
///   / sum by (function) (rate(resilience_calls_total{result!="cancelled"}[5m])) > 0.01
///
/// # fallback rate
/// sum by (function) (rate(resilience_fallbacks_total{step="1"}[5m]))
///   / sum by (function) (rate(resilience_calls_total[5m])) > 0.1
///
/// # cache hit rate
/// sum by (cache) (rate(resilience_cache_hits_total[15m]))
///   / (sum by (cache) (rate(resilience_cache_hits_total[15m])) + sum by (cache) (rate(resilience_cache_misses_total[15m]))) < 0.5
///
/// # a breaker that has not been closed for five minutes, probes included
/// min_over_time(resilience_breaker_state[5m]) > 0
///
/// # executions for each call: what retries do to the other side
/// sum by (function) (rate(resilience_attempts_total[5m])) / sum by (function) (rate(resilience_calls_total[5m]))
/// ```
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
