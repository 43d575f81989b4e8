//! What `effective` lists is what applies.

use resilience::config::{self, load_env, load_toml, set};
use resilience::{Policy, cached, circuit_breaker, policy, retry};

use crate::common::{Answer, TestError};
use crate::{Calls, alone, lines};

fn origins(keys: &[&str]) -> Vec<String> {
    let all: Vec<String> = config::effective().iter().map(ToString::to_string).collect();
    let of = |key: &&str| all.iter().find(|line| line.starts_with(&format!("{key} = "))).cloned();
    keys.iter().map(|key| of(key).unwrap_or_else(|| panic!("no {key}"))).collect()
}

#[sync_and_async::test]
async fn two_spellings_of_one_value_are_listed_alike() {
    let _alone = alone();
    #[retry(max = 3, backoff = "none", config = "both words")]
    async fn call(calls: &Calls) -> Answer {
        calls.add();
        pause().await;
        Err(TestError::Transient)
    }
    let listed = || origins(&["both words.retry.max", "both words.retry.attempts"]);
    let calls = Calls::default();
    assert!(call(&calls).await.is_err());
    assert_eq!(calls.take(), 4);
    assert_eq!(load_toml("[\"both words\".retry]\nmax = 5"), Ok(()));
    assert_eq!(listed(), ["both words.retry.max = 5 (settings:2:7)", "both words.retry.attempts = 6 (settings:2:7)"]);
    assert_eq!(load_env([("RESILIENCE_BOTH_WORDS_RETRY_ATTEMPTS", "2")]), Ok(()));
    assert!(call(&calls).await.is_err());
    assert_eq!(calls.take(), 2);
    let variable = "RESILIENCE_BOTH_WORDS_RETRY_ATTEMPTS";
    assert_eq!(
        listed(),
        [format!("both words.retry.max = 1 ({variable})"), format!("both words.retry.attempts = 2 ({variable})")]
    );
}

#[test]
fn an_option_that_another_replaces_is_not_set() {
    let _alone = alone();
    #[circuit_breaker(name = "replaced", failure_threshold = 50)]
    fn call() -> Answer {
        Ok(1)
    }
    assert_eq!(call(), Ok(1));
    assert_eq!(load_toml("[replaced.circuit_breaker]\nwindow = 10"), Ok(()));
    let breaker = |option: &str| origins(&[&format!("replaced.circuit_breaker.{option}")]).concat();
    assert_eq!(breaker("failure_threshold"), "replaced.circuit_breaker.failure_threshold = not set (settings:2:10)");
    assert_eq!(breaker("window"), "replaced.circuit_breaker.window = 10 (settings:2:10)");
    assert_eq!(breaker("failure_rate"), "replaced.circuit_breaker.failure_rate = 0.5 (settings:2:10)");
    assert!(breaker("min_calls").ends_with(" = 10 (settings:2:10)"), "{}", breaker("min_calls"));
    assert_eq!(load_env([("RESILIENCE_REPLACED_CIRCUIT_BREAKER_FAILURE_THRESHOLD", "4")]), Ok(()));
    let variable = "RESILIENCE_REPLACED_CIRCUIT_BREAKER_FAILURE_THRESHOLD";
    assert_eq!(breaker("window"), format!("replaced.circuit_breaker.window = not set ({variable})"));
    assert_eq!(breaker("failure_threshold"), format!("replaced.circuit_breaker.failure_threshold = 4 ({variable})"));
    assert!(breaker("recovery").starts_with("replaced.circuit_breaker.recovery = 60s (tests/config/in_force.rs:"));
}

#[test]
fn a_delay_that_a_shorter_limit_replaces_is_listed_as_it_is() {
    let _alone = alone();
    #[retry(max = 1, when = |_| false, config = "shortened")]
    fn call() -> Answer {
        Err(TestError::Transient)
    }
    assert!(call().is_err());
    assert_eq!(load_toml("[shortened.retry]\nmax = 2\nmax_delay = \"10ms\""), Ok(()));
    assert_eq!(
        origins(&["shortened.retry.base_delay", "shortened.retry.max_delay"]),
        ["shortened.retry.base_delay = 10ms (settings:3:13)", "shortened.retry.max_delay = 10ms (settings:3:13)"]
    );
}

#[test]
fn what_the_program_sets_last_replaces_its_counterpart() {
    let _alone = alone();
    #[retry(max = 1, backoff = "none", config = "set twice")]
    #[circuit_breaker(failure_threshold = 500)]
    fn call(calls: &Calls) -> Answer {
        calls.add();
        Err(TestError::Transient)
    }
    let calls = Calls::default();
    for (key, value, bodies) in [("attempts", 2, 2), ("max", 4, 5), ("max", 2, 3), ("attempts", 5, 5)] {
        assert_eq!(set(&format!("set twice.retry.{key}"), value), Ok(()));
        assert!(call(&calls).is_err());
        assert_eq!(calls.take(), bodies, "{key} = {value}");
    }
    let breaker = |option: &str| origins(&[&format!("set twice.circuit_breaker.{option}")]).concat();
    assert_eq!(set("set twice.circuit_breaker.window", 10), Ok(()));
    assert_eq!(set("set twice.circuit_breaker.failure_threshold", 7), Ok(()));
    assert!(breaker("window").starts_with("set twice.circuit_breaker.window = not set (tests/config/in_force.rs:"));
    assert_eq!(breaker("failure_threshold"), "set twice.circuit_breaker.failure_threshold = 7 (program)");
}

#[test]
fn no_retry_at_run_time_is_a_value() {
    let _alone = alone();
    #[retry(max = 3, backoff = "none", config = "none of it")]
    fn call(calls: &Calls) -> Answer {
        calls.add();
        Err(TestError::Transient)
    }
    let calls = Calls::default();
    for text in ["max = 0", "max_retries = 0", "attempts = 1"] {
        assert_eq!(load_toml(&format!("[\"none of it\".retry]\n{text}")), Ok(()), "{text}");
        assert!(call(&calls).is_err());
        assert_eq!(calls.take(), 1, "{text}");
        assert_eq!(
            origins(&["none of it.retry.max", "none of it.retry.attempts"]),
            ["none of it.retry.max = 0 ", "none of it.retry.attempts = 1 "]
                .map(|value| format!("{value}(settings:2:{})", text.find('=').unwrap_or_default() + 3))
        );
    }
    assert_eq!(load_env([("RESILIENCE_NONE_OF_IT_RETRY_MAX", "0")]), Ok(()));
    assert_eq!(set("all.retry.max", 0), Ok(()));
    assert_eq!(
        lines(set("none of it.retry.attempts", 0)),
        ["none of it.retry.attempts: `attempts` counts the first call: it must be at least 1"]
    );
    let retry = policy::retry().max(2).no_delay().build().expect("valid");
    let of_policy: Policy<u32, TestError> = Policy::named("none of a policy").expect("a name") >> retry;
    assert!(
        of_policy
            .call_blocking(|| {
                calls.add();
                Err(TestError::Transient)
            })
            .is_err()
    );
    assert_eq!(calls.take(), 1);
}

#[test]
fn a_cache_lists_the_values_of_its_settings() {
    let _alone = alone();
    #[cached(name = "listed alike", ttl = "1h", ttl_jitter = 0.1)]
    fn call(id: u32) -> u32 {
        id
    }
    assert_eq!(call(1), 1);
    assert_eq!(load_toml("[\"listed alike\".cached]\nttl_secs = 90\nttl_jitter = 0.3\nmax_size = 7"), Ok(()));
    assert_eq!(
        origins(&["listed alike.cached.ttl", "listed alike.cached.ttl_jitter", "listed alike.cached.max_size"]),
        [
            "listed alike.cached.ttl = 90s (settings:2:12)",
            "listed alike.cached.ttl_jitter = 0.3 (settings:3:14)",
            "listed alike.cached.max_size = 7 (settings:4:12)"
        ]
    );
}
