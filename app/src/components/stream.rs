//! Answers while they arrive, side by side.

use leptos::html;
use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use leptos::tachys::view::{Mountable, Render};
use palate_shared::api::generation::Finish;

use crate::live::{click, maybe, words};
use crate::markdown::{self, Growing};
use crate::state::App;
use crate::trying::lanes::{Lane, STEP};
use crate::trying::{Step, Trying};
use crate::{dom, strings};

/// Milliseconds until more of a text is drawn that was there before its place was.
const MORE_MS: u64 = 40;

/// What is drawn of an answer.
#[derive(Default)]
struct Drawn {
    growing: Growing,
    bytes: usize,
    blocks: Vec<AnyViewState>,
    tail: Option<AnyViewState>,
}

impl Drawn {
    /// Draws a step further. Blocks that are finished stay as they are; only the last one changes, in place, and not at all
    /// where nothing shall move before it is finished.
    fn grow(&mut self, text: &str, place: &web_sys::Element, is_whole: bool, is_still: bool) {
        let to = text.floor_char_boundary(text.len().min(self.bytes + STEP));
        let grown = self.growing.grow(&text[self.bytes..to]);
        self.bytes = to;
        let put = |nodes| {
            let mut state = markdown::show(nodes).build();
            state.mount(place, None);
            state
        };
        if !grown.finished.is_empty() {
            // What was the last block until now is the first of them.
            let block = match self.tail.take() {
                Some(mut block) => {
                    markdown::show(grown.finished).rebuild(&mut block);
                    block
                }
                None => put(grown.finished),
            };
            self.blocks.push(block);
        }
        let ends = is_whole && to == text.len();
        if !ends && is_still {
            return;
        }
        match &mut self.tail {
            Some(tail) => markdown::show(grown.tail).rebuild(tail),
            None if grown.tail.is_empty() => {}
            None => self.tail = Some(put(grown.tail)),
        }
    }
}

/// A text that grows. `read` gives what there is and whether that is all; it tracks what it follows.
pub(crate) fn flow(
    read: impl Fn(&mut dyn FnMut(&str, bool)) + Copy + Send + Sync + 'static,
) -> AnyView {
    let node = NodeRef::<html::Div>::new();
    let drawn = StoredValue::new_local(Drawn::default());
    let again = RwSignal::new(0_u32);
    let is_still = dom::wants_stillness();
    Effect::new(move |_| {
        again.track();
        let Some(place) = node.get() else { return };
        let mut is_behind = false;
        read(&mut |text, is_whole| {
            drawn.update_value(|drawn| {
                // Another text than before: masked names came back.
                if text.len() < drawn.bytes {
                    return;
                }
                if text.len() > drawn.bytes || (is_whole && is_still && drawn.tail.is_none()) {
                    drawn.grow(text, &place, is_whole, is_still);
                }
                is_behind = drawn.bytes < text.len();
            });
        });
        if is_behind {
            dom::after(MORE_MS, move || {
                _ = again.try_update(|count| *count = count.wrapping_add(1));
            });
        }
    });
    view! { <div class="answer__text flow" lang="en" node_ref=node></div> }.into_any()
}

/// The text of an answer that arrives, or arrived.
pub(crate) fn lane_text(trying: Trying, at: usize) -> AnyView {
    flow(move |show| {
        trying.painted.track();
        trying.lanes.with_value(|lanes| {
            if let Some(lane) = lanes.0.get(at) {
                show(lane.visible(), lane.is_ready());
            }
        });
    })
}

/// All answers of the generation, in the order shown.
pub(crate) fn panes(app: App, trying: Trying) -> AnyView {
    let order = trying
        .round
        .with_untracked(|round| round.as_ref().map(|round| round.order.clone()))
        .unwrap_or_default();
    let panes: Vec<AnyView> = order
        .into_iter()
        .enumerate()
        .map(|(place, at)| pane(app, trying, place + 1, at))
        .collect();
    let stop_all = move || {
        (trying.step.get() == Step::Streaming).then(|| {
            view! { <button type="button" class="button" on:click=click(move |_| trying.stop(None))>{strings::try_stop_all()}</button> }
                .into_any()
        })
    };
    let queue = move || {
        let place = trying.queue.get();
        (place > 0 && trying.step.get() == Step::Streaming)
            .then(|| view! { <p class="notice">{strings::try_queue(place)}</p> }.into_any())
    };
    view! {
        <div role="status">{maybe(queue)}</div>
        {maybe(stop_all)}
        <div class="lanes">{panes}</div>
    }
    .into_any()
}

fn pane(app: App, trying: Trying, place: usize, at: usize) -> AnyView {
    let name = strings::try_answer(place);
    let (label, scroll_label) = (name.clone(), name.clone());
    let of_lane = move |look: &dyn Fn(&Lane) -> Option<String>| {
        trying.painted.track();
        trying
            .lanes
            .with_value(|lanes| lanes.0.get(at).and_then(look))
    };
    // A pane is drawn anew only when one of these changes, not with every paint.
    let ended = Memo::new(move |_| {
        trying.painted.track();
        trying.lanes.with_value(|lanes| {
            let lane = lanes.0.get(at).filter(|lane| lane.is_ready())?;
            Some(lane.ended?.finish)
        })
    });
    let has_text =
        Memo::new(move |_| of_lane(&|lane| (lane.shown > 0).then(String::new)).is_some());
    let note = move || {
        let words = match ended.get() {
            None if has_text.get() => return None,
            None => strings::try_waiting(),
            Some(Finish::Stop) => return None,
            Some(finish) => strings::try_finish(finish),
        };
        Some(view! { <p class="quiet lane__note">{words}</p> }.into_any())
    };
    let controls = move || {
        if ended.get().is_none() {
            let hidden = strings::try_answer(place);
            return Some(
                view! {
                    <button type="button" class="link-button" on:click=click(move |_| trying.stop(Some(at)))>
                        {strings::try_stop()}<span class="visually-hidden">" "{hidden}</span>
                    </button>
                }
                .into_any(),
            );
        }
        has_text.get().then(|| copy_button(app, trying, place, at))
    };
    view! {
        <article class="answer lane" aria-label=label>
            <header class="lane__head">
                <h3 class="answer__name">
                    <span class="answer__letter" aria-hidden="true">{place.to_string()}</span>
                    {name}
                </h3>
                {maybe(controls)}
            </header>
            <div class="lane__scroll" tabindex="0" role="group" aria-label=scroll_label>
                {lane_text(trying, at)}
            </div>
            {maybe(note)}
        </article>
    }
    .into_any()
}

/// Puts the whole answer on the clipboard.
pub(crate) fn copy_button(app: App, trying: Trying, place: usize, at: usize) -> AnyView {
    let is_copied = RwSignal::new(false);
    let copy = move |_| {
        let text = trying
            .lanes
            .with_value(|lanes| lanes.0.get(at).map(|lane| lane.text.clone()));
        leptos::task::spawn_local(async move {
            let is_there = dom::copy(&text.unwrap_or_default()).await;
            if is_there {
                app.say(strings::try_copied());
            }
            _ = is_copied.try_set(is_there);
        });
    };
    let label = move || {
        if is_copied.get() {
            strings::try_copied().to_owned()
        } else {
            strings::try_copy().to_owned()
        }
    };
    view! {
        <button type="button" class="link-button" on:click=click(copy)>
            {words(label)}<span class="visually-hidden">" "{strings::try_answer(place)}</span>
        </button>
    }
    .into_any()
}
