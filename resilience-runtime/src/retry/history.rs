use std::time::Duration;

use super::budget::RetryBudget;
use crate::time::{self, Moment};

/// The macro chooses the history by the arguments; a plain `#[retry]` remembers nothing.
pub trait RetryHistory {
    fn started(&self) -> Option<Moment>;
    /// The delay before the current attempt.
    fn delay(&self) -> Duration;
    /// The delay before the previous attempt.
    fn previous_delay(&self) -> Duration;
    fn record(&mut self, delay: Duration);
    fn budget(&self) -> Option<&RetryBudget> {
        None
    }
}

pub trait StartHistory: RetryHistory {
    fn start() -> Self;
}

impl StartHistory for () {
    fn start() -> Self {}
}

impl RetryHistory for () {
    fn started(&self) -> Option<Moment> {
        None
    }
    fn delay(&self) -> Duration {
        Duration::ZERO
    }
    fn previous_delay(&self) -> Duration {
        Duration::ZERO
    }
    fn record(&mut self, _: Duration) {}
}

/// For `max_elapsed`, decorrelated delays, backoff functions and `on_retry`.
#[derive(Debug)]
pub struct FullHistory {
    started: Moment,
    delay: Duration,
    previous_delay: Duration,
}

impl StartHistory for FullHistory {
    fn start() -> Self {
        Self { started: time::now(), delay: Duration::ZERO, previous_delay: Duration::ZERO }
    }
}

impl RetryHistory for FullHistory {
    fn started(&self) -> Option<Moment> {
        Some(self.started)
    }
    fn delay(&self) -> Duration {
        self.delay
    }
    fn previous_delay(&self) -> Duration {
        self.previous_delay
    }
    fn record(&mut self, delay: Duration) {
        (self.previous_delay, self.delay) = (self.delay, delay);
    }
}

/// For settings that may ask for delays that depend on the last one. A call that is not retried writes one word. The
/// settings themselves know when the call began.
#[derive(Debug)]
pub struct SettingsHistory(Option<SettingsDelays>);

#[derive(Debug, Default)]
struct SettingsDelays {
    delay: Duration,
    previous_delay: Duration,
}

impl StartHistory for SettingsHistory {
    fn start() -> Self {
        Self(None)
    }
}

impl RetryHistory for SettingsHistory {
    fn started(&self) -> Option<Moment> {
        None
    }
    fn delay(&self) -> Duration {
        self.0.as_ref().map_or(Duration::ZERO, |delays| delays.delay)
    }
    fn previous_delay(&self) -> Duration {
        self.0.as_ref().map_or(Duration::ZERO, |delays| delays.previous_delay)
    }
    fn record(&mut self, delay: Duration) {
        let delays = self.0.get_or_insert_default();
        (delays.previous_delay, delays.delay) = (delays.delay, delay);
    }
}

/// For `budget`, around another history.
#[derive(Debug)]
pub struct WithBudget<'a, H> {
    budget: &'a RetryBudget,
    history: H,
}

impl<'a, H> WithBudget<'a, H> {
    pub const fn new(budget: &'a RetryBudget, history: H) -> Self {
        Self { budget, history }
    }
}

impl<H: RetryHistory> RetryHistory for WithBudget<'_, H> {
    fn started(&self) -> Option<Moment> {
        self.history.started()
    }
    fn delay(&self) -> Duration {
        self.history.delay()
    }
    fn previous_delay(&self) -> Duration {
        self.history.previous_delay()
    }
    fn record(&mut self, delay: Duration) {
        self.history.record(delay);
    }
    fn budget(&self) -> Option<&RetryBudget> {
        Some(self.budget)
    }
}

/// For a policy, which learns at run time what its retry needs.
#[derive(Debug)]
pub(crate) struct PolicyHistory<'a> {
    started: Option<Moment>,
    budget: Option<&'a RetryBudget>,
    delays: SettingsHistory,
}

impl<'a> PolicyHistory<'a> {
    pub const fn new(started: Option<Moment>, budget: Option<&'a RetryBudget>, delays: SettingsHistory) -> Self {
        Self { started, budget, delays }
    }
}

impl RetryHistory for PolicyHistory<'_> {
    fn started(&self) -> Option<Moment> {
        self.started
    }
    fn delay(&self) -> Duration {
        self.delays.delay()
    }
    fn previous_delay(&self) -> Duration {
        self.delays.previous_delay()
    }
    fn record(&mut self, delay: Duration) {
        self.delays.record(delay);
    }
    fn budget(&self) -> Option<&RetryBudget> {
        self.budget
    }
}
