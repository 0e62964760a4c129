//! Statistics with influences and caps applied, in an order that does not depend on the order of votes.

use crate::comparison::{Covariates, POSITION};
use crate::error::Error;
use crate::influence::{Caps, Influence};
use crate::statistics::{Counts, Entry, GRID, Part, Statistics};

/// Most groups of raters that are resampled. More raters are dealt out over that many groups: groups of independent raters
/// are independent, and resampling then costs by cells and not by raters.
pub const MOST_BLOCKS: usize = 1000;

/// What "neither is acceptable" says of which is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BothUnacceptable {
    /// As much as a tie.
    #[default]
    AsTie,
    /// Nothing: it counts in its own column only.
    Apart,
}

/// How statistics become a table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct View {
    /// What "neither is acceptable" counts as.
    pub both_unacceptable: BothUnacceptable,
    /// What new raters may weigh together.
    pub caps: Caps,
}

/// A pair of candidates with one difference of covariates.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Place of the candidate whose name sorts first.
    pub first: usize,
    /// Place of the other.
    pub second: usize,
    /// First less second.
    pub difference: Vec<f64>,
}

/// Counts of a group of raters, resampled together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    /// By cell, ascending.
    pub(crate) entries: Vec<(u32, Counts)>,
}

/// What is known of one candidate besides its scores.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Told {
    /// Votes, uncounted of their weight, of raters that weigh anything.
    pub votes: u64,
    /// Weight of all votes after caps.
    pub weight: f64,
    /// Weight of votes for it.
    pub wins: f64,
    /// Weight of votes for the other.
    pub losses: f64,
    /// Weight of ties.
    pub ties: f64,
    /// Weight of "neither is acceptable".
    pub both_unacceptable: f64,
}

/// Weighted counts of every cell, for everyone and for each group of raters.
#[derive(Clone, Debug)]
pub struct Table {
    /// Names, sorted. Scores are in this order.
    pub candidates: Vec<String>,
    /// Names of covariates.
    pub covariates: Vec<String>,
    /// Of each candidate.
    pub told: Vec<Told>,
    /// Raters that weigh anything.
    pub raters: usize,
    /// Votes of those raters.
    pub votes: u64,
    /// Share of the weight that new raters have after caps.
    pub new_share: f64,
    pub(crate) cells: Vec<Cell>,
    pub(crate) counts: Vec<Counts>,
    pub(crate) blocks: Vec<Block>,
}

/// Counts of the cells of a table: its own, or those of a resample.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    pub(crate) table: &'a Table,
    pub(crate) counts: &'a [Counts],
}

/// A rater's entries with what they weigh.
struct Weighed<'a> {
    part: Part<'a>,
    influence: Influence,
}

impl Statistics {
    /// The table under `view`. `influence` says for each rater, by name and number of votes, how much they count.
    ///
    /// # Errors
    /// When an influence is no weight, a cap is out of range, or nothing weighs anything.
    pub fn table(
        &self,
        view: &View,
        influence: impl Fn(&str, u64) -> Influence,
    ) -> Result<Table, Error> {
        if !(view.caps.share > 0.0 && (view.caps.share < 1.0 || view.caps == Caps::NONE)) {
            return Err(Error::Setting(
                "the cap on new raters is a share between 0 and 1, both excluded, or Caps::NONE",
            ));
        }
        let mut weighed = Vec::new();
        for part in self.parts() {
            let influence = influence(part.rater, part.votes);
            if !(influence.weight >= 0.0 && influence.weight.is_finite()) {
                return Err(Error::Weight(influence.weight));
            }
            if influence.weight > 0.0 {
                weighed.push(Weighed { part, influence });
            }
        }
        let layout = Layout::of(self);
        let factors = layout.factors(&weighed, view.caps);
        layout.table(self.covariates(), &weighed, &factors, view)
    }
}

/// Cells and candidates of the statistics in the order of names.
struct Layout {
    candidates: Vec<String>,
    cells: Vec<Cell>,
    /// Place of each held cell, and whether its sides are swapped.
    places: Vec<(u32, bool)>,
}

impl Layout {
    fn of(statistics: &Statistics) -> Self {
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

    /// Factor of each cell for new raters.
    fn factors(&self, weighed: &[Weighed<'_>], caps: Caps) -> Vec<f64> {
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
        factors
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

    fn each(&self, weighed: &[Weighed<'_>], mut with: impl FnMut(&Cell, &Entry, &Influence)) {
        for one in weighed {
            for entry in one.part.entries {
                let (cell, _) = self.places[entry.cell as usize];
                with(&self.cells[cell as usize], entry, &one.influence);
            }
        }
    }

    fn table(
        self,
        covariates: &Covariates,
        weighed: &[Weighed<'_>],
        factors: &[f64],
        view: &View,
    ) -> Result<Table, Error> {
        let mut told = vec![Told::default(); self.candidates.len()];
        let mut votes = 0;
        let mut counts = vec![Counts::default(); self.cells.len()];
        let mut blocks = Vec::new();
        let mut scratch = vec![Counts::default(); self.cells.len()];
        let block_count = weighed.len().min(MOST_BLOCKS);
        for block in 0..block_count {
            let mut touched = Vec::new();
            for one in weighed.iter().skip(block).step_by(block_count) {
                votes += one.part.votes;
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
                own.settle(view.both_unacceptable);
                counts[at].add_scaled(&own, 1.0);
                entries.push((place, own));
            }
            blocks.push(Block { entries });
        }
        let (settled, new) = self.shares(weighed, factors);
        if settled + new == 0.0 {
            return Err(Error::Empty);
        }
        let position = covariates.position.then(|| POSITION.to_owned());
        let names = covariates.list.iter().map(|one| one.name.clone());
        let table = Table {
            candidates: self.candidates,
            covariates: names.chain(position).collect(),
            told,
            raters: weighed.len(),
            votes,
            new_share: new / (settled + new),
            cells: self.cells,
            counts,
            blocks,
        };
        Ok(table.without_the_weightless())
    }
}

impl Told {
    fn add(&mut self, counts: &Counts) {
        self.weight += counts.total();
        self.wins += counts.first;
        self.losses += counts.second;
        self.ties += counts.tie;
        self.both_unacceptable += counts.both_unacceptable;
    }
}

impl Counts {
    /// Makes a tie of "neither is acceptable", or nothing.
    fn settle(&mut self, policy: BothUnacceptable) {
        let both = std::mem::take(&mut self.both_unacceptable);
        if policy == BothUnacceptable::AsTie {
            self.tie += both;
        }
    }
}

impl Table {
    /// Drops candidates and cells without any weight: those of withdrawn votes, of other cohorts, and candidates on which
    /// only capped raters voted so far.
    fn without_the_weightless(mut self) -> Self {
        let mut candidate_places = vec![None; self.candidates.len()];
        let kept = (0..self.candidates.len()).filter(|at| self.told[*at].weight > 0.0);
        for (new, old) in kept.enumerate() {
            candidate_places[old] = Some(new);
        }
        let mut is_used = vec![false; self.cells.len()];
        for (cell, _) in self.blocks.iter().flat_map(|block| &block.entries) {
            is_used[*cell as usize] = true;
        }
        let mut cell_places = vec![0; self.cells.len()];
        let (mut cells, mut counts) = (Vec::new(), Vec::new());
        for (at, cell) in self.cells.iter().enumerate() {
            let sides = (candidate_places[cell.first], candidate_places[cell.second]);
            if let (true, (Some(first), Some(second))) = (is_used[at], sides) {
                cell_places[at] = cells.len() as u32;
                cells.push(Cell {
                    first,
                    second,
                    difference: cell.difference.clone(),
                });
                counts.push(self.counts[at]);
            }
        }
        for (cell, _) in self.blocks.iter_mut().flat_map(|block| &mut block.entries) {
            *cell = cell_places[*cell as usize];
        }
        let mut is_kept = candidate_places.iter().map(Option::is_some);
        self.candidates.retain(|_| is_kept.next() == Some(true));
        self.told.retain(|told| told.weight > 0.0);
        Self {
            cells,
            counts,
            ..self
        }
    }

    /// Everyone's counts.
    pub fn sample(&self) -> Sample<'_> {
        Sample {
            table: self,
            counts: &self.counts,
        }
    }

    /// Cells, and groups of raters with all cells that they voted on: what a fit and a resample read.
    pub fn sizes(&self) -> (usize, usize) {
        let entries = self.blocks.iter().map(|block| block.entries.len()).sum();
        (self.cells.len(), entries)
    }
}

/// What pairs say, without covariates.
#[derive(Clone, Debug)]
pub struct Pairs {
    size: usize,
    /// Weight for the row's candidate, ties half.
    wins: Vec<f64>,
}

impl Pairs {
    /// Weight for `one` against `other`, ties half.
    pub fn wins(&self, one: usize, other: usize) -> f64 {
        self.wins[one * self.size + other]
    }

    /// Share of `one` against `other`, ties half. `None` where nobody compared them.
    pub fn share(&self, one: usize, other: usize) -> Option<f64> {
        let (wins, losses) = (self.wins(one, other), self.wins(other, one));
        (wins + losses > 0.0).then(|| wins / (wins + losses))
    }
}

impl Sample<'_> {
    /// Counts by pair.
    pub fn pairs(&self) -> Pairs {
        let size = self.table.candidates.len();
        let mut wins = vec![0.0; size * size];
        for (cell, counts) in self.table.cells.iter().zip(self.counts) {
            wins[cell.first * size + cell.second] += counts.first + 0.5 * counts.tie;
            wins[cell.second * size + cell.first] += counts.second + 0.5 * counts.tie;
        }
        Pairs { size, wins }
    }

    /// How many candidates there are.
    pub fn size(&self) -> usize {
        self.table.candidates.len()
    }
}
