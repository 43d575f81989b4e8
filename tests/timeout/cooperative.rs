//! Limits of synchronous functions.

use std::panic::catch_unwind;
use std::time::Duration;

use resilience::{Error, checkpoint, remaining, timeout};
use tokio::time::sleep;

use crate::common::{Answer, Counter, Elapsed, blocking, is_timeout, secs};

#[test]
fn a_cooperative_deadline_is_visible_in_the_body_and_the_functions_it_calls() {
    fn nested() -> Option<Duration> {
        remaining()
    }
    #[timeout(secs = 30, mode = "cooperative")]
    fn call(clock: &blocking::Clock) -> Answer {
        assert_eq!(nested(), Some(secs(30)));
        clock.sleep(secs(10));
        assert_eq!(nested(), Some(secs(20)));
        clock.sleep(secs(21));
        assert_eq!(nested(), Some(secs(0)));
        Ok(7)
    }

    let clock = blocking::Clock::start();
    assert_eq!(remaining(), None);
    assert_eq!(call(&clock), Ok(7), "what the body returns is returned, however late");
    assert_eq!(remaining(), None);
}

#[test]
fn a_cooperative_body_ends_at_its_next_checkpoint() {
    #[timeout(secs = 3, mode = "cooperative")]
    fn call(clock: &blocking::Clock, chunks: &Counter) -> Answer {
        for _ in 0..10 {
            checkpoint()?;
            chunks.up();
            clock.sleep(secs(1));
        }
        Ok(7)
    }

    let (clock, chunks) = (blocking::Clock::start(), Counter::new());
    assert!(is_timeout(&call(&clock, &chunks)));
    assert_eq!((chunks.get(), clock.elapsed()), (3, secs(3)));
}

/// BUG-D6.
#[test]
fn a_clock_jump_ends_a_cooperative_body_and_a_step_back_is_harmless() {
    #[timeout(secs = 3, mode = "cooperative")]
    fn call(clock: &blocking::Clock) -> Answer {
        clock.step_back(secs(3600));
        checkpoint()?;
        clock.sleep(secs(8 * 3600));
        checkpoint()?;
        Ok(7)
    }

    assert!(is_timeout(&call(&blocking::Clock::start())));
}

#[test]
fn the_smaller_of_two_cooperative_limits_applies() {
    #[timeout(secs = 5, mode = "cooperative")]
    fn inner() -> Result<Option<Duration>, Error> {
        Ok(remaining())
    }
    #[timeout(secs = 10, mode = "cooperative")]
    fn outer(clock: &blocking::Clock, before: Duration) -> Result<Option<Duration>, Error> {
        clock.sleep(before);
        let left = inner()?;
        assert_eq!(remaining(), Some(secs(10).abs_diff(before)), "the own deadline is back");
        Ok(left)
    }

    let clock = blocking::Clock::start();
    assert_eq!(outer(&clock, secs(1)), Ok(Some(secs(5))));
    assert_eq!(outer(&clock, secs(8)), Ok(Some(secs(2))));
}

#[test]
fn a_panic_clears_a_cooperative_deadline() {
    #[timeout(secs = 3, mode = "cooperative")]
    fn call() -> Answer {
        assert!(remaining().is_none(), "told to panic");
        Ok(7)
    }

    assert!(catch_unwind(call).is_err());
    assert_eq!(remaining(), None);
}

#[tokio::test(start_paused = true)]
async fn a_synchronous_function_sees_an_asynchronous_outer_limit() {
    #[timeout(secs = 60, mode = "cooperative")]
    fn inner() -> Result<Option<Duration>, Error> {
        Ok(remaining())
    }
    #[timeout(secs = 10)]
    async fn outer() -> Result<Option<Duration>, Error> {
        sleep(secs(4)).await;
        inner()
    }

    assert_eq!(inner(), Ok(Some(secs(60))));
    assert_eq!(outer().await, Ok(Some(secs(6))));
}
