//! `/method`: every method in plain words, and what is simulated. Also draws other pages of plain text.

use leptos::prelude::*;

use crate::strings::{self, Section};

/// The page.
pub(crate) fn page() -> AnyView {
    prose(
        strings::METHOD_HEADING,
        strings::METHOD_LEAD,
        strings::METHOD_SECTIONS,
    )
}

/// A page of plain text.
pub(crate) fn prose(
    heading: &'static str,
    lead: &'static str,
    sections: &'static [Section],
) -> AnyView {
    let sections: Vec<AnyView> = sections
        .iter()
        .map(|section| {
            let paragraphs: Vec<AnyView> = section
                .paragraphs
                .iter()
                .map(|text| view! { <p>{*text}</p> }.into_any())
                .collect();
            view! { <section><h2>{section.heading}</h2>{paragraphs}</section> }.into_any()
        })
        .collect();
    view! {
        <div class="prose">
            <h1>{heading}</h1>
            <p class="lead">{lead}</p>
            {sections}
        </div>
    }
    .into_any()
}
