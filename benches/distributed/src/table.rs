//! The table, and its place in the guide.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use crate::border;
use crate::measure::{Figures, TASKS};

const BEGIN: &str = "<!-- begin distributed -->";
const END: &str = "<!-- end distributed -->";

pub fn of(groups: &[Vec<Figures>], borders: &[(&str, u32)]) -> String {
    let mut out = String::from("|");
    for tasks in TASKS {
        let s = if tasks == 1 { "" } else { "s" };
        let _infallible = write!(out, " | {tasks} task{s}: calls a second | ratio | p50 | p99");
    }
    out.push_str(" |\n|---");
    out.push_str(&"|---:".repeat(4 * TASKS.len()));
    out.push_str("|\n");
    for row in groups.iter().flatten() {
        let _infallible = write!(out, "| {}", row.name);
        for figure in &row.of_tasks {
            let (rate, ratio) = (thousands(figure.calls_a_second), figure.ratio);
            let decimals = usize::from(ratio < 10.0);
            let _infallible =
                write!(out, " | {rate} | {ratio:.decimals$} | {} | {}", micros(figure.p50), micros(figure.p99));
        }
        out.push_str(" |\n");
    }
    let _infallible = write!(
        out,
        "\n| {} calls a second: within {} ms at the end of a window | passed |\n|---|---:|\n",
        border::MAX,
        border::TIME.as_millis()
    );
    for (name, admitted) in borders {
        let _infallible = writeln!(out, "| {name} | {admitted} |");
    }
    out
}

/// Two significant digits: the others are noise.
fn thousands(rate: f64) -> String {
    let step = 10_f64.powf(rate.max(1.0).log10().floor() - 1.0).max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is positive and no such number"
    )]
    let digits = ((rate / step).round() * step).round() as u64;
    let digits = digits.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn micros(time: Duration) -> String {
    match time.as_micros() {
        0 => "< 1 µs".to_owned(),
        micros @ 1..1_000 => format!("{micros} µs"),
        _ => format!("{:.1} ms", time.as_secs_f64() * 1_000.0),
    }
}

/// Writes the table between its markers.
pub fn write(guide: &str, table: &str) {
    let text = fs::read_to_string(guide).expect("the guide");
    let (before, rest) = text.split_once(BEGIN).expect("its marker");
    let (_, after) = rest.split_once(END).expect("its second marker");
    fs::write(guide, format!("{before}{BEGIN}\n{table}{END}{after}")).expect("the guide can be written");
}
