//! `#[tokio::test]` and `#[tokio::main]` make an asynchronous function a synchronous one.

use super::*;

#[timeout(secs = 1)]
#[tokio::test(start_paused = true)]
async fn a_timeout_above_a_runner_runs_inside_its_runtime() -> Result<(), Fault> {
    sleep(Duration::from_millis(10)).await;
    assert!(resilience::remaining().is_some());
    Ok(())
}

#[retry(max = 2)]
#[tokio::test(start_paused = true)]
#[timeout(secs = 1)]
async fn a_runner_may_be_placed_anywhere_below_the_first_attribute() -> Result<(), Fault> {
    log("body");
    sleep(Duration::from_millis(10)).await;
    let attempts = LOG.with_borrow(Vec::len);
    if attempts > 2 { Ok(()) } else { Err(Fault::Down) }
}

#[retry(max = 2, backoff = "none")]
#[test]
fn a_plain_test_below_an_attribute_is_retried() -> Result<(), Fault> {
    log("body");
    if LOG.with_borrow(Vec::len) > 2 { Ok(()) } else { Err(Fault::Down) }
}

#[test]
#[retry(max = 2, backoff = "none")]
fn a_plain_test_above_an_attribute_is_retried() -> Result<(), Fault> {
    log("body");
    if LOG.with_borrow(Vec::len) > 2 { Ok(()) } else { Err(Fault::Down) }
}

#[retry(max = 2)]
#[timeout(secs = 1)]
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn program(limit: usize) -> Answer {
    log("body");
    sleep(Duration::from_millis(10)).await;
    assert!(resilience::remaining().is_some());
    if LOG.with_borrow(Vec::len) > limit { Ok(7) } else { Err(Fault::Down) }
}

#[test]
fn a_program_can_carry_the_attributes_on_its_main_function() {
    let clock = std::time::Instant::now();
    assert_eq!((program(1), &*logged()), (Ok(7), "body body"));
    assert!(clock.elapsed() < Duration::from_secs(1), "the pause between the attempts is virtual");
}

#[tokio::main(flavor = "current_thread")]
#[retry(max = 2, backoff = "none")]
async fn below_a_runner() -> Answer {
    log(if tokio::runtime::Handle::try_current().is_ok() { "body" } else { "body-outside" });
    body().await
}

#[test]
fn limit_above_a_runner_the_function_is_synchronous_and_each_attempt_has_its_own_runtime() {
    assert_eq!(below_a_runner(), Err(Fault::Down));
    assert_eq!(logged(), "body body body body body body");
}
