use super::*;
use crate::time::ManualClock;

const SECOND: Duration = Duration::from_secs(1);

/// More than any machine takes for a test.
const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn what_has_not_begun_takes_no_time() {
    assert_eq!(Stopwatch::NEVER.elapsed_at(|| panic!("it reads no clock")), None);
    let _clock = ManualClock::install();
    assert_eq!(Stopwatch::NEVER.elapsed(), None);
}

#[test]
fn a_manual_clock_at_both_ends_is_exact() {
    let clock = ManualClock::install();
    let began = Stopwatch::start();
    clock.advance(7 * SECOND);
    assert_eq!(began.elapsed(), Some(7 * SECOND));
    clock.step_back(9 * SECOND);
    assert_eq!(began.elapsed(), Some(Duration::ZERO));
}

#[test]
fn a_clock_that_a_test_moves_from_the_middle_of_a_call_adds_to_its_time() {
    let Some(now) = exact_nanos() else { return };
    let began = Stopwatch::at(now);
    let clock = ManualClock::install();
    clock.advance(10 * HOUR);
    let took = began.elapsed().expect("it has begun");
    assert!((10 * HOUR..11 * HOUR).contains(&took), "{took:?}");
}

#[test]
fn a_clock_that_a_test_gives_back_is_compared_with_that_of_the_system() {
    let clock = ManualClock::install();
    clock.step_back(HOUR);
    let began = Stopwatch::start();
    drop(clock);
    let took = began.elapsed().expect("it has begun");
    assert!((HOUR..2 * HOUR).contains(&took), "{took:?}");
}

#[test]
fn readings_of_the_system_are_subtracted() {
    assert_eq!(Stopwatch::at(5).elapsed_at(|| Some(9)), Some(Duration::from_nanos(4)));
    assert_eq!(Stopwatch::at(9).elapsed_at(|| Some(5)), Some(Duration::ZERO), "a clock may step back");
}
