//! `/`: what it is, and the first comparison.

use leptos::prelude::*;

use crate::components::board;
use crate::strings;

/// The page.
pub(crate) fn page() -> AnyView {
    let steps = strings::home_steps()
        .map(|(heading, text)| view! { <li><h3>{heading}</h3><p>{text}</p></li> }.into_any())
        .into_iter()
        .collect::<Vec<AnyView>>();
    view! {
        <div class="hero">
            <h1>{strings::home_heading()}</h1>
            <p class="lead">{strings::home_lead()}</p>
            <p class="quiet">{strings::home_privacy()}</p>
        </div>
        {board::board()}
        <section class="steps" aria-labelledby="how">
            <h2 id="how">{strings::home_how()}</h2>
            <ol>{steps}</ol>
        </section>
    }
    .into_any()
}
