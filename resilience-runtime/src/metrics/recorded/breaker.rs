use std::sync::atomic::{AtomicU64, Ordering};

use super::super::{BreakerMeter, BreakerRates, Meter, OfBreaker, SettleOnce, StateChange};
use super::recorder::{self, RecorderId};
use super::{GaugeLevel, NameSeries, Series};
use crate::event::BreakerState;
use crate::registry::StateName;
use crate::time::Moment;

/// Written with the breaker locked.
#[derive(Debug)]
pub struct BreakerGauge {
    is_keyed: bool,
    state: AtomicU64,
    /// When the breaker stopped letting every call pass.
    left_at: AtomicU64,
    level: GaugeLevel,
    failure_level: GaugeLevel,
    slow_level: GaugeLevel,
    used_level: GaugeLevel,
    /// The announcement at which the rates were shown.
    rates_shown: AtomicU64,
}

const CLOSED: u64 = 0;
const HALF_OPEN: u64 = 1;
const OPEN: u64 = 2;
const FORCED_OPEN: u64 = 3;
const DISABLED: u64 = 4;

const fn lets_pass(state: u64) -> bool {
    matches!(state, CLOSED | DISABLED)
}

impl BreakerMeter {
    pub const fn new(is_keyed: bool) -> Self {
        let gauge = BreakerGauge {
            is_keyed,
            state: AtomicU64::new(CLOSED),
            left_at: AtomicU64::new(0),
            level: GaugeLevel::new(),
            failure_level: GaugeLevel::new(),
            slow_level: GaugeLevel::new(),
            used_level: GaugeLevel::new(),
            rates_shown: AtomicU64::new(0),
        };
        Self { calls: Meter::new(), gauge }
    }

    /// Returns whether the rates are to be shown.
    #[inline]
    pub fn count(&self, name: &StateName, series: OfBreaker) -> bool {
        recorder::installed().is_some_and(|recorder| self.count_recorded(recorder, name, series))
    }

    #[inline(never)]
    fn count_recorded(&self, recorder: RecorderId, name: &StateName, series: OfBreaker) -> bool {
        let is_first = self.calls.series.get().is_none();
        let shared = self.calls.shared(name);
        shared.count(recorder, series.index(), 1);
        if is_first {
            if self.gauge.is_keyed {
                shared.show_open();
            } else {
                self.show_state(name);
            }
        }
        let (times, shown) = (shared.announcement.times(), &self.gauge.rates_shown);
        shown.load(Ordering::Relaxed) != times && !self.gauge.is_keyed && shown.swap(times, Ordering::Relaxed) != times
    }

    /// The rates of keyed breakers have nothing in common.
    #[cold]
    pub fn show_rates(&self, name: &StateName, rates: impl Fn() -> BreakerRates) {
        if self.gauge.is_keyed || recorder::installed().is_none() {
            return;
        }
        let (series, gauge, BreakerRates { failures, slow, .. }) = (self.calls.shared(name), &self.gauge, rates());
        if failures.is_some() {
            let rate = || rates().failures.unwrap_or(0.0);
            gauge.failure_level.show(series, OfBreaker::FailureRate.index(), rate);
        }
        if slow.is_some() {
            gauge.slow_level.show(series, OfBreaker::SlowRate.index(), || rates().slow.unwrap_or(0.0));
        }
        gauge.used_level.show(series, OfBreaker::ThresholdUsed.index(), || rates().threshold_used);
    }

    fn show_state(&self, name: &StateName) {
        let series = self.calls.shared(name);
        self.gauge
            .level
            .show(series, OfBreaker::State.index(), || gauge_value(self.gauge.state.load(Ordering::SeqCst)));
    }

    /// Called with the breaker locked.
    pub fn observe(&self, state: BreakerState, now: impl FnOnce() -> Moment) -> Option<StateChange> {
        let (code, to) = match state {
            BreakerState::Closed => (CLOSED, OfBreaker::ToClosed),
            BreakerState::HalfOpen => (HALF_OPEN, OfBreaker::ToHalfOpen),
            BreakerState::Open => (OPEN, OfBreaker::ToOpen),
            BreakerState::ForcedOpen => (FORCED_OPEN, OfBreaker::ToForcedOpen),
            BreakerState::Disabled => (DISABLED, OfBreaker::ToDisabled),
        };
        let before = self.gauge.state.load(Ordering::Relaxed);
        if before == code {
            return None;
        }
        self.gauge.state.store(code, Ordering::SeqCst);
        let (more_open, was_open) = match (lets_pass(before), lets_pass(code)) {
            (true, false) => {
                self.gauge.left_at.store(now().as_nanos(), Ordering::Relaxed);
                (1, None)
            }
            (false, true) => {
                let left = Moment::from_nanos(self.gauge.left_at.load(Ordering::Relaxed));
                (-1, Some(now().since(left)))
            }
            _ => (0, None),
        };
        Some(StateChange { to, more_open, was_open })
    }

    /// Called without the lock.
    pub fn report(&self, name: &StateName, change: Option<StateChange>) {
        let Some(StateChange { to, more_open, was_open }) = change else { return };
        self.calls.count(name, to);
        if let (Some(time), Some(recorder)) = (was_open, recorder::installed()) {
            let index = OfBreaker::OpenTime.index();
            let series = self.calls.shared(name);
            series.record(recorder, |handles| handles.histogram(index, |histogram| histogram.record(time)));
        }
        if self.gauge.is_keyed {
            self.more_open(name, more_open);
        } else {
            self.show_state(name);
        }
    }

    fn more_open(&self, name: &StateName, more: i64) {
        if more != 0 {
            let shared = self.calls.shared(name);
            shared.open.fetch_add(more, Ordering::SeqCst);
            shared.show_open();
        }
    }
}

impl NameSeries {
    fn show_open(&self) {
        #[expect(clippy::cast_precision_loss, reason = "as many as there are keys")]
        self.level.show(self, OfBreaker::OpenKeys.index(), || self.open.load(Ordering::SeqCst) as f64);
    }
}

impl Drop for BreakerMeter {
    fn drop(&mut self) {
        let is_open = !lets_pass(*self.gauge.state.get_mut());
        // The thread that changed the state has reported it by now, and found the series.
        let Some(shared) = self.calls.series.get() else { return };
        if self.gauge.is_keyed && is_open {
            shared.open.fetch_sub(1, Ordering::SeqCst);
            shared.show_open();
        }
        if !self.gauge.is_keyed && *self.gauge.state.get_mut() != CLOSED {
            // The state of a breaker that is gone would stay for ever.
            self.gauge.level.show(shared, OfBreaker::State.index(), || gauge_value(CLOSED));
            self.gauge.used_level.show(shared, OfBreaker::ThresholdUsed.index(), || 0.0);
        }
    }
}

/// The worse the state, the higher the number.
const fn gauge_value(state: u64) -> f64 {
    match state {
        CLOSED => 0.0,
        HALF_OPEN => 1.0,
        OPEN => 2.0,
        FORCED_OPEN => 3.0,
        _ => -1.0,
    }
}

impl SettleOnce {
    pub const NEW: Self = Self { settled: 0 };
    pub const SETTLED: Self = Self { settled: 1 };

    pub fn take(&mut self) -> Self {
        std::mem::replace(self, Self::SETTLED)
    }

    /// Returns whether the call settles for the first time.
    pub fn settle(&mut self) -> bool {
        std::mem::replace(&mut self.settled, 1) == 0
    }
}
