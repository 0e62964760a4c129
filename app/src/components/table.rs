//! A plain table that scrolls sideways by itself where the page is narrow.

use leptos::prelude::*;

/// Columns and rows under a label for assistive technology.
pub(crate) fn table(label: &str, columns: &[&str], rows: Vec<AnyView>) -> AnyView {
    frame(label.to_owned(), None, columns, rows)
}

/// Columns and rows under a caption.
pub(crate) fn captioned(caption: String, columns: &[&str], rows: Vec<AnyView>) -> AnyView {
    let shown = view! { <caption>{caption.clone()}</caption> };
    frame(caption, Some(shown.into_any()), columns, rows)
}

fn frame(label: String, caption: Option<AnyView>, columns: &[&str], rows: Vec<AnyView>) -> AnyView {
    let head: Vec<AnyView> = columns
        .iter()
        .map(|name| view! { <th scope="col">{(*name).to_owned()}</th> }.into_any())
        .collect();
    view! {
        <div class="scroll-x" tabindex="0" role="group" aria-label=label>
            <table class="table">
                {caption}
                <thead><tr>{head}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A figure in a table, its interval below it, and what that says.
#[derive(Default)]
pub(crate) struct Cell {
    pub(crate) value: String,
    pub(crate) range: String,
    pub(crate) verdict: &'static str,
}

impl Cell {
    /// A value alone.
    pub(crate) fn plain(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            ..Self::default()
        }
    }
}

/// A line of figures under a heading.
pub(crate) fn line(heading: AnyView, cells: Vec<Cell>) -> AnyView {
    let cells: Vec<AnyView> = cells
        .into_iter()
        .map(|cell| {
            let [range, verdict] = [
                ("table__range", cell.range),
                ("table__verdict", cell.verdict.to_owned()),
            ]
            .map(|(class, text)| {
                (!text.is_empty()).then(|| view! { <span class=class>{text}</span> }.into_any())
            });
            view! { <td>{cell.value}{range}{verdict}</td> }.into_any()
        })
        .collect();
    view! { <tr><th scope="row">{heading}</th>{cells}</tr> }.into_any()
}
