//! Metrics with the handles of a global recorder, which are kept, and with the clock of the system, which is read without
//! tokio's. A test's clock comes before it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use as_a_user::millis;
use metrics::{Counter, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use resilience::retry;
use resilience::testing::ManualClock;

const HOUR: Duration = Duration::from_secs(3_600);

/// The durations of calls, by function.
#[derive(Default)]
struct Durations {
    seconds: Mutex<BTreeMap<String, Arc<Series>>>,
    registrations: Mutex<BTreeMap<String, u64>>,
}

#[derive(Default)]
struct Series(Mutex<Vec<f64>>);

impl HistogramFn for Series {
    fn record(&self, seconds: f64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(seconds);
    }
}

/// Asks for each value.
struct Asking;

impl GaugeFn for Asking {
    fn increment(&self, _: f64) {}
    fn decrement(&self, _: f64) {}
    fn set(&self, _: f64) {}
}

impl Durations {
    fn of(&self, function: &str) -> Arc<Series> {
        let mut seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(seconds.entry(function.to_owned()).or_default())
    }

    fn registrations(&self, function: &str) -> u64 {
        let registrations = self.registrations.lock().unwrap_or_else(PoisonError::into_inner);
        registrations.get(&format!("recorded::{function}")).copied().unwrap_or_default()
    }

    fn last(&self, function: &str) -> Duration {
        let series = self.of(&format!("recorded::{function}"));
        let seconds = series.0.lock().unwrap_or_else(PoisonError::into_inner);
        Duration::from_secs_f64(*seconds.last().expect("a call"))
    }
}

impl Recorder for &'static Durations {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let mut registrations = self.registrations.lock().unwrap_or_else(PoisonError::into_inner);
        *registrations.entry(function(key).to_owned()).or_default() += 1;
        Counter::noop()
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(Arc::new(Asking))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.of(function(key)))
    }
}

fn function(key: &Key) -> &str {
    key.labels().find(|label| label.key() == "function").expect("a series of a function").value()
}

#[retry(max = 1)]
fn ready() -> Option<u8> {
    Some(1)
}

/// The recorder of this program, whose handles are kept by now.
fn durations() -> &'static Durations {
    static INSTALLED: OnceLock<&'static Durations> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let durations: &Durations = Box::leak(Box::default());
        metrics::set_global_recorder(durations).expect("the only one of this program");
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(60) {
            let before = durations.registrations("ready");
            (0..100).for_each(|_| assert!(ready().is_some()));
            if durations.registrations("ready") == before {
                return durations;
            }
            thread::sleep(millis(10));
        }
        panic!("each call registers its handles again");
    })
}

#[test]
fn a_call_takes_as_long_as_the_clock_of_the_system_shows() {
    #[retry(max = 1)]
    fn slow(time: Duration) -> Option<u8> {
        thread::sleep(time);
        Some(1)
    }

    let durations = durations();
    for time in [0, 30, 1_100, 20].map(millis) {
        let start = Instant::now();
        slow(time);
        let (took, most) = (durations.last("slow"), start.elapsed());
        assert!(took >= time && took <= most, "{took:?} of {time:?} to {most:?}");
    }
}

thread_local! {
    static CLOCK: RefCell<Option<ManualClock>> = const { RefCell::new(None) };
}

#[test]
fn a_manual_clock_that_a_call_installs_adds_to_its_time() {
    #[retry(max = 1)]
    fn installs(advances: bool) -> Option<u8> {
        if advances {
            let clock = ManualClock::install();
            clock.advance(HOUR);
            CLOCK.set(Some(clock));
        }
        Some(1)
    }

    let durations = durations();
    for _ in 0..2 {
        installs(false);
        installs(true);
        CLOCK.set(None);
        let took = durations.last("installs");
        assert!((HOUR..2 * HOUR).contains(&took), "{took:?}");
    }
}

#[test]
fn a_manual_clock_that_a_call_removes_is_compared_with_that_of_the_system() {
    #[retry(max = 1)]
    fn removes() -> Option<u8> {
        CLOCK.set(None);
        Some(1)
    }

    let durations = durations();
    for _ in 0..2 {
        removes();
        let clock = ManualClock::install();
        clock.step_back(HOUR);
        CLOCK.set(Some(clock));
        removes();
        let took = durations.last("removes");
        assert!((HOUR..2 * HOUR).contains(&took), "{took:?}");
    }
}

#[test]
fn a_manual_clock_around_calls_is_exact() {
    #[retry(max = 2, base_delay = "7s", jitter = false)]
    fn third(attempts: &RefCell<u8>) -> Option<u8> {
        let attempt = attempts.replace_with(|&mut before| before + 1);
        (attempt == 2).then_some(1)
    }

    let (durations, _clock) = (durations(), ManualClock::install());
    for _ in 0..3 {
        third(&RefCell::new(0));
        assert_eq!(durations.last("third"), Duration::from_secs(7 + 14));
    }
}

#[test]
fn handles_are_registered_again_after_a_second() {
    #[retry(max = 1)]
    fn seldom() -> Option<u8> {
        Some(1)
    }

    let durations = durations();
    for _ in 0..3 {
        let before = durations.registrations("seldom");
        assert!(seldom().is_some());
        assert!(durations.registrations("seldom") > before);
        thread::sleep(millis(1_100));
    }
}
