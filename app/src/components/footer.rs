//! What stands below every page.

use leptos::prelude::*;

use crate::strings;

/// The footer of every page.
#[component]
pub(crate) fn Footer() -> impl IntoView {
    let links = strings::FOOTER
        .iter()
        .map(|(href, name)| view! { <li><a href=*href>{*name}</a></li> }.into_any())
        .collect::<Vec<AnyView>>();
    view! {
        <footer class="site-footer">
            <p>{strings::FOOTER_NOTE}</p>
            <nav aria-label=strings::FOOTER_LABEL><ul>{links}</ul></nav>
        </footer>
    }
    .into_any()
}
