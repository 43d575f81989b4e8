use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::sync::lock;
use crate::time::Moment;

/// The calls of one minute, in intervals of ten seconds.
const INTERVAL: Duration = Duration::from_secs(10);
const INTERVALS: usize = 6;

/// The most functions that are recorded, because names created at run time are unbounded.
const MOST_FUNCTIONS: usize = 1_000;

type CallsByFunction = BTreeMap<String, Arc<Mutex<Calls>>>;

static FUNCTIONS: Mutex<CallsByFunction> = Mutex::new(BTreeMap::new());

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallEnd {
    Ok,
    Error,
    Cancelled,
    Panicked,
}

/// The calls of one function in the last minute.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct FunctionActivity {
    pub name: String,
    pub calls: u64,
    pub errors: u64,
    pub cancelled: u64,
    pub panicked: u64,
    pub per_second: f64,
    /// In milliseconds. Zero without calls.
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
}

#[derive(Debug, Default)]
struct Calls {
    in_progress: u64,
    began: Option<Moment>,
    /// The number of the newest interval, counted from the start.
    newest: u64,
    intervals: [Interval; INTERVALS],
}

#[derive(Debug, Default, Clone)]
struct Interval {
    ends: [u64; 4],
    /// `None` until the first call.
    micros: Option<Histogram<u32>>,
}

impl Calls {
    fn record(&mut self, end: CallEnd, took: Duration, now: Moment) {
        let interval = self.interval(now);
        interval.ends[end as usize] += 1;
        // Two significant digits. Grows with the longest call, up to 12 days.
        if interval.micros.is_none() {
            interval.micros = Histogram::new(2).ok();
        }
        if let Some(micros) = &mut interval.micros {
            let _no_longer_than_the_clamp =
                micros.record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX).clamp(1, 1 << 40));
        }
    }

    /// Returns the interval of this moment. Empties the intervals that have passed since the last call.
    fn interval(&mut self, now: Moment) -> &mut Interval {
        let began = *self.began.get_or_insert(now);
        let number = u64::try_from(now.since(began).as_nanos() / INTERVAL.as_nanos()).unwrap_or(u64::MAX);
        let passed = number.saturating_sub(self.newest).min(INTERVALS as u64);
        for place in 0..passed {
            self.intervals[index(number - place)] = Interval::default();
        }
        self.newest = self.newest.max(number);
        &mut self.intervals[index(self.newest)]
    }

    fn activity(&mut self, name: &str, now: Moment) -> FunctionActivity {
        self.interval(now);
        let sum = |end: CallEnd| self.intervals.iter().map(|interval| interval.ends[end as usize]).sum::<u64>();
        let [ok, errors, cancelled, panicked] =
            [CallEnd::Ok, CallEnd::Error, CallEnd::Cancelled, CallEnd::Panicked].map(sum);
        let calls = ok + errors + cancelled + panicked;
        let known =
            self.began.map_or(Duration::ZERO, |began| now.since(began)).clamp(Duration::from_secs(1), INTERVAL * 6);
        let mut micros: Option<Histogram<u32>> = None;
        for interval in self.intervals.iter().filter_map(|interval| interval.micros.as_ref()) {
            match &mut micros {
                Some(micros) => {
                    let _same_settings = micros.add(interval);
                }
                None => micros = Some(interval.clone()),
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "for a reader")]
        let (rate, milliseconds) = (calls as f64 / known.as_secs_f64(), |quantile| {
            micros.as_ref().map_or(0.0, |micros| micros.value_at_quantile(quantile) as f64 / 1_000.0)
        });
        FunctionActivity {
            name: name.to_owned(),
            calls,
            errors,
            cancelled,
            panicked,
            per_second: rate,
            p50_ms: milliseconds(0.5),
            p95_ms: milliseconds(0.95),
            p99_ms: milliseconds(0.99),
        }
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number % INTERVALS as u64).unwrap_or(0)
}

pub(super) fn begin(function: &str) {
    let calls = calls_of(&mut lock(&FUNCTIONS), function);
    if let Some(calls) = calls {
        lock(&calls).in_progress += 1;
    }
}

pub(super) fn in_progress() -> Vec<(String, u64)> {
    let functions: Vec<_> = lock(&FUNCTIONS).iter().map(|(name, calls)| (name.clone(), Arc::clone(calls))).collect();
    let counts = functions.into_iter().map(|(name, calls)| (name, lock(&calls).in_progress));
    counts.filter(|(_, calls)| *calls > 0).collect()
}

pub(super) fn record(function: &str, end: CallEnd, took: Duration, now: Moment) {
    let calls = calls_of(&mut lock(&FUNCTIONS), function);
    if let Some(calls) = calls {
        let calls = &mut *lock(&calls);
        calls.in_progress = calls.in_progress.saturating_sub(1);
        calls.record(end, took, now);
    }
}

/// Returns `None` for a new function if too many are recorded.
fn calls_of(functions: &mut CallsByFunction, function: &str) -> Option<Arc<Mutex<Calls>>> {
    match functions.get(function) {
        Some(calls) => Some(Arc::clone(calls)),
        None if functions.len() >= MOST_FUNCTIONS => None,
        None => Some(Arc::clone(functions.entry(function.to_owned()).or_default())),
    }
}

pub(super) fn all(now: Moment) -> Vec<FunctionActivity> {
    let functions: Vec<_> = lock(&FUNCTIONS).iter().map(|(name, calls)| (name.clone(), Arc::clone(calls))).collect();
    functions.iter().map(|(name, calls)| lock(calls).activity(name, now)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_forgotten_after_a_minute() {
        let mut calls = Calls::default();
        let start = crate::time::now();
        let after = |seconds| start.after(Duration::from_secs(seconds));
        for second in 0..30 {
            let end = if second % 3 == 0 { CallEnd::Error } else { CallEnd::Ok };
            calls.record(end, Duration::from_millis(100), after(second));
        }
        let now = calls.activity("f", after(30));
        assert_eq!((now.calls, now.errors, now.cancelled, now.panicked), (30, 10, 0, 0));
        assert!((now.per_second - 1.0).abs() < 1e-9, "{now:?}");
        assert!((99.0..=101.0).contains(&now.p50_ms) && (99.0..=101.0).contains(&now.p99_ms), "{now:?}");
        assert_eq!(calls.activity("f", after(65)).calls, 20, "of the last five intervals and this one");
        let later = calls.activity("f", after(100));
        assert_eq!((later.calls, later.p99_ms), (0, 0.0));
    }

    #[test]
    fn names_without_end_take_bounded_memory() {
        let mut functions = CallsByFunction::new();
        let kept = (0..2 * MOST_FUNCTIONS).filter(|name| calls_of(&mut functions, &name.to_string()).is_some());
        assert_eq!(kept.count(), MOST_FUNCTIONS);
        assert!(calls_of(&mut functions, "0").is_some(), "those that are known go on");
    }

    #[test]
    fn percentiles_tell_slow_calls_from_most() {
        let mut calls = Calls::default();
        let now = crate::time::now();
        for place in 0..100 {
            let took = if place < 97 { Duration::from_micros(500) } else { Duration::from_secs(9_999_999) };
            calls.record(CallEnd::Ok, took, now);
        }
        let activity = calls.activity("f", now);
        assert!((0.49..0.51).contains(&activity.p95_ms) && activity.p99_ms > 1e6, "{activity:?}");
    }
}
