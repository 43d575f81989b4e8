//! Compares the observations of the upstream and the processes with the promises of the documentation.

use std::fmt;
use std::time::Duration;

use crate::child::{ARTICLES, Call, Observations};
use crate::parent::{Fault, PROCESSES, Phase, Run};
use crate::service::{BURST, FAILURES, LEASE, NEAR, PLACES, RATE, RECOVERY};
use crate::upstream::{Kind, Seen};

/// The longest time to draw a page, or load an article, that began while the engine was away.
const SETTLED: Duration = Duration::from_millis(400);
/// By then, every process has read every article, and no copy has expired.
const COLD: Duration = NEAR;
/// The average number of cold loads of an article. Without the engine, every process loads it.
const COLD_LOADS: f64 = 3.0;
/// The part of the reads of warm articles that may be loads, because an engine on a busy machine may answer too late.
const COLD_READS: f64 = 0.02;
/// The part of the limit that has to pass.
const LEAST: f64 = 0.6;
/// The time until all processes reject, after the first one does.
const SPREAD: Duration = Duration::from_secs(1);
/// The longest wait of a call for the engine.
const LIMIT: Duration = Duration::from_millis(20);
/// The delay that a busy machine adds to a call or a message, and to a percentile.
const LAG: Duration = Duration::from_millis(100);
const NOISE: Duration = Duration::from_millis(15);

pub struct Report {
    pub rows: Vec<Row>,
    cold: Loads,
    warm: Loads,
    /// Reads of warm articles that ask the engine.
    reads: f64,
    /// The time from the first breaker that opened to the last, if all opened.
    pub spread: Option<Duration>,
    /// The calls that the upstream failed in its outage, and their limit: some until the breaker opens, and probes.
    failed: u32,
    most_failed: f64,
    has_recovered: bool,
    surprises: Vec<String>,
}

/// One phase of the run.
pub struct Row {
    pub phase: Phase,
    pub tokens: u32,
    bound: f64,
    loads: Loads,
    /// The 95th percentile of the pages drawn at once while the engine was available to all processes.
    pages: u32,
    /// The 99th percentiles of the overhead of the attributes.
    pub shared: Duration,
    pub alone: Duration,
}

#[derive(Default)]
struct Loads {
    total: u32,
    /// The loads of the article that was loaded most.
    most: u32,
}

impl Loads {
    fn of<'a>(seen: impl Iterator<Item = &'a Seen>) -> Self {
        let mut counts = vec![0; ARTICLES as usize];
        for seen in seen.filter(|seen| seen.kind == Kind::Load) {
            counts[seen.number as usize] += 1;
        }
        Self { total: counts.iter().sum(), most: counts.into_iter().max().unwrap_or(0) }
    }
}

impl Row {
    fn of(run: &Run, phase: &Phase) -> Self {
        let seen = || run.seen_in(phase.time.clone());
        let pages = seen().filter(|seen| seen.kind == Kind::Render && run.has_engine(run.at(seen), SETTLED));
        let p99 = |calls: fn(&Observations) -> &[Call]| {
            let calls = run.processes.iter().flat_map(calls).filter(|call| phase.time.contains(&call.at()));
            percentile(99, calls.map(Call::took).collect())
        };
        Self {
            phase: phase.clone(),
            tokens: seen().filter(|seen| seen.kind == Kind::Ask).map(|seen| seen.units).sum(),
            bound: bound(phase, phase.time.end),
            loads: Loads::of(seen()),
            pages: percentile(95, pages.map(|seen| seen.at_once).collect()),
            shared: p99(|process| &process.shared),
            alone: p99(|process| &process.alone),
        }
    }
}

/// The most tokens that may be taken from the start of a phase to a time in it. From the second phase on, processes may
/// have taken some in advance.
pub fn bound(phase: &Phase, until: Duration) -> f64 {
    let leased = if phase.fault == Fault::None { 0.0 } else { f64::from(LEASE * PROCESSES) };
    f64::from(BURST) + leased + f64::from(RATE) * until.saturating_sub(phase.time.start).as_secs_f64()
}

fn percentile<T: Ord + Copy + Default>(percent: usize, mut values: Vec<T>) -> T {
    values.sort_unstable();
    values.get((values.len() * percent).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default()
}

impl Report {
    pub fn of(run: &Run) -> Self {
        let first = run.phases.first().map_or(Duration::ZERO, |phase| phase.time.end);
        let down = run.phases.iter().find(|phase| phase.fault == Fault::UpstreamDown);
        let opened = run.processes.iter().map(|process| {
            let mut openings = process.breaker.spans().map(|span| span.start);
            openings.find(|at| down.is_some_and(|down| down.time.contains(at)))
        });
        let opened: Option<Vec<_>> = opened.collect();
        let spread = opened.and_then(|opened| opened.iter().max()?.checked_sub(*opened.iter().min()?));
        let outage = down.map_or(Duration::ZERO, Phase::length);
        let most_failed = 2.0 * (f64::from(FAILURES) + outage.div_duration_f64(RECOVERY));
        let reads = first.saturating_sub(COLD).div_duration_f64(NEAR) * f64::from(ARTICLES * PROCESSES);
        Self {
            rows: run.phases.iter().map(|phase| Row::of(run, phase)).collect(),
            cold: Loads::of(run.seen_in(Duration::ZERO..COLD)),
            warm: Loads::of(run.seen_in(COLD..first).filter(|seen| run.has_engine(run.at(seen), SETTLED))),
            reads,
            spread,
            failed: run.seen.iter().filter(|seen| seen.has_failed && seen.kind == Kind::Ask).map(|_| 1).sum(),
            most_failed,
            has_recovered: run
                .processes
                .iter()
                .all(|process| process.breaker.spans().all(|span| span.end < run.length)),
            surprises: run.processes.iter().flat_map(|process| process.surprises.iter().cloned()).collect(),
        }
    }

    pub fn missed_goals(&self) -> Vec<String> {
        let mut missed = Vec::new();
        let mut check = |is_met: bool, what: String| {
            if !is_met {
                missed.push(what);
            }
        };
        for Row { phase, tokens, bound, pages, shared, alone, .. } in &self.rows {
            let name = phase.fault.name();
            let most = bound + f64::from(RATE) * LAG.as_secs_f64();
            check(f64::from(*tokens) <= most, format!("{name}: {tokens} tokens, and {most:.0} is the most"));
            if !matches!(phase.fault, Fault::UpstreamDown | Fault::UpstreamBack) {
                let least = LEAST * f64::from(RATE) * phase.length().as_secs_f64();
                check(f64::from(*tokens) >= least, format!("{name}: {tokens} tokens, and {least:.0} is the least"));
            }
            if phase.fault.has_engine() {
                // Without an answer in time, a call has a permit of its process alone.
                check(*pages <= PLACES + PLACES / 2, format!("{name}: {pages} pages at once"));
            }
            let longest = *alone + LIMIT + NOISE;
            check(*shared <= longest, format!("{name}: p99 of {shared:?}, and {longest:?} is the most"));
        }
        let cold = self.cold.total;
        check(f64::from(cold) <= COLD_LOADS * f64::from(ARTICLES), format!("{cold} loads of cold articles"));
        check(self.cold.most <= PROCESSES, format!("a cold article was loaded {} times", self.cold.most));
        let warm = self.warm.total;
        check(f64::from(warm) <= self.reads * COLD_READS, format!("{warm} warm articles were loaded"));
        let spread = self.spread.map_or("never".to_owned(), |spread| format!("after {spread:?}"));
        check(self.spread.is_some_and(|spread| spread <= SPREAD + LAG), format!("all processes reject {spread}"));
        let failed = self.failed;
        check(f64::from(failed) <= self.most_failed, format!("{failed} calls failed in the outage of the upstream"));
        check(self.has_recovered, "a breaker stays open".to_owned());
        check(self.surprises.is_empty(), format!("callers saw {:?}", self.surprises));
        missed
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<18}{:>6}{:>9}{:>9}{:>8}{:>11}{:>7}",
            "", "s", "tokens", "at most", "loads", "an article", "pages"
        )?;
        writeln!(f, "{:>12}{:>12}", "p99 shared", "p99 alone")?;
        for Row { phase, tokens, bound, loads, pages, shared, alone } in &self.rows {
            write!(f, "{:<18}{:>6.1}", phase.fault.name(), phase.length().as_secs_f64())?;
            write!(f, "{tokens:>9}{bound:>9.0}{:>8}{:>11}{pages:>7}", loads.total, loads.most)?;
            writeln!(f, "{:>9.1} ms{:>9.1} ms", milliseconds(*shared), milliseconds(*alone))?;
        }
        let Loads { total, most } = self.cold;
        writeln!(f, "cold: {total} loads of {ARTICLES} articles, at most {most} of one; by {PROCESSES} processes")?;
        writeln!(f, "warm: {} loads in {:.0} requests to the engine", self.warm.total, self.reads)?;
        match self.spread {
            Some(spread) => writeln!(f, "all processes reject {:.1} ms after the first", milliseconds(spread))?,
            None => writeln!(f, "not all processes reject")?,
        }
        writeln!(f, "{} calls reached the upstream in its outage", self.failed)
    }
}

pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
