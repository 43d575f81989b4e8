//! Plots the runs: success, latency and upstream calls over time, the states of the breaker, and who
//! answered.

use std::ops::Range;
use std::time::Duration;

use resilience::BreakerState;

use crate::report::percentile;
use crate::run::{Layer, Run};
use crate::svg::{Align, Area, Svg};
use crate::traffic::LENGTH;

/// The time that one point of a line and one column cover.
const BIN: Duration = Duration::from_millis(250);

const SUCCESS: Area = panel(112.0, 150.0);
const LATENCY: Area = panel(312.0, 150.0);
const CALLS: Area = panel(512.0, 120.0);
const BREAKER: Area = panel(682.0, 22.0);
const ANSWERS: Area = panel(790.0, 150.0);

/// The latencies at the bottom and at the top of their panel, in milliseconds. The scale is logarithmic.
const FASTEST: f64 = 10.0;
const SLOWEST: f64 = 4_000.0;

const OUTAGE: &str = "#f8e8e1";
const GRID: &str = "#dfe5e9";
const UNPROTECTED: &str = "#c8442e";
const UNCACHED: &str = "#8a63b0";
const PROTECTED: &str = "#0b7a75";
const CLOSED: &str = "#a9d5c5";
const OPEN: &str = "#c8442e";
const HALF_OPEN: &str = "#f5c542";

const TITLE: &str = "font-size=\"19\" font-weight=\"600\" fill=\"#22303c\"";
const HEADING: &str = "font-size=\"14\" font-weight=\"600\" fill=\"#22303c\"";
const LABEL: &str = "font-size=\"12\" fill=\"#5d6c78\"";
const WARNING: &str = "font-size=\"12\" font-weight=\"600\" fill=\"#c8442e\"";

const fn panel(top: f64, height: f64) -> Area {
    Area { left: 76.0, top, width: 896.0, height }
}

pub(crate) struct Chart<'a> {
    pub(crate) title: &'a str,
    pub(crate) summary: &'a str,
    pub(crate) unprotected: &'a Run,
    pub(crate) uncached: &'a Run,
    pub(crate) protected: &'a Run,
    pub(crate) outage: Range<Duration>,
}

impl Chart<'_> {
    pub(crate) fn draw(&self) -> String {
        let mut svg = Svg::new(1_000.0, 1_004.0);
        svg.text((SUCCESS.left, 36.0), Align::Left, TITLE, self.title);
        svg.text((SUCCESS.left, 59.0), Align::Left, LABEL, self.summary);
        self.outage(&mut svg);
        self.success(&mut svg);
        self.latency(&mut svg);
        self.calls(&mut svg);
        self.breaker(&mut svg);
        self.answers(&mut svg);
        time_axis(&mut svg);
        svg.finish()
    }

    fn runs(&self) -> [(&'static str, &'static str, &Run); 3] {
        [
            ("unprotected", UNPROTECTED, self.unprotected),
            ("without the cache", UNCACHED, self.uncached),
            ("protected", PROTECTED, self.protected),
        ]
    }

    fn outage(&self, svg: &mut Svg) {
        let (from, to) = (x(self.outage.start), x(self.outage.end));
        for panel in [SUCCESS, LATENCY, CALLS, BREAKER, ANSWERS] {
            svg.rect(between(from, to, panel), OUTAGE);
        }
        let above = (f64::midpoint(from, to), SUCCESS.top + 16.0);
        svg.text(above, Align::Centre, WARNING, "primary model down");
    }

    fn success(&self, svg: &mut Svg) {
        heading(svg, SUCCESS, "Share of requests answered, by time of arrival");
        self.legend(svg, SUCCESS);
        for percent in [0, 25, 50, 75, 100] {
            let share = f64::from(percent) / 100.0;
            gridline(svg, SUCCESS, share, &format!("{percent} %"));
        }
        self.lines(svg, SUCCESS, |bin| (bin.requests > 0).then(|| bin.success()));
    }

    fn latency(&self, svg: &mut Svg) {
        let height = |ms: f64| (ms.clamp(FASTEST, SLOWEST) / FASTEST).ln() / (SLOWEST / FASTEST).ln();
        heading(svg, LATENCY, "Latency in milliseconds, 95th percentile");
        self.legend(svg, LATENCY);
        for ms in [10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0] {
            gridline(svg, LATENCY, height(ms), &ms.to_string());
        }
        self.lines(svg, LATENCY, |bin| bin.p95().map(|latency| height(latency.as_secs_f64() * 1_000.0)));
    }

    fn calls(&self, svg: &mut Svg) {
        heading(svg, CALLS, "Upstream calls per second, to both models");
        self.legend(svg, CALLS);
        let busiest = self.runs().iter().flat_map(|(_, _, run)| bins(run)).map(|bin| bin.calls).max().unwrap_or(0);
        let top = f64::from(busiest).max(1.0) * 1.1;
        rates(svg, CALLS, top);
        self.lines(svg, CALLS, |bin| Some(f64::from(bin.calls) / top));
    }

    /// One line per run, of the share of the height that `height` determines for each bin.
    fn lines(&self, svg: &mut Svg, panel: Area, height: impl Fn(&Bin) -> Option<f64>) {
        for (_, colour, run) in self.runs() {
            let dots: Vec<(f64, f64)> =
                bins(run).iter().filter_map(|bin| Some((x(bin.start + BIN / 2), panel.y(height(bin)?)))).collect();
            svg.line(&dots, colour, 2.5);
        }
    }

    fn legend(&self, svg: &mut Svg, panel: Area) {
        legend(svg, panel, &self.runs().map(|(name, colour, _)| (name, colour)));
    }

    fn breaker(&self, svg: &mut Svg) {
        heading(svg, BREAKER, "State of the breaker of the protected run");
        let states = [("closed", CLOSED), ("open", OPEN), ("half-open", HALF_OPEN)];
        legend(svg, BREAKER, &states);
        // The breaker exists from its first call on; until then nothing is rejected.
        svg.rect(BREAKER, CLOSED);
        for (from, to, state) in self.states() {
            if state == BreakerState::Open {
                svg.rect(between(from, to, BREAKER), OPEN);
            }
        }
        for (from, to, state) in self.states() {
            if state == BreakerState::HalfOpen {
                // A probe that fails at once is narrower than a pixel.
                svg.rect(between(from, to.max(from + 3.0), BREAKER), HALF_OPEN);
            }
        }
        if let Some(reason) = self.protected.reason_of_first_opening(&self.outage) {
            svg.text((BREAKER.left, BREAKER.bottom() + 20.0), Align::Left, LABEL, &reason);
        }
    }

    /// The states of the breaker, with the pixels that they cover.
    fn states(&self) -> impl Iterator<Item = (f64, f64, BreakerState)> {
        let changes = &self.protected.breaker.changes;
        let ends = changes.iter().skip(1).map(|(next, _)| *next).chain([LENGTH]);
        changes.iter().zip(ends).map(|((since, state), until)| (x(*since), x(until), *state))
    }

    fn answers(&self, svg: &mut Svg) {
        heading(svg, ANSWERS, "Answers per second of the protected run, by origin");
        legend(svg, ANSWERS, &Layer::ALL.map(author));

        let bins = bins(self.protected);
        let busiest = bins.iter().map(|bin| bin.requests).max().unwrap_or(0);
        let top = f64::from(busiest).max(1.0) * 1.1;
        rates(svg, ANSWERS, top);
        for bin in &bins {
            let mut below = 0;
            for layer in Layer::ALL {
                let answers = bin.by_layer[layer as usize];
                let column = Area {
                    left: x(bin.start) + 2.0,
                    top: ANSWERS.y(f64::from(below + answers) / top),
                    width: x(bin.start + BIN) - x(bin.start) - 4.0,
                    height: ANSWERS.height * f64::from(answers) / top,
                };
                let (_, colour) = author(layer);
                svg.rect(column, colour);
                below += answers;
            }
        }
    }
}

/// The requests that arrived within one [`BIN`], and the upstream calls of that time.
struct Bin {
    start: Duration,
    requests: u32,
    by_layer: [u32; 4],
    latencies: Vec<Duration>,
    calls: u32,
}

impl Bin {
    fn of(run: &Run, start: Duration) -> Self {
        let time = start..start + BIN;
        let calls = run.calls.iter().filter(|at| time.contains(*at)).map(|_| 1).sum();
        let mut bin = Self { start, requests: 0, by_layer: [0; 4], latencies: Vec::new(), calls };
        for outcome in run.outcomes.iter().filter(|outcome| time.contains(&outcome.at)) {
            bin.requests += 1;
            bin.latencies.push(outcome.latency);
            if let Some(layer) = outcome.layer {
                bin.by_layer[layer as usize] += 1;
            }
        }
        bin.latencies.sort_unstable();
        bin
    }

    /// `None` if nobody asked.
    fn p95(&self) -> Option<Duration> {
        (self.requests > 0).then(|| percentile(&self.latencies, 95))
    }

    fn success(&self) -> f64 {
        f64::from(self.by_layer.iter().sum::<u32>()) / f64::from(self.requests)
    }
}

fn bins(run: &Run) -> Vec<Bin> {
    let starts = std::iter::successors(Some(Duration::ZERO), |start| Some(*start + BIN));
    starts.take_while(|start| *start < LENGTH).map(|start| Bin::of(run, start)).collect()
}

fn author(layer: Layer) -> (&'static str, &'static str) {
    match layer {
        Layer::Cache => ("cache", "#8fb8de"),
        Layer::Primary => ("primary model", "#2b5f9e"),
        Layer::Small => ("small model", "#e8833a"),
        Layer::Canned => ("canned text", "#7d6b7d"),
    }
}

fn x(time: Duration) -> f64 {
    SUCCESS.x(time.as_secs_f64() / LENGTH.as_secs_f64())
}

fn between(from: f64, to: f64, panel: Area) -> Area {
    Area { left: from, width: to - from, ..panel }
}

fn heading(svg: &mut Svg, panel: Area, text: &str) {
    svg.text((panel.left, panel.top - 12.0), Align::Left, HEADING, text);
}

/// Draws a legend above the panel, right-aligned, opposite its heading.
fn legend(svg: &mut Svg, panel: Area, entries: &[(&str, &str)]) {
    let mut right = panel.right();
    for (name, colour) in entries.iter().rev() {
        // Without font metrics, this estimates the width on the wide side.
        let name_width: f64 = name.chars().map(|_| 6.8).sum();
        let name_left = right - name_width;
        svg.text((name_left, panel.top - 12.0), Align::Left, LABEL, name);
        let swatch = Area { left: name_left - 18.0, top: panel.top - 22.0, width: 12.0, height: 12.0 };
        svg.rect(swatch, colour);
        right = swatch.left - 18.0;
    }
}

/// The gridlines of a panel whose height stands for `top` in one [`BIN`], marked per second.
fn rates(svg: &mut Svg, panel: Area, top: f64) {
    let per_second = 1.0 / BIN.as_secs_f64();
    let step = if top * per_second > 300.0 { 100.0 } else { 50.0 };
    for rate in (0..=10).map(|mark| f64::from(mark) * step) {
        if rate <= top * per_second {
            gridline(svg, panel, rate / per_second / top, &rate.to_string());
        }
    }
}

fn gridline(svg: &mut Svg, panel: Area, share: f64, label: &str) {
    let y = panel.y(share);
    svg.line(&[(panel.left, y), (panel.right(), y)], GRID, 1.0);
    svg.text((panel.left - 10.0, y + 4.0), Align::Right, LABEL, label);
}

fn time_axis(svg: &mut Svg) {
    let below = ANSWERS.bottom() + 20.0;
    for second in 0..=LENGTH.as_secs() {
        let x = x(Duration::from_secs(second));
        svg.text((x, below), Align::Centre, LABEL, &second.to_string());
    }
    let centre = (x(LENGTH / 2), below + 24.0);
    svg.text(centre, Align::Centre, LABEL, "seconds since the start of the run");
}
