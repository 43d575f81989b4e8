//! The options of `#[timeout]`.

use std::time::Duration;

options! {
    Timeout, timeout_docs;

    /// the limit. `secs` and `ms` are other ways to write it; one of the three is required.
    limit: Limit("`\"1m30s\"`, or a constant of type `Duration`"), unset("–"),
        not_zero("a timeout of zero can only fail; give the body some time");

    /// the limit in seconds.
    secs: Number, unset("–");

    /// the limit in milliseconds.
    ms: Number, unset("–");

    /// the limit until the first item of a stream.
    first: Duration, unset("none, or the limit of the whole"),
        not_zero("a timeout of zero can only fail; give the stream some time");

    /// the limit between two items of a stream. It counts while the consumer waits for an item, and nothing but an item
    /// renews it.
    idle: Duration, unset("none"),
        not_zero("a timeout of zero can only fail; give the stream some time");

    /// what happens at the limit to a synchronous body, which nothing can stop.
    mode: Choice("`\"cooperative\"`, `\"thread\"`"), unset("required on a synchronous function");

    /// how many bodies may still run past their limit, with `mode = "thread"`. Further calls are
    /// rejected.
    max_abandoned: Count, default(8), at_least(1);

    /// how many bodies may run at the same time, within their limit or past it, with
    /// `mode = "thread"`. Further calls are rejected.
    max_threads: Count, default(64), at_least(1);

    /// what turns the timeout into your error.
    map_err: Function("`fn(resilience::Error) -> E`"), unset("`From`");
}

/// Checks the bodies that may be left behind against all threads.
///
/// # Errors
///
/// If there are never that many.
pub const fn check_threads(max_abandoned: u32, max_threads: u32) -> Result<(), &'static str> {
    if max_abandoned > max_threads {
        return Err(
            "`max_abandoned` is never reached: it is more than `max_threads`; lower it, or raise `max_threads`",
        );
    }
    Ok(())
}

/// Checks the limit until the first item of a stream against that of the whole.
///
/// # Errors
///
/// If it is never reached.
pub const fn check_first(first: Option<Duration>, whole: Option<Duration>) -> Result<(), &'static str> {
    if is_late(first, whole) {
        return Err(
            "`first` can never be reached: the whole stream ends before; make it shorter, or the limit of the whole longer",
        );
    }
    Ok(())
}

/// Checks the limit between two items of a stream against that of the whole.
///
/// # Errors
///
/// If it is never reached.
pub const fn check_idle(idle: Option<Duration>, whole: Option<Duration>) -> Result<(), &'static str> {
    if is_late(idle, whole) {
        return Err(
            "`idle` can never be reached: the whole stream ends before; make it shorter, or the limit of the whole longer",
        );
    }
    Ok(())
}

const fn is_late(limit: Option<Duration>, whole: Option<Duration>) -> bool {
    match (limit, whole) {
        (Some(limit), Some(whole)) => limit.as_nanos() >= whole.as_nanos(),
        _ => false,
    }
}
