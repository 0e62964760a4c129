//! The starter pack's axes of taste as numbers: the ground truth of simulated people.

use anyhow::{Context, Result, bail};
use palate_shared::pack::PackItems;

/// Columns: length, structure, three contrasts of tone, stance, grounding, closing.
pub const COLUMNS: usize = 8;

/// Names of the columns.
pub const NAMES: [&str; COLUMNS] = [
    "length",
    "structure",
    "formal",
    "warm",
    "playful",
    "stance",
    "grounding",
    "closing",
];

/// What is liked where a weight is positive, and where it is negative, column by column.
pub const WORDS: [[&str; 2]; COLUMNS] = [
    ["long answers", "short answers"],
    ["lists", "flowing text"],
    ["a formal tone", "a less formal tone"],
    ["a warm tone", "a cooler tone"],
    ["a playful tone", "a serious tone"],
    ["a clear stand", "both sides weighed"],
    ["examples", "principles"],
    ["an open end", "a clear end"],
];

/// One row per answer in pack order, columns standardised over the pack.
///
/// # Errors
/// When an answer has no axes among its directives, or an unknown level.
pub fn of_pack(items: &PackItems) -> Result<Vec<[f64; COLUMNS]>> {
    let mut rows = Vec::new();
    for response in items.prompts.iter().flat_map(|prompt| &prompt.responses) {
        let directives = response.directives.as_deref().with_context(|| {
            format!(
                "answer {} has no axes; simulated people need them",
                response.id
            )
        })?;
        rows.push(row(directives).with_context(|| format!("answer {}", response.id))?);
    }
    for column in 0..COLUMNS {
        let count = rows.len() as f64;
        let mean = rows.iter().map(|row| row[column]).sum::<f64>() / count;
        let variance = rows
            .iter()
            .map(|row| (row[column] - mean).powi(2))
            .sum::<f64>()
            / count;
        for row in &mut rows {
            row[column] = (row[column] - mean) / variance.sqrt().max(1e-9);
        }
    }
    Ok(rows)
}

fn row(directives: &str) -> Result<[f64; COLUMNS]> {
    let level = |axis: &str| {
        directives
            .split("; ")
            .find_map(|part| part.strip_prefix(axis)?.strip_prefix(": "))
            .with_context(|| format!("axis {axis} is missing in \"{directives}\""))
    };
    let sign = |axis: &str, plus: &str, minus: &str| -> Result<f64> {
        match level(axis)? {
            text if text == plus => Ok(1.0),
            text if text == minus => Ok(-1.0),
            other => bail!("axis {axis} has unknown level {other}"),
        }
    };
    let length = match level("length")? {
        "short" => -1.22,
        "medium" => 0.0,
        "long" => 1.22,
        other => bail!("axis length has unknown level {other}"),
    };
    let tone = level("tone")?;
    if !["formal", "warm", "playful"].contains(&tone) {
        bail!("axis tone has unknown level {tone}");
    }
    let contrast = |name: &str| 2.1 * f64::from(u8::from(tone == name)) - 0.7;
    Ok([
        length,
        sign("structure", "list", "prose")?,
        contrast("formal"),
        contrast("warm"),
        contrast("playful"),
        sign("stance", "decisive", "balanced")?,
        sign("grounding", "example", "principle")?,
        sign("closing", "open", "closed")?,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_become_numbers() {
        let row = row("closing: open; grounding: principle; length: long; stance: balanced; structure: list; tone: warm")
            .expect("all axes are there");
        let expected = [1.22, 1.0, -0.7, 1.4, -0.7, -1.0, -1.0, 1.0];
        assert!(
            row.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12),
            "{row:?}"
        );
    }

    #[test]
    fn a_missing_axis_is_named() {
        let error = row("length: long")
            .expect_err("axes are missing")
            .to_string();
        assert!(error.contains("tone"), "{error}");
    }
}
