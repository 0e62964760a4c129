//! From statistics to a table: the order of names, caps on new raters, groups of raters.

use super::{Block, BothUnacceptable, Cell, MOST_BLOCKS, Table, Told};
use crate::comparison::Covariates;
use crate::counts::{Counts, Sides};
use crate::error::Error;
use crate::influence::{Caps, Influence};
use crate::statistics::{Entry, GRID, Part, Statistics};

/// One in so many raters is among the heaviest.
const HEAVIEST: usize = 100;

/// A rater's entries with what they weigh.
pub(super) struct Weighed<'a> {
    pub(super) part: Part<'a>,
    pub(super) influence: Influence,
}

/// Cells and candidates of the statistics in the order of names.
pub(super) struct Layout {
    candidates: Vec<String>,
    cells: Vec<Cell>,
    /// Place of each held cell, and whether its sides are swapped.
    places: Vec<(u32, bool)>,
}

impl Layout {
    pub(super) fn of(statistics: &Statistics) -> Self {
        let names = statistics.candidates();
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|place| &names[*place]);
        let mut new_places = vec![0; names.len()];
        for (new, old) in order.iter().enumerate() {
            new_places[*old] = new;
        }
        let keys = statistics.keys();
        let mut sorted: Vec<(usize, usize, Vec<i32>, usize, bool)> = keys
            .iter()
            .enumerate()
            .map(|(at, key)| {
                let (first, second) = (
                    new_places[key.first as usize],
                    new_places[key.second as usize],
                );
                let is_mirrored = first > second;
                let sign = if is_mirrored { -1 } else { 1 };
                let difference = key.difference.iter().map(|step| sign * step).collect();
                (
                    first.min(second),
                    first.max(second),
                    difference,
                    at,
                    is_mirrored,
                )
            })
            .collect();
        sorted.sort();
        let mut places = vec![(0, false); keys.len()];
        let mut cells = Vec::with_capacity(keys.len());
        for (first, second, difference, at, is_mirrored) in sorted {
            places[at] = (cells.len() as u32, is_mirrored);
            cells.push(Cell {
                first,
                second,
                difference: difference
                    .iter()
                    .map(|step| f64::from(*step) / GRID)
                    .collect(),
            });
        }
        Self {
            candidates: order.iter().map(|place| names[*place].clone()).collect(),
            cells,
            places,
        }
    }

    /// Applies the caps: factor of each cell for new raters, and candidates whose only votes they have taken away.
    pub(super) fn capped(&self, weighed: &[Weighed<'_>], caps: Caps) -> (Vec<f64>, Vec<String>) {
        let mut totals = [
            vec![0.0; self.candidates.len()],
            vec![0.0; self.candidates.len()],
        ];
        self.each(weighed, |cell, entry, influence| {
            let total = &mut totals[usize::from(!influence.is_settled)];
            let weight = influence.weight * entry.counts.total();
            total[cell.first] += weight;
            total[cell.second] += weight;
        });
        let by_candidate = caps.by_candidate(&totals[0], &totals[1]);
        let mut factors: Vec<f64> = self
            .cells
            .iter()
            .map(|cell| by_candidate[cell.first].min(by_candidate[cell.second]))
            .collect();
        let (settled, new) = self.shares(weighed, &factors);
        let of_total = caps.of_total(settled, new);
        factors.iter_mut().for_each(|factor| *factor *= of_total);
        let names = self
            .candidates
            .iter()
            .zip(by_candidate.iter().zip(&totals[1]));
        let waiting = names.filter(|(_, (factor, new))| **factor == 0.0 && **new > 0.0);
        (factors, waiting.map(|(name, _)| name.clone()).collect())
    }

    /// Whether anything is left of what a rater said.
    pub(super) fn weighs(&self, one: &Weighed<'_>, factors: &[f64]) -> bool {
        one.part.entries.iter().any(|entry| {
            let (cell, _) = self.places[entry.cell as usize];
            entry.counts.total() > 0.0 && (one.influence.is_settled || factors[cell as usize] > 0.0)
        })
    }

    /// Weight of settled and of new raters.
    fn shares(&self, weighed: &[Weighed<'_>], factors: &[f64]) -> (f64, f64) {
        let (mut settled, mut new) = (0.0, 0.0);
        for one in weighed {
            for entry in one.part.entries {
                let weight = one.influence.weight * entry.counts.total();
                if one.influence.is_settled {
                    settled += weight;
                } else {
                    new += weight * factors[self.places[entry.cell as usize].0 as usize];
                }
            }
        }
        (settled, new)
    }

    fn heaviest(&self, weighed: &[Weighed<'_>], factors: &[f64]) -> Vec<String> {
        let mut weights: Vec<(f64, &str)> = weighed
            .chunks(1)
            .map(|one| {
                let (settled, new) = self.shares(one, factors);
                (settled + new, one[0].part.rater)
            })
            .collect();
        if weights.len() < 2 {
            return vec![];
        }
        weights.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
        weights.truncate(weights.len().div_ceil(HEAVIEST));
        weights
            .iter()
            .map(|(_, rater)| (*rater).to_owned())
            .collect()
    }

    fn each(&self, weighed: &[Weighed<'_>], mut with: impl FnMut(&Cell, &Entry, &Influence)) {
        for one in weighed {
            for entry in one.part.entries {
                let (cell, _) = self.places[entry.cell as usize];
                with(&self.cells[cell as usize], entry, &one.influence);
            }
        }
    }

    pub(super) fn table(
        self,
        covariates: &Covariates,
        weighed: &[Weighed<'_>],
        (factors, waiting): (Vec<f64>, Vec<String>),
        policy: BothUnacceptable,
    ) -> Result<Table, Error> {
        let mut told = vec![Told::default(); self.candidates.len()];
        let mut votes = 0;
        let mut sides = Sides::default();
        let mut counts = vec![Counts::default(); self.cells.len()];
        let mut blocks = Vec::new();
        let mut scratch = vec![Counts::default(); self.cells.len()];
        let block_count = weighed.len().min(MOST_BLOCKS);
        for block in 0..block_count {
            let mut touched = Vec::new();
            for one in weighed.iter().skip(block).step_by(block_count) {
                votes += one.part.votes;
                sides = sides.plus(one.part.sides);
                for entry in one.part.entries {
                    let (place, is_mirrored) = self.places[entry.cell as usize];
                    let at = place as usize;
                    let new = if one.influence.is_settled {
                        1.0
                    } else {
                        factors[at]
                    };
                    let own = entry.counts.turned(is_mirrored);
                    if scratch[at].total() == 0.0 {
                        touched.push(place);
                    }
                    scratch[at].add_scaled(&own, one.influence.weight * new);
                    for side in [self.cells[at].first, self.cells[at].second] {
                        told[side].votes += u64::from(entry.votes);
                    }
                }
            }
            touched.sort_unstable();
            touched.dedup();
            let mut entries = Vec::with_capacity(touched.len());
            for place in touched {
                let at = place as usize;
                let mut own = std::mem::take(&mut scratch[at]);
                if own.total() == 0.0 {
                    continue;
                }
                let cell = &self.cells[at];
                told[cell.first].add(&own);
                told[cell.second].add(&own.mirrored());
                own.settle(policy);
                counts[at].add_scaled(&own, 1.0);
                entries.push((place, own));
            }
            blocks.push(Block { entries });
        }
        let (settled, new) = self.shares(weighed, &factors);
        if settled + new == 0.0 {
            return Err(Error::Empty);
        }
        let heaviest = self.heaviest(weighed, &factors);
        let table = Table {
            candidates: self.candidates,
            waiting,
            covariates: covariates.names(),
            told,
            raters: weighed.len(),
            votes,
            new_share: new / (settled + new),
            heaviest,
            sides,
            cells: self.cells,
            counts,
            blocks,
        };
        Ok(table.without_the_weightless())
    }
}
