//! A picture of the panels of a dashboard, as SVG.

use std::fmt::Write;

/// A panel, with the lines that its queries have found.
#[derive(Debug)]
pub struct Chart {
    pub title: String,
    pub lines: Vec<(String, Vec<(f64, f64)>)>,
}

const COLUMNS: usize = 4;
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 190.0;
const COLORS: [&str; 8] = ["#3b7dd8", "#d9534f", "#5cb85c", "#e8a33d", "#8e5ea2", "#17a2b8", "#7f7f7f", "#c2185b"];
const MOST_NAMES: usize = 4;

/// Draws charts beside and below each other.
pub fn picture(charts: &[Chart]) -> String {
    let rows = charts.len().div_ceil(COLUMNS);
    let [columns, rows] = [COLUMNS, rows].map(|count| f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"9\">\n<rect \
         width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        columns * WIDTH,
        rows * HEIGHT
    );
    for (index, chart) in charts.iter().enumerate() {
        let [column, row] =
            [index % COLUMNS, index / COLUMNS].map(|place| f64::from(u32::try_from(place).unwrap_or(0)));
        draw(&mut svg, chart, column * WIDTH, row * HEIGHT);
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw(svg: &mut String, chart: &Chart, x: f64, y: f64) {
    let points = || chart.lines.iter().flat_map(|(_, points)| points);
    let (first, last) = points().fold((f64::MAX, f64::MIN), |(first, last), (at, _)| (first.min(*at), last.max(*at)));
    let highest = points().map(|(_, value)| *value).fold(0.0, f64::max);
    let (left, top, width, height) = (x + 40.0, y + 22.0, WIDTH - 55.0, HEIGHT - 80.0);
    let place = |(at, value): &(f64, f64)| {
        let across = if last > first { (at - first) / (last - first) } else { 0.0 };
        let up = if highest > 0.0 { value.max(0.0) / highest } else { 0.0 };
        (left + across * width, top + (1.0 - up) * height)
    };
    let _written = writeln!(
        svg,
        "<text x=\"{left:.0}\" y=\"{:.0}\" font-size=\"11\" font-weight=\"bold\">{}</text>\n<rect x=\"{left:.0}\" \
         y=\"{top:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" fill=\"none\" stroke=\"#ccc\"/>\n<text x=\"{:.0}\" \
         y=\"{:.0}\" text-anchor=\"end\">{}</text>\n<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">0</text>",
        y + 14.0,
        escaped(&chart.title),
        left - 4.0,
        top + 8.0,
        shown(highest),
        left - 4.0,
        top + height,
    );
    for (index, (name, points)) in chart.lines.iter().enumerate() {
        let color = COLORS[index % COLORS.len()];
        let path: Vec<String> = points.iter().map(place).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _written = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.5\"/>",
            path.join(" ")
        );
        let below = top + height + 11.0 + 11.0 * f64::from(u32::try_from(index).unwrap_or(0));
        let text = match index {
            index if index < MOST_NAMES => name.clone(),
            MOST_NAMES => format!("and {} more", chart.lines.len() - MOST_NAMES),
            _ => continue,
        };
        let _written =
            writeln!(svg, "<text x=\"{left:.0}\" y=\"{below:.0}\" fill=\"{color}\">{}</text>", escaped(&text));
    }
}

fn shown(value: f64) -> String {
    if value >= 10.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
