//! Items to vectors.

use palate_shared::features;

use crate::heads::Heads;
use crate::{Error, Result};

/// Width of an answer's embedding (all-MiniLM-L6-v2).
pub const EMBEDDING: usize = 384;

/// Standardised features are cut at this many standard deviations, so that a strange text cannot dominate.
const FEATURE_LIMIT: f32 = 4.0;

/// One answer before it is represented.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Markdown.
    pub text: &'a str,
    /// Embedding, L2 norm 1.
    pub vector: &'a [f32],
}

/// Turns the answers to one prompt into rows of numbers, centred within that prompt.
pub trait Representation {
    /// Stable id with version, for example `hybrid-1`.
    fn id(&self) -> &'static str;
    /// Width of a row.
    fn dimension(&self) -> usize;
    /// One row per answer; the rows of one call sum to zero (before the cut of extreme features).
    ///
    /// # Errors
    /// When a vector has the wrong width or is not finite.
    fn represent(&self, answers: &[Answer<'_>]) -> Result<Vec<Vec<f32>>>;
}

/// Standardised readable features ⊕ a linear projection of the embedding.
///
/// The first [`features::COUNT`] numbers of a row are the features in their order.
#[derive(Clone, Debug)]
pub struct Hybrid {
    /// 1 / standard deviation within prompts; 0 for a feature that the training answers never vary.
    inverse_sd: Vec<f32>,
    /// `[EMBEDDING, components]`, row-major.
    projection: Vec<f32>,
    components: usize,
}

impl Hybrid {
    /// From its constants.
    ///
    /// # Errors
    /// When the sizes do not fit.
    pub fn new(inverse_sd: Vec<f32>, projection: Vec<f32>) -> Result<Self> {
        if inverse_sd.len() != features::COUNT
            || projection.is_empty()
            || !projection.len().is_multiple_of(EMBEDDING)
        {
            return Err(Error::Weights(format!(
                "the representation needs {} scales and {EMBEDDING} rows of projection",
                features::COUNT
            )));
        }
        let components = projection.len() / EMBEDDING;
        Ok(Self {
            inverse_sd,
            projection,
            components,
        })
    }

    /// Reads tables `representation.inverse_sd` and `representation.projection`.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn from_heads(heads: &Heads) -> Result<Self> {
        Self::new(
            heads.table("representation.inverse_sd")?.data.clone(),
            heads.table("representation.projection")?.data.clone(),
        )
    }
}

impl Hybrid {
    /// Raw features ⊕ projected embeddings, one row per answer; still to be centred and standardised.
    ///
    /// # Errors
    /// When a vector has the wrong width or is not finite.
    pub fn project(&self, answers: &[Answer<'_>]) -> Result<Vec<Vec<f32>>> {
        let mut rows = Vec::with_capacity(answers.len());
        for answer in answers {
            if answer.vector.len() != EMBEDDING {
                return Err(Error::Input(format!(
                    "an embedding has {} numbers instead of {EMBEDDING}",
                    answer.vector.len()
                )));
            }
            if answer.vector.iter().any(|value| !value.is_finite()) {
                return Err(Error::Input(
                    "an embedding holds a number that is not finite".into(),
                ));
            }
            let mut row: Vec<f32> = features::extract(answer.text).to_vec();
            let mut projected = vec![0.0; self.components];
            for (value, weights) in answer
                .vector
                .iter()
                .zip(self.projection.chunks_exact(self.components))
            {
                for (sum, weight) in projected.iter_mut().zip(weights) {
                    *sum += value * weight;
                }
            }
            row.extend(projected);
            rows.push(row);
        }
        Ok(rows)
    }

    /// Divides the features of centred rows by their standard deviations and cuts extreme ones.
    pub fn standardise(&self, rows: &mut [Vec<f32>]) {
        for row in rows {
            for (value, inverse_sd) in row.iter_mut().zip(&self.inverse_sd) {
                *value = (*value * inverse_sd).clamp(-FEATURE_LIMIT, FEATURE_LIMIT);
            }
        }
    }
}

impl Representation for Hybrid {
    fn id(&self) -> &'static str {
        "hybrid-1"
    }

    fn dimension(&self) -> usize {
        features::COUNT + self.components
    }

    fn represent(&self, answers: &[Answer<'_>]) -> Result<Vec<Vec<f32>>> {
        let mut rows = self.project(answers)?;
        let all: Vec<usize> = (0..rows.len()).collect();
        centre(&mut rows, &all);
        self.standardise(&mut rows);
        Ok(rows)
    }
}

/// Subtracts from every row the mean of those at `places`.
pub fn centre(rows: &mut [Vec<f32>], places: &[usize]) {
    let Some(width) = rows.first().map(Vec::len).filter(|_| !places.is_empty()) else {
        return;
    };
    for column in 0..width {
        let mean = places.iter().map(|at| rows[*at][column]).sum::<f32>() / places.len() as f32;
        for row in rows.iter_mut() {
            row[column] -= mean;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_centred_and_wide_enough() {
        let mut projection = vec![0.0; EMBEDDING * 2];
        projection[0] = 1.0;
        projection[3] = 2.0;
        let hybrid = Hybrid::new(vec![1.0; features::COUNT], projection).expect("sizes fit");
        let (mut a, mut b) = (vec![0.0; EMBEDDING], vec![0.0; EMBEDDING]);
        a[0] = 1.0;
        b[1] = 1.0;
        let rows = hybrid
            .represent(&[
                Answer {
                    text: "One two.",
                    vector: &a,
                },
                Answer {
                    text: "One two three?",
                    vector: &b,
                },
            ])
            .expect("vectors fit");
        assert_eq!(hybrid.dimension(), features::COUNT + 2);
        assert_eq!(rows[0][features::COUNT..], [0.5, -1.0]);
        assert!(
            rows[0]
                .iter()
                .zip(&rows[1])
                .all(|(x, y)| (x + y).abs() < 1e-6)
        );
        assert!(rows[1][features::LENGTH] > 0.0);
    }

    #[test]
    fn a_projection_without_components_is_refused() {
        for projection in [vec![], vec![0.0; EMBEDDING - 1]] {
            assert!(Hybrid::new(vec![1.0; features::COUNT], projection).is_err());
        }
    }

    #[test]
    fn a_short_vector_is_refused() {
        let hybrid =
            Hybrid::new(vec![1.0; features::COUNT], vec![0.0; EMBEDDING]).expect("sizes fit");
        assert!(
            hybrid
                .represent(&[Answer {
                    text: "a",
                    vector: &[1.0]
                }])
                .is_err()
        );
    }
}
