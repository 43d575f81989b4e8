//! Where settings come from, and which of them applies.

use resilience::config::{self, SettingOrigin, load_env, load_toml, set, unset};
use resilience::testing::FakeStore;
use resilience::{Cache, RetryBudget, bulkhead, cached, circuit_breaker, rate_limit, retry, timeout};

use crate::common::{Answer, TestError};
use crate::{Calls, alone, lines, value};

#[retry(max = 2, backoff = "none", config = "order")]
#[bulkhead(name = "order-state", max = 20)]
fn ordered() -> Answer {
    Err(TestError::Transient)
}

fn origin(key: &str) -> String {
    let all = config::effective();
    let is_it = |line: &String| line.starts_with(&format!("{key} = "));
    all.iter().map(ToString::to_string).find(is_it).unwrap_or_else(|| panic!("no {key}"))
}

#[test]
fn specific_comes_before_general_and_the_program_before_environment_and_file() {
    let _alone = alone();
    assert!(ordered().is_err());
    assert!(origin("order.retry.max").starts_with("order.retry.max = 2 (tests/config/sources.rs:"));
    let steps: [(&str, fn()); 6] = [
        ("3", || assert_eq!(load_toml("[all.retry]\nmax = 3"), Ok(()))),
        ("4", || assert_eq!(load_env([("RESILIENCE_ALL_RETRY_MAX", "4")]), Ok(()))),
        ("5", || assert_eq!(set("all.retry.max", 5), Ok(()))),
        ("6", || assert_eq!(load_toml("[all.retry]\nmax = 3\n[order.retry]\nmax = 6"), Ok(()))),
        ("7", || {
            assert_eq!(load_env([("RESILIENCE_ALL_RETRY_MAX", "4"), ("RESILIENCE_ORDER_RETRY_MAX", "7")]), Ok(()));
        }),
        ("8", || assert_eq!(set("order.retry.max", 8), Ok(()))),
    ];
    for (expected, step) in steps {
        step();
        assert_eq!(value("order.retry.max"), expected);
    }
    assert!(unset("order.retry.max"));
    assert_eq!(origin("order.retry.max"), "order.retry.max = 7 (RESILIENCE_ORDER_RETRY_MAX)");
    assert_eq!(load_env([("HOME", "/root")]), Ok(()));
    assert_eq!(origin("order.retry.max"), "order.retry.max = 6 (settings:4:7)");
    assert_eq!(load_toml(""), Ok(()));
    assert_eq!(origin("order.retry.max"), "order.retry.max = 5 (program)");
    config::clear();
    assert!(origin("order.retry.max").starts_with("order.retry.max = 2 (tests/config/sources.rs:"));
}

#[test]
fn effective_lists_every_value_with_its_origin() {
    let _alone = alone();
    assert!(ordered().is_err());
    assert_eq!(load_toml("[order-state.bulkhead]\nenabled = false\nmax = 7"), Ok(()));
    let mine: Vec<_> = config::effective().into_iter().filter(|one| one.name == "order-state").collect();
    let values: Vec<_> = mine.iter().map(|one| (one.option, one.value.as_deref())).collect();
    let expected = [
        ("max", Some("7")),
        ("queue", Some("0")),
        ("wait", None),
        ("max_keys", Some("1000")),
        ("lease", None),
        ("enabled", Some("false")),
    ];
    assert_eq!(values, expected);
    assert_eq!(mine[0].origin, SettingOrigin::File { place: "settings:3:7".to_owned() });
    assert!(
        matches!(&mine[1].origin, SettingOrigin::Written { place } if place.starts_with("tests/config/sources.rs:"))
    );
}

#[tokio::test]
async fn effective_lists_what_processes_share_where_there_is_a_store() {
    static STORE: FakeStore = FakeStore::new("listed");
    let _alone = alone();

    #[cached(name = "listed-cache", near = "7s", store = STORE)]
    #[rate_limit(name = "listed-limit", max = 9, lease = 4, on_outage = "open", instances = 3, store = STORE)]
    #[circuit_breaker(name = "listed-breaker", quorum = 2, store = STORE)]
    #[bulkhead(name = "listed-places", max = 1, lease = "12s", store = STORE)]
    async fn shared(id: u32) -> Answer {
        Ok(id)
    }

    #[cached(name = "local-cache")]
    #[rate_limit(name = "local-limit", max = 9)]
    #[circuit_breaker(name = "local-breaker")]
    #[bulkhead(name = "local-places", max = 1)]
    async fn local(id: u32) -> Answer {
        Ok(id)
    }

    assert_eq!((shared(1).await, local(1).await), (Ok(1), Ok(1)));
    for (option, shared, local) in [
        ("cache.cached.near", "7s", "not set"),
        ("limit.rate_limit.lease", "4", "not set"),
        ("limit.rate_limit.on_outage", "open", "local"),
        ("limit.rate_limit.instances", "3", "1"),
        ("breaker.circuit_breaker.quorum", "2", "not set"),
        ("places.bulkhead.lease", "12s", "not set"),
    ] {
        let values = (value(&format!("listed-{option}")), value(&format!("local-{option}")));
        assert_eq!((&*values.0, &*values.1), (shared, local), "{option}");
    }
}

#[test]
fn a_variable_finds_a_name_with_other_letters() {
    let _alone = alone();
    #[retry(max = 1, when = |_| false, config = "my.search-api::v2")]
    fn dotted() -> Answer {
        Err(TestError::Transient)
    }
    assert_eq!(load_env([("RESILIENCE_MY_SEARCH_API__V2_RETRY_MAX_DELAY_MS", "1500")]), Ok(()));
    assert!(dotted().is_err());
    assert_eq!(value("my.search-api::v2.retry.max_delay"), "1.5s");
    assert_eq!(load_env([("RESILIENCE_MY_SEARCH_API__V2_RETRY_BASE_DELAY", " 3s ")]), Ok(()));
    assert_eq!(value("my.search-api::v2.retry.base_delay"), "3s");
    assert_eq!(load_env([("RESILIENCE_MY_SEARCH_API__V2_RETRY_JITTER", "0.25")]), Ok(()));
    assert_eq!(value("my.search-api::v2.retry.jitter"), "0.25");
    assert_eq!(load_toml("[\"my.search-api::v2\".retry]\nmax = 6"), Ok(()));
    assert_eq!(set("my.search-api::v2.retry.factor", 3.5), Ok(()));
    assert_eq!(
        (value("my.search-api::v2.retry.max"), value("my.search-api::v2.retry.factor")),
        ("6".into(), "3.5".into())
    );
}

#[test]
fn a_variable_is_found_in_small_letters_and_its_number_read_as_in_a_file() {
    let _alone = alone();
    #[retry(max = 1, when = |_| false, config = "Spelled")]
    #[circuit_breaker(failure_threshold = 9)]
    #[timeout(secs = 9, mode = "cooperative")]
    fn spelled() -> Answer {
        Err(TestError::Transient)
    }
    assert!(spelled().is_err());
    for (variable, text, key, expected) in [
        ("RESILIENCE_spelled_RETRY_MAX", "1_0", "retry.max", "10"),
        ("resilience_spelled_retry_max_delay_ms", "2_500", "retry.max_delay", "2.5s"),
        ("RESILIENCE_Spelled_Retry_Max_Delay_ms", "1_500", "retry.max_delay", "1.5s"),
        ("RESILIENCE_SPELLED_RETRY_FACTOR", "1_0.5", "retry.factor", "10.5"),
        ("RESILIENCE_SPELLED_TIMEOUT_SECS", "1e3", "timeout.limit", "1000s"),
        ("RESILIENCE_SPELLED_TIMEOUT_SECS", "2.5E-1", "timeout.limit", "250ms"),
        ("RESILIENCE_SPELLED_CIRCUIT_BREAKER_WINDOW", "1_00", "circuit_breaker.window", "100"),
    ] {
        assert_eq!(lines(load_env([(variable, text)])), [""; 0], "{variable}");
        assert_eq!(value(&format!("Spelled.{key}")), expected, "{variable} = {text}");
    }
    let twice = [("RESILIENCE_SPELLED_RETRY_MAX", "3"), ("RESILIENCE_spelled_RETRY_MAX", "4")];
    assert!(lines(load_env(twice))[0].contains("`max` is given twice"));
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_an_error_if_it_is_ours() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    let _alone = alone();
    let broken = || OsString::from_vec(vec![b'4', 0xff]);
    assert_eq!(load_env([(OsString::from("LS_COLORS"), broken()), (broken(), OsString::from("4"))]), Ok(()));
    assert_eq!(
        lines(load_env([(OsString::from("RESILIENCE_LLM_RETRY_MAX"), broken())])),
        ["RESILIENCE_LLM_RETRY_MAX: its value is not Unicode"]
    );
    assert_eq!(load_env(std::env::vars_os()), Ok(()));
    assert_eq!(load_env(std::env::vars()), Ok(()));
}

#[test]
fn a_variable_finds_a_name_that_ends_with_the_attribute() {
    let _alone = alone();
    #[retry(max = 1, backoff = "none", config = "with-retry")]
    #[timeout(secs = 9, mode = "cooperative")]
    fn with_retry() -> Answer {
        Err(TestError::Transient)
    }
    let variables = [("RESILIENCE_WITH_RETRY_RETRY_MAX", "3"), ("RESILIENCE_WITH_RETRY_TIMEOUT_SECS", "3")];
    for _ in 0..2 {
        assert_eq!(load_env(variables), Ok(()), "before the first call and after it");
        assert!(with_retry().is_err());
        assert_eq!((value("with-retry.retry.max"), value("with-retry.timeout.limit")), ("3".into(), "3s".into()));
        assert_eq!(load_env([("HOME", "/root")]), Ok(()));
    }
}

#[test]
fn a_variable_that_two_names_spell_alike_is_an_error() {
    let _alone = alone();
    #[bulkhead(name = "twin-a", max = 1)]
    fn first() -> Answer {
        Ok(1)
    }
    #[bulkhead(name = "twin.a", max = 1)]
    fn second() -> Answer {
        Ok(1)
    }
    assert_eq!(load_env([("RESILIENCE_TWIN_A_BULKHEAD_MAX", "5")]), Ok(()), "only one is possible so far");
    assert_eq!((first(), second()), (Ok(1), Ok(1)));
    let wrong = lines(load_env([("RESILIENCE_TWIN_A_BULKHEAD_MAX", "6")]));
    assert_eq!(
        wrong,
        ["RESILIENCE_TWIN_A_BULKHEAD_MAX: `RESILIENCE_TWIN_A_BULKHEAD_MAX` may mean the name \"twin-a\" or the name \
          \"twin.a\"; write it in a file, or change one name"]
    );
    assert!(lines(config::check()).iter().any(|line| line.contains("may mean the name \"twin-a\"")));
}

#[sync_and_async::test]
async fn a_cache_takes_settings_and_keeps_its_entries() {
    let _alone = alone();
    #[cached(name = "kept entries", ttl = "1h", max_size = 100)]
    async fn call(key: u32, calls: &Calls2) -> u32 {
        calls.0.add();
        pause().await;
        key
    }
    let calls = Calls2::default();
    for key in 0..5 {
        assert_eq!(call(key, &calls).await, key);
    }
    assert_eq!(calls.0.take(), 5);
    assert_eq!(load_toml("[\"kept entries\".cached]\nttl = \"5m\"\nmax_size = 50"), Ok(()));
    for key in 0..5 {
        call(key, &calls).await;
    }
    assert_eq!(calls.0.take(), 0, "the entries are kept");
    assert_eq!(set("kept entries.cached.max_size", 2), Ok(()));
    assert!(Cache::named("kept entries").expect("called").len() <= 2);

    assert_eq!(set("kept entries.cached.enabled", false), Ok(()));
    for _ in 0..3 {
        call(4, &calls).await;
    }
    assert_eq!(calls.0.take(), 3, "each call runs the body");
    assert!(unset("kept entries.cached.enabled"));
    call(9, &calls).await;
    call(9, &calls).await;
    assert_eq!(calls.0.take(), 1);

    let wrong = lines(set("kept entries.cached.negative_ttl", "1s"));
    assert!(wrong[0].contains("`negative_ttl` of `#[cached]` does nothing where the attribute has none"), "{wrong:?}");
    let wrong = lines(set("kept entries.cached.max_weight", 3));
    assert!(wrong[0].contains("`max_weight` of `#[cached]` needs `weigh`"), "{wrong:?}");
}

/// Not a part of the key.
#[derive(Debug, Default, Clone)]
struct Calls2(std::sync::Arc<Calls>);

impl PartialEq for Calls2 {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Calls2 {}

impl std::hash::Hash for Calls2 {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

#[sync_and_async::test]
async fn a_time_to_live_from_settings_applies_to_what_is_stored_from_then_on() {
    let _alone = alone();
    #[cached(name = "lives", ttl = "1h")]
    async fn call(key: u32, calls: &Calls2) -> u32 {
        calls.0.add();
        pause().await;
        key
    }
    let (calls, clock) = (Calls2::default(), Clock::start());
    assert_eq!(set("lives.cached.ttl", "10s"), Ok(()));
    call(1, &calls).await;
    clock.sleep(crate::common::secs(9)).await;
    call(1, &calls).await;
    assert_eq!(calls.0.take(), 1);
    clock.sleep(crate::common::secs(2)).await;
    call(1, &calls).await;
    assert_eq!(calls.0.take(), 1);
}

#[sync_and_async::test]
async fn a_retry_budget_takes_settings_and_keeps_its_debt() {
    let _alone = alone();
    #[retry(max = 1, backoff = "none", budget = "set budget")]
    async fn call(calls: &Calls) -> Answer {
        calls.add();
        pause().await;
        Err(TestError::Transient)
    }
    let calls = Calls::default();
    let budget = || RetryBudget::named("set budget").expect("called").snapshot();
    let settings = "[\"set budget\".budget]\nratio = 0.0\nmin_per_second = 0\ncapacity = 3";
    assert_eq!(load_toml(settings), Ok(()));
    for _ in 0..5 {
        assert!(call(&calls).await.is_err());
    }
    assert_eq!((calls.take(), budget().capacity, budget().available), (5 + 3, 3, 0));
    assert_eq!(load_toml(&settings.replace("capacity = 3", "capacity = 4")), Ok(()));
    assert_eq!(budget().available, 1, "three of the four are used up");
    assert_eq!(load_toml("[\"set budget\".budget]\nenabled = false"), Ok(()));
    for _ in 0..500 {
        assert!(call(&calls).await.is_err());
    }
    assert_eq!(calls.take(), 1_000);
}
