//! The options of `#[bulkhead]`.

options! {
    Bulkhead, bulkhead_docs;

    /// the limit on concurrent calls.
    max: Count, required, at_least(1);

    /// how many further calls may wait for a permit, first come, first served.
    queue: Count, default(0);

    /// the longest wait in the queue.
    wait: Duration, unset("no limit but the deadline"),
        not_zero("a `wait` of zero lets no call wait; remove `wait` and `queue`");

    /// the name. Bulkheads of one name are one bulkhead, across functions, threads and tasks.
    name: Name, unset("`module::function`");

    /// an expression over the parameters: one bulkhead for each of its values.
    key: Expression, unset("none");

    /// the largest number of bulkheads by `key`.
    max_keys: Count, default(1000), at_least(1);

    /// the `static` of an engine in which processes share the places. Those of all processes that have
    /// the same store and `name` run at most `max` calls together.
    store: Expression("path"), unset("none: the places of one process");

    /// how long a place stays taken after its process has died. While it lives, it renews the lease.
    lease: Duration, default_secs(30),
        not_zero("a `lease` of zero takes every place back at once; make it as long as a process may be stopped");

    /// what turns a rejection into your error.
    map_err: Function("`fn(resilience::Error) -> E`"), unset("`From`");
}

/// Checks that there is a queue to wait in.
///
/// # Errors
///
/// If there is a `wait`, and `queue` is zero.
pub const fn check_wait(has_wait: bool, queue: u32) -> Result<(), &'static str> {
    if has_wait && queue == 0 {
        return Err(
            "`wait` limits the time in the queue, and the queue holds no call; give `queue` a length, or remove `wait`",
        );
    }
    Ok(())
}

/// What is wrong with what only shared places use.
pub const NO_STORE: &str = "`lease` is about places that processes share; add `store`, or leave it out";
