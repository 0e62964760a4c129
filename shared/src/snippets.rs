//! How to load a table of a release: one template a tool and format, which the page shows and the exports check runs.
//!
//! Each Python template leaves the table in `data`.

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `NAME.parquet`.
    Parquet,
    /// `NAME.jsonl`.
    Jsonl,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Parquet, Self::Jsonl];

    /// End of the names of such files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Jsonl => "jsonl",
        }
    }

    /// Name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parquet => "Parquet",
            Self::Jsonl => "JSONL",
        }
    }
}

/// A way to load a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// Stable id.
    pub id: &'static str,
    /// The tool.
    pub tool: &'static str,
    /// The only table that it is for, where it is not for all.
    pub table: Option<&'static str>,
    text: &'static str,
    /// What stands at `{read}`, by [`Format`]: Parquet, JSONL.
    read: [&'static str; 2],
}

/// All of them, in the order of the page.
pub const SNIPPETS: &[Snippet] = &[
    Snippet {
        id: "datasets",
        tool: "datasets (Hugging Face)",
        table: None,
        text: r#"# pip install datasets aiohttp
from datasets import load_dataset

data = load_dataset("{read}", data_files="{url}", split="train")"#,
        read: ["parquet", "json"],
    },
    Snippet {
        id: "pandas",
        tool: "pandas",
        table: None,
        text: r#"# pip install pandas pyarrow
import pandas

data = pandas.{read}"#,
        read: [
            r#"read_parquet("{url}")"#,
            r#"read_json("{url}", lines=True)"#,
        ],
    },
    Snippet {
        id: "polars",
        tool: "polars",
        table: None,
        text: r#"# pip install polars
import polars

data = polars.{read}"#,
        read: [
            r#"read_parquet("{url}")"#,
            r#"read_ndjson("{url}", infer_schema_length=None)"#,
        ],
    },
    Snippet {
        id: "duckdb",
        tool: "DuckDB",
        table: None,
        text: r#"# pip install duckdb
import duckdb
from urllib.request import urlretrieve

urlretrieve("{url}", "{file}")
data = duckdb.sql("FROM {read}")"#,
        read: ["'{file}'", "read_json('{file}')"],
    },
    Snippet {
        id: "trl_dpo",
        tool: "TRL (DPO)",
        table: Some("pairs_trl"),
        text: r#"# pip install trl aiohttp
from datasets import load_dataset

pairs = load_dataset("{read}", data_files="{url}", split="train")
train = pairs.filter(lambda row: row["rater_split"] == row["prompt_split"] == "train")
data = train.select_columns(["prompt", "chosen", "rejected"])

from trl import DPOTrainer

DPOTrainer(model="Qwen/Qwen3-0.6B", train_dataset=data).train()"#,
        read: ["parquet", "json"],
    },
    Snippet {
        id: "trl_kto",
        tool: "TRL (KTO)",
        table: Some("unpaired_kto"),
        text: r#"# pip install trl aiohttp
from datasets import load_dataset

votes = load_dataset("{read}", data_files="{url}", split="train")
train = votes.filter(lambda row: row["rater_split"] == row["prompt_split"] == "train")
data = train.select_columns(["prompt", "completion", "label"])

from trl import KTOTrainer

KTOTrainer(model="Qwen/Qwen3-0.6B", train_dataset=data).train()"#,
        read: ["parquet", "json"],
    },
    Snippet {
        id: "curl",
        tool: "curl",
        table: None,
        text: "curl -fO {url}",
        read: ["", ""],
    },
];

impl Snippet {
    /// Whether it is for this table.
    pub fn is_for(&self, table: &str) -> bool {
        self.table.is_none_or(|only| only == table)
    }

    /// The text for a table of a release at `origin`, such as `https://example.org`.
    pub fn fill(&self, origin: &str, release: &str, table: &str, format: Format) -> String {
        let file = format!("{table}.{}", format.extension());
        let path = crate::routes::RELEASE_FILE
            .replace("{id}", release)
            .replace("{file}", &file);
        let read = match format {
            Format::Parquet => self.read[0],
            Format::Jsonl => self.read[1],
        };
        self.text
            .replace("{read}", read)
            .replace("{url}", &format!("{origin}{path}"))
            .replace("{file}", &file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_is_filled_and_names_the_file() {
        for snippet in SNIPPETS {
            for format in Format::ALL {
                let table = snippet.table.unwrap_or("votes");
                let text = snippet.fill("https://example.org", "r1", table, format);
                let url = format!(
                    "https://example.org/api/v1/releases/r1/{table}.{}",
                    format.extension()
                );
                assert!(text.contains(&url), "{}", snippet.id);
                assert!(!text.contains('{'), "{}", snippet.id);
                assert!(snippet.is_for(table));
            }
        }
    }

    #[test]
    fn trainers_are_offered_for_their_own_table_only() {
        let of = |table| -> Vec<&str> {
            let is_for = SNIPPETS.iter().filter(|snippet| snippet.is_for(table));
            is_for.map(|snippet| snippet.id).collect()
        };
        assert_eq!(
            of("votes"),
            ["datasets", "pandas", "polars", "duckdb", "curl"]
        );
        assert!(of("pairs_trl").contains(&"trl_dpo") && !of("pairs_trl").contains(&"trl_kto"));
        assert!(of("unpaired_kto").contains(&"trl_kto"));
    }
}
