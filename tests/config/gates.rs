//! Gates take new settings and keep their state.

use resilience::config::{load_toml, set};
use resilience::{
    Bulkhead, CircuitBreaker, Error, KeyedBulkheads, Policy, RateLimiter, bulkhead, circuit_breaker, policy, rate_limit,
};

use crate::common::{Answer, Recorder, TestError, secs};
use crate::{alone, lines, value};

#[sync_and_async::test]
async fn a_smaller_bulkhead_lets_those_inside_finish() {
    let _alone = alone();
    #[bulkhead(name = "inside", max = 5)]
    async fn call(depth: u32) -> Answer {
        pause().await;
        if depth == 3 {
            assert_eq!(set("inside.bulkhead.max", 2), Ok(()));
            let now = Bulkhead::named("inside").expect("called").snapshot();
            assert_eq!((now.max, now.in_flight), (2, 3), "all three are still inside");
        }
        if depth == 4 { Ok(4) } else { boxed(call(depth + 1)).await.or(Ok(depth)) }
    }
    assert_eq!(call(1).await, Ok(3), "the fourth is rejected");
    assert_eq!(call(1).await, Ok(2), "from now on two fit");
    assert_eq!(set("inside.bulkhead.max", 9), Ok(()));
    assert_eq!(call(4).await, Ok(4));
}

#[sync_and_async::test]
async fn settings_that_are_loaded_before_the_first_call_apply_to_it() {
    let _alone = alone();
    assert_eq!(load_toml("[first.bulkhead]\nmax = 1\n[first.rate_limit]\nmax = 3\nper = \"1h\""), Ok(()));
    #[rate_limit(name = "first", max = 100)]
    #[bulkhead(name = "first", max = 10)]
    async fn call(again: bool) -> Answer {
        pause().await;
        if again { boxed(call(false)).await } else { Ok(7) }
    }
    assert_eq!(call(false).await, Ok(7));
    assert!(call(true).await.is_err_and(|error| error.is_full()));
    assert_eq!(call(false).await, Ok(7), "the rejected call has its token back");
    assert!(matches!(call(false).await, Err(TestError::Resilience(Error::RateLimited { .. }))));
}

#[sync_and_async::test]
async fn a_rate_limit_keeps_the_calls_it_has_let_pass_as_a_debt_in_calls() {
    let _alone = alone();
    #[rate_limit(name = "debt", max = 4, per = "4s", burst = 4)]
    async fn call() -> Answer {
        pause().await;
        Ok(7)
    }
    let mut passed = 0;
    while call().await.is_ok() {
        passed += 1;
    }
    assert_eq!(passed, 4);
    assert_eq!(load_toml("[debt.rate_limit]\nmax = 8\nper = \"80s\"\nburst = 6"), Ok(()));
    let now = RateLimiter::named("debt").expect("called").snapshot();
    assert_eq!((now.max, now.burst, now.available), (8, 6, 2), "four of the six are used up");
}

#[sync_and_async::test]
async fn a_breaker_keeps_its_state_and_a_window_of_another_size_starts_empty() {
    let _alone = alone();
    #[circuit_breaker(name = "kept", window = 10, failure_rate = 0.5, min_calls = 10)]
    async fn call(up: bool) -> Answer {
        pause().await;
        if up { Ok(7) } else { Err(TestError::Transient) }
    }
    let breaker = || CircuitBreaker::named("kept").expect("called").snapshot();
    for up in [true, true, true, false] {
        let _answer = call(up).await;
    }
    assert_eq!((breaker().calls, breaker().failures), (4, 1));

    let recorder = Recorder::start();
    assert_eq!(set("kept.circuit_breaker.failure_rate", 0.9), Ok(()));
    assert_eq!((breaker().calls, breaker().failures), (4, 1), "the window is the same");
    assert_eq!(recorder.named("breaker.window_restarted").len(), 0);

    assert_eq!(set("kept.circuit_breaker.window", 20), Ok(()));
    assert_eq!((breaker().calls, breaker().failures), (0, 0));
    assert_eq!(recorder.named("breaker.window_restarted").len(), 1);

    CircuitBreaker::named("kept").expect("called").force_open();
    assert_eq!(set("kept.circuit_breaker.recovery", "3s"), Ok(()));
    assert!(call(true).await.is_err_and(|error| error.is_open()), "an open breaker stays open");
}

#[sync_and_async::test]
async fn a_lower_threshold_opens_the_breaker_at_the_next_failure() {
    let _alone = alone();
    #[circuit_breaker(name = "lower", failure_threshold = 5)]
    async fn call() -> Answer {
        pause().await;
        Err(TestError::Transient)
    }
    for _ in 0..3 {
        assert_eq!(call().await, Err(TestError::Transient));
    }
    assert_eq!(set("lower.circuit_breaker.failure_threshold", 2), Ok(()));
    assert_eq!(call().await, Err(TestError::Transient));
    assert!(call().await.is_err_and(|error| error.is_open()));
}

#[sync_and_async::test]
async fn every_gate_can_be_switched_off_and_on() {
    let _alone = alone();
    #[circuit_breaker(name = "switch", failure_threshold = 1)]
    #[rate_limit(name = "switch", max = 1, per = "1h")]
    #[bulkhead(name = "switch", max = 1)]
    async fn call(again: bool, up: bool) -> Answer {
        pause().await;
        if again {
            boxed(call(false, up)).await
        } else if up {
            Ok(7)
        } else {
            Err(TestError::Transient)
        }
    }
    let off = "[switch.circuit_breaker]\nenabled = false\n[switch.rate_limit]\nenabled = false\n\
               [switch.bulkhead]\nenabled = false";
    assert_eq!(load_toml(off), Ok(()));
    for _ in 0..20 {
        assert_eq!(call(true, true).await, Ok(7), "one in another, and many in an hour");
        assert_eq!(call(false, false).await, Err(TestError::Transient), "the breaker counts nothing");
    }
    CircuitBreaker::named("switch").expect("called").reset();
    assert_eq!(call(false, false).await, Err(TestError::Transient));
    assert_eq!(call(false, true).await, Ok(7), "a reset switches nothing on");

    assert_eq!(load_toml(""), Ok(()));
    assert_eq!(call(false, false).await, Err(TestError::Transient));
    assert!(call(false, true).await.is_err_and(|error| error.is_open()));
    CircuitBreaker::named("switch").expect("called").reset();
    assert!(matches!(call(false, true).await, Err(TestError::Resilience(Error::RateLimited { .. }))));
}

#[sync_and_async::test]
async fn no_hint_holds_back_a_rate_limit_that_is_switched_off() {
    let _alone = alone();
    #[rate_limit(name = "off and held", max = 9, per = "9s", learn = true)]
    async fn call() -> Answer {
        pause().await;
        Ok(7)
    }
    let limiter = || RateLimiter::named("off and held").expect("called");
    assert_eq!(call().await, Ok(7));
    limiter().hold_back(secs(60));
    assert!(call().await.is_err());
    assert_eq!(set("off and held.rate_limit.enabled", false), Ok(()));
    assert_eq!(call().await, Ok(7), "the earlier hint is gone");
    limiter().hold_back(secs(60));
    assert_eq!((call().await, limiter().snapshot().held_for), (Ok(7), None), "and a new one says nothing");
    assert_eq!(set("off and held.rate_limit.enabled", true), Ok(()));
    assert_eq!(call().await, Ok(7), "it starts over");
    limiter().reset();
}

#[sync_and_async::test]
async fn instances_by_key_take_new_settings_and_so_do_new_keys() {
    let _alone = alone();
    #[bulkhead(name = "by key", key = tenant, max = 1)]
    async fn call(tenant: u32, depth: u32) -> Answer {
        pause().await;
        if depth == 0 { Ok(7) } else { boxed(call(tenant, depth - 1)).await }
    }
    assert!(call(1, 1).await.is_err());
    assert_eq!(load_toml("[\"by key\".bulkhead]\nmax = 2\nmax_keys = 5"), Ok(()));
    assert_eq!((call(1, 1).await, call(2, 1).await), (Ok(7), Ok(7)));
    assert!(call(1, 2).await.is_err());
    assert_eq!(KeyedBulkheads::named("by key").expect("called").snapshot().max_keys, 5);
    assert_eq!(load_toml(""), Ok(()));
    assert!(call(2, 1).await.is_err());
}

#[sync_and_async::test]
async fn a_queue_can_be_given_to_an_attribute_with_config_and_to_no_other() {
    let _alone = alone();
    #[bulkhead(name = "no queue", max = 1)]
    async fn plain() -> Answer {
        pause().await;
        Ok(7)
    }
    #[bulkhead(max = 1, config = "queue")]
    async fn ready() -> Answer {
        pause().await;
        Ok(7)
    }
    assert_eq!((plain().await, ready().await), (Ok(7), Ok(7)));
    let refused = lines(set("no queue.bulkhead.queue", 3));
    assert!(
        refused[0].contains("`queue` of `#[bulkhead]` does nothing where the attribute has no queue"),
        "{refused:?}"
    );
    assert_eq!(load_toml("[queue.bulkhead]\nqueue = 3\nwait = \"2s\""), Ok(()));
    assert_eq!(value("queue.bulkhead.queue"), "3");
    assert_eq!(value("queue.bulkhead.wait"), "2s");
}

#[tokio::test(start_paused = true)]
async fn a_queue_from_settings_lets_calls_wait() {
    let _alone = alone();
    #[bulkhead(max = 1, config = "waits")]
    async fn call() -> Answer {
        tokio::time::sleep(secs(1)).await;
        Ok(7)
    }
    let both = || async { tokio::join!(call(), call()) };
    assert!(both().await.1.is_err_and(|error| error.is_full()));
    assert_eq!(load_toml("[waits.bulkhead]\nqueue = 1"), Ok(()));
    assert_eq!(both().await, (Ok(7), Ok(7)));
    assert_eq!(load_toml("[waits.bulkhead]\nqueue = 1\nwait = \"500ms\""), Ok(()));
    assert!(both().await.1.is_err_and(|error| error.is_full()));
}

#[sync_and_async::test]
async fn the_newest_policy_of_a_name_applies_and_settings_come_before_it() {
    let _alone = alone();
    let with = |max: u32| -> Policy<u32, Error> {
        Policy::new() >> policy::bulkhead("of a policy").max(max).queue(1).build().expect("valid")
    };
    let max = || Bulkhead::named("of a policy").expect("called").snapshot().max;
    let first = with(3);
    assert_eq!(first.call_blocking(|| Ok(max())), Ok(3));
    assert_eq!(set("of a policy.bulkhead.max", 7), Ok(()));
    assert_eq!(first.call_blocking(|| Ok(max())), Ok(7));
    let second = with(5);
    assert_eq!(second.call_blocking(|| Ok(max())), Ok(7), "the program is asked before any policy");
    assert!(resilience::config::unset("of a policy.bulkhead.max"));
    assert_eq!(first.call_blocking(|| Ok(max())), Ok(5), "the newest policy applies again");
}
