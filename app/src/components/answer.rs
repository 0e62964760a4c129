//! One answer: markdown as view nodes, long ones clamped.

use leptos::prelude::*;

use crate::live::{click, words};
use crate::{markdown, strings};

/// Characters from which an answer is clamped on a narrow and on a wide page.
const CLAMP_NARROW: usize = 900;
const CLAMP_WIDE: usize = 2_400;

/// The language of the answers that come with the site.
pub(crate) const ENGLISH: Option<&str> = Some("en");

/// The text of an answer, in this language; `None` where nobody knows it.
pub(crate) fn body(text: &str, name: &'static str, language: Option<&'static str>) -> AnyView {
    let length = text.chars().count();
    let open = RwSignal::new(false);
    let class = move || match (open.get(), length) {
        (true, _) => "answer__text".to_owned(),
        (false, n) if n > CLAMP_WIDE => "answer__text clamp clamp--wide".to_owned(),
        (false, n) if n > CLAMP_NARROW => "answer__text clamp".to_owned(),
        _ => "answer__text".to_owned(),
    };
    let is_wide = length > CLAMP_WIDE;
    let button = (length > CLAMP_NARROW).then(|| {
        let label = move || {
            if open.get() {
                strings::show_less().to_owned()
            } else {
                strings::show_all().to_owned()
            }
        };
        view! {
            <button
                type="button"
                class="link-button clamp-button"
                class:clamp-button--wide=is_wide
                aria-expanded=words(move || open.get().to_string())
                on:click=click(move |_| open.update(|open| *open = !*open))
            >
                {words(label)}
                <span class="visually-hidden">" "{name}</span>
            </button>
        }
        .into_any()
    });
    view! {
        <div class=words(class) lang=language>{markdown::render(text)}</div>
        {button}
    }
    .into_any()
}
