//! Logs, metrics and settings.

use std::path::Path;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use resilience::config;
use tokio_util::sync::CancellationToken;

/// Installs the recorder of the process. Call it once.
pub fn metrics() -> Result<PrometheusHandle, BuildError> {
    let buckets = resilience::duration_buckets(Duration::from_secs(5));
    let names = ["resilience_call_duration_seconds", "resilience_breaker_open_seconds"];
    let builder = names.into_iter().try_fold(PrometheusBuilder::new(), |builder, name| {
        builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), &buckets)
    })?;
    let handle = builder.install_recorder()?;
    resilience::describe_metrics();
    Ok(handle)
}

/// Reads the settings. A mistake in them keeps the shop from starting; later it changes nothing and is an event.
pub fn settings(path: &Path) -> Result<(), config::ConfigError> {
    config::load(path)?;
    config::load_env(std::env::vars_os())
}

/// Reads the settings again when the file has changed, or at `SIGHUP`.
pub async fn reload_until(path: &Path, stop: CancellationToken) {
    tokio::select! {
        () = config::watch(path, Duration::from_secs(1)) => {}
        Err(error) = config::reload_on_hangup() => tracing::warn!(%error, "no `SIGHUP`"),
        () = stop.cancelled() => {}
    }
}

/// Renders the metrics for an exporter without a listener of its own.
pub async fn upkeep_until(metrics: PrometheusHandle, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(Duration::from_secs(5))).await.is_some() {
        metrics.run_upkeep();
    }
}
