//! Items to vectors.

use palate_shared::features;
use palate_shared::ids::PackId;

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

/// Turns the answers to one prompt into rows of numbers.
pub trait Representation {
    /// Stable id with version, for example `hybrid-2`.
    fn id(&self) -> &'static str;
    /// Width of a row.
    fn dimension(&self) -> usize;
    /// One row per answer, centred: around the mean of these answers, or around a mean that was learned.
    ///
    /// # Errors
    /// When a vector has the wrong width or is not finite.
    fn represent(&self, answers: &[Answer<'_>]) -> Result<Vec<Vec<f32>>>;
    /// What people's votes told of the answers of this pack beyond their texts: one line per answer in pack order, to be
    /// added to the last numbers of its row. `None` where nobody voted on them before.
    fn residuals(&self, _pack: &PackId) -> Option<&[Vec<f32>]> {
        None
    }
}

/// Standardised readable features ⊕ a linear projection of the embedding ⊕, where training people's votes are at hand,
/// the place of the answer in the space of their tastes.
///
/// The first [`features::COUNT`] numbers of a row are the features in their order.
#[derive(Clone, Debug)]
pub struct Hybrid {
    /// 1 / standard deviation within prompts; 0 for a feature that the training answers never vary.
    inverse_sd: Vec<f32>,
    /// `[EMBEDDING, components]`, row-major.
    projection: Vec<f32>,
    components: usize,
    /// Raw features ⊕ projected embedding of the average answer, where all answers are centred alike; else they are
    /// centred within their prompt.
    mean: Option<Vec<f32>>,
    tastes: Option<Tastes>,
}

/// Where answers lie in the space of tastes: `z = T x + ρ`, with a residual ρ for answers that people voted on.
#[derive(Clone, Debug)]
struct Tastes {
    /// T, `[dimension of x, width]`, row-major.
    transform: Vec<f32>,
    width: usize,
    /// The pack of the residuals.
    pack: PackId,
    /// ρ, one line per answer of that pack.
    residuals: Vec<Vec<f32>>,
}

impl Hybrid {
    /// Id with version.
    pub const ID: &str = "hybrid-2";

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
            mean: None,
            tastes: None,
        })
    }

    /// Reads tables `representation.inverse_sd` and `representation.projection`; if they are there,
    /// `representation.mean`, and `representation.transform` with `representation.residuals`, which belong to the pack
    /// that the card names.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn from_heads(heads: &Heads) -> Result<Self> {
        let mut hybrid = Self::new(
            heads.table("representation.inverse_sd")?.data.clone(),
            heads.table("representation.projection")?.data.clone(),
        )?;
        let width = hybrid.width_of_text();
        if heads.has("representation.mean") {
            hybrid.mean = Some(heads.data("representation.mean", &[width])?.to_vec());
        }
        if heads.has("representation.transform") {
            let transform = heads.table("representation.transform")?;
            let residuals = heads.table("representation.residuals")?;
            let ([input, output], [_, numbers]) = (&transform.shape[..], &residuals.shape[..])
            else {
                return Err(Error::Weights("the places of answers are no tables".into()));
            };
            if *input != width || output != numbers || *output == 0 {
                return Err(Error::Weights(
                    "the places of answers have another width than their transform".into(),
                ));
            }
            let pack = heads.card()["data"]["pack"].as_str().unwrap_or_default();
            hybrid.tastes = Some(Tastes {
                transform: transform.data.clone(),
                width: *output,
                pack: pack.into(),
                residuals: residuals
                    .data
                    .chunks_exact(*output)
                    .map(<[f32]>::to_vec)
                    .collect(),
            });
        }
        Ok(hybrid)
    }

    /// Numbers of a row that its text gives.
    fn width_of_text(&self) -> usize {
        features::COUNT + self.components
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

impl Tastes {
    /// Appends `T x` to every row.
    fn append(&self, rows: &mut [Vec<f32>]) {
        for row in rows {
            let mut place = vec![0.0; self.width];
            for (value, weights) in row.iter().zip(self.transform.chunks_exact(self.width)) {
                for (sum, weight) in place.iter_mut().zip(weights) {
                    *sum += value * weight;
                }
            }
            row.extend(place);
        }
    }
}

impl Representation for Hybrid {
    fn id(&self) -> &'static str {
        Self::ID
    }

    fn dimension(&self) -> usize {
        self.width_of_text() + self.tastes.as_ref().map_or(0, |tastes| tastes.width)
    }

    fn represent(&self, answers: &[Answer<'_>]) -> Result<Vec<Vec<f32>>> {
        let mut rows = self.project(answers)?;
        match &self.mean {
            Some(mean) => subtract(&mut rows, mean),
            None => {
                let all: Vec<usize> = (0..rows.len()).collect();
                centre(&mut rows, &all);
            }
        }
        self.standardise(&mut rows);
        if let Some(tastes) = &self.tastes {
            tastes.append(&mut rows);
        }
        Ok(rows)
    }

    fn residuals(&self, pack: &PackId) -> Option<&[Vec<f32>]> {
        let tastes = self.tastes.as_ref()?;
        (tastes.pack == *pack).then_some(tastes.residuals.as_slice())
    }
}

/// Subtracts from every row the mean of those at `places`, and returns it; nothing where there are none.
pub fn centre(rows: &mut [Vec<f32>], places: &[usize]) -> Vec<f32> {
    let Some(width) = rows.first().map(Vec::len).filter(|_| !places.is_empty()) else {
        return vec![];
    };
    let sum = |column: usize| places.iter().map(|at| rows[*at][column]).sum::<f32>();
    let mean: Vec<f32> = (0..width)
        .map(|column| sum(column) / places.len() as f32)
        .collect();
    subtract(rows, &mean);
    mean
}

fn subtract(rows: &mut [Vec<f32>], mean: &[f32]) {
    for row in rows {
        for (value, mean) in row.iter_mut().zip(mean) {
            *value -= mean;
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
    fn answers_that_people_voted_on_have_a_place_of_their_own() {
        use crate::heads::{Table, Tables};
        use crate::pool::Pool;
        let width = features::COUNT + 1;
        let tables = |residuals: usize| {
            let mut transform = vec![0.0; width * 2];
            transform[features::COUNT * 2] = 3.0;
            let mut projection = vec![0.0; EMBEDDING];
            projection[0] = 1.0;
            let mut mean = vec![0.0; width];
            mean[features::COUNT] = 0.25;
            let line = (0..residuals * 2).map(|at| at as f32).collect();
            Tables::from([
                (
                    "representation.inverse_sd".to_owned(),
                    Table::new(&[features::COUNT], vec![0.0; features::COUNT]),
                ),
                (
                    "representation.projection".to_owned(),
                    Table::new(&[EMBEDDING, 1], projection),
                ),
                ("representation.mean".to_owned(), Table::new(&[width], mean)),
                (
                    "representation.transform".to_owned(),
                    Table::new(&[width, 2], transform),
                ),
                (
                    "representation.residuals".to_owned(),
                    Table::new(&[residuals, 2], line),
                ),
            ])
        };
        let heads = |residuals| {
            let card = serde_json::json!({ "data": { "pack": "small" } });
            let bytes = Heads::write(&card, &tables(residuals)).expect("shapes fit");
            Heads::read(&bytes).expect("it was just written")
        };
        let pack = |id: &str| -> palate_shared::pack::PackItems {
            let answer = |id| serde_json::json!({ "id": id, "text": "Yes.", "made_by": "me" });
            serde_json::from_value(serde_json::json!({
                "pack": id,
                "prompts": [{
                    "id": "p", "topic": "t", "text": "?", "responses": [answer("a"), answer("b")],
                }],
            }))
            .expect("it is a pack")
        };
        let mut vectors = vec![half::f16::ZERO; 3 * EMBEDDING];
        vectors[0] = half::f16::ONE;
        let vectors: Vec<u8> = vectors.iter().flat_map(|v| v.to_le_bytes()).collect();
        let rows = |id: &str, residuals| {
            let hybrid = Hybrid::from_heads(&heads(residuals)).expect("tables fit");
            assert_eq!(hybrid.dimension(), width + 2);
            let pool = Pool::new(&pack(id), &vectors, &hybrid)?;
            let ends = pool.rows.iter().map(|row| row[features::COUNT..].to_vec());
            Ok::<_, Error>(ends.collect::<Vec<_>>())
        };
        // 1 - 0.25 and 0 - 0.25; three times that, and the residuals 0, 1, 2, 3.
        assert_eq!(
            rows("small", 2).expect("two answers, two residuals"),
            [[0.75, 2.25, 1.0], [-0.25, 1.25, 3.0]]
        );
        assert_eq!(
            rows("another", 2).expect("nobody voted on these"),
            [[0.75, 2.25, 0.0], [-0.25, -0.75, 0.0]]
        );
        assert!(rows("small", 3).is_err(), "residuals of another pack");
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
