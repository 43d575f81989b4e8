use std::sync::atomic::Ordering;

use super::mirror::MirrorWord;
use super::state::{BreakerRejection, BreakerTicket, Effect};
use super::{BreakerState, CircuitBreaker, Fate};
use crate::classify::Classifier;
use crate::context::facts::{self, Identity, Known};
use crate::emit::emit;
use crate::error::Error;
use crate::event::Event;
use crate::event::LoggedError;
use crate::gate::Gate;
use crate::metrics::{OfBreaker, SettleOnce, StateChange};
use crate::outcome::Outcome;
use crate::sync::lock;
use crate::time::{self, Moment};

/// The right to make one call, from [`CircuitBreaker::admit`].
///
/// Report the result with [`succeed`](Self::succeed), [`fail`](Self::fail) or
/// [`ignore`](Self::ignore). A permit that is dropped instead (the caller went away, or the call
/// panicked) counts as nothing, and frees the place of a probe.
#[derive(Debug)]
#[must_use = "dropping it abandons the call"]
pub struct Permit<'a> {
    breaker: &'a CircuitBreaker,
    ticket: BreakerTicket,
    pending: SettleOnce,
}

impl<'a> Permit<'a> {
    #[inline]
    pub(super) fn new(breaker: &'a CircuitBreaker, ticket: BreakerTicket) -> Self {
        Self { breaker, ticket, pending: SettleOnce::NEW }
    }

    /// Counts the call as a success.
    #[inline]
    pub fn succeed(mut self) {
        self.count(Fate::Success);
        if !self.breaker.is_calm(self.ticket) {
            self.breaker.settle(self.take_ticket(), Fate::Success, None);
        }
    }

    /// Counts the call as a failure.
    #[inline]
    pub fn fail(self) {
        self.settle(Fate::Failure, None);
    }

    /// Counts the call as neither: it says nothing about the health of the service.
    #[inline]
    pub fn ignore(self) {
        self.settle(Fate::Ignored, None);
    }

    /// Ends the call. The event of a breaker that opens shows `error`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost as much as what it does")]
    pub(super) fn settle(mut self, fate: Fate, error: Option<&LoggedError<'_>>) {
        self.count(fate);
        self.breaker.settle(self.take_ticket(), fate, error);
    }

    #[inline]
    fn count(&mut self, fate: Fate) {
        if self.pending.settle() {
            let series = match fate {
                Fate::Success => OfBreaker::Success,
                Fate::Failure => OfBreaker::Failure,
                Fate::Ignored => OfBreaker::Ignored,
                Fate::Abandoned => OfBreaker::Abandoned,
            };
            self.breaker.meter.count(&self.breaker.name, series);
        }
    }

    fn take_ticket(&mut self) -> BreakerTicket {
        let ticket = self.ticket;
        self.ticket.probe = 0;
        ticket
    }
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        // A call through a closed breaker holds no place.
        if self.ticket.probe != 0 {
            self.breaker.settle(self.ticket, Fate::Abandoned, None);
        }
        self.count(Fate::Abandoned);
    }
}

impl CircuitBreaker {
    /// Admits a call. Report its result to the permit; a permit that is dropped counts as nothing.
    ///
    /// # Errors
    ///
    /// [`Error::CircuitOpen`], with the state, and the time until the next probe if the breaker is
    /// open.
    #[inline]
    pub fn admit(&self) -> Result<Permit<'_>, Error> {
        let seen = self.mirror.load();
        if seen.admits_untimed() {
            return Ok(self.admitted(seen, BreakerTicket::UNTIMED));
        }
        if seen.admits() {
            let is_timed = self.config.slow_call.is_some();
            return Ok(self.admitted(seen, if is_timed { time::now() } else { BreakerTicket::UNTIMED }));
        }
        self.admit_locked(seen)
    }

    #[inline]
    fn admitted(&self, seen: MirrorWord, started: Moment) -> Permit<'_> {
        emit(&Event::BreakerAdmitted { state: BreakerState::Closed });
        Permit::new(self, BreakerTicket { generation: seen.generation(), probe: 0, started })
    }

    #[cold]
    fn admit_locked(&self, seen: MirrorWord) -> Result<Permit<'_>, Error> {
        let now = time::now();
        let until = self.mirror.open_until();
        if seen.is_open() && now < until {
            return Err(self.reject(BreakerRejection::until(until, now)));
        }
        let ((admitted, effect), generation, change) = {
            let mut state = lock(&self.state);
            let outcome = state.admit(&self.config, now);
            let change = self.publish(&state);
            (outcome, state.generation, change)
        };
        if let Ok(ticket) = &admitted {
            let state = if ticket.probe == 0 { BreakerState::Closed } else { BreakerState::HalfOpen };
            emit(&Event::BreakerAdmitted { state });
        }
        // Made before listeners run: if one panics, the permit frees the place of the probe.
        let admitted = admitted.map(|ticket| Permit::new(self, ticket));
        self.tell(effect, generation, change, None);
        admitted.map_err(|rejection| self.reject(rejection))
    }

    fn reject(&self, rejection: BreakerRejection) -> Error {
        let BreakerRejection { state, retry_after } = rejection;
        self.rejected.fetch_add(1, Ordering::Relaxed);
        self.meter.count(&self.name, OfBreaker::Rejected);
        emit(&Event::BreakerRejected { name: &self.name, state, retry_after });
        Error::CircuitOpen { name: self.name.clone(), state, retry_after }
    }

    #[inline]
    fn is_calm(&self, ticket: BreakerTicket) -> bool {
        ticket.probe == 0 && self.mirror.is_calm(ticket.generation)
    }

    #[cold]
    fn settle(&self, ticket: BreakerTicket, fate: Fate, error: Option<&LoggedError<'_>>) {
        let (effect, generation, change) = {
            let mut state = lock(&self.state);
            let effect = state.settle(&self.config, ticket, fate, time::now);
            let change = self.publish(&state);
            (effect, state.generation, change)
        };
        self.tell(effect, generation, change, error);
    }

    /// Called after the lock is released: a listener may panic, or call this breaker.
    #[inline]
    fn tell(&self, effect: Effect, generation: u32, change: Option<StateChange>, error: Option<&LoggedError<'_>>) {
        self.meter.report(&self.name, change);
        if !matches!(effect, Effect::None) {
            self.announce(&effect, generation, error);
        }
    }

    /// The events of two threads may arrive out of order; the generation tells which is newer.
    #[cold]
    #[inline(never)]
    fn announce(&self, effect: &Effect, generation: u32, error: Option<&LoggedError<'_>>) {
        let name = &*self.name;
        emit(&match *effect {
            Effect::None => return,
            Effect::Opened(recovery) => {
                self.opened.fetch_add(1, Ordering::Relaxed);
                Event::BreakerOpen { name, recovery, generation, error: error.copied() }
            }
            Effect::HalfOpened => Event::BreakerHalfOpen { name, generation },
            Effect::Closed => Event::BreakerClose { name, generation },
        });
    }
}

impl Gate for CircuitBreaker {
    type Permit<'a> = Permit<'a>;

    #[inline]
    fn try_enter(&self) -> Result<Permit<'_>, Error> {
        facts::begin();
        self.admit()
    }
}

/// Settles a permit by the outcome of its call. `judge` decides about a failure, which is shown as
/// `error`.
#[inline]
pub fn record<R: Outcome>(
    permit: Permit<'_>,
    outcome: &R,
    identity: impl Identity<R::Failure>,
    judge: impl FnOnce(&R::Failure) -> Fate,
    error: Option<LoggedError<'_>>,
) {
    match outcome.failure() {
        None => permit.succeed(),
        Some(failure) => record_failure(permit, failure, identity, judge, error),
    }
}

/// A rejection that was passed on says nothing about the service, and one failure counts once.
#[cold]
#[inline(never)]
fn record_failure<E>(
    permit: Permit<'_>,
    failure: &E,
    identity: impl Identity<E>,
    judge: impl FnOnce(&E) -> Fate,
    error: Option<LoggedError<'_>>,
) {
    let (known, breaker) = (Known::of(failure, identity), permit.breaker);
    if known.is_rejection() || known.is_counted_by(breaker) {
        return permit.ignore();
    }
    let fate = facts::undisturbed(|| judge(failure));
    facts::undisturbed(|| match fate {
        Fate::Success => permit.succeed(),
        fate => permit.settle(fate, error.as_ref()),
    });
    if fate == Fate::Failure {
        facts::counted(failure, breaker, identity);
    }
    let seen = breaker.mirror.load();
    if seen.is_open() {
        facts::closed(failure, breaker.mirror.open_until(), identity);
    }
}

/// [`record`] by the classification alone, as nearly all breakers judge: the closure would be type-checked in each of
/// their functions.
#[inline]
pub fn record_classified<R: Outcome>(
    permit: Permit<'_>,
    outcome: &R,
    identity: impl Identity<R::Failure>,
    classifier: impl Classifier<R::Failure>,
) {
    record(permit, outcome, identity, |failure| Fate::counted(classifier.classify(failure).is_failure()), None);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit_breaker::state::Phase;

    #[test]
    fn a_closed_breaker_admits_without_the_lock() {
        let breaker = CircuitBreaker::new("calm");
        let held = lock(&breaker.state);
        if let Ok(permit) = breaker.admit() {
            permit.succeed();
        }
        drop(held);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn an_open_breaker_and_one_that_counts_decide_without_the_lock() {
        let breaker = CircuitBreaker::new("mirror").failure_threshold(2);
        let fail = || breaker.admit().map(Permit::fail).is_ok();
        assert!(fail());
        let held = lock(&breaker.state);
        assert!(breaker.admit().is_ok());
        drop(held);
        assert!(fail());
        let _held = lock(&breaker.state);
        assert!(matches!(breaker.admit(), Err(Error::CircuitOpen { retry_after: Some(wait), .. }) if !wait.is_zero()));
    }

    #[test]
    fn the_mirror_follows_the_state() {
        let breaker = CircuitBreaker::new("gate").failure_threshold(2);
        let fail = || breaker.admit().map(|permit| permit.settle(Fate::Failure, None)).is_ok();
        assert!(fail() && fail());
        assert!(!fail());
        assert_eq!(breaker.snapshot().rejected, 1);
        breaker.close();
        assert!(fail());
        assert!(breaker.admit().map(Permit::succeed).is_ok());
        assert_eq!(breaker.snapshot().consecutive_failures, 0);
    }

    /// Opens it, with its recovery time over.
    fn make_ready_to_probe(breaker: &CircuitBreaker) {
        breaker.force(Phase::Open { until: Moment::from_nanos(0), failed_probes: 0 });
    }

    #[test]
    fn a_panic_and_a_drop_free_the_place_of_the_probe() {
        let breaker = CircuitBreaker::new("probe");
        make_ready_to_probe(&breaker);
        drop(breaker.admit());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _permit = breaker.admit();
            panic!("body");
        }));
        assert!(panicked.is_err());
        assert_eq!(breaker.snapshot().probes, 0);
        assert!(breaker.admit().is_ok());
    }

    /// BUG-A4.
    #[test]
    fn concurrent_probes_never_exceed_their_limit() {
        for quota in [1, 3].repeat(100) {
            let breaker = CircuitBreaker::new("race").half_open_max(quota);
            make_ready_to_probe(&breaker);
            let barrier = std::sync::Barrier::new(4);
            let admitted = std::thread::scope(|scope| {
                let calls: Vec<_> = (0..4)
                    .map(|_| {
                        scope.spawn(|| {
                            barrier.wait();
                            breaker.admit().ok()
                        })
                    })
                    .collect();
                let permits: Vec<_> = calls.into_iter().filter_map(|call| call.join().ok().flatten()).collect();
                permits.len()
            });
            assert_eq!(admitted, quota as usize);
        }
    }

    #[test]
    fn a_breaker_with_a_window_admits_without_the_lock_and_counts_successes() {
        let breaker = CircuitBreaker::new("window").window(4).failure_rate(0.5);
        let held = lock(&breaker.state);
        let permit = breaker.admit();
        drop(held);
        assert!(permit.map(Permit::succeed).is_ok());
        assert!(breaker.admit().map(Permit::fail).is_ok());
        let seen = breaker.snapshot();
        assert_eq!((seen.calls, seen.failures, seen.consecutive_failures), (2, 1, 0));
        breaker.close();
        assert_eq!(breaker.snapshot().calls, 0);
    }
}
