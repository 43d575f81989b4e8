//! Retries that retry, and windows that record some failures.

use std::sync::LazyLock;
use std::time::Duration;

use backon::{BlockingRetryable, ConstantBuilder, Retryable};
use recloser::Recloser;

use super::reclosed;
use crate::rows::failing::{sometimes, third_time};
use crate::rows::{Answer, Row, later, sync};

fn no_pause() -> ConstantBuilder {
    ConstantBuilder::default().with_delay(Duration::ZERO).with_max_times(3)
}

fn backon(x: u64) -> Answer {
    (|| third_time(x)).retry(no_pause()).call()
}

async fn backon_async(x: u64) -> Answer {
    (|| async move { third_time(x) }).retry(no_pause()).await
}

fn recloser() -> Recloser {
    Recloser::custom().error_rate(0.5).closed_len(100).build()
}

static ONE: LazyLock<Recloser> = LazyLock::new(recloser);
static TEN: LazyLock<Recloser> = LazyLock::new(recloser);

pub fn all() -> Vec<Row> {
    vec![
        sync("retries_sync", "backon", backon),
        // Its pause of nothing takes a tick of tokio's timer.
        later("retries", "backon", backon_async).rare(),
        sync("window_1_percent", "recloser", |x| reclosed(ONE.call(|| sometimes::<10>(x)))).scaled(),
        sync("window_10_percent", "recloser", |x| reclosed(TEN.call(|| sometimes::<100>(x)))).scaled(),
    ]
}
