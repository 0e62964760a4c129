//! Statistics with influences and caps applied, in an order that does not depend on the order of votes.

mod layout;

use palate_shared::stats::Share;

use crate::counts::{Counts, Sides};
use crate::error::Error;
use crate::influence::{Caps, Influence};
use crate::statistics::Statistics;
use layout::{Layout, Weighed};

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
    /// Names, sorted, of candidates on which only new raters voted while there are settled ones: they wait for a vote that
    /// counts, and have no score.
    pub waiting: Vec<String>,
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
    /// The one in a hundred raters whose votes weigh most together, at least one, heaviest first; none where there is only
    /// one rater.
    pub heaviest: Vec<String>,
    sides: Sides,
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
        let capped = layout.capped(&weighed, view.caps);
        weighed.retain(|one| layout.weighs(one, &capped.0));
        layout.table(self.covariates(), &weighed, capped, view.both_unacceptable)
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
    /// Drops candidates and cells without any weight: those of withdrawn votes, of other cohorts, and candidates that wait.
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
        let mut is_kept = self.told.iter().map(|told| told.weight > 0.0);
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

    /// Share of decided votes for the one shown first, of raters that weigh anything, 95 % by Wilson; half is fair. `None`
    /// without such votes.
    pub fn first_shown(&self) -> Option<Share> {
        self.sides.first_shown()
    }

    /// Share of decided votes on two lengths for the longer one, likewise. `None` where no covariate is the length.
    pub fn longer(&self) -> Option<Share> {
        self.sides.longer()
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

    /// Three candidates of which each beats the next by majority, and the last the first: no single one is what everyone
    /// would pick. The first such in the order of places.
    pub fn circle(&self) -> Option<[usize; 3]> {
        let beats = |one, other| self.wins(one, other) > self.wins(other, one);
        let places = 0..self.size;
        let pairs = places
            .clone()
            .flat_map(|one| places.clone().map(move |other| (one, other)));
        pairs
            .filter(|(one, other)| beats(*one, *other))
            .find_map(|(one, other)| {
                let third = places
                    .clone()
                    .find(|third| beats(other, *third) && beats(*third, one))?;
                Some([one, other, third])
            })
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
