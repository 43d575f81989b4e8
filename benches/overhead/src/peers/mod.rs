//! The alternative libraries, each in its plainest use.

mod caches;
mod failing;
mod gates;
mod waiting;
mod whole;

use std::sync::LazyLock;
use std::time::Duration;

use backon::{BlockingRetryable, ExponentialBuilder, Retryable};
use failsafe::backoff::{Constant, constant};
use failsafe::failure_policy::{ConsecutiveFailures, consecutive_failures};
use failsafe::{Config, StateMachine};
use recloser::{AsyncRecloser, Recloser};

use crate::rows::{self, Answer, Failure, Row, later, naked, naked_pending, sync, target};

const LIMIT: Duration = Duration::from_secs(30);

fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::default().with_jitter()
}

async fn tokio_timeout(x: u64) -> Answer {
    tokio::time::timeout(LIMIT, naked(x)).await.unwrap_or(Err(Failure(0)))
}

async fn tokio_timeout_pending(x: u64) -> Answer {
    tokio::time::timeout(LIMIT, naked_pending(x)).await.unwrap_or(Err(Failure(0)))
}

async fn backon_async(x: u64) -> Answer {
    (|| naked(x)).retry(backoff()).await
}

async fn tokio_retry2(x: u64) -> Answer {
    let delays = tokio_retry2::strategy::ExponentialBackoff::from_millis(10).take(3);
    let call = || async { naked(x).await.map_err(tokio_retry2::RetryError::transient) };
    tokio_retry2::Retry::spawn(delays, call).await
}

type Machine = StateMachine<ConsecutiveFailures<Constant>, ()>;

fn machine(failures: u32) -> Machine {
    Config::new().failure_policy(consecutive_failures(failures, constant(Duration::from_secs(60)))).build()
}

static MACHINE: LazyLock<Machine> = LazyLock::new(|| machine(5));
static FAILING: LazyLock<Machine> = LazyLock::new(|| machine(u32::MAX));
static OPEN: LazyLock<Machine> = LazyLock::new(|| {
    let machine = machine(1);
    let _opened = failsafe::CircuitBreaker::call(&machine, || rows::failing(1));
    machine
});

fn unwrapped(answer: Result<u64, failsafe::Error<Failure>>) -> Answer {
    answer.map_err(|error| match error {
        failsafe::Error::Inner(failure) => failure,
        failsafe::Error::Rejected => Failure(0),
    })
}

async fn failsafe_async(x: u64) -> Answer {
    unwrapped(failsafe::futures::CircuitBreaker::call(&*MACHINE, naked(x)).await)
}

static RECLOSER: LazyLock<Recloser> = LazyLock::new(|| Recloser::custom().error_rate(0.5).closed_len(100).build());
static RECLOSER_ASYNC: LazyLock<AsyncRecloser> =
    LazyLock::new(|| AsyncRecloser::from(Recloser::custom().error_rate(0.5).closed_len(100).build()));
static RECLOSER_OPEN: LazyLock<Recloser> = LazyLock::new(|| {
    let recloser = Recloser::custom().error_rate(0.1).closed_len(1).open_wait(Duration::from_secs(3600)).build();
    for _ in 0..10 {
        let _opened = recloser.call(|| rows::failing(1));
    }
    recloser
});

fn reclosed(answer: Result<u64, recloser::Error<Failure>>) -> Answer {
    answer.map_err(|error| match error {
        recloser::Error::Inner(failure) => failure,
        recloser::Error::Rejected => Failure(0),
    })
}

async fn recloser_async(x: u64) -> Answer {
    reclosed(RECLOSER_ASYNC.call(naked(x)).await)
}

async fn failsafe_stack(x: u64) -> Answer {
    let attempt = || async {
        let limited = async { tokio::time::timeout(LIMIT, naked(x)).await.unwrap_or(Err(Failure(0))) };
        unwrapped(failsafe::futures::CircuitBreaker::call(&*MACHINE, limited).await)
    };
    attempt.retry(backoff()).await
}

async fn recloser_stack(x: u64) -> Answer {
    let attempt = || async {
        let limited = async { tokio::time::timeout(LIMIT, naked(x)).await.unwrap_or(Err(Failure(0))) };
        reclosed(RECLOSER_ASYNC.call(limited).await)
    };
    attempt.retry(backoff()).await
}

pub fn all() -> Vec<Row> {
    let mut rows = basic();
    rows.extend([caches::all(), failing::all(), gates::all(), waiting::all(), whole::all()].into_iter().flatten());
    rows
}

fn basic() -> Vec<Row> {
    vec![
        sync("retry_sync", "backon", |x| (|| target(x)).retry(backoff()).call()),
        later("retry", "backon", backon_async),
        later("retry", "tokio-retry2", tokio_retry2),
        later("timeout_ready", "tokio::time::timeout", tokio_timeout),
        later("timeout_pending", "tokio::time::timeout", tokio_timeout_pending),
        sync("breaker_sync", "failsafe", |x| unwrapped(failsafe::CircuitBreaker::call(&*MACHINE, || target(x))))
            .scaled(),
        sync("breaker_sync", "recloser", |x| reclosed(RECLOSER.call(|| target(x)))).scaled(),
        sync("breaker_failing", "failsafe", |x| {
            unwrapped(failsafe::CircuitBreaker::call(&*FAILING, || rows::failing(x)))
        }),
        sync("breaker_open", "failsafe", |x| unwrapped(failsafe::CircuitBreaker::call(&*OPEN, || target(x)))),
        sync("breaker_open", "recloser", |x| reclosed(RECLOSER_OPEN.call(|| target(x)))),
        later("breaker", "failsafe", failsafe_async),
        later("breaker", "recloser", recloser_async),
        later("stack", "backon, tokio timeout, failsafe", failsafe_stack),
        later("stack", "backon, tokio timeout, recloser", recloser_stack),
    ]
}
