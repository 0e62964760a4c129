//! `/method`, `/guidelines` and `/accessibility`: pages of plain text, the first with the race in full.

use leptos::prelude::*;

use crate::components::{pack, race, regret};
use crate::lazy::Loaded;
use crate::state::App;
use crate::strings::{self, Section};

/// Every method in plain words, and what is simulated.
#[leptos::wasm_split::wasm_split(prose, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn method() -> Loaded {
    let app = App::get();
    let families: Vec<AnyView> = strings::METHOD_FAMILIES
        .iter()
        .map(|family| {
            view! { <div class="prose__part"><h3>{family.heading()}</h3>{paragraphs(family)}</div> }
                .into_any()
        })
        .collect();
    let content = view! {
        <div class="prose">
            <h1>{strings::method_heading()}</h1>
            <p class="lead">{strings::method_lead()}</p>
            {sections(strings::METHOD_SECTIONS)}
            <section>
                <h2>{strings::method_methods()}</h2>
                <p>{strings::method_methods_note()}</p>
                {families}
            </section>
            {sections(strings::METHOD_HONESTY)}
            <section class="prose__figures" id="race">
                <h2>{strings::race_heading()}</h2>
                <p>{strings::race_lead()}</p>
                {pack::choice()}
                {race::in_figures(app)}
                <h3>{strings::me_curve()}</h3>
                <p>{strings::me_curve_note()}</p>
                {race::curve(app)}
            </section>
            <section class="prose__figures" id="regret">
                <h2>{strings::regret_heading()}</h2>
                <p>{strings::regret_lead()}</p>
                <p>{strings::regret_reading()}</p>
                {regret::regret()}
            </section>
            <section>
                <h2>{strings::reproduce_heading()}</h2>
                <p>{strings::reproduce_lead()}</p>
                <p><a href="/reproduce">{strings::reproduce_link()}</a></p>
            </section>
        </div>
    };
    Ok(content.into_any())
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
            view! { <section><h2>{section.heading()}</h2>{paragraphs(section)}</section> }
                .into_any()
        })
        .collect()
}

fn paragraphs(section: &'static Section) -> Vec<AnyView> {
    section
        .paragraphs()
        .map(|text| view! { <p>{text}</p> }.into_any())
        .collect()
}
