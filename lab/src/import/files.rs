//! Files of sources: plain or gzipped, lines of JSON or CSV, bad lines named.

use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow};
use serde::de::DeserializeOwned;

use crate::data::{self, Files, refuse};

/// Text of `name` in `folder`, or of `name.gz`.
///
/// # Errors
/// When neither is there or is text.
pub fn text(folder: &Path, name: &str) -> Result<String> {
    folder.text(name)?.with_context(|| {
        format!(
            "neither {0} nor {0}.gz is there; name the folder that holds it with --source",
            folder.join(name).display()
        )
    })
}

/// Calls `take(line, row)` for every line of JSON that is not blank; lines count from 1.
///
/// # Errors
/// When the file is missing or a line does not parse or is refused; names file and lines.
pub fn json_lines<T: DeserializeOwned>(
    folder: &Path,
    name: &str,
    take: impl FnMut(usize, T) -> Result<()>,
) -> Result<()> {
    data::json_lines(&folder.join(name), &text(folder, name)?, take)
}

/// Calls `take(line, row)` for every row of a CSV file with a header (RFC 4180); `line` is where the row starts.
///
/// # Errors
/// As [`json_lines`]; also for a row that is longer or shorter than the header.
pub fn csv_rows(
    folder: &Path,
    name: &str,
    mut take: impl FnMut(usize, &Row<'_>) -> Result<()>,
) -> Result<()> {
    let text = text(folder, name)?;
    let path = folder.join(name);
    let mut rows = records(&text).into_iter();
    let (_, header) = rows
        .next()
        .with_context(|| format!("{} has no header", path.display()))?;
    let places: HashMap<&str, usize> = header
        .iter()
        .enumerate()
        .map(|(at, column)| (column.as_str(), at))
        .collect();
    let mut wrong = Vec::new();
    for (line, fields) in rows {
        let taken = if fields.len() == header.len() {
            take(
                line,
                &Row {
                    places: &places,
                    fields: &fields,
                },
            )
        } else {
            Err(anyhow!(
                "it has {} fields where the header has {}",
                fields.len(),
                header.len()
            ))
        };
        if let Err(error) = taken {
            wrong.push(format!("{}, line {line}: {error:#}", path.display()));
        }
    }
    refuse(wrong)
}

/// A row of a CSV file.
pub struct Row<'a> {
    places: &'a HashMap<&'a str, usize>,
    fields: &'a [String],
}

impl Row<'_> {
    /// The field of a column.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn field(&self, column: &str) -> Result<&str> {
        let at = self
            .places
            .get(column)
            .with_context(|| format!("there is no column {column}"))?;
        Ok(&self.fields[*at])
    }

    /// The field of a column as a number.
    ///
    /// # Errors
    /// When there is no such column, or no such number in it.
    pub fn number<T: FromStr>(&self, column: &str) -> Result<T> {
        let field = self.field(column)?;
        field
            .parse()
            .map_err(|_| anyhow!("{column} is {field:?}, which is not such a number"))
    }
}

/// Records of a CSV text with the line on which each starts; blank lines are skipped.
fn records(text: &str) -> Vec<(usize, Vec<String>)> {
    let mut records = Vec::new();
    let (mut fields, mut field) = (Vec::new(), String::new());
    let (mut line, mut start, mut quoted) = (1, 1, false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        line += usize::from(letter == '\n');
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            '\r' if !quoted && letters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                if !fields.is_empty() || !field.is_empty() {
                    fields.push(std::mem::take(&mut field));
                    records.push((start, std::mem::take(&mut fields)));
                }
                start = line;
            }
            other => field.push(other),
        }
    }
    if !fields.is_empty() || !field.is_empty() {
        fields.push(field);
        records.push((start, fields));
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_commas_and_line_breaks_within_fields_are_kept() {
        let text = "a,b\r\n1,\"two, \"\"quoted\"\"\nlines\"\n\n,last";
        let records = records(text);
        let row = |at: usize| records[at].1.iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(row(0), ["a", "b"]);
        assert_eq!(row(1), ["1", "two, \"quoted\"\nlines"]);
        assert_eq!(row(2), ["", "last"]);
        let lines: Vec<usize> = records.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 5]);
    }
}
