//! A probe belongs to a call: what the call calls passes the same breaker, and nobody else does.

use std::time::Duration;

use futures_util::FutureExt;
use resilience::{BreakerState, CircuitBreaker, KeyedCircuitBreakers, Policy, circuit_breaker, policy, timeout};

use crate::FAILED;
use crate::common::{Answer, Counter, TestError, awaiting, letter, poll_at_most};

const HOUR: Duration = Duration::from_secs(3_600);

/// Waits until a probe is due, and then calls once an hour.
macro_rules! recovers {
    ($wait:expr, $breaker:expr, $call:expr) => {{
        for (call, state) in [(1, BreakerState::HalfOpen), (2, BreakerState::Closed), (3, BreakerState::Closed)] {
            $wait;
            assert_eq!(letter(&$call), 'S', "call {call}");
            assert_eq!(($breaker.state(), $breaker.snapshot().probes), (state, 0), "call {call}");
        }
    }};
}

#[sync_and_async::test]
async fn a_breaker_on_two_functions_that_call_each_other_closes_again() {
    static LLM: CircuitBreaker = CircuitBreaker::new("llm").failure_threshold(1);

    #[circuit_breaker(shared = LLM)]
    async fn complete(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(shared = LLM)]
    async fn ask(script: &Script<'_>) -> Answer {
        pause().await;
        let answer = complete(script).await?;
        pause().await;
        Ok(answer)
    }

    let clock = Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(letters!(2, ask(&script).await), "FO");
    recovers!(clock.sleep(HOUR).await, LLM, ask(&script).await);
    assert_eq!((script.calls(), LLM.snapshot().rejected), (4, 1), "no call of a probe was rejected");
}

#[sync_and_async::test]
async fn any_number_of_places_and_of_functions_is_one_probe_for_each_call() {
    macro_rules! with_places {
        ($($places:literal)*) => {$({
            static BREAKER: CircuitBreaker = CircuitBreaker::new("places").failure_threshold(1).half_open_max($places);

            struct Client;
            impl Client {
                #[circuit_breaker(shared = BREAKER)]
                async fn first(&self, script: &Script<'_>) -> Answer {
                    assert!(BREAKER.snapshot().probes <= 1);
                    self.second(script).await.ok_or(TestError::Transient)
                }
                #[circuit_breaker(shared = BREAKER)]
                async fn second(&self, script: &Script<'_>) -> Option<u32> {
                    pause().await;
                    self.third(script).await.ok()
                }
                #[circuit_breaker(shared = BREAKER)]
                async fn third(&self, script: &Script<'_>) -> Answer {
                    assert!(BREAKER.snapshot().probes <= 1);
                    script.run().await
                }
            }
            let clock = Clock::start();
            let script = Script::fails(1, &clock);
            assert_eq!(letters!(1, Client.first(&script).await), "F");
            recovers!(clock.sleep(HOUR).await, BREAKER, Client.first(&script).await);
        })*};
    }
    with_places!(1 2 7);
}

#[sync_and_async::test]
async fn a_recursive_function_probes_once() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("recursive").failure_threshold(1);

    #[circuit_breaker(shared = BREAKER)]
    async fn descend(left: u32, script: &Script<'_>) -> Answer {
        pause().await;
        if left == 0 { script.run().await } else { boxed(descend(left - 1, script)).await }
    }

    let clock = Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(letters!(1, descend(0, &script).await), "F");
    recovers!(clock.sleep(HOUR).await, BREAKER, descend(5, &script).await);
    assert_eq!(BREAKER.snapshot().rejected, 0);
}

#[sync_and_async::test]
async fn the_breakers_of_a_key_are_one_for_each_key() {
    #[circuit_breaker(key = tenant, failure_threshold = 1)]
    async fn inner(tenant: u32, script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(failure_threshold = 1)]
    async fn outer(tenant: u32, script: &Script<'_>) -> Answer {
        inner(tenant, script).await
    }

    let clock = Clock::start();
    let script = Script::fails(2, &clock);
    assert_eq!(letters!(1, inner(1, &script).await), "F");
    assert_eq!(letters!(1, inner(2, &script).await), "F");
    clock.sleep(HOUR).await;
    assert_eq!(letters!(2, outer(1, &script).await), "SS", "a probe of one breaker is none of another");
    assert_eq!(letters!(1, outer(2, &script).await), "S");
}

#[tokio::test(start_paused = true)]
async fn a_policy_around_an_annotated_function_and_the_reverse_probe_once() {
    #[circuit_breaker(name = "policy and function", failure_threshold = 1)]
    async fn function(up: bool) -> Answer {
        awaiting::pause().await;
        if up { Ok(1) } else { FAILED }
    }
    #[circuit_breaker(name = "policy and function", failure_threshold = 1)]
    async fn around(guarded: &Policy<u32, TestError>, up: bool) -> Answer {
        guarded.call(|| function(up)).await
    }
    #[circuit_breaker(name = "policy and function", failure_threshold = 1)]
    fn blocking(up: bool) -> Answer {
        if up { Ok(1) } else { FAILED }
    }

    let clock = awaiting::Clock::start();
    let layer = policy::circuit_breaker("policy and function").failure_threshold(1).build();
    let guarded: Policy<u32, TestError> = Policy::new() >> layer.expect("valid");
    assert_eq!(guarded.call(|| function(false)).await, FAILED);
    let breaker = CircuitBreaker::named("policy and function").expect("called");
    recovers!(clock.sleep(HOUR).await, breaker, guarded.call(|| function(true)).await);
    assert_eq!(around(&guarded, false).await, FAILED);
    recovers!(clock.sleep(HOUR).await, breaker, around(&guarded, true).await);
    assert_eq!(guarded.call_blocking(|| blocking(false)), FAILED);
    recovers!(clock.sleep(HOUR).await, breaker, guarded.call_blocking(|| blocking(true)));
}

#[sync_and_async::test]
async fn an_open_breaker_rejects_each_item_of_a_batch() {
    static ITEMS: CircuitBreaker = CircuitBreaker::new("items").failure_threshold(3);

    #[circuit_breaker(shared = ITEMS)]
    async fn item(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(shared = ITEMS)]
    async fn batch(script: &Script<'_>) -> Result<String, TestError> {
        Ok(letters!(6, item(script).await))
    }

    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(batch(&script).await, Ok("FFFOOO".to_owned()));
    assert!(batch(&script).await.is_err_and(|error| error.is_open()));
}

/// The probe of a call that waits admits nobody else on its thread.
#[tokio::test(start_paused = true)]
async fn nobody_passes_on_the_probe_of_a_call_that_waits() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("strangers").failure_threshold(1).success_threshold(9);

    #[circuit_breaker(shared = BREAKER)]
    async fn call(pauses: u32) -> Answer {
        for _ in 0..pauses {
            awaiting::pause().await;
        }
        Ok(1)
    }
    #[circuit_breaker(shared = BREAKER)]
    async fn nested(pauses: u32) -> Answer {
        call(pauses).await
    }
    #[circuit_breaker(shared = BREAKER)]
    fn blocking() -> Answer {
        Ok(1)
    }

    BREAKER.admit().expect("closed").fail();
    tokio::time::sleep(HOUR).await;
    let (first, ten, sync) =
        tokio::join!(nested(3), futures_util::future::join_all((0..10).map(|_| nested(1))), async { blocking() });
    assert_eq!(first, Ok(1));
    assert!(ten.iter().chain([&sync]).all(|answer| letter(answer) == 'O'), "{ten:?} {sync:?}");

    let mut probe = Box::pin(nested(9));
    for _ in 0..4 {
        assert!(probe.as_mut().now_or_never().is_none());
        assert_eq!((letter(&blocking()), letter(&nested(0).await)), ('O', 'O'));
        assert_eq!(tokio::spawn(nested(0)).await.map(|answer| letter(&answer)).ok(), Some('O'));
    }
    tokio::select! {
        biased;
        _ = &mut probe => unreachable!("it waits"),
        answer = nested(0) => assert_eq!(letter(&answer), 'O'),
    }
    drop(probe);
    assert_eq!((letter(&blocking()), BREAKER.snapshot().probes), ('S', 0));
}

/// Whatever runs at once inside of one call is that call; a spawned task is a call of its own.
#[tokio::test(start_paused = true)]
async fn what_a_call_runs_at_once_passes_and_what_it_spawns_does_not() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("spawned").failure_threshold(1);
    static RAN: Counter = Counter::new();

    #[circuit_breaker(shared = BREAKER)]
    async fn item() -> Answer {
        awaiting::pause().await;
        Ok(RAN.up())
    }
    #[circuit_breaker(shared = BREAKER)]
    async fn batch() -> Result<(String, char), TestError> {
        let items = futures_util::future::join_all((0..5).map(|_| item())).await;
        let spawned = tokio::spawn(item()).await.map_or('P', |answer| letter(&answer));
        Ok((items.iter().map(letter).collect(), spawned))
    }

    BREAKER.admit().expect("closed").fail();
    tokio::time::sleep(HOUR).await;
    assert_eq!(batch().await, Ok(("SSSSS".to_owned(), 'O')));
    assert_eq!((RAN.get(), BREAKER.state()), (5, BreakerState::HalfOpen), "one success");
}

#[tokio::test(start_paused = true)]
async fn a_probe_dropped_at_any_poll_leaves_nothing_on_the_thread() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("dropped").failure_threshold(1).success_threshold(9);

    #[circuit_breaker(shared = BREAKER)]
    async fn inner() -> Answer {
        awaiting::pause().await;
        Ok(1)
    }
    #[circuit_breaker(shared = BREAKER)]
    async fn outer() -> Answer {
        awaiting::pause().await;
        inner().await
    }

    BREAKER.admit().expect("closed").fail();
    tokio::time::sleep(HOUR).await;
    let mut polls = 0;
    while poll_at_most(polls, outer()).await.is_none() {
        let probe = BREAKER.admit().expect("the place is free");
        assert_eq!((letter(&outer().await), BREAKER.snapshot().probes), ('O', 1), "after {polls} polls");
        drop(probe);
        polls += 1;
    }
    assert!(polls > 2);
}

#[sync_and_async::test]
async fn a_permit_by_hand_is_no_probe_of_the_call() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("by hand").failure_threshold(1);

    #[circuit_breaker(shared = BREAKER)]
    async fn call() -> Answer {
        let by_hand = BREAKER.admit();
        assert!(by_hand.is_err(), "nor does it pass on the probe of a call");
        pause().await;
        Ok(1)
    }

    let clock = Clock::start();
    BREAKER.admit().expect("closed").fail();
    clock.sleep(HOUR).await;
    let probe = BREAKER.admit().expect("a probe");
    assert_eq!(letters!(1, call().await), "O");
    drop(probe);
    assert_eq!(letters!(1, call().await), "S");
}

#[test]
fn a_body_on_its_own_thread_belongs_to_the_call() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("on a thread").failure_threshold(1);

    #[circuit_breaker(shared = BREAKER)]
    fn inner() -> Answer {
        Ok(1)
    }
    #[circuit_breaker(shared = BREAKER)]
    #[timeout(secs = 60, mode = "thread")]
    fn outer() -> Answer {
        inner()
    }

    let clock = crate::common::blocking::Clock::start();
    BREAKER.admit().expect("closed").fail();
    clock.sleep(HOUR);
    assert_eq!(letters!(2, outer()), "SS");
    assert_eq!((BREAKER.state(), BREAKER.snapshot().rejected), (BreakerState::Closed, 0));
}

#[sync_and_async::test]
async fn the_end_of_the_probe_tells_and_not_what_it_calls() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("tells").failure_threshold(1).success_threshold(1);

    #[circuit_breaker(shared = BREAKER)]
    async fn inner(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(shared = BREAKER)]
    async fn outer(script: &Script<'_>) -> Answer {
        let first = inner(script).await;
        assert_eq!(BREAKER.state(), BreakerState::HalfOpen, "{first:?}");
        inner(script).await
    }

    let clock = Clock::start();
    BREAKER.admit().expect("closed").fail();
    clock.sleep(HOUR).await;
    let script = Script::of("SF FS", &clock);
    assert_eq!((letters!(1, outer(&script).await), BREAKER.state()), ("F".to_owned(), BreakerState::Open));
    clock.sleep(HOUR).await;
    assert_eq!((letters!(1, outer(&script).await), BREAKER.state()), ("S".to_owned(), BreakerState::Closed));
}

#[test]
fn keyed_breakers_without_calls_are_empty() {
    #[circuit_breaker(name = "emptied", key = tenant, failure_threshold = 1)]
    fn call(tenant: u32) -> Answer {
        Ok(tenant)
    }

    assert_eq!(call(1), Ok(1));
    let breakers = KeyedCircuitBreakers::named("emptied").expect("called");
    assert!(!breakers.is_empty() && breakers.len() == 1);
    breakers.reset_all();
    assert_eq!((breakers.is_empty(), breakers.len()), (true, 0));
}

#[sync_and_async::test]
async fn a_failure_that_passes_several_functions_of_a_breaker_counts_once() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("counted once").failure_threshold(99);

    #[derive(Debug, thiserror::Error)]
    enum Wrapped {
        #[error("the answer")]
        Answer(#[from] TestError),
        #[error(transparent)]
        Rejected(#[from] resilience::Error),
    }
    #[circuit_breaker(shared = BREAKER)]
    async fn one(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(shared = BREAKER)]
    async fn two(script: &Script<'_>) -> Answer {
        one(script).await
    }
    #[circuit_breaker(shared = BREAKER)]
    async fn three(script: &Script<'_>) -> Result<u32, Wrapped> {
        pause().await;
        let answer = two(script).await?;
        pause().await;
        Ok(answer)
    }
    #[circuit_breaker(shared = BREAKER)]
    async fn four(script: &Script<'_>) -> Option<u32> {
        three(script).await.ok()
    }
    #[circuit_breaker(shared = BREAKER)]
    async fn five(script: &Script<'_>) -> Option<u32> {
        four(script).await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    let failures = || BREAKER.snapshot().consecutive_failures;
    assert!(two(&script).await.is_err());
    assert_eq!(failures(), 1);
    assert!(three(&script).await.is_err());
    assert_eq!(failures(), 2, "an error that holds it");
    assert!(five(&script).await.is_none());
    assert_eq!(failures(), 3, "or none at all");
}

#[sync_and_async::test]
async fn an_outage_opens_a_breaker_on_two_functions_at_its_threshold_and_it_recovers() {
    static LLM: CircuitBreaker = CircuitBreaker::new("outage").failure_threshold(3);

    #[circuit_breaker(shared = LLM)]
    async fn complete(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(shared = LLM)]
    async fn ask(script: &Script<'_>) -> Answer {
        complete(script).await
    }

    let clock = Clock::start();
    let script = Script::fails(4, &clock);
    assert_eq!(letters!(4, ask(&script).await), "FFFO");
    clock.sleep(HOUR).await;
    assert_eq!((letters!(1, ask(&script).await), LLM.state()), ("F".to_owned(), BreakerState::Open), "a failed probe");
    recovers!(clock.sleep(HOUR).await, LLM, ask(&script).await);
    assert_eq!(LLM.snapshot().opened, 2);
}

#[test]
fn a_failure_counts_once_through_a_policy_too() {
    #[circuit_breaker(name = "once in a policy", failure_threshold = 9)]
    fn function() -> Answer {
        FAILED
    }
    #[circuit_breaker(name = "once in a policy", failure_threshold = 9)]
    fn around(guarded: &Policy<u32, TestError>) -> Answer {
        guarded.call_blocking(function)
    }

    let layer = policy::circuit_breaker("once in a policy").failure_threshold(9).build();
    let guarded: Policy<u32, TestError> = Policy::new() >> layer.expect("valid");
    for (call, failures) in [(guarded.call_blocking(function), 1), (around(&guarded), 2)] {
        assert_eq!(call, FAILED);
        let breaker = CircuitBreaker::named("once in a policy").expect("called");
        assert!(breaker.snapshot().consecutive_failures >= failures);
    }
    let breaker = CircuitBreaker::named("once in a policy").expect("called");
    assert_eq!(breaker.snapshot().consecutive_failures, 2);
}

#[sync_and_async::test]
async fn another_failure_of_the_same_call_counts_too() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("two failures").failure_threshold(99);

    #[circuit_breaker(shared = BREAKER)]
    async fn inner(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(shared = BREAKER)]
    async fn outer(script: &Script<'_>) -> Answer {
        let _ = inner(script).await;
        pause().await;
        Err(TestError::Permanent)
    }

    let clock = Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(outer(&script).await, Err(TestError::Permanent));
    assert_eq!(BREAKER.snapshot().consecutive_failures, 2);
}

/// A success counts in each function of a window; telling it apart would slow down every success.
#[sync_and_async::test]
async fn limit_a_success_counts_in_each_function_of_a_window_and_a_failure_once() {
    static WINDOW: CircuitBreaker = CircuitBreaker::new("window, once").window(100);

    #[circuit_breaker(shared = WINDOW)]
    async fn inner(script: &Script<'_>) -> Answer {
        pause().await;
        script.run().await
    }
    #[circuit_breaker(shared = WINDOW)]
    async fn outer(script: &Script<'_>) -> Answer {
        inner(script).await
    }

    let clock = Clock::start();
    let script = Script::of("S FF", &clock);
    assert_eq!(letters!(3, outer(&script).await), "SFF");
    assert_eq!((WINDOW.snapshot().calls, WINDOW.snapshot().failures), (4, 2));
}
