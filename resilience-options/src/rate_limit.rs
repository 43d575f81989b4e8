//! The options of `#[rate_limit]`.

options! {
    RateLimit, rate_limit_docs;

    /// the limit on calls per `per`.
    max: Count, required, at_least(1);

    /// the period.
    per: Duration, default_secs(1),
        not_zero("a `per` of zero is no rate; say in which period `max` calls may pass");

    /// how many calls may pass at once after a pause.
    burst: Count, unset("`max`"), at_least(1);

    /// the longest wait for a turn. Without it, a call that is too early is rejected at once.
    wait: Duration, unset("none"), not_zero("a `wait` of zero lets nobody wait; leave `wait` out");

    /// the name. Rate limits of one name are one limit, across functions, threads and tasks.
    name: Name, unset("`module::function`");

    /// an expression over the parameters: one limit for each of its values.
    key: Expression, unset("none");

    /// the largest number of limits by `key`.
    max_keys: Count, default(1000), at_least(1);

    /// what turns a rejection into your error.
    map_err: Function("`fn(resilience::Error) -> E`"), unset("`From`");

    /// a guess for `max` and `per`.
    rate: Decoy, unset("");
}
