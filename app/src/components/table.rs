//! A plain table that scrolls sideways by itself where the page is narrow.

use leptos::prelude::*;

/// Columns and rows under a label for assistive technology.
pub(crate) fn table<const N: usize>(
    label: &'static str,
    columns: [&'static str; N],
    rows: Vec<AnyView>,
) -> AnyView {
    let head: Vec<AnyView> = columns
        .into_iter()
        .map(|name| view! { <th scope="col">{name}</th> }.into_any())
        .collect();
    view! {
        <div class="scroll-x" tabindex="0" role="group" aria-label=label>
            <table class="table">
                <thead><tr>{head}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
