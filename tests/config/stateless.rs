//! Attributes without state take the settings of their `config`.

use std::time::Duration;

use resilience::config::{load_toml, set, unset};
use resilience::{Error, circuit_breaker, fallback, retry, timeout};

use crate::common::{Answer, Elapsed, TestError, secs};
use crate::{Calls, alone, lines, value};

#[sync_and_async::test]
async fn a_retry_takes_the_settings_of_its_config() {
    let _alone = alone();
    #[retry(max = 1, base_delay = "10s", backoff = "constant", jitter = false, config = "retried")]
    async fn call(calls: &Calls) -> Answer {
        calls.add();
        pause().await;
        Err(TestError::Transient)
    }
    let calls = Calls::default();
    let clock = Clock::start();
    assert!(call(&calls).await.is_err());
    assert_eq!((calls.take(), clock.elapsed()), (2, secs(10)));

    assert_eq!(load_toml("[retried.retry]\nmax = 3\nbase_delay = \"2s\"\nbackoff = \"linear\""), Ok(()));
    let clock = Clock::start();
    assert!(call(&calls).await.is_err());
    assert_eq!((calls.take(), clock.elapsed()), (4, secs(2 + 4 + 6)));

    assert_eq!(set("retried.retry.max_elapsed", "5s"), Ok(()));
    let clock = Clock::start();
    assert!(call(&calls).await.is_err());
    assert_eq!((calls.take(), clock.elapsed()), (2, secs(2)), "the second pause does not fit");

    assert_eq!(set("retried.retry.enabled", false), Ok(()));
    assert!(call(&calls).await.is_err());
    assert_eq!(calls.take(), 1);

    assert!(unset("retried.retry.enabled") && unset("retried.retry.max_elapsed"));
    assert!(!unset("retried.retry.enabled"));
    assert_eq!(load_toml(""), Ok(()));
    assert!(call(&calls).await.is_err());
    assert_eq!(calls.take(), 2);
}

#[sync_and_async::test]
async fn a_call_keeps_the_settings_that_it_began_with() {
    let _alone = alone();
    #[retry(max = 2, backoff = "none", config = "begun")]
    async fn call(argument: Vec<u32>, calls: &Calls) -> Answer {
        pause().await;
        if calls.add() == 2 {
            assert_eq!(set("begun.retry.max", 9), Ok(()));
        }
        drop(argument);
        Err(TestError::Transient)
    }
    let calls = Calls::default();
    assert!(call(vec![1], &calls).await.is_err());
    assert_eq!(calls.take(), 3);
    assert!(call(vec![1], &calls).await.is_err());
    assert_eq!(calls.take(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_takes_the_settings_of_its_config() {
    let _alone = alone();
    #[timeout(secs = 10, config = "limited")]
    async fn at_body() -> Answer {
        std::future::pending().await
    }
    #[timeout(secs = 10, config = "limited")]
    #[circuit_breaker(name = "below a limit", failure_threshold = 100)]
    #[timeout(secs = 9, config = "limited-inner")]
    async fn around_a_gate() -> Answer {
        std::future::pending().await
    }
    let limit = |answer: Answer| match answer {
        Err(TestError::Resilience(Error::Timeout { limit, elapsed })) => (limit, elapsed),
        other => panic!("{other:?}"),
    };
    assert_eq!(limit(at_body().await), (secs(10), secs(10)));
    assert_eq!(limit(around_a_gate().await), (secs(9), secs(9)));
    assert_eq!(load_toml("[limited.timeout]\nsecs = 3\n[limited-inner.timeout]\nms = 20_000"), Ok(()));
    assert_eq!(limit(at_body().await), (secs(3), secs(3)));
    assert_eq!(limit(around_a_gate().await), (secs(3), secs(3)), "the outer limit is the nearer one now");

    let call = tokio::spawn(at_body());
    tokio::time::sleep(secs(1)).await;
    assert_eq!(load_toml("[limited.timeout]\nlimit = \"1m\""), Ok(()));
    assert_eq!(limit(call.await.expect("no panic")), (secs(3), secs(3)), "a call keeps its limit");
    assert_eq!(limit(at_body().await), (secs(60), secs(60)));

    assert_eq!(set("limited.timeout.enabled", false), Ok(()));
    let start = tokio::time::Instant::now();
    let long = tokio::time::timeout(Duration::from_secs(100_000), at_body()).await;
    assert!(long.is_err() && start.elapsed() >= secs(100_000));
}

#[test]
fn a_cooperative_limit_and_one_on_a_thread_take_settings() {
    let _alone = alone();
    #[timeout(secs = 10, mode = "cooperative", config = "synchronous")]
    fn cooperative() -> Result<Duration, Error> {
        Ok(resilience::remaining().unwrap_or_default())
    }
    #[timeout(secs = 10, mode = "thread", max_threads = 9, max_abandoned = 3, config = "on thread")]
    fn on_thread() -> Result<Duration, Error> {
        Ok(resilience::remaining().unwrap_or_default())
    }
    #[timeout(secs = 10, mode = "thread", config = "crowded")]
    fn crowded(depth: u32) -> Result<u32, Error> {
        if depth == 0 { Ok(0) } else { crowded(depth - 1).map(|below| below + 1) }
    }
    let within =
        |limit: Duration, left: Result<Duration, Error>| left.is_ok_and(|left| left <= limit && left + secs(1) > limit);
    assert!(within(secs(10), cooperative()) && within(secs(10), on_thread()));
    assert_eq!(crowded(3), Ok(3));
    let settings = "[synchronous.timeout]\nlimit = \"2h\"\n[\"on thread\".timeout]\nlimit = \"1h\"\n\
                    [crowded.timeout]\nmax_threads = 2\nmax_abandoned = 1";
    assert_eq!(load_toml(settings), Ok(()));
    assert!(within(secs(7200), cooperative()) && within(secs(3600), on_thread()));
    assert!(matches!(crowded(3), Err(Error::NoThread { .. })));
    let wrong = lines(load_toml("[\"on thread\".timeout]\nmax_threads = 2"));
    assert!(wrong[0].contains("`max_abandoned` is never reached: it is more than `max_threads`"), "{wrong:?}");
}

#[sync_and_async::test]
async fn one_config_names_the_settings_of_the_whole_stack() {
    let _alone = alone();
    #[fallback(value = 9)]
    #[retry(max = 1, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100, config = "whole")]
    async fn call(calls: &Calls) -> Answer {
        calls.add();
        pause().await;
        Err(TestError::Transient)
    }
    let calls = Calls::default();
    assert_eq!(call(&calls).await, Ok(9));
    assert_eq!(calls.take(), 2);
    assert_eq!(load_toml("[whole.retry]\nmax = 3"), Ok(()));
    assert_eq!(call(&calls).await, Ok(9));
    assert_eq!(calls.take(), 4);
    assert_eq!(set("whole.circuit_breaker.failure_threshold", 2), Ok(()));
    assert_eq!(call(&calls).await, Ok(9));
    assert_eq!(calls.take(), 1, "six failures are more than two");
    assert_eq!(call(&calls).await, Ok(9));
    assert_eq!(calls.take(), 0, "the breaker is open");
    assert_eq!((value("whole.circuit_breaker.failure_threshold"), value("whole.retry.max")), ("2".into(), "3".into()));
}

struct Client;

impl Client {
    #[retry(max = 1, backoff = "none", config = "method")]
    async fn generic<const N: u32, T: Send + Sync>(&self, calls: &Calls, _: T) -> Answer {
        calls.add();
        Err(TestError::Transient)
    }
}

#[tokio::test]
async fn methods_and_generic_functions_take_settings() {
    let _alone = alone();
    #[retry(max = N, backoff = "none", config = "constant")]
    fn of_a_constant<const N: u32>(calls: &Calls) -> Answer {
        calls.add();
        Err(TestError::Transient)
    }
    let calls = Calls::default();
    assert!(Client.generic::<1, _>(&calls, "a").await.is_err());
    assert!(of_a_constant::<3>(&calls).is_err() && of_a_constant::<1>(&calls).is_err());
    assert_eq!(calls.take(), 2 + 4 + 2);
    assert_eq!(load_toml("[method.retry]\nmax = 4\n[constant.retry]\nmax = 2"), Ok(()));
    assert!(Client.generic::<2, _>(&calls, 7).await.is_err());
    assert_eq!(calls.take(), 5);
    assert!(of_a_constant::<3>(&calls).is_err() && of_a_constant::<1>(&calls).is_err());
    assert_eq!(calls.take(), 6);
    assert_eq!(load_toml("[constant.retry]\nmax_delay = \"1s\""), Ok(()));
    assert!(of_a_constant::<3>(&calls).is_err() && of_a_constant::<1>(&calls).is_err());
    assert_eq!(calls.take(), 6, "each instantiation has what is written for it");
}

#[test]
fn delays_from_a_function_are_code() {
    let _alone = alone();
    #[retry(max = 1, backoff = |_| Duration::ZERO, config = "code")]
    fn call() -> Answer {
        Err(TestError::Transient)
    }
    assert!(call().is_err());
    let wrong = lines(set("code.retry.backoff", "linear"));
    assert!(
        wrong[0].contains("`backoff` of `#[retry]` does nothing here: the delays come from a function"),
        "{wrong:?}"
    );
    assert_eq!(set("code.retry.max", 3), Ok(()));
}
