//! A plane through the latent space of one method, with the people who trained it: where is this person?
//!
//! The plane holds the two directions in which the means of training people vary most. A Gaussian over the latent space
//! is a Gaussian on the plane.

use palate_shared::ids::MethodId;
use palate_shared::infer::Place;
#[cfg(feature = "training")]
use {
    crate::heads::{Table, Tables},
    nalgebra::{DMatrix, SymmetricEigen},
};

use crate::heads::Heads;
use crate::preference::Margin;
use crate::{Error, Result};

/// Most people who are drawn.
#[cfg(feature = "training")]
pub const MOST_PEOPLE: usize = 200;

/// The plane.
#[derive(Clone, Debug, PartialEq)]
pub struct PopulationMap {
    method: MethodId,
    /// Mean of the latent vectors of training people, `[latent]`.
    centre: Vec<f64>,
    /// Two orthonormal directions, `[2][latent]`.
    axes: [Vec<f64>; 2],
    people: Vec<[f64; 2]>,
    words: Vec<String>,
}

impl PopulationMap {
    /// Reads tables `map.centre`, `map.axes` and `map.people`, and from the card's `map` the `method` and `words`: what
    /// people at the right, left, top and bottom prefer. `None` where the file has no map.
    ///
    /// # Errors
    /// When tables do not fit.
    pub fn from_heads(heads: &Heads) -> Result<Option<Self>> {
        let Some(method) = heads.card()["map"]["method"].as_str() else {
            return Ok(None);
        };
        let wide = |numbers: &[f32]| numbers.iter().copied().map(f64::from).collect::<Vec<_>>();
        let centre = wide(&heads.table("map.centre")?.data);
        if centre.is_empty() {
            return Err(Error::Weights("the map has no directions".into()));
        }
        let axes = heads.data("map.axes", &[2, centre.len()])?;
        let (first, second) = axes.split_at(centre.len());
        let people = &heads.table("map.people")?.data;
        let words = heads.card()["map"]["words"].as_array();
        let words = words.into_iter().flatten().filter_map(|one| one.as_str());
        Ok(Some(Self {
            method: method.into(),
            axes: [wide(first), wide(second)],
            centre,
            people: people
                .chunks_exact(2)
                .map(|at| [f64::from(at[0]), f64::from(at[1])])
                .collect(),
            words: words.map(str::to_owned).collect(),
        }))
    }

    /// The method whose latent space it is.
    pub fn method(&self) -> &MethodId {
        &self.method
    }

    /// Training people.
    pub fn people(&self) -> &[[f64; 2]] {
        &self.people
    }

    /// What people at the right, left, top and bottom prefer; empty words where nothing readable says it.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Where a latent vector lies: mean and variance of each of its numbers, which are independent.
    pub fn place(&self, latent: &[Margin]) -> Place {
        let mut place = Place::default();
        for (at, unit) in latent.iter().enumerate().take(self.centre.len()) {
            let [x, y] = [self.axes[0][at], self.axes[1][at]];
            let away = unit.mean - self.centre[at];
            place.x += x * away;
            place.y += y * away;
            place.xx += x * x * unit.variance;
            place.xy += x * y * unit.variance;
            place.yy += y * y * unit.variance;
        }
        place
    }

    /// Tables `map.*` from the latent vectors of training people, one each, in any order.
    #[cfg(feature = "training")]
    pub fn learn(people: &[Vec<f64>]) -> Tables {
        let width = people.first().map_or(0, Vec::len);
        let count = people.len().max(1) as f64;
        let centre: Vec<f64> = (0..width)
            .map(|at| people.iter().map(|one| one[at]).sum::<f64>() / count)
            .collect();
        let away = DMatrix::from_fn(people.len(), width, |row, at| people[row][at] - centre[at]);
        let eigen = SymmetricEigen::new(away.tr_mul(&away));
        let mut order: Vec<usize> = (0..width).collect();
        order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
        let axis = |at: usize| -> Vec<f64> {
            let Some(column) = order.get(at).map(|at| eigen.eigenvectors.column(*at)) else {
                return vec![0.0; width];
            };
            // Signs of eigenvectors are arbitrary: make the largest entry positive.
            let sign = column[column.icamax()].signum();
            column.iter().map(|value| value * sign).collect()
        };
        let axes = [axis(0), axis(1)];
        let on = |one: &Vec<f64>, axis: &[f64]| -> f64 {
            let each = one.iter().zip(&centre).zip(axis);
            each.map(|((value, centre), axis)| (value - centre) * axis)
                .sum()
        };
        let shown = &people[..people.len().min(MOST_PEOPLE)];
        let places: Vec<f32> = shown
            .iter()
            .flat_map(|one| axes.each_ref().map(|axis| on(one, axis) as f32))
            .collect();
        let narrow = |numbers: Vec<f64>| numbers.into_iter().map(|v| v as f32).collect::<Vec<_>>();
        Tables::from([
            (
                "map.people".to_owned(),
                Table::half(&[shown.len(), 2], &places),
            ),
            (
                "map.axes".to_owned(),
                Table::new(&[2, width], narrow(axes.concat())),
            ),
            (
                "map.centre".to_owned(),
                Table::new(&[width], narrow(centre)),
            ),
        ])
    }
}

#[cfg(all(test, feature = "training"))]
mod tests {
    use super::*;

    #[test]
    fn people_along_a_line_lie_along_the_first_axis_and_a_gaussian_is_projected() {
        // Along (3, 4, 0) / 5, with a little of the third number.
        let people: Vec<Vec<f64>> = (-5..=5)
            .map(|step: i32| {
                let along = f64::from(step);
                let third = if step % 2 == 0 { 0.1 } else { -0.1 };
                vec![0.6 * along + 1.0, 0.8 * along, third]
            })
            .collect();
        let card = serde_json::json!({ "map": { "method": "vpl", "words": ["a", "b"] } });
        let bytes = Heads::write(&card, &PopulationMap::learn(&people)).expect("shapes fit");
        let heads = Heads::read(&bytes).expect("it was just written");
        let map = PopulationMap::from_heads(&heads)
            .expect("tables fit")
            .expect("the card names it");
        assert_eq!(map.people().len(), people.len());
        let latent: Vec<Margin> = [1.6, 0.8, 0.0]
            .into_iter()
            .zip([1.0, 4.0, 9.0])
            .map(|(mean, variance)| Margin { mean, variance })
            .collect();
        let place = map.place(&latent);
        assert!((place.x - 1.0).abs() < 0.02, "{place:?}");
        // 0.36 of 1 and 0.64 of 4 along the first axis; the third number's 9 along the second.
        assert!((place.xx - 2.92).abs() < 0.05, "{place:?}");
        assert!((place.yy - 9.0).abs() < 0.1, "{place:?}");
    }

    #[test]
    fn a_file_without_a_map_has_none_and_a_map_without_tables_is_an_error() {
        let read = |card: serde_json::Value| {
            let bytes = Heads::write(&card, &Tables::new()).expect("shapes fit");
            PopulationMap::from_heads(&Heads::read(&bytes).expect("it was just written"))
        };
        assert_eq!(read(serde_json::json!({})).expect("is fine"), None);
        assert!(read(serde_json::json!({ "map": { "method": "vpl" } })).is_err());
    }
}
