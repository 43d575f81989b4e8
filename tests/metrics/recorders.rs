//! Recorders that panic, call back, or are installed late.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use resilience::{BreakerState, bulkhead, cached, circuit_breaker, retry};

use crate::common::{Answer, Watchdog, poll_at_most, secs};
use crate::{Seen, Series, everything};

/// Runs a closure on every call, then forwards the call.
struct Doing<F> {
    seen: Seen,
    what: F,
}

struct DoingSeries<F> {
    series: Arc<Series>,
    what: F,
}

impl<F: Fn() + Clone + Send + Sync + 'static> Doing<F> {
    fn series(&self, key: &Key) -> Arc<DoingSeries<F>> {
        (self.what)();
        Arc::new(DoingSeries { series: self.seen.of(key), what: self.what.clone() })
    }
}

impl<F: Fn() + Clone + Send + Sync + 'static> Recorder for Doing<F> {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        (self.what)();
    }
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        (self.what)();
    }
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        (self.what)();
    }
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(key))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.series(key))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.series(key))
    }
}

impl<F: Fn()> CounterFn for DoingSeries<F> {
    fn increment(&self, value: u64) {
        (self.what)();
        CounterFn::increment(&*self.series, value);
    }
    fn absolute(&self, _: u64) {}
}

impl<F: Fn()> GaugeFn for DoingSeries<F> {
    fn increment(&self, value: f64) {
        (self.what)();
        GaugeFn::increment(&*self.series, value);
    }
    fn decrement(&self, value: f64) {
        (self.what)();
        GaugeFn::decrement(&*self.series, value);
    }
    fn set(&self, value: f64) {
        (self.what)();
        GaugeFn::set(&*self.series, value);
    }
}

impl<F: Fn()> HistogramFn for DoingSeries<F> {
    fn record(&self, value: f64) {
        (self.what)();
        HistogramFn::record(&*self.series, value);
    }
}

/// Whether the only permit of the function's bulkhead is free.
trait IsFree {
    fn is_free(&self) -> bool;
}

impl IsFree for fn() -> Answer {
    fn is_free(&self) -> bool {
        let snapshot = resilience::snapshot();
        let mut places = snapshot.bulkheads.iter().filter(|bulkhead| bulkhead.name.ends_with("::fails"));
        places.all(|bulkhead| bulkhead.in_flight == 0)
    }
}

#[tokio::test(start_paused = true)]
async fn a_recorder_that_panics_or_calls_back_changes_nothing() {
    let expected = everything("plain").await;
    let (panics, comes_back) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(0)));

    let panicking = {
        let panics = Arc::clone(&panics);
        Doing { seen: Seen::default(), what: move || assert!(!panics.load(Ordering::SeqCst), "the recorder") }
    };
    panics.store(true, Ordering::SeqCst);
    {
        let _local = metrics::set_default_local_recorder(&panicking);
        resilience::describe_metrics();
        assert_eq!(everything("panicking").await, expected);
        let fails: fn() -> Answer = {
            #[circuit_breaker]
            #[bulkhead(max = 1)]
            fn fails() -> Answer {
                panic!("body")
            }
            fails
        };
        let both = std::panic::catch_unwind(fails);
        let message = both.expect_err("the body's own");
        assert_eq!(message.downcast_ref(), Some(&"body"));
        assert!(fails.is_free(), "its place is free again");
    }
    panics.store(false, Ordering::SeqCst);

    let returning = {
        let times = Arc::clone(&comes_back);
        let what = move || {
            #[cached]
            #[retry(max = 1, backoff = "none")]
            #[circuit_breaker(failure_threshold = 1)]
            #[bulkhead(max = 9)]
            fn inside(call: u32) -> Option<u32> {
                (call % 2 == 0).then_some(call)
            }
            let call = {
                let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
                *times += 1;
                *times
            };
            let _answer = inside(call);
            let _all = resilience::snapshot();
            if let Some(breaker) = resilience::CircuitBreaker::named("metrics::inside") {
                breaker.reset();
            }
        };
        Doing { seen: Seen::default(), what }
    };
    let _local = metrics::set_default_local_recorder(&returning);
    resilience::describe_metrics();
    assert_eq!(everything("returning").await, expected);
    assert!(*comes_back.lock().unwrap_or_else(PoisonError::into_inner) > 50);
    assert!(returning.seen.lines_of(&["calls_total{inside"]).is_empty());
    assert_eq!(returning.seen.told("bulkhead_running", "ask").value.to_string(), "0");
}

#[tokio::test(start_paused = true)]
async fn a_recorder_installed_late_gets_nothing_from_before() {
    #[bulkhead(max = 2)]
    async fn ask() -> Answer {
        tokio::time::sleep(secs(5)).await;
        Ok(1)
    }

    let seen = Seen::default();
    let mut early = Box::pin(ask());
    assert!(poll_at_most(1, early.as_mut()).await.is_none());
    let _local = seen.here();
    let (first, second) = tokio::join!(early, ask());
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(
        seen.lines_of(&["bulkhead", "call_"]),
        ["bulkhead_calls_total{ask,accepted} 1", "bulkhead_running{ask} 0", "call_duration_seconds{ask,ok} [5.0]",]
    );
    assert_eq!(seen.told("bulkhead_running", "ask").lowest.to_string(), "0", "no more is taken away than was added");
}

/// BUG-B20: the last thread to change a value is the last to report it.
#[test]
fn gauges_changed_by_many_threads_show_the_final_state() {
    #[cached(name = "metrics: threads", max_size = 5)]
    #[bulkhead(name = "metrics: threads", max = 2)]
    #[circuit_breaker(name = "metrics: threads", failure_threshold = 1, recovery_ms = 1)]
    fn ask(id: u32) -> Option<u32> {
        (id % 3 > 0).then_some(id)
    }

    let _watchdog = Watchdog::start();
    let seen = Seen::default();
    // A call that the bulkhead rejects does not reach the breaker.
    assert_eq!(ask(1), Some(1));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let seen = &seen;
            scope.spawn(move || {
                let _local = seen.here();
                for id in 0..500 {
                    let _answer = ask(id * 4 + thread);
                    if id % 50 == 0 {
                        resilience::CircuitBreaker::named("metrics: threads").expect("called above").reset();
                    }
                }
            });
        }
    });
    let name = "metrics: threads";
    let state = match resilience::CircuitBreaker::named(name).expect("called above").state() {
        BreakerState::Closed => "0",
        BreakerState::HalfOpen => "1",
        _ => "2",
    };
    assert_eq!(seen.told("breaker_state", name).value.to_string(), state);
    assert_eq!(
        seen.told("cache_entries", name).value.to_string(),
        resilience::Cache::named(name).expect("called above").len().to_string()
    );
    let running = seen.told("bulkhead_running", name);
    assert!(running.value == 0.0 && running.lowest >= 0.0 && running.highest <= 2.0, "{running:?}");
    let calls = ["ok", "error,unclassified"].map(|result| seen.told("calls_total", &format!("ask,{result}")).value);
    assert_eq!(calls.iter().sum::<f64>().to_string(), "2000");
}
