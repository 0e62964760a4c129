//! How makers of answers stand for the visitor: asked of the worker, shown and never sent.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::infer::{MakersForYou, Request};
use palate_shared::stats::TOO_EARLY;

use crate::components::ratings::{Drawn, chart};
use crate::components::table::{Cell, captioned, line};
use crate::engine::Status;
use crate::live::{click, live};
use crate::state::App;
use crate::words::signed;
use crate::{packs, strings};

/// What is known of the visitor on the pack and topic of the board.
#[derive(Clone, Copy)]
pub(crate) struct ForYou {
    app: App,
    pack: RwSignal<Option<String>>,
    /// The makers, or that they could not be asked for.
    pub(crate) found: RwSignal<Option<Result<MakersForYou, ()>>>,
}

impl ForYou {
    /// Nothing yet.
    pub(crate) fn new(app: App) -> Self {
        Self {
            app,
            pack: RwSignal::new(None),
            found: RwSignal::new(None),
        }
    }

    /// Asks for the makers of this pack and topic, as soon as that can be. Tracks what it hangs on.
    pub(crate) fn follow(self, pack: Option<String>, topic: String) {
        let Self { app, found, .. } = self;
        self.pack.set(pack.clone());
        let is_here = pack.as_deref() == Some(app.library.pack.get());
        if !is_here || self.votes() < TOO_EARLY as usize {
            return found.set(None);
        }
        app.library.load_first();
        app.wake();
        if app.cpu.status.get() != Status::Ready {
            return;
        }
        let topic = Some(topic).filter(|topic| !topic.is_empty());
        spawn_local(async move {
            drop(app.cpu.learn_new().await);
            let answer = app.cpu.ask_for(Request::Makers { topic }, "makers").await;
            drop(found.try_set(Some(answer.map_err(drop))));
        });
    }

    /// Votes on the board's pack. Tracks them.
    fn votes(self) -> usize {
        let pack = self.pack.get().unwrap_or_default();
        self.app.events.with(|events| {
            let here = events.iter().filter(|event| event.pack.as_str() == pack);
            here.count()
        })
    }

    /// Score and interval of a maker for the visitor. Tracks what was found.
    pub(crate) fn of(self, maker: &str) -> Option<[f64; 3]> {
        self.found.with(|found| {
            let Some(Ok(found)) = found else { return None };
            let one = found.makers.iter().find(|one| one.maker == maker)?;
            Some([one.score, one.low, one.high])
        })
    }

    /// What stands under "For you": what it is made of, or what is missing.
    pub(crate) fn words(self) -> AnyView {
        let app = self.app;
        let words = move || {
            let pack = self.pack.get().unwrap_or_default();
            let votes = self.votes();
            if app.library.pack.get() != pack {
                let Some(known) = packs::known(&pack) else {
                    return ().into_any();
                };
                return view! {
                    <p>{strings::board_you_elsewhere()}</p>
                    <p><button type="button" class="button" on:click=click(move |_| packs::choose(app, known))>{strings::board_you_open()}</button></p>
                }
                .into_any();
            }
            if votes < TOO_EARLY as usize {
                return view! {
                    <p>{strings::board_you_few(votes, TOO_EARLY)}</p>
                    <p><a class="button" href="/rank">{strings::board_rank_link()}</a></p>
                }
                .into_any();
            }
            let said = match &*self.found.read() {
                None => strings::board_you_waiting().to_owned(),
                Some(Err(())) => strings::board_you_failed().to_owned(),
                Some(Ok(found)) => strings::board_you_from(found.n_fit as usize),
            };
            view! { <p data-testid="for-you">{said}</p> }.into_any()
        };
        view! {
            <section>
                <h2>{strings::board_for_you()}</h2>
                <p class="quiet">{strings::board_private()}</p>
                {live(words)}
            </section>
        }
        .into_any()
    }

    /// The visitor's own figures, where there are none of everybody.
    pub(crate) fn alone(self) -> AnyView {
        let figures = move || {
            let found = self.found.read();
            let Some(Ok(found)) = &*found else {
                return ().into_any();
            };
            let drawn: Vec<Drawn> = found
                .makers
                .iter()
                .map(|one| Drawn {
                    maker: one.maker.clone(),
                    crowd: None,
                    you: Some([one.score, one.low, one.high]),
                })
                .collect();
            let rows = found.makers.iter().map(|one| {
                let cell = Cell {
                    value: signed(one.score),
                    range: strings::range(signed(one.low), signed(one.high)),
                    verdict: "",
                };
                line(one.maker.clone().into_any(), vec![cell])
            });
            view! {
                {chart(&drawn)}
                {captioned(strings::board_for_you().to_owned(), &[strings::board_maker(), strings::board_you()], rows.collect())}
            }
            .into_any()
        };
        view! { {self.words()}{live(figures)} }.into_any()
    }
}
