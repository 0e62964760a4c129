//! PAL's prototypes, shown by the answers nearest to them.

use palate_shared::features::{COUNT, FEATURES};
use palate_shared::ids::MethodId;
use palate_shared::infer::PrototypeShare;

use super::Session;
use crate::Result;
use crate::heads::Heads;
use crate::methods::pal_a::PalA;
use crate::pool::Pool;
use crate::preference::PreferenceModel;

/// Answers shown for one prototype.
const EXAMPLES: usize = 3;

/// How far every answer of the pack is from each prototype, which no vote changes.
pub(super) struct Prototypes {
    method: MethodId,
    /// Squared distances, one list of answers per prototype.
    distances: Vec<Vec<f64>>,
}

impl Prototypes {
    /// Reads tables `pal.*`; `None` where the file has none.
    pub(super) fn from_heads(heads: &Heads, pool: &Pool) -> Result<Option<Self>> {
        if !heads.has("pal.prototypes") {
            return Ok(None);
        }
        let width = pool.rows.first().map_or(0, Vec::len);
        let pal = PalA::from_heads(heads, width)?;
        let views = pool.viewed_by(&pal)?;
        let distances = |index| {
            let distance = |view: &Vec<f32>| pal.prototype_distance(view, index);
            views.iter().map(distance).collect()
        };
        Ok(Some(Self {
            method: pal.id(),
            distances: (0..pal.prototypes()).map(distances).collect(),
        }))
    }
}

impl Session {
    /// The person's mix of prototypes, largest share first.
    pub(super) fn prototype_shares(&self) -> Vec<PrototypeShare> {
        let known = self.prototypes.as_ref();
        let Some((known, player)) =
            known.and_then(|known| Some((known, self.player(&known.method)?)))
        else {
            return vec![];
        };
        let share = |(index, distances): (usize, &Vec<f64>)| {
            let mut nearest: Vec<usize> = (0..distances.len()).collect();
            nearest.sort_by(|a, b| distances[*a].total_cmp(&distances[*b]));
            PrototypeShare {
                index: index as u32,
                words: words(&self.pool, distances),
                share: player.state.values.get(index).copied().unwrap_or(0.0),
                examples: nearest
                    .iter()
                    .take(EXAMPLES)
                    .map(|item| self.pool.items[*item].id.clone())
                    .collect(),
            }
        };
        let mut shares: Vec<PrototypeShare> =
            known.distances.iter().enumerate().map(share).collect();
        shares.sort_by(|a, b| b.share.total_cmp(&a.share));
        shares
    }
}

/// The two features that go most with being near.
fn words(pool: &Pool, distances: &[f64]) -> String {
    let mean = distances.iter().sum::<f64>() / distances.len().max(1) as f64;
    let mut strengths: Vec<(f64, usize)> = (0..COUNT)
        .map(|feature| {
            let (mut cross, mut square) = (0.0, 1e-9);
            for (row, distance) in pool.rows.iter().zip(distances) {
                let value = f64::from(row[feature]);
                cross += value * (mean - distance);
                square += value * value;
            }
            (cross / f64::sqrt(square), feature)
        })
        .collect();
    strengths.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    let words: Vec<&str> = strengths
        .iter()
        .take(2)
        .map(|(strength, feature)| {
            if *strength >= 0.0 {
                FEATURES[*feature].more
            } else {
                FEATURES[*feature].less
            }
        })
        .collect();
    words.join(", ")
}
