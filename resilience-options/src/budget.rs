//! The options of a retry budget, which no attribute takes: a name has the defaults, and a `static`
//! sets its own.

options! {
    Budget, budget_docs;

    /// the share of a retry that each call deposits.
    ratio: Number, default(0.2), ratio;

    /// how many retries are allowed per second, even with few calls.
    min_per_second: Count, default(10);

    /// how many retries the budget can hold.
    capacity: Count, default(100), at_least(1);
}
