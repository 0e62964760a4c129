//! A data set in the canonical format: one folder, plain text, whoever made it.
//!
//! | file | one JSON object a line (`dataset.json`: one object) |
//! |---|---|
//! | `dataset.json` | `id`, `title`, `licence`, `attribution`, `simulated`; optional `note` |
//! | `items.jsonl` | `item`, and `text` or `vector` (or both); optional `prompt`, `made_by` |
//! | `pairs.jsonl` | `user`, `chosen`, `rejected`; optional `prompt`, `tie`, `context`, `split` (`train` or `test`) |
//! | `prompts.jsonl` | optional: `prompt`, `text` |
//! | `users.jsonl` | optional: `user`, `attributes` (numbers, the same for all), for methods that learn to describe a person |
//!
//! Only `items.jsonl` and `pairs.jsonl` must be there. A bad line is named by file and number and refuses the whole
//! folder: nothing is dropped in silence.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What the data set says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Short name for tables.
    pub id: String,
    /// Name for people.
    #[serde(default)]
    pub title: String,
    /// SPDX id or the licence's name.
    #[serde(default)]
    pub licence: String,
    /// Who must be named.
    #[serde(default)]
    pub attribution: String,
    /// Whether people are simulated.
    #[serde(default)]
    pub simulated: bool,
    /// What a reader must know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl About {
    /// Of simulated people, free to use.
    pub(crate) fn simulated(id: &str, title: &str, note: &str) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            licence: "CC0-1.0".into(),
            attribution: String::new(),
            simulated: true,
            note: note.into(),
        }
    }
}

/// One item.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// Index into [`Dataset::prompts`].
    pub prompt: Option<usize>,
    /// Its text.
    pub text: Option<String>,
    /// A vector that came with the data, all of one width; used in place of text and embedding.
    pub vector: Option<Vec<f32>>,
}

impl Item {
    /// An item that is known by its vector alone.
    pub(crate) fn of_vector(id: String, vector: Vec<f32>) -> Self {
        Self {
            id,
            prompt: None,
            text: None,
            vector: Some(vector),
        }
    }
}

/// A prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// Its id.
    pub id: String,
    /// Its text, if known.
    pub text: Option<String>,
}

/// One person.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// Pseudonym.
    pub id: String,
    /// What is known beside votes; empty where nothing is.
    pub attributes: Vec<f32>,
}

/// Which part a pair was given to by whoever made the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// May be learned from.
    Train,
    /// Only tests.
    Test,
}

/// One vote.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Index of the person.
    pub user: usize,
    /// Index of the preferred item (of either, for a tie).
    pub chosen: usize,
    /// Index of the other item.
    pub rejected: usize,
    /// Neither was preferred.
    pub tie: bool,
    /// Why or for whom, as given.
    pub context: Option<String>,
    /// The part it was given to, if the data says so.
    pub split: Option<Part>,
}

impl Comparison {
    /// A vote without a tie or a context, given to a part.
    pub(crate) fn of(user: usize, [chosen, rejected]: [usize; 2], part: Part) -> Self {
        Self {
            user,
            chosen,
            rejected,
            tie: false,
            context: None,
            split: Some(part),
        }
    }
}

/// A data set in memory; indices are by first appearance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// What it says of itself.
    pub about: About,
    /// Prompts.
    pub prompts: Vec<Prompt>,
    /// Items.
    pub items: Vec<Item>,
    /// People.
    pub users: Vec<User>,
    /// Votes in the order of the file.
    pub pairs: Vec<Comparison>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemLine {
    item: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vector: Option<Vec<f32>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made_by: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PairLine {
    user: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    chosen: String,
    rejected: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    tie: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    split: Option<Part>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PromptLine {
    prompt: String,
    text: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserLine {
    user: String,
    attributes: Vec<f32>,
}

/// Files of a data set, wherever they are: in a folder, or in memory where a browser was given them.
pub trait Files {
    /// Text of a file, `None` where there is none.
    ///
    /// # Errors
    /// When it cannot be read, or is no text.
    fn text(&self, name: &str) -> Result<Option<String>>;

    /// The file's place, for messages.
    fn place(&self, name: &str) -> PathBuf;

    /// A name for data that do not name themselves.
    fn title(&self) -> String;
}

impl Files for Path {
    fn text(&self, name: &str) -> Result<Option<String>> {
        let plain = self.join(name);
        let packed = self.join(format!("{name}.gz"));
        if !plain.exists() && packed.exists() {
            let bytes = std::fs::read(&packed)
                .with_context(|| format!("{} cannot be read", packed.display()))?;
            return Ok(Some(unpacked(&bytes, &packed)?));
        }
        if !plain.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&plain);
        Ok(Some(text.with_context(|| {
            format!("{} cannot be read", plain.display())
        })?))
    }

    fn place(&self, name: &str) -> PathBuf {
        self.join(name)
    }

    fn title(&self) -> String {
        self.file_name()
            .map_or_else(|| "data".into(), |name| name.to_string_lossy().into_owned())
    }
}

/// Files in memory, by name.
impl Files for BTreeMap<String, Vec<u8>> {
    fn text(&self, name: &str) -> Result<Option<String>> {
        if let Some(bytes) = self.get(name) {
            let text = String::from_utf8(bytes.clone());
            return Ok(Some(text.with_context(|| format!("{name} is no text"))?));
        }
        let packed = format!("{name}.gz");
        let bytes = self.get(&packed);
        bytes
            .map(|bytes| unpacked(bytes, Path::new(&packed)))
            .transpose()
    }

    fn place(&self, name: &str) -> PathBuf {
        PathBuf::from(name)
    }

    fn title(&self) -> String {
        "data".into()
    }
}

/// Most bytes of a packed file that are unpacked: a small file may stand for any number.
const MOST_UNPACKED: u64 = 1 << 30;

/// Text of a gzipped file.
fn unpacked(bytes: &[u8], path: &Path) -> Result<String> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes)
        .take(MOST_UNPACKED)
        .read_to_string(&mut text)
        .with_context(|| format!("{} is damaged", path.display()))?;
    ensure!(
        (text.len() as u64) < MOST_UNPACKED,
        "{} holds more than {MOST_UNPACKED} bytes",
        path.display()
    );
    Ok(text)
}

/// Reads a folder.
///
/// # Errors
/// When a file is missing or a line is wrong; the message names file, line and what to do.
pub fn read(folder: &Path) -> Result<Dataset> {
    of_files(folder)
}

/// Reads files.
///
/// # Errors
/// As [`read`].
pub fn of_files<F: Files + ?Sized>(files: &F) -> Result<Dataset> {
    let about = match files.text("dataset.json")? {
        Some(text) => serde_json::from_str(&text)
            .with_context(|| format!("{}", files.place("dataset.json").display()))?,
        None => About {
            id: files.title(),
            ..About::default()
        },
    };
    let mut data = Dataset {
        about,
        ..Dataset::default()
    };
    let mut prompts = HashMap::new();
    if let Some(text) = files.text("prompts.jsonl")? {
        let path = files.place("prompts.jsonl");
        json_lines(&path, &text, |_, line: PromptLine| {
            let known = prompts.insert(line.prompt.clone(), data.prompts.len());
            ensure!(known.is_none(), "prompt {} is there twice", line.prompt);
            data.prompts.push(Prompt {
                id: line.prompt,
                text: Some(line.text),
            });
            Ok(())
        })?;
    }
    let mut items = HashMap::new();
    let mut width = None;
    each(files, "items.jsonl", |line: ItemLine| {
        ensure!(
            line.text.is_some() || line.vector.is_some(),
            "item {} has neither text nor vector",
            line.item
        );
        if let Some(vector) = &line.vector {
            ensure!(
                vector.iter().all(|value| value.is_finite()),
                "item {} has a number that is not finite",
                line.item
            );
            let expected = *width.get_or_insert(vector.len());
            ensure!(
                vector.len() == expected && expected > 0,
                "the vector of item {} has {} numbers, others have {expected}",
                line.item,
                vector.len()
            );
        }
        let prompt = line.prompt.map(|id| {
            *prompts.entry(id.clone()).or_insert_with(|| {
                data.prompts.push(Prompt { id, text: None });
                data.prompts.len() - 1
            })
        });
        let known = items.insert(line.item.clone(), data.items.len());
        ensure!(known.is_none(), "item {} is there twice", line.item);
        data.items.push(Item {
            id: line.item,
            prompt,
            text: line.text,
            vector: line.vector,
        });
        Ok(())
    })?;
    let with_vector = data
        .items
        .iter()
        .filter(|item| item.vector.is_some())
        .count();
    ensure!(
        with_vector == 0 || with_vector == data.items.len(),
        "items.jsonl: {with_vector} of {} items have a vector; give one to all or to none",
        data.items.len()
    );
    let mut users = HashMap::new();
    if let Some(text) = files.text("users.jsonl")? {
        let mut width = None;
        let path = files.place("users.jsonl");
        json_lines(&path, &text, |_, line: UserLine| {
            let expected = *width.get_or_insert(line.attributes.len());
            ensure!(
                line.attributes.len() == expected,
                "user {} has {} attributes, others have {expected}",
                line.user,
                line.attributes.len()
            );
            let known = users.insert(line.user.clone(), data.users.len());
            ensure!(known.is_none(), "user {} is there twice", line.user);
            data.users.push(User {
                id: line.user,
                attributes: line.attributes,
            });
            Ok(())
        })?;
    }
    each(files, "pairs.jsonl", |line: PairLine| {
        let find = |id: &str| {
            items
                .get(id)
                .copied()
                .with_context(|| format!("item {id} is not in items.jsonl"))
        };
        let (chosen, rejected) = (find(&line.chosen)?, find(&line.rejected)?);
        ensure!(
            chosen != rejected,
            "item {} is compared with itself",
            line.chosen
        );
        if let (Some(prompt), Some(of)) = (&line.prompt, data.items[chosen].prompt) {
            ensure!(
                data.prompts[of].id == *prompt,
                "item {} answers prompt {}, not {prompt}",
                line.chosen,
                data.prompts[of].id
            );
        }
        let user = *users.entry(line.user.clone()).or_insert_with(|| {
            data.users.push(User {
                id: line.user.clone(),
                attributes: vec![],
            });
            data.users.len() - 1
        });
        data.pairs.push(Comparison {
            user,
            chosen,
            rejected,
            tie: line.tie,
            context: line.context,
            split: line.split,
        });
        Ok(())
    })?;
    ensure!(
        !data.pairs.is_empty(),
        "{} has no pair",
        files.place("pairs.jsonl").display()
    );
    Ok(data)
}

/// Calls `take` for every line that is not blank.
fn each<T: DeserializeOwned>(
    files: &(impl Files + ?Sized),
    file: &str,
    mut take: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    json_lines(&files.place(file), &must(files, file)?, |_, row| take(row))
}

/// Text of a file that must be there.
///
/// # Errors
/// When it is not.
pub(crate) fn must(files: &(impl Files + ?Sized), name: &str) -> Result<String> {
    files
        .text(name)?
        .with_context(|| format!("{} is missing, packed or not", files.place(name).display()))
}

/// Calls `take(line, row)` for every line of JSON that is not blank; lines count from 1, and bad ones are named as lines
/// of `path`.
pub(crate) fn json_lines<T: DeserializeOwned>(
    path: &Path,
    text: &str,
    mut take: impl FnMut(usize, T) -> Result<()>,
) -> Result<()> {
    let mut wrong = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let taken = serde_json::from_str(line)
            .map_err(anyhow::Error::from)
            .and_then(|row| take(at + 1, row));
        if let Err(error) = taken {
            wrong.push(format!("{}, line {}: {error:#}", path.display(), at + 1));
        }
    }
    refuse(wrong)
}

/// Refuses when there are bad lines, and names the first of them.
pub(crate) fn refuse(mut wrong: Vec<String>) -> Result<()> {
    if wrong.is_empty() {
        return Ok(());
    }
    let more = wrong.len().saturating_sub(MOST_NAMED);
    wrong.truncate(MOST_NAMED);
    if more > 0 {
        wrong.push(format!("and {more} more lines"));
    }
    bail!("{}", wrong.join("\n"))
}

/// Bad lines that one message names.
const MOST_NAMED: usize = 20;

impl Dataset {
    /// Writes the folder; [`read`] gives the same data set back.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        let put = |file: &str, text: String| {
            std::fs::write(folder.join(file), text)
                .with_context(|| format!("{}/{file} cannot be written", folder.display()))
        };
        put(
            "dataset.json",
            serde_json::to_string_pretty(&self.about)? + "\n",
        )?;
        let prompts = self.prompts.iter().filter_map(|prompt| {
            Some(PromptLine {
                prompt: prompt.id.clone(),
                text: prompt.text.clone()?,
            })
        });
        let prompts = lines(prompts)?;
        if !prompts.is_empty() {
            put("prompts.jsonl", prompts)?;
        }
        put(
            "items.jsonl",
            lines(self.items.iter().map(|item| ItemLine {
                item: item.id.clone(),
                prompt: item.prompt.map(|at| self.prompts[at].id.clone()),
                text: item.text.clone(),
                vector: item.vector.clone(),
                made_by: None,
            }))?,
        )?;
        if self.users.iter().any(|user| !user.attributes.is_empty()) {
            put(
                "users.jsonl",
                lines(self.users.iter().map(|user| UserLine {
                    user: user.id.clone(),
                    attributes: user.attributes.clone(),
                }))?,
            )?;
        }
        put(
            "pairs.jsonl",
            lines(self.pairs.iter().map(|pair| {
                PairLine {
                    user: self.users[pair.user].id.clone(),
                    prompt: self.items[pair.chosen]
                        .prompt
                        .map(|at| self.prompts[at].id.clone()),
                    chosen: self.items[pair.chosen].id.clone(),
                    rejected: self.items[pair.rejected].id.clone(),
                    tie: pair.tie,
                    context: pair.context.clone(),
                    split: pair.split,
                }
            }))?,
        )
    }

    /// Votes of each person, in the order of the file.
    pub fn by_user(&self) -> Vec<Vec<&Comparison>> {
        let mut votes = vec![vec![]; self.users.len()];
        for pair in &self.pairs {
            votes[pair.user].push(pair);
        }
        votes
    }

    /// How many items each prompt has.
    pub fn prompt_sizes(&self) -> BTreeMap<usize, usize> {
        let mut sizes = BTreeMap::new();
        for prompt in self.items.iter().filter_map(|item| item.prompt) {
            *sizes.entry(prompt).or_default() += 1;
        }
        sizes
    }
}

fn lines<T: Serialize>(rows: impl Iterator<Item = T>) -> Result<String> {
    let mut text = String::new();
    for row in rows {
        text += &serde_json::to_string(&row)?;
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, items: &str, pairs: &str) {
        std::fs::write(folder.join("items.jsonl"), items).expect("a temporary folder");
        std::fs::write(folder.join("pairs.jsonl"), pairs).expect("a temporary folder");
    }

    #[test]
    fn a_folder_reads_back() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(
            folder.path(),
            "{\"item\":\"a\",\"text\":\"A\",\"prompt\":\"p\"}\n\n{\"item\":\"b\",\"text\":\"B\",\"prompt\":\"p\"}\n",
            "{\"user\":\"u\",\"prompt\":\"p\",\"chosen\":\"b\",\"rejected\":\"a\",\"split\":\"test\"}\n{\"user\":\"v\",\"chosen\":\"a\",\"rejected\":\"b\",\"tie\":true}\n",
        );
        let data = read(folder.path()).expect("good lines");
        assert_eq!(
            (data.users.len(), data.items.len(), data.prompts.len()),
            (2, 2, 1)
        );
        assert!(data.pairs[1].tie && data.pairs[0].split == Some(Part::Test));
        let copy = tempfile::tempdir().expect("a temporary folder");
        data.write(copy.path()).expect("writes");
        let again = read(copy.path()).expect("reads back");
        assert_eq!(again.pairs, data.pairs);
        assert_eq!(again.items, data.items);
    }

    #[test]
    fn every_bad_line_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(
            folder.path(),
            "{\"item\":\"a\",\"text\":\"A\"}\n{\"item\":\"b\",\"text\":\"B\"}\n",
            "{\"user\":\"u\",\"chosen\":\"a\",\"rejected\":\"c\"}\n{\"user\":\"u\",\"chosen\":\"a\",\"rejected\":\"b\"}\n{\"user\":\"u\",\"chosen\":\"a\"}\n{\"user\":\"u\",\"chosen\":\"a\",\"rejected\":\"a\"}\n",
        );
        let error = format!("{:#}", read(folder.path()).expect_err("three bad lines"));
        for part in [
            "line 1: item c",
            "line 3: missing field `rejected`",
            "line 4: item a is compared with itself",
        ] {
            assert!(error.contains(part), "{error}");
        }
        assert!(!error.contains("line 2"), "{error}");
    }
}
