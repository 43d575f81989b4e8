use std::num::NonZeroU32;

use governor::Quota as GovernorQuota;
use governor::clock::{Clock, FakeRelativeClock};

use super::*;
use crate::rng::Reproducible;

const START: u64 = 1 << 62;
const SECOND: u64 = 1_000_000_000;

fn at(nanos: u64) -> Moment {
    Moment::from_nanos(START + nanos)
}

/// A limiter, and the moment of its test.
struct Scenario {
    state: RateLimiterState,
    quota: Quota,
    now: u64,
    patience: Duration,
}

impl Scenario {
    fn new(max: u32, per: u64, burst: u32, patience: u64) -> Self {
        let quota = Quota::new(max, Duration::from_nanos(per), burst);
        Self { state: RateLimiterState::new(), quota, now: 0, patience: Duration::from_nanos(patience) }
    }

    fn admit(&mut self, refundable: bool) -> Admission {
        self.admit_for(1, refundable)
    }

    fn admit_for(&mut self, cost: u64, is_refundable: bool) -> Admission {
        self.state.admit(self.quota, at(self.now), &CallRequest { cost, patience: self.patience, is_refundable })
    }

    /// The time until the next call passes: a look that takes nothing.
    fn wait(&self) -> u64 {
        let due = self.state.due(self.quota, self.state.told(), 1);
        let wait = self.quota.time(due.saturating_sub(self.quota.units_at(at(self.now))));
        u64::try_from(wait.as_nanos()).unwrap()
    }

    fn passes(&mut self) -> Refundable {
        match self.admit(true) {
            Admission::Pass(Some(call)) => call,
            other => panic!("{other:?}"),
        }
    }

    /// The time to wait, and the turn.
    fn turn(&mut self) -> (u64, Turn) {
        match self.admit(false) {
            Admission::Wait(wait, turn) => (u64::try_from(wait.as_nanos()).unwrap(), turn),
            other => panic!("{other:?}"),
        }
    }

    fn refund(&mut self, call: Refundable) {
        self.state.refund(call, self.quota, at(self.now));
    }
}

#[test]
fn turns_are_taken_in_advance_up_to_the_patience() {
    let mut limiter = Scenario::new(10, SECOND, 2, SECOND / 4);
    let mut ask = |nanos| {
        limiter.now = nanos;
        match limiter.admit(false) {
            Admission::Pass(_) => 0,
            Admission::Wait(wait, _) => wait.as_millis(),
            Admission::Reject(wait) => 1000 + wait.as_millis(),
            Admission::Never => panic!("a cost of one"),
        }
    };
    assert_eq!([(); 6].map(|()| ask(0)), [0, 0, 100, 200, 1300, 1300]);
    assert_eq!([(); 3].map(|()| ask(SECOND / 10)), [200, 1300, 1300]);
}

#[test]
fn a_turn_is_used_again_when_nobody_waits_behind_it() {
    let mut limiter = Scenario::new(1, SECOND, 1, 9 * SECOND);
    limiter.passes();
    let [first, second, third] = [(); 3].map(|()| limiter.turn());
    assert_eq!([first.0, second.0, third.0], [SECOND, 2 * SECOND, 3 * SECOND]);
    limiter.state.leave(third.1);
    limiter.state.leave(first.1);
    assert_eq!(limiter.turn().0, 3 * SECOND, "the second one still waits for its turn");
    let (_, fourth) = limiter.turn();
    limiter.state.leave(second.1);
    limiter.state.leave(fourth);
    assert_eq!(limiter.turn().0, 4 * SECOND, "one still waits for the third");
}

#[test]
fn when_nobody_waits_only_the_calls_that_have_passed_count() {
    for order in 0..50 {
        let (mut limiter, mut random) = (Scenario::new(10, SECOND, 10, 60 * SECOND), Reproducible::new(order));
        for _ in 0..10 {
            limiter.passes();
        }
        let mut turns: Vec<Turn> = (0..490).map(|_| limiter.turn().1).collect();
        assert_eq!((limiter.state.waiting(), limiter.wait()), (490, 49_100_000_000));
        while !turns.is_empty() {
            let index = usize::try_from(random.below(turns.len() as u64)).unwrap();
            limiter.state.leave(turns.swap_remove(index));
        }
        assert_eq!((limiter.state.waiting(), limiter.wait()), (0, SECOND / 10));
    }
}

/// The whole limiter against a list of calls: what is told is kept, the rate holds, and when nobody
/// waits, the next wait is that of a limiter which only the calls have seen that ran.
#[test]
fn leaving_and_refunding_in_any_order_equal_a_limiter_without_those_calls() {
    for seed in 0..200 {
        let mut random = Reproducible::new(seed);
        let (max, burst) = (1 + random.below(4), 1 + random.below(5));
        // A multiple of each `max`, so that every turn falls on a whole nanosecond.
        let per = [12, 120, 1200][usize::try_from(random.below(3)).unwrap()];
        let patience = [0, per, 9 * per][usize::try_from(random.below(3)).unwrap()];
        let narrow = |number: u64| u32::try_from(number).unwrap();
        let mut limiter = Scenario::new(narrow(max), per, narrow(burst), patience);
        let (mut ran, mut open, mut turns) =
            (Vec::<u64>::new(), Vec::<(Refundable, u64)>::new(), Vec::<(u64, Turn)>::new());
        for _ in 0..300 {
            match random.below(6) {
                0 | 1 => {
                    // Each turn passes at its time.
                    let then = limiter.now + random.below(2 * per);
                    turns.sort_by_key(|(due, _)| *due);
                    while turns.first().is_some_and(|(due, _)| *due <= then) {
                        let (due, turn) = turns.remove(0);
                        limiter.now = due;
                        let call = limiter.state.pass(turn, limiter.quota, true);
                        open.push((call.expect("no reset"), due));
                        ran.push(due);
                    }
                    limiter.now = then;
                }
                2 | 3 => match limiter.admit(true) {
                    Admission::Pass(call) => {
                        open.push((call.expect("refundable"), limiter.now));
                        ran.push(limiter.now);
                    }
                    Admission::Wait(wait, turn) => {
                        let due = limiter.now + u64::try_from(wait.as_nanos()).unwrap();
                        turns.push((due, turn));
                    }
                    Admission::Reject(wait) => assert!(wait > limiter.patience),
                    Admission::Never => panic!("a cost of one"),
                },
                4 if !turns.is_empty() => {
                    let index = usize::try_from(random.below(turns.len() as u64)).unwrap();
                    let (_, turn) = turns.swap_remove(index);
                    limiter.state.leave(turn);
                }
                5 if !open.is_empty() => {
                    let index = usize::try_from(random.below(open.len() as u64)).unwrap();
                    let (call, when) = open.swap_remove(index);
                    if random.below(2) == 0 {
                        limiter.state.spend(call);
                    } else {
                        limiter.refund(call);
                        let index = ran.iter().position(|then| *then == when).expect("it has passed");
                        ran.remove(index);
                    }
                }
                _ => {}
            }
            assert_eq!(limiter.state.waiting() as usize, turns.len());
            ran.sort_unstable();
            for (first, from) in ran.iter().enumerate() {
                let allowed = |to: u64| (to - from) * max / per + burst;
                let calls = ran[first..].iter().enumerate();
                calls.for_each(|(others, to)| assert!((others as u64) < allowed(*to), "seed {seed}"));
            }
            if turns.is_empty() {
                let mut reference = GcraState::FULL;
                for then in &ran {
                    reference = reference.after(limiter.quota, Hold::NONE, limiter.quota.units_at(at(*then)), 1);
                }
                let alone = RateLimiterState { passed: reference, ..RateLimiterState::new() };
                let alone = Scenario { state: alone, ..limiter };
                let (ours, expected) = (limiter.wait(), alone.wait());
                assert_eq!(ours, expected, "seed {seed}, now {}", limiter.now);
            }
        }
    }
}

#[test]
fn a_refund_is_worth_what_has_not_come_back_by_itself() {
    // Two calls at once, and one a second.
    let mut limiter = Scenario::new(1, SECOND, 2, 0);
    let (first, second) = (limiter.passes(), limiter.passes());
    assert_eq!(limiter.wait(), SECOND);
    limiter.refund(first);
    assert_eq!(limiter.wait(), 0, "as if only the second had been there");
    limiter.now = SECOND * 3 / 4;
    limiter.refund(second);
    limiter.passes();
    limiter.passes();
    assert_eq!(limiter.wait(), SECOND, "a full bucket holds no more than before");

    let mut limiter = Scenario::new(1, SECOND, 2, 0);
    let [first, second] = [limiter.passes(), limiter.passes()];
    limiter.now = SECOND;
    limiter.passes();
    limiter.refund(first);
    limiter.refund(second);
    assert_eq!(limiter.wait(), 0);
    limiter.passes();
    assert_eq!(limiter.wait(), SECOND, "the third call has counted");
}

#[test]
fn a_reset_makes_earlier_turns_and_tickets_void() {
    let mut limiter = Scenario::new(1, SECOND, 1, 9 * SECOND);
    let call = limiter.passes();
    let turns = [limiter.turn().1, limiter.turn().1];
    limiter.state.reset();
    assert_eq!((limiter.state.waiting(), limiter.wait()), (2, 0));
    limiter.passes();
    limiter.refund(call);
    assert_eq!(limiter.state.pass(turns[0], limiter.quota, true), None);
    limiter.state.leave(turns[1]);
    assert_eq!((limiter.state.waiting(), limiter.wait()), (0, SECOND));
}

#[test]
fn a_refund_is_exact_however_many_calls_have_passed_since() {
    let mut limiter = Scenario::new(1000, SECOND, 5000, 0);
    let [first, second] = [limiter.passes(), limiter.passes()];
    for _ in 0..4000 {
        let call = limiter.passes();
        limiter.state.spend(call);
    }
    limiter.refund(second);
    limiter.refund(first);
    assert_eq!(limiter.state.available(limiter.quota, at(0)), 1000);
}

/// Each decision and each wait of the crate `governor`, whose unit of time is the nanosecond.
#[test]
fn every_decision_and_wait_is_that_of_governor() {
    let (mut random, mut passed, mut rejected) = (Reproducible::new(7), 0, 0);
    for _ in 0..60 {
        let (burst, period) = (1 + random.below(20), 1 + random.below(2_000_000));
        let size = NonZeroU32::new(u32::try_from(burst).unwrap()).unwrap();
        let clock = FakeRelativeClock::default();
        let theirs = GovernorQuota::with_period(Duration::from_nanos(period)).unwrap().allow_burst(size);
        let theirs = governor::RateLimiter::direct_with_clock(theirs, clock.clone());
        // Several calls in a longer period are the same rate.
        let max = 1 + random.below(9);
        let mut ours = Scenario::new(u32::try_from(max).unwrap(), period * max, size.get(), 0);
        for _ in 0..1000 {
            let step = random.below(2 * period) * random.below(3);
            clock.advance(Duration::from_nanos(step));
            ours.now += step;
            let expected = theirs.check().map_err(|later| later.wait_time_from(clock.now()));
            let decision = match ours.admit(false) {
                Admission::Pass(_) => Ok(()),
                Admission::Reject(wait) => Err(wait),
                Admission::Wait(..) | Admission::Never => panic!("without patience, and of cost one"),
            };
            assert_eq!(decision, expected, "burst {burst}, period {period}, at {}", ours.now);
            *(if decision.is_ok() { &mut passed } else { &mut rejected }) += 1;
        }
    }
    assert!(passed + rejected == 60_000 && passed.min(rejected) > 5_000, "{passed} and {rejected}");
}
