#![deny(warnings)]
#![allow(clippy::items_after_statements, reason = "each scenario declares its functions where it needs them")]
//! Settings that nobody uses are told as soon as that can be known. In a process of its own, because a function
//! that has been called is known for ever.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
#[path = "../config/alone.rs"]
mod alone;

use alone::{alone, lines};
use resilience::config::{self, check, load_toml, set};
use resilience::{CircuitBreaker, bulkhead, circuit_breaker, rate_limit, retry};

use crate::common::{Answer, Recorder, TestError};

/// The names and the levels of the events about unknown names.
fn told(recorder: &Recorder) -> Vec<(String, tracing::Level)> {
    let told = recorder.named("config.unknown_name");
    told.iter().map(|event| (event.field("name").to_owned(), event.level)).collect()
}

#[sync_and_async::test]
async fn a_slip_that_was_loaded_first_is_told_when_the_name_comes() {
    let _alone = alone();
    #[retry(max = 1, backoff = "none", config = "payments-api")]
    async fn payments() -> Answer {
        pause().await;
        Err(TestError::Transient)
    }
    let recorder = Recorder::start();
    assert_eq!(load_toml("[paymenst-api.retry]\nmax = 5"), Ok(()));
    assert!(payments().await.is_err());
    let warned = || {
        let told = recorder.named("config.unknown_name").into_iter();
        told.filter(|event| event.level == tracing::Level::WARN).collect::<Vec<_>>()
    };
    assert_eq!((warned().len(), warned()[0].field("name")), (1, "paymenst-api"));
    let event = &warned()[0];
    assert_eq!(event.field("problem"), "no `#[retry]` has the name `paymenst-api`; did you mean `payments-api`?");
    assert_eq!(event.field("place"), "settings:2:7");
    for _ in 0..3 {
        assert!(payments().await.is_err());
        let (_snapshot, _effective) = (resilience::snapshot(), config::effective());
    }
    assert_eq!(warned().len(), 1, "once");
}

#[test]
fn a_function_that_was_not_called_yet_is_no_mistake() {
    let _alone = alone();
    #[retry(max = 1, backoff = "none", config = "orders-eu")]
    fn eu() -> Answer {
        Err(TestError::Transient)
    }
    #[retry(max = 1, backoff = "none", config = "orders-us")]
    fn us() -> Answer {
        Err(TestError::Transient)
    }
    #[bulkhead(name = "shard1", max = 1)]
    fn shard() -> Answer {
        Ok(1)
    }
    #[retry(max = 1, backoff = "none", config = "reader")]
    fn reader() -> Answer {
        Err(TestError::Transient)
    }
    let recorder = Recorder::start();
    let text =
        "[orders-us.retry]\nmax = 2\n[shard2.bulkhead]\nmax = 2\n[readers.retry]\nmax = 2\n[reader.retry]\nmax = 2";
    assert_eq!(load_toml(text), Ok(()));
    assert!(eu().is_err() && reader().is_err());
    assert_eq!(shard(), Ok(1));
    let warned =
        |recorder: &Recorder| told(recorder).into_iter().filter(|(_, level)| *level == tracing::Level::WARN).count();
    assert_eq!(warned(&recorder), 0, "{:?}", told(&recorder));
    let _looked = resilience::snapshot();
    assert_eq!(warned(&recorder), 0, "{:?}", told(&recorder));
    assert!(us().is_err());
    assert_eq!(config::effective().iter().filter(|one| one.name == "orders-us" && one.option == "max").count(), 1);
}

#[test]
fn whoever_looks_at_the_state_is_told_what_still_waits() {
    let _alone = alone();
    #[circuit_breaker(name = "looked at")]
    fn call() -> Answer {
        Ok(1)
    }
    let recorder = Recorder::start();
    assert_eq!(load_toml("[elsewhere.circuit_breaker]\nfailure_threshold = 5"), Ok(()));
    assert_eq!(call(), Ok(1));
    for _ in 0..3 {
        let _looked = resilience::snapshot();
    }
    assert_eq!(told(&recorder), [("elsewhere".to_owned(), tracing::Level::DEBUG)]);
    assert!(CircuitBreaker::named("looked at").is_some());
}

#[sync_and_async::test]
async fn what_no_function_takes_is_told_and_an_error_once_all_are_known() {
    let _alone = alone();
    #[rate_limit(name = "limit", max = 1_000)]
    async fn call() -> Answer {
        pause().await;
        Ok(1)
    }
    assert_eq!(call().await, Ok(1));
    let recorder = Recorder::start();
    assert_eq!(load_toml("[all.rate_limit]\nspread = \"5s\"\nper = \"2s\"\n[all.cached]\nttl = \"1s\""), Ok(()));
    let told: Vec<String> =
        recorder.named("config.unknown_name").iter().map(|event| event.field("problem").to_owned()).collect();
    let of_limit = "`spread` applies to no `#[rate_limit]` in use: `spread` is the pace of a limit without `max`; with \
                    one, calls that were held back go at its rate; remove one of them";
    let of_cache = "no `#[cached]` in use has a name or `config = \"..\"`; add one, or remove the table";
    assert!(
        told.iter().any(|problem| problem == of_cache) && told.iter().any(|problem| problem == of_limit),
        "{told:?}"
    );
    assert_eq!(
        lines(check()),
        [format!("settings:2:10: [all.rate_limit] {of_limit}"), format!("settings:5:7: [all.cached] {of_cache}")]
    );
    assert_eq!(lines(set("all.rate_limit.spread", "9s")), [format!("[all.rate_limit] {of_limit}")]);
    assert_eq!(set("all.rate_limit.burst", 9), Ok(()));
}

#[test]
fn other_spellings_of_all_names_are_told_at_once() {
    let _alone = alone();
    let recorder = Recorder::start();
    for name in ["ALL", "*", "All"] {
        assert_eq!(load_toml(&format!("[\"{name}\".timeout]\nsecs = 3")), Ok(()));
    }
    let warned: Vec<_> =
        told(&recorder).into_iter().filter(|(_, level)| *level == tracing::Level::WARN).map(|(name, _)| name).collect();
    assert_eq!(warned, ["ALL", "*", "All"]);
    let expected = "settings:2:8: [All.timeout] no `#[timeout]` has the name `All`; the table for every name is \
                    `[all.timeout]`";
    assert_eq!(lines(check()), [expected]);
}
