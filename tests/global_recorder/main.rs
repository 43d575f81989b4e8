#![deny(warnings)]
//! Handles of the global recorder are kept. A process has one such recorder, so each test runs in a
//! process of its own.

mod exporter;

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use resilience::{bulkhead, cached, circuit_breaker, retry};

use exporter::Exporter;

/// Longer than a handle is used.
const A_WHILE: Duration = Duration::from_millis(1_300);

fn alone(test: &str, run: impl FnOnce()) {
    const CHOSEN: &str = "GLOBAL_RECORDER_TEST";
    if std::env::var(CHOSEN).is_ok_and(|chosen| chosen == test) {
        thread::spawn(|| {
            thread::sleep(Duration::from_secs(90));
            eprintln!("the test hangs");
            std::process::exit(101);
        });
        run();
        return;
    }
    let program = std::env::current_exe().expect("this program");
    let child = Command::new(program).args(["--exact", test, "--nocapture"]).env(CHOSEN, test).output();
    let child = child.expect("this program runs");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&[child.stdout, child.stderr].concat()));
}

fn install() -> &'static Exporter {
    let exporter: &Exporter = Box::leak(Box::default());
    metrics::set_global_recorder(exporter).expect("the only one of the process");
    exporter
}

#[retry(max = 1)]
#[circuit_breaker]
#[bulkhead(max = 9)]
fn ask() -> Option<u64> {
    Some(1)
}

/// Calls until a hundred calls register nothing; returns the number of calls.
fn call_until_kept(exporter: &Exporter) -> i64 {
    let (start, mut calls) = (Instant::now(), 0);
    while start.elapsed() < Duration::from_secs(60) {
        let before = exporter.registrations();
        for _ in 0..100 {
            ask().expect("a success");
        }
        calls += 100;
        if exporter.registrations() == before {
            return calls;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("each call registers its handles again");
}

fn value(exporter: &Exporter, metric: &str) -> i64 {
    exporter.value(metric, &[("function", "global_recorder::ask")])
}

fn ended_well(exporter: &Exporter) -> i64 {
    exporter.value("resilience_calls_total", &[("function", "global_recorder::ask"), ("result", "ok")])
}

#[test]
fn handles_of_the_global_recorder_are_kept() {
    alone("handles_of_the_global_recorder_are_kept", || {
        let exporter = install();
        let calls = call_until_kept(exporter);
        assert_eq!(ended_well(exporter), calls);
        assert_eq!(value(exporter, "resilience_attempts_total"), calls);
        assert_eq!(value(exporter, "resilience_calls_in_progress"), 0);
        let breaker = [("name", "global_recorder::ask"), ("outcome", "success")];
        assert_eq!(exporter.value("resilience_breaker_calls_total", &breaker), calls);
        assert_eq!(exporter.value("resilience_bulkhead_running", &[("name", "global_recorder::ask")]), 0);
    });
}

/// The thread that looks for the global recorder registers a series to find out about it.
#[test]
fn each_name_is_registered_as_one_kind() {
    alone("each_name_is_registered_as_one_kind", || {
        let exporter = install();
        call_until_kept(exporter);
        assert_eq!(exporter.names_of_several_kinds(), [""; 0]);
    });
}

#[test]
fn a_global_recorder_installed_after_the_first_call_is_found() {
    alone("a_global_recorder_installed_after_the_first_call_is_found", || {
        for _ in 0..10 {
            ask().expect("a success");
            thread::sleep(Duration::from_millis(20));
        }
        let exporter = install();
        ask().expect("a success");
        assert_eq!(ended_well(exporter), 1, "no call is lost");
        let calls = call_until_kept(exporter);
        assert_eq!(ended_well(exporter), 1 + calls);
    });
}

#[test]
fn a_local_recorder_gets_its_calls_although_handles_are_kept() {
    alone("a_local_recorder_gets_its_calls_although_handles_are_kept", || {
        let exporter = install();
        let calls = call_until_kept(exporter);
        for round in 1..=20 {
            // The next one often has the address of the one before.
            let local = Box::<Exporter>::default();
            metrics::with_local_recorder(&*local, || {
                for _ in 0..round {
                    ask().expect("a success");
                }
                metrics::with_local_recorder(&Exporter::default(), || ask().expect("a success"));
            });
            assert_eq!(ended_well(&local), round);
            assert_eq!(value(&local, "resilience_calls_in_progress"), 0);
        }
        assert_eq!(ended_well(exporter), calls, "the global one gets none of them");
        call_until_kept(exporter);
    });
}

#[test]
fn without_a_global_recorder_each_local_one_gets_its_calls() {
    alone("without_a_global_recorder_each_local_one_gets_its_calls", || {
        for round in 1..=40 {
            let local = Box::<Exporter>::default();
            metrics::with_local_recorder(&*local, || {
                for _ in 0..round {
                    ask().expect("a success");
                }
            });
            assert_eq!(ended_well(&local), round);
            ask().expect("a success");
            thread::sleep(Duration::from_millis(50));
        }
    });
}

#[test]
fn a_series_that_the_exporter_has_dropped_counts_again() {
    alone("a_series_that_the_exporter_has_dropped_counts_again", || {
        let exporter = install();
        call_until_kept(exporter);
        // As an exporter with an idle timeout does.
        exporter.drop_all_series();
        thread::sleep(A_WHILE);
        ask().expect("a success");
        assert_eq!(ended_well(exporter), 1);
    });
}

#[test]
fn a_call_that_outlives_its_series_takes_away_nothing_from_the_next() {
    alone("a_call_that_outlives_its_series_takes_away_nothing_from_the_next", || {
        static MAY_END: AtomicBool = AtomicBool::new(false);
        #[retry(max = 1)]
        fn slow() -> Option<u64> {
            while !MAY_END.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(1));
            }
            Some(1)
        }

        let exporter = install();
        call_until_kept(exporter);
        MAY_END.store(true, Ordering::SeqCst);
        slow().expect("a success");
        MAY_END.store(false, Ordering::SeqCst);
        let of_slow = || exporter.value("resilience_calls_in_progress", &[("function", "global_recorder::slow")]);
        let early = thread::spawn(slow);
        while of_slow() < 1 {
            thread::sleep(Duration::from_millis(1));
        }
        exporter.drop_all_series();
        thread::sleep(A_WHILE);
        let late = thread::spawn(slow);
        while of_slow() < 1 {
            thread::sleep(Duration::from_millis(1));
        }
        MAY_END.store(true, Ordering::SeqCst);
        for call in [early, late] {
            call.join().expect("no panic").expect("a success");
        }
        assert_eq!(of_slow(), 0);
        let ended = [("function", "global_recorder::slow"), ("result", "ok")];
        assert_eq!(exporter.value("resilience_calls_total", &ended), 2, "both count where they can be seen");
    });
}

#[test]
fn no_call_waits_for_another_that_registers() {
    alone("no_call_waits_for_another_that_registers", || {
        let exporter = install();
        call_until_kept(exporter);
        thread::sleep(A_WHILE);
        let (blocked, release) = exporter.block_next_registration();
        let first = thread::spawn(ask);
        blocked.recv().expect("the first call registers");
        for _ in 0..10 {
            ask().expect("another call goes on");
        }
        release.send(()).expect("the first call waits");
        first.join().expect("no panic").expect("a success");
    });
}

static UNSIZED_CALLS: AtomicU64 = AtomicU64::new(0);

/// Has no size, as the recorder that drops everything.
struct Unsized;

impl Recorder for Unsized {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        if key.name() == "resilience_calls_total" {
            Counter::from_arc(std::sync::Arc::new(CountCalls))
        } else {
            Counter::noop()
        }
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

struct CountCalls;

impl metrics::CounterFn for CountCalls {
    fn increment(&self, value: u64) {
        UNSIZED_CALLS.fetch_add(value, Ordering::SeqCst);
    }
    fn absolute(&self, _: u64) {}
}

#[test]
fn a_recorder_without_a_size_gets_every_call() {
    alone("a_recorder_without_a_size_gets_every_call", || {
        metrics::set_global_recorder(Unsized).expect("the only one of the process");
        for calls in 1..=200 {
            ask().expect("a success");
            assert_eq!(UNSIZED_CALLS.load(Ordering::SeqCst), calls);
            thread::sleep(Duration::from_millis(1));
        }
    });
}

#[test]
fn a_local_recorder_without_a_size_gets_every_call_after_no_recorder_was_found() {
    alone("a_local_recorder_without_a_size_gets_every_call_after_no_recorder_was_found", || {
        static LOCAL: Unsized = Unsized;
        for _ in 0..50 {
            ask().expect("a success");
            thread::sleep(Duration::from_millis(2));
        }
        metrics::with_local_recorder(&LOCAL, || ask().expect("a success"));
        assert_eq!(UNSIZED_CALLS.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn labels_from_the_current_span_are_those_of_the_call() {
    alone("labels_from_the_current_span_are_those_of_the_call", || {
        use tracing::subscriber::set_global_default;

        set_global_default(tracing_subscriber::registry()).expect("the only subscriber");
        let exporter: &exporter::BySpan = Box::leak(Box::default());
        metrics::set_global_recorder(exporter).expect("the only one of the process");
        for round in 1..=20 {
            for tenant in ["one", "two"] {
                let span = match tenant {
                    "one" => tracing::error_span!("one"),
                    _ => tracing::error_span!("two"),
                };
                span.in_scope(|| ask().expect("a success"));
                assert_eq!(exporter.calls_in(tenant), round, "{tenant}");
            }
            thread::sleep(Duration::from_millis(20));
        }
    });
}

/// The thread that looks for the global recorder also installs a subscriber for a moment.
#[test]
fn callsites_of_the_program_stay_as_they_were() {
    alone("callsites_of_the_program_stay_as_they_were", || {
        static ASKED: AtomicU64 = AtomicU64::new(0);
        struct Asked;
        impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Asked {
            fn enabled(&self, _: &tracing::Metadata<'_>, _: tracing_subscriber::layer::Context<'_, S>) -> bool {
                ASKED.fetch_add(1, Ordering::SeqCst);
                true
            }
        }

        use tracing_subscriber::prelude::*;
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Asked)).expect("the only one");
        let event = || tracing::error!("asked once or at each event");
        event();
        ASKED.store(0, Ordering::SeqCst);
        event();
        let before = ASKED.load(Ordering::SeqCst);
        call_until_kept(install());
        ASKED.store(0, Ordering::SeqCst);
        event();
        assert_eq!(ASKED.load(Ordering::SeqCst), before);
    });
}

#[test]
fn a_cache_shows_its_entries_by_kept_handles() {
    alone("a_cache_shows_its_entries_by_kept_handles", || {
        #[cached(name = "global recorder", max_size = 10)]
        fn load(id: u64) -> u64 {
            id
        }

        let exporter = install();
        call_until_kept(exporter);
        for id in 0..100 {
            load(id);
            load(id);
        }
        let name = [("name", "global recorder")];
        assert_eq!(exporter.value("resilience_cache_hits_total", &name), 100);
        assert_eq!(exporter.value("resilience_cache_misses_total", &name), 100);
        assert_eq!(exporter.value("resilience_cache_entries", &name), 10);
    });
}
