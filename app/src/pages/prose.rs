//! `/method`, `/guidelines` and `/accessibility`: pages of plain text.

use leptos::prelude::*;

use crate::lazy::Loaded;
use crate::strings::{self, Section};

/// Every method in plain words, and what is simulated.
#[leptos::wasm_split::wasm_split(prose, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn method() -> Loaded {
    Ok(page(
        strings::method_heading(),
        strings::method_lead(),
        strings::METHOD_SECTIONS,
    ))
}

/// How to judge.
#[leptos::wasm_split::wasm_split(prose, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn guidelines() -> Loaded {
    Ok(page(
        strings::guidelines_heading(),
        strings::guidelines_lead(),
        strings::GUIDELINES_SECTIONS,
    ))
}

/// What works for whom, and known gaps.
#[leptos::wasm_split::wasm_split(prose, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn accessibility() -> Loaded {
    Ok(page(
        strings::accessibility_heading(),
        strings::accessibility_lead(),
        strings::ACCESSIBILITY_SECTIONS,
    ))
}

fn page(heading: &'static str, lead: &'static str, sections: &'static [Section]) -> AnyView {
    view! {
        <div class="prose">
            <h1>{heading}</h1>
            <p class="lead">{lead}</p>
            {self::sections(sections)}
        </div>
    }
    .into_any()
}

/// Headings with their paragraphs.
pub(super) fn sections(sections: &'static [Section]) -> Vec<AnyView> {
    sections
        .iter()
        .map(|section| {
            let paragraphs: Vec<AnyView> = section
                .paragraphs()
                .map(|text| view! { <p>{text}</p> }.into_any())
                .collect();
            view! { <section><h2>{section.heading()}</h2>{paragraphs}</section> }.into_any()
        })
        .collect()
}
