//! The encoder against reference vectors of the published model, from the published f32 weights and from the
//! f16 shards that the site serves.
#![cfg(feature = "encoder")]

use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use palate_models::device;
use palate_models::encoder::Encoder;
use palate_shared::pack::WeightsManifest;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    text: String,
    tokens: usize,
    ids: Option<Vec<u32>>,
    embedding: Vec<f32>,
}

fn golden() -> Vec<Golden> {
    include_str!("fixtures/encoder_golden.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of the fixture parses"))
        .collect()
}

/// Folder of the encoder, as `cargo xtask weights` leaves it.
fn folder() -> PathBuf {
    let dir = match std::env::var_os("PALATE_ENCODER_CACHE") {
        Some(dir) => PathBuf::from(dir),
        None => PathBuf::from(std::env::var_os("HOME").expect("HOME is set"))
            .join(".cache/palate/encoder"),
    };
    assert!(
        dir.join("manifest.json").is_file(),
        "the encoder's weights are not in {}; run `cargo xtask weights` first",
        dir.display()
    );
    dir
}

fn read(name: &str) -> Vec<u8> {
    let path = folder().join(name);
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "cannot read {}: {error}; run `cargo xtask weights`",
            path.display()
        )
    })
}

fn from_f32() -> Encoder {
    Encoder::from_safetensors(
        &read("source/model.safetensors"),
        &read("source/tokenizer.json"),
        &device::cpu(),
    )
    .expect("the published weights load")
}

fn from_shards() -> Encoder {
    let manifest: WeightsManifest =
        serde_json::from_slice(&read("manifest.json")).expect("the manifest parses");
    let joined: Vec<u8> = manifest
        .shards
        .iter()
        .flat_map(|shard| read(&shard.name))
        .collect();
    assert_eq!(joined.len() as u64, manifest.bytes);
    Encoder::from_safetensors(&joined, &read(&manifest.tokenizer.name), &device::cpu())
        .expect("the shards load")
}

/// The CPU never waits, so one poll is enough.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the CPU made us wait"),
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |x: &[f32], y: &[f32]| {
        x.iter()
            .zip(y)
            .map(|(x, y)| f64::from(*x) * f64::from(*y))
            .sum::<f64>()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// First windows of all texts, together: texts of all lengths share batches.
fn worst_cosine(encoder: &Encoder) -> f64 {
    let golden = golden();
    let windows: Vec<Vec<u32>> = golden
        .iter()
        .map(|row| encoder.token_ids(&row.text).expect("tokens").swap_remove(0))
        .collect();
    let vectors = now(encoder.encode_ids(&windows)).expect("vectors");
    vectors
        .iter()
        .zip(&golden)
        .map(|(vector, row)| cosine(vector, &row.embedding))
        .fold(1.0, f64::min)
}

#[test]
fn token_ids_equal_the_reference() {
    let encoder = from_f32();
    let mut compared = 0;
    for row in golden() {
        let windows = encoder.token_ids(&row.text).expect("tokens");
        let tokens: usize = windows.iter().map(|window| window.len() - 2).sum();
        assert_eq!(tokens + 2, row.tokens, "{:?}", row.text);
        if let Some(ids) = row.ids {
            assert_eq!(windows, [ids], "{:?}", row.text);
            compared += 1;
        }
    }
    assert!(compared >= 30, "only {compared} texts carry ids");
}

#[test]
fn f32_weights_give_the_reference_vectors() {
    let worst = worst_cosine(&from_f32());
    println!("worst cosine, f32: {worst:.8}");
    assert!(worst >= 0.9999, "worst cosine {worst}");
}

#[test]
fn f16_shards_give_the_reference_vectors() {
    let worst = worst_cosine(&from_shards());
    println!("worst cosine, f16: {worst:.8}");
    assert!(worst >= 0.999, "worst cosine {worst}");
}

#[test]
fn ids_without_marks_give_the_known_values() {
    let vectors = now(from_f32().encode_ids(&[(1000..=1031).collect()])).expect("vectors");
    for (found, expected) in vectors[0]
        .iter()
        .zip([-0.0180010, 0.0454166, 0.0438468, -0.0121422])
    {
        assert!(
            (found - expected).abs() < 1e-5,
            "{found} and not {expected}"
        );
    }
}

#[test]
fn company_in_a_batch_changes_nothing() {
    let encoder = from_f32();
    let sequences: Vec<Vec<u32>> = (0..9)
        .map(|i| (1000..1030 + i % 3).map(|id| id + 7 * i).collect())
        .collect();
    let together = now(encoder.encode_ids(&sequences)).expect("vectors");
    for (sequence, vector) in sequences.iter().zip(&together) {
        let alone = now(encoder.encode_ids(std::slice::from_ref(sequence)))
            .expect("vector")
            .swap_remove(0);
        assert!(cosine(&alone, vector) > 0.999_999);
    }
}

#[test]
fn a_long_text_is_the_weighted_mean_of_its_windows() {
    let encoder = from_f32();
    let row = golden()
        .into_iter()
        .find(|row| row.tokens > 300)
        .expect("the fixture has a long text");
    let windows = encoder.token_ids(&row.text).expect("tokens");
    let parts = now(encoder.encode_ids(&windows)).expect("vectors");
    let mut mean = vec![0.0; parts[0].len()];
    for (window, part) in windows.iter().zip(&parts) {
        for (sum, x) in mean.iter_mut().zip(part) {
            *sum += (window.len() - 2) as f32 * x;
        }
    }
    let whole = now(encoder.encode(&[&row.text]))
        .expect("vector")
        .swap_remove(0);
    assert!(cosine(&whole, &mean) > 0.999_999);
    let norm: f32 = whole.iter().map(|x| x * x).sum();
    assert!((norm - 1.0).abs() < 1e-5);
}

#[test]
fn impossible_input_is_refused_in_words() {
    let encoder = from_f32();
    for (sequence, word) in [
        (vec![], "sequence of 0 tokens"),
        (vec![1; 513], "513"),
        (vec![40_000], "vocabulary"),
    ] {
        let error = now(encoder.encode_ids(&[sequence]))
            .expect_err("must be refused")
            .to_string();
        assert!(error.contains(word), "{error}");
    }
    let truncated = &read("source/model.safetensors")[..1_000_000];
    let error =
        Encoder::from_safetensors(truncated, &read("source/tokenizer.json"), &device::cpu())
            .expect_err("truncated weights must be refused");
    assert!(error.to_string().contains("do not parse"), "{error}");
}

#[test]
fn the_self_test_accepts_the_cpu() {
    now(device::self_test(&device::cpu())).expect("the CPU agrees with itself");
}
