//! The permit of a shared limit, and how its call ends.

use super::SharedLimit;
use super::link::WindowSizes;
use crate::context::facts;
use crate::context::facts::identity::Identity;
use crate::rate_limit::body_runs::BodyWatch;
use crate::rate_limit::hint::LearningPermit;
use crate::rate_limit::settling::{NextRequest, SettlingPermit};
use crate::rate_limit::state::Refundable;
use crate::rate_limit::{RateLimiter, RateLimiterConfig};
use crate::time;

/// Gives its units back if the call is dropped before its body has begun.
#[derive(Debug)]
#[must_use = "it is held while the call runs"]
pub struct SharedPermit<'a, 'r> {
    limiter: &'a RateLimiter,
    cost: u64,
    body: BodyWatch<'r>,
    /// `None` once it has ended.
    call: Option<SharedCall>,
}

/// A call apart from its limiter.
#[derive(Debug)]
pub struct SharedCall {
    cost: u64,
    taken: Taken,
    /// The store has been told of a call that passed without it.
    told: Option<WindowSizes>,
}

/// Where the units of a call come from, and so where they go back to.
#[derive(Debug)]
pub(super) enum Taken {
    Nothing,
    /// From the store, or from what was taken there in advance.
    Shared {
        sizes: WindowSizes,
        /// At most this many units return to those held in advance.
        most: u64,
        epoch: u64,
    },
    /// From the share of this process, of which `cost` was asked for and the rest is a debt.
    Alone {
        call: Option<Refundable>,
        cost: u64,
    },
}

impl<'a, 'r> SharedPermit<'a, 'r> {
    pub(super) fn new(limit: &SharedLimit<'a, 'r>, taken: Taken) -> Self {
        let call = SharedCall { cost: limit.cost, taken, told: None };
        Self { limiter: limit.limiter, cost: limit.cost, body: BodyWatch::start(limit.runs), call: Some(call) }
    }

    pub(super) fn tell(&mut self, sizes: WindowSizes) {
        if let Some(call) = &mut self.call {
            self.limiter.shared.settle(sizes, i64::try_from(self.cost).unwrap_or(i64::MAX));
            call.told = Some(sizes);
        }
    }

    fn end(&mut self, actual: u64) {
        if let Some(call) = self.call.take() {
            call.end(self.limiter, actual);
        }
    }

    /// Takes what is still to be settled, which is nothing if a gate below has rejected the call.
    pub(in crate::rate_limit) fn take_call(&mut self) -> Option<SharedCall> {
        if self.body.is_rejected() {
            self.end(0);
        }
        self.call.take()
    }
}

impl<'a> SettlingPermit for SharedPermit<'a, '_> {
    type Limiter = &'a RateLimiter;

    fn limiter(&self) -> &'a RateLimiter {
        self.limiter
    }

    fn next_request(&self) -> NextRequest {
        let decider = match self.call {
            Some(SharedCall { taken: Taken::Alone { .. }, .. }) => Decider::Process,
            _ => Decider::Store,
        };
        NextRequest { cost: self.cost, decider }
    }

    fn is_rejected(&self) -> bool {
        self.body.is_rejected()
    }

    fn settle(mut self, taken: Option<u64>) {
        let actual = taken.unwrap_or(self.cost);
        self.end(actual);
    }

    fn refund(mut self) {
        self.end(0);
    }
}

/// Who has let a call pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decider {
    /// The limiter of this process.
    Process,
    /// The store, whose limit may have units when the share of this process has none.
    Store,
}

impl RateLimiter {
    /// A retry does not wait for a limit that would reject the next attempt.
    #[cold]
    pub(in crate::rate_limit) fn tell_closed_by<E>(
        &self,
        decider: Decider,
        failure: &E,
        cost: u64,
        identity: impl Identity<E>,
    ) {
        if decider == Decider::Process {
            return self.tell_closed(failure, cost, identity);
        }
        let config: RateLimiterConfig = self.limit().config;
        let patience = config.wait.unwrap_or_default();
        let request = super::SharedRequest {
            cost,
            patience,
            lease: 0,
            time_of_unit: config.per / config.max.unwrap_or(u32::MAX).max(1),
            is_alone: true,
        };
        let now = time::now();
        if let Some(rejected) = self.shared.with_memory(|memory| memory.closed_until(&request, now)) {
            facts::closed(failure, now.after(rejected.left.saturating_sub(patience)), identity);
        }
    }
}

impl SharedCall {
    /// Ends the call, which took so many units. It may come later than the end of the function.
    pub(in crate::rate_limit) fn end(self, limiter: &RateLimiter, actual: u64) {
        let Self { cost, taken, told } = self;
        if let Some(sizes) = told {
            limiter.shared.settle(sizes, difference(cost, actual));
        }
        match taken {
            Taken::Nothing => {}
            Taken::Shared { sizes, most, epoch } if actual < cost => {
                let units = cost - actual;
                limiter.take_back(units);
                let back = limiter.shared.with_memory(|memory| memory.keep(units, most, epoch));
                limiter.shared.settle(sizes, i64::try_from(back).map_or(i64::MIN, |units| -units));
            }
            Taken::Shared { sizes, .. } => {
                let units = actual - cost;
                if units > 0 {
                    limiter.feed(units);
                    let more = limiter.shared.with_memory(|memory| memory.take(units));
                    limiter.shared.settle(sizes, i64::try_from(more).unwrap_or(i64::MAX));
                }
            }
            Taken::Alone { call, cost: asked } => {
                let debt = cost - asked;
                if let Some(call) = call {
                    let mut locked = limiter.lock();
                    let (limit, state) = locked.parts();
                    state.settle(call, actual.saturating_sub(debt), limit.quota, time::now());
                }
                limiter.take_back(debt.saturating_sub(actual));
            }
        }
    }
}

fn difference(cost: u64, actual: u64) -> i64 {
    let wide = i128::from(actual) - i128::from(cost);
    i64::try_from(wide).unwrap_or(if wide < 0 { i64::MIN } else { i64::MAX })
}

impl Drop for SharedPermit<'_, '_> {
    fn drop(&mut self) {
        self.end(if self.body.has_not_run() { 0 } else { self.cost });
    }
}

impl LearningPermit for SharedPermit<'_, '_> {
    fn limiter(&self) -> &RateLimiter {
        self.limiter
    }
}
