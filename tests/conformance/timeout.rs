//! Timeouts. A limit has no default here, so the tests spell out the default of other systems.

use std::time::Duration;

use futures_util::future::join_all;
use resilience::{bulkhead, checkpoint, remaining, timeout};
use tokio::time::{Instant, sleep};

use crate::common::{
    self, Answer, Counter, Elapsed, TestError, awaiting, blocking, is_timeout, millis, poll_at_most, secs,
};

const FAILED: Answer = Err(TestError::Transient);

/// The letter and the duration of a call.
macro_rules! seen {
    ($clock:expr, $call:expr) => {{
        let before = $clock.elapsed();
        let letter = common::letter(&$call);
        (letter, $clock.elapsed().saturating_sub(before))
    }};
}

/// MP-T01 to MP-T08.
#[tokio::test(start_paused = true)]
async fn the_body_ends_at_the_limit_and_an_earlier_failure_is_returned() {
    #[timeout(ms = 1000)]
    async fn one_second(time: Duration) -> Answer {
        sleep(time).await;
        FAILED
    }
    #[timeout("2000ms")]
    async fn two_seconds(time: Duration) -> Answer {
        sleep(time).await;
        FAILED
    }
    #[timeout(ms = 500)]
    async fn half_a_second(time: Duration) -> Answer {
        sleep(time).await;
        FAILED
    }
    #[timeout(secs = 2)]
    async fn in_seconds(time: Duration) -> Answer {
        sleep(time).await;
        FAILED
    }
    let clock = awaiting::Clock::start();
    assert_eq!(seen!(clock, one_second(secs(20)).await), ('T', secs(1)), "T01");
    assert_eq!(seen!(clock, one_second(millis(10)).await), ('F', millis(10)), "T02");
    assert_eq!(seen!(clock, two_seconds(millis(2500)).await), ('T', secs(2)), "T03");
    assert_eq!(seen!(clock, two_seconds(millis(1500)).await), ('F', millis(1500)), "T04");
    assert_eq!(seen!(clock, half_a_second(secs(1)).await), ('T', millis(500)), "T05");
    assert_eq!(seen!(clock, half_a_second(millis(10)).await), ('F', millis(10)), "T06");
    assert_eq!(seen!(clock, in_seconds(millis(2500)).await), ('T', secs(2)), "T07");
    assert_eq!(seen!(clock, in_seconds(millis(1500)).await), ('F', millis(1500)), "T08");
}

/// MP-T01 to MP-T08: A synchronous body ends at its first checkpoint after the limit.
#[test]
fn a_synchronous_body_ends_at_the_limit_and_an_earlier_failure_is_returned() {
    fn work(clock: &blocking::Clock, time: Duration) -> Answer {
        let step = millis(10);
        for _ in 0..time.as_millis() / step.as_millis() {
            clock.sleep(step);
            checkpoint()?;
        }
        FAILED
    }
    #[timeout(ms = 1000, mode = "cooperative")]
    fn one_second(clock: &blocking::Clock, time: Duration) -> Answer {
        work(clock, time)
    }
    #[timeout("2000ms", mode = "cooperative")]
    fn two_seconds(clock: &blocking::Clock, time: Duration) -> Answer {
        work(clock, time)
    }
    #[timeout(secs = 2, mode = "cooperative")]
    fn in_seconds(clock: &blocking::Clock, time: Duration) -> Answer {
        work(clock, time)
    }
    let clock = blocking::Clock::start();
    assert_eq!(seen!(clock, one_second(&clock, secs(20))), ('T', secs(1)), "T01");
    assert_eq!(seen!(clock, one_second(&clock, millis(10))), ('F', millis(10)), "T02");
    assert_eq!(seen!(clock, two_seconds(&clock, millis(2500))), ('T', secs(2)), "T03");
    assert_eq!(seen!(clock, two_seconds(&clock, millis(1500))), ('F', millis(1500)), "T04");
    assert_eq!(seen!(clock, in_seconds(&clock, millis(2500))), ('T', secs(2)), "T07");
    assert_eq!(seen!(clock, in_seconds(&clock, millis(1500))), ('F', millis(1500)), "T08");
}

/// MP-T15: A body that cannot be stopped returns when it is done. If it then checks the deadline, it fails; if it has a
/// result, it returns the result.
#[test]
fn a_body_that_cannot_be_stopped_leaves_no_deadline_behind() {
    #[timeout(ms = 500, mode = "cooperative")]
    fn looks(clock: &blocking::Clock) -> Answer {
        clock.sleep(millis(1000));
        assert_eq!(remaining(), Some(Duration::ZERO));
        checkpoint()?;
        Ok(7)
    }
    #[timeout(ms = 500, mode = "cooperative")]
    fn finishes(clock: &blocking::Clock) -> Answer {
        clock.sleep(millis(1000));
        Ok(7)
    }
    let clock = blocking::Clock::start();
    assert_eq!(seen!(clock, looks(&clock)), ('T', millis(1000)));
    assert_eq!((remaining(), checkpoint()), (None, Ok(())));
    assert_eq!(seen!(clock, finishes(&clock)), ('S', millis(1000)));
    assert_eq!((remaining(), checkpoint()), (None, Ok(())));
}

/// MP-T18: The body of an asynchronous call is dropped at its limit and releases its permit.
#[tokio::test(start_paused = true)]
async fn a_queued_call_that_times_out_leaves_the_queue_and_never_runs() {
    #[timeout(ms = 500)]
    #[bulkhead(max = 1, queue = 1)]
    async fn call(time: Duration, executions: &Counter) -> Answer {
        executions.up();
        sleep(time).await;
        Ok(7)
    }
    let clock = awaiting::Clock::start();
    let executions = Counter::new();
    // A has the place for less than its limit, and B waits for all of its own.
    let answers =
        join_all([call(millis(499), &executions), call(secs(9), &executions), call(secs(9), &executions)]).await;
    assert_eq!(answers.iter().map(common::letter).collect::<String>(), "STB");
    assert_eq!((executions.get(), clock.elapsed()), (2, millis(500)));
    assert_eq!(letters!(2, call(millis(10), &executions).await), "SS", "place and queue are free");
    assert_eq!(executions.get(), 4);
}

/// MP-T18.
#[tokio::test(start_paused = true)]
async fn a_queued_call_that_times_out_is_not_run_afterwards() {
    #[bulkhead(max = 1, queue = 1, name = "t18")]
    async fn hold(time: Duration) -> Answer {
        sleep(time).await;
        Ok(1)
    }
    #[timeout(ms = 500)]
    #[bulkhead(max = 1, queue = 1, name = "t18")]
    async fn call(executions: &Counter) -> Answer {
        executions.up();
        Ok(7)
    }
    let executions = Counter::new();
    let (held, waited) = tokio::join!(hold(secs(1)), call(&executions));
    assert_eq!((held, is_timeout(&waited), executions.get()), (Ok(1), true, 0));
    sleep(secs(1)).await;
    assert_eq!((executions.get(), call(&executions).await, executions.get()), (0, Ok(7), 1));
}

/// MP-T19.
#[tokio::test(start_paused = true)]
async fn time_in_the_queue_counts() {
    #[timeout(ms = 500)]
    #[bulkhead(max = 1, queue = 1)]
    async fn call(time: Duration, begun: &Counter) -> Answer {
        begun.up();
        sleep(time).await;
        Ok(7)
    }
    let clock = awaiting::Clock::start();
    let begun = Counter::new();
    let second = async {
        sleep(millis(100)).await;
        seen!(clock, call(secs(9), &begun).await)
    };
    let (first, second) = tokio::join!(call(millis(400), &begun), second);
    assert_eq!((first, second, begun.get()), (Ok(7), ('T', millis(500)), 2), "it ran from 400 to 600");
}

/// MP-T22, MP-T23.
#[tokio::test(start_paused = true)]
async fn the_call_returns_immediately_and_the_limit_applies_to_the_await() {
    #[timeout(ms = 2000)]
    async fn call(time: Duration) -> Answer {
        sleep(time).await;
        Ok(7)
    }
    let before = Instant::now();
    let late = tokio::spawn(call(millis(5000)));
    let early = tokio::spawn(call(millis(500)));
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!((early.await.expect("no panic"), before.elapsed()), (Ok(7), millis(500)), "T23");
    assert_eq!((common::letter(&late.await.expect("no panic")), before.elapsed()), ('T', millis(2000)), "T22");
    assert_eq!(poll_at_most(1, call(secs(1))).await, None);
}
