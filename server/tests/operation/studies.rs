//! `palate study` at the command line.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

/// `palate study` with these arguments, over the database of `dir`.
fn study(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_palate"));
    command
        .arg("study")
        .args(arguments)
        .arg("--data-dir")
        .arg(dir.join("data"))
        .env_remove("PALATE_DATABASE_URL")
        .env_remove("PALATE_ENCODER_DIR");
    if let Some(url) = crate::database::text_now(dir) {
        command.env("PALATE_DATABASE_URL", url);
    }
    command.output().expect("runs")
}

/// What it printed, when it went well.
fn said(output: Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("is text")
}

/// What it said when it failed: on standard output and on standard error.
fn refused(output: Output) -> [String; 2] {
    assert!(!output.status.success());
    [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("is text"))
}

fn create(dir: &Path, from: &str, content: &str) -> Output {
    for (name, text) in [
        (from, content),
        ("guidelines.md", "# How"),
        ("consent.txt", "I agree."),
    ] {
        std::fs::write(dir.join(name), text).expect("is written");
    }
    let path = |name: &str| dir.join(name).to_str().expect("is text").to_owned();
    study(
        dir,
        &[
            "create",
            "--title=From the command line",
            "--overlap=2",
            &format!("--from={}", path(from)),
            &format!("--guidelines={}", path("guidelines.md")),
            &format!("--consent={}", path("consent.txt")),
        ],
    )
}

fn show(dir: &Path, id: &str) -> Value {
    serde_json::from_str(&said(study(dir, &["show", id]))).expect("is JSON")
}

#[test]
fn a_study_is_made_seen_opened_and_closed_at_the_command_line() {
    let dir = tempfile::tempdir().expect("has a temporary folder");
    let dir = dir.path();
    let id = said(create(
        dir,
        "rows.csv",
        "prompt,chosen,rejected\nOne?,a,b\nOne?,a,c\nTwo?,\"d, e\",f\n",
    ));
    let id = id.trim();
    let seen = show(dir, id);
    assert_eq!(seen["study"]["state"], "draft");
    assert_eq!(seen["study"]["settings"]["title"], "From the command line");
    assert_eq!(seen["study"]["comparisons"], 4);
    assert_eq!(seen["votes_needed"], 8);
    assert_eq!(seen["histogram"], json!([{"votes": 0, "comparisons": 4}]));
    for (command, state) in [("open", "open"), ("close", "closed")] {
        said(study(dir, &[command, id]));
        assert_eq!(show(dir, id)["study"]["state"], state);
    }
    let list = said(study(dir, &["list"]));
    assert!(
        list.contains(id) && list.contains("closed") && list.contains("4 comparisons"),
        "{list}"
    );
    let [_, advice] = refused(study(dir, &["open", "study-none"]));
    assert!(advice.contains("there is no study study-none"), "{advice}");
}

#[test]
fn a_file_with_errors_is_refused_line_by_line_and_nothing_is_stored() {
    let dir = tempfile::tempdir().expect("has a temporary folder");
    let dir = dir.path();
    said(create(
        dir,
        "good.jsonl",
        r#"{"prompt": "One?", "chosen": "a", "rejected": "b"}"#,
    ));
    let [lines, sum] = refused(create(
        dir,
        "rows.csv",
        "prompt,chosen,rejected\nOne?,a,\nTwo?,b,b\nThree?,c,d\n",
    ));
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].starts_with("line 2: ") && lines[1].starts_with("line 3: "),
        "{lines:?}"
    );
    assert!(sum.contains("2 errors; nothing was stored"), "{sum}");
    let [_, advice] = refused(create(dir, "rows.txt", "x"));
    assert!(
        advice.contains("is none of .jsonl, .csv and .parquet"),
        "{advice}"
    );
    assert_eq!(said(study(dir, &["list"])).lines().count(), 1);
}
