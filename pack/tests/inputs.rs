//! The same rows in every format and compression are the same study.

use std::io::BufReader;
use std::sync::Arc;

use arrow_json::ReaderBuilder;
use arrow_json::reader::infer_json_schema;
use palate_pack::inputs::{Input, read_bytes};
use palate_shared::api::studies::{SourceFormat, SourceLayout};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::{Value, json};

fn jsonl(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

/// Lists are written as JSON.
fn csv(rows: &[Value]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let columns: Vec<&String> = rows[0].as_object().expect("is a row").keys().collect();
    writer.write_record(&columns).expect("is written");
    for row in rows {
        let cells = columns.iter().map(|column| match &row[column.as_str()] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        writer.write_record(cells).expect("is written");
    }
    writer.into_inner().expect("is written")
}

fn parquet(rows: &[Value], compression: Compression) -> Vec<u8> {
    let lines = jsonl(rows);
    let (schema, _) = infer_json_schema(BufReader::new(lines.as_bytes()), None).expect("is JSON");
    let schema = Arc::new(schema);
    let settings = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(2))
        .build();
    let mut writer =
        ArrowWriter::try_new(Vec::new(), schema.clone(), Some(settings)).expect("has columns");
    let batches = ReaderBuilder::new(schema)
        .build(BufReader::new(lines.as_bytes()))
        .expect("reads");
    for batch in batches {
        writer
            .write(&batch.expect("is a batch"))
            .expect("is written");
    }
    writer.into_inner().expect("is written")
}

/// What all formats make of `rows`.
fn read(rows: &[Value]) -> Input {
    let input = read_bytes(SourceFormat::Jsonl, jsonl(rows).as_bytes());
    assert_eq!(input.report.errors, []);
    assert_eq!(read_bytes(SourceFormat::Csv, &csv(rows)), input, "CSV");
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        let bytes = parquet(rows, compression);
        assert_eq!(
            read_bytes(SourceFormat::Parquet, &bytes),
            input,
            "{compression}"
        );
    }
    input
}

fn texts(input: &Input) -> Vec<(&str, Vec<(&str, &str)>)> {
    let prompts = input.prompts.iter().map(|prompt| {
        let answers = prompt
            .responses
            .iter()
            .map(|answer| (answer.text.as_str(), answer.made_by.as_str()));
        (prompt.text.as_str(), answers.collect())
    });
    prompts.collect()
}

#[test]
fn prompts_with_lists_of_answers() {
    let input = read(&[
        json!({"prompt": "One?", "topic": "numbers", "prompt_id": "q1", "responses": [
            {"text": "a, \"b\"\nc", "response_id": "r1", "made_by": "Ada"},
            {"text": "ä", "response_id": "r2", "made_by": "Bob"},
            {"text": "<b>", "response_id": "r3", "made_by": "Cyd"},
        ]}),
        json!({"prompt": "Two?", "topic": "letters", "prompt_id": "q2", "responses": [
            {"text": "x", "response_id": "r4", "made_by": "Ada"},
            {"text": "y", "response_id": "r5", "made_by": "Bob"},
        ]}),
    ]);
    assert_eq!(input.report.layout, Some(SourceLayout::Pack));
    assert_eq!(
        texts(&input),
        [
            (
                "One?",
                vec![("a, \"b\"\nc", "Ada"), ("ä", "Bob"), ("<b>", "Cyd")]
            ),
            ("Two?", vec![("x", "Ada"), ("y", "Bob")]),
        ]
    );
    let first = &input.prompts[0];
    assert_eq!((first.id.as_str(), first.topic.as_str()), ("q1", "numbers"));
    assert_eq!(first.responses[2].id.as_str(), "r3");
    assert_eq!(
        (
            input.report.prompts,
            input.report.answers,
            input.report.comparisons
        ),
        (2, 5, 4)
    );
}

#[test]
fn preference_rows_of_trl_as_texts_and_as_turns() {
    let plain = [
        json!({"prompt": "One?", "chosen": "yes", "rejected": "no"}),
        json!({"prompt": "One?", "chosen": "no", "rejected": "perhaps"}),
        json!({"prompt": "Two?", "chosen": "b", "rejected": "a"}),
    ];
    let turn = |role: &str, text: &Value| json!([{"role": role, "content": text}]);
    let turns = plain.clone().map(|row| {
        json!({
            "prompt": turn("user", &row["prompt"]),
            "chosen": turn("assistant", &row["chosen"]),
            "rejected": turn("assistant", &row["rejected"]),
        })
    });
    for rows in [plain, turns] {
        let input = read(&rows);
        assert_eq!(input.report.layout, Some(SourceLayout::Preference));
        assert_eq!(
            texts(&input),
            [
                (
                    "One?",
                    vec![("no", "study"), ("yes", "study"), ("perhaps", "study")]
                ),
                ("Two?", vec![("a", "study"), ("b", "study")]),
            ],
            "equal prompts are one, and no order tells what was chosen"
        );
    }
}

#[test]
fn rows_of_an_arena_as_texts_and_as_conversations() {
    let plain = [
        json!({"prompt": "One?", "response_a": "x", "response_b": "y", "model_a": "m1", "model_b": "m2", "winner": "model_a"}),
        json!({"prompt": "One?", "response_a": "z", "response_b": "x", "model_a": "m3", "model_b": "m1", "winner": "tie"}),
    ];
    let conversations = plain.clone().map(|row| {
        let said = |answer: &str| {
            json!([
                {"role": "user", "content": row["prompt"]},
                {"role": "assistant", "content": row[answer]},
            ])
        };
        json!({
            "conversation_a": said("response_a"),
            "conversation_b": said("response_b"),
            "model_a": row["model_a"],
            "model_b": row["model_b"],
        })
    });
    for rows in [plain, conversations] {
        let input = read(&rows);
        assert_eq!(input.report.layout, Some(SourceLayout::Arena));
        assert_eq!(
            texts(&input),
            [("One?", vec![("x", "m1"), ("y", "m2"), ("z", "m3")])]
        );
        assert_eq!(input.report.comparisons, 3);
    }
}
