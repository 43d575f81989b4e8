//! A call that a limit above the breaker ends counts as slow if it was slow by then.

use std::time::Duration;

use resilience::{BreakerState, CircuitBreaker, Policy, circuit_breaker, policy, retry, timeout};
use tokio::time::sleep;

use crate::common::{Answer, TestError, is_timeout, letter, secs};

const fn breaker(name: &'static str) -> CircuitBreaker {
    CircuitBreaker::new(name).window(4).failure_rate(1.0).slow_call(Duration::from_secs(2)).slow_rate(1.0)
}

/// Calls, failures and slow calls in the window.
fn counts(breaker: &CircuitBreaker) -> (u64, u64, u64) {
    let snapshot = breaker.snapshot();
    (snapshot.calls, snapshot.failures, snapshot.slow_calls)
}

#[tokio::test(start_paused = true)]
async fn a_call_that_a_limit_of_the_same_stack_ends_counts_as_slow_if_it_was() {
    static SLOW: CircuitBreaker = breaker("ended when slow");
    static EARLY: CircuitBreaker = breaker("ended before it was slow");

    #[timeout(secs = 3)]
    #[circuit_breaker(shared = SLOW, allow(late_timeout))]
    async fn slow(time: Duration) -> Answer {
        sleep(time).await;
        Ok(1)
    }
    #[timeout(secs = 1)]
    #[circuit_breaker(shared = EARLY, allow(late_timeout))]
    async fn early(time: Duration) -> Answer {
        sleep(time).await;
        Ok(1)
    }
    #[timeout(secs = 3)]
    #[circuit_breaker(name = "ended, named", window = 4, failure_rate = 1, slow_call = "2s", slow_rate = 1)]
    #[retry(max = 1)]
    async fn named(time: Duration) -> Answer {
        sleep(time).await;
        Ok(1)
    }

    assert!(is_timeout(&slow(secs(9)).await) && is_timeout(&named(secs(9)).await));
    assert!(is_timeout(&early(secs(9)).await));
    assert_eq!(counts(&SLOW), (1, 0, 1));
    assert_eq!(counts(&CircuitBreaker::named("ended, named").expect("called")), (1, 0, 1));
    assert_eq!(counts(&EARLY), (0, 0, 0), "nobody knows how long it would have taken");
    assert_eq!(letters!(3, slow(secs(9)).await), "TTT");
    assert_eq!(SLOW.state(), BreakerState::Open, "four slow calls of four");
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_another_function_or_of_a_policy_ends_a_slow_call_alike() {
    static BREAKER: CircuitBreaker = breaker("ended further out");

    #[circuit_breaker(shared = BREAKER)]
    async fn inner() -> Answer {
        sleep(secs(1)).await;
        sleep(secs(9)).await;
        Ok(1)
    }
    #[timeout(secs = 3)]
    async fn outer() -> Answer {
        sleep(secs(1) / 2).await;
        inner().await
    }
    #[timeout(secs = 3)]
    #[retry]
    async fn retried() -> Answer {
        inner().await
    }

    assert!(is_timeout(&outer().await));
    assert_eq!(counts(&BREAKER), (1, 0, 1));
    assert!(is_timeout(&retried().await));
    assert_eq!(counts(&BREAKER), (2, 0, 2));
    let layer = || {
        policy::circuit_breaker("ended in a policy")
            .window(4)
            .failure_rate(1.0)
            .slow_call(secs(2))
            .slow_rate(1.0)
            .build()
            .expect("valid")
    };
    let limited: Policy<u32, TestError> = Policy::new() >> policy::timeout(secs(3)).expect("valid") >> layer();
    assert!(is_timeout(
        &limited
            .call(|| async {
                sleep(secs(9)).await;
                Ok(1)
            })
            .await
    ));
    assert_eq!(counts(&CircuitBreaker::named("ended in a policy").expect("called")), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_that_its_caller_drops_counts_as_nothing() {
    static BREAKER: CircuitBreaker = breaker("dropped when slow");

    #[circuit_breaker(shared = BREAKER)]
    async fn call() -> Answer {
        sleep(secs(9)).await;
        Ok(1)
    }
    #[timeout(secs = 8)]
    async fn limited() -> Answer {
        call().await
    }

    assert!(tokio::time::timeout(secs(3), call()).await.is_err(), "a limit of somebody else's");
    assert!(tokio::time::timeout(secs(3), limited()).await.is_err(), "before the limit");
    tokio::select! {
        answer = call() => panic!("{answer:?}"),
        () = sleep(secs(5)) => {}
    }
    assert_eq!(counts(&BREAKER), (0, 0, 0));
    assert_eq!((letters!(1, limited().await), counts(&BREAKER)), ("T".to_owned(), (1, 0, 1)));
}

#[tokio::test(start_paused = true)]
async fn a_slow_probe_that_a_limit_ends_opens_the_breaker_again() {
    static BREAKER: CircuitBreaker = breaker("slow probe").recovery(Duration::from_secs(10));

    #[timeout(secs = 3)]
    #[circuit_breaker(shared = BREAKER, allow(late_timeout))]
    async fn call(time: Duration) -> Answer {
        sleep(time).await;
        Ok(1)
    }

    assert_eq!(letters!(4, call(secs(9)).await), "TTTT");
    sleep(secs(10)).await;
    assert_eq!(letter(&call(secs(9)).await), 'T');
    assert_eq!(BREAKER.state(), BreakerState::Open, "as a slow answer would have");
    sleep(secs(10)).await;
    assert_eq!((letters!(2, call(secs(1)).await), BREAKER.state()), ("SS".to_owned(), BreakerState::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_slow_call_counts_as_nothing() {
    static BREAKER: CircuitBreaker = breaker("slow panic");

    #[timeout(secs = 8)]
    #[circuit_breaker(shared = BREAKER, allow(late_timeout))]
    async fn call() -> Answer {
        sleep(secs(3)).await;
        panic!("body")
    }

    assert!(tokio::spawn(call()).await.is_err());
    assert_eq!(counts(&BREAKER), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_function_whose_breaker_another_one_has_configured_has_slow_calls_too() {
    #[circuit_breaker(name = "slow by another", window = 4, failure_rate = 1, slow_call = "2s", slow_rate = 1)]
    async fn first(time: Duration) -> Answer {
        sleep(time).await;
        Ok(1)
    }
    #[circuit_breaker(name = "slow by another", window = 4, failure_rate = 1)]
    async fn second(time: Duration) -> Answer {
        sleep(time).await;
        Ok(1)
    }

    assert_eq!(letters!(1, first(secs(1)).await), "S");
    assert!(tokio::time::timeout(secs(3), second(secs(9))).await.is_err(), "dropped");
    assert_eq!((letters!(1, second(secs(1)).await), letters!(1, second(secs(3)).await)), ("S".into(), "S".into()));
    assert_eq!(counts(&CircuitBreaker::named("slow by another").expect("called")), (3, 0, 1));
}
