//! Constants of the hybrid representation: scales of features, principal components of embeddings.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use nalgebra::{DMatrix, SymmetricEigen};
use palate_models::heads::{Table, decode_f16};
use palate_models::representation::{EMBEDDING, Hybrid};
use palate_shared::features::{self, COUNT};

use crate::folder::PackFolder;

/// Root mean square of the embedding's part of a row, where each feature has standard deviation 1: the embedding as a
/// whole weighs about as much as six features.
const EMBEDDING_SCALE: f64 = 2.45;

/// Fits on the answers of the given prompts and writes the constants as tables.
pub(super) fn fit(
    pack: &PackFolder,
    prompts: &[usize],
    components: usize,
    tables: &mut BTreeMap<String, Table>,
) -> Result<Hybrid> {
    let answers: usize = pack
        .items
        .prompts
        .iter()
        .map(|prompt| prompt.responses.len())
        .sum();
    let bytes = pack
        .vectors
        .get(..answers * EMBEDDING * 2)
        .context("the pack has too few vectors")?;
    let vectors = decode_f16(bytes);
    let mut start = 0;
    let (mut feature_rows, mut embedding_rows) = (Vec::new(), Vec::new());
    for (index, prompt) in pack.items.prompts.iter().enumerate() {
        let end = start + prompt.responses.len();
        if prompts.contains(&index) {
            let features: Vec<Vec<f64>> = prompt
                .responses
                .iter()
                .map(|response| {
                    features::extract(&response.text)
                        .iter()
                        .map(|v| f64::from(*v))
                        .collect()
                })
                .collect();
            let embeddings: Vec<Vec<f64>> = vectors[start * EMBEDDING..end * EMBEDDING]
                .chunks_exact(EMBEDDING)
                .map(|vector| vector.iter().map(|v| f64::from(*v)).collect())
                .collect();
            feature_rows.extend(centred(features));
            embedding_rows.extend(centred(embeddings));
        }
        start = end;
    }
    let count = feature_rows.len() as f64;
    let inverse_sd: Vec<f32> = (0..COUNT)
        .map(|at| {
            let sd = (feature_rows
                .iter()
                .map(|row| row[at] * row[at])
                .sum::<f64>()
                / count)
                .sqrt();
            if sd > 1e-3 { (1.0 / sd) as f32 } else { 0.0 }
        })
        .collect();
    let matrix = DMatrix::from_fn(embedding_rows.len(), EMBEDDING, |row, column| {
        embedding_rows[row][column]
    });
    let covariance = matrix.tr_mul(&matrix) / count;
    let scale = EMBEDDING_SCALE / covariance.trace().sqrt();
    let eigen = SymmetricEigen::new(covariance);
    let mut order: Vec<usize> = (0..EMBEDDING).collect();
    order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
    order.truncate(components);
    let mut projection = vec![0.0; EMBEDDING * components];
    for (at, component) in order.iter().enumerate() {
        let column = eigen.eigenvectors.column(*component);
        // Signs of eigenvectors are arbitrary: make the largest entry positive.
        let sign = column[column.icamax()].signum();
        for row in 0..EMBEDDING {
            projection[row * components + at] = (column[row] * sign * scale) as f32;
        }
    }
    let projection = Table::half(&[EMBEDDING, components], &projection);
    let hybrid = Hybrid::new(inverse_sd.clone(), projection.data.clone())?;
    tables.insert(
        "representation.inverse_sd".into(),
        Table::new(&[COUNT], inverse_sd),
    );
    tables.insert("representation.projection".into(), projection);
    Ok(hybrid)
}

fn centred(mut rows: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let count = rows.len() as f64;
    for column in 0..rows.first().map_or(0, Vec::len) {
        let mean = rows.iter().map(|row| row[column]).sum::<f64>() / count;
        for row in &mut rows {
            row[column] -= mean;
        }
    }
    rows
}
