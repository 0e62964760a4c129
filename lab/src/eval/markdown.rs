//! A report as Markdown tables.

use super::bench::{ALL, shots};
use super::part::Representation;
use super::report::{CellFacts, MethodFacts, Report, Row, by_method};
use super::stats::Interval;

/// The whole document; `plots` are files beside it.
pub fn document(report: &Report, plots: &[&str]) -> String {
    let data = &report.about.data;
    let title = if data.title.is_empty() {
        &data.id
    } else {
        &data.title
    };
    let mut text = format!("# {title}\n\n{}", body(report, "##"));
    if !plots.is_empty() {
        text += "\n## Plots\n\n";
        for plot in plots {
            text += &format!("![accuracy after n votes]({plot})\n");
        }
    }
    text
}

/// Whether people were real, for headings and columns.
pub fn kind(report: &Report) -> &'static str {
    if report.about.data.simulated {
        "**simulated people**"
    } else {
        "real people"
    }
}

/// Everything below the title, with headings of a level.
pub fn body(report: &Report, level: &str) -> String {
    let mut text = preamble(report);
    text += &format!("\n{level} Who was tested\n\n{}", tested(report));
    for cell in &report.cells {
        text += &format!(
            "\n{level} {}\n\n{}",
            capital(cell.cell.title()),
            accuracy(report, cell)
        );
        text += &format!("\n{}", figures(report, cell));
    }
    text += &format!("\n{level} Below the population\n\n{}", below(report));
    text += &format!("\n{level} Costs\n\n{}", costs(report));
    text
}

/// What was evaluated and how.
pub fn preamble(report: &Report) -> String {
    let about = &report.about;
    let mut text = format!(
        "{} ({}): {} people, {} items, {} prompts, {} votes, of which {} are ties. {}\n\n",
        about.data.id,
        kind(report),
        about.people,
        about.items,
        about.prompts,
        about.votes,
        about.ties,
        if about.data.licence.is_empty() {
            String::new()
        } else {
            format!("Licence: {}.", about.data.licence)
        },
    );
    if !about.data.note.is_empty() {
        text += &format!("{}\n\n", about.data.note);
    }
    text += &format!(
        "Figures are means over people, all seeds (1 to {}) together, with 95 % intervals (bootstrap over people). Training: {}, effort {}{}; at most {} votes of a \
person train, choices are made on at most {} people, at most {} people with {} votes each are tested in a cell under a seed. \
A row of `text` is made of {}; `hybrid` adds, for known items, where training people's votes put them.\n\n\
Divergent pairs are those on which at least a quarter of the {} disagree with the rest.\n",
        about.seeds,
        about.device,
        about.effort,
        about.prototypes.map_or(String::new(), |count| format!(
            ", PAL with {count} prototypes"
        )),
        about.shares.most_training,
        about.shares.most_validation,
        about.shares.most_people,
        about.shares.most_tests,
        about.made_of,
        about.divergence.words(),
    );
    text
}

fn tested(report: &Report) -> String {
    let mut text = String::from(
        "| people, items | people | tests | divergent | shared | ceiling without persons | on divergent pairs |",
    );
    let counts = report.cells.first().map_or(&[][..], |cell| &cell.remaining);
    let counts: Vec<usize> = counts.iter().map(|[n, _]| *n).filter(|n| *n > 0).collect();
    for n in &counts {
        text += &format!(" {n}+ votes |");
    }
    text += &format!("\n|---|{}\n", "---|".repeat(6 + counts.len()));
    for cell in &report.cells {
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            cell.cell.title(),
            cell.people,
            cell.tests,
            cell.divergent,
            cell.shared,
            number(cell.ceiling),
            optional(cell.divergent_ceiling),
        );
        for [_, people] in cell.remaining.iter().filter(|[n, _]| *n > 0) {
            text += &format!(" {people} |");
        }
        text += "\n";
    }
    text + "\nCounts are over all seeds. Who has fewer votes than a column asks for is fitted to what they have. The ceiling is the accuracy of \
what most people say, known from all votes; it is too high where few people order a pair.\n"
}

/// Accuracy of every method by number of votes, in one cell.
pub fn accuracy(report: &Report, cell: &CellFacts) -> String {
    let shots = shots(cell.cell);
    let mut text = String::from("Accuracy after n votes:\n\n| method | rows |");
    for n in shots {
        text += &format!(" {} |", words(*n));
    }
    text += &format!("\n|---|---|{}\n", "---|".repeat(shots.len()));
    for (facts, rows) in by_method(report, cell.cell) {
        text += &format!("| {} | {} |", facts.method, facts.representation.word());
        for n in shots {
            let row = rows.get(n);
            text += &format!(
                " {} |",
                row.map_or("–".into(), |row| interval(row.accuracy))
            );
        }
        text += "\n";
    }
    text
}

fn figures(report: &Report, cell: &CellFacts) -> String {
    let n = last_common(cell);
    let mut text = format!(
        "After {n} votes:\n\n| method | rows | minus population | worst tenth | NLL | ECE | divergent | shared | flip rate |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for (facts, rows) in by_method(report, cell.cell) {
        let Some(row) = rows.get(&n) else { continue };
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            facts.method,
            facts.representation.word(),
            row.difference.map_or("–".into(), signed),
            number(row.worst_tenth),
            number(row.nll),
            number(row.ece),
            row.divergent.map_or("–".into(), interval),
            row.shared.map_or("–".into(), interval),
            optional(row.flip_rate),
        );
    }
    text
}

fn last_common(cell: &CellFacts) -> usize {
    shots(cell.cell)
        .iter()
        .copied()
        .filter(|n| *n < ALL)
        .max()
        .unwrap_or(0)
}

/// Rows of personal methods that are below the population by more than their interval.
pub fn violations(report: &Report) -> Vec<&Row> {
    report.rows.iter().filter(|row| row.falls_below()).collect()
}

fn below(report: &Report) -> String {
    let violations = violations(report);
    if violations.is_empty() {
        return "No personal method falls below the population by more than its interval, in any cell after any number of votes.\n".into();
    }
    let mut text = String::from(
        "| method | rows | people, items | votes | minus population |\n|---|---|---|---|---|\n",
    );
    for row in violations {
        text += &format!(
            "| {} | {} | {} | {} | {} |\n",
            row.method,
            row.representation.word(),
            row.cell.title(),
            words(row.n),
            row.difference.map_or(String::new(), signed)
        );
    }
    text
}

fn costs(report: &Report) -> String {
    let mut text = String::from(
        "| method | rows | training, s | fit to 32 votes, ms | numbers: population | numbers: person | active units | personal under |\n|---|---|---|---|---|---|---|---|\n",
    );
    for facts in &report.methods {
        text += &match &facts.failure {
            Some(failure) => format!(
                "| {} | {} | failed: {} | | | | | |\n",
                facts.method,
                facts.representation.word(),
                failure.replace('|', "/")
            ),
            None => cost(facts, report.about.seeds),
        };
    }
    text + "\nTraining of a shrunk method contains that of the method itself. \"Personal under\": the seeds under which shrinkage did not choose the population for everybody.\n"
}

fn cost(facts: &MethodFacts, seeds: u64) -> String {
    let units = facts
        .active_units
        .map_or("–".into(), |[active, of]| format!("{active:.1} of {of}"));
    format!(
        "| {} | {} | {:.1} | {:.2} | {} | {} | {units} | {} |\n",
        facts.method,
        facts.representation.word(),
        facts.cost.train_seconds,
        facts.cost.fit_milliseconds,
        facts.cost.population_numbers,
        facts.cost.person_numbers,
        if facts.personal {
            format!("{} of {seeds} seeds", facts.moves)
        } else {
            "–".into()
        },
    )
}

/// A number of votes in words.
pub fn words(n: usize) -> String {
    if n == ALL {
        "all".into()
    } else {
        n.to_string()
    }
}

/// `.764 (.751–.777)`.
pub fn interval(value: Interval) -> String {
    format!(
        "{} ({}–{})",
        number(value.mean),
        number(value.low),
        number(value.high)
    )
}

/// `+0.012 (+0.003 to +0.021)`.
pub fn signed(value: Interval) -> String {
    format!(
        "{:+.3} ({:+.3} to {:+.3})",
        value.mean, value.low, value.high
    )
}

/// `.764`.
pub fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    match text.strip_prefix("0.") {
        Some(rest) => format!(".{rest}"),
        None => text,
    }
}

fn optional(value: Option<f64>) -> String {
    value.map_or("–".into(), number)
}

/// With a capital first letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Both representations in the order of tables, for callers that make columns of them.
pub fn representations(report: &Report) -> Vec<Representation> {
    let present = |one: &Representation| {
        report
            .methods
            .iter()
            .any(|facts| facts.representation == *one)
    };
    Representation::ALL.into_iter().filter(present).collect()
}
