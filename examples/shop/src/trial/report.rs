//! The table, and the goals.

use std::fmt;
use std::time::Duration;

use super::load::{Answer, Outcome};
use super::schedule::{Fault, Schedule};
use super::{Run, Shop};

/// The figures of the requests that arrived during one fault.
#[derive(Default, Clone)]
pub struct Figures {
    requests: usize,
    fresh: usize,
    degraded: usize,
    failed: usize,
    latencies: Vec<Duration>,
    model_calls: usize,
    /// Orders that already existed when they were sent again.
    repeated: usize,
    double_orders: u32,
}

impl Figures {
    fn of(run: &Run, includes: impl Fn(Duration) -> bool) -> Self {
        let outcomes: Vec<&Outcome> = run.outcomes.iter().filter(|outcome| includes(outcome.at)).collect();
        let count = |answer| outcomes.iter().filter(|outcome| outcome.answer == answer).count();
        let mut latencies: Vec<Duration> = outcomes.iter().map(|outcome| outcome.latency).collect();
        latencies.sort_unstable();
        Self {
            requests: outcomes.len(),
            fresh: count(Answer::Fresh),
            degraded: count(Answer::Degraded),
            failed: count(Answer::Failed),
            latencies,
            model_calls: run.model_calls.iter().filter(|at| includes(**at)).count(),
            repeated: outcomes.iter().filter(|one| one.placed.is_some_and(|placed| placed.repeated)).count(),
            double_orders: outcomes.iter().filter_map(|one| one.basket).map(|basket| run.audit.doubles(basket)).sum(),
        }
    }

    fn answered(&self) -> f64 {
        share(self.fresh + self.degraded, self.requests)
    }

    /// The latency that `percent` of the requests do not exceed.
    fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.latencies.len() * percent).div_ceil(100);
        self.latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

fn share(part: usize, whole: usize) -> f64 {
    // Both are far below 2^52.
    #[expect(clippy::cast_precision_loss)]
    let share = part as f64 / whole.max(1) as f64;
    share
}

pub struct Report {
    shop: Shop,
    rows: Vec<(Fault, Figures)>,
    total: Figures,
    lost: usize,
    unshipped: u64,
}

impl Report {
    pub fn of(run: &Run, schedule: &Schedule) -> Self {
        let figures = |fault| Figures::of(run, |at| schedule.fault_at(at) == fault);
        Self {
            shop: run.shop,
            rows: Fault::ALL.map(|fault| (fault, figures(fault))).into(),
            total: Figures::of(run, |_| true),
            lost: run.audit.lost,
            unshipped: run.audit.unshipped,
        }
    }

    /// Returns the broken promises of the shop. It promises to answer at least `least` percent of all requests.
    pub fn missed_goals(&self, least: f64) -> Vec<String> {
        let mut missed = Vec::new();
        let mut check = |is_met: bool, goal: String| {
            if !is_met {
                missed.push(goal);
            }
        };
        check(self.total.double_orders == 0, format!("{} double orders", self.total.double_orders));
        check(self.lost == 0, format!("{} confirmed orders do not exist", self.lost));
        check(self.unshipped == 0, format!("{} orders never reached the warehouse", self.unshipped));
        let answered = self.total.answered() * 100.0;
        check(answered >= least, format!("only {answered:.1} % answered"));
        missed
    }

    /// One line for the picture.
    pub fn summary(&self) -> String {
        let Figures { requests, fresh, degraded, failed, double_orders, .. } = &self.total;
        format!(
            "{requests} requests: {fresh} fresh, {degraded} degraded, {failed} failed; {double_orders} double orders"
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?} shop", self.shop)?;
        let head = [
            "fault",
            "requests",
            "fresh",
            "degraded",
            "failed",
            "answered",
            "p50",
            "p95",
            "model calls",
            "repeated",
            "double",
        ];
        let [fault, rest @ ..] = head;
        write!(f, "  {fault:<18}")?;
        for column in rest {
            write!(f, "{column:>12}")?;
        }
        writeln!(f)?;
        let rows = self.rows.iter().map(|(fault, figures)| (fault.name(), figures));
        for (name, figures) in rows.chain([("total", &self.total)]) {
            let milliseconds = |percent| format!("{} ms", figures.percentile(percent).as_millis());
            write!(f, "  {name:<18}{:>12}{:>12}", figures.requests, figures.fresh)?;
            write!(f, "{:>12}{:>12}", figures.degraded, figures.failed)?;
            write!(f, "{:>10.1} %{:>12}", figures.answered() * 100.0, milliseconds(50))?;
            write!(f, "{:>12}{:>12}", milliseconds(95), figures.model_calls)?;
            writeln!(f, "{:>12}{:>12}", figures.repeated, figures.double_orders)?;
        }
        writeln!(f, "  confirmed orders that do not exist: {}", self.lost)?;
        writeln!(f, "  orders that the warehouse does not know: {}", self.unshipped)
    }
}
