//! Every option of every table, through settings: it applies, or it is an error. None is accepted and ignored.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use resilience::config::{self, EffectiveSetting, check, effective, load_toml};
use resilience::testing::FakeStore;
use resilience::{Policy, bulkhead, cached, circuit_breaker, policy, rate_limit, retry, timeout};
use resilience_options::{
    Key, budget, bulkhead as of_bulkhead, cached as of_cached, circuit_breaker as of_breaker, rate_limit as of_limit,
    retry as of_retry, timeout as of_timeout, why_fixed,
};

use crate::common::{Answer, TestError};
use crate::{alone, lines, value};

const TABLES: [(&str, &[Key]); 7] = [
    ("budget", budget::KEYS),
    ("bulkhead", of_bulkhead::KEYS),
    ("cached", of_cached::KEYS),
    ("circuit_breaker", of_breaker::KEYS),
    ("rate_limit", of_limit::KEYS),
    ("retry", of_retry::KEYS),
    ("timeout", of_timeout::KEYS),
];

/// A value of each option that nothing below has by itself: as it is written, and as it is shown.
const VALUES: &[(&str, &str, &str, &str)] = &[
    ("budget", "ratio", "0.7", "0.7"),
    ("budget", "min_per_second", "3", "3"),
    ("budget", "capacity", "77", "77"),
    ("bulkhead", "max", "77", "77"),
    ("bulkhead", "queue", "7", "7"),
    ("bulkhead", "wait", "\"7s\"", "7s"),
    ("bulkhead", "max_keys", "7", "7"),
    ("bulkhead", "lease", "\"7s\"", "7s"),
    ("cached", "ttl", "\"7s\"", "7s"),
    ("cached", "time_to_idle", "\"7s\"", "7s"),
    ("cached", "max_size", "77", "77"),
    ("cached", "max_weight", "77", "77"),
    ("cached", "negative_ttl", "\"7s\"", "7s"),
    ("cached", "stale_while_revalidate", "\"7s\"", "7s"),
    ("cached", "stale_if_error", "\"7s\"", "7s"),
    ("cached", "ttl_jitter", "0.7", "0.7"),
    ("cached", "max_concurrent_loads", "7", "7"),
    ("cached", "coalesce", "false", "false"),
    ("cached", "cache_degraded", "true", "true"),
    ("cached", "near", "\"7s\"", "7s"),
    ("circuit_breaker", "failure_threshold", "77", "77"),
    ("circuit_breaker", "window", "77", "77"),
    ("circuit_breaker", "failure_rate", "0.7", "0.7"),
    ("circuit_breaker", "min_calls", "7", "7"),
    ("circuit_breaker", "slow_call", "\"7s\"", "7s"),
    ("circuit_breaker", "slow_rate", "0.7", "0.7"),
    ("circuit_breaker", "recovery", "\"7s\"", "7s"),
    ("circuit_breaker", "recovery_factor", "7.0", "7"),
    ("circuit_breaker", "max_recovery", "\"70m\"", "4200s"),
    ("circuit_breaker", "success_threshold", "7", "7"),
    ("circuit_breaker", "half_open_max", "7", "7"),
    ("circuit_breaker", "half_open_calls", "7", "7"),
    ("circuit_breaker", "probe_lease", "\"7s\"", "7s"),
    ("circuit_breaker", "max_keys", "7", "7"),
    ("circuit_breaker", "quorum", "7", "7"),
    ("rate_limit", "max", "77", "77"),
    ("rate_limit", "per", "\"7s\"", "7s"),
    ("rate_limit", "burst", "7", "7"),
    ("rate_limit", "wait", "\"7s\"", "7s"),
    ("rate_limit", "max_keys", "7", "7"),
    ("rate_limit", "spread", "\"7s\"", "7s"),
    ("rate_limit", "lease", "7", "7"),
    ("rate_limit", "on_outage", "\"closed\"", "closed"),
    ("rate_limit", "instances", "7", "7"),
    ("retry", "max", "7", "7"),
    ("retry", "attempts", "7", "7"),
    ("retry", "backoff", "\"fibonacci\"", "fibonacci"),
    ("retry", "base_delay", "\"7ms\"", "7ms"),
    ("retry", "factor", "7.0", "7"),
    ("retry", "max_delay", "\"7s\"", "7s"),
    ("retry", "jitter", "0.7", "0.7"),
    ("retry", "max_elapsed", "\"7s\"", "7s"),
    ("retry", "nested", "true", "true"),
    // Longer than `first` and `idle` of every stream in this program.
    ("timeout", "limit", "\"70s\"", "70s"),
    ("timeout", "first", "\"6s\"", "6s"),
    ("timeout", "idle", "\"5s\"", "5s"),
    ("timeout", "max_abandoned", "7", "7"),
    ("timeout", "max_threads", "77", "77"),
];

/// The names in use, and the options that alone have an effect there. Any other is an error.
const TAKEN: &[(&str, &str, &str)] = &[
    ("e budget", "budget", "ratio min_per_second capacity"),
    ("e plain", "bulkhead", "max"),
    ("e config", "bulkhead", "max queue"),
    ("e queue", "bulkhead", "max queue wait"),
    ("e key", "bulkhead", "max max_keys"),
    ("e store", "bulkhead", "max lease"),
    ("e policy", "bulkhead", "max queue"),
    ("e plain", "cached", "ttl time_to_idle max_size max_concurrent_loads coalesce cache_degraded"),
    ("e ttl", "cached", "ttl time_to_idle max_size max_concurrent_loads coalesce cache_degraded ttl_jitter"),
    ("e function", "cached", "time_to_idle max_size max_concurrent_loads coalesce cache_degraded ttl_jitter"),
    ("e weighed", "cached", "ttl time_to_idle max_weight max_concurrent_loads coalesce cache_degraded"),
    (
        "e stale",
        "cached",
        "ttl time_to_idle max_size max_concurrent_loads coalesce cache_degraded ttl_jitter stale_if_error \
         stale_while_revalidate",
    ),
    (
        "e negative",
        "cached",
        "ttl time_to_idle max_size max_concurrent_loads coalesce cache_degraded ttl_jitter negative_ttl",
    ),
    ("e store", "cached", "ttl time_to_idle max_size max_concurrent_loads coalesce cache_degraded ttl_jitter near"),
    (
        "e plain",
        "circuit_breaker",
        "failure_threshold window recovery recovery_factor success_threshold half_open_max probe_lease",
    ),
    (
        "e window",
        "circuit_breaker",
        "failure_threshold window failure_rate min_calls slow_call recovery recovery_factor success_threshold \
         half_open_max half_open_calls probe_lease",
    ),
    (
        "e slow",
        "circuit_breaker",
        "failure_threshold window failure_rate min_calls slow_call slow_rate recovery recovery_factor \
         success_threshold half_open_max half_open_calls probe_lease",
    ),
    (
        "e growing",
        "circuit_breaker",
        "failure_threshold window recovery recovery_factor max_recovery success_threshold half_open_max probe_lease",
    ),
    (
        "e key",
        "circuit_breaker",
        "failure_threshold window recovery recovery_factor success_threshold half_open_max probe_lease max_keys",
    ),
    (
        "e store",
        "circuit_breaker",
        "failure_threshold window recovery recovery_factor success_threshold half_open_max probe_lease quorum",
    ),
    (
        "e policy",
        "circuit_breaker",
        "failure_threshold window recovery recovery_factor success_threshold half_open_max probe_lease",
    ),
    ("e plain", "rate_limit", "max per burst"),
    ("e config", "rate_limit", "max per burst wait"),
    ("e learn", "rate_limit", "max spread"),
    ("e key", "rate_limit", "max per burst max_keys"),
    ("e store", "rate_limit", "max per burst lease on_outage instances"),
    ("e policy", "rate_limit", "max per burst wait"),
    ("e config", "retry", "max attempts backoff base_delay factor max_delay jitter max_elapsed nested"),
    ("e linear", "retry", "max attempts backoff base_delay max_delay jitter max_elapsed nested"),
    ("e random", "retry", "max attempts backoff base_delay max_delay max_elapsed nested"),
    ("e at once", "retry", "max attempts backoff max_delay max_elapsed nested"),
    ("e function", "retry", "max attempts max_delay max_elapsed nested"),
    ("e policy", "retry", "max attempts backoff base_delay factor max_delay jitter max_elapsed nested"),
    ("e config", "timeout", "limit"),
    ("e cooperative", "timeout", "limit"),
    ("e thread", "timeout", "limit max_abandoned max_threads"),
    ("e stream", "timeout", "limit first idle"),
    ("e idle stream", "timeout", "limit first idle"),
    ("e policy", "timeout", "limit"),
    ("e stream policy", "timeout", "limit first idle"),
];

static STORE: FakeStore = FakeStore::new("every option");

/// Uses every name, and returns what keeps the policies alive.
async fn use_all() -> [Policy<u32, TestError>; 2] {
    #[retry(max = 1, budget = "e budget", config = "e config")]
    #[timeout(secs = 30)]
    #[bulkhead(max = 5)]
    #[rate_limit(max = 1_000)]
    async fn with_config() -> Answer {
        Ok(1)
    }
    #[circuit_breaker(name = "e plain")]
    #[bulkhead(name = "e plain", max = 5)]
    #[rate_limit(name = "e plain", max = 1_000)]
    #[cached(name = "e plain")]
    fn plain() -> Answer {
        Ok(1)
    }
    #[circuit_breaker(name = "e window", window = 10, failure_rate = 0.5)]
    #[bulkhead(name = "e queue", max = 5, queue = 2)]
    #[rate_limit(name = "e learn", learn = true)]
    #[cached(name = "e ttl", ttl = "1h")]
    fn other() -> Answer {
        Ok(1)
    }
    #[circuit_breaker(name = "e slow", window = 10, failure_rate = 0.5, slow_call = "1s", slow_rate = 0.5)]
    #[cached(name = "e weighed", max_weight = 9, weigh = |(), _| 1)]
    fn third() -> Answer {
        Ok(1)
    }
    #[circuit_breaker(name = "e growing", recovery_factor = 2.0)]
    #[cached(name = "e stale", ttl = "1h", stale_if_error = "1h")]
    fn fourth() -> Answer {
        Ok(1)
    }
    #[cached(name = "e negative", ttl = "1h", when = |_| true, negative_ttl = "1m")]
    fn fifth() -> Answer {
        Ok(1)
    }
    #[cached(name = "e function", ttl = |_: &u32| Duration::from_secs(60))]
    fn sixth() -> u32 {
        1
    }
    #[circuit_breaker(name = "e key", key = id)]
    #[bulkhead(name = "e key", key = id, max = 5)]
    #[rate_limit(name = "e key", key = id, max = 1_000)]
    fn keyed(id: u32) -> Answer {
        Ok(id)
    }
    #[circuit_breaker(name = "e store", store = STORE)]
    #[bulkhead(name = "e store", max = 5, store = STORE)]
    #[rate_limit(name = "e store", max = 1_000, store = STORE)]
    #[cached(name = "e store", ttl = "1h", store = STORE)]
    async fn stored() -> Answer {
        Ok(1)
    }
    #[retry(max = 1, backoff = "linear", config = "e linear")]
    fn linear() -> Answer {
        Ok(1)
    }
    #[retry(max = 1, backoff = "decorrelated", config = "e random")]
    fn random() -> Answer {
        Ok(1)
    }
    #[retry(max = 1, backoff = "none", config = "e at once")]
    #[timeout(secs = 30, mode = "cooperative", config = "e cooperative")]
    fn at_once() -> Answer {
        Ok(1)
    }
    #[retry(max = 1, backoff = |_| Duration::ZERO, config = "e function")]
    #[timeout(secs = 30, mode = "thread", config = "e thread")]
    fn computed() -> Answer {
        Ok(1)
    }
    #[timeout(first = "4s", secs = 30, config = "e stream")]
    fn stream() -> BoxStream<'static, Answer> {
        futures_util::stream::iter([Ok(1)]).boxed()
    }
    #[timeout(idle = "4s", secs = 30, config = "e idle stream")]
    #[bulkhead(name = "e idle stream", max = 5)]
    async fn idle_stream() -> Result<BoxStream<'static, Answer>, TestError> {
        Ok(stream())
    }
    let stack: Policy<u32, TestError> = Policy::named("e policy").expect("a name")
        >> policy::retry().build().expect("valid")
        >> policy::timeout(Duration::from_secs(30)).expect("valid")
        >> policy::circuit_breaker("e policy").build().expect("valid")
        >> policy::rate_limit("e policy").max(1_000).build().expect("valid")
        >> policy::bulkhead("e policy").max(5).build().expect("valid");
    let limits = policy::stream_timeout().first(Duration::from_secs(4)).whole(Duration::from_secs(30));
    let streams: Policy<u32, TestError> =
        Policy::named("e stream policy").expect("a name") >> limits.build().expect("valid");
    assert_eq!((stream().count().await, idle_stream().await.map(|_| ())), (1, Ok(())));
    assert_eq!((with_config().await, stored().await, stack.call(async || Ok(1)).await), (Ok(1), Ok(1), Ok(1)));
    let sync = [plain(), other(), third(), fourth(), fifth(), keyed(1), linear(), random(), at_once(), computed()];
    assert!(sync.iter().all(|answer| *answer == Ok(1)) && sixth() == 1);
    [stack, streams]
}

fn overridable() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLES.into_iter().flat_map(|(attribute, keys)| {
        keys.iter()
            .filter(|key| why_fixed(key).is_none() && key.name != "secs" && key.name != "ms")
            .map(move |key| (attribute, key.name))
    })
}

fn sample(attribute: &str, option: &str) -> (&'static str, &'static str) {
    let row = VALUES.iter().find(|row| (row.0, row.1) == (attribute, option));
    let (_, _, written, shown) =
        row.unwrap_or_else(|| panic!("`{option}` of `#[{attribute}]` is new: give it a value"));
    (written, shown)
}

/// The value in force, also of an option that an attribute of this form does not list.
fn now(key: &str) -> String {
    let (rest, option) = key.rsplit_once('.').expect("name.attribute.option");
    let (name, attribute) = rest.rsplit_once('.').expect("name.attribute.option");
    let has_option = |key: &EffectiveSetting| (&*key.name, key.attribute, key.option) == (name, attribute, option);
    if effective().iter().any(has_option) { value(key) } else { "not listed".to_owned() }
}

fn takes(options: &str, option: &str) -> bool {
    options.split(' ').any(|one| one == option)
}

#[tokio::test]
async fn alone_an_option_applies_or_is_an_error() {
    let _alone = alone();
    let _policies = use_all().await;
    let mut wrong = Vec::new();
    for (attribute, option) in overridable() {
        let (written, shown) = sample(attribute, option);
        let users: Vec<_> = TAKEN.iter().filter(|row| row.1 == attribute).collect();
        assert!(users.iter().any(|row| takes(row.2, option)), "nothing takes `{option}` of `#[{attribute}]`");
        for (name, _, options) in users {
            let key = format!("{name}.{attribute}.{option}");
            let before = now(&key);
            let problems = lines(load_toml(&format!("[\"{name}\".{attribute}]\n{option} = {written}")));
            let is_right = if takes(options, option) {
                problems.is_empty() && before != shown && now(&key) == shown
            } else {
                problems.len() == 1 && problems[0].contains(&format!("`{option}`")) && now(&key) == before
            };
            if !is_right {
                wrong.push(format!("{key}: {before}, then {}: {problems:?}", now(&key)));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[tokio::test]
async fn beside_another_an_option_applies_or_is_an_error() {
    let _alone = alone();
    let _policies = use_all().await;
    let (mut wrong, mut accepted) = (Vec::new(), 0);
    for (name, attribute, _) in TAKEN {
        let options: Vec<_> = overridable().filter(|(of, _)| of == attribute).map(|(_, option)| option).collect();
        for (index, one) in options.iter().enumerate() {
            for other in &options[index + 1..] {
                let pair = [one, other].map(|option| (option, sample(attribute, option)));
                let text = pair.map(|(option, (written, _))| format!("{option} = {written}\n")).concat();
                let problems = lines(load_toml(&format!("[\"{name}\".{attribute}]\n{text}")));
                let shown = pair.map(|(option, _)| now(&format!("{name}.{attribute}.{option}")));
                let is_right = if problems.is_empty() {
                    accepted += 1;
                    shown == pair.map(|(_, (_, shown))| shown)
                } else {
                    problems.iter().any(|line| pair.iter().any(|(option, _)| line.contains(&format!("`{option}`"))))
                };
                if !is_right {
                    wrong.push(format!("[{name}.{attribute}] {one}, {other}: {shown:?}, {problems:?}"));
                }
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(accepted > 500, "{accepted}");
}

#[tokio::test]
async fn for_all_names_an_option_applies_where_it_has_an_effect() {
    let _alone = alone();
    let _policies = use_all().await;
    let mut wrong = Vec::new();
    for (attribute, option) in overridable() {
        let (written, shown) = sample(attribute, option);
        let problems = lines(load_toml(&format!("[all.{attribute}]\n{option} = {written}")));
        for (name, _, options) in TAKEN.iter().filter(|row| row.1 == attribute) {
            let applies = now(&format!("{name}.{attribute}.{option}")) == shown;
            if !problems.is_empty() || applies != takes(options, option) {
                wrong.push(format!("{attribute}.{option} of {name}: {applies}, {problems:?}"));
            }
        }
        assert!(!lines(check()).iter().any(|line| line.contains("applies to no")), "{:?}", check());
        config::clear();
    }
    assert_eq!(wrong, [""; 0]);
}
