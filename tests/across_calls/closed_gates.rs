//! A retry does not wait for a gate that the failure has shut.

use resilience::{BreakerState, CircuitBreaker, RetryState, circuit_breaker, retry};

use crate::common::{Counter, Elapsed, secs};
use crate::errors::{App, Outer};

macro_rules! opens {
    ($($name:ident: $(#[$retry:meta])* above $inner:ty, $down:expr => $outer:ty;)*) => {$(
        #[sync_and_async::test]
        async fn $name() {
            #[circuit_breaker(failure_threshold = 2)]
            async fn inner(calls: &Counter) -> Result<u32, $inner> {
                calls.up();
                pause().await;
                Err($down)
            }
            $(#[$retry])*
            async fn outer(calls: &Counter) -> Result<u32, $outer> {
                Ok(inner(calls).await?)
            }
            $(#[$retry])*
            #[circuit_breaker(failure_threshold = 2)]
            async fn stack(calls: &Counter) -> Result<u32, $inner> {
                calls.up();
                pause().await;
                Err($down)
            }

            let (clock, calls) = (Clock::start(), Counter::new());
            assert!(outer(&calls).await.is_err_and(|error| error.to_string() != "storage" || error == Outer::Storage(App::Down)));
            assert_eq!((calls.get(), clock.elapsed()), (2, secs(1)));
            let (start, calls) = (clock.elapsed(), Counter::new());
            assert_eq!(stack(&calls).await, Err($down));
            assert_eq!((calls.get(), clock.elapsed().saturating_sub(start)), (2, secs(1)));
        }
    )*};
}

opens! {
    the_failure_that_opens_a_breaker_returns_at_once: #[retry(jitter = false)] above App, App::Down => Outer;
    so_it_does_where_when_asks_for_every_retry: #[retry(jitter = false, when = |_| true)] above App, App::Down => Outer;
    so_it_does_with_a_backoff_function: #[retry(backoff = |state: &RetryState<'_, _>| secs(state.attempt.into()))] above App, App::Down => Outer;
}

#[sync_and_async::test]
async fn a_breaker_that_closes_within_the_delay_is_waited_for() {
    #[retry(max = 1, backoff = "constant", base_delay = "10s")]
    #[circuit_breaker(failure_threshold = 1, recovery = "5s", success_threshold = 1)]
    async fn stack(calls: &Counter) -> Result<u32, App> {
        pause().await;
        if calls.up() % 2 == 1 { Err(App::Down) } else { Ok(8) }
    }

    let (clock, calls) = (Clock::start(), Counter::new());
    for _ in 0..50 {
        let start = clock.elapsed();
        assert_eq!(stack(&calls).await, Ok(8));
        let took = clock.elapsed().saturating_sub(start);
        assert!(secs(5) <= took && took <= secs(10), "{took:?}");
    }
}

#[sync_and_async::test]
async fn a_breaker_that_closes_within_the_hint_is_waited_for() {
    #[retry(max = 1, backoff = "none", retry_after = |_| Some(secs(20)))]
    #[circuit_breaker(failure_threshold = 1, recovery = "5s", success_threshold = 1)]
    async fn stack(calls: &Counter) -> Result<u32, App> {
        pause().await;
        if calls.up() == 1 { Err(App::Down) } else { Ok(8) }
    }

    let (clock, calls) = (Clock::start(), Counter::new());
    assert_eq!(stack(&calls).await, Ok(8));
    assert_eq!((calls.get(), clock.elapsed()), (2, secs(20)));
}

#[sync_and_async::test]
async fn a_failure_of_a_breaker_that_was_reset_before_its_recovery_is_retried() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("reset before its recovery").failure_threshold(2);

    #[circuit_breaker(shared = BREAKER)]
    async fn down() -> Result<u32, App> {
        pause().await;
        Err(App::Down)
    }
    #[retry(max = 1, backoff = "none")]
    #[circuit_breaker(shared = BREAKER)]
    async fn fails_once(calls: &Counter) -> Result<u32, App> {
        pause().await;
        if calls.up() == 1 { Err(App::Down) } else { Ok(8) }
    }
    #[retry(max = 1, backoff = "none", when_ok = |value| *value == 0)]
    #[circuit_breaker(shared = BREAKER, when_ok = |value| *value == 0)]
    async fn is_empty_once(calls: &Counter) -> Result<u32, App> {
        pause().await;
        Ok(if calls.up() == 1 { 0 } else { 8 })
    }

    let _clock = Clock::start();
    for _ in 0..2 {
        assert_eq!(down().await, Err(App::Down));
    }
    assert_eq!(BREAKER.state(), BreakerState::Open);
    BREAKER.reset();
    assert_eq!(fails_once(&Counter::new()).await, Ok(8));
    assert_eq!(is_empty_once(&Counter::new()).await, Ok(8));
}

/// A forced breaker has no recovery time, and stays open for as long as anybody can tell.
#[sync_and_async::test]
async fn a_breaker_that_is_forced_open_during_an_attempt_is_not_waited_for() {
    static FORCED: CircuitBreaker = CircuitBreaker::new("forced open during an attempt");

    #[circuit_breaker(shared = FORCED)]
    async fn inner(calls: &Counter) -> Result<u32, App> {
        calls.up();
        pause().await;
        FORCED.force_open();
        Err(App::Down)
    }
    #[retry(jitter = false)]
    async fn outer(calls: &Counter) -> Result<u32, Outer> {
        Ok(inner(calls).await?)
    }
    #[retry(jitter = false, when_ok = |value| *value == 0)]
    #[circuit_breaker(shared = FORCED, when_ok = |value| *value == 0)]
    async fn stack(calls: &Counter, value: Option<u32>) -> Result<u32, App> {
        calls.up();
        pause().await;
        FORCED.force_open();
        value.ok_or(App::Down)
    }

    let (clock, calls) = (Clock::start(), Counter::new());
    assert_eq!(outer(&calls).await, Err(Outer::Storage(App::Down)));
    FORCED.close();
    assert_eq!(stack(&calls, None).await, Err(App::Down));
    FORCED.close();
    assert_eq!(stack(&calls, Some(0)).await, Ok(0));
    assert_eq!((calls.get(), clock.elapsed()), (3, secs(0)));
}
