//! The options of `#[retry]`.

use std::time::Duration;

options! {
    Retry, retry_docs;

    /// how many retries may follow the first call: `max = 3` allows 4 executions.
    max | max_retries: Count, default(3),
        at_least(1, "without a retry the attribute does nothing; write `max = 1` or more, or remove it");

    /// how many executions there may be, the first included, in place of `max`.
    attempts: Count, unset("none"),
        at_least(2, "without a retry the attribute does nothing, and `attempts` counts the first call; write `attempts = 2` or more, or remove it");

    /// how delays grow: `"exponential"`, `"linear"`, `"constant"`, `"fibonacci"`, `"decorrelated"`,
    /// `"none"`, or a function.
    backoff: Choice("name or `fn(&RetryState<'_, E>) -> Duration`"), unset("`\"exponential\"`");

    /// the first delay. A `max_delay` that is given alone and is shorter replaces it.
    base_delay: Duration, default_secs(1),
        not_zero("a `base_delay` of zero never grows; for no delay write `backoff = \"none\"`, or `no_delay()` of a builder");

    /// what the exponential backoff multiplies by.
    factor: Number, default(2.0), factor;

    /// the longest delay. It applies after the jitter, and to a backoff function.
    max_delay: Duration, default_secs(60),
        not_zero("a `max_delay` of zero leaves no delay; write `backoff = \"none\"`, or `no_delay()` of a builder");

    /// how far delays vary at random. `true` or `"full"`: between zero and the delay. `"equal"`:
    /// between half of it and all of it. `0.1`: ±10 %. `false`: none.
    jitter: Number("`bool`, name or number"), unset("true"), ratio;

    /// the longest time for all attempts and pauses together. A pause that does not fit is not begun.
    max_elapsed: Duration, unset("none"),
        not_zero("a `max_elapsed` of zero leaves no time for a second attempt; leave it out for no limit");

    /// which errors are worth another attempt.
    when: Function("`fn(&E) -> bool`"), unset("classification, else every error");

    /// which values are worth another attempt.
    when_ok: Function("`fn(&T) -> bool`"), unset("none");

    /// how long an error asks to wait, or a value that `when_ok` retries. No retry comes earlier. A
    /// function of the whole `&Result<T, E>` sees both. A closure says so by the type of its parameter.
    retry_after: Function("`fn(&E) -> Option<Duration>`"), unset("`Classify::retry_after`");

    /// what is called before each pause. Beside `when_ok` it may take a `RetryStateOf`, which has the
    /// value, as may a `backoff` function. In an asynchronous function it may be an `async fn`, which
    /// is awaited before the pause begins.
    on_retry: Function("`fn(&RetryState<'_, E>)`"), unset("none");

    /// the budget, by a name or as a `static` of type `RetryBudget`. It limits retries to a share of
    /// the calls of all functions that name it.
    budget: Expression("name or path"), unset("none");

    /// whether to also retry what a retry further in has given up.
    nested: Flag, default(false);

    /// the arguments that all attempts borrow. They are not cloned.
    share: Parameters, unset("–");

    /// whether the event `retry` shows the error of the attempt, as its `Display` and those of its
    /// sources. Make sure that no secret is in them.
    log_errors: Switch, default(false);
}

/// What is wrong with no attempt at all, where one is accepted: in a policy.
pub const NO_ATTEMPT: &str = "`attempts` counts the first call: it must be at least 1";

/// What is wrong with `max` beside `attempts`.
pub const MAX_AND_ATTEMPTS: &str =
    "`max` counts the retries after the first call, `attempts` all executions; keep one of them";

/// Checks the first delay against the longest.
///
/// # Errors
///
/// If it is longer.
pub const fn check_delays(base_delay: Duration, max_delay: Duration) -> Result<(), &'static str> {
    if base_delay.as_nanos() > max_delay.as_nanos() {
        return Err("`base_delay` is longer than `max_delay`; raise `max_delay` or shorten `base_delay`");
    }
    Ok(())
}
