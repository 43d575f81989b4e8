//! The options of `#[bulkhead]`.

options! {
    Bulkhead, bulkhead_docs;

    /// the limit on concurrent calls.
    max: Count, required, at_least(1);

    /// how many further calls may wait for a permit, first come, first served.
    queue: Count, default(0);

    /// the longest wait in the queue.
    wait: Duration, unset("no limit but the deadline"),
        not_zero("a `wait` of zero lets nobody wait; remove `wait` and `queue`");

    /// the name. Bulkheads of one name are one bulkhead, across functions, threads and tasks.
    name: Name, unset("`module::function`");

    /// an expression over the parameters: one bulkhead for each of its values.
    key: Expression, unset("none");

    /// the largest number of bulkheads by `key`.
    max_keys: Count, default(1000), at_least(1);

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
