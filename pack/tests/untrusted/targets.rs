//! A study's file from anywhere, read. The fuzzer runs the same function.

use std::collections::BTreeSet;

use palate_pack::inputs::{MOST_ANSWERS, MOST_COMPARISONS, MOST_PROMPTS, read_bytes};
use palate_shared::api::studies::SourceFormat;

/// Reads the bytes in each format, and whether they are a study in one of them. What is taken must be one that can be asked.
pub fn studies(bytes: &[u8]) -> bool {
    let formats = [
        SourceFormat::Jsonl,
        SourceFormat::Csv,
        SourceFormat::Parquet,
    ];
    let is_study = formats.map(|format| {
        let input = read_bytes(format, bytes);
        let report = &input.report;
        if report.errors_in_all > 0 {
            assert!(!report.errors.is_empty(), "errors are said");
            return false;
        }
        assert!((1..=MOST_PROMPTS).contains(&input.prompts.len()));
        let mut ids = BTreeSet::new();
        let mut comparisons = 0;
        for prompt in &input.prompts {
            let answers = prompt.responses.len();
            assert!((2..=MOST_ANSWERS).contains(&answers), "{answers} answers");
            assert!(!prompt.text.trim().is_empty() && ids.insert(prompt.id.as_str()));
            for answer in &prompt.responses {
                assert!(!answer.text.trim().is_empty() && ids.insert(answer.id.as_str()));
            }
            comparisons += answers as u64 * (answers as u64 - 1) / 2;
        }
        assert_eq!(report.comparisons, comparisons);
        assert!(comparisons <= MOST_COMPARISONS);
        true
    });
    is_study.contains(&true)
}
