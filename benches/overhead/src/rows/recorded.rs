//! The feature `metrics`: without a recorder, and with the one for Prometheus.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use ::metrics::{Counter, Gauge, Histogram, counter, gauge, histogram, with_recorder};
use coarsetime::Instant as CoarseInstant;
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

impl Handles {
    fn of(function: &'static str) -> Self {
        Self {
            running: gauge!("running", "function" => function),
            ended: counter!("calls", "function" => function, "result" => "ok"),
            time: histogram!("seconds", "function" => function, "result" => "ok"),
            attempts: counter!("attempts", "function" => function),
            successes: counter!("breaker_calls", "breaker" => function, "outcome" => "success"),
        }
    }
}

static HANDLES: LazyLock<Handles> = LazyLock::new(|| Handles::of("by hand"));

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

/// The recorder of the program, as far as an address tells.
static GLOBAL: LazyLock<usize> = LazyLock::new(recorder);

fn recorder() -> usize {
    with_recorder(|recorder| std::ptr::from_ref(recorder).addr())
}

thread_local! {
    /// The second in which they were registered, and the handles.
    static RECENT: RefCell<Option<(u64, Arc<Handles>)>> = const { RefCell::new(None) };
}

/// Handles that an exporter with an idle timeout has not dropped.
fn recent<T>(with: impl FnOnce(&Arc<Handles>) -> T) -> T {
    let now = CoarseInstant::now_without_cache_update().as_ticks() >> 32;
    RECENT.with_borrow_mut(|recent| {
        let (_, handles) = match recent {
            Some(recent) if recent.0 == now => recent,
            recent => recent.insert((now, Arc::new(Handles::of("by hand, careful")))),
        };
        with(handles)
    })
}

/// Unless a local recorder is in force. A panic of the recorder ends here.
fn record<T>(run: impl FnOnce() -> T) -> Option<T> {
    if recorder() == *GLOBAL { catch_unwind(AssertUnwindSafe(run)).ok() } else { None }
}

/// As [`kept`], with what the feature promises: it counts for the recorder that is current, stands its panics, and counts
/// into no series that has been dropped.
async fn careful(x: u64) -> Answer {
    let start = Instant::now();
    let begun = record(|| {
        recent(|handles| {
            handles.running.increment(1);
            handles.attempts.increment(1);
            Arc::clone(handles)
        })
    });
    let answer = naked(x).await;
    record(|| recent(|handles| handles.successes.increment(1)));
    if let Some(handles) = begun {
        record(|| {
            handles.running.decrement(1);
            handles.ended.increment(1);
            handles.time.record(start.elapsed());
        });
    }
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
        later(group, "by hand, handles kept with the same promises", careful).scaled(),
        later(group, "by hand, a macro for each count", macros).scaled(),
        sync(group, "resilience, breaker", breaker),
        sync(group, "resilience, cache hit", cached),
    ]
}
