//! Settings for all names apply where they have an effect, and settings for one name must have one.

use resilience::config::{load_env, load_toml, set};
use resilience::{CircuitBreaker, Error, bulkhead, circuit_breaker, rate_limit, retry, timeout};

use crate::common::{Answer, Elapsed, TestError};
use crate::{Calls, alone, lines, value};

#[sync_and_async::test]
async fn one_that_means_nothing_to_a_function_is_passed_over_there() {
    let _alone = alone();
    #[retry(max = 1, backoff = "none", config = "g at once")]
    async fn at_once(calls: &Calls) -> Answer {
        calls.add();
        pause().await;
        Err(TestError::Transient)
    }
    #[retry(max = 1, base_delay = "1s", backoff = "constant", jitter = false, config = "g delayed")]
    async fn delayed(calls: &Calls) -> Answer {
        calls.add();
        pause().await;
        Err(TestError::Transient)
    }
    let calls = Calls::default();
    assert!(at_once(&calls).await.is_err() && delayed(&calls).await.is_err());
    calls.take();
    assert_eq!(lines(load_toml("[all.retry]\nbase_delay = \"500ms\"\nmax = 2")), [""; 0]);
    let clock = Clock::start();
    assert!(at_once(&calls).await.is_err());
    assert_eq!((calls.take(), clock.elapsed().as_secs()), (3, 0), "the rest of the table applies");
    assert!(delayed(&calls).await.is_err());
    assert_eq!((calls.take(), clock.elapsed().as_millis()), (3, 1_000));
    let wrong = lines(load_toml("[\"g at once\".retry]\nbase_delay = \"2s\""));
    assert!(
        wrong.len() == 1
            && wrong[0].contains("`base_delay` does nothing with `backoff = \"none\"`; remove one of them"),
        "{wrong:?}"
    );
}

#[test]
fn a_general_setting_finds_what_a_specific_one_adds() {
    let _alone = alone();
    #[circuit_breaker(name = "g counted", failure_threshold = 50)]
    fn counted() -> Answer {
        Ok(1)
    }
    #[circuit_breaker(name = "g window", failure_threshold = 50)]
    fn windowed() -> Answer {
        Ok(1)
    }
    assert_eq!((counted(), windowed()), (Ok(1), Ok(1)));
    let general = "[all.circuit_breaker]\nfailure_rate = 0.9\nslow_call = \"3s\"\nslow_rate = 0.25\n";
    assert_eq!(lines(load_toml(&format!("{general}[\"g window\".circuit_breaker]\nwindow = 20"))), [""; 0]);
    let of = |name: &str, option: &str| value(&format!("{name}.circuit_breaker.{option}"));
    assert_eq!([of("g window", "failure_rate"), of("g window", "slow_rate")], ["0.9", "0.25"]);
    assert_eq!([of("g counted", "failure_threshold"), of("g counted", "slow_call")], ["50", "not set"]);
    let variable = ("RESILIENCE_G_COUNTED_CIRCUIT_BREAKER_WINDOW", "30s");
    assert_eq!(lines(load_env([variable])), [""; 0]);
    assert_eq!([of("g counted", "window"), of("g counted", "failure_rate")], ["30s", "0.9"]);
}

#[test]
fn a_setting_that_another_source_replaces_is_no_error() {
    let _alone = alone();
    #[circuit_breaker(name = "g replaced", window = 10, failure_rate = 0.5, half_open_calls = 4)]
    fn call(up: bool) -> Answer {
        if up { Ok(1) } else { Err(TestError::Transient) }
    }
    assert_eq!(call(true), Ok(1));
    assert_eq!(load_toml("[\"g replaced\".circuit_breaker]\nfailure_rate = 0.9\nslow_call = \"3s\""), Ok(()));
    assert_eq!(lines(set("g replaced.circuit_breaker.failure_threshold", 2)), [""; 0]);
    assert!(call(false).is_err() && call(false).is_err());
    assert!(call(true).is_err_and(|error| error.is_open()), "the threshold has replaced all that the window needs");
    CircuitBreaker::named("g replaced").expect("called").reset();
}

#[test]
fn threads_of_a_limit_that_needs_none() {
    let _alone = alone();
    #[timeout(secs = 30, mode = "cooperative", config = "g cooperative")]
    fn cooperative() -> Result<u32, Error> {
        Ok(1)
    }
    #[timeout(secs = 30, mode = "thread", config = "g thread")]
    fn on_thread(depth: u32) -> Result<u32, Error> {
        if depth == 0 { Ok(1) } else { on_thread(depth - 1) }
    }
    assert_eq!((cooperative(), on_thread(5)), (Ok(1), Ok(1)));
    for option in ["max_threads", "max_abandoned"] {
        let wrong = lines(set(&format!("g cooperative.timeout.{option}"), 9));
        let expected = format!("`{option}` of `#[timeout]` does nothing where there is no `mode = \"thread\"`");
        assert!(wrong.len() == 1 && wrong[0].contains(&expected), "{wrong:?}");
    }
    assert_eq!(load_toml("[all.timeout]\nmax_threads = 2\nmax_abandoned = 1\nsecs = 70"), Ok(()));
    assert_eq!((value("g cooperative.timeout.limit"), value("g thread.timeout.limit")), ("70s".into(), "70s".into()));
    assert!(matches!(on_thread(5), Err(Error::NoThread { .. })), "two threads");
}

#[sync_and_async::test]
async fn the_period_of_a_limit_changes_alone_and_its_pace_without_a_limit() {
    let _alone = alone();
    let _clock = Clock::start();
    #[rate_limit(name = "g period", max = 2, per = "1h")]
    async fn limited() -> Answer {
        pause().await;
        Ok(1)
    }
    #[rate_limit(name = "g hints", learn = true)]
    async fn hinted() -> Answer {
        pause().await;
        Ok(1)
    }
    #[bulkhead(name = "g places", max = 2)]
    async fn places() -> Answer {
        pause().await;
        Ok(1)
    }
    assert_eq!((limited().await, hinted().await, places().await), (Ok(1), Ok(1), Ok(1)));
    assert_eq!(limited().await, Ok(1));
    let wait = |answer: Answer| answer.err().and_then(|error| error.retry_after()).map_or(0, |wait| wait.as_secs());
    assert_eq!(wait(limited().await), 1800);
    assert_eq!(lines(set("g period.rate_limit.per", "20s")), [""; 0]);
    assert_eq!(wait(limited().await), 10);
    for (key, expected) in [
        ("g period.rate_limit.spread", "`spread` is the pace of a limit without `max`"),
        ("g hints.rate_limit.per", "`per` and `burst` belong to `max`; add it"),
        ("g hints.rate_limit.burst", "`per` and `burst` belong to `max`; add it"),
    ] {
        let wrong = if key.ends_with("burst") { lines(set(key, 3)) } else { lines(set(key, "3s")) };
        assert!(wrong.len() == 1 && wrong[0].contains(expected), "{wrong:?}");
    }
    assert_eq!(load_toml("[\"g hints\".rate_limit]\nmax = 5\nper = \"3s\"\nburst = 2"), Ok(()));
    assert_eq!(lines(load_toml("[\"g places\".bulkhead]\nmax = 3")), [""; 0]);
}
