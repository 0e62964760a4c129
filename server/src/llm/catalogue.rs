//! The operator's catalogue of language models, a TOML file. Clients name ids; addresses, keys and upstream names stay here.

use std::collections::HashSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use palate_shared::api::models::Capabilities;
use palate_shared::ids::ModelId;
use reqwest::Url;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::key::Key;
use super::library;
use super::reach;
use super::settings::{AllowSettings, BudgetSettings, LibrarySettings, LimitSettings};

/// Most tokens of an answer of a model that names no number.
const OUTPUT_TOKENS: u32 = 1_024;
/// Most tokens of the prompt of a model that names no number for prompt and answer together.
const PROMPT_TOKENS: u32 = 8_192;

/// What the file says, checked.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// Models in the operator's order.
    pub models: Vec<Model>,
    /// Whether the built-in library answers too.
    pub has_library: bool,
    /// How much at once, and for how long.
    pub limits: LimitSettings,
    /// What may be spent.
    pub budget: BudgetSettings,
}

/// A model of a server that speaks the OpenAI protocol.
#[derive(Clone, Debug)]
pub struct Model {
    /// What clients name.
    pub id: ModelId,
    /// Name for people.
    pub name: String,
    /// Where chat completions are asked for.
    pub completions_url: Url,
    /// Where the server lists its models.
    pub models_url: Url,
    /// Whether the operator listed the host, so that private addresses may be called.
    pub is_listed: bool,
    /// What the server calls it.
    pub upstream: String,
    /// The key, if it needs one.
    pub key: Option<Key>,
    /// Licence, in words.
    pub licence: String,
    /// Whether that licence lets people publish what it writes.
    pub publishable: bool,
    /// What the operator of the server keeps, in words.
    pub retention: String,
    /// What it can do, as the file says.
    pub claimed: Capabilities,
    /// Most tokens of prompt and answer together.
    pub context_tokens: u32,
    /// Most tokens of an answer.
    pub output_tokens: u32,
    /// Price of a million tokens read.
    pub input_price_micro: u64,
    /// Price of a million tokens written.
    pub output_price_micro: u64,
    /// What may be spent on it in a day.
    pub day_micro: Option<u64>,
    /// Generations that run at once.
    pub together: usize,
    /// What its server bills for an answer that is broken off.
    pub bills_on_abort: BillsOnAbort,
    /// Whether each event of its stream is one token, as vLLM, llama.cpp and Ollama send them.
    pub event_is_token: bool,
    /// How its server calls the limit of an answer.
    pub limit_name: LimitName,
    /// First and last day of its use, `YYYY-MM-DD`.
    pub days: (Option<String>, Option<String>),
}

/// What a server bills for an answer that is broken off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillsOnAbort {
    /// The prompt and what was written until then.
    #[default]
    Written,
    /// As if the answer had become as long as was allowed.
    Everything,
    /// Nothing.
    Nothing,
}

/// How a server calls the most tokens of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitName {
    /// Everywhere known.
    #[default]
    MaxTokens,
    /// Newer.
    MaxCompletionTokens,
}

impl Model {
    /// Whether it is in use on `day`, `YYYY-MM-DD`.
    pub fn is_active(&self, day: &str) -> bool {
        let (from, to) = &self.days;
        from.as_deref().is_none_or(|from| from <= day) && to.as_deref().is_none_or(|to| day <= to)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    models: Vec<Entry>,
    #[serde(default)]
    limits: Option<Spanned<LimitSettings>>,
    #[serde(default)]
    budget: BudgetSettings,
    #[serde(default)]
    allow: AllowSettings,
    #[serde(default)]
    library: LibrarySettings,
}

/// `[[models]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<String>,
    name: String,
    base_url: Spanned<String>,
    upstream: Spanned<String>,
    key_env: Option<Spanned<String>>,
    key_file: Option<Spanned<PathBuf>>,
    licence: String,
    #[serde(default)]
    publishable: bool,
    retention: String,
    #[serde(default = "streams")]
    capabilities: Capabilities,
    context_tokens: Option<u32>,
    output_tokens: Option<Spanned<u32>>,
    #[serde(default)]
    input_price_micro: u64,
    #[serde(default)]
    output_price_micro: u64,
    day_micro: Option<u64>,
    together: Option<Spanned<usize>>,
    #[serde(default)]
    bills_on_abort: BillsOnAbort,
    #[serde(default)]
    event_is_token: bool,
    #[serde(default)]
    limit_name: LimitName,
    active_from: Option<Spanned<Datetime>>,
    active_to: Option<Spanned<Datetime>>,
}

fn streams() -> Capabilities {
    Capabilities {
        stream: true,
        ..Capabilities::default()
    }
}

/// The file's text, to say on which line something is wrong.
struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    fn at(&self, span: &Range<usize>, key: &str, wrong: impl std::fmt::Display) -> anyhow::Error {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        anyhow::anyhow!("{}, line {line}, {key}: {wrong}", self.path.display())
    }
}

impl Catalogue {
    /// Reads the file; without one, the library alone.
    ///
    /// # Errors
    /// When the file cannot be read or something in it cannot be so: the message names file, line, key and what is
    /// expected, and never a key of a provider.
    pub fn load(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else {
            return Ok(Self {
                has_library: true,
                ..Self::default()
            });
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the models file {}", path.display()))?;
        Self::parse(&Source { path, text: &text })
    }

    fn parse(source: &Source<'_>) -> anyhow::Result<Self> {
        // The message alone: the line itself may hold what was meant for nobody.
        let file: File = toml::from_str(source.text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            source.at(&span, "not a models file", error.message())
        })?;
        let limits = file.limits.map_or(Ok(LimitSettings::default()), |limits| {
            let zero = limits.get_ref().zero();
            zero.map_or(Ok(*limits.get_ref()), |key| {
                Err(source.at(&limits.span(), key, "must be 1 or more"))
            })
        })?;
        let mut ids = HashSet::from([library::ID.to_owned()]);
        let mut models = Vec::with_capacity(file.models.len());
        for entry in file.models {
            if !ids.insert(entry.id.get_ref().clone()) {
                let wrong = "is taken: each model needs an id of its own, other than `library`";
                return Err(source.at(&entry.id.span(), "id", wrong));
            }
            models.push(model(entry, &file.allow, source)?);
        }
        Ok(Self {
            models,
            has_library: !file.library.off,
            limits,
            budget: file.budget,
        })
    }
}

fn model(entry: Entry, allow: &AllowSettings, source: &Source<'_>) -> anyhow::Result<Model> {
    let id = entry.id.get_ref();
    let is_id = (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if !is_id {
        let wrong = "must have 1 to 64 letters, digits, dots, dashes or underscores";
        return Err(source.at(&entry.id.span(), "id", wrong));
    }
    let (base, is_listed) = base_url(&entry.base_url, allow, source)?;
    if entry.upstream.get_ref().is_empty() {
        let wrong = "must be the model's name at its server";
        return Err(source.at(&entry.upstream.span(), "upstream", wrong));
    }
    let output_tokens = positive(entry.output_tokens, "output_tokens", OUTPUT_TOKENS, source)?;
    let together = positive(entry.together, "together", usize::MAX, source)?;
    let join = |path: &str| base.join(path).context("a base URL takes a path");
    Ok(Model {
        id: ModelId(id.clone()),
        completions_url: join("chat/completions")?,
        models_url: join("models")?,
        is_listed,
        key: key(entry.key_env, entry.key_file, source)?,
        upstream: entry.upstream.into_inner(),
        name: entry.name,
        licence: entry.licence,
        publishable: entry.publishable,
        retention: entry.retention,
        claimed: entry.capabilities,
        context_tokens: entry
            .context_tokens
            .unwrap_or(output_tokens.saturating_add(PROMPT_TOKENS)),
        output_tokens,
        input_price_micro: entry.input_price_micro,
        output_price_micro: entry.output_price_micro,
        day_micro: entry.day_micro,
        together,
        bills_on_abort: entry.bills_on_abort,
        event_is_token: entry.event_is_token,
        limit_name: entry.limit_name,
        days: (
            date(entry.active_from, "active_from", source)?,
            date(entry.active_to, "active_to", source)?,
        ),
    })
}

fn positive<T: Copy + PartialEq + Default>(
    value: Option<Spanned<T>>,
    key: &str,
    otherwise: T,
    source: &Source<'_>,
) -> anyhow::Result<T> {
    match value {
        Some(value) if *value.get_ref() == T::default() => {
            Err(source.at(&value.span(), key, "must be 1 or more"))
        }
        Some(value) => Ok(*value.get_ref()),
        None => Ok(otherwise),
    }
}

/// The base with a slash at its end, and whether its host is listed.
fn base_url(
    text: &Spanned<String>,
    allow: &AllowSettings,
    source: &Source<'_>,
) -> anyhow::Result<(Url, bool)> {
    let wrong = |what: &str| source.at(&text.span(), "base_url", what);
    let mut url = Url::parse(text.get_ref())
        .map_err(|error| wrong(&format!("must be a URL like https://host/v1 ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("must start with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "must hold no password: name the key by key_env or key_file",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("must end with its path, as in https://host/v1"));
    }
    let host = url.host_str().unwrap_or_default().to_owned();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_listed = allow
        .hosts
        .iter()
        .any(|listed| listed.eq_ignore_ascii_case(&host) || listed.eq_ignore_ascii_case(bare));
    if let Ok(address) = bare.parse()
        && !is_listed
        && !reach::is_public(address)
    {
        return Err(wrong(
            "is a private address: list the host under [allow] hosts if it is meant to be called",
        ));
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok((url, is_listed))
}

fn key(
    env: Option<Spanned<String>>,
    file: Option<Spanned<PathBuf>>,
    source: &Source<'_>,
) -> anyhow::Result<Option<Key>> {
    let (span, name, text) = match (env, file) {
        (None, None) => return Ok(None),
        (Some(env), None) => {
            let text = std::env::var(env.get_ref()).map_err(|_| {
                let wrong = format!("the environment variable {} is not set", env.get_ref());
                source.at(&env.span(), "key_env", wrong)
            })?;
            (env.span(), "key_env", text)
        }
        (None, Some(file)) => {
            let text = std::fs::read_to_string(file.get_ref()).map_err(|error| {
                let wrong = format!("cannot read {}: {error}", file.get_ref().display());
                source.at(&file.span(), "key_file", wrong)
            })?;
            (file.span(), "key_file", text)
        }
        (Some(env), Some(_)) => bail!(source.at(
            &env.span(),
            "key_env",
            "stands beside key_file: a model has one key"
        )),
    };
    let key = Key::new(&text).map_err(|error| source.at(&span, name, error))?;
    Ok(Some(key))
}

fn date(
    value: Option<Spanned<Datetime>>,
    key: &str,
    source: &Source<'_>,
) -> anyhow::Result<Option<String>> {
    let Some(value) = value else {
        return Ok(None);
    };
    match value.get_ref() {
        Datetime {
            date: Some(date),
            time: None,
            offset: None,
        } => Ok(Some(date.to_string())),
        _ => Err(source.at(&value.span(), key, "must be a day, as in 2026-11-23")),
    }
}

#[cfg(test)]
pub(super) mod tests;
