//! Calls that something watches: subscribers of `tracing`, and recorders of `metrics`.

use std::io::sink;

use resilience::{circuit_breaker, fallback, retry, timeout};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::with_default;

use super::{Answer, Failure, Row, later, naked, other, sync, target};

#[fallback(other)]
#[retry(max = 3)]
#[circuit_breaker(name = "watched")]
#[timeout(secs = 30)]
async fn four(x: u64) -> Answer {
    naked(x).await
}

#[circuit_breaker(name = "watched, open", failure_threshold = 1, recovery = "1h")]
fn open(x: u64) -> Answer {
    if x == u64::MAX { Err(Failure(x)) } else { target(x) }
}

/// By hand, an event of the same size as that of a rejection.
pub fn rejected(x: u64) -> Answer {
    tracing::warn!(breaker = "watched, open", "call rejected");
    Err(Failure(x))
}

/// Runs the row below a subscriber that formats what it gets and writes it nowhere.
pub fn below(level: LevelFilter, row: Row) -> Row {
    let Row { run, .. } = row;
    let run = move |calls| {
        let subscriber = tracing_subscriber::fmt().with_max_level(level).with_writer(sink).finish();
        with_default(subscriber, || run(calls));
        // Otherwise later rows would ask whether a subscriber listens.
        tracing::callsite::rebuild_interest_cache();
    };
    Row { run: Box::new(run), ..row }
}

pub fn all() -> Vec<Row> {
    let _opened = open(u64::MAX);
    vec![
        later("subscriber", "naked", naked),
        later("subscriber", "resilience, stack of four, none", four),
        below(LevelFilter::WARN, later("subscriber", "resilience, stack of four, WARN", four)),
        below(LevelFilter::INFO, later("subscriber", "resilience, stack of four, INFO", four)),
        sync("event", "naked", target),
        sync("event", "resilience, rejection, none", open),
        below(LevelFilter::WARN, sync("event", "resilience, rejection, WARN", open)),
        below(LevelFilter::INFO, sync("event", "resilience, rejection, INFO", open)),
        below(LevelFilter::WARN, sync("event", "an event by hand, WARN", rejected)),
    ]
}
