//! Bodies that wait, and limits that end them.

use std::time::Duration;

use backon::Retryable;
use tokio::time::timeout;

use super::{LIMIT, MACHINE, backoff, unwrapped};
use crate::rows::waiting::{CROWDS, at_once, crowd, naked_ten, wait_at};
use crate::rows::{Answer, Failure, Row, later, naked_pending, other};

async fn limited(limit: Duration, call: impl Future<Output = Answer>) -> Answer {
    timeout(limit, call).await.unwrap_or(Err(Failure(0)))
}

async fn stack_one(x: u64) -> Answer {
    let attempt = || async {
        unwrapped(failsafe::futures::CircuitBreaker::call(&*MACHINE, limited(LIMIT, naked_pending(x))).await)
    };
    match attempt.retry(backoff()).await {
        Err(_) => other(x).await,
        answer => answer,
    }
}

async fn stack_ten(x: u64) -> Answer {
    let attempt =
        || async { unwrapped(failsafe::futures::CircuitBreaker::call(&*MACHINE, limited(LIMIT, naked_ten(x))).await) };
    match attempt.retry(backoff()).await {
        Err(_) => other(x).await,
        answer => answer,
    }
}

pub fn bytes_at_once(measure: impl Fn(&dyn Fn(&dyn Fn()))) {
    measure(&|meanwhile| at_once(100_000, |gate| limited(LIMIT, wait_at(gate)), meanwhile));
}

pub fn all() -> Vec<Row> {
    let crowds = CROWDS.map(|(group, calls)| crowd(group, "tokio", calls, |gate| limited(LIMIT, wait_at(gate))));
    let rows = vec![
        later("one_await", "backon, tokio timeout, failsafe", stack_one),
        later("one_await", "and tokio timeout around", |x| limited(LIMIT * 4, stack_one(x))),
        later("ten_awaits", "backon, tokio timeout, failsafe", stack_ten),
        later("limits", "tokio, one", |x| limited(LIMIT, naked_pending(x))),
        later("limits", "tokio, two nested", |x| limited(LIMIT * 2, limited(LIMIT, naked_pending(x)))),
        later("limits", "tokio, three nested", |x| {
            limited(LIMIT * 4, limited(LIMIT * 2, limited(LIMIT, naked_pending(x))))
        }),
        later("limit_fires", "tokio", |_| limited(Duration::from_millis(1), std::future::pending())).rare(),
    ];
    rows.into_iter().chain(crowds).collect()
}
