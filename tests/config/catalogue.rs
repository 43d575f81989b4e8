//! Every mistake in settings has one clear error, and changes nothing.

use resilience::config::{self, load_env, load_toml, set};
use resilience::{bulkhead, cached, circuit_breaker, rate_limit, retry, timeout};

use crate::common::{Answer, TestError};
use crate::{alone, lines};

#[retry(max = 2, base_delay = "1ms", max_delay = "1s", config = "cat")]
#[timeout(secs = 30, mode = "cooperative")]
#[circuit_breaker(failure_threshold = 50)]
#[rate_limit(max = 1_000_000)]
#[bulkhead(max = 100)]
#[cached(ttl = "1h")]
fn stack() -> Answer {
    Err(TestError::Permanent)
}

/// The text of a file, and a part of its one error, with the place.
const FILES: &[(&str, &str)] = &[
    // TOML
    ("[cat.retry\nmax = 1", "settings:1:11: unclosed table, expected `]`"),
    ("[cat.retry]\nmax 1", "settings:2:5: key with no value, expected `=`"),
    ("[cat.retry]\nmax = ", "settings:2:7: "),
    ("[cat.retry]\nmax = 1\nmax = 2", "settings:3:1: duplicate key"),
    ("[cat.retry]\nmax = 1\n[cat.retry]\nfactor = 2.0", "settings:3:"),
    ("max = \"open", "settings:1:12: "),
    // tables
    ("max = 3", "settings:1:1: `max` is outside of a table; settings stand in `[name.attribute]`"),
    ("[cat]\nretry = 3", "[cat.retry] `retry` is a table of settings: write `[cat.retry]`"),
    ("[cat.retri]\nmax = 1", "settings:1:6: [cat.retri] there is no attribute `retri`; did you mean `retry`?"),
    (
        "[cat.circuitbreaker]\nrecovery = \"1s\"",
        "there is no attribute `circuitbreaker`; did you mean `circuit_breaker`?",
    ),
    ("[cat.hedge]\nafter = \"1s\"", "there is no attribute `hedge`; the attributes are `budget`, `bulkhead`, `cached`"),
    ("[cat.x.retry]\nmax = 1", "a name with dots stands in quotes: `[\"cat.x\".retry]`"),
    ("[cat.x.y.retry]\nmax = 1", "a name with dots stands in quotes: `[\"cat.x.y\".retry]`"),
    ("[\"cat.retry\"]\nmax = 1", "the name alone stands in quotes: `[\"cat\".retry]`"),
    ("[cat]\nqueue = 3", "`queue` stands in the table of its attribute: `[cat.bulkhead]`"),
    ("[all]\nenabled = false", "`[all.rate_limit]`, `[all.retry]` and `[all.timeout]`"),
    ("[\"\".retry]\nmax = 1", "the name of a table is empty"),
    (
        "[retry]\nmax = 3",
        "settings:2:1: [retry.max] there is no attribute `max`; a table begins with a name: `[llm.retry]` for `llm`, \
         `[all.retry]` for every name",
    ),
    ("[[cat.retry]]\nmax = 1", "`retry` is a table of settings: write `[cat.retry]`"),
    (
        "[cat.fallback]\nenabled = false",
        "a fallback is code, which is fixed when the program is compiled, and cannot be switched off",
    ),
    // keys
    ("[cat.retry]\nmx = 1", "settings:2:1: [cat.retry] `#[retry]` has no argument `mx`; did you mean `max`?"),
    ("[cat.retry]\ncolour = 1", "`#[retry]` has no argument `colour`; its settings are `max`, `attempts`"),
    ("[cat.retry]\nenabeld = false", "`#[retry]` has no argument `enabeld`; did you mean `enabled`?"),
    (
        "[cat.retry]\nwhen = \"is_transient\"",
        "`when` of `#[retry]` is code, which is fixed when the program is compiled; change the attribute",
    ),
    ("[cat.retry]\nmap_err = \"x\"", "`#[retry]` has no argument `map_err`"),
    ("[cat.bulkhead]\nmap_err = \"x\"", "`map_err` of `#[bulkhead]` is code"),
    ("[cat.bulkhead]\nkey = \"tenant\"", "`key` of `#[bulkhead]` is code"),
    ("[cat.bulkhead]\nname = \"x\"", "`name` of `#[bulkhead]` names the state, and settings are found by the name"),
    ("[cat.retry]\nshare = [\"a\"]", "`share` of `#[retry]` is code"),
    ("[cat.retry]\nbudget = \"a\"", "`budget` of `#[retry]` is code"),
    ("[cat.retry]\nlog_errors = true", "`log_errors` of `#[retry]` changes the generated code"),
    ("[cat.timeout]\nmode = \"thread\"", "`mode` of `#[timeout]` changes the generated code"),
    ("[cat.rate_limit]\nrate = 5", "`#[rate_limit]` has no argument `rate`"),
    (
        "[cat.retry]\nmax_delay = \"1s\"\nmax_delay_ms = 1",
        "settings:3:1: [cat.retry] `max_delay` is given twice, as `max_delay` and as `max_delay_ms`; keep one",
    ),
    ("[cat.retry]\nmax = 1\nmax_retries = 1", "`max` is given twice, as `max` and as `max_retries`; keep one"),
    ("[cat.timeout]\nsecs = 1\nms = 1", "`limit` is given twice, as `"),
    // counts
    ("[cat.retry]\nattempts = 0", "settings:2:12: [cat.retry] `attempts` counts the first call: it must be at least 1"),
    ("[cat.retry]\nmax = -1", "`max` of `#[retry]` is a count and cannot be negative"),
    ("[cat.retry]\nmax = 2.5", "`max` of `#[retry]` takes a whole number, not a number with a fraction: `max = 3`"),
    ("[cat.retry]\nmax = \"3\"", "`max` of `#[retry]` takes a whole number, not a string: `max = 3`"),
    ("[cat.retry]\nmax = true", "`max` of `#[retry]` takes a whole number, not a boolean"),
    ("[cat.retry]\nmax = [1]", "`max` of `#[retry]` takes a whole number, not an array"),
    ("[cat.retry]\nmax = 99999999999999999999999999999999999999999", "`max` of `#[retry]` is too large"),
    ("[cat.retry]\nmax = -99999999999999999999999999999999999999999", "`max` of `#[retry]` is a count and cannot be"),
    ("[cat.retry]\nmax = inf", "`max` of `#[retry]` takes a whole number, not `inf`"),
    ("[cat.timeout]\nsecs = nan", "`secs` of `#[timeout]` takes a number, not `nan`"),
    ("[cat.retry]\nmax = 4294967296", "`max` of `#[retry]` is too large; the largest number is 4294967295"),
    ("[cat.retry]\nmax = 1979-05-27", "`max` of `#[retry]` takes a whole number, not a date"),
    ("[cat.retry.max]\na = 1", "`max` of `#[retry]` takes a whole number, not a table"),
    ("[cat.bulkhead]\nmax = 0", "`max` must be at least 1"),
    ("[cat.bulkhead]\nmax_keys = 0", "`max_keys` must be at least 1"),
    ("[cat.rate_limit]\nburst = 0", "`burst` must be at least 1"),
    ("[cat.circuit_breaker]\nwindow = 0", "a `window` holds between 1 and 100000 calls"),
    ("[cat.circuit_breaker]\nwindow = 100_001", "a `window` holds between 1 and 100000 calls"),
    ("[cat.cached]\nmax_size = 0", "`max_size` must be at least 1"),
    ("[cat.budget]\ncapacity = 0", "`capacity` must be at least 1"),
    // numbers
    ("[cat.retry]\nfactor = 0.5", "`factor` must be between 1 and 1e9"),
    ("[cat.retry]\nfactor = nan", "`factor` must be between 1 and 1e9"),
    ("[cat.retry]\nfactor = \"2\"", "`factor` of `#[retry]` takes a number, not a string"),
    ("[cat.retry]\njitter = 1.5", "`jitter` must be between 0 and 1"),
    ("[cat.retry]\njitter = \"ful\"", "unknown jitter \"ful\"; did you mean \"full\"?"),
    ("[cat.circuit_breaker]\nwindow = 10\nfailure_rate = 0.0", "`failure_rate` must be above 0 and at most 1"),
    ("[cat.circuit_breaker]\nwindow = 10\nfailure_rate = 50", "`failure_rate` must be above 0 and at most 1"),
    ("[cat.cached]\nttl_jitter = -0.1", "`ttl_jitter` must be between 0 and 1"),
    ("[cat.budget]\nratio = 2", "`ratio` must be between 0 and 1"),
    // durations
    ("[cat.timeout]\nlimit = 30", "the limit of `#[timeout]` has no unit: write `limit = \"30s\"` or `secs = 30`"),
    ("[cat.timeout]\nlimit = \"30\"", "the limit of `#[timeout]` cannot be read: \"30\" has no unit"),
    ("[cat.timeout]\nlimit = \"0s\"", "a timeout of zero can only fail; give the body some time"),
    ("[cat.timeout]\nsecs = -1", "`secs` of `#[timeout]` cannot be negative"),
    ("[cat.timeout]\nsecs = \"1s\"", "`secs` of `#[timeout]` takes a number, not a string"),
    (
        "[cat.retry]\nbase_delay = 5",
        "`base_delay` of `#[retry]` has no unit: write `base_delay = \"5s\"` or `base_delay_secs = 5`",
    ),
    ("[cat.retry]\nbase_delay = \"5 parsecs\"", "\"parsecs\" is not a unit of time"),
    ("[cat.retry]\nbase_delay = true", "`base_delay` of `#[retry]` takes a duration, not a boolean"),
    ("[cat.retry]\nmax_elapsed = \"0s\"", "a `max_elapsed` of zero leaves no time for a second attempt"),
    ("[cat.retry]\nmax_delay_secs = 1e300", "`max_delay_secs` of `#[retry]` is too long"),
    ("[cat.rate_limit]\nper = \"0s\"", "a `per` of zero is no rate"),
    ("[cat.cached]\nttl = \"0s\"", "a `ttl` of zero keeps nothing"),
    ("[cat.circuit_breaker]\nwindow = \"0s\"", "a `window` of no time holds no call"),
    ("[cat.circuit_breaker]\nwindow = true", "`window` of `#[circuit_breaker]` takes a number of calls or a duration"),
    ("[cat.circuit_breaker]\nrecovery = \"-5s\"", "it is negative"),
    // words and flags
    ("[cat.retry]\nbackoff = \"exponentail\"", "unknown backoff \"exponentail\"; did you mean \"exponential\"?"),
    ("[cat.retry]\nbackoff = \"quadratic\"", "unknown backoff \"quadratic\"; known are \"exponential\", \"linear\""),
    ("[cat.retry]\nbackoff = 2", "`backoff` of `#[retry]` takes a name in quotes, not a whole number"),
    ("[cat.retry]\nenabled = \"no\"", "`enabled` of `#[retry]` is either `true` or `false`"),
    ("[cat.retry]\nnested = 1", "`nested` of `#[retry]` is either `true` or `false`"),
    ("[cat.cached]\ncoalesce = \"yes\"", "`coalesce` of `#[cached]` is either `true` or `false`"),
    // together
    (
        "[cat.retry]\nmax = 2\nattempts = 3",
        "`max` counts the retries after the first call, `attempts` all executions; keep one of them",
    ),
    (
        "[cat.retry]\nbase_delay = \"5s\"",
        "[cat.retry] at tests/config/catalogue.rs:9: `base_delay` is longer than `max_delay`",
    ),
    ("[cat.bulkhead]\nwait = \"5s\"", "`wait` limits the time in the queue, and the queue holds no call"),
    (
        "[cat.circuit_breaker]\nfailure_threshold = 3\nwindow = 10",
        "`failure_threshold` counts consecutive failures, and `window` takes a rate over calls; keep one of them",
    ),
    ("[cat.circuit_breaker]\nwindow = 10\nmin_calls = 11", "`min_calls` is more than the `window` ever holds"),
    ("[cat.circuit_breaker]\nfailure_rate = 0.5", "`failure_rate` is about the calls in a window; add `window = 100`"),
    (
        "[cat.circuit_breaker]\nwindow = 10\nslow_rate = 0.5",
        "`slow_rate` says how many calls may be slow, and nothing says when a call is",
    ),
    (
        "[cat.circuit_breaker]\nhalf_open_calls = 5",
        "`half_open_calls` judges probes by the `failure_rate` of a `window`, and there is none",
    ),
    (
        "[cat.circuit_breaker]\nwindow = 9\nhalf_open_calls = 5\nsuccess_threshold = 2",
        "`success_threshold` counts successful probes, and `half_open_calls` takes a rate over probes",
    ),
    ("[cat.circuit_breaker]\nrecovery_factor = 2\nmax_recovery = \"1s\"", "`recovery` is longer than `max_recovery`"),
    (
        "[cat.circuit_breaker]\nmax_recovery = \"1h\"",
        "`max_recovery` limits a growing recovery time, but nothing makes it grow",
    ),
    (
        "[cat.timeout]\nmax_threads = 2",
        "`max_threads` of `#[timeout]` does nothing where there is no `mode = \"thread\"`",
    ),
    ("[cat.rate_limit]\nspread = \"2s\"", "`spread` is the pace of a limit without `max`"),
    (
        "[cat.retry]\nbackoff = \"linear\"\nfactor = 3.0",
        "`factor` does nothing with `backoff = \"linear\"`; remove one of them",
    ),
    (
        "[cat.retry]\nbackoff = \"decorrelated\"\njitter = false",
        "`jitter` does nothing with `backoff = \"decorrelated\"`, which is random by itself; remove one of them",
    ),
    (
        "[cat.cached]\ncoalesce = false\nmax_concurrent_loads = 3",
        "`max_concurrent_loads` is about callers that wait for another's load",
    ),
    ("[cat.cached]\nmax_weight = 5", "`max_weight` of `#[cached]` needs `weigh`, which is code"),
    (
        "[cat.cached]\nmax_size = 5\nmax_weight = 5",
        "`max_size` counts entries, `max_weight` weighs them; keep one of them",
    ),
    (
        "[cat.cached]\nstale_if_error = \"1h\"",
        "`stale_if_error` of `#[cached]` does nothing where the attribute has none",
    ),
    // in general
    ("[all.retry]\nattempts = 0", "`attempts` counts the first call: it must be at least 1"),
    (
        "[all.retry]\nbase_delay = \"2s\"",
        "[cat.retry] at tests/config/catalogue.rs:9: `base_delay` is longer than `max_delay`",
    ),
    // of a name that nobody uses
    ("[new.retry]\nbase_delay = \"5s\"\nmax_delay = \"1s\"", "[new.retry]: `base_delay` is longer than `max_delay`"),
    (
        "[new.cached]\nstale_while_revalidate = \"1h\"\ncoalesce = false",
        "`stale_while_revalidate` lets one caller refresh a value",
    ),
];

const VARIABLES: &[(&str, &str, &str)] = &[
    (
        "RESILIENCE_CAT_RETRY_MX",
        "3",
        "`RESILIENCE_CAT_RETRY_MX` names no setting; did you mean `RESILIENCE_CAT_RETRY_MAX`?",
    ),
    ("RESILIENCE_LOG", "debug", "a variable is `RESILIENCE_<NAME>_<ATTRIBUTE>_<OPTION>`"),
    ("RESILIENCE_RETRY_MAX", "3", "names no setting"),
    ("RESILIENCE_CAT_RETRY_ATTEMPTS", "0", "`attempts` counts the first call: it must be at least 1"),
    ("RESILIENCE_CAT_RETRY_MAX", "many", "`max` of `#[retry]` takes a whole number, not \"many\""),
    ("RESILIENCE_CAT_RETRY_MAX", "", "`max` of `#[retry]` takes a whole number, not \"\""),
    ("RESILIENCE_CAT_RETRY_ENABLED", "no", "`enabled` of `#[retry]` is either `true` or `false`"),
    ("RESILIENCE_CAT_RETRY_FACTOR", "two", "`factor` of `#[retry]` takes a number, not \"two\""),
    ("RESILIENCE_CAT_RETRY_WHEN", "x", "`when` of `#[retry]` is code"),
    ("RESILIENCE_CAT_TIMEOUT_LIMIT", "30", "the limit of `#[timeout]` cannot be read: \"30\" has no unit"),
    ("RESILIENCE_CAT_TIMEOUT_SECS", "30s", "`secs` of `#[timeout]` takes a number, not \"30s\""),
    ("RESILIENCE_CAT_TIMEOUT_SECS", "1e300", "`secs` of `#[timeout]` is too long"),
    ("RESILIENCE_CAT_TIMEOUT_SECS", "inf", "`secs` of `#[timeout]` takes a number, not \"inf\""),
    ("RESILIENCE_CAT_TIMEOUT_LIMIT", "0", "a timeout of zero can only fail"),
    ("RESILIENCE_CAT__RETRY__MAX", "3", "did you mean `RESILIENCE_CAT_RETRY_MAX`?"),
    ("RESILIENCE_CAT_RETRI_MAX", "3", "did you mean `RESILIENCE_CAT_RETRY_MAX`?"),
    ("RESILIENCE_CAT_BREAKER_WINDOW", "3", "did you mean `RESILIENCE_CAT_CIRCUIT_BREAKER_WINDOW`?"),
    ("RESILIENCE_CAT_CIRCUITBREAKER_WINDOW", "3", "did you mean `RESILIENCE_CAT_CIRCUIT_BREAKER_WINDOW`?"),
    ("RESILIENCE_CAT_RATELIMIT_MAX", "3", "did you mean `RESILIENCE_CAT_RATE_LIMIT_MAX`?"),
    ("RESILIENCE_CAT_TIMEOUT", "30s", "the option is missing, as in `RESILIENCE_CAT_TIMEOUT_LIMIT`"),
    ("RESILIENCE_CAT_FALLBACK_ENABLED", "false", "a fallback is code"),
    ("RESILIENCE_CAT_CIRCUIT_BREAKER_WINDOW", "soon", "`window` of `#[circuit_breaker]` cannot be read"),
];

const KEYS: &[(&str, &str)] = &[
    ("max", "a setting is `name.attribute.option`, such as `llm.retry.max`"),
    ("retry.max", "a setting is `name.attribute.option`, such as `llm.retry.max`"),
    (".retry.max", "the name is empty"),
    ("cat.retri.max", "there is no attribute `retri`; did you mean `retry`?"),
    ("cat.retry.mx", "`#[retry]` has no argument `mx`; did you mean `max`?"),
    ("cat.retry.max", "`max` of `#[retry]` takes a whole number, not a string"),
];

fn one_error(source: &str, wrong: &[String], expected: &str) -> String {
    match wrong {
        [only] if only.contains(expected) => String::new(),
        _ => format!("{source:?}\n  should be: {expected}\n  is: {wrong:#?}\n"),
    }
}

#[test]
fn every_mistake_has_one_clear_error_and_changes_nothing() {
    let _alone = alone();
    assert!(stack().is_err());
    assert_eq!(load_toml("[cat.retry]\nmax = 7"), Ok(()));
    let before = config::effective();
    let files = FILES.iter().map(|(text, expected)| one_error(text, &lines(load_toml(text)), expected));
    let variables =
        VARIABLES.iter().map(|(name, value, expected)| one_error(name, &lines(load_env([(name, value)])), expected));
    let keys = KEYS.iter().map(|(key, expected)| one_error(key, &lines(set(key, "text")), expected));
    let wrong: String = files.chain(variables).chain(keys).collect();
    assert_eq!(wrong, "");
    assert_eq!(config::effective(), before);
    assert!(FILES.len() >= 60, "{}", FILES.len());
}

#[test]
fn all_mistakes_of_a_file_are_reported_at_once_in_its_order() {
    let _alone = alone();
    let text = "[a.retry]\nmax = -1\nmx = 1\n[a.fallback]\nvalue = 3\n[b.bulkhead]\nmax = 4\nwait = 3\n";
    let wrong = lines(load_toml(text));
    let places: Vec<&str> = wrong.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(places, ["settings:2:7:", "settings:3:1:", "settings:4:4:", "settings:8:8:"], "{wrong:#?}");
}
