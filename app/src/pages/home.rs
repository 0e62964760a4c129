//! `/`: what it is, and the first comparison.

use leptos::prelude::*;

use crate::components::board;
use crate::strings;

/// The page.
pub(crate) fn page() -> AnyView {
    let steps = strings::HOME_STEPS
        .map(|(heading, text)| view! { <li><h3>{heading}</h3><p>{text}</p></li> }.into_any())
        .into_iter()
        .collect::<Vec<AnyView>>();
    view! {
        <div class="hero">
            <h1>{strings::HOME_HEADING}</h1>
            <p class="lead">{strings::HOME_LEAD}</p>
            <p class="quiet">{strings::HOME_PRIVACY}</p>
        </div>
        {board::board()}
        <section class="steps" aria-labelledby="how">
            <h2 id="how">{strings::HOME_HOW}</h2>
            <ol>{steps}</ol>
        </section>
    }
    .into_any()
}
