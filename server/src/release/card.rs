//! `README.md` of a release: Hugging Face front matter and a datasheet. Its numbers are counted from the rows.

use std::collections::BTreeMap;
use std::fmt::Write;

use palate_shared::api::figures::Figures;
use palate_shared::api::releases::{Release, Withdrawal};
use palate_shared::stats::{Estimate, FEWEST_PEOPLE, Share};

use super::counts::Counts;
use super::folder::prefix;
use super::schema::Spec;
use super::tables;
use super::vote_tables::ROWS;
use super::words::{self, Words};
use crate::db::studies::StudyRow;

/// The card.
pub(crate) fn card(
    release: &Release,
    study: Option<&StudyRow>,
    counts: &Counts,
    figures: &Figures,
    sample_rows: usize,
) -> String {
    let mut text = front_matter(release);
    // Writing to a String cannot fail, here and below.
    let _ = write!(
        text,
        "\n# {}\n\n{}\n\n",
        release.title(),
        words::purpose(release)
    );
    text.push_str(&facts(release, counts));
    if let Some(study) = study {
        text.push_str(&about(study));
    }
    text.push_str(&loading(release));
    for (name, rows) in [
        ("outcome", &counts.outcomes),
        ("policy", &counts.policies),
        ("pack, licence of its texts", &counts.packs),
        ("split of the rater, of the prompt", &counts.splits),
    ] {
        text.push_str(&counted(name, rows));
    }
    text.push_str(&together(figures));
    text.push_str(&files(release, sample_rows));
    for spec in tables::all() {
        text.push_str(&columns(spec));
    }
    text.push_str(&datasheet(release, counts));
    text
}

/// The card of a release that was taken back.
pub(crate) fn withdrawn(release: &Release, withdrawal: &Withdrawal) -> String {
    format!(
        "---\nlicense: cc-by-4.0\npretty_name: {title}\n---\n\n# {title}: withdrawn\n\n\
         **This release was withdrawn on {}. Its data is not offered any more. Do not use copies of it.**\n\n\
         Why: {}\n\n\
         `dropped_rows.jsonl` has the ids of its votes. Those that stand in a later release may be used from there.\n",
        withdrawal.day,
        withdrawal.reason,
        title = release.title(),
    )
}

fn front_matter(release: &Release) -> String {
    let mut text = format!(
        "---\nlicense: cc-by-4.0\npretty_name: {}\n",
        release.title()
    );
    if let Some(language) = words::of(release).language {
        let _ = writeln!(text, "language:\n- {language}");
    }
    let _ = write!(
        text,
        "size_categories:\n- {}\ntags:\n",
        size_category(release.votes)
    );
    let kinds = [
        release.simulated.then_some("simulated"),
        release.study.as_ref().map(|_| "study"),
    ];
    for tag in words::TAGS.into_iter().chain(kinds.into_iter().flatten()) {
        let _ = writeln!(text, "- {tag}");
    }
    text.push_str("configs:\n");
    for spec in tables::all() {
        let _ = writeln!(text, "- config_name: {}", spec.name);
        if spec.name == "votes" {
            text.push_str("  default: true\n");
        }
        let _ = writeln!(text, "  data_files: {}", data_files(release, spec.name));
    }
    text.push_str("---\n");
    text
}

fn facts(release: &Release, counts: &Counts) -> String {
    let mut days = counts.days.keys().map(String::as_str);
    let first = days.next().unwrap_or("–");
    let last = days.next_back().unwrap_or(first);
    format!(
        "| | |\n|---|---|\n| votes | {} |\n| pairs | {} |\n| raters | {} |\n| first and last day of votes | {first}, {last} |\n\
         | cut after | {} |\n| schema | {} |\n| licence of votes | {} |\n\n",
        release.votes,
        release.pairs,
        release.raters,
        release.cut_day,
        release.schema,
        release.licence
    )
}

/// A study as its participants met it. Its own texts are quoted: what they hold is no part of the card.
fn about(study: &StudyRow) -> String {
    let most = |quota: Option<i64>| quota.map_or("no limit".to_owned(), |most| most.to_string());
    let policy = if study.policy == "least_annotated" {
        format!(
            "`least_annotated`, any comparison with the probability {}",
            study.random_floor
        )
    } else {
        format!("`{}`", study.policy)
    };
    let mut text = format!(
        "## The study\n\n{}\n\n| | |\n|---|---|\n| prompts | {} |\n| answers | {} |\n| comparisons | {} |\n\
         | people wanted for each comparison | {} |\n| choice of questions | {policy} |\n| share of questions asked again | {} |\n\
         | most votes of a person | {} |\n| most votes in all | {} |\n\n",
        quoted(&study.title),
        study.prompts,
        study.answers,
        study.comparisons,
        study.overlap,
        study.repeats,
        most(study.quota_per_person),
        most(study.quota),
    );
    for (name, own) in [
        ("Guidelines", &study.guidelines),
        ("What participants agreed to", &study.consent_text),
        ("Licence of prompts and answers", &study.licence),
    ] {
        let _ = write!(text, "{name}:\n\n{}\n\n", quoted(own));
    }
    text
}

/// Text as code, which nothing in it can end.
fn quoted(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("    {line}")).collect();
    lines.join("\n")
}

fn loading(release: &Release) -> String {
    let (votes, pairs) = (
        data_files(release, "votes"),
        data_files(release, "pairs_trl"),
    );
    format!(
        "```python\nfrom datasets import load_dataset\n\
         votes = load_dataset(\"parquet\", data_files=\"{votes}\", split=\"train\")\n\
         pairs = load_dataset(\"parquet\", data_files=\"{pairs}\", split=\"train\")\n\
         train = pairs.filter(lambda row: row[\"rater_split\"] == \"train\" and row[\"prompt_split\"] == \"train\")\n```\n\n"
    )
}

fn counted(name: &str, rows: &BTreeMap<String, u64>) -> String {
    let mut text = format!("| {name} | votes |\n|---|---|\n");
    for (key, n) in rows {
        let _ = writeln!(text, "| {key} | {n} |");
    }
    text.push('\n');
    text
}

/// Agreement and biases by pack.
fn together(figures: &Figures) -> String {
    let mut text = "## Agreement and biases\n\nWith 95 % intervals, of blind votes without repeats; packs that fewer than ten people judged are \
         left out. Alpha is Krippendorff's, nominal: 1 is perfect, 0 is chance.\n\n\
         | pack | people | alpha | same said | first shown won | longer won |\n|---|---|---|---|---|---|\n"
        .to_owned();
    let estimate = |found: Option<Estimate>, n: u64| match found {
        Some(Estimate { value, low, high }) => {
            format!("{value:.2} ({low:.2} to {high:.2}; {n} judgments)")
        }
        None => "–".to_owned(),
    };
    let share = |found: Option<Share>| match found {
        Some(Share {
            value,
            low,
            high,
            n,
        }) => {
            format!("{value:.2} ({low:.2} to {high:.2}; {n} votes)")
        }
        None => "–".to_owned(),
    };
    for pack in &figures.packs {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            pack.pack,
            pack.people,
            estimate(pack.alpha, pack.judgments),
            estimate(pack.percent, pack.judgments),
            share(pack.first_shown),
            share(pack.longer)
        );
    }
    text.push('\n');
    text
}

fn files(release: &Release, sample_rows: usize) -> String {
    let prefix = prefix(release.simulated);
    let mut text = "## Tables\n\nEach as Parquet (Zstandard, row groups of at most 65,536 rows) and as JSONL, with the same rows in the same order.\n\n"
        .to_owned();
    if release.partitioned {
        text.push_str(&layout(prefix));
    }
    text.push_str("| table | rows | what it is |\n|---|---|---|\n");
    for (spec, table) in tables::all().iter().zip(&release.tables) {
        let _ = writeln!(
            text,
            "| `{prefix}{}` | {} | {} |",
            spec.name, table.rows, spec.summary
        );
    }
    let _ = write!(
        text,
        "\nBeside them: `{prefix}sample.csv` ({sample_rows} votes with texts, for spreadsheets; cells that look like formulas start \
         with an apostrophe), the same rows as `{prefix}sample.json`, `{prefix}figures.json` (the counts and estimates of this card), \
         `{prefix}schema.json` (the columns below), `{prefix}croissant.json`, `{prefix}CHANGELOG.md`, `{prefix}release.json` and `{prefix}SHA256SUMS` \
         (`sha256sum -c {prefix}SHA256SUMS`; `palate release verify FOLDER` checks everything).\n\n"
    );
    text
}

/// Where rows are in a release with folders.
fn layout(prefix: &str) -> String {
    let folders: Vec<String> = tables::of_votes()
        .iter()
        .map(|table| format!("`{prefix}{}`", table.spec().name))
        .collect();
    format!(
        "This release is large: {} are folders, and Parquet only. Rows lie in `day=YYYY-MM-DD/pack=PACK/part-N.parquet` by the day and the \
         pack of their vote, within a file in the order of their ids, with the next part after 1,048,576 votes. Each file holds all columns of its table, `day` and `pack` too \
         where the table has them, and says the same as its folders. `{prefix}{ROWS}` has the ids of all votes in their order.\n\n\
         ```sql\n-- DuckDB reads only the folders that are asked for\n\
         SELECT outcome, COUNT(*) FROM read_parquet('{prefix}votes/**/*.parquet', hive_partitioning = true)\n\
         WHERE day = '2026-11-23' GROUP BY outcome;\n```\n\n\
         To fetch everything from `BASE`, the address of this file without its name:\n\n\
         ```sh\ncurl -fO BASE/{prefix}SHA256SUMS\n\
         cut -c67- {prefix}SHA256SUMS | xargs -I FILE curl --create-dirs -fo FILE BASE/FILE\n```\n\n\
         Spark, Trino and ClickHouse know the same layout. pandas and pyarrow take `partitioning=None`, as the columns are in the files.\n\n",
        folders.join(", ")
    )
}

/// The Parquet files of a table, as tools name them.
pub(crate) fn data_files(release: &Release, table: &str) -> String {
    let name = format!("{}{table}", prefix(release.simulated));
    let is_folder = release.partitioned
        && tables::of_votes()
            .iter()
            .any(|of_votes| of_votes.spec().name == table);
    if is_folder {
        format!("{name}/*/*/*.parquet")
    } else {
        format!("{name}.parquet")
    }
}

fn columns(spec: &Spec) -> String {
    let mut text = format!(
        "### `{}`\n\n| column | type | meaning |\n|---|---|---|\n",
        spec.name
    );
    for column in spec.columns {
        let null = if column.may_be_null { " or null" } else { "" };
        let _ = writeln!(
            text,
            "| `{}` | {}{null} | {} |",
            column.name,
            column.kind.name(),
            column.meaning
        );
    }
    text.push('\n');
    text
}

fn datasheet(release: &Release, counts: &Counts) -> String {
    let Words {
        collection,
        protocol,
        limits,
        uses,
        impact,
        biases,
        privacy,
        withdrawal,
        people: who,
        ..
    } = words::of(release);
    let people = if release.simulated {
        "Programs. No person's vote is in it.".to_owned()
    } else {
        format!(
            "{who}: {} of them. Buckets of {} are left out of `raters` because fewer than \
             {FEWEST_PEOPLE} people share them, or because others could be told from them.",
            counts.raters, counts.suppressed_raters
        )
    };
    format!(
        "## Datasheet\n\n**Why.** {uses}\n\n**Who.** {people}\n\n**How.** {collection}\n\n**Judging.** {protocol}\n\n\
         **Limits.** {limits}\n\n**Biases.** {biases}\n\n**Impact.** {impact}\n\n**Privacy.** {privacy}\n\n\
         **Withdrawal.** {withdrawal}\n\n\
         **Splits.** By rater and by prompt, never by row; both are columns, computed from ids by a hash, so that they stay over releases. \
         Of 100 raters, 80 are for training, 10 for validation and 10 for tests; of 100 prompts 60, 15 and 25. To test on new people and new \
         prompts, take rows where both are `test`, and train where both are `train`.\n\n\
         **Licences.** Votes: {}. Texts have the licence named in their rows (`text_licence`, or `licence` in `prompts` and `responses`).\n\n\
         **Citation.**\n\n```bibtex\n{}\n```\n",
        release.licence,
        release.citation()
    )
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
