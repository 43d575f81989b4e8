//! What holds of functions holds of methods, of gates with a key, and between policies and functions.

use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{
    BreakerState, CircuitBreaker, Policy, bulkhead, circuit_breaker, fallback, policy, rate_limit, retry,
};

use crate::common::{Counter, Elapsed, secs};
use crate::errors::{App, Outer};

const HOUR: Duration = secs(3_600);

macro_rules! shut_by_a_failure {
    ($tenant:ident; $($name:ident: $(#[$gate:meta])+;)*) => {$(
        mod $name {
            use super::*;

            #[sync_and_async::test]
            async fn the_failure_that_shuts_a_gate_returns_at_once_and_so_does_its_rejection() {
                struct Client {
                    calls: Counter,
                }
                impl Client {
                    $(#[$gate])+
                    async fn fetch(&self, $tenant: u32) -> Result<u32, App> {
                        pause().await;
                        Err(if $tenant == 0 { App::Other("no tenant") } else { App::Down })
                    }
                    #[retry(jitter = false)]
                    async fn ask(&self, tenant: u32) -> Result<u32, Outer> {
                        self.calls.up();
                        Ok(self.fetch(tenant).await?)
                    }
                }

                let (clock, client) = (Clock::start(), Client { calls: Counter::new() });
                assert_eq!(client.ask(1).await, Err(Outer::Storage(App::Down)));
                assert!(matches!(client.ask(1).await, Err(Outer::Storage(App::Resilience(_)))));
                assert_eq!((client.calls.get(), clock.elapsed()), (2, secs(0)));
            }
        }
    )*};
}

shut_by_a_failure! {
    tenant;
    a_breaker: #[circuit_breaker(failure_threshold = 1, recovery = "1h")];
    a_breaker_with_a_key: #[circuit_breaker(key = tenant, failure_threshold = 1, recovery = "1h")];
    a_rate_limit: #[rate_limit(max = 1, per = "1h")];
    a_rate_limit_with_a_key: #[rate_limit(key = tenant, max = 1, per = "1h")];
    a_rate_limit_above_a_gate: #[rate_limit(max = 1, per = "1h")] #[bulkhead(max = 9)];
    a_rate_limit_with_a_key_above_a_gate: #[rate_limit(key = tenant, max = 1, per = "1h")] #[bulkhead(max = 9)];
    two_gates_of_which_the_outer_one_is_shut_longer:
        #[rate_limit(max = 1, per = "1h")] #[circuit_breaker(failure_threshold = 1, recovery = "1ms")];
}

/// The rejection of the outer gate tells nothing of the inner one, so only the failure returns at once.
#[sync_and_async::test]
async fn the_failure_that_shuts_two_gates_returns_at_once_if_the_inner_one_is_shut_longer() {
    #[retry(jitter = false)]
    #[circuit_breaker(failure_threshold = 1, recovery = "1ms")]
    #[rate_limit(max = 1, per = "1h")]
    async fn ask(calls: &Counter) -> Result<u32, App> {
        pause().await;
        calls.up();
        Err(App::Down)
    }

    let (clock, calls) = (Clock::start(), Counter::new());
    assert_eq!(ask(&calls).await, Err(App::Down));
    assert_eq!((calls.get(), clock.elapsed()), (1, secs(0)));
}

#[sync_and_async::test]
async fn a_full_bulkhead_with_a_key_rejects_a_method_without_a_retry() {
    struct Client {
        calls: Counter,
    }
    impl Client {
        #[bulkhead(key = tenant, max = 1)]
        async fn fetch(&self, tenant: u32, inside: bool) -> Result<u32, App> {
            if inside { Err(App::Down) } else { boxed(self.ask(tenant)).await.map_err(|_| App::Other("rejected")) }
        }
        #[retry(max = 3)]
        async fn ask(&self, tenant: u32) -> Result<u32, Outer> {
            self.calls.up();
            Ok(boxed(self.fetch(tenant, true)).await?)
        }
    }

    let (clock, client) = (Clock::start(), Client { calls: Counter::new() });
    assert_eq!(client.fetch(1, false).await, Err(App::Other("rejected")));
    assert_eq!((client.calls.get(), clock.elapsed()), (1, secs(0)));
}

#[sync_and_async::test]
async fn retries_of_methods_do_not_multiply() {
    struct Client {
        calls: Counter,
    }
    impl Client {
        #[retry(max = 2, backoff = "none")]
        async fn fetch<T: Into<u32> + Copy + Send + Sync>(&mut self, of: T) -> Result<T, App> {
            pause().await;
            self.calls.up();
            Err(if of.into() == 0 { App::Other("none") } else { App::Down })
        }
        #[retry(max = 3, backoff = "none")]
        async fn ask(&mut self) -> eyre::Result<u8> {
            Ok(self.fetch(1_u8).await?)
        }
    }

    let (_clock, mut client) = (Clock::start(), Client { calls: Counter::new() });
    assert!(client.ask().await.is_err());
    assert_eq!(client.calls.get(), 3);
}

/// A predicate of a fallback may call functions of ours.
#[sync_and_async::test]
async fn a_predicate_of_a_fallback_leaves_what_is_known_about_the_failure() {
    #[retry(max = 1, backoff = "none")]
    fn is_worth_it() -> Option<bool> {
        None
    }
    #[circuit_breaker(failure_threshold = 1, recovery = "1h")]
    async fn guarded() -> Result<u32, App> {
        pause().await;
        Err(App::Down)
    }
    #[retry(max = 3)]
    #[fallback(value = 0, when = |_| is_worth_it().unwrap_or(false))]
    async fn ask(calls: &Counter) -> Result<u32, Outer> {
        calls.up();
        Ok(guarded().await?)
    }

    let (clock, calls) = (Clock::start(), Counter::new());
    assert_eq!(guarded().await, Err(App::Down));
    assert!(ask(&calls).await.is_err());
    assert_eq!((calls.get(), clock.elapsed()), (1, secs(0)));
}

/// Without a text to compare, the type and the variant are compared only until the call waits.
#[tokio::test(start_paused = true)]
async fn a_policy_does_not_take_a_failure_for_an_earlier_one_that_was_handled_before_a_wait()
-> Result<(), policy::InvalidPolicy> {
    #[retry(max = 1, backoff = "none")]
    async fn report_metrics() -> Result<u32, App> {
        Err(App::Other("metrics"))
    }

    let ask: Policy<u32, App> = Policy::new() >> policy::retry().max(3).no_delay().build()?;
    let calls = Counter::new();
    let answer = ask
        .call(|| async {
            let _ = report_metrics().await;
            tokio::time::sleep(secs(1)).await;
            if calls.up() == 1 { Err(App::Other("own")) } else { Ok(7) }
        })
        .await;
    assert_eq!((answer, calls.get()), (Ok(7), 2));
    Ok(())
}

macro_rules! shut_in_a_policy {
    ($($name:ident: $kind:ident $(.$setting:ident($value:expr))+;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(start_paused = true)]
            async fn an_awaited_function_does_not_retry_the_failure_that_shuts_it() -> Result<(), policy::InvalidPolicy> {
                #[retry(jitter = false)]
                async fn ask(guarded: &Policy<u32, App>, calls: &Counter) -> Result<u32, Outer> {
                    calls.up();
                    Ok(guarded.call(|| async { Err(App::Down) }).await?)
                }

                let layer = policy::$kind(concat!("awaited: ", stringify!($name)))$(.$setting($value))+;
                let guarded: Policy<u32, App> = Policy::new() >> layer.build()?;
                let (start, calls) = (tokio::time::Instant::now(), Counter::new());
                assert_eq!(ask(&guarded, &calls).await, Err(Outer::Storage(App::Down)));
                assert!(matches!(ask(&guarded, &calls).await, Err(Outer::Storage(App::Resilience(_)))));
                assert_eq!((calls.get(), start.elapsed()), (2, secs(0)));
                Ok(())
            }

            #[test]
            fn a_blocking_policy_around_it_does_not_retry_the_failure_that_shuts_it() -> Result<(), policy::InvalidPolicy> {
                let layer = policy::$kind(concat!("blocking: ", stringify!($name)))$(.$setting($value))+;
                let guarded: Policy<u32, App> = Policy::new() >> layer.build()?;
                let ask: Policy<u32, Outer> = Policy::new() >> policy::retry().no_jitter().build()?;
                let (clock, calls) = (ManualClock::install(), Counter::new());
                let call = || {
                    calls.up();
                    Ok(guarded.call_blocking(|| Err(App::Down))?)
                };
                assert_eq!(ask.call_blocking(call), Err(Outer::Storage(App::Down)));
                assert!(matches!(ask.call_blocking(call), Err(Outer::Storage(App::Resilience(_)))));
                assert_eq!((calls.get(), clock.elapsed()), (2, secs(0)));
                Ok(())
            }
        }
    )*};
}

shut_in_a_policy! {
    a_breaker_of_a_policy: circuit_breaker.failure_threshold(1).recovery(HOUR);
    a_rate_limit_of_a_policy: rate_limit.max(1).per(HOUR);
}

/// What a predicate of a breaker has called says nothing about the failure that it has judged.
#[sync_and_async::test]
async fn a_predicate_of_a_breaker_leaves_nothing_behind() {
    #[bulkhead(name = "asked by a predicate", max = 1, map_err = |_| ())]
    fn full(again: bool) -> Result<(), ()> {
        if again { full(false) } else { Ok(()) }
    }
    #[circuit_breaker(name = "with a predicate", when = |()| full(true).is_ok())]
    async fn judged() -> Result<u32, ()> {
        pause().await;
        Err(())
    }
    #[circuit_breaker(name = "around a predicate", failure_threshold = 1)]
    async fn around() -> Result<u32, ()> {
        judged().await
    }
    assert_eq!(full(true), Err(()), "it is full for itself");
    assert_eq!(around().await, Err(()));
    let around = CircuitBreaker::named("around a predicate").expect("called");
    assert_eq!(around.snapshot().state, BreakerState::Open, "it has counted a failure, and no rejection");
}
