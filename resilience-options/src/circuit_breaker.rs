//! The options of `#[circuit_breaker]`.

use std::time::Duration;

options! {
    CircuitBreaker, circuit_breaker_docs;

    /// the name. Breakers of one name are one breaker, across functions, threads and tasks.
    name: Name, unset("`module::function`");

    /// a `static` of type `CircuitBreaker` in place of a name, which cannot be mistyped.
    shared: Expression("path"), unset("–");

    /// how many consecutive failures open the breaker.
    failure_threshold: Count, default(5), at_least(1);

    /// the calls whose rate of failures opens the breaker, in place of `failure_threshold`: the last
    /// 100 (`window = 100`), or those that ended within the last 30 seconds (`window = "30s"`).
    window: Window("whole number or duration"), unset("–"),
        between(1, 100_000, "a `window` holds between 1 and 100000 calls; for more, give it a time, such as five minutes");

    /// the part of the calls in the window that has to fail to open the breaker.
    failure_rate: Number, default(0.5, "0.5; in an attribute required beside `window`"), share;

    /// how many calls a window needs before it is judged.
    min_calls: Count, unset("the window, at most 100; 20 in a window of time"), at_least(1);

    /// how long a call in a window may take before it is slow. Needs `slow_rate`.
    slow_call: Duration, unset("none"),
        not_zero("with a `slow_call` of zero every call is slow; make it as long as a good call takes");

    /// the part of slow calls in the window that opens the breaker as well.
    slow_rate: Number, default(1.0, "1; in an attribute required beside `slow_call`"), share;

    /// how long the breaker stays open before it probes.
    recovery | recovery_timeout: Duration, default_secs(60),
        not_zero("a `recovery` of zero never rejects a call; give the service some time to recover");

    /// what each failed probe multiplies the next open time by.
    recovery_factor: Number, default(1.0), factor;

    /// the longest open time.
    max_recovery: Duration, unset("none"),
        not_zero("a `max_recovery` of zero leaves no time to recover; make it longer");

    /// how many successful probes close the breaker.
    success_threshold: Count, default(2), at_least(1);

    /// the limit on concurrent probes.
    half_open_max: Count, default(1), at_least(1);

    /// how many probes are judged together by `failure_rate`, in place of `success_threshold`. Needs
    /// a `window`.
    half_open_calls: Count, unset("none"), at_least(1);

    /// how long a probe may take before its place is given to another call. Its result still counts.
    probe_lease: Duration, default_secs(60),
        not_zero("a `probe_lease` of zero takes every permit back at once; make it as long as a call may take");

    /// which errors count as failures. Any other counts as a success.
    when: Function("`fn(&E) -> bool`"), unset("classification, else every error");

    /// which values count as failures, such as a response with the status 503.
    when_ok: Function("`fn(&T) -> bool`"), unset("none");

    /// which errors do not count at all.
    ignore: Function("`fn(&E) -> bool`"), unset("none");

    /// how long the breaker stays open at least, if the failure opens it or fails a probe. A function
    /// of the whole `&Result<T, E>` also sees the values that `when_ok` selects. A closure says so by
    /// the type of its parameter.
    retry_after: Function("`fn(&E) -> Option<Duration>`"), unset("`Classify::retry_after`");

    /// an expression over the parameters, such as `key = tenant` or `key = (self.region, tenant)`:
    /// one breaker for each of its values.
    key: Expression, unset("none");

    /// the largest number of breakers by `key`.
    max_keys: Count, default(1000), at_least(1);

    /// the `static` of an engine in which processes share that the breaker is open. Each counts for
    /// itself.
    store: Expression("path"), unset("none: the breaker of one process");

    /// how many processes have to open before the breaker is open in all of them.
    quorum: Count, default(1), at_least(1);

    /// what turns a rejection into your error.
    map_err: Function("`fn(resilience::Error) -> E`"), unset("`From`");

    /// whether the event `breaker.open` shows the error that has opened the breaker, as its
    /// `Display` and those of its sources. Make sure that no secret is in them.
    log_errors: Switch, default(false);
}

/// What is wrong with a `window` of time that is zero.
pub const WINDOW_OF_NO_TIME: &str =
    "a `window` of no time holds no call; make it as long as an outage may go unnoticed";

/// What is wrong with two rules for probes.
pub const TWO_WAYS_TO_CLOSE: &str =
    "`success_threshold` counts successful probes, and `half_open_calls` takes a rate over probes; keep one of them";

/// What is wrong with a rate over probes that nothing sets.
pub const NO_RATE_OF_PROBES: &str = "`half_open_calls` judges probes by the `failure_rate` of a `window`, and there is none; add `window = 100` and `failure_rate = 0.5`";

/// What is wrong with a threshold beside a window.
pub const TWO_WAYS_TO_OPEN: &str =
    "`failure_threshold` counts consecutive failures, and `window` takes a rate over calls; keep one of them";

/// Checks a `window` of time.
///
/// # Errors
///
/// If it is zero.
pub const fn check_window_time(time: Duration) -> Result<(), &'static str> {
    if time.is_zero() { Err(WINDOW_OF_NO_TIME) } else { Ok(()) }
}

/// Checks that a window of calls can hold `min_calls`.
///
/// # Errors
///
/// If it cannot.
pub const fn check_min_calls(min_calls: u32, window: u32) -> Result<(), &'static str> {
    if min_calls > window {
        return Err("`min_calls` is more than the `window` ever holds, so that the breaker would never open; lower it");
    }
    Ok(())
}

/// Checks the first open time against the longest.
///
/// # Errors
///
/// If it is longer.
pub const fn check_recovery(recovery: Duration, max_recovery: Duration) -> Result<(), &'static str> {
    if recovery.as_nanos() > max_recovery.as_nanos() {
        return Err("`recovery` is longer than `max_recovery`; raise the one or lower the other");
    }
    Ok(())
}

/// What is wrong with what only a shared breaker uses.
pub const NO_STORE: &str = "`quorum` is about a breaker that processes share; add `store`, or leave it out";
