use std::marker::PhantomData;
use std::time::Duration;

use super::RateLimiter;
use super::gcra::{Decision, Turn};
use crate::context;
use crate::error::Error;
use crate::gate::Gate;
use crate::metrics::{GaugeGuard, OfLimiter};
use crate::sync::lock;
use crate::time;

/// The call is counted when it is admitted, so dropping the permit returns nothing.
#[derive(Debug)]
#[must_use = "it is held while the call runs"]
pub struct RateLimitPermit<'a> {
    limiter: PhantomData<&'a RateLimiter>,
}

impl RateLimitPermit<'_> {
    const fn new() -> Self {
        Self { limiter: PhantomData }
    }
}

/// Dropping it gives the turn back.
#[derive(Debug)]
struct PendingTurn<'a> {
    limiter: &'a RateLimiter,
    time: Duration,
    /// `None` once it has come.
    turn: Option<Turn>,
    shown: GaugeGuard,
}

impl<'a> PendingTurn<'a> {
    fn arrived(mut self) -> RateLimitPermit<'a> {
        self.turn = None;
        self.shown.end();
        self.limiter.meter.count(&self.limiter.name, OfLimiter::Waited);
        RateLimitPermit::new()
    }
}

impl Drop for PendingTurn<'_> {
    fn drop(&mut self) {
        lock(&self.limiter.state).end_wait(self.turn);
    }
}

enum RateLimitAdmission<'a> {
    Admitted(RateLimitPermit<'a>),
    Pending(PendingTurn<'a>),
}

impl RateLimiter {
    fn admit(&self, patience: Duration) -> Result<RateLimitAdmission<'_>, Error> {
        context::facts::begin_unread();
        let decision = {
            let mut state = lock(&self.state);
            // Reads the clock under the lock: a thread that slept in between would ask with an old
            // time, and be rejected because of later calls.
            state.admit(self.quota, time::now(), patience)
        };
        match decision {
            Decision::Pass => {
                self.meter.count(&self.name, OfLimiter::Passed);
                Ok(RateLimitAdmission::Admitted(RateLimitPermit::new()))
            }
            Decision::Wait(time, turn) => {
                let shown = self.meter.gauge(&self.name, OfLimiter::Waiting);
                Ok(RateLimitAdmission::Pending(PendingTurn { limiter: self, time, turn: Some(turn), shown }))
            }
            Decision::Reject(retry_after) => {
                if self.config.wait.is_some_and(|wait| retry_after <= wait) {
                    context::note_deadline_decision();
                }
                Err(self.limited(retry_after))
            }
        }
    }

    /// The wait must end before the deadline.
    fn patience(&self) -> Duration {
        let Some(wait) = self.config.wait else { return Duration::ZERO };
        context::time_left().map_or(wait, |left| wait.min(left.saturating_sub(Duration::from_nanos(1))))
    }
}

impl Gate for RateLimiter {
    type Permit<'a> = RateLimitPermit<'a>;

    #[inline]
    fn try_enter(&self) -> Result<RateLimitPermit<'_>, Error> {
        match self.admit(Duration::ZERO)? {
            RateLimitAdmission::Admitted(permit) => Ok(permit),
            RateLimitAdmission::Pending(turn) => Ok(turn.arrived()),
        }
    }

    /// The wait is boxed and rare, so the future of an admitted call stays small.
    #[inline]
    async fn enter(&self) -> Result<RateLimitPermit<'_>, Error> {
        match self.admit(self.patience())? {
            RateLimitAdmission::Admitted(permit) => Ok(permit),
            RateLimitAdmission::Pending(turn) => Ok(Box::pin(wait(turn)).await),
        }
    }

    fn enter_blocking(&self) -> Result<RateLimitPermit<'_>, Error> {
        match self.admit(self.patience())? {
            RateLimitAdmission::Admitted(permit) => Ok(permit),
            RateLimitAdmission::Pending(turn) => {
                time::sleep_blocking(turn.time);
                Ok(turn.arrived())
            }
        }
    }
}

async fn wait(turn: PendingTurn<'_>) -> RateLimitPermit<'_> {
    context::sleep(turn.time).await;
    turn.arrived()
}
