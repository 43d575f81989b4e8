use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use super::gcra::Hold;
use super::permit::{Ask, PendingTurn, RateLimitAdmission};
use super::state::{Admission, CallRequest, Refundable, Turn};
use super::*;
use crate::context::facts::identity::NoIdentity;
use crate::gate::enter_or_announce;
use crate::instance::{Evictable, EvictionClass, NamedInstance};
use crate::rng::Reproducible;
use crate::time::{ManualClock, Moment, RoughNow, nanos};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

fn config(max: u32, per: Duration, burst: u32) -> RateLimiterConfig {
    RateLimiterConfig::DEFAULT.max(max).per(per).burst(burst)
}

fn limiter(config: &RateLimiterConfig) -> RateLimiter {
    RateLimiter::with_config(StateName::Text("limiter".into()), config)
}

fn ask(may_wait: bool, is_refundable: bool, cost: u64) -> Ask {
    Ask { cost, may_wait, is_refundable }
}

fn any(random: &mut Reproducible, of: usize) -> usize {
    usize::try_from(random.below(of as u64)).unwrap()
}

#[test]
#[expect(clippy::too_many_lines, reason = "each step of one scenario")]
fn a_limiter_decides_as_its_machine_does() {
    let (mut passed, mut rejected, mut at_once) = (0, 0, 0);
    for seed in 0..200 {
        let mut random = Reproducible::new(seed);
        let pers = [1, 7, 1_000, 1_000_000_007, 60_000_000_000, 3_600_000_000_000].map(Duration::from_nanos);
        let mut narrow = |end: u64| u32::try_from(random.below(end)).unwrap();
        let mut settings = || {
            let per = pers[narrow(6) as usize];
            let max = [1 + narrow(9), 1_000, 999_999_937, u32::MAX][narrow(4) as usize];
            let config = config(max, per, 1 + narrow(6));
            if narrow(3) == 0 { config.wait(per * (1 + narrow(3))) } else { config }
        };
        let mut current = settings();
        let (ours, clock) = (limiter(&current), ManualClock::install());
        let mut machine = RateLimiterState::new();
        let mut turns: Vec<(PendingTurn<'_>, Turn, CallRequest, Moment)> = Vec::new();
        let mut open: Vec<(Refundable, Refundable)> = Vec::new();
        for step in 0..400 {
            let (quota, wait, now) = (current.quota(), current.longest_wait().unwrap_or_default(), time::now());
            let is_at_once = machine.without_turns(quota, now).is_some();
            match random.below(24) {
                0..=12 => {
                    let (may_wait, is_refundable) = (random.below(2) == 0, random.below(8) == 0);
                    let cost = [1, 1, 1, 0, 2, 3, 4, u64::MAX][any(&mut random, 8)];
                    let patience = if may_wait { wait } else { Duration::ZERO };
                    let request = CallRequest { cost, patience, is_refundable };
                    let expected = machine.admit(quota, now, &request);
                    match (ours.admit(ask(may_wait, is_refundable, cost)).map_err(Error::from), expected) {
                        (Ok(RateLimitAdmission::Admitted(call)), Admission::Pass(expected)) => {
                            open.extend(call.zip(expected));
                            passed += 1;
                            at_once += u32::from(is_at_once);
                        }
                        (Ok(RateLimitAdmission::Pending(turn)), Admission::Wait(wait, expected)) => {
                            assert_eq!(turn.time, wait, "seed {seed}, step {step}");
                            turns.push((turn, expected, request, now.after(patience)));
                        }
                        (Err(error), Admission::Reject(left)) => {
                            assert_eq!(error.retry_after(), Some(left), "seed {seed}, step {step}");
                            rejected += 1;
                        }
                        (Err(Error::CostAboveBurst { .. }), Admission::Never) => {}
                        (Ok(_), expected) => panic!("seed {seed}, step {step}: admitted instead of {expected:?}"),
                        (Err(error), expected) => panic!("{seed}, {step}: {error} instead of {expected:?}"),
                    }
                }
                13 | 14 if !turns.is_empty() => {
                    let (mut waiting, expected, mut request, latest) = turns.swap_remove(any(&mut random, turns.len()));
                    if random.below(2) == 0 {
                        request.patience = latest.since(now);
                        match (waiting.arrived(), machine.arrive(expected, quota, now, &request)) {
                            (None, Admission::Wait(wait, turn)) => {
                                assert_eq!(waiting.time, wait, "seed {seed}, step {step}");
                                turns.push((waiting, turn, request, latest));
                            }
                            (Some(Ok(call)), Admission::Pass(expected)) => open.extend(call.zip(expected)),
                            (Some(Err(error)), Admission::Reject(left)) => assert_eq!(error.retry_after(), Some(left)),
                            other => panic!("seed {seed}, step {step}: {other:?}"),
                        }
                    } else {
                        machine.leave(expected);
                    }
                }
                15 | 16 if !open.is_empty() => {
                    let (call, expected) = open.swap_remove(any(&mut random, open.len()));
                    let (how, actual) = (random.below(3), [1, 2, 5, u64::MAX][any(&mut random, 4)]);
                    let mut locked = ours.lock();
                    let (_, state) = locked.parts();
                    for (state, call) in [(state, call), (&mut machine, expected)] {
                        match how {
                            0 => state.refund(call, quota, now),
                            1 => state.settle(call, if step % 9 == 0 { actual } else { actual.min(5) }, quota, now),
                            _ => state.spend(call),
                        }
                    }
                }
                17 => {
                    ours.reset();
                    machine.reset();
                }
                18 => {
                    current = {
                        let mut narrow = |end: u64| u32::try_from(random.below(end)).unwrap();
                        config(1 + narrow(9), pers[narrow(6) as usize], 1 + narrow(6))
                    };
                    ours.reconfigure(&current);
                    machine.convert(quota, current.quota(), now);
                }
                20 if random.below(4) == 0 => {
                    let hint = current.per * (1 + u32::try_from(random.below(4)).unwrap());
                    ours.hold_back(hint);
                    machine.hold(quota, now.after(hint));
                }
                19 => assert_eq!(ours.snapshot().available, machine.available(quota, now), "seed {seed}, step {step}"),
                _ => {
                    let per = nanos(current.per);
                    clock.advance(Duration::from_nanos(random.below(per.saturating_mul(2).saturating_add(2))));
                }
            }
            assert_eq!(ours.snapshot().waiting, machine.waiting());
        }
    }
    assert!(passed > 5_000 && rejected > 1_000 && at_once > 3_000, "{passed} {rejected} {at_once}");
}

/// Runs `call` on four threads, and `disturb` on this one until they have ended. Returns the sum.
fn with_four_threads(call: impl Fn(u32) -> u32 + Sync, disturb: impl Fn(u32)) -> u32 {
    let (is_over, sum) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for turn in 0..5_000 {
                    sum.fetch_add(call(turn), Ordering::Relaxed);
                }
                is_over.fetch_add(1, Ordering::Relaxed);
            });
        }
        for turn in 0.. {
            disturb(turn);
            if is_over.load(Ordering::Relaxed) == 4 {
                break;
            }
        }
    });
    sum.into_inner()
}

#[test]
fn threads_that_are_disturbed_pass_exactly_the_burst() {
    const BURST: u32 = 4_000;
    // One rate in other units, so each change counts time anew.
    let settings = [config(1, HOUR, BURST), config(7, HOUR * 7, BURST), config(3, HOUR * 3, BURST).wait(HOUR / 4)];
    let limiter = limiter(&settings[0]);
    let passed = with_four_threads(
        |_| u32::from(enter_or_announce(&limiter).is_ok()),
        |turn| match turn % 4 {
            0 => drop(limiter.snapshot()),
            turn => limiter.reconfigure(&settings[turn as usize - 1]),
        },
    );
    assert_eq!((passed, limiter.snapshot().available), (BURST, 0));
    assert_eq!(limiter.snapshot().rejected, u64::from(20_000 - BURST), "no call is lost");
}

#[test]
fn threads_pass_exactly_the_burst() {
    for burst in [1, 100, 15_000] {
        let limiter = limiter(&config(1, HOUR, burst));
        let passed = with_four_threads(|_| u32::from(enter_or_announce(&limiter).is_ok()), |_| thread::yield_now());
        assert_eq!((passed, limiter.snapshot().available), (burst, 0));
        assert_eq!(limiter.snapshot().rejected, u64::from(20_000 - burst));
    }
}

/// Another call changes the word after this one has read it, and before it reads the clock.
#[test]
fn a_call_decides_anew_when_another_changes_the_state_meanwhile() {
    let now = time::now();
    let [one, two] = [1, 2].map(|burst| config(1, HOUR, burst).quota());
    let passed_one = gcra::GcraState::FULL.after(one, Hold::NONE, one.units_at(now), 1);
    let between = |change: &dyn Fn(&QuotaWord)| {
        let (word, is_first) = (QuotaWord::new(), std::cell::Cell::new(true));
        word.put_back(passed_one, two, false, now);
        let admitted = word.admit_by(
            1,
            || {
                if is_first.replace(false) {
                    change(&word);
                }
                now
            },
            || None,
        );
        let left = word.take().map(|state| state.ahead(two, now) / two.cost);
        (admitted.map(|decided| decided.is_ok()), left)
    };
    assert_eq!(between(&|_| ()), (Some(true), Some(2)));
    let pass = |word: &QuotaWord| assert_eq!(word.admit_by(1, || now, || None), Some(Ok(())));
    assert_eq!(between(&pass), (Some(false), Some(2)), "the other call has passed, and this one has not");
    // The same number in the word, with another limit.
    let other_limit = |word: &QuotaWord| {
        assert_eq!(word.take(), None);
        word.put_back(passed_one, one, false, now);
    };
    assert_eq!(between(&other_limit), (Some(false), None));
    let taken = |word: &QuotaWord| assert_eq!(word.take(), None);
    assert_eq!(between(&taken), (None, None), "the machine decides");
    let reset = |word: &QuotaWord| {
        assert_eq!(word.take(), None);
        word.put_back(gcra::GcraState::FULL, two, false, now);
    };
    assert_eq!(between(&reset), (Some(true), Some(1)));
}

/// The coarse clock lags by any part of its margin.
#[test]
fn a_call_decides_by_the_coarse_clock_as_it_does_by_the_exact_one() {
    let (mut passed, mut rejected, mut spared) = (0, 0, 0);
    for seed in 0..300 {
        let mut random = Reproducible::new(seed);
        let (max, burst) = ([1, 7, 100, 999_999_937][any(&mut random, 4)], [1, 10, 1_000][any(&mut random, 3)]);
        let quota = config(max, Duration::from_secs(1 + random.below(60)), burst).quota();
        let (rough, exact) = (QuotaWord::new(), QuotaWord::new());
        let (mut now, reads) = (time::now(), std::cell::Cell::new(0));
        for word in [&rough, &exact] {
            word.put_back(gcra::GcraState::FULL, quota, false, now);
        }
        for step in 0..300 {
            let each = u64::try_from(quota.time(quota.cost).as_nanos()).unwrap();
            let pause = [1, 1_000, each, each * 3, each * 30, 3 * nanos(RoughNow::MARGIN)][any(&mut random, 6)];
            now = now.after(Duration::from_nanos(random.below(pause * 2)));
            let calls = [1, 1, 1, 2, 5][any(&mut random, 5)];
            let latest = now.after(Duration::from_nanos(random.below(nanos(RoughNow::MARGIN))));
            let bounds = RoughNow { earliest: latest.before(RoughNow::MARGIN), latest };
            reads.set(0);
            let read = || {
                reads.set(reads.get() + 1);
                now
            };
            let decided = rough.admit_by(calls, read, || Some(bounds));
            match (decided, exact.admit_by(calls, || now, || None)) {
                (Some(Err(rough)), Some(Err(exact))) => {
                    assert_eq!(rough.until, exact.until, "seed {seed}, step {step}");
                    let late = rough.left.checked_sub(exact.left).expect("not too short");
                    assert!(late <= RoughNow::MARGIN && (late.is_zero() || reads.get() == 0), "seed {seed}: {late:?}");
                    rejected += 1;
                }
                (rough, exact) => {
                    assert_eq!(rough, exact, "seed {seed}, step {step}");
                    passed += 1;
                }
            }
            spared += u32::from(reads.get() == 0);
        }
        assert_eq!(rough.take(), exact.take(), "seed {seed}");
    }
    assert!(passed > 50_000 && rejected > 5_000 && spared > 20_000, "{passed} {rejected} {spared}");
}

/// The earliest moment that it may be then is before the limit.
#[test]
fn a_new_limit_is_soon_decided_by_the_coarse_clock() {
    let (word, now) = (QuotaWord::new(), time::now());
    word.put_back(gcra::GcraState::FULL, config(1, HOUR, 5).quota(), false, now);
    let bounds = RoughNow { earliest: now.before(RoughNow::MARGIN), latest: now };
    for _ in 0..2 {
        assert_eq!(word.admit_by(1, || now, || Some(bounds)), Some(Ok(())));
    }
    let reads_the_clock = || unreachable!("the lead is two hours");
    for _ in 0..3 {
        assert_eq!(word.admit_by(1, reads_the_clock, || Some(bounds)), Some(Ok(())));
    }
    let rejected = word.admit_by(1, reads_the_clock, || Some(bounds)).expect("it fits").expect_err("five have passed");
    assert_eq!(rejected.until, now.after(HOUR));
}

#[test]
fn each_reset_under_load_renews_the_burst_once() {
    const BURST: u32 = 50;
    let limiter = limiter(&config(1, HOUR, BURST));
    let resets = AtomicU32::new(0);
    let passed = with_four_threads(
        |_| u32::from(enter_or_announce(&limiter).is_ok()),
        |_| {
            limiter.reset();
            resets.fetch_add(1, Ordering::Relaxed);
        },
    );
    let most = (resets.into_inner() + 1).saturating_mul(BURST);
    assert!(passed >= BURST && passed <= most, "{passed} of {most}");
}

#[test]
fn refunds_under_load_lose_no_token() {
    const BURST: u32 = 50_000;
    let limiter = limiter(&config(1, HOUR, BURST));
    let spent = with_four_threads(
        |turn| {
            let Ok(RateLimitAdmission::Admitted(call)) = limiter.admit(ask(false, turn % 2 == 0, 1)) else { return 0 };
            let is_refunded = turn % 4 == 0;
            if let Some(call) = call {
                let mut locked = limiter.lock();
                let (limit, state) = locked.parts();
                if is_refunded { state.refund(call, limit.quota, time::now()) } else { state.spend(call) }
            }
            u32::from(!is_refunded)
        },
        |_| thread::yield_now(),
    );
    assert_eq!((spent, limiter.snapshot().available), (15_000, BURST - spent));
}

#[test]
fn calls_pass_and_are_rejected_without_the_lock() {
    let limiter = limiter(&config(1, HOUR, 2));
    let held = lock(&limiter.inside);
    assert!(
        enter_or_announce(&limiter).is_ok()
            && enter_or_announce(&limiter).is_ok()
            && enter_or_announce(&limiter).is_err()
    );
    let is_rejected = AtomicBool::new(false);
    thread::scope(|scope| {
        drop(scope.spawn(|| is_rejected.store(enter_or_announce(&limiter).is_err(), Ordering::Relaxed)));
    });
    assert!(is_rejected.into_inner());
    drop(held);
    assert_eq!(limiter.snapshot().rejected, 2);
}

#[test]
fn the_limits_of_keys_share_their_settings_and_make_no_machine_for_a_look() {
    let name = || StateName::Text("keys".into());
    let [two, three] = [2, 3].map(|burst| config(1, HOUR, burst));
    let other = limiter(&two);
    let key = RateLimiter::for_key(name(), &two, &other);
    let shares = |key: &RateLimiter| Arc::ptr_eq(&key.limit(), &other.limit());
    assert!(shares(&key) && enter_or_announce(&key).is_ok());
    assert_eq!((key.snapshot().available, key.eviction_class()), (1, EvictionClass::Partial));
    assert!(enter_or_announce(&key).is_ok());
    key.tell_closed(&"down", 1, NoIdentity);
    assert_eq!((key.snapshot().available, key.eviction_class()), (0, EvictionClass::Pinned));
    assert!(lock(&key.inside).machine.is_none());
    other.reconfigure(&three);
    let late = RateLimiter::for_key(name(), &two, &other);
    assert_eq!((shares(&late), late.snapshot().burst), (false, 2), "its settings are just being replaced");
    key.reconfigure_key(&three, &other);
    assert!(shares(&key));
    assert_eq!((key.snapshot().burst, key.snapshot().available), (3, 1), "what has passed stays");
    late.reconfigure_key(&two, &other);
    assert_eq!((shares(&late), late.snapshot().burst), (false, 2));
}

#[test]
fn calls_pass_while_others_look() {
    let limiter = limiter(&config(1, HOUR, 2));
    assert_eq!(limiter.look(|_, _| limiter.word.admit(1)), Some(Ok(())));
    assert_eq!(limiter.snapshot().available, 1);
}

#[test]
fn a_clock_that_steps_back_finds_the_state_as_it_was() {
    let limiter = limiter(&config(1, HOUR, 1));
    let skipping = ManualClock::install();
    skipping.advance(HOUR * 10);
    assert_eq!(limiter.snapshot().available, 1);
    drop(skipping);
    assert!(enter_or_announce(&limiter).is_ok(), "what only looked at it changed nothing");
    assert!(enter_or_announce(&limiter).is_err());
}
