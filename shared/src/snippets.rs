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
    /// `NAME/day=DAY/pack=PACK/part-0.parquet`, and more of them: a table of a large release.
    Folders,
}

impl Format {
    /// Those of a table that is one file each.
    pub const FILES: [Self; 2] = [Self::Parquet, Self::Jsonl];
    /// That of a table in folders.
    pub const IN_FOLDERS: [Self; 1] = [Self::Folders];

    /// Stable id; of files, the end of their names.
    pub fn id(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Jsonl => "jsonl",
            Self::Folders => "folders",
        }
    }

    /// All ways to load a table that is written so, in the order of the page.
    pub fn snippets(self) -> &'static [Snippet] {
        match self {
            Self::Parquet | Self::Jsonl => OF_FILES,
            Self::Folders => OF_FOLDERS,
        }
    }

    /// Name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parquet => "Parquet",
            Self::Jsonl => "JSONL",
            Self::Folders => "Parquet, in folders",
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

const OF_FILES: &[Snippet] = &[
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

/// Here `{url}` is the address of the release, and `{file}` the folder.
const OF_FOLDERS: &[Snippet] = &[
    Snippet {
        id: "duckdb_folders",
        tool: "DuckDB",
        table: None,
        text: r#"# pip install duckdb
import duckdb, os
from urllib.request import urlopen, urlretrieve

release = "{url}/"
for line in urlopen(release + "SHA256SUMS").read().decode().splitlines():
    file = line[66:]
    if file.startswith("{file}/"):
        os.makedirs(os.path.dirname(file), exist_ok=True)
        urlretrieve(release + file, file)

# With a condition on day or pack, only those folders are read.
data = duckdb.sql("FROM read_parquet('{file}/*/*/*.parquet', hive_partitioning = true)")"#,
        read: ["", ""],
    },
    Snippet {
        id: "curl_folders",
        tool: "curl",
        table: None,
        text: r#"curl -fO {url}/SHA256SUMS
cut -c67- SHA256SUMS | grep '^{file}/' | xargs -I FILE curl --create-dirs -fo FILE {url}/FILE"#,
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
        let (file, path, read) = match format {
            Format::Folders => {
                let path = crate::routes::RELEASE_FILE.replace("/{file}", "");
                (table.to_owned(), path, "")
            }
            Format::Parquet | Format::Jsonl => {
                let file = format!("{table}.{}", format.id());
                let path = crate::routes::RELEASE_FILE.replace("{file}", &file);
                (file, path, self.read[usize::from(format == Format::Jsonl)])
            }
        };
        let path = path.replace("{id}", release);
        self.text
            .replace("{read}", read)
            .replace("{url}", &format!("{origin}{path}"))
            .replace("{file}", &file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_formats() -> impl Iterator<Item = Format> {
        Format::FILES.into_iter().chain(Format::IN_FOLDERS)
    }

    #[test]
    fn every_placeholder_is_filled_and_names_the_file() {
        for format in all_formats() {
            for snippet in format.snippets() {
                let table = snippet.table.unwrap_or("votes");
                let text = snippet.fill("https://example.org", "r1", table, format);
                let release = "https://example.org/api/v1/releases/r1/";
                let url = match format {
                    Format::Folders => release.to_owned(),
                    _ => format!("{release}{table}.{}", format.id()),
                };
                assert!(text.contains(&url), "{}: {text}", snippet.id);
                assert!(!text.contains('{'), "{}: {text}", snippet.id);
                assert!(text.contains(table), "{}: {text}", snippet.id);
                assert!(snippet.is_for(table));
            }
        }
    }

    #[test]
    fn tools_are_offered_for_what_they_can_read() {
        let of = |table: &str, format: Format| -> Vec<&str> {
            let all = format.snippets().iter();
            let is_for = all.filter(|snippet| snippet.is_for(table));
            is_for.map(|snippet| snippet.id).collect()
        };
        assert_eq!(
            of("votes", Format::Parquet),
            ["datasets", "pandas", "polars", "duckdb", "curl"]
        );
        let pairs = of("pairs_trl", Format::Jsonl);
        assert!(pairs.contains(&"trl_dpo") && !pairs.contains(&"trl_kto"));
        assert!(of("unpaired_kto", Format::Parquet).contains(&"trl_kto"));
        assert_eq!(
            of("votes", Format::Folders),
            ["duckdb_folders", "curl_folders"]
        );
    }
}
