//! One line that loads a table, and what its columns are.

use std::sync::Arc;

use leptos::prelude::*;
use palate_shared::api::figures::{ColumnSchema, TableSchema};
use palate_shared::api::releases::{Release, ReleaseTable};
use palate_shared::snippets::{Format, SNIPPETS};

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
    let wanted = Wanted {
        table: RwSignal::new(first.name.clone()),
        format: RwSignal::new(Format::Parquet),
        tool: RwSignal::new(SNIPPETS[0].id),
    };
    let names = tables.iter().map(|table| {
        let rows = strings::release_rows(table.rows as usize);
        (table.name.clone(), format!("{} ({rows})", table.name))
    });
    let formats =
        Format::ALL.map(|format| (format.extension().to_owned(), format.name().to_owned()));
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
                {select(
                    "field",
                    strings::release_format(),
                    Some("en"),
                    formats.into(),
                    Arc::new(move |format| wanted.format.get().extension() == format),
                    Box::new(move |value| {
                        let format = Format::ALL.into_iter().find(|format| format.extension() == value);
                        wanted.format.set(format.unwrap_or(Format::Parquet));
                    }),
                )}
                {live(move || tools(wanted))}
            </div>
            {live(move || snippet(&id, wanted))}
            {columns}
        </section>
    }
    .into_any()
}

/// A tool that is not for the table gives way to the first one.
fn choose_table(wanted: Wanted, table: String) {
    let tool = wanted.tool.get_untracked();
    let stays = SNIPPETS
        .iter()
        .any(|snippet| snippet.id == tool && snippet.is_for(&table));
    if !stays {
        wanted.tool.set(SNIPPETS[0].id);
    }
    wanted.table.set(table);
}

fn tools(wanted: Wanted) -> AnyView {
    let table = wanted.table.get();
    let tools: Options = SNIPPETS
        .iter()
        .filter(|snippet| snippet.is_for(&table))
        .map(|snippet| (snippet.id.to_owned(), snippet.tool.to_owned()))
        .collect();
    select(
        "field",
        strings::release_tool(),
        Some("en"),
        tools,
        Arc::new(move |tool| wanted.tool.get() == tool),
        Box::new(move |value| {
            if let Some(snippet) = SNIPPETS.iter().find(|snippet| snippet.id == value) {
                wanted.tool.set(snippet.id);
            }
        }),
    )
}

fn snippet(release: &str, wanted: Wanted) -> AnyView {
    let origin = dom::window()
        .and_then(|window| window.location().origin().ok())
        .unwrap_or_default();
    let (tool, table, format) = (wanted.tool.get(), wanted.table.get(), wanted.format.get());
    let snippet = SNIPPETS
        .iter()
        .find(|snippet| snippet.id == tool)
        .unwrap_or(&SNIPPETS[0]);
    copyable(&snippet.fill(&origin, release, &table, format))
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
