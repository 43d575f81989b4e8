//! The bridge to OpenTelemetry: everything that the crate records arrives, with its labels as attributes.

use std::time::Duration;

use metrics_opentelemetry::{OpenTelemetryMetrics, OpenTelemetryRecorder};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use resilience::{circuit_breaker, fallback, retry};

#[fallback(value = 7)]
#[retry(max = 1, backoff = "none")]
#[circuit_breaker(name = "shop", failure_threshold = 100)]
fn price(up: bool) -> Option<u32> {
    up.then_some(1)
}

#[test]
fn opentelemetry_receives_counters_gauges_and_durations() {
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).with_interval(Duration::from_secs(3_600)).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    let meter = OpenTelemetryMetrics::new(provider.meter("shop"));
    metrics::set_global_recorder(OpenTelemetryRecorder::new(meter)).expect("the first one");
    resilience::describe_metrics();

    assert_eq!((price(true), price(false)), (Some(1), Some(7)));
    provider.force_flush().expect("it exports");
    let told = format!("{:?}", exporter.get_finished_metrics().expect("they are in memory"));
    for metric in [
        "resilience_calls_total",
        "resilience_calls_in_progress",
        "resilience_call_duration_seconds",
        "resilience_attempts_total",
        "resilience_retries_exhausted_total",
        "resilience_fallbacks_total",
        "resilience_breaker_calls_total",
        "resilience_breaker_state",
        "resilience_breaker_threshold_used",
    ] {
        assert!(told.contains(&format!("\"{metric}\"")), "{metric} is missing: {told}");
    }
    for label in ["opentelemetry::price", "shop", "unclassified", "exhausted_total", "attempts"] {
        assert!(told.contains(label), "{label} is missing: {told}");
    }
}
