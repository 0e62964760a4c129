//! The report: every figure of an evaluation, as `report.json` keeps it.
//!
//! One JSON object, versioned by `schema`: `about` (data, protocol), `cells` (who was tested, ceilings), `methods` (costs) and
//! `rows` (figures: one for each method, representation, cell and number of votes, each a list that `columns` names). An
//! interval is `[mean, low, high]`: 95 %, bootstrap over people, all seeds together. Shares lie in [0, 1]; `null` where
//! there is nothing to count. Wall times are the only numbers that differ between two runs on one machine.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::bench::{ALL, Bench, Person, shots};
use super::divergence::{Kind, Rule};
use super::part::{Cost, Part, Representation, Scores};
use super::stats::{Bootstrap, Interval, rounded, worst_tenth};
use super::{Config, SCHEMA};
use crate::data::{self, Dataset};
use crate::protocol::{Cell, Shares};

/// The method that personal ones are compared with.
pub const POPULATION: &str = "population";

/// A whole report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of this format.
    pub schema: u32,
    /// Data and protocol.
    pub about: About,
    /// Who was tested.
    pub cells: Vec<CellFacts>,
    /// What methods cost.
    pub methods: Vec<MethodFacts>,
    /// What the list of a row holds: [`COLUMNS`].
    pub columns: Vec<String>,
    /// Figures.
    pub rows: Vec<Row>,
}

/// What was evaluated and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// What the data set says of itself.
    pub data: data::About,
    /// SHA-256 of the data, first 16 hex digits.
    pub hash: String,
    /// People.
    pub people: usize,
    /// Items.
    pub items: usize,
    /// Prompts.
    pub prompts: usize,
    /// Votes.
    pub votes: usize,
    /// Ties among them.
    pub ties: usize,
    /// What a row of the representation `text` is made of.
    pub made_of: String,
    /// Seeds: 1 to this number.
    pub seeds: u64,
    /// Factor on gradient steps.
    pub effort: f64,
    /// Where training ran.
    pub device: String,
    /// Prototypes of PAL, where they were given.
    pub prototypes: Option<usize>,
    /// Limits of the split.
    pub shares: Shares,
    /// Who orders a pair when it is called divergent or shared.
    pub divergence: Rule,
}

impl About {
    /// Counts a data set.
    pub fn new(
        data: &Dataset,
        hash: String,
        made_of: String,
        config: &Config,
        divergence: Rule,
    ) -> Self {
        Self {
            data: data.about.clone(),
            hash,
            people: data.users.len(),
            items: data.items.len(),
            prompts: data.prompts.len(),
            votes: data.pairs.len(),
            ties: data.pairs.iter().filter(|pair| pair.tie).count(),
            made_of,
            seeds: config.seeds,
            effort: config.effort,
            device: config.device.clone(),
            prototypes: config.prototypes,
            shares: config.shares.clone(),
            divergence,
        }
    }
}

/// Who was tested in a cell; counts are over all seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellFacts {
    /// Which.
    pub cell: Cell,
    /// People; one who is tested under two seeds counts twice.
    pub people: usize,
    /// Tests.
    pub tests: usize,
    /// Tests on divergent pairs.
    pub divergent: usize,
    /// Tests on shared pairs.
    pub shared: usize,
    /// Accuracy of what most people say (known from all votes, the tested one too), mean over people: no forecast that
    /// knows no person gets beyond it. Too high where few people order a pair.
    pub ceiling: f64,
    /// The same on divergent pairs.
    pub divergent_ceiling: Option<f64>,
    /// `[n, people]`: how many people have n votes that may be fitted; the others are fitted to what they have.
    pub remaining: Vec<[usize; 2]>,
}

/// What a method costs; mean over seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodFacts {
    /// Method id.
    pub method: String,
    /// Name for people.
    pub name: String,
    /// What rows held.
    pub representation: Representation,
    /// Whether forecasts are meant to depend on the person.
    pub personal: bool,
    /// Seeds under which they do: shrinkage may choose the population for everybody.
    pub moves: u64,
    /// Why it has no rows, if it has none.
    pub failure: Option<String>,
    /// Costs.
    pub cost: Cost,
    /// Units of its latent vector that differ between people, mean over seeds, and of how many.
    pub active_units: Option<[f64; 2]>,
}

/// Figures of one method on one representation in one cell after n votes.
///
/// In JSON a list of its fields in this order ([`COLUMNS`]).
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Row {
    /// Method id.
    pub method: String,
    /// What rows held.
    pub representation: Representation,
    /// Cell.
    pub cell: Cell,
    /// Votes fitted; [`ALL`] stands for all training votes of a seen person.
    pub n: usize,
    /// Accuracy, mean over people.
    pub accuracy: Interval,
    /// Accuracy of the worst tenth of people.
    pub worst_tenth: f64,
    /// Negative log-likelihood, nats, mean over people.
    pub nll: f64,
    /// Expected calibration error, 15 equal-width bins, over forecasts.
    pub ece: f64,
    /// Accuracy on divergent pairs.
    pub divergent: Option<Interval>,
    /// Accuracy on shared pairs.
    pub shared: Option<Interval>,
    /// Share of forecasts on divergent pairs that reverse when all labels of the fit are swapped; 1 is ideal, 0 is a
    /// forecast that knows no person.
    pub flip_rate: Option<f64>,
    /// Accuracy minus that of the population on the same representation, by person; absent for the population itself.
    pub difference: Option<Interval>,
}

/// Names of what a row's list holds.
pub const COLUMNS: [&str; 12] = [
    "method",
    "representation",
    "cell",
    "n",
    "accuracy",
    "worst_tenth",
    "nll",
    "ece",
    "divergent",
    "shared",
    "flip_rate",
    "difference",
];

impl Serialize for Row {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (
            &self.method,
            self.representation,
            self.cell,
            self.n,
            self.accuracy,
            self.worst_tenth,
            self.nll,
            self.ece,
            self.divergent,
            self.shared,
            self.flip_rate,
            self.difference,
        )
            .serialize(serializer)
    }
}

impl Row {
    /// Whether a personal method is below the population by more than the interval.
    pub fn falls_below(&self) -> bool {
        self.difference
            .is_some_and(|difference| difference.high < 0.0)
    }
}

/// Everything that one seed gave.
#[derive(Clone, Debug)]
pub struct SeedParts {
    /// Who was tested.
    pub bench: Bench,
    /// What methods forecast, in the order of tables.
    pub parts: Vec<Part>,
}

impl Report {
    /// Puts the parts of all seeds together.
    pub fn new(about: About, seeds: &[SeedParts]) -> Self {
        let mut cells = Vec::new();
        let mut rows = Vec::new();
        let count = seeds.first().map_or(0, |seed| seed.parts.len());
        for cell in Cell::ALL {
            let pooled = Pooled::new(cell, seeds);
            if pooled.people.is_empty() {
                continue;
            }
            cells.push(pooled.facts());
            let scores: Vec<Vec<Option<Scores>>> = (0..count).map(|at| pooled.scores(at)).collect();
            for at in 0..count {
                let part = &seeds[0].parts[at];
                let population = (0..count).find(|other| {
                    let other = &seeds[0].parts[*other];
                    other.method == POPULATION && other.representation == part.representation
                });
                for (n, own) in scores[at].iter().enumerate() {
                    let Some(own) = own else { continue };
                    let base = population.filter(|other| *other != at);
                    let base = base.and_then(|other| scores[other][n].as_ref());
                    rows.extend(pooled.row(part, n, own, base));
                }
            }
        }
        let methods = (0..count).map(|at| facts(seeds, at)).collect();
        Self {
            schema: SCHEMA,
            about,
            cells,
            methods,
            columns: COLUMNS.map(String::from).to_vec(),
            rows,
        }
    }

    /// The file's text: one row a line.
    ///
    /// # Errors
    /// When a number cannot be written.
    pub fn to_json(&self) -> Result<String> {
        let list =
            |name: &str, lines: Vec<String>| format!("\"{name}\": [\n{}\n]", lines.join(",\n"));
        let parts = [
            format!("\"schema\": {}", self.schema),
            format!("\"about\": {}", serde_json::to_string_pretty(&self.about)?),
            list("cells", lines(&self.cells)?),
            list("methods", lines(&self.methods)?),
            format!("\"columns\": {}", serde_json::to_string(&self.columns)?),
            list("rows", lines(&self.rows)?),
        ];
        Ok(format!("{{\n{}\n}}\n", parts.join(",\n")))
    }

    /// The row of a method, if there is one.
    pub fn row(
        &self,
        method: &str,
        representation: Representation,
        cell: Cell,
        n: usize,
    ) -> Option<&Row> {
        self.rows.iter().find(|row| {
            row.method == method
                && row.representation == representation
                && row.cell == cell
                && row.n == n
        })
    }
}

fn lines<T: Serialize>(all: &[T]) -> Result<Vec<String>> {
    all.iter()
        .map(|one| Ok(serde_json::to_string(one)?))
        .collect()
}

fn facts(seeds: &[SeedParts], at: usize) -> MethodFacts {
    let parts: Vec<&Part> = seeds.iter().map(|seed| &seed.parts[at]).collect();
    let count = parts.len() as f64;
    let mean =
        |of: &dyn Fn(&Part) -> f64| rounded(parts.iter().map(|part| of(part)).sum::<f64>() / count);
    let first = parts[0];
    MethodFacts {
        method: first.method.clone(),
        name: first.name.clone(),
        representation: first.representation,
        personal: first.personal,
        moves: parts.iter().filter(|part| part.moves).count() as u64,
        failure: parts.iter().find_map(|part| part.failure.clone()),
        cost: Cost {
            train_seconds: mean(&|part| part.cost.train_seconds),
            fit_milliseconds: mean(&|part| part.cost.fit_milliseconds),
            population_numbers: first.cost.population_numbers,
            person_numbers: first.cost.person_numbers,
        },
        active_units: first.active_units.map(|[_, of]| {
            let active = mean(&|part| part.active_units.map_or(0.0, |[active, _]| active as f64));
            [active, of as f64]
        }),
    }
}

/// The people of one cell, all seeds together.
struct Pooled<'a> {
    cell: Cell,
    seeds: &'a [SeedParts],
    people: Vec<&'a Person>,
    bootstrap: Bootstrap,
}

impl<'a> Pooled<'a> {
    fn new(cell: Cell, seeds: &'a [SeedParts]) -> Self {
        let people = seeds.iter().filter_map(|seed| seed.bench.cells.get(&cell));
        let people: Vec<&Person> = people.flatten().collect();
        let users: Vec<usize> = people.iter().map(|person| person.user).collect();
        Self {
            cell,
            seeds,
            people,
            bootstrap: Bootstrap::new(&users),
        }
    }

    fn facts(&self) -> CellFacts {
        let sum = |of: &dyn Fn(&Person) -> usize| self.people.iter().map(|person| of(person)).sum();
        let ceiling = |at: usize, tests: &dyn Fn(&Person) -> usize| {
            let shares = self.people.iter().filter(|person| tests(person) > 0);
            let shares: Vec<f64> = shares
                .map(|person| person.majority[at] / tests(person) as f64)
                .collect();
            (!shares.is_empty()).then(|| rounded(shares.iter().sum::<f64>() / shares.len() as f64))
        };
        let remaining = shots(self.cell).iter().filter(|n| **n < ALL).map(|n| {
            [
                *n,
                self.people
                    .iter()
                    .filter(|person| person.fit.len() >= *n)
                    .count(),
            ]
        });
        CellFacts {
            cell: self.cell,
            people: self.people.len(),
            tests: sum(&|person| person.tests.len()),
            divergent: sum(&|person| person.count(Kind::Divergent)),
            shared: sum(&|person| person.count(Kind::Shared)),
            ceiling: ceiling(0, &|person| person.tests.len()).unwrap_or(1.0),
            divergent_ceiling: ceiling(1, &|person| person.count(Kind::Divergent)),
            remaining: remaining.collect(),
        }
    }

    /// Scores of one method by number of votes, people of all seeds behind each other; `None` if a seed has none.
    fn scores(&self, part: usize) -> Vec<Option<Scores>> {
        let of_seed = |seed: &SeedParts, at: usize| -> Option<Scores> {
            if !seed.bench.cells.contains_key(&self.cell) {
                return Some(Scores::default());
            }
            seed.parts[part].cells.get(&self.cell)?.get(at).cloned()
        };
        (0..shots(self.cell).len())
            .map(|at| {
                let mut all = Scores::default();
                for seed in self.seeds {
                    let scores = of_seed(seed, at)?;
                    all.right.extend(scores.right);
                    all.nats.extend(scores.nats);
                    all.divergent.extend(scores.divergent);
                    all.shared.extend(scores.shared);
                    all.flips.extend(scores.flips);
                    all.calibration.merge(&scores.calibration);
                }
                Some(all)
            })
            .collect()
    }

    fn row(&self, part: &Part, shot: usize, own: &Scores, base: Option<&Scores>) -> Option<Row> {
        let n = shots(self.cell)[shot];
        let share = |sums: &[f64], count: &dyn Fn(&Person) -> usize| -> Vec<Option<f64>> {
            let people = self.people.iter().zip(sums);
            let share = |(person, sum): (&&Person, &f64)| {
                let tests = count(person);
                (tests > 0).then(|| sum / tests as f64)
            };
            people.map(share).collect()
        };
        let tests = |person: &Person| person.tests.len();
        let accuracy = share(&own.right, &tests);
        let difference = base.and_then(|base| {
            let base = share(&base.right, &tests);
            let gaps = accuracy
                .iter()
                .zip(base)
                .map(|(own, base)| Some((*own)? - base?));
            self.bootstrap.mean(gaps)
        });
        let of_kind = |sums: &[f64], kind: Kind| {
            self.bootstrap
                .mean(share(sums, &|person: &Person| person.count(kind)).into_iter())
        };
        let divergent: usize = self
            .people
            .iter()
            .map(|person| person.count(Kind::Divergent))
            .sum();
        let flips = f64::from(own.flips.iter().sum::<u32>());
        let nll: Vec<f64> = share(&own.nats, &tests).into_iter().flatten().collect();
        Some(Row {
            method: part.method.clone(),
            representation: part.representation,
            cell: self.cell,
            n,
            accuracy: self.bootstrap.mean(accuracy.iter().copied())?,
            worst_tenth: worst_tenth(accuracy.into_iter().flatten()),
            nll: rounded(nll.iter().sum::<f64>() / nll.len().max(1) as f64),
            ece: own.calibration.error(),
            divergent: of_kind(&own.divergent, Kind::Divergent),
            shared: of_kind(&own.shared, Kind::Shared),
            flip_rate: (divergent > 0 && !own.flips.is_empty())
                .then(|| rounded(flips / divergent as f64)),
            difference: if part.personal { difference } else { None },
        })
    }
}

/// Methods in the order of tables, each with its rows of a cell by number of votes.
pub fn by_method(report: &Report, cell: Cell) -> Vec<(&MethodFacts, BTreeMap<usize, &Row>)> {
    let rows = |facts: &MethodFacts| {
        let own = report.rows.iter().filter(|row| {
            row.cell == cell
                && row.method == facts.method
                && row.representation == facts.representation
        });
        own.map(|row| (row.n, row)).collect::<BTreeMap<_, _>>()
    };
    let all = report.methods.iter().map(|facts| (facts, rows(facts)));
    all.filter(|(_, rows)| !rows.is_empty()).collect()
}
