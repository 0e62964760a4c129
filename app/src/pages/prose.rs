//! `/method`, `/guidelines` and `/accessibility`: pages of plain text.

use leptos::prelude::*;

use crate::lazy::Loaded;
use crate::strings::{self, Section};

/// Every method in plain words, and what is simulated.
#[leptos::wasm_split::wasm_split(prose, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn method() -> Loaded {
    Ok(page(
        strings::METHOD_HEADING,
        strings::METHOD_LEAD,
        strings::METHOD_SECTIONS,
    ))
}

/// How to judge.
#[leptos::wasm_split::wasm_split(prose, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn guidelines() -> Loaded {
    Ok(page(
        strings::GUIDELINES_HEADING,
        strings::GUIDELINES_LEAD,
        strings::GUIDELINES_SECTIONS,
    ))
}

/// What works for whom, and known gaps.
#[leptos::wasm_split::wasm_split(prose, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn accessibility() -> Loaded {
    Ok(page(
        strings::ACCESSIBILITY_HEADING,
        strings::ACCESSIBILITY_LEAD,
        strings::ACCESSIBILITY_SECTIONS,
    ))
}

fn page(heading: &'static str, lead: &'static str, sections: &'static [Section]) -> AnyView {
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
