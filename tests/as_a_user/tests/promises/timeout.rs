use std::sync::mpsc::channel;

use resilience::{remaining, retry, timeout};

use crate::{Counter, Failure, Resilience, Watch, millis};
use as_a_user::AGES;

pub const fn is_timeout<T>(result: &Result<T, Failure>) -> bool {
    matches!(result, Err(Failure::Resilience(Resilience::Timeout { .. })))
}

/// BUG-D7.
#[tokio::test]
async fn a_body_that_waits_is_dropped_at_the_limit() {
    #[timeout(ms = 150)]
    async fn ask() -> Result<(), Failure> {
        tokio::time::sleep(AGES * 2).await;
        Ok(())
    }

    let watch = Watch::start();
    assert!(is_timeout(&ask().await));
    watch.assert_passed(millis(150));
}

#[test]
fn a_cooperative_body_ends_at_the_limit() {
    #[timeout(ms = 150, mode = "cooperative")]
    fn ask() -> Result<(), Failure> {
        loop {
            resilience::checkpoint()?;
            std::thread::sleep(millis(10));
        }
    }

    let watch = Watch::start();
    assert!(is_timeout(&ask()));
    watch.assert_passed(millis(150));
}

#[test]
fn a_caller_returns_while_the_thread_of_its_body_still_works() {
    #[timeout(ms = 150, mode = "thread")]
    fn ask(until: std::sync::mpsc::Receiver<()>) -> Result<(), Failure> {
        let _released = until.recv_timeout(AGES * 2);
        Ok(())
    }

    let (watch, (release, until)) = (Watch::start(), channel());
    assert!(is_timeout(&ask(until)));
    watch.assert_passed(millis(150));
    drop(release);
}

#[tokio::test]
async fn the_remaining_time_shrinks_as_time_passes() {
    #[timeout(secs = 60)]
    async fn ask() -> Result<(), Failure> {
        let before = remaining().expect("there is a limit");
        tokio::time::sleep(millis(100)).await;
        let after = remaining().expect("there is a limit");
        assert!(before - after >= millis(100), "{before:?}, then {after:?}");
        Ok(())
    }

    assert_eq!(ask().await, Ok(()));
}

#[test]
fn the_remaining_time_of_a_cooperative_body_shrinks_as_time_passes() {
    #[timeout(secs = 60, mode = "cooperative")]
    fn ask() -> Result<(), Failure> {
        let before = remaining().expect("there is a limit");
        std::thread::sleep(millis(100));
        let after = remaining().expect("there is a limit");
        assert!(before - after >= millis(100), "{before:?}, then {after:?}");
        Ok(())
    }

    assert_eq!(ask(), Ok(()));
}

#[tokio::test]
async fn no_pause_goes_beyond_an_outer_limit() {
    // A constant, or the compiler would reject a pause that never fits.
    const PAUSE: std::time::Duration = std::time::Duration::from_secs(55);

    #[timeout(secs = 40)]
    #[retry(max = 1, base_delay = PAUSE, jitter = false)]
    async fn ask(calls: &Counter) -> Result<(), Failure> {
        calls.up();
        Err(Failure::Down)
    }

    let (watch, calls) = (Watch::start(), Counter::new());
    assert_eq!((ask(&calls).await, calls.get()), (Err(Failure::Down), 1));
    watch.assert_passed(millis(0));
}

/// BUG-D2.
#[tokio::test]
async fn limit_a_body_that_blocks_its_thread_ends_late() {
    #[timeout(ms = 50)]
    async fn ask() -> Result<u32, Failure> {
        std::thread::sleep(millis(150));
        Ok(7)
    }

    let watch = Watch::start();
    assert_eq!(ask().await, Ok(7));
    watch.assert_passed(millis(150));
}
