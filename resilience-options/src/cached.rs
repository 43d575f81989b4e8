//! The options of `#[cached]`.

options! {
    Cached, cached_docs;

    /// how long an entry lives, from the moment at which its value is stored. A function of the value
    /// computes it for each entry, and does not store the value if it returns zero.
    ttl: Duration("duration, where a number without a unit is in seconds, or `fn(&T) -> Duration`"), unset("never expires"),
        not_zero("a `ttl` of zero keeps nothing; leave it out to keep entries for ever");

    /// how long an entry lives without being read, whatever its `ttl`. A read begins it anew; those of
    /// a handle do not.
    time_to_idle: Duration, unset("none"),
        not_zero("a `time_to_idle` of zero keeps nothing; leave it out to keep entries that nobody reads");

    /// the largest number of entries. The store decides which one goes. From 8,192 on it is split
    /// into eight parts, and one may be full a little before the others.
    max_size: Size, default(1000), at_least(1);

    /// the largest weight of all entries together, in place of `max_size`. Needs `weigh`.
    max_weight: Weight, unset("none"), at_least(1);

    /// the weight of an entry.
    weigh: Function("`fn(&K, &V) -> u64`"), unset("–");

    /// what identifies a call: an expression over the parameters, or a tuple of several. It sees
    /// parameters taken by value by reference.
    key: Expression, unset("all arguments");

    /// the parameters that do *not* identify a call, in place of `key`.
    skip: Parameters, unset("–");

    /// the name by which `resilience::Cache::named` finds the cache.
    name: Name, unset("`module::function`");

    /// which results are stored. It takes a reference to what the function returns.
    when: Function("`fn(&Result<T, E>) -> bool`"), unset("every `Ok`, every `Some`");

    /// how long to store the errors (or `None`) that `when` accepts.
    negative_ttl: Duration, unset("none"),
        not_zero("a `negative_ttl` of zero keeps no error; leave it out to keep none");

    /// for how long past `ttl` one call refreshes the value while the others get the stale one at
    /// once. If the refresh fails, the call that refreshes gets the stale value too.
    stale_while_revalidate: Duration, unset("none"),
        not_zero("a `stale_while_revalidate` of zero never serves a stale value; leave it out");

    /// for how long past `ttl` a call whose body fails gets the stale value, if the failure is an
    /// outage.
    stale_if_error: Duration, unset("none"),
        not_zero("a `stale_if_error` of zero never serves a stale value; leave it out");

    /// which errors are an outage, for which the stale value is returned.
    stale_when: Function("`fn(&E) -> bool`"), unset("all but permanent errors");

    /// the largest part of the `ttl` by which the life of an entry is shortened, at random.
    ttl_jitter: Number, unset("none"), ratio;

    /// how to clone the error of a load for the callers that wait for it.
    clone_error: Function("`fn(&E) -> E`"), unset("`Clone`, if the error has it");

    /// how many callers of a key run the body at a time after it has failed with an error that is
    /// not shared. The others wait.
    max_concurrent_loads: Count, default(1), at_least(1);

    /// whether concurrent misses of one key run the body once.
    coalesce: Flag, default(true);

    /// whether to store an answer that comes from a fallback further in.
    cache_degraded: Flag, default(false);

    /// the `static` of an engine in which processes share the values. All that have the same store,
    /// `name` and `version` load a value once.
    store: Expression("path"), unset("none: each process has values of its own");

    /// the version of the values in the store. Raise it when a value of the old program would be
    /// wrong in the new one.
    version: Count, default(0);

    /// how long a process uses a value of the store without asking again: how old a value may be
    /// after a lost message about its replacement.
    near: Duration, default_secs(30),
        not_zero("a `near` of zero would ask the store at each call; write `near = \"1s\"`");

    /// whether the event `cache.stale` shows the error that a stale value replaces, as its `Display`
    /// and those of its sources. Make sure that no secret is in them.
    log_errors: Switch, default(false);
}

/// What is wrong with a shortened `ttl` without one.
pub const JITTER_WITHOUT_TTL: &str =
    "`ttl_jitter` shortens the `ttl` at random, and without a `ttl` nothing expires; add `ttl = 60`";

/// What is wrong with two limits on the size.
pub const TWO_LIMITS: &str = "`max_size` counts entries, `max_weight` weighs them; keep one of them";

/// Checks that one caller refreshes a value that others get stale.
///
/// # Errors
///
/// If all callers would, for lack of `coalesce`.
pub const fn check_refresh(has_stale_while_revalidate: bool, coalesce: bool) -> Result<(), &'static str> {
    if has_stale_while_revalidate && !coalesce {
        return Err(
            "`stale_while_revalidate` lets one caller refresh a value, and a `coalesce` of `false` lets all; remove one of them",
        );
    }
    Ok(())
}
