//! Plots as SVG: accuracy against the number of votes, one for each cell and representation. Colours and greys are of middle
//! lightness and the ground is transparent, so that a plot reads on light and dark pages alike.

use super::bench::shots;
use super::markdown::words;
use super::part::Representation;
use super::report::{CellFacts, Report, Row};
use crate::protocol::Cell;

/// One for each method, then again from the start with dashes.
const COLOURS: [&str; 8] = [
    "#888888", "#2f7fd6", "#d9730d", "#2e9e5b", "#c2499d", "#8a63d2", "#c0392b", "#16949e",
];
const GREY: &str = "#808080";
/// The frame of the curves.
const LEFT: f64 = 46.0;
const TOP: f64 = 40.0;
const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 200.0;

/// File names and contents.
pub fn all(report: &Report) -> Vec<(String, String)> {
    let mut plots = Vec::new();
    for facts in &report.cells {
        for representation in super::markdown::representations(report) {
            let name = format!(
                "accuracy-{}-{}.svg",
                slug(facts.cell),
                representation.word()
            );
            plots.push((name, plot(report, facts, representation)));
        }
    }
    plots
}

fn slug(cell: Cell) -> String {
    cell.title().replace(", ", "-").replace(' ', "-")
}

struct Scale {
    low: f64,
    high: f64,
    shots: Vec<usize>,
}

impl Scale {
    fn x(&self, place: usize) -> f64 {
        LEFT + WIDTH * (place as f64 + 0.5) / self.shots.len() as f64
    }

    fn y(&self, accuracy: f64) -> f64 {
        TOP + HEIGHT * (1.0 - (accuracy - self.low) / (self.high - self.low))
    }
}

fn plot(report: &Report, facts: &CellFacts, representation: Representation) -> String {
    let methods: Vec<&str> = report
        .methods
        .iter()
        .filter(|one| one.representation == representation && one.failure.is_none())
        .map(|one| one.method.as_str())
        .collect();
    let own = |row: &&Row| row.cell == facts.cell && row.representation == representation;
    let rows: Vec<&Row> = report.rows.iter().filter(own).collect();
    let least = rows.iter().map(|row| row.accuracy.low).fold(1.0, f64::min);
    let most = rows.iter().map(|row| row.accuracy.high).fold(0.0, f64::max);
    let low = (least * 20.0).floor() / 20.0;
    let scale = Scale {
        low,
        high: ((most * 20.0).ceil() / 20.0).max(low + 0.05),
        shots: shots(facts.cell).to_vec(),
    };
    let data = &report.about.data;
    let title = if data.title.is_empty() {
        &data.id
    } else {
        &data.title
    };
    let people = if data.simulated {
        "simulated people"
    } else {
        "real people"
    };
    let height = (TOP + HEIGHT + 44.0).max(TOP + 16.0 * (methods.len() + 1) as f64);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 520 {height:.0}\" width=\"520\" font-family=\"system-ui, sans-serif\" font-size=\"11\" fill=\"{GREY}\" role=\"img\">\n\
<title>{0}: accuracy after n votes, {1}, {2}</title>\n\
<text x=\"8\" y=\"16\" font-size=\"13\" font-weight=\"600\">{0} ({people})</text>\n\
<text x=\"8\" y=\"31\">{1}; rows: {2}; bands are 95 % intervals over people</text>\n",
        escaped(title),
        facts.cell.title(),
        representation.word(),
    );
    svg += &axes(&scale);
    if facts.ceiling <= scale.high {
        let y = scale.y(facts.ceiling);
        svg += &line([LEFT, y, LEFT + WIDTH, y], "stroke-dasharray=\"2 3\"");
        svg += &format!(
            "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\" font-size=\"9\">ceiling without persons</text>\n",
            LEFT + WIDTH,
            y - 3.0
        );
    }
    for (at, method) in methods.iter().enumerate() {
        let rows: Vec<&&Row> = rows.iter().filter(|row| row.method == *method).collect();
        svg += &curve(&scale, &rows, at);
        let y = TOP + 8.0 + 16.0 * at as f64;
        svg += &format!(
            "<path d=\"M{0:.0} {y:.1}h18\" {1}/><text x=\"{2:.0}\" y=\"{3:.1}\">{4}</text>\n",
            LEFT + WIDTH + 12.0,
            stroke(at),
            LEFT + WIDTH + 36.0,
            y + 4.0,
            escaped(method),
        );
    }
    svg + "</svg>\n"
}

fn axes(scale: &Scale) -> String {
    let mut svg = String::new();
    let steps = ((scale.high - scale.low) * 20.0).round() as usize;
    for step in (0..=steps).step_by(if steps > 6 { 2 } else { 1 }) {
        let accuracy = scale.low + step as f64 / 20.0;
        let y = scale.y(accuracy);
        svg += &line([LEFT, y, LEFT + WIDTH, y], "stroke-opacity=\".3\"");
        svg += &format!(
            "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{accuracy:.2}</text>\n",
            LEFT - 5.0,
            y + 4.0
        );
    }
    for (place, n) in scale.shots.iter().enumerate() {
        svg += &format!(
            "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>\n",
            scale.x(place),
            TOP + HEIGHT + 15.0,
            words(*n)
        );
    }
    let middle = LEFT + WIDTH / 2.0;
    svg += &format!(
        "<text x=\"{middle:.0}\" y=\"{:.0}\" text-anchor=\"middle\">votes of the person, n</text>\n",
        TOP + HEIGHT + 32.0
    );
    let centre = TOP + HEIGHT / 2.0;
    svg + &format!(
        "<text transform=\"rotate(-90 12 {centre:.0})\" x=\"12\" y=\"{centre:.0}\" text-anchor=\"middle\">accuracy</text>\n"
    )
}

fn curve(scale: &Scale, rows: &[&&Row], at: usize) -> String {
    let place = |row: &Row| scale.shots.iter().position(|n| *n == row.n).unwrap_or(0);
    let point =
        |row: &Row, accuracy: f64| format!("{:.1},{:.1}", scale.x(place(row)), scale.y(accuracy));
    let middle: Vec<String> = rows
        .iter()
        .map(|row| point(row, row.accuracy.mean))
        .collect();
    let upper = rows.iter().map(|row| point(row, row.accuracy.high));
    let lower = rows.iter().rev().map(|row| point(row, row.accuracy.low));
    let band: Vec<String> = upper.chain(lower).collect();
    format!(
        "<polygon points=\"{}\" fill=\"{}\" fill-opacity=\".12\"/><polyline points=\"{}\" {}/>\n",
        band.join(" "),
        COLOURS[at % COLOURS.len()],
        middle.join(" "),
        stroke(at),
    )
}

fn stroke(at: usize) -> String {
    let dashes = if at < COLOURS.len() {
        ""
    } else {
        " stroke-dasharray=\"5 3\""
    };
    format!(
        "fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\"{dashes}",
        COLOURS[at % COLOURS.len()]
    )
}

fn line([x1, y1, x2, y2]: [f64; 4], more: &str) -> String {
    format!("<path d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\" stroke=\"{GREY}\" {more}/>\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
