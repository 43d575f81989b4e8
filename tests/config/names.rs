//! Names become known as functions are called.

use resilience::config::{check, load_env, load_toml, set};
use resilience::{bulkhead, circuit_breaker, retry};

use crate::common::{Answer, Recorder, TestError};
use crate::{alone, lines, value};

#[retry(max = 1, backoff = "none", config = "known")]
#[circuit_breaker(name = "known-breaker")]
fn known() -> Answer {
    Err(TestError::Transient)
}

#[test]
fn an_unknown_name_is_a_warning_before_all_are_known_and_an_error_afterwards() {
    let _alone = alone();
    assert!(known().is_err());
    let recorder = Recorder::start();
    assert_eq!(load_toml("[knwon.retry]\nmax = 5\n[known-breaker.circuit_breaker]\nfailure_threshold = 2"), Ok(()));
    let warned = recorder.named("config.unknown_name");
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert_eq!((warned[0].field("name"), warned[0].field("place")), ("knwon", "settings:2:7"));
    assert_eq!(warned[0].field("problem"), "no `#[retry]` has the name `knwon`; did you mean `known`?");
    assert_eq!(warned[0].level, tracing::Level::WARN);

    let expected = "settings:2:7: [knwon.retry] no `#[retry]` has the name `knwon`; did you mean `known`?";
    assert_eq!(lines(check()), [expected]);
    assert_eq!(value("known-breaker.circuit_breaker.failure_threshold"), "2", "a check changes nothing");
    assert_eq!(
        lines(load_toml("[knwon.retry]\nmax = 6")),
        ["settings:2:7: [knwon.retry] no `#[retry]` has the name `knwon`; did you mean `known`?"]
    );
    assert_eq!(
        lines(set("known.bulkhead.max", 3)),
        ["[known.bulkhead] `known` has no `#[bulkhead]` with this name or `config`; it has `retry`"]
    );
    assert_eq!(
        lines(load_env([("RESILIENCE_KNWON_RETRY_MAX", "3")])),
        ["RESILIENCE_KNWON_RETRY_MAX: [KNWON.retry] no `#[retry]` has the name `KNWON`; did you mean `known`?"]
    );
    assert_eq!(set("known.retry.max", 3), Ok(()), "an old mistake in the file is not in its way");
    assert_eq!(load_toml("[known.retry]\nmax = 6"), Ok(()));
    assert_eq!(check(), Ok(()));
}

#[test]
fn a_name_that_waits_is_told_once_and_is_no_warning() {
    let _alone = alone();
    assert!(known().is_err());
    let recorder = Recorder::start();
    assert_eq!(load_toml("[payments.retry]\nmax = 5"), Ok(()));
    let told = recorder.named("config.unknown_name");
    assert_eq!((told.len(), told[0].field("name"), told[0].level), (1, "payments", tracing::Level::DEBUG));
    assert_eq!(load_toml("[payments.retry]\nmax = 6"), Ok(()));
    assert_eq!(set("known.retry.max", 2), Ok(()));
    assert_eq!(recorder.named("config.unknown_name").len(), 1, "it still waits");
    assert_eq!(load_toml(""), Ok(()));
    assert_eq!(load_toml("[payments.retry]\nmax = 6"), Ok(()));
    assert_eq!(recorder.named("config.unknown_name").len(), 2, "it waits again");
    let all = lines(check());
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(all[0].starts_with("settings:2:7: [payments.retry] no `#[retry]` has the name `payments`"), "{all:?}");
}

#[test]
fn settings_wait_for_a_name_that_is_not_known_yet() {
    let _alone = alone();
    #[bulkhead(name = "later", max = 10)]
    fn later() -> Answer {
        Ok(1)
    }
    assert_eq!(load_toml("[later.bulkhead]\nmax = 4"), Ok(()));
    assert_eq!(later(), Ok(1));
    assert_eq!(value("later.bulkhead.max"), "4");
    assert_eq!(check(), Ok(()));
}

#[test]
fn a_name_that_comes_later_and_cannot_take_its_settings_goes_on_with_what_is_written() {
    let _alone = alone();
    #[retry(max = 1, base_delay = "30s", when = |_| false, config = "unfit")]
    fn unfit() -> Answer {
        Err(TestError::Transient)
    }
    assert_eq!(load_toml("[unfit.retry]\nmax_delay = \"10s\"\nmax = 4"), Ok(()));
    let recorder = Recorder::start();
    assert!(unfit().is_err());
    let told = recorder.named("config.invalid");
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].field("name"), told[0].field("attribute")), ("unfit", "retry"));
    let problem = "`base_delay` is longer than `max_delay`; raise `max_delay` or shorten `base_delay`";
    assert_eq!(told[0].field("problem"), problem);
    assert_eq!((value("unfit.retry.max"), value("unfit.retry.max_delay")), ("1".into(), "60s".into()));
    let wrong = lines(check());
    assert!(wrong[0].ends_with(problem) && wrong[0].contains("[unfit.retry] at tests/config/names.rs:"), "{wrong:?}");
    assert_eq!(load_toml("[unfit.retry]\nmax = 4"), Ok(()));
    assert_eq!(value("unfit.retry.max"), "4");
}
