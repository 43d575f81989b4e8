//! Plots the runs over time: answers, latency, calls of the model and the states of the breakers, with the faults as
//! bands.

use std::time::Duration;

use resilience::BreakerState;

use super::load::{Answer, Outcome};
use super::report::Report;
use super::schedule::Schedule;
use super::states::BREAKERS;
use super::svg::{Align, Area, Svg};
use super::{Run, Shop};

const WIDTH: f64 = 1_000.0;
const LEFT: f64 = 84.0;
const INNER: f64 = 888.0;
const FRAME: Area = Area { left: LEFT, top: TOP, width: INNER, height: 0.0 };
/// Between panels, for a heading and a legend.
const GAP: f64 = 52.0;
const TOP: f64 = 118.0;

const ANSWERS: f64 = 130.0;
const LATENCY: f64 = 110.0;
const CALLS: f64 = 90.0;
const ROW: f64 = 18.0;
const ROW_GAP: f64 = 6.0;

/// The latencies at the bottom and the top of their panel, in milliseconds. The scale is logarithmic.
const FASTEST: f64 = 1.0;
const SLOWEST: f64 = 10_000.0;

const BAND: &str = "#f6e7df";
const GRID: &str = "#dfe5e9";
const FRESH: &str = "#2f8f6b";
const DEGRADED: &str = "#f0b429";
const FAILED: &str = "#c8442e";
const NAKED: &str = "#c8442e";
const PROTECTED: &str = "#0b7a75";
const CLOSED: &str = "#a9d5c5";
const HALF_OPEN: &str = "#f5c542";
const OPEN: &str = "#c8442e";

const TITLE: &str = "font-size=\"19\" font-weight=\"600\" fill=\"#22303c\"";
const HEADING: &str = "font-size=\"14\" font-weight=\"600\" fill=\"#22303c\"";
const LABEL: &str = "font-size=\"12\" fill=\"#5d6c78\"";
const WARNING: &str = "font-size=\"12\" font-weight=\"600\" fill=\"#a8452f\"";

pub struct Chart<'a> {
    pub schedule: &'a Schedule,
    pub runs: Vec<(&'a Run, &'a Report)>,
}

impl Chart<'_> {
    pub fn draw(&self) -> String {
        let mut svg = Svg::new(WIDTH, self.height());
        svg.text((LEFT, 36.0), Align::Left, TITLE, "A shop whose database, Redis and language model fail in turn");
        let mut top = TOP;
        let mut panel = |height: f64| {
            let area = Area { left: LEFT, top, width: INNER, height };
            top += height + GAP;
            area
        };
        let answers: Vec<Area> = self.runs.iter().map(|_| panel(ANSWERS)).collect();
        let (latency, calls, breakers) = (panel(LATENCY), panel(CALLS), panel(breakers_height()));
        self.bands(&mut svg, breakers.bottom());
        for ((run, report), area) in self.runs.iter().zip(&answers) {
            self.answers(&mut svg, *area, run, report);
        }
        self.latency(&mut svg, latency);
        self.calls(&mut svg, calls);
        self.breakers(&mut svg, breakers);
        self.time_axis(&mut svg, breakers.bottom());
        svg.finish()
    }

    fn height(&self) -> f64 {
        let answers: f64 = self.runs.iter().map(|_| ANSWERS + GAP).sum();
        TOP + answers + LATENCY + GAP + CALLS + GAP + breakers_height() + 56.0
    }

    fn x(&self, time: Duration) -> f64 {
        FRAME.x((time.as_secs_f64() / self.schedule.length.as_secs_f64()).min(1.0))
    }

    /// The time of one column, and of one point of a line.
    fn bin(&self) -> Duration {
        self.schedule.length / 60
    }

    fn bins(&self) -> impl Iterator<Item = Duration> {
        (0..60).map(|number| self.bin() * number)
    }

    fn bands(&self, svg: &mut Svg, bottom: f64) {
        let top = TOP - 44.0;
        for (fault, time) in &self.schedule.faults {
            let (from, to) = (self.x(time.start), self.x(time.end));
            svg.rect(Area { left: from, top, width: to - from, height: bottom - top }, BAND);
            svg.text((f64::midpoint(from, to), top - 6.0), Align::Centre, WARNING, fault.name());
        }
    }

    fn answers(&self, svg: &mut Svg, area: Area, run: &Run, report: &Report) {
        let name = match run.shop {
            Shop::Protected => "With attributes",
            Shop::Naked => "Without attributes",
        };
        heading(svg, area, name);
        svg.text((LEFT + 165.0, area.top - 12.0), Align::Left, LABEL, &report.summary());
        legend(svg, area, &[("fresh", FRESH), ("degraded", DEGRADED), ("failed", FAILED)]);
        let per_bin = |time, answer| {
            let in_bin = in_bin(&run.outcomes, time, self.bin()).filter(|outcome| outcome.answer == answer);
            number(in_bin.count())
        };
        let layers = [(Answer::Fresh, FRESH), (Answer::Degraded, DEGRADED), (Answer::Failed, FAILED)];
        let height = |time| layers.iter().map(|(answer, _)| per_bin(time, *answer)).sum::<f64>();
        let top = self.bins().map(height).fold(1.0, f64::max) * 1.1;
        self.rates(svg, area, top);
        for time in self.bins() {
            let mut below = 0.0;
            for (answer, colour) in layers {
                let count = per_bin(time, answer);
                if count == 0.0 {
                    continue;
                }
                let (from, to) = (self.x(time), self.x(time + self.bin()));
                let column = Area {
                    left: from + 1.5,
                    top: area.y((below + count) / top),
                    width: to - from - 3.0,
                    height: area.height * count / top,
                };
                svg.rect(column, colour);
                below += count;
            }
        }
    }

    fn latency(&self, svg: &mut Svg, area: Area) {
        heading(svg, area, "Latency in milliseconds, 95th percentile, pauses of customers included");
        self.legend_of_runs(svg, area);
        let height = |ms: f64| (ms.clamp(FASTEST, SLOWEST) / FASTEST).ln() / (SLOWEST / FASTEST).ln();
        for ms in [1.0, 10.0, 100.0, 1_000.0, 10_000.0] {
            gridline(svg, area, height(ms), &ms.to_string());
        }
        for (run, _) in &self.runs {
            let point = |time| {
                let mut latencies: Vec<_> = in_bin(&run.outcomes, time, self.bin()).map(|one| one.latency).collect();
                latencies.sort_unstable();
                let p95 = latencies.get((latencies.len() * 95).div_ceil(100).checked_sub(1)?)?;
                Some((self.x(time + self.bin() / 2), area.y(height(p95.as_secs_f64() * 1_000.0))))
            };
            svg.line(&self.bins().filter_map(point).collect::<Vec<_>>(), colour(run.shop), 2.5);
        }
    }

    fn calls(&self, svg: &mut Svg, area: Area) {
        heading(svg, area, "Calls of the language model per second");
        self.legend_of_runs(svg, area);
        let count = |run: &Run, time: Duration| {
            let bin = time..time + self.bin();
            number(run.model_calls.iter().filter(|at| bin.contains(at)).count())
        };
        let heights = self.runs.iter().flat_map(|(run, _)| self.bins().map(|time| count(run, time)));
        let top = heights.fold(1.0, f64::max) * 1.1;
        self.rates(svg, area, top);
        for (run, _) in &self.runs {
            let point = |time| (self.x(time + self.bin() / 2), area.y(count(run, time) / top));
            svg.line(&self.bins().map(point).collect::<Vec<_>>(), colour(run.shop), 2.5);
        }
    }

    fn breakers(&self, svg: &mut Svg, area: Area) {
        heading(svg, area, "States of the breakers");
        legend(svg, area, &[("closed", CLOSED), ("half-open", HALF_OPEN), ("open", OPEN)]);
        let Some((run, _)) = self.runs.iter().find(|(run, _)| run.shop == Shop::Protected) else {
            svg.text((LEFT, area.top + 14.0), Align::Left, LABEL, "there are none");
            return;
        };
        let mut top = area.top;
        for (name, changes) in run.states.changes() {
            let row = Area { top, height: ROW, ..area };
            svg.text((LEFT - 10.0, top + 13.0), Align::Right, LABEL, name);
            svg.rect(row, CLOSED);
            let ends = changes.iter().skip(1).map(|(next, _)| *next).chain([self.schedule.length]);
            let spans = changes.iter().zip(ends).map(|((since, state), until)| (*since, until, *state));
            // A probe is shorter than a pixel, so it is drawn last and wider.
            for (drawn, colour, least) in [(BreakerState::Open, OPEN, 0.0), (BreakerState::HalfOpen, HALF_OPEN, 2.0)] {
                for (since, until, _) in
                    spans.clone().filter(|(since, _, state)| *state == drawn && *since < self.schedule.length)
                {
                    let (from, to) = (self.x(since), self.x(until));
                    svg.rect(Area { left: from, width: (to - from).max(least), ..row }, colour);
                }
            }
            top += ROW + ROW_GAP;
        }
    }

    fn legend_of_runs(&self, svg: &mut Svg, area: Area) {
        let name = |shop| match shop {
            Shop::Protected => "with attributes",
            Shop::Naked => "without",
        };
        let entries: Vec<_> = self.runs.iter().map(|(run, _)| (name(run.shop), colour(run.shop))).collect();
        legend(svg, area, &entries);
    }

    /// The gridlines of a panel whose height stands for `top` in one bin, marked per second.
    fn rates(&self, svg: &mut Svg, area: Area, top: f64) {
        let per_second = top / self.bin().as_secs_f64();
        let step = [5.0, 10.0, 20.0, 50.0].into_iter().find(|step| per_second / step <= 5.0).unwrap_or(100.0);
        for mark in 0..=5 {
            let rate = f64::from(mark) * step;
            if rate <= per_second {
                gridline(svg, area, rate / per_second, &rate.to_string());
            }
        }
    }

    fn time_axis(&self, svg: &mut Svg, bottom: f64) {
        let seconds = self.schedule.length.as_secs();
        for second in (0..=seconds).step_by(if seconds > 30 { 5 } else { 2 }) {
            let at = (self.x(Duration::from_secs(second)), bottom + 20.0);
            svg.text(at, Align::Centre, LABEL, &second.to_string());
        }
        svg.text((LEFT + INNER / 2.0, bottom + 42.0), Align::Centre, LABEL, "seconds since the start of the run");
    }
}

fn breakers_height() -> f64 {
    BREAKERS.iter().map(|_| ROW + ROW_GAP).sum::<f64>() - ROW_GAP
}

fn colour(shop: Shop) -> &'static str {
    match shop {
        Shop::Protected => PROTECTED,
        Shop::Naked => NAKED,
    }
}

fn in_bin(outcomes: &[Outcome], start: Duration, length: Duration) -> impl Iterator<Item = &Outcome> {
    outcomes.iter().filter(move |outcome| (start..start + length).contains(&outcome.at))
}

/// Counts are far below 2^52.
#[expect(clippy::cast_precision_loss)]
fn number(count: usize) -> f64 {
    count as f64
}

fn heading(svg: &mut Svg, area: Area, text: &str) {
    svg.text((area.left, area.top - 12.0), Align::Left, HEADING, text);
}

/// Draws a legend above the panel, right-aligned, opposite its heading.
fn legend(svg: &mut Svg, area: Area, entries: &[(&str, &str)]) {
    let mut right = area.right();
    for (name, colour) in entries.iter().rev() {
        // Without font metrics, this estimates the width on the wide side.
        let left = right - name.chars().map(|_| 6.8).sum::<f64>();
        svg.text((left, area.top - 12.0), Align::Left, LABEL, name);
        let swatch = Area { left: left - 18.0, top: area.top - 22.0, width: 12.0, height: 12.0 };
        svg.rect(swatch, colour);
        right = swatch.left - 18.0;
    }
}

fn gridline(svg: &mut Svg, area: Area, share: f64, label: &str) {
    let y = area.y(share);
    svg.line(&[(area.left, y), (area.right(), y)], GRID, 1.0);
    svg.text((area.left - 10.0, y + 4.0), Align::Right, LABEL, label);
}
