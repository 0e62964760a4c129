//! Rows of the sample with filters, a page at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use leptos::prelude::*;
use palate_shared::api::figures::{Sample, SampleAnswer, SampleRow};
use palate_shared::api::releases::Release;

use super::part;
use crate::components::select::select;
use crate::components::table::table;
use crate::live::{click, flag, live, on_event, on_submit, words};
use crate::strings;
use crate::words::{bytes, opening};

/// The file.
const FILE: &str = "sample.json";
/// Bytes up to which it is fetched without being asked for.
const AT_ONCE: u64 = 300_000;
/// Rows of a page.
const STEP: usize = 20;

/// What is looked for; an empty text looks for anything.
#[derive(Clone, Debug, Default, PartialEq)]
struct Filter {
    words: String,
    pack: String,
    outcome: String,
    policy: String,
}

impl Filter {
    fn finds(&self, sample: &Sample, row: &SampleRow) -> bool {
        let is = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
        let words = self.words.trim().to_lowercase();
        is(&self.pack, &row.pack)
            && is(&self.outcome, &row.outcome)
            && is(&self.policy, &row.policy)
            && (words.is_empty() || text(sample, row.prompt).to_lowercase().contains(&words))
    }

    /// Places of the rows that are like this.
    fn all(&self, sample: &Sample) -> Vec<usize> {
        let rows = sample.rows.iter().enumerate();
        rows.filter(|(_, row)| self.finds(sample, row))
            .map(|(at, _)| at)
            .collect()
    }
}

fn text(sample: &Sample, at: usize) -> &str {
    sample.texts.get(at).map_or("", String::as_str)
}

pub(super) fn section(release: &Arc<Release>) -> AnyView {
    let Some(file) = release.files.iter().find(|file| file.name == FILE) else {
        return ().into_any();
    };
    let is_wanted = RwSignal::new(file.bytes <= AT_ONCE);
    let label = strings::sample_show(bytes(file.bytes));
    let release = release.clone();
    let rows = move || {
        if is_wanted.get() {
            return part::<Sample>(&release, FILE, shown).into_any();
        }
        let label = label.clone();
        view! { <p><button type="button" class="button" on:click=click(move |_| is_wanted.set(true))>{label}</button></p> }
            .into_any()
    };
    view! {
        <section class="release-part" id="sample">
            <h2>{strings::sample_heading()}</h2>
            <p>{strings::sample_lead()}</p>
            <div class="release-part">{live(rows)}</div>
        </section>
    }
    .into_any()
}

fn shown(sample: Arc<Sample>) -> AnyView {
    let filter = RwSignal::new(Filter::default());
    let start = RwSignal::new(0_usize);
    let looked_in = sample.clone();
    let found = Memo::new(move |_| filter.with(|filter| filter.all(&looked_in)));
    let look = move |change: &dyn Fn(&mut Filter)| {
        filter.update(|filter| change(filter));
        start.set(0);
    };
    let among = |value: fn(&SampleRow) -> &String| -> BTreeSet<String> {
        sample.rows.iter().map(value).cloned().collect()
    };
    let choice = |label, values: BTreeSet<String>, field: fn(&mut Filter) -> &mut String| {
        let any = (String::new(), strings::sample_any().to_owned());
        let values = values.into_iter().map(|value| (value.clone(), value));
        select(
            "field",
            label,
            Some("en"),
            std::iter::once(any).chain(values).collect(),
            Arc::new(move |value| {
                let mut held = filter.get();
                field(&mut held) == value
            }),
            Box::new(move |value| look(&|filter| field(filter).clone_from(&value))),
        )
    };
    let by_words = move |event| {
        let typed = event_target_value(&event);
        look(&|filter| filter.words.clone_from(&typed));
    };
    let count = move || {
        let (from, all) = (start.get(), found.with(Vec::len));
        match all {
            0 => strings::sample_none().to_owned(),
            _ => strings::sample_shown(from + 1, (from + STEP).min(all), all),
        }
    };
    let choices = [
        choice(strings::sample_pack(), among(|row| &row.pack), |filter| {
            &mut filter.pack
        }),
        choice(
            strings::sample_outcome(),
            among(|row| &row.outcome),
            |filter| &mut filter.outcome,
        ),
        choice(
            strings::sample_policy(),
            among(|row| &row.policy),
            |filter| &mut filter.policy,
        ),
    ];
    let rows = move || {
        let rows = found.with(|found| {
            let page = found.iter().skip(start.get()).take(STEP);
            page.filter_map(|at| sample.rows.get(*at))
                .map(|found| row(&sample, found))
                .collect::<Vec<_>>()
        });
        if rows.is_empty() {
            return ().into_any();
        }
        let columns = [
            strings::sample_prompt(),
            strings::sample_outcome(),
            strings::sample_policy(),
            strings::sample_pack(),
            strings::sample_day(),
        ];
        table(strings::sample_heading(), &columns, rows)
    };
    let is_first = move || start.get() == 0;
    let is_last = move || start.get() + STEP >= found.with(Vec::len);
    view! {
        <form class="history-search" role="search" on:submit=on_submit(|event| event.prevent_default())>
            <div class="field history-search__words">
                <label for="sample-words">{strings::sample_words()}</label>
                <input id="sample-words" type="search" autocomplete="off" prop:value=words(move || filter.with(|filter| filter.words.clone())) on:input=on_event(by_words) />
            </div>
            {choices.into_iter().collect::<Vec<_>>()}
        </form>
        <p class="quiet" role="status">{words(count)}</p>
        <div class="sample">{live(rows)}</div>
        <p class="actions">
            <button type="button" class="button" disabled=flag(is_first) on:click=click(move |_| start.update(|start| *start = start.saturating_sub(STEP)))>{strings::sample_back()}</button>
            <button type="button" class="button" disabled=flag(is_last) on:click=click(move |_| start.update(|start| *start += STEP))>{strings::sample_next()}</button>
        </p>
    }
    .into_any()
}

fn row(sample: &Sample, row: &SampleRow) -> AnyView {
    let prompt = text(sample, row.prompt);
    let answers: Vec<AnyView> = row
        .shown
        .iter()
        .map(|answer| {
            let said = text(sample, answer.text).to_owned();
            view! {
                <li>
                    <p class="sample__rank">{judged(answer)}</p>
                    <p class="sample__text" lang="en">{said}</p>
                </li>
            }
            .into_any()
        })
        .collect();
    let [outcome, policy, pack, day] = [&row.outcome, &row.policy, &row.pack, &row.day]
        .map(|value| view! { <td><code>{value.clone()}</code></td> }.into_any());
    view! {
        <tr>
            <th scope="row" class="sample__prompt">
                <details>
                    <summary lang="en">{opening(prompt)}</summary>
                    <p class="sample__text" lang="en">{prompt.to_owned()}</p>
                    <ol class="sample__answers">{answers}</ol>
                </details>
            </th>
            {outcome}{policy}{pack}{day}
        </tr>
    }
    .into_any()
}

/// What the vote says of an answer.
fn judged(answer: &SampleAnswer) -> String {
    let rank = match answer.rank {
        Some(1) => strings::sample_best().to_owned(),
        Some(rank) => strings::sample_rank(rank),
        None => strings::sample_unranked().to_owned(),
    };
    if answer.unacceptable {
        format!("{rank} · {}", strings::sample_unacceptable())
    } else {
        rank
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Sample {
        let row = |prompt, pack: &str, outcome: &str| SampleRow {
            row_id: String::new(),
            day: String::new(),
            pack: pack.to_owned(),
            policy: "repeat".to_owned(),
            outcome: outcome.to_owned(),
            prompt,
            shown: vec![],
            text_licence: String::new(),
        };
        Sample {
            texts: ["How do I bake bread?", "Why is the sky blue?"]
                .map(str::to_owned)
                .into(),
            rows: vec![
                row(0, "one", "ranked"),
                row(1, "one", "equal"),
                row(1, "two", "ranked"),
                row(9, "two", "skip"),
            ],
        }
    }

    #[test]
    fn filters_narrow_together_and_words_are_looked_for_in_prompts() {
        let found = |filter: Filter| filter.all(&sample());
        assert_eq!(found(Filter::default()), [0, 1, 2, 3]);
        let words = |words: &str| Filter {
            words: words.to_owned(),
            ..Filter::default()
        };
        assert_eq!(found(words(" SKY ")), [1, 2]);
        let both = Filter {
            outcome: "ranked".to_owned(),
            ..words("sky")
        };
        assert_eq!(found(both), [2]);
        let pack = Filter {
            pack: "two".to_owned(),
            policy: "repeat".to_owned(),
            ..Filter::default()
        };
        assert_eq!(found(pack), [2, 3]);
        assert_eq!(found(words("nothing like it")), [0_usize; 0]);
    }
}
