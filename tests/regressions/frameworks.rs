//! Attributes of test frameworks on the same function as ours. Each test fails without its retries.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use resilience::{fallback, retry};
use rstest::{fixture, rstest};
use tokio::time::{Instant, sleep};

use crate::Fault;

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// Fails the first calls on the thread of a test.
fn call(failures: u32) -> Result<(), Fault> {
    CALLS.set(CALLS.get() + 1);
    if CALLS.get() > failures { Ok(()) } else { Err(Fault::Down) }
}

mod with_rstest {
    use super::*;

    #[rstest]
    #[case(0)]
    #[case(2)]
    #[retry(max = 2, backoff = "none")]
    fn each_case_is_retried_below_rstest(#[case] failures: u32) -> Result<(), Fault> {
        call(failures)
    }

    #[retry(max = 2, backoff = "none")]
    #[rstest]
    #[case(0)]
    #[case(2)]
    fn each_case_is_retried_above_rstest(#[case] failures: u32) -> Result<(), Fault> {
        call(failures)
    }

    #[rstest]
    #[case(0)]
    #[case(2)]
    #[retry(max = 2)]
    #[resilience::timeout(secs = 10)]
    #[tokio::test(start_paused = true)]
    async fn an_asynchronous_case_runs_under_a_stack(#[case] failures: u32) -> Result<(), Fault> {
        sleep(Duration::from_secs(9)).await;
        assert!(resilience::remaining().is_some());
        call(failures)
    }

    /// `rstest` claims every `#[timeout]` that is written without a path.
    #[rstest]
    #[timeout(Duration::from_secs(60))]
    #[retry(max = 2, backoff = "none")]
    fn its_own_timeout_limits_each_attempt_on_a_thread_of_its_own() -> Result<(), Fault> {
        static ATTEMPTS: AtomicU32 = AtomicU32::new(0);
        assert!(resilience::remaining().is_none(), "it is not ours");
        assert!(call(1).is_err(), "the first call on its thread");
        if ATTEMPTS.fetch_add(1, SeqCst) == 2 { Ok(()) } else { Err(Fault::Down) }
    }

    #[rstest]
    #[timeout(Duration::from_secs(60))]
    #[retry(max = 1)]
    #[resilience::timeout(secs = 10)]
    #[tokio::test(start_paused = true)]
    async fn a_timeout_of_rstest_and_ours_work_on_one_function() -> Result<(), Fault> {
        let begin = Instant::now();
        assert!(resilience::remaining() <= Some(Duration::from_secs(10)));
        if call(1).is_err() {
            std::future::pending::<()>().await;
        }
        assert_eq!(begin.elapsed(), Duration::ZERO);
        Ok(())
    }

    #[fixture]
    fn list() -> Vec<u32> {
        vec![1]
    }

    #[rstest]
    #[retry(max = 2, backoff = "none")]
    fn each_attempt_has_the_fixture_as_it_was_made(mut list: Vec<u32>) -> Result<(), Fault> {
        list.push(2);
        assert_eq!(list, [1, 2]);
        call(2)
    }
}

/// `test_case` gives the attributes below it to the functions it makes, and with several cases in another order (it takes
/// its own out with `swap_remove`). Ours belong above.
mod with_test_case {
    use super::*;
    use resilience::timeout;
    use test_case::test_case;

    #[retry(max = 2, backoff = "none")]
    #[test_case(0)]
    #[test_case(2)]
    fn each_case_is_retried_above_test_case(failures: u32) -> Result<(), Fault> {
        call(failures)
    }

    #[fallback(value = 100)]
    #[retry(max = 2, backoff = "none")]
    #[test_case(2 => Ok(3))]
    #[test_case(3 => Ok(100))]
    fn the_result_of_the_stack_is_what_a_case_expects(failures: u32) -> Result<u32, Fault> {
        call(failures).map(|()| CALLS.get())
    }

    #[retry(max = 2)]
    #[timeout(secs = 10)]
    #[test_case(0)]
    #[test_case(2)]
    #[tokio::test(start_paused = true)]
    async fn an_asynchronous_case_runs_under_a_stack(failures: u32) -> Result<(), Fault> {
        sleep(Duration::from_secs(9)).await;
        assert!(resilience::remaining().is_some());
        call(failures)
    }

    #[test_case(0)]
    #[test_case(2)]
    #[retry(max = 2, backoff = "none")]
    fn limit_one_attribute_may_be_below_when_a_case_expects_no_value(failures: u32) -> Result<(), Fault> {
        call(failures)
    }
}
