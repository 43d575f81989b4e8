//! Policies take the settings of their names.

use std::time::Duration;

use resilience::config::{self, load_toml, set, unset};
use resilience::{Error, Policy, policy};

use crate::common::{TestError, secs};
use crate::{Calls, alone, lines, value};

fn retried(name: &'static str) -> Policy<u32, TestError> {
    let retry = policy::retry().max(1).base_delay(secs(1)).constant().no_jitter();
    Policy::named(name).expect("a name") >> retry.build().expect("valid")
}

#[tokio::test(start_paused = true)]
async fn the_retry_of_a_policy_takes_the_settings_of_its_name() {
    let _alone = alone();
    let calls = Calls::default();
    let policy = retried("policy-retry");
    let ask = async |policy: &Policy<u32, TestError>| {
        let start = tokio::time::Instant::now();
        let fail = || {
            calls.add();
            std::future::ready(Err(TestError::Transient))
        };
        assert!(policy.call(fail).await.is_err());
        let asynchronous = calls.take();
        let blocking = || {
            calls.add();
            Err(TestError::Transient)
        };
        let skipped = resilience::testing::skip_sleeps();
        assert!(policy.call_blocking(blocking).is_err());
        drop(skipped);
        assert_eq!(calls.take(), asynchronous, "both forms alike");
        (asynchronous, start.elapsed())
    };
    assert_eq!(value("policy-retry.retry.max"), "1", "known from the start");
    assert_eq!(ask(&policy).await, (2, secs(1)));
    assert_eq!(load_toml("[policy-retry.retry]\nmax = 3\nbackoff = \"linear\"\nmax_elapsed = \"10s\""), Ok(()));
    assert_eq!(ask(&policy).await, (4, secs(1 + 2 + 3)));
    let clone = policy.clone();
    assert_eq!(set("policy-retry.retry.enabled", false), Ok(()));
    assert_eq!(ask(&clone).await, (1, secs(0)));
    assert!(unset("policy-retry.retry.enabled"));
    drop((policy, clone));
    assert!(!config::effective().iter().any(|one| one.name == "policy-retry"), "gone with its last holder");
}

#[tokio::test(start_paused = true)]
async fn the_outermost_timeout_of_a_policy_takes_the_settings_of_its_name() {
    let _alone = alone();
    let ask: Policy<u32, Error> = Policy::named("policy-timeout").expect("a name")
        >> policy::timeout(secs(20)).expect("valid")
        >> policy::timeout(secs(10)).expect("valid");
    let limit = async || match ask.call(std::future::pending).await {
        Err(Error::Timeout { limit, elapsed, .. }) => (limit, elapsed),
        other => panic!("{other:?}"),
    };
    assert_eq!(limit().await, (secs(10), secs(10)));
    assert_eq!(load_toml("[policy-timeout.timeout]\nlimit = \"3s\""), Ok(()));
    assert_eq!(limit().await, (secs(3), secs(3)));
    assert_eq!(set("policy-timeout.timeout.enabled", false), Ok(()));
    assert_eq!(limit().await, (secs(10), secs(10)), "the inner one has no settings");
    assert_eq!(load_toml(""), Ok(()));
    assert!(unset("policy-timeout.timeout.enabled"));
    assert_eq!(set("policy-timeout.timeout.secs", 5), Ok(()));
    let blocking = ask.call_blocking(|| Ok(u32::try_from(left().as_millis()).unwrap_or(u32::MAX)));
    assert!(blocking.is_ok_and(|left| left <= 5_000));
}

fn left() -> Duration {
    resilience::remaining().unwrap_or_default()
}

#[test]
fn a_policy_without_a_name_and_delays_from_a_function_have_no_settings() {
    let _alone = alone();
    let nameless: Policy<u32, TestError> = Policy::new() >> policy::retry().max(1).no_delay().build().expect("valid");
    assert_eq!(load_toml("[all.retry]\nmax = 7"), Ok(()));
    let calls = Calls::default();
    let failing = || {
        calls.add();
        Err(TestError::Transient)
    };
    assert!(nameless.call_blocking(failing).is_err());
    assert_eq!(calls.take(), 2);
    let retry = policy::retry().max(1).backoff(|_| Duration::ZERO).build().expect("valid");
    let named: Policy<u32, TestError> = Policy::named("policy-code").expect("a name") >> retry;
    assert!(named.call_blocking(failing).is_err());
    assert_eq!(calls.take(), 8, "a setting for every name");
    let wrong = lines(set("policy-code.retry.backoff", "linear"));
    assert!(
        wrong[0].contains("[policy-code.retry] at a policy: `backoff` of `#[retry]` does nothing here"),
        "{wrong:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_gates_of_a_policy_by_key_take_settings() {
    let _alone = alone();
    let limited: resilience::policy::KeyedPolicy<u32, u32, Error> = Policy::named("policy-keys").expect("a name")
        >> policy::rate_limit("policy-keys").max(1).per(secs(3600)).key::<u32>().build().expect("valid");
    let mut admitted = 0;
    for _ in 0..5 {
        admitted += u32::from(limited.call_for(&1, || async { Ok(1) }).await.is_ok());
    }
    assert_eq!(admitted, 1);
    assert_eq!(load_toml("[policy-keys.rate_limit]\nmax = 3"), Ok(()));
    for _ in 0..5 {
        admitted += u32::from(limited.call_for(&1, || async { Ok(1) }).await.is_ok());
    }
    assert_eq!(admitted, 3, "the first one is still counted");
}
