//! Every metric is described, and has its row in the README.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use metrics::{Key, Unit};
use resilience::{RetryBudget, cached, circuit_breaker, rate_limit, retry};

use crate::common::{Answer, TestError};
use crate::{Seen, everything, words};

/// The rows of the README: names, kind, labels and description.
fn rows() -> Vec<[&'static str; 4]> {
    let rows = include_str!("../../docs/observability.md").lines().filter(|line| line.starts_with("| `resilience_"));
    let cells = |row: &'static str| row.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>();
    rows.map(|row| cells(row).try_into().unwrap_or_else(|_| panic!("four cells: {row}"))).collect()
}

/// Each row of the README is a metric, and each metric has a row.
#[test]
fn every_metric_is_described_and_has_its_row() {
    let seen = Seen::default();
    let _local = seen.here();
    resilience::describe_metrics();
    let described = seen.described.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut told = BTreeMap::new();
    for [names, kind, ..] in rows() {
        for name in words(names) {
            let unit = if kind == "histogram" { Unit::Seconds } else { Unit::Count };
            told.insert(name, (kind, Some(unit)));
        }
    }
    let described: BTreeMap<&str, _> = described.iter().map(|(name, what)| (&**name, *what)).collect();
    assert_eq!(told, described);
}

/// Every metric has the labels of its row, with values from its row.
#[tokio::test(start_paused = true)]
async fn every_metric_has_the_labels_of_its_row() {
    static EMPTY: RetryBudget = RetryBudget::new("metrics: rows").capacity(1).ratio(0.0).min_per_second(0);

    #[retry(max = 9, backoff = "none", budget = EMPTY)]
    #[circuit_breaker(name = "metrics: rows", failure_threshold = 9)]
    #[rate_limit(max = 1, per = "1s", wait = "10s")]
    async fn poor() -> Answer {
        Err(TestError::Transient)
    }

    #[circuit_breaker(window = 10, failure_rate = 0.5, slow_call = "1s", slow_rate = 0.5)]
    async fn windowed() -> Answer {
        Err(TestError::Transient)
    }

    #[cached(name = "metrics: rows", max_size = 1)]
    async fn small(id: u32) -> u32 {
        id
    }

    let seen = Seen::default();
    let _local = seen.here();
    let _answers = (everything("rows").await, poor().await, small(1).await, small(2).await, windowed().await);
    let breaker = resilience::CircuitBreaker::named("metrics: rows").expect("called above");
    breaker.force_open();
    breaker.reset();
    crate::stores::with_a_store().await;
    let all = seen.all();
    for [names, _, labels, _] in rows() {
        for name in words(names) {
            let series: Vec<&Key> = all.keys().filter(|key| key.name() == name).collect();
            assert!(!series.is_empty(), "{name} is never recorded");
            for key in series {
                let of_it: Vec<&str> = key.labels().map(metrics::Label::key).collect();
                // Only a failed call has a category.
                let expected = words(labels);
                let expected =
                    &expected[..expected.len() - usize::from(expected.ends_with(&["category"]) && of_it.len() < 3)];
                assert_eq!(of_it, expected, "{name}");
                let mut others = key.labels().skip(1).filter(|label| !matches!(label.key(), "step" | "to"));
                let is_told =
                    others.all(|label| rows().iter().any(|[.., says]| says.contains(&format!("`{}`", label.value()))));
                assert!(is_told, "{key:?} has a word that no row tells");
            }
        }
    }
    let without_row: Vec<&Key> =
        all.keys().filter(|key| !rows().iter().any(|[names, ..]| words(names).contains(&key.name()))).collect();
    assert!(without_row.is_empty(), "{without_row:#?}");
}
