//! Whether votes determine ratings: the conditions under which the likelihood has a finite largest point.
//!
//! Without ties it has one exactly where every split of the candidates into two groups has a win each way (Ford 1957,
//! "Solution of a ranking problem from binary comparisons"). With Davidson's ties the log-likelihood can also grow for
//! ever when all differences and the tie parameter grow together: along u, with the tie's logarithm growing by 1/2, a win
//! of i over j loses nothing if uᵢ − uⱼ ≥ 1, and a tie if |uᵢ − uⱼ| ≤ 1. So there must be a win each way over every split, a
//! tie counting both ways, and those inequalities must contradict each other somewhere (a cycle of negative length).
//! Covariates are not looked at here.

use crate::aggregate::Caution;
use crate::table::Sample;

/// What keeps the ratings from being determined; empty if nothing does.
pub(crate) fn gaps(sample: &Sample<'_>) -> Vec<Caution> {
    let graph = Graph::of(sample);
    let names = |places: &[usize]| -> Vec<String> {
        places
            .iter()
            .map(|at| sample.table.candidates[*at].clone())
            .collect()
    };
    let parts = graph.parts();
    if parts.len() > 1 {
        let smaller = parts
            .iter()
            .skip(1)
            .map(|part| Caution::Disconnected(names(part)));
        return smaller.collect();
    }
    // One group that nothing leads into from below is enough to tell.
    let top = graph.unbeaten();
    if top.len() < graph.size {
        return vec![Caution::NeverLoses(names(&top))];
    }
    if graph.has_ties && !graph.ties_overlap() {
        return vec![Caution::TiesApart];
    }
    vec![]
}

/// Who beat whom, ties both ways.
struct Graph {
    size: usize,
    /// Of each candidate: whom it beat or tied.
    below: Vec<Vec<usize>>,
    /// Of each candidate: who beat or tied it.
    above: Vec<Vec<usize>>,
    /// (winner, loser).
    wins: Vec<(usize, usize)>,
    ties: Vec<(usize, usize)>,
    has_ties: bool,
}

impl Graph {
    fn of(sample: &Sample<'_>) -> Self {
        let size = sample.size();
        let (mut wins, mut ties) = (Vec::new(), Vec::new());
        for (cell, counts) in sample.table.cells.iter().zip(sample.counts) {
            if counts.first > 0.0 {
                wins.push((cell.first, cell.second));
            }
            if counts.second > 0.0 {
                wins.push((cell.second, cell.first));
            }
            if counts.tie > 0.0 {
                ties.push((cell.first, cell.second));
            }
        }
        wins.sort_unstable();
        wins.dedup();
        ties.sort_unstable();
        ties.dedup();
        let mut below = vec![Vec::new(); size];
        let mut above = vec![Vec::new(); size];
        let mirrored = ties.iter().map(|(one, other)| (*other, *one));
        for (one, other) in wins
            .iter()
            .copied()
            .chain(ties.iter().copied())
            .chain(mirrored)
        {
            below[one].push(other);
            above[other].push(one);
        }
        let has_ties = !ties.is_empty();
        Self {
            size,
            below,
            above,
            wins,
            ties,
            has_ties,
        }
    }

    /// Groups that no comparison connects, largest first, then by their first candidate.
    fn parts(&self) -> Vec<Vec<usize>> {
        let mut part_of = vec![usize::MAX; self.size];
        let mut parts: Vec<Vec<usize>> = Vec::new();
        for start in 0..self.size {
            if part_of[start] != usize::MAX {
                continue;
            }
            let mut found = reached(
                start,
                |at| self.below[at].iter().chain(&self.above[at]),
                self.size,
            );
            found.sort_unstable();
            for at in &found {
                part_of[*at] = parts.len();
            }
            parts.push(found);
        }
        parts.sort_by_key(|part| (std::cmp::Reverse(part.len()), part[0]));
        parts
    }

    /// The smallest group that never lost or tied against the rest; everyone, if there is none.
    fn unbeaten(&self) -> Vec<usize> {
        // The last candidate from which a fresh search had to start reaches everyone, if anyone does; who reaches it
        // in turn is the top group.
        let mut is_seen = vec![false; self.size];
        let mut last = 0;
        for start in 0..self.size {
            if !is_seen[start] {
                last = start;
                for at in reached(start, |at| self.below[at].iter(), self.size) {
                    is_seen[at] = true;
                }
            }
        }
        let mut top = reached(last, |at| self.above[at].iter(), self.size);
        top.sort_unstable();
        top
    }

    /// Whether u with uᵢ − uⱼ ≥ 1 for wins and |uᵢ − uⱼ| ≤ 1 for ties is impossible (Bellman and Ford).
    fn ties_overlap(&self) -> bool {
        let mut height = vec![0_i64; self.size];
        for _ in 0..=self.size {
            let mut has_moved = false;
            let mut pull = |low: usize, high: usize, length: i64| {
                if height[high] + length < height[low] {
                    height[low] = height[high] + length;
                    has_moved = true;
                }
            };
            for (winner, loser) in &self.wins {
                pull(*loser, *winner, -1);
            }
            for (one, other) in &self.ties {
                pull(*one, *other, 1);
                pull(*other, *one, 1);
            }
            if !has_moved {
                return false;
            }
        }
        true
    }
}

/// Everyone on a path from `start`, itself included.
fn reached<'a, I>(start: usize, next: impl Fn(usize) -> I, size: usize) -> Vec<usize>
where
    I: Iterator<Item = &'a usize>,
{
    let mut is_seen = vec![false; size];
    is_seen[start] = true;
    let mut found = vec![start];
    let mut at = 0;
    while at < found.len() {
        for other in next(found[at]) {
            if !std::mem::replace(&mut is_seen[*other], true) {
                found.push(*other);
            }
        }
        at += 1;
    }
    found
}
