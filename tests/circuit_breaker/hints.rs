//! How long a breaker stays open: at least for the hint of the failure that opened it; and how a rate judges probes.

use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{BreakerState, CircuitBreaker, Policy, circuit_breaker, policy};

use crate::TestError;
use crate::common::{Classified, secs};

type Hinted = Result<u32, Classified>;

fn busy() -> Classified {
    Classified(TestError::Transient)
}

fn wait(seconds: u64) -> Classified {
    Classified(TestError::RateLimited(secs(seconds)))
}

/// The time until an open breaker probes, in whole seconds.
fn left(rejection: &Hinted) -> u64 {
    match rejection {
        Err(Classified(TestError::Resilience(error))) => error.retry_after().map_or(0, |left| left.as_secs()),
        other => panic!("{other:?} is no rejection"),
    }
}

#[sync_and_async::test]
async fn a_breaker_stays_open_for_the_hint_of_the_failure_that_opened_it() {
    #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
    async fn long(answer: Hinted) -> Hinted {
        answer
    }

    #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
    async fn short(answer: Hinted) -> Hinted {
        answer
    }

    #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
    async fn earlier(answer: Hinted) -> Hinted {
        answer
    }

    #[circuit_breaker(failure_threshold = 1, recovery = "10s", when = |_| true)]
    async fn predicate(answer: Hinted) -> Hinted {
        answer
    }

    let _clock = Clock::start();
    assert_eq!((long(Err(busy())).await, long(Err(wait(30))).await), (Err(busy()), Err(wait(30))));
    assert_eq!(left(&long(Ok(1)).await), 30);
    assert_eq!((short(Err(busy())).await, short(Err(wait(3))).await), (Err(busy()), Err(wait(3))));
    assert_eq!(left(&short(Ok(1)).await), 10, "never shorter than `recovery`");
    assert_eq!((earlier(Err(wait(30))).await, earlier(Err(busy())).await), (Err(wait(30)), Err(busy())));
    assert_eq!(left(&earlier(Ok(1)).await), 10, "only the failure that opens");
    assert_eq!(predicate(Err(wait(30))).await, Err(wait(30)));
    assert_eq!(left(&predicate(Ok(1)).await), 30);
}

#[sync_and_async::test]
async fn a_hint_keeps_a_breaker_open_for_max_recovery_or_an_hour_at_most() {
    #[circuit_breaker(failure_threshold = 1, recovery = "10s", recovery_factor = 2.0, max_recovery = "20s")]
    async fn limited(answer: Hinted) -> Hinted {
        answer
    }

    #[circuit_breaker(failure_threshold = 1, recovery = "10s")]
    async fn unlimited(answer: Hinted) -> Hinted {
        answer
    }

    let _clock = Clock::start();
    assert!(limited(Err(wait(30))).await.is_err());
    assert_eq!(left(&limited(Ok(1)).await), 20);
    let never = Classified(TestError::RateLimited(Duration::MAX));
    assert!(unlimited(Err(never)).await.is_err());
    assert_eq!(left(&unlimited(Ok(1)).await), 3600);
}

#[sync_and_async::test]
async fn a_failed_probe_with_a_hint_waits_for_it() {
    #[circuit_breaker(window = 2, failure_rate = 0.5, min_calls = 1, recovery = "10s", success_threshold = 1)]
    async fn ask(answer: Hinted) -> Hinted {
        answer
    }

    let clock = Clock::start();
    assert!(ask(Err(busy())).await.is_err());
    clock.sleep(secs(10)).await;
    assert_eq!(ask(Err(wait(60))).await, Err(wait(60)), "the probe");
    assert_eq!(left(&ask(Ok(1)).await), 60);
    clock.sleep(secs(60)).await;
    assert_eq!((ask(Ok(1)).await, ask(Ok(1)).await), (Ok(1), Ok(1)));
}

#[sync_and_async::test]
async fn half_open_calls_judges_probes_by_the_rate() {
    #[circuit_breaker(window = 4, failure_rate = 0.5, min_calls = 1, recovery = "10s", half_open_calls = 4)]
    async fn ask(answer: Hinted) -> Hinted {
        answer
    }

    let clock = Clock::start();
    assert!(ask(Err(busy())).await.is_err());
    clock.sleep(secs(10)).await;
    assert_eq!((ask(Ok(1)).await, ask(Err(busy())).await, ask(Ok(1)).await), (Ok(1), Err(busy()), Ok(1)));
    assert_eq!(ask(Err(busy())).await, Err(busy()), "two of four");
    assert_eq!(left(&ask(Ok(1)).await), 10);
    clock.sleep(secs(10)).await;
    for answer in [Err(busy()), Ok(1), Ok(1), Ok(1)] {
        assert_eq!(ask(answer.clone()).await, answer);
    }
    assert_eq!((ask(Ok(1)).await, ask(Ok(1)).await), (Ok(1), Ok(1)), "one of four: it is closed");
    clock.sleep(secs(1)).await;
    assert!(ask(Err(busy())).await.is_err());
}

#[test]
fn a_static_breaker_takes_half_open_calls() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("hints::static").window(2).failure_rate(1.0).min_calls(1).half_open_calls(2);
    assert!(BREAKER.admit().map(resilience::Permit::fail).is_ok());
    assert_eq!(BREAKER.state(), BreakerState::Open);
}

#[test]
fn probes_are_judged_when_as_many_as_half_open_calls_have_ended() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("hints::judged")
        .window(4)
        .failure_rate(0.5)
        .min_calls(1)
        .half_open_calls(4)
        .recovery(secs(10));
    let clock = ManualClock::install();
    assert!(BREAKER.admit().map(resilience::Permit::fail).is_ok());
    clock.advance(secs(10));
    for end in [resilience::Permit::fail, resilience::Permit::succeed, resilience::Permit::succeed] {
        assert!(BREAKER.admit().map(end).is_ok());
        assert_eq!(BREAKER.state(), BreakerState::HalfOpen);
    }
    assert!(BREAKER.admit().map(resilience::Permit::succeed).is_ok());
    assert_eq!(BREAKER.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_policy_heeds_hints_and_judges_probes_alike() -> Result<(), policy::InvalidPolicy> {
    let ask: Policy<u32, Classified> = Policy::new()
        >> policy::circuit_breaker("hints::policy")
            .window(4)
            .failure_rate(0.5)
            .min_calls(1)
            .half_open_calls(2)
            .recovery(secs(10))
            .classified()
            .build()?;
    assert!(ask.call(|| async { Err(wait(30)) }).await.is_err());
    assert_eq!(left(&ask.call(|| async { Ok(1) }).await), 30);
    tokio::time::sleep(secs(30)).await;
    assert_eq!(ask.call(|| async { Ok(1) }).await, Ok(1));
    assert_eq!(ask.call(|| async { Err(busy()) }).await, Err(busy()));
    assert_eq!(left(&ask.call(|| async { Ok(1) }).await), 10);

    let invalid = policy::circuit_breaker::<Classified>("x").half_open_calls(2).success_threshold(2).build::<u32>();
    assert_eq!(invalid.map_or_else(|error| error.problems().len(), |_| 0), 2);
    Ok(())
}
