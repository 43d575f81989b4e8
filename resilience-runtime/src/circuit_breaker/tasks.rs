//! Random tasks whose functions call each other under one breaker, against the model of lists.

use std::time::Duration;

use super::model::{Call, Model, Now, SECOND, fate, setting};
use super::record::FailureCause;
use super::state::Fate;
use super::{BreakerState, CircuitBreaker, Permit};
use crate::context::HeldProbe;
use crate::gate::enter_or_announce;
use crate::rng::Reproducible;
use crate::time::{self, ManualClock, nanos};

/// A task: the permits of the functions that it is in, the outermost first. A call without a model
/// passes on a probe further out.
#[derive(Default)]
struct Task<'a>(Vec<Frame<'a>>);

struct Frame<'a> {
    permit: Permit<'a>,
    call: Option<Call>,
}

impl<'a> Task<'a> {
    fn resume(&mut self) {
        self.0.iter_mut().for_each(|frame| frame.permit.resume());
    }

    fn suspend(&mut self) {
        self.0.iter_mut().rev().for_each(|frame| frame.permit.suspend());
    }

    fn holds_probe(&self, model: &Model) -> bool {
        let is_half_open = matches!(model.now, Now::HalfOpen { .. });
        let mut calls = self.0.iter().filter_map(|frame| frame.call.as_ref());
        is_half_open && calls.any(|call| call.probe.is_some() && call.change == model.changes)
    }

    /// A function of the breaker is called in this task.
    fn call(&mut self, breaker: &'a CircuitBreaker, model: &mut Model, at: u64) -> bool {
        let holds_probe = self.holds_probe(model);
        let expected = if holds_probe { Ok(None) } else { model.admit(at).0.map(Some) };
        match (enter_or_announce(breaker), expected) {
            (Ok(permit), Ok(call)) => self.0.push(Frame { permit, call }),
            (Err(error), Err(left)) => assert_eq!(error.retry_after().map(nanos), left),
            (admitted, expected) => panic!("{admitted:?} instead of {expected:?}"),
        }
        holds_probe
    }

    /// The innermost function returns.
    fn end(&mut self, model: &mut Model, fate: Fate, at: u64) {
        let Some(Frame { permit, call }) = self.0.pop() else { return };
        match fate {
            Fate::Abandoned => drop(permit),
            fate => permit.settle(fate, &FailureCause::NONE),
        }
        if let Some(call) = call {
            model.end(call, fate, at);
        }
    }
}

/// Tasks take turns on one thread; their functions call each other under one breaker, and end late,
/// in any order, or never.
#[test]
fn random_tasks_whose_functions_share_a_breaker_agree_with_the_model() {
    let (mut passed, mut rejected) = (0, 0);
    for seed in 1..=150 {
        let mut numbers = Reproducible::new(seed);
        let setting = setting(&mut numbers);
        let breaker = CircuitBreaker::with(crate::registry::StateName::Text("model".into()), setting.config, false);
        let mut model = Model::new(setting);
        let clock = ManualClock::install();
        let failing = 1 + numbers.below(9);
        let mut tasks: Vec<Task<'_>> = (0..4).map(|_| Task::default()).collect();
        for step in 0..400 {
            let at = time::now().as_nanos();
            let running = &mut tasks[usize::try_from(numbers.below(4)).unwrap_or(0)];
            running.resume();
            match numbers.below(10) {
                0..=3 if running.0.len() < 5 => passed += u32::from(running.call(&breaker, &mut model, at)),
                4..=7 => running.end(&mut model, fate(&mut numbers, failing), at),
                // The task is dropped between two polls.
                8 => {
                    running.suspend();
                    while !running.0.is_empty() {
                        running.end(&mut model, Fate::Abandoned, at);
                    }
                }
                _ => clock.advance(Duration::from_nanos(numbers.below(10 * SECOND))),
            }
            running.suspend();
            assert!(!HeldProbe::exists(std::ptr::from_ref(&breaker).addr(), breaker.mirror.load().generation()));
            let snapshot = breaker.snapshot();
            let expected = match &model.now {
                Now::Closed { .. } => (BreakerState::Closed, 0),
                Now::Open { .. } => (BreakerState::Open, 0),
                Now::HalfOpen { places, .. } => (BreakerState::HalfOpen, places.len()),
            };
            assert_eq!((snapshot.state, snapshot.probes as usize), expected, "seed {seed}, step {step}: {setting:?}");
            assert_eq!(snapshot.calls, model.tally(time::now().as_nanos()).calls, "seed {seed}, step {step}");
            rejected = rejected.max(snapshot.rejected);
        }
    }
    assert!(passed > 100 && rejected > 10, "{passed} calls on a probe, {rejected} rejections");
}
