//! Items of packs and data sets as rows of numbers: readable features ⊕ principal components of embeddings. What is
//! learned here (scales, components, centres) is learned on the given training items only.

use anyhow::{Context, Result};
use nalgebra::{DMatrix, SymmetricEigen};
use palate_models::heads::{Table, Tables, decode_f16};
use palate_models::representation::{Answer, EMBEDDING, Hybrid, centre};
use palate_shared::features::{self, COUNT};

use crate::data::Dataset;
use crate::embed::Embeddings;
use crate::folder::PackFolder;

/// Root mean square of the embedding's part of a row, where each feature has standard deviation 1: the embedding as a
/// whole weighs about as much as six features.
const EMBEDDING_SCALE: f64 = 2.45;

/// Fits on the answers to the given prompts of a pack and writes the constants as tables.
///
/// # Errors
/// When the pack has too few vectors.
pub fn of_pack(
    pack: &PackFolder,
    prompts: &[usize],
    components: usize,
    tables: &mut Tables,
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
            let texts = prompt.responses.iter().map(|one| one.text.as_str());
            feature_rows.extend(centred(texts.map(feature_row).collect()));
            let vectors = vectors[start * EMBEDDING..end * EMBEDDING].chunks_exact(EMBEDDING);
            embedding_rows.extend(centred(vectors.map(wide).collect()));
        }
        start = end;
    }
    constants(&feature_rows, &embedding_rows, components, tables)
}

/// A data set, represented.
#[derive(Clone, Debug, PartialEq)]
pub struct Represented {
    /// What rows are made of, for people.
    pub made_of: String,
    /// One row per item.
    pub rows: Vec<Vec<f32>>,
    /// One vector per item, of its prompt; empty where no prompt has one.
    pub prompts: Vec<Vec<f32>>,
    /// What was learned to make rows of texts, as [`Hybrid::from_heads`] reads it; empty where vectors came with the data.
    pub tables: Tables,
}

/// Represents every item of a data set. Vectors that came with the data are used as they are, but for one factor that makes
/// the mean squared norm of seen items equal to their width; texts become features and embeddings, or features alone where
/// there are no embeddings. Rows are centred within prompts if all votes compare answers to one prompt, else by the mean
/// of seen items.
///
/// # Errors
/// When an embedding has the wrong width.
pub fn of_data(
    data: &Dataset,
    embeddings: Option<&Embeddings>,
    seen: &[bool],
    components: usize,
) -> Result<Represented> {
    let vectors: Option<Vec<&Vec<f32>>> =
        data.items.iter().map(|item| item.vector.as_ref()).collect();
    let prompts = prompts(data, embeddings);
    if let Some(vectors) = vectors {
        return Ok(Represented {
            made_of: format!(
                "{} numbers that came with the data",
                vectors.first().map_or(0, |one| one.len())
            ),
            rows: scaled(&vectors, seen),
            prompts,
            tables: Tables::new(),
        });
    }
    let none = vec![0.0; EMBEDDING];
    let answers: Vec<Answer<'_>> = data
        .items
        .iter()
        .enumerate()
        .map(|(at, item)| Answer {
            text: item.text.as_deref().unwrap_or_default(),
            vector: embeddings.map_or(none.as_slice(), |all| all.items[at].as_slice()),
        })
        .collect();
    let groups = groups(data);
    let (mut feature_rows, mut embedding_rows) = (Vec::new(), Vec::new());
    for group in &groups {
        let known: Vec<usize> = group.iter().copied().filter(|at| seen[*at]).collect();
        let texts = known.iter().map(|at| feature_row(answers[*at].text));
        feature_rows.extend(centred(texts.collect()));
        let vectors = known.iter().map(|at| wide(answers[*at].vector));
        embedding_rows.extend(centred(vectors.collect()));
    }
    let components = if embeddings.is_some() { components } else { 1 };
    let mut tables = Tables::new();
    let hybrid = constants(&feature_rows, &embedding_rows, components, &mut tables)?;
    let mut rows = hybrid.project(&answers)?;
    for group in &groups {
        // A prompt's answers are all at hand whenever one is judged; a group of everything is known by its seen items.
        let places: Vec<usize> = (0..group.len())
            .filter(|at| groups.len() > 1 || seen[group[*at]])
            .collect();
        let take = |at: &usize| std::mem::take(&mut rows[*at]);
        let mut own: Vec<Vec<f32>> = group.iter().map(take).collect();
        let mean = centre(&mut own, &places);
        if groups.len() == 1 {
            let mean = Table::new(&[mean.len()], mean);
            tables.insert("representation.mean".into(), mean);
        }
        for (at, row) in group.iter().zip(own) {
            rows[*at] = row;
        }
    }
    hybrid.standardise(&mut rows);
    Ok(Represented {
        made_of: if embeddings.is_some() {
            format!("{COUNT} readable features and {components} principal components of embeddings")
        } else {
            format!("{COUNT} readable features (there were no embeddings)")
        },
        rows,
        prompts,
        tables,
    })
}

fn prompts(data: &Dataset, embeddings: Option<&Embeddings>) -> Vec<Vec<f32>> {
    let Some(vectors) = embeddings
        .map(|all| &all.prompts)
        .filter(|all| !all.is_empty())
    else {
        return vec![];
    };
    let vector = |item: &crate::data::Item| match item.prompt {
        Some(prompt) if data.prompts[prompt].text.is_some() => vectors[prompt].clone(),
        _ => vec![0.0; EMBEDDING],
    };
    data.items.iter().map(vector).collect()
}

/// Items that are centred together: by prompt if every vote compares answers to one prompt, else all.
fn groups(data: &Dataset) -> Vec<Vec<usize>> {
    let within = |pair: &crate::data::Comparison| {
        let prompt = data.items[pair.chosen].prompt;
        prompt.is_some() && prompt == data.items[pair.rejected].prompt
    };
    if !data.pairs.iter().all(within) {
        return vec![(0..data.items.len()).collect()];
    }
    let mut groups = vec![vec![]; data.prompts.len() + 1];
    for (at, item) in data.items.iter().enumerate() {
        groups[item.prompt.unwrap_or(data.prompts.len())].push(at);
    }
    groups.retain(|group| !group.is_empty());
    groups
}

fn scaled(vectors: &[&Vec<f32>], seen: &[bool]) -> Vec<Vec<f32>> {
    let (mut sum, mut count) = (0.0, 0.0);
    for (vector, _) in vectors.iter().zip(seen).filter(|(_, seen)| **seen) {
        sum += vector
            .iter()
            .map(|value| f64::from(*value).powi(2))
            .sum::<f64>();
        count += vector.len() as f64;
    }
    let factor = if sum > 0.0 {
        (count / sum).sqrt() as f32
    } else {
        1.0
    };
    let scale = |vector: &&Vec<f32>| vector.iter().map(|value| value * factor).collect();
    vectors.iter().map(scale).collect()
}

/// Scales of features and principal components of embeddings, both from centred rows.
fn constants(
    feature_rows: &[Vec<f64>],
    embedding_rows: &[Vec<f64>],
    components: usize,
    tables: &mut Tables,
) -> Result<Hybrid> {
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
    let spread = covariance.trace().sqrt();
    let scale = if spread > 0.0 {
        EMBEDDING_SCALE / spread
    } else {
        0.0
    };
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

fn feature_row(text: &str) -> Vec<f64> {
    wide(&features::extract(text))
}

fn wide(row: &[f32]) -> Vec<f64> {
    row.iter().map(|value| f64::from(*value)).collect()
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
