//! Prints the figures of the runs, as a table and as one line of JSON.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::model::Model;
use crate::run::{Layer, Run};

pub(crate) struct Report {
    pub(crate) seed: u64,
    pub(crate) unprotected: Figures,
    pub(crate) uncached: Figures,
    pub(crate) protected: Figures,
}

pub(crate) struct Figures {
    requests: u32,
    answered: u32,
    /// In the order of [`Layer::ALL`].
    by_layer: [u32; 4],
    mixed_up: u32,
    p50: Duration,
    p95: Duration,
    p99: Duration,
    primary_calls: u32,
    small_calls: u32,
    saved_by_cache: u64,
    saved_by_breaker: u64,
    stalled_streams: u32,
    rate_limited: u32,
    hints_obeyed: u32,
    tokens: u64,
}

impl Figures {
    pub(crate) fn of(run: &Run) -> Self {
        let outcomes = || run.outcomes.iter();
        let by_layer = Layer::ALL.map(|layer| count(outcomes().filter(|o| o.layer == Some(layer))));
        let mut latencies: Vec<Duration> = outcomes().map(|o| o.latency).collect();
        latencies.sort_unstable();
        Self {
            requests: count(outcomes()),
            answered: by_layer.iter().sum(),
            by_layer,
            mixed_up: count(outcomes().filter(|o| o.mixed_up)),
            p50: percentile(&latencies, 50),
            p95: percentile(&latencies, 95),
            p99: percentile(&latencies, 99),
            primary_calls: run.primary_calls,
            small_calls: run.small_calls,
            saved_by_cache: run.spared,
            saved_by_breaker: run.breaker.rejected,
            stalled_streams: run.stalled_streams,
            rate_limited: run.rate_limited,
            hints_obeyed: run.breaker.hints,
            tokens: run.tokens,
        }
    }

    fn success(&self) -> f64 {
        share(self.answered, self.requests)
    }

    fn by(&self, layer: Layer) -> u32 {
        self.by_layer[layer as usize]
    }

    /// The share of answers that a model wrote, for this request or an earlier one.
    fn model_answers(&self) -> f64 {
        share(self.answered - self.by(Layer::Canned), self.answered)
    }

    /// Answers that a fallback gave.
    fn degraded(&self) -> u32 {
        self.by(Layer::Small) + self.by(Layer::Canned)
    }

    fn calls(&self) -> u32 {
        self.primary_calls + self.small_calls
    }

    fn cost(&self) -> f64 {
        f64::from(self.primary_calls) * Model::Primary.price() + f64::from(self.small_calls) * Model::Small.price()
    }

    fn cost_per_thousand(&self) -> f64 {
        self.cost() * 1_000.0 / f64::from(self.answered.max(1))
    }
}

impl Report {
    /// Sums up both runs in one line.
    pub(crate) fn summary(&self) -> String {
        let Self { seed, unprotected, protected, .. } = self;
        format!(
            "unprotected: {:.1} % answered, p99 {:.0} ms, ${:.2}; \
             protected: {:.1} % answered, p99 {:.0} ms, ${:.2}; seed {seed}",
            unprotected.success() * 100.0,
            milliseconds(unprotected.p99),
            unprotected.cost(),
            protected.success() * 100.0,
            milliseconds(protected.p99),
            protected.cost(),
        )
    }

    /// Lists what this run fails to show: a service that fails often, and a stack that answers nevertheless, nearly
    /// always with a model.
    pub(crate) fn missed_goals(&self) -> Vec<&'static str> {
        let Self { unprotected, protected, .. } = self;
        let goals = [
            ("fewer than 85 % of the requests answered without the stack", unprotected.success() < 0.85),
            ("at least 99.9 % of the requests answered with the stack", protected.success() >= 0.999),
            ("at least 97 % of the answers written by a model", protected.model_answers() >= 0.97),
            ("no answer that belongs to another question", protected.mixed_up == 0),
            ("a hint of the service that held all calls back", protected.hints_obeyed > 0),
            (
                "fewer calls rejected with a 429 than without the stack",
                protected.rate_limited < unprotected.rate_limited,
            ),
        ];
        goals.into_iter().filter(|(_, reached)| !reached).map(|(goal, _)| goal).collect()
    }

    pub(crate) fn json(&self) -> Value {
        let Self { seed, unprotected, uncached, protected } = self;
        json!({
            "seed": seed,
            "requests": protected.requests,
            "naked_success": rounded(unprotected.success()),
            "uncached_success": rounded(uncached.success()),
            "protected_success": rounded(protected.success()),
            "model_answers": rounded(protected.model_answers()),
            "degraded": protected.degraded(),
            "answered_by": {
                "cache": protected.by(Layer::Cache),
                "primary": protected.by(Layer::Primary),
                "small": protected.by(Layer::Small),
                "canned": protected.by(Layer::Canned),
            },
            "mixed_up": protected.mixed_up,
            "naked_p99_ms": milliseconds(unprotected.p99),
            "protected_p99_ms": milliseconds(protected.p99),
            "upstream_calls_naked": unprotected.calls(),
            "upstream_calls_uncached": uncached.calls(),
            "upstream_calls_protected": protected.calls(),
            "saved_by_cache": protected.saved_by_cache,
            "saved_by_breaker": protected.saved_by_breaker,
            "stalled_streams": protected.stalled_streams,
            "hints_obeyed": protected.hints_obeyed,
            "tokens_settled": protected.tokens,
            "cost_naked": rounded(unprotected.cost()),
            "cost_protected": rounded(protected.cost()),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<34}{:>12}{:>12}{:>12}", "", "unprotected", "no cache", "protected")?;
        for (name, cell) in ROWS {
            let [unprotected, uncached, protected] = [&self.unprotected, &self.uncached, &self.protected].map(cell);
            writeln!(f, "{name:<34}{unprotected:>12}{uncached:>12}{protected:>12}")?;
        }
        Ok(())
    }
}

type Cell = fn(&Figures) -> String;

const ROWS: [(&str, Cell); 23] = [
    ("requests", |run| run.requests.to_string()),
    ("answered", |run| run.answered.to_string()),
    ("  share of the requests", |run| percent(run.success())),
    ("  from the cache", |run| run.by(Layer::Cache).to_string()),
    ("  by the primary model", |run| run.by(Layer::Primary).to_string()),
    ("  by the small model", |run| run.by(Layer::Small).to_string()),
    ("  by the canned text", |run| run.by(Layer::Canned).to_string()),
    ("  share written by a model", |run| percent(run.model_answers())),
    ("  answers to another question", |run| run.mixed_up.to_string()),
    ("streamed answers that stalled", |run| run.stalled_streams.to_string()),
    ("latency p50", |run| time(run.p50)),
    ("latency p95", |run| time(run.p95)),
    ("latency p99", |run| time(run.p99)),
    ("upstream calls", |run| run.calls().to_string()),
    ("  to the primary model", |run| run.primary_calls.to_string()),
    ("  to the small model", |run| run.small_calls.to_string()),
    ("  rejected with a 429", |run| run.rate_limited.to_string()),
    ("  saved by the cache", |run| run.saved_by_cache.to_string()),
    ("  saved by the open breaker", |run| run.saved_by_breaker.to_string()),
    ("hints that held all calls back", |run| run.hints_obeyed.to_string()),
    ("tokens of the primary model", |run| run.tokens.to_string()),
    ("cost", |run| dollars(run.cost())),
    ("cost per 1,000 answers", |run| dollars(run.cost_per_thousand())),
];

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn time(latency: Duration) -> String {
    format!("{:.0} ms", milliseconds(latency))
}

fn dollars(amount: f64) -> String {
    format!("${amount:.2}")
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    items.map(|_| 1).sum()
}

fn share(part: u32, whole: u32) -> f64 {
    f64::from(part) / f64::from(whole.max(1))
}

/// The smallest latency that `percent` of the requests do not exceed.
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

fn milliseconds(latency: Duration) -> f64 {
    (latency.as_secs_f64() * 10_000.0).round() / 10.0
}

fn rounded(figure: f64) -> f64 {
    (figure * 1e5).round() / 1e5
}
