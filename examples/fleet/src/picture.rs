//! Draws the run: tokens against the limit, loads, pages, waits, and the breakers.

use std::time::Duration;

use crate::parent::{Fault, Phase, Run};
use crate::report::{Report, bound, milliseconds};
use crate::service::{PLACES, RATE};
use crate::svg::{Align, Area, Svg};
use crate::upstream::{Kind, Seen};

const INNER: f64 = 888.0;
const TOKENS: Area = panel(104.0, 150.0);
const RATES: Area = panel(306.0, 110.0);
const LOADS: Area = panel(468.0, 80.0);
const PAGES: Area = panel(600.0, 80.0);
const WAITS: Area = panel(732.0, 90.0);
const BREAKERS: Area = panel(874.0, 90.0);

const BAND: &str = "#f6e7df";
const GRID: &str = "#dfe5e9";
const BOUND: &str = "#c8442e";
const PASSED: &str = "#0b7a75";
const PROCESSES: [(&str, &str); 4] = [("process 1", "#0b7a75"), ("2", "#5aa9a3"), ("3", "#f0b429"), ("4", "#8a63b0")];
const ALONE: &str = "#8fa1ad";
const AWAY: &str = "#22303c";
const CLOSED: &str = "#a9d5c5";

const TITLE: &str = "font-size=\"19\" font-weight=\"600\" fill=\"#22303c\"";
const HEADING: &str = "font-size=\"14\" font-weight=\"600\" fill=\"#22303c\"";
const LABEL: &str = "font-size=\"12\" fill=\"#5d6c78\"";
const WARNING: &str = "font-size=\"12\" font-weight=\"600\" fill=\"#a8452f\"";

const fn panel(top: f64, height: f64) -> Area {
    Area { left: 84.0, top, width: INNER, height }
}

pub fn draw(run: &Run, report: &Report) -> String {
    let mut svg = Svg::new(1_000.0, 1_020.0);
    svg.text(
        (TOKENS.left, 36.0),
        Align::Left,
        TITLE,
        "Four processes that share their state, and an engine that fails",
    );
    let mut plot = Plot { svg, run };
    plot.bands();
    plot.tokens();
    plot.rates();
    plot.loads();
    plot.pages();
    plot.waits(report);
    plot.breakers(report);
    plot.time_axis();
    plot.svg.finish()
}

struct Plot<'a> {
    svg: Svg,
    run: &'a Run,
}

impl Plot<'_> {
    fn x(&self, time: Duration) -> f64 {
        TOKENS.x(time.div_duration_f64(self.run.length).min(1.0))
    }

    /// The time of one column.
    fn bin(&self) -> Duration {
        self.run.length / 90
    }

    /// Returns the time of each column, and a sum over its calls.
    fn sums(&self, of: impl Fn(&Seen) -> u32) -> Vec<(Duration, f64)> {
        let bins = (0..90).map(|number| self.bin() * number);
        bins.map(|time| (time, f64::from(self.run.seen_in(time..time + self.bin()).map(&of).sum::<u32>()))).collect()
    }

    fn column(&mut self, panel: Area, time: Duration, shares: (f64, f64), colour: &str) {
        let (from, to) = (self.x(time), self.x(time + self.bin()));
        let (low, high) = (panel.y(shares.0), panel.y(shares.1));
        self.svg.rect(Area { left: from + 1.0, width: to - from - 2.0, top: high, height: low - high }, colour);
    }

    fn bands(&mut self) {
        for Phase { fault, time } in &self.run.phases {
            let (from, to) = (self.x(time.start), self.x(time.end));
            let top = TOKENS.top - 38.0;
            let is_fault = matches!(fault, Fault::Frozen | Fault::Killed | Fault::UpstreamDown);
            if is_fault {
                let height = BREAKERS.bottom() - top;
                self.svg.rect(Area { left: from, top, width: to - from, height }, BAND);
            }
            let style = if is_fault { WARNING } else { LABEL };
            self.svg.text((f64::midpoint(from, to), top - 6.0), Align::Centre, style, fault.name());
        }
    }

    /// The bound restarts in each phase, which is stricter than one for the whole run.
    fn tokens(&mut self) {
        self.heading(
            TOKENS,
            "Tokens used since the beginning of a phase",
            &[("burst + rate × time", BOUND), ("used by all processes", PASSED)],
        );
        let top = self.run.phases.iter().map(|phase| bound(phase, phase.time.end)).fold(1.0, f64::max) * 1.05;
        self.grid(TOKENS, top);
        for phase in &self.run.phases {
            let Phase { time, .. } = phase;
            let ends = [time.start, time.end].map(|at| (self.x(at), TOKENS.y(bound(phase, at) / top)));
            self.svg.line(&ends, BOUND, 1.5);
            let mut used = 0.0;
            let mut points = vec![(self.x(time.start), TOKENS.bottom())];
            for seen in self.run.seen_in(time.clone()).filter(|seen| seen.kind == Kind::Ask) {
                used += f64::from(seen.units);
                let x = self.x(self.run.at(seen));
                // No more points than pixels.
                if points.last().is_none_or(|(last, _)| x - last >= 1.0) {
                    points.push((x, TOKENS.y(used / top)));
                }
            }
            points.push((self.x(time.end), TOKENS.y(used / top)));
            self.svg.line(&points, PASSED, 2.5);
        }
    }

    fn rates(&mut self) {
        self.heading(RATES, "Tokens a second, by process", &PROCESSES);
        let top = f64::from(RATE) * 1.6;
        self.grid(RATES, top);
        let mut below = vec![0.0; 90];
        for (process, (_, colour)) in PROCESSES.iter().enumerate() {
            let is_mine = |seen: &Seen| seen.kind == Kind::Ask && seen.process == process;
            let sums = self.sums(|seen| if is_mine(seen) { seen.units } else { 0 });
            for ((time, sum), below) in sums.into_iter().zip(&mut below) {
                let above = *below + sum / self.bin().as_secs_f64() / top;
                self.column(RATES, time, (below.min(1.0), above.min(1.0)), colour);
                *below = above;
            }
        }
        self.limit(RATES, f64::from(RATE) / top);
    }

    fn loads(&mut self) {
        self.heading(LOADS, "Loads of articles a second: each process has a copy for a second", &[]);
        let sums = self.sums(|seen| u32::from(seen.kind == Kind::Load));
        let top = sums.iter().map(|(_, sum)| *sum).fold(1.0, f64::max) * 1.1;
        self.grid(LOADS, top / self.bin().as_secs_f64());
        for (time, sum) in sums {
            self.column(LOADS, time, (0.0, sum / top), PASSED);
        }
    }

    fn pages(&mut self) {
        self.heading(PAGES, "Pages drawn at once", &[]);
        let most = |time| self.run.seen_in(time..time + self.bin()).map(|seen| seen.at_once).max().unwrap_or(0);
        let bins: Vec<_> =
            (0..90).map(|number| self.bin() * number).map(|time| (time, f64::from(most(time)))).collect();
        let top = bins.iter().map(|(_, most)| *most).fold(f64::from(PLACES), f64::max) * 1.1;
        self.grid(PAGES, top);
        for (time, most) in bins {
            self.column(PAGES, time, (0.0, most / top), PASSED);
        }
        self.limit(PAGES, f64::from(PLACES) / top);
    }

    fn waits(&mut self, report: &Report) {
        let legend = [("with the store", PASSED), ("without a store", ALONE)];
        self.heading(WAITS, "Milliseconds that the attributes take, 99th percentile of a phase", &legend);
        let rows: Vec<_> = report.rows.iter().map(|row| (&row.phase, row.shared, row.alone)).collect();
        let longest = rows.iter().map(|(_, shared, alone)| shared.max(alone)).max().copied().unwrap_or_default();
        let top = milliseconds(longest).max(1.0) * 1.25;
        self.grid(WAITS, top);
        for (phase, shared, alone) in rows {
            let middle = f64::midpoint(self.x(phase.time.start), self.x(phase.time.end));
            for (left, time, colour) in [(middle - 26.0, shared, PASSED), (middle + 2.0, alone, ALONE)] {
                let y = WAITS.y(milliseconds(time) / top);
                self.svg.rect(Area { left, top: y, width: 24.0, height: WAITS.bottom() - y }, colour);
                let text = format!("{:.1}", milliseconds(time));
                self.svg.text((left + 12.0, y - 4.0), Align::Centre, LABEL, &text);
            }
        }
    }

    fn breakers(&mut self, report: &Report) {
        let spread = report.spread.map_or(String::new(), |spread| {
            format!(": all are open {:.0} ms after the first", milliseconds(spread).ceil())
        });
        let legend = [("closed", CLOSED), ("open", BOUND), ("engine away", AWAY)];
        self.heading(BREAKERS, &format!("The breaker in each process{spread}"), &legend);
        let rows = (0_u8..).map(|number| BREAKERS.top + f64::from(number) * 24.0);
        for ((top, process), (name, _)) in rows.zip(&self.run.processes).zip(PROCESSES) {
            let row = Area { top, height: 18.0, ..BREAKERS };
            self.svg.text((row.left - 10.0, top + 13.0), Align::Right, LABEL, name);
            self.svg.rect(row, CLOSED);
            for span in process.breaker.spans() {
                let (left, right) = (self.x(span.start), self.x(span.end));
                self.svg.rect(Area { left, width: right - left, ..row }, BOUND);
            }
            for span in process.away.spans() {
                let (left, right) = (self.x(span.start), self.x(span.end));
                self.svg.rect(Area { left, width: right - left, top: row.top + 14.0, height: 4.0 }, AWAY);
            }
        }
    }

    fn time_axis(&mut self) {
        let seconds = self.run.length.as_secs();
        for second in (0..=seconds).step_by(if seconds > 30 { 5 } else { 2 }) {
            let at = (self.x(Duration::from_secs(second)), BREAKERS.bottom() + 20.0);
            self.svg.text(at, Align::Centre, LABEL, &second.to_string());
        }
        let at = (TOKENS.left + INNER / 2.0, BREAKERS.bottom() + 42.0);
        self.svg.text(at, Align::Centre, LABEL, "seconds since the start of the run");
    }

    fn limit(&mut self, panel: Area, share: f64) {
        self.svg.line(&[(panel.left, panel.y(share)), (panel.right(), panel.y(share))], BOUND, 1.5);
    }

    fn grid(&mut self, panel: Area, top: f64) {
        let steps = [1.0, 2.0, 5.0].into_iter().cycle().zip((0..15).map(|number| 10_f64.powi(number / 3)));
        let step = steps.map(|(one, ten)| one * ten).find(|step| top / step <= 4.0).unwrap_or(top);
        for mark in (0..=4).map(|number| f64::from(number) * step).filter(|mark| *mark <= top) {
            let y = panel.y(mark / top);
            self.svg.line(&[(panel.left, y), (panel.right(), y)], GRID, 1.0);
            self.svg.text((panel.left - 10.0, y + 4.0), Align::Right, LABEL, &mark.to_string());
        }
    }

    /// The legend stands on the right, opposite the heading.
    fn heading(&mut self, panel: Area, text: &str, legend: &[(&str, &str)]) {
        self.svg.text((panel.left, panel.top - 12.0), Align::Left, HEADING, text);
        let mut right = panel.right();
        for (name, colour) in legend.iter().rev() {
            // Without font metrics, this is a generous estimate of the width.
            let left = right - name.chars().map(|_| 6.8).sum::<f64>();
            self.svg.text((left, panel.top - 12.0), Align::Left, LABEL, name);
            let swatch = Area { left: left - 18.0, top: panel.top - 22.0, width: 12.0, height: 12.0 };
            self.svg.rect(swatch, colour);
            right = swatch.left - 18.0;
        }
    }
}
