//! A test of a user's, with the feature `testing` and without tokio's `test-util`: the coarse clock is in use, and a manual
//! clock comes before it.

use std::time::Duration;

use as_a_user::{Counter, Failure, Watch, millis};
use resilience::testing::{ManualClock, skip_sleeps};
use resilience::{cached, circuit_breaker, retry};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_manual_clock_ends_an_entry() {
    #[cached(ttl = 3600, skip(loads))]
    fn ask(loads: &Counter) -> u32 {
        loads.up()
    }

    let (clock, loads) = (ManualClock::install(), Counter::new());
    assert_eq!(ask(&loads), 1);
    clock.advance(HOUR - millis(1));
    assert_eq!(ask(&loads), 1);
    clock.advance(millis(1));
    assert_eq!(ask(&loads), 2);
}

#[test]
fn a_manual_clock_that_came_later_ends_an_entry_too() {
    #[cached(ttl = 3600, skip(loads))]
    fn ask(loads: &Counter) -> u32 {
        loads.up()
    }

    let loads = Counter::new();
    assert_eq!((ask(&loads), ask(&loads)), (1, 1));
    let clock = ManualClock::install();
    assert_eq!(ask(&loads), 1);
    clock.advance(HOUR);
    assert_eq!(ask(&loads), 2);
}

#[test]
fn a_manual_clock_ends_the_recovery_of_a_breaker() {
    #[circuit_breaker(failure_threshold = 1, recovery = "1h")]
    fn ask(is_up: bool) -> Result<(), Failure> {
        if is_up { Ok(()) } else { Err(Failure::Down) }
    }

    let clock = ManualClock::install();
    assert_eq!(ask(false), Err(Failure::Down));
    clock.advance(HOUR - millis(1));
    assert!(ask(true).is_err());
    clock.advance(millis(1));
    assert_eq!(ask(true), Ok(()));
}

#[test]
fn skipped_sleeps_end_entries() {
    #[retry(max = 1, base_delay = "1h", max_delay = "1h", jitter = false, allow(unbounded_retry))]
    fn hourly(calls: &Counter) -> Option<u32> {
        let call = calls.up();
        (call > 1).then_some(call)
    }

    #[cached(ttl = 3600, skip(loads))]
    fn ask(loads: &Counter) -> u32 {
        loads.up()
    }

    let (watch, sleeps, loads) = (Watch::start(), skip_sleeps(), Counter::new());
    assert_eq!((ask(&loads), hourly(&Counter::new()), ask(&loads)), (1, Some(2), 2));
    assert_eq!(sleeps.skipped(), HOUR);
    watch.assert_passed(millis(0));
}
