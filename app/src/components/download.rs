//! How far the download of the text model is.

use leptos::prelude::*;

use crate::comparing::Comparing;
use crate::live::click;
use crate::state::App;
use crate::strings;
use crate::words::{bytes, percent};

/// The bar with a way to stop, while something is downloaded. Tracks it.
pub(crate) fn download(app: App, comparing: Comparing) -> Option<AnyView> {
    let (loaded, total) = comparing.engine(app).progress.get()?;
    if loaded >= total {
        return None;
    }
    let share = loaded as f64 / total.max(1) as f64;
    Some(
        view! {
            <label class="download">
                <span>{strings::compare_downloading()}</span>
                <progress max="1" prop:value=share aria-label=strings::compare_downloading()></progress>
                <span aria-hidden="true">{strings::compare_loaded(bytes(loaded), bytes(total), percent(share))}</span>
            </label>
            <button type="button" class="button" on:click=click(move |_| comparing.cancel(app))>{strings::cancel()}</button>
        }
        .into_any(),
    )
}
