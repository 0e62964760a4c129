//! What a release says about itself for pages and programs: `figures.json`, `schema.json` and `sample.json` beside its tables.

use serde::{Deserialize, Serialize};

use crate::stats::{Estimate, Share};

/// `figures.json`: counts and estimates, by the code that writes the card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Votes by day, UTC; days without votes are not there.
    pub days: Vec<Counted>,
    /// Votes by outcome.
    pub outcomes: Vec<Counted>,
    /// Votes by the policy that chose the question.
    pub policies: Vec<Counted>,
    /// Prompts by how many people judged them.
    pub raters_per_prompt: Vec<PromptCell>,
    /// What people say together, by pack. Packs that fewer than ten people judged are not there.
    pub packs: Vec<PackFigures>,
}

/// A name and how many votes it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// As in `votes`.
    pub name: String,
    /// Rows.
    pub votes: u64,
}

/// Prompts that about as many people judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptCell {
    /// Fewest people.
    pub from: u32,
    /// Most people, where there is such a bound.
    pub to: Option<u32>,
    /// Prompts. Null where fewer than ten people judged them.
    pub prompts: Option<u64>,
}

/// What the people of one pack say together. Repeats and votes that were not blind stay out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackFigures {
    /// Its id.
    pub pack: String,
    /// People who judged a pair.
    pub people: u64,
    /// Pairs that several people judged.
    pub pairs: u64,
    /// Judgments of those; each person counts once a pair.
    pub judgments: u64,
    /// Krippendorff's alpha, nominal, pairs resampled.
    pub alpha: Option<Estimate>,
    /// Share of two people who said the same of a pair, pairs resampled.
    pub percent: Option<Estimate>,
    /// Share of decided votes for the answer shown first, by Wilson; half is fair.
    pub first_shown: Option<Share>,
    /// Share of decided votes on answers of two lengths, in characters, for the longer one, by Wilson.
    pub longer: Option<Share>,
}

/// A table in `schema.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSchema {
    /// Name of its files.
    pub name: String,
    /// What it is, in a sentence.
    pub summary: String,
    /// In order.
    pub columns: Vec<ColumnSchema>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSchema {
    /// Name in JSONL and Parquet.
    pub name: String,
    /// What it holds, such as `string` or `list of int64`.
    pub kind: String,
    /// Whether it may be null.
    pub may_be_null: bool,
    /// For people.
    pub meaning: String,
}

/// `sample.json`: the rows of `sample.csv`, each text once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Prompts and answers.
    pub texts: Vec<String>,
    /// Votes, in the order of their ids.
    pub rows: Vec<SampleRow>,
}

/// A vote of the sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleRow {
    /// As in `votes`.
    pub row_id: String,
    /// UTC.
    pub day: String,
    /// The pack.
    pub pack: String,
    /// How the question was chosen.
    pub policy: String,
    /// What was said.
    pub outcome: String,
    /// Place of the prompt in the texts.
    pub prompt: usize,
    /// Answers in the order of the screen.
    pub shown: Vec<SampleAnswer>,
    /// SPDX id of the texts.
    pub text_licence: String,
}

/// An answer of the sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleAnswer {
    /// Place in the texts.
    pub text: usize,
    /// Its rank, from 1; equal answers share one. `None` where the vote states no order.
    pub rank: Option<usize>,
    /// Whether it was called unacceptable.
    pub unacceptable: bool,
}
