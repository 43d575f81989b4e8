//! The options of `#[rate_limit]`.

options! {
    RateLimit, rate_limit_docs;

    /// the limit on calls per `per`, or on units of `cost`. Only `learn` does without it.
    max: Count, unset("required"), at_least(1);

    /// the period.
    per: Duration, default_secs(1),
        not_zero("a `per` of zero is no rate; say in which period `max` calls may pass");

    /// how many calls may pass at once after a pause.
    burst: Count, unset("`max`"), at_least(1);

    /// the longest wait for a turn. Without it, a call that is too early is rejected at once.
    wait: Duration, unset("none"), not_zero("a `wait` of zero lets no call wait; leave `wait` out");

    /// the name. Rate limits of one name are one limit, across functions, threads and tasks.
    name: Name, unset("`module::function`");

    /// an expression over the parameters: one limit for each of its values.
    key: Expression, unset("none");

    /// the largest number of limits by `key`.
    max_keys: Count, default(1000), at_least(1);

    /// how many units a call takes: an expression over the parameters, with an unsigned integer as
    /// its value.
    cost: Expression, unset("1");

    /// how many units a call really took, by its value, or by each item of its stream; `None` does
    /// not know. The difference to `cost` is given back, or charged, when the call ends.
    settle: Function("`fn(&T) -> u64`, or `Option<u64>`"), unset("`cost`");

    /// whether a failure that asks to wait holds all calls back until then: one of the category
    /// `RateLimit` with a `retry_after`, or one that `retry_after` recognises.
    learn: Switch, default(false);

    /// how long a result asks to wait, with `learn`. A function of the whole `&Result<T, E>` sees
    /// values too. A closure says so by the type of its parameter.
    retry_after: Function("`fn(&E) -> Option<Duration>`"), unset("`Classify::retry_after`");

    /// the time over which calls that were held back go, for a limit without `max`.
    spread: Duration, default_secs(1),
        not_zero("a `spread` of zero lets all calls go at once, and the server rejects them again");

    /// what turns a rejection into your error.
    map_err: Function("`fn(resilience::Error) -> E`"), unset("`From`");

    /// the `static` of an engine in which processes share the limit. All that have the same store and
    /// `name` pass `max` calls per `per` together.
    store: Expression("path"), unset("none: the limit of one process");

    /// how many units to take from the store in advance, for later calls of this process.
    lease: Count, unset("none"), at_least(1);

    /// what decides while the store does not answer: `"local"` for this process's own share of the
    /// limit, `"open"` for nothing, `"closed"` to reject every call.
    on_outage: Choice("`\"local\"`, `\"open\"`, `\"closed\"`"), unset("`\"local\"`");

    /// how many processes share the limit, each with an equal share of it while the store does not
    /// answer.
    instances: Count, default(1), at_least(1);

    /// a guess for `max` and `per`.
    rate: Decoy, unset("");
}

/// What is wrong with neither a number of calls nor hints of the server.
pub const NO_MAX: &str = "`max` is missing: a rate limit has no default number of calls; add `.max(10)`, and `.per(..)` for \
                          the period, or `.learn()` for a limit that only the server sets";

/// What is wrong with settings of a rate, where there is none.
pub const NO_MAX_FOR_RATE: &str = "`per` and `burst` belong to `max`; add it, or leave them out: a limit without `max` is \
                                   closed by hints of the server alone";

/// What is wrong with costs, where nothing is counted.
pub const NO_MAX_FOR_COST: &str = "`cost` and `settle` count units of `max`; add it, or leave them out: a limit without \
                                   `max` counts nothing";

/// What is wrong with `spread` beside `max`.
pub const SPREAD_AND_MAX: &str = "`spread` is the pace of a limit without `max`; with one, calls that were held back go at \
                                  its rate; remove one of them";

/// What is wrong with what only `learn` uses.
pub const NO_HINTS: &str = "this is for hints of the server, which nothing reads; add `learn = true`, or leave it out";

/// The words of `on_outage`.
pub const ON_OUTAGE: [&str; 3] = ["local", "open", "closed"];

/// What is wrong with a shared limit that only hints close.
pub const NO_MAX_TO_SHARE: &str = "`store` shares the units of `max`; add it, or leave it out: a limit without `max` counts \
                                   nothing that processes could share";

/// What is wrong with what only a shared limit uses.
pub const NO_STORE: &str = "`lease`, `on_outage` and `instances` are about a limit that processes share; add `store`, or \
                            leave them out";

/// Checks the units that are taken in advance against those that pass at once.
///
/// # Errors
///
/// If there are more of them.
pub const fn check_lease(lease: u32, burst: u32) -> Result<(), &'static str> {
    if lease > burst {
        return Err(
            "`lease` is above `burst`, so no process ever takes so many units at once; lower it, or raise `burst`, which is \
             `max` if it is not given",
        );
    }
    Ok(())
}

/// Checks the cost of every call against the largest that can pass.
///
/// # Errors
///
/// If it is larger.
pub const fn check_cost(cost: u64, burst: u32) -> Result<(), &'static str> {
    if cost > burst as u64 {
        return Err(
            "`cost` is above `burst`, so no call ever passes; raise `burst`, which is `max` if it is not given",
        );
    }
    Ok(())
}
