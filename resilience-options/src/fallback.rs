//! The options of `#[fallback]`.

options! {
    Fallback, fallback_docs;

    /// a function with the same arguments and the same result. In an `async fn` it may be
    /// asynchronous or not.
    path: Positional("`path`"), unset("–");

    /// a method of the receiver, likewise.
    method: Positional("`self.method`"), unset("–");

    /// a closure that takes the last error (`()` for an `Option`) and sees the arguments by name.
    closure: Positional("`\\|error\\| ..`"), unset("–");

    /// a value of success, tried last.
    value: Expression, unset("–");

    /// which errors it answers. Any other returns at once.
    when: Function("`fn(&E) -> bool`"), unset("every error");

    /// which values it replaces, such as a response with the status 503. A closure cannot stand
    /// beside it, because a value has no error.
    when_ok: Function("`fn(&T) -> bool`"), unset("none");

    /// whether the event `fallback` shows the error that is answered, as its `Display` and those of
    /// its sources. Make sure that no secret is in them.
    log_errors: Switch, default(false);
}
