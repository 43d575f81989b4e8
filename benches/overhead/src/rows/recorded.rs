//! The feature `metrics`: without a recorder, and with the one for Prometheus.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use ::metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use metrics_exporter_prometheus::PrometheusBuilder;
use resilience::{circuit_breaker, retry, timeout};

use super::{Answer, Row, later, naked, sync, target};

/// Set in the environment to `prometheus`, it installs the recorder.
const RECORDER: &str = "OVERHEAD_RECORDER";

#[retry(max = 3)]
#[circuit_breaker(name = "recorded")]
#[timeout(secs = 30)]
async fn three(x: u64) -> Answer {
    target(x)
}

#[circuit_breaker(name = "recorded, sync")]
fn breaker(x: u64) -> Answer {
    target(x)
}

#[resilience::cached(name = "recorded")]
fn cached(x: u64) -> Answer {
    target(x)
}

/// What the feature counts for `three`.
struct Handles {
    running: Gauge,
    ended: Counter,
    time: Histogram,
    attempts: Counter,
    successes: Counter,
}

static HANDLES: LazyLock<Handles> = LazyLock::new(|| Handles {
    running: gauge!("running", "function" => "by hand"),
    ended: counter!("calls", "function" => "by hand", "result" => "ok"),
    time: histogram!("seconds", "function" => "by hand", "result" => "ok"),
    attempts: counter!("attempts", "function" => "by hand"),
    successes: counter!("breaker_calls", "breaker" => "by hand", "outcome" => "success"),
});

async fn kept(x: u64) -> Answer {
    let handles = &*HANDLES;
    let start = Instant::now();
    handles.running.increment(1);
    handles.attempts.increment(1);
    let answer = naked(x).await;
    handles.successes.increment(1);
    handles.running.decrement(1);
    handles.ended.increment(1);
    handles.time.record(start.elapsed());
    answer
}

async fn macros(x: u64) -> Answer {
    let start = Instant::now();
    gauge!("running", "function" => "macros").increment(1);
    counter!("attempts", "function" => "macros").increment(1);
    let answer = naked(x).await;
    counter!("breaker_calls", "breaker" => "macros", "outcome" => "success").increment(1);
    gauge!("running", "function" => "macros").decrement(1);
    counter!("calls", "function" => "macros", "result" => "ok").increment(1);
    histogram!("seconds", "function" => "macros", "result" => "ok").record(start.elapsed());
    answer
}

pub fn all() -> Vec<Row> {
    let with_prometheus = std::env::var(RECORDER).is_ok_and(|recorder| recorder == "prometheus");
    if with_prometheus {
        PrometheusBuilder::new().install_recorder().expect("the first recorder");
    }
    // The first call looks for the recorder on a thread of its own.
    breaker(0).expect("a success");
    std::thread::sleep(Duration::from_millis(200));
    let group = if with_prometheus { "prometheus" } else { "no_recorder" };
    vec![
        later(group, "naked", naked).scaled(),
        later(group, "resilience, stack of three", three).scaled(),
        later(group, "by hand, handles kept", kept).scaled(),
        later(group, "by hand, a macro for each count", macros).scaled(),
        sync(group, "resilience, breaker", breaker),
        sync(group, "resilience, cache hit", cached),
    ]
}
