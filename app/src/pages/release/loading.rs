//! One line that loads a table, and what its columns are.

use std::sync::Arc;

use leptos::prelude::*;
use palate_shared::api::figures::{ColumnSchema, TableSchema};
use palate_shared::api::releases::{Release, ReleaseTable};
use palate_shared::snippets::{Format, Snippet};

use super::{copyable, part};
use crate::components::select::{Options, select};
use crate::components::table::captioned;
use crate::live::live;
use crate::{dom, strings};

/// What is chosen.
#[derive(Clone, Copy)]
struct Wanted {
    table: RwSignal<String>,
    format: RwSignal<Format>,
    tool: RwSignal<&'static str>,
    /// Tables that are folders.
    folders: StoredValue<Vec<String>>,
}

impl Wanted {
    fn formats(self, table: &str) -> &'static [Format] {
        let is_folder = |folders: &Vec<String>| folders.iter().any(|folder| folder == table);
        if self.folders.with_value(is_folder) {
            &Format::IN_FOLDERS
        } else {
            &Format::FILES
        }
    }

    /// The snippets for the table.
    fn snippets(self) -> Vec<&'static Snippet> {
        let table = self.table.read();
        let all = self.format.get().snippets().iter();
        all.filter(|snippet| snippet.is_for(&table)).collect()
    }

    /// The one for the tool; where that is not for the table, the first one.
    fn snippet(self) -> Option<&'static Snippet> {
        let (all, tool) = (self.snippets(), self.tool.get());
        let wanted = all.iter().find(|snippet| snippet.id == tool);
        wanted.or(all.first()).copied()
    }
}

pub(super) fn section(release: &Arc<Release>) -> AnyView {
    // An empty table has nothing to load.
    let tables: Vec<ReleaseTable> = release
        .tables
        .iter()
        .filter(|table| table.rows > 0)
        .cloned()
        .collect();
    let Some(first) = tables.first() else {
        return ().into_any();
    };
    let is_folder = |table: &&ReleaseTable| {
        let file = format!("{}.parquet", table.name);
        release.partitioned && release.files.iter().all(|held| held.name != file)
    };
    let folders = tables
        .iter()
        .filter(is_folder)
        .map(|table| table.name.clone());
    let wanted = Wanted {
        table: RwSignal::new(String::new()),
        format: RwSignal::new(Format::Parquet),
        tool: RwSignal::new(""),
        folders: StoredValue::new(folders.collect()),
    };
    choose_table(wanted, first.name.clone());
    let names = tables.iter().map(|table| {
        let rows = strings::release_rows(table.rows as usize);
        (table.name.clone(), format!("{} ({rows})", table.name))
    });
    let id = release.id.to_string();
    let columns = part::<Vec<TableSchema>>(release, "schema.json", move |tables| {
        live(move || columns(&tables, &wanted.table.read())).into_any()
    });
    view! {
        <section class="release-part">
            <h2>{strings::release_load()}</h2>
            <p>{strings::release_load_lead()}</p>
            <div class="choices">
                {select(
                    "field",
                    strings::release_table(),
                    Some("en"),
                    names.collect(),
                    Arc::new(move |table| *wanted.table.read() == table),
                    Box::new(move |table| choose_table(wanted, table)),
                )}
                {live(move || formats(wanted))}
                {live(move || tools(wanted))}
            </div>
            {live(move || snippet(&id, wanted))}
            {columns}
        </section>
    }
    .into_any()
}

/// A format that the table is not written in gives way to the first one.
fn choose_table(wanted: Wanted, table: String) {
    let formats = wanted.formats(&table);
    if !formats.contains(&wanted.format.get_untracked()) {
        wanted.format.set(formats[0]);
    }
    wanted.table.set(table);
}

fn formats(wanted: Wanted) -> AnyView {
    let formats = wanted.formats(&wanted.table.read());
    let names = formats
        .iter()
        .map(|format| (format.id().to_owned(), format.name().to_owned()));
    select(
        "field",
        strings::release_format(),
        Some("en"),
        names.collect(),
        Arc::new(move |format| wanted.format.get().id() == format),
        Box::new(move |value| {
            if let Some(format) = formats.iter().find(|format| format.id() == value) {
                wanted.format.set(*format);
            }
        }),
    )
}

fn tools(wanted: Wanted) -> AnyView {
    let snippets = wanted.snippets();
    let tools: Options = snippets
        .iter()
        .map(|snippet| (snippet.id.to_owned(), snippet.tool.to_owned()))
        .collect();
    select(
        "field",
        strings::release_tool(),
        Some("en"),
        tools,
        Arc::new(move |tool| wanted.snippet().is_some_and(|snippet| snippet.id == tool)),
        Box::new(move |value| {
            if let Some(snippet) = snippets.iter().find(|snippet| snippet.id == value) {
                wanted.tool.set(snippet.id);
            }
        }),
    )
}

fn snippet(release: &str, wanted: Wanted) -> AnyView {
    let origin = dom::window()
        .and_then(|window| window.location().origin().ok())
        .unwrap_or_default();
    let (table, format) = (wanted.table.read(), wanted.format.get());
    match wanted.snippet() {
        Some(snippet) => copyable(&snippet.fill(&origin, release, &table, format)),
        None => ().into_any(),
    }
}

fn columns(tables: &[TableSchema], wanted: &str) -> AnyView {
    let Some(table) = tables.iter().find(|table| table.name == wanted) else {
        return ().into_any();
    };
    let rows = table.columns.iter().map(column).collect();
    let heads = [
        strings::release_column(),
        strings::release_type(),
        strings::release_meaning(),
    ];
    view! {
        <p lang="en"><code>{table.name.clone()}</code>": "{table.summary.clone()}"."</p>
        <div class="release-columns">{captioned(strings::release_columns().to_owned(), &heads, rows)}</div>
    }
    .into_any()
}

fn column(column: &ColumnSchema) -> AnyView {
    let may_be_null = column
        .may_be_null
        .then(|| view! { <span class="table__range">{strings::release_or_null()}</span> });
    view! {
        <tr>
            <th scope="row"><code>{column.name.clone()}</code></th>
            <td><code>{column.kind.clone()}</code>{may_be_null}</td>
            <td class="release-meaning" lang="en">{column.meaning.replace('`', "")}</td>
        </tr>
    }
    .into_any()
}
