//! `README.md` of a release: Hugging Face front matter and a datasheet. Its numbers are counted from the rows.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Counts, LICENCE, SCHEMA};

/// The card.
pub(crate) fn card(id: &str, cut_day: &str, counts: &Counts) -> String {
    let Counts {
        votes,
        pairs,
        raters,
        outcomes,
        policies,
        packs,
    } = counts;
    let size = size_category(*votes);
    let outcomes = table(
        "outcome",
        outcomes
            .iter()
            .map(|(name, n)| (name.clone(), *n))
            .collect(),
    );
    let policies = table(
        "policy",
        policies
            .iter()
            .map(|(name, n)| (name.clone(), *n))
            .collect(),
    );
    let packs = table(
        "pack, licence of its texts",
        packs
            .iter()
            .map(|((pack, licence), n)| (format!("{pack}, {licence}"), *n))
            .collect(),
    );
    format!(
        r#"---
license: cc-by-4.0
pretty_name: Palate preferences {id}
size_categories:
- {size}
tags:
- preference
- human-feedback
- pluralistic-alignment
- trl
configs:
- config_name: votes
  default: true
  data_files: votes.jsonl
- config_name: pairs_trl
  data_files: pairs_trl.jsonl
---

# Palate preferences {id}

Who preferred which answer, person by person, with what is needed to use it: what was shown in which order, how the
question was chosen and with what probability, and what each method had predicted before the vote.

| | |
|---|---|
| votes | {votes} |
| pairs | {pairs} |
| raters | {raters} |
| last day | {cut_day} |
| schema | {SCHEMA} |
| licence of votes | {LICENCE} |

```python
from datasets import load_dataset
votes = load_dataset("json", data_files="votes.jsonl", split="train")
pairs = load_dataset("json", data_files="pairs_trl.jsonl", split="train")
```

{outcomes}
{policies}
{packs}
## Files

- `votes.jsonl`: one current judgment a row. `groups` are ordered best first and answers in one group tie;
  `unacceptable` are answers that the rater would not accept. `outcome` is one of `ranked`, `equal`,
  `all_unacceptable`, `cant_tell`, `skip`: only `ranked` and `equal` state a preference.
- `pairs_trl.jsonl`: every strict preference of `votes.jsonl` as `prompt`, `chosen`, `rejected` (TRL's explicit-prompt
  preference format). Ties are left out.
- `SHA256SUMS`: check with `sha256sum -c SHA256SUMS`.

## Columns of `votes.jsonl`

| column | meaning |
|---|---|
| `schema` | version of the row |
| `row_id` | the judgment, stable over releases |
| `rater_id` | the person: a keyed pseudonym, stable over releases unless the person changes it |
| `comparison_id` | the showing |
| `pack`, `items_sha256`, `prompt_id` | where the texts are, by content |
| `shown` | answers in the order shown; side order is random |
| `outcome`, `groups`, `unacceptable` | what was said |
| `strength`, `reasons` | how much better and why, where the person said so |
| `policy`, `propensity` | how the pair was chosen, and the probability of that choice |
| `topic` | the topic that the rater had chosen, if any: the pair was drawn within it |
| `repeat_of` | with policy `repeat`: the earlier showing of the same answers, whose sides are swapped here |
| `predictions` | per method: probability that the first answer is preferred, locked before the vote |
| `dwell_bucket` | time from showing to vote |
| `quality_pass` | whether the checks of this judgment (time, repeat) found nothing odd |
| `influence` | how much it should count where people are averaged: capped per person, less for new people, 0 in quarantine |
| `blind` | whether authors were hidden |
| `day` | UTC; finer times are not published |
| `licence` | SPDX id of the row |

## Datasheet

**Why.** To study what different people prefer, and methods that learn it from few votes.

**Who.** Visitors who asked for their votes to be published. They chose themselves; they are not a sample of any
population. Nothing is known about them but their votes.

**How.** Pairs with policy `uniform_random` were drawn uniformly over all pairs of the pack: use them to evaluate. Other
policies choose what teaches most about the person: weight by `propensity`, or do not estimate averages from them.
Votes of programs never enter. A changed vote appears only in its last form.

**Privacy.** No names, addresses or free text. Ids are HMAC-SHA-256 under a key that stays on the server. Votes can show
what kind of answers a person likes; do not try to find out who someone is.

**Withdrawal.** People can stop publishing or delete their votes at any time; later releases leave them out. Use the
latest release, and drop rows that are no longer in it.

**Splits.** Split by `rater_id` and by `prompt_id`, never by row.
"#
    )
}

fn table(name: &str, rows: BTreeMap<String, u64>) -> String {
    let mut text = format!("| {name} | votes |\n|---|---|\n");
    for (key, n) in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {key} | {n} |");
    }
    text
}

/// Hugging Face's size category of a number of rows.
fn size_category(rows: u64) -> &'static str {
    match rows {
        ..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        _ => "n>10M",
    }
}
