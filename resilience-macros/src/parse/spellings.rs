//! The spellings of other libraries for each attribute, and what they are here.

/// Words with one meaning, with spaces between them.
pub(super) struct Spelling {
    words: &'static str,
    /// A key of the attribute.
    pub(super) key: &'static str,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Plain,
    Duration,
    /// A share of all calls, which others give in percent.
    Share,
    Function,
    /// The function that decides the opposite.
    Opposite,
    Parameters,
    Expression,
    /// The whole argument.
    Text(&'static str),
    /// Without the key.
    Bare,
    Above,
    /// Nothing has to be typed.
    Never(&'static str),
}

const fn spelling(key: &'static str, kind: Kind, words: &'static str) -> Spelling {
    Spelling { words, key, kind }
}

impl Spelling {
    pub(super) fn words(&self) -> impl Iterator<Item = &'static str> {
        self.words.split(' ')
    }
}

const PREDICATES: &str = "on if retry_on retry_if retry_for predicate condition handle filter only exceptions errors on_error \
    on_exception retry_on_exception retry_if_exception_type should_retry retryable record record_exceptions \
    expected_exception fail_on is_failure failure_predicate apply_on for_errors include";
const OPPOSITES: &str =
    "ignore ignore_exceptions abort_on except exclude unless giveup give_up skip_on not_on retry_unless";
const WAITS: &str = "timeout max_wait max_wait_duration timeout_duration acquire_timeout max_delay";
const KEYED_BY: &str = "by key_fn key_func key_by partition partition_by convert per_key";
const NAMES: &str = "id label instance group";
const FALLBACKS: &str = "fallback fallback_method fallback_fn fallback_function";

const RETRY: &[Spelling] = &[
    spelling(
        "max",
        Kind::Plain,
        "retries times count n num_retries max_retry retry retry_count max_retry_attempts limit",
    ),
    spelling("attempts", Kind::Plain, "tries max_tries stop stop_after_attempt max_attempt attempt total"),
    spelling(
        "base_delay",
        Kind::Duration,
        "wait sleep pause every interval initial initial_interval min min_delay wait_duration wait_fixed",
    ),
    spelling("max", Kind::Text("max = 1_000_000"), "forever infinite unlimited"),
    spelling("max_delay", Kind::Duration, "cap max_wait max_interval max_backoff"),
    spelling("factor", Kind::Plain, "multiplier exp_base exponential_base base backoff_multiplier rate"),
    spelling(
        "backoff",
        Kind::Text("backoff = \"exponential\""),
        "exponential exp exponential_backoff wait_exponential",
    ),
    spelling("backoff", Kind::Text("backoff = \"constant\""), "constant fixed"),
    spelling("backoff", Kind::Text("backoff = \"linear\""), "linear"),
    spelling("backoff", Kind::Text("backoff = \"fibonacci\""), "fibonacci"),
    spelling("backoff", Kind::Plain, "strategy policy"),
    spelling("when", Kind::Function, PREDICATES),
    spelling("when", Kind::Opposite, OPPOSITES),
    spelling("when_ok", Kind::Function, "on_result retry_on_result retry_if_result result on_ok"),
    spelling("on_retry", Kind::Function, "before after before_sleep on_backoff callback hook notify listener"),
    spelling(
        "max_elapsed",
        Kind::Duration,
        "timeout deadline max_time max_duration stop_after_delay total_timeout max_elapsed_time",
    ),
    spelling("", Kind::Never("the last error returns unchanged"), "reraise"),
    spelling("fallback", Kind::Above, FALLBACKS),
    spelling("config", Kind::Plain, "name"),
];
const TIMEOUT: &[Spelling] = &[
    spelling("limit", Kind::Bare, "duration timeout after limit value time delay max deadline"),
    spelling("secs", Kind::Plain, "seconds second sec s"),
    spelling("ms", Kind::Plain, "millis milliseconds milli"),
    spelling("secs", Kind::Text("#[timeout(\"{}m\")]"), "minutes minute mins min"),
    spelling("secs", Kind::Text("#[timeout(\"{}h\")]"), "hours hour"),
    spelling("map_err", Kind::Function, "error on_timeout err or_else"),
    spelling("fallback", Kind::Above, FALLBACKS),
    spelling("config", Kind::Plain, "name"),
];
const CIRCUIT_BREAKER: &[Spelling] = &[
    spelling(
        "failure_threshold",
        Kind::Plain,
        "threshold failures max_failures fail_max failure_count error_threshold max limit trip_after \
         consecutive_failures",
    ),
    spelling(
        "recovery",
        Kind::Duration,
        "reset reset_timeout reset_after timeout timeout_duration open_duration open_for cooldown \
         break_duration duration_of_break wait_duration_in_open_state sleep_window recovery_time delay \
         duration",
    ),
    spelling(
        "failure_rate",
        Kind::Share,
        "error_rate failure_ratio failure_rate_threshold error_percentage error_threshold_percentage rate",
    ),
    spelling("window", Kind::Plain, "window_size sliding_window sliding_window_size rolling_window"),
    spelling("window", Kind::Duration, "sampling_duration interval"),
    spelling(
        "min_calls",
        Kind::Plain,
        "minimum_number_of_calls minimum_throughput min_throughput request_volume_threshold volume_threshold",
    ),
    spelling("slow_call", Kind::Duration, "slow slow_call_duration slow_call_duration_threshold slow_after"),
    spelling("slow_rate", Kind::Share, "slow_call_rate slow_call_rate_threshold"),
    spelling(
        "half_open_max",
        Kind::Plain,
        "half_open half_open_max_calls half_open_requests max_requests probes \
         permitted_number_of_calls_in_half_open_state",
    ),
    spelling("success_threshold", Kind::Plain, "success successes required_successes"),
    spelling("when", Kind::Function, PREDICATES),
    spelling("ignore", Kind::Function, OPPOSITES),
    spelling("name", Kind::Plain, NAMES),
    spelling("key", Kind::Expression, KEYED_BY),
    spelling("fallback", Kind::Above, FALLBACKS),
];
const BULKHEAD: &[Spelling] = &[
    spelling(
        "max",
        Kind::Plain,
        "limit size n permits concurrency max_concurrent max_concurrent_calls max_concurrency workers \
         max_parallel max_parallelization capacity threads value",
    ),
    spelling(
        "queue",
        Kind::Plain,
        "queue_size queue_capacity queue_limit max_queue max_queuing_actions waiting waiting_task_queue \
         backlog",
    ),
    spelling("wait", Kind::Duration, WAITS),
    spelling("name", Kind::Plain, NAMES),
    spelling("key", Kind::Expression, KEYED_BY),
    spelling("fallback", Kind::Above, FALLBACKS),
];
const RATE_LIMIT: &[Spelling] = &[
    spelling(
        "max",
        Kind::Plain,
        "limit calls count n permits requests tokens quota max_calls limit_for_period permit_limit num \
         value",
    ),
    spelling(
        "per",
        Kind::Duration,
        "period interval window every unit duration refresh time_period limit_refresh_period",
    ),
    spelling("max", Kind::Text("max = {}, per = \"1s\""), "rps per_second qps"),
    spelling("max", Kind::Text("max = {}, per = \"1m\""), "rpm per_minute"),
    spelling("max", Kind::Text("max = {}, per = \"1h\""), "per_hour"),
    spelling("burst", Kind::Plain, "capacity bucket bucket_size burst_size"),
    spelling("wait", Kind::Duration, WAITS),
    spelling("name", Kind::Plain, NAMES),
    spelling("key", Kind::Expression, KEYED_BY),
    spelling("fallback", Kind::Above, FALLBACKS),
];
const CACHED: &[Spelling] = &[
    spelling(
        "ttl",
        Kind::Duration,
        "time expire expires expiry expiration timeout lifespan max_age duration time_to_live \
         expire_after_write expire_after",
    ),
    spelling("max_size", Kind::Plain, "size maxsize max limit cap capacity max_entries max_capacity maximum_size"),
    spelling("key", Kind::Expression, KEYED_BY),
    spelling("skip", Kind::Parameters, "exclude without ignore ignore_args"),
    spelling("stale_if_error", Kind::Duration, "stale stale_ttl result_fallback"),
    spelling("when", Kind::Function, "if condition only_if predicate filter"),
    spelling("when", Kind::Opposite, "unless"),
    spelling("name", Kind::Plain, NAMES),
    spelling("", Kind::Never("errors and `None` are not kept"), "result option"),
    spelling("", Kind::Never("concurrent calls of one key share one load"), "sync sync_writes single_flight"),
];
const FALLBACK: &[Spelling] = &[
    spelling("value", Kind::Plain, "default_value fallback_value result or return_value then_return"),
    spelling("value", Kind::Text("value = Default::default()"), "default unwrap_or_default"),
    spelling(
        "path",
        Kind::Bare,
        "function func method fallback_fn fallback_function fallback_method fallback with handler to call or_else action",
    ),
    spelling("when", Kind::Function, PREDICATES),
    spelling("when", Kind::Opposite, OPPOSITES),
];

pub(super) const TABLES: [(&str, &[Spelling]); 7] = [
    ("bulkhead", BULKHEAD),
    ("cached", CACHED),
    ("circuit_breaker", CIRCUIT_BREAKER),
    ("fallback", FALLBACK),
    ("rate_limit", RATE_LIMIT),
    ("retry", RETRY),
    ("timeout", TIMEOUT),
];

/// Values without a key, in order: the key of a number, and that of a text.
pub(super) const POSITIONS: [(&str, [[&str; 2]; 2]); 5] = [
    ("bulkhead", [["max", "name"], ["queue", "wait"]]),
    ("cached", [["max_size", "ttl"], ["ttl", "ttl"]]),
    ("circuit_breaker", [["failure_threshold", "name"], ["recovery_secs", "recovery"]]),
    ("rate_limit", [["max", "name"], ["per_secs", "per"]]),
    ("retry", [["max", "backoff"], ["base_delay_secs", "base_delay"]]),
];

/// Names that are written in quotes.
pub(super) const WORDS: [(&str, &str, &[&str]); 3] = [
    ("retry", "backoff", &["exponential", "linear", "constant", "fibonacci", "decorrelated", "none"]),
    ("retry", "jitter", &["full", "equal"]),
    ("timeout", "mode", &["thread", "cooperative"]),
];
