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

/// Words to find it by.
pub(crate) const TAGS: [&str; 5] = [
    "preference",
    "human-feedback",
    "pluralistic-alignment",
    "personalization",
    "trl",
];

/// How the data came about.
pub(crate) const COLLECTION: &str = "Visitors of a public site were shown two or more answers to a prompt and said which they prefer, \
     or that the answers are equally good, all unacceptable, or that they cannot tell. Which answers stood side by side was chosen at \
     random or by a policy; policy and propensity are in every row. Side order is random.";

/// What judges were asked.
pub(crate) const PROTOCOL: &str = "One canonical judgment a showing: ordered groups, the set of unacceptable answers and an outcome. \
     Taste is wanted: there is no right answer, and nobody is removed for disagreeing. A changed vote appears only in its last form. \
     Checks of time and of repeated questions weigh judgments (`influence`, `quality_pass`) and delete none.";

/// What the data cannot say.
pub(crate) const LIMITS: &str = "Visitors chose themselves; they are not a sample of any population, and nothing is known about them but their \
     votes. Policies other than `uniform_random` and `repeat` choose what teaches most about a person: weight by `propensity`, or do \
     not estimate averages from them.";

/// What it is for.
pub(crate) const USES: &str = "To study what different people prefer, and methods that learn it from few votes; to train and test reward \
     models and personal ones. Not to find out who someone is, and not to decide about people.";

/// What it may do to people.
pub(crate) const IMPACT: &str = "Models of averages serve those who vote most; rows name the rater so that people can be weighted, and methods \
     that learn persons apart can be compared.";

/// What is unlike the world.
pub(crate) const BIASES: &str = "Self-selection, one interface, English texts written by language models, and answers that may be preferred \
     for their length or their place; order is in `shown` so that this can be measured.";

/// What is and is not said about people.
pub(crate) const PRIVACY: &str = "No names, addresses or comments of people. Prompts that people typed are there, in pack `own`, only where they \
     ticked that conversation and said that they had removed names, and two weeks later at the earliest. Ids are HMAC-SHA-256 under a \
     key that stays on the server; a person can ask for a new pseudonym, and nothing ties its rows to the earlier ones. Times are days. \
     What is said about people is coarse, and cells of fewer than ten are left out. Votes can show what kind of answers a person likes; \
     do not try to find out who someone is.";

/// What happens when people change their minds.
pub(crate) const WITHDRAWAL: &str = "People can stop publishing or delete their votes at any time; later releases leave them out and list the ids \
     of such rows in `tombstones`. Use the latest release, and drop those rows wherever you kept them. A release with a mistake in it is \
     withdrawn: its data is removed and its card says why.";

/// What it is, in a paragraph.
pub(crate) fn purpose(release: &Release) -> String {
    let kind = if release.simulated {
        "**Programs voted here, not people.** These simulated votes are for trying out tools and never stand beside votes of people.\n\n"
    } else {
        ""
    };
    format!(
        "{kind}Who preferred which answer, person by person, with what is needed to use it: what was shown in which order, how the \
         question was chosen and with what probability, and what each method had predicted before the vote."
    )
}

/// The card.
pub(crate) fn card(
    release: &Release,
    counts: &Counts,
    figures: &Figures,
    sample_rows: usize,
) -> String {
    let mut text = front_matter(release);
    // Writing to a String cannot fail, here and below.
    let _ = write!(text, "\n# {}\n\n{}\n\n", release.title(), purpose(release));
    text.push_str(&facts(release, counts));
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
        "---\nlicense: cc-by-4.0\npretty_name: {}\nlanguage:\n- en\nsize_categories:\n- {}\ntags:\n",
        release.title(),
        size_category(release.votes)
    );
    for tag in TAGS
        .iter()
        .copied()
        .chain(release.simulated.then_some("simulated"))
    {
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
    let people = if release.simulated {
        "Programs. No person's vote is in it.".to_owned()
    } else {
        format!(
            "Visitors who asked for their votes to be published: {} of them. Buckets of {} are left out of `raters` because fewer than \
             {FEWEST_PEOPLE} people share them, or because others could be told from them.",
            counts.raters, counts.suppressed_raters
        )
    };
    format!(
        "## Datasheet\n\n**Why.** {USES}\n\n**Who.** {people}\n\n**How.** {COLLECTION}\n\n**Judging.** {PROTOCOL}\n\n\
         **Limits.** {LIMITS}\n\n**Biases.** {BIASES}\n\n**Impact.** {IMPACT}\n\n**Privacy.** {PRIVACY}\n\n\
         **Withdrawal.** {WITHDRAWAL}\n\n\
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
