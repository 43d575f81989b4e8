//! A policy around an annotated function, and the reverse.

use std::cell::Cell;
use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{Policy, circuit_breaker, policy, retry};

use crate::common::{Counter, secs};
use crate::errors::{App, Outer};

type Invalid = Result<(), policy::InvalidPolicy>;

#[circuit_breaker(failure_threshold = 1, recovery = "1h")]
fn guarded() -> Result<u32, App> {
    Err(App::Down)
}

#[test]
fn a_policy_recognises_the_rejection_of_a_function() -> Invalid {
    let same: Policy<u32, App> = Policy::new() >> policy::retry().max(3).build()?;
    let other: Policy<u32, Outer> = Policy::new() >> policy::retry().max(3).build()?;
    let text: Policy<u32, String> = Policy::new() >> policy::retry().max(3).build()?;
    let (clock, calls) = (ManualClock::install(), Cell::new(0));
    let count = || calls.set(calls.get() + 1);
    let _down = guarded();
    assert!(
        same.call_blocking(|| {
            count();
            guarded()
        })
        .is_err()
    );
    assert!(
        other
            .call_blocking(|| {
                count();
                Ok(guarded()?)
            })
            .is_err()
    );
    assert!(
        text.call_blocking(|| {
            count();
            guarded().map_err(|error| error.to_string())
        })
        .is_err()
    );
    assert_eq!((calls.get(), clock.elapsed()), (3, Duration::ZERO));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_awaited_policy_recognises_the_rejection_of_a_function() -> Invalid {
    #[circuit_breaker(failure_threshold = 1, recovery = "1h")]
    async fn guarded() -> Result<u32, App> {
        tokio::task::yield_now().await;
        Err(App::Down)
    }

    let ask: Policy<u32, App> = Policy::new() >> policy::retry().max(3).build()?;
    let (start, calls) = (tokio::time::Instant::now(), Counter::new());
    assert_eq!(guarded().await, Err(App::Down));
    let answer = ask
        .call(|| {
            calls.up();
            guarded()
        })
        .await;
    assert!(answer.is_err());
    assert_eq!((calls.get(), start.elapsed()), (1, Duration::ZERO));
    Ok(())
}

#[test]
fn a_function_recognises_the_rejection_of_a_policy() -> Invalid {
    #[retry(max = 3)]
    fn same(ask: &Policy<u32, App>, calls: &Counter) -> Result<u32, App> {
        calls.up();
        ask.call_blocking(|| Err(App::Down))
    }
    #[retry(max = 3)]
    fn other(ask: &Policy<u32, App>, calls: &Counter) -> Result<u32, Outer> {
        calls.up();
        Ok(ask.call_blocking(|| Err(App::Down))?)
    }

    let ask: Policy<u32, App> = Policy::new()
        >> policy::circuit_breaker("policy: below a function").failure_threshold(1).recovery(secs(3600)).build()?;
    let (clock, calls) = (ManualClock::install(), Counter::new());
    assert_eq!(same(&ask, &calls), Err(App::Down), "the failure that opened it");
    assert!(same(&ask, &calls).is_err_and(|error| matches!(error, App::Resilience(_))));
    assert!(other(&ask, &calls).is_err());
    assert_eq!((calls.get(), clock.elapsed()), (3, Duration::ZERO));
    Ok(())
}

#[test]
fn a_policy_does_not_wait_for_its_own_breaker() -> Invalid {
    let ask: Policy<u32, App> = Policy::new()
        >> policy::retry().no_jitter().build()?
        >> policy::circuit_breaker("policy: opens").failure_threshold(2).build()?;
    let (clock, calls) = (ManualClock::install(), Cell::new(0));
    let answer = ask.call_blocking(|| {
        calls.set(calls.get() + 1);
        Err(App::Down)
    });
    assert_eq!((answer, calls.get(), clock.elapsed()), (Err(App::Down), 2, secs(1)));
    Ok(())
}

#[test]
fn retries_of_policies_and_functions_do_not_multiply() -> Invalid {
    #[retry(max = 1, backoff = "none")]
    fn retried(calls: &Counter) -> Result<u32, App> {
        calls.up();
        Err(App::Down)
    }
    #[retry(max = 3, backoff = "none")]
    fn around(ask: &Policy<u32, App>, calls: &Counter) -> Result<u32, App> {
        ask.call_blocking(|| {
            calls.up();
            Err(App::Down)
        })
    }

    let inner: Policy<u32, App> = Policy::new() >> policy::retry().max(1).no_delay().build()?;
    let outer: Policy<u32, App> = Policy::new() >> policy::retry().max(3).no_delay().build()?;
    let calls = Counter::new();
    assert!(outer.call_blocking(|| retried(&calls)).is_err());
    assert_eq!(calls.get(), 2, "a policy around a function");
    assert!(around(&inner, &calls).is_err());
    assert_eq!(calls.get(), 4, "a function around a policy");
    let body = || {
        calls.up();
        Err(App::Down)
    };
    assert!(outer.call_blocking(|| inner.call_blocking(body)).is_err());
    assert_eq!(calls.get(), 6, "a policy around a policy");
    Ok(())
}

#[test]
fn a_policys_failure_that_was_handled_says_nothing_about_the_next_one() -> Invalid {
    #[retry(max = 1, backoff = "none")]
    fn report_metrics() -> Result<u32, App> {
        Err(App::Other("metrics"))
    }
    let ask: Policy<u32, App> = Policy::new() >> policy::retry().max(3).no_delay().build()?;
    let calls = Cell::new(0);
    let answer = ask.call_blocking(|| {
        let _ = report_metrics();
        calls.set(calls.get() + 1);
        if calls.get() == 1 { Err(App::Down) } else { Ok(7) }
    });
    assert_eq!((answer, calls.get()), (Ok(7), 2));
    Ok(())
}
