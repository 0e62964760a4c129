//! Asks for answers and takes them in, as they arrive.

use std::cell::RefCell;

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::blind_tests::Strategy;
use palate_shared::api::generation::{
    Finish, GenerateRequest, Generation, GenerationPrompt, Steering, StreamEvent, Task,
};
use palate_shared::api::models::Provider;
use palate_shared::ids::ComparisonId;
use palate_shared::infer::Examples;
use web_sys::AbortController;

use super::lanes::{Ended, Lanes};
use super::private::Private;
use super::{FEWEST, Round, Step, Trying, picking, stream};
use crate::error::{Error, Result};
use crate::state::{App, Mode};
use crate::{account, api, dom, settings, strings};

/// Milliseconds between two paints.
const PAINT_MS: u64 = 100;

thread_local! {
    /// Ends the connection of the generation that runs.
    static RUNNING: RefCell<Option<AbortController>> = const { RefCell::new(None) };
}

/// What is asked, as the page has it.
struct Asked {
    prompt: GenerationPrompt,
    text: String,
}

impl Trying {
    fn asked(self, app: App) -> Option<Asked> {
        if self.is_typed.get_untracked() {
            let text = self.prompt.get_untracked().trim().to_owned();
            return (!text.is_empty()).then(|| Asked {
                prompt: GenerationPrompt::Text(text.clone()),
                text,
            });
        }
        app.library.items.with_untracked(|items| {
            let items = items.as_ref()?;
            let prompt = items.prompts.get(self.picked_prompt.get_untracked())?;
            Some(Asked {
                prompt: GenerationPrompt::Pack {
                    pack: items.pack.clone(),
                    prompt: prompt.id.clone(),
                },
                text: prompt.text.clone(),
            })
        })
    }

    fn steering(self, app: App) -> Steering {
        if self.is_library() {
            return Steering::default();
        }
        let text = |is_on: RwSignal<bool>, text: RwSignal<String>| {
            let text = text.get_untracked().trim().to_owned();
            (is_on.get_untracked() && !text.is_empty()).then_some(text)
        };
        Steering {
            style: text(self.with_style, self.style),
            // Its field is shown with the votes only.
            description: text(self.with_description, self.description)
                .filter(|_| self.with_shots.get_untracked()),
            shots: if self.with_shots.get_untracked() {
                self.shots(app).into_iter().map(|(_, shot)| shot).collect()
            } else {
                Vec::new()
            },
        }
    }

    /// Asks for answers, unless there is something private in what goes to a model's operator: then that is said first.
    pub(crate) fn start_with_care(self, app: App) {
        let is_typed = self.is_typed.get_untracked() && !untrack(move || self.is_library());
        let found = self.prompt.with_untracked(|text| Private::of(text));
        self.is_private.set(is_typed && found.is_any());
        if !self.is_private.get_untracked() {
            self.start(app);
        }
    }

    /// Asks for answers.
    pub(crate) fn start(self, app: App) {
        if untrack(move || self.is_busy()) {
            return;
        }
        let Some(asked) = self.asked(app) else {
            return self
                .step
                .set(Step::Failed(strings::try_no_prompt().to_owned()));
        };
        let Some(model) = untrack(move || self.chosen()) else {
            return self
                .step
                .set(Step::Failed(strings::try_no_model().to_owned()));
        };
        let steering = untrack(move || self.steering(app));
        let request = GenerateRequest {
            id: dom::new_id().into(),
            model: Some(model.id.clone()),
            prompt: asked.prompt,
            task: Task::Answer,
            candidates: u8::try_from(FEWEST + self.more.get_untracked()).unwrap_or_default(),
            default_answer: true,
            steering: steering.clone(),
            seed: None,
        };
        let round = Round {
            id: request.id.clone(),
            is_typed: matches!(request.prompt, GenerationPrompt::Text(_)),
            prompt: asked.text,
            is_library: model.provider == Provider::Library,
            model: match model.provider {
                Provider::Library => strings::try_library().to_owned(),
                Provider::OpenAi => model.name,
            },
            panes: Vec::new(),
            order: Vec::new(),
            strategy: strategy(&steering),
            steering,
            examples: self.examples(app),
        };
        self.is_private.set(false);
        self.step.set(Step::Asking);
        self.found.set(None);
        self.round.set(None);
        self.judged.set(None);
        self.authors.set(Vec::new());
        self.queue.set(0);
        app.say(strings::try_asking());
        spawn_local(async move {
            // What changed by asking is drawn first.
            dom::sleep(0).await;
            match generate(app, &request).await {
                Ok(generation) => self.follow(app, round, generation).await,
                Err(error) => self.step.set(Step::Failed(error.to_string())),
            }
        });
    }

    async fn follow(self, app: App, mut round: Round, generation: Generation) {
        round.order = order(&generation, dom::random_below);
        round.panes = generation.panes;
        let id = round.id.clone();
        let count = round.panes.len();
        self.lanes.set_value(Lanes::new(count, dom::now_ms()));
        self.round.set(Some(round));
        self.step.set(Step::Streaming);
        spawn_local(async move { self.paint(app, id.clone()).await });
        let Some(round) = self.round.get_untracked() else {
            return;
        };
        let followed = listen(&round.id, |event| self.take(event)).await;
        if followed.is_err() {
            self.lanes
                .update_value(|lanes| lanes.end_all(Finish::BrokeOff));
        } else {
            // The server has said all that there is to say.
            self.lanes
                .update_value(|lanes| lanes.end_all(Finish::Empty));
        }
    }

    fn take(self, event: StreamEvent) {
        let now = dom::now_ms();
        match event {
            StreamEvent::Queued { position } => self.queue.set(position),
            StreamEvent::Delta { pane, text } => {
                if self.queue.get_untracked() > 0 {
                    self.queue.set(0);
                }
                self.lanes
                    .update_value(|lanes| lanes.write(usize::from(pane), &text, now));
            }
            StreamEvent::Done {
                pane,
                finish,
                first_token_ms,
                duration_ms,
                ..
            } => self.lanes.update_value(|lanes| {
                lanes.end(
                    usize::from(pane),
                    Ended {
                        finish,
                        first_ms: first_token_ms,
                        all_ms: duration_ms,
                    },
                );
            }),
            StreamEvent::End => {}
        }
    }

    /// Shows what arrived, ten times a second at the most, until all of it is shown.
    async fn paint(self, app: App, id: ComparisonId) {
        loop {
            dom::sleep(PAINT_MS).await;
            let is_current = self
                .round
                .with_untracked(|round| round.as_ref().is_some_and(|round| round.id == id));
            if !is_current {
                return;
            }
            let now = dom::now_ms();
            let ready = self.lanes.try_update_value(|lanes| lanes.advance(now));
            self.painted
                .update(|painted| *painted = painted.wrapping_add(1));
            let mut said = Vec::new();
            for lane in ready.unwrap_or_default() {
                // Words of a long answer are counted in a task of their own.
                dom::sleep(0).await;
                said.extend(self.said_of(lane));
            }
            if !said.is_empty() {
                app.say(said.join(" "));
            }
            if self.lanes.with_value(Lanes::are_ready) {
                break;
            }
        }
        dom::sleep(0).await;
        picking::rank(self, app, false);
    }

    /// That an answer is ready, as it is shown, and how long it is.
    fn said_of(self, lane: usize) -> Option<String> {
        let place = self
            .round
            .with_untracked(|round| round.as_ref()?.order.iter().position(|held| *held == lane))?;
        self.lanes.with_value(|lanes| {
            let lane = lanes.0.get(lane)?;
            Some(match lane.is_answer() {
                true => strings::try_ready(lane.text.split_ascii_whitespace().count(), place + 1),
                false => strings::try_ended(place + 1),
            })
        })
    }

    /// Stops one answer, or all.
    pub(crate) fn stop(self, pane: Option<usize>) {
        let id = self
            .round
            .with_untracked(|round| round.as_ref().map(|round| round.id.clone()));
        let Some(id) = id else { return };
        let pane = pane.and_then(|pane| u8::try_from(pane).ok());
        spawn_local(async move {
            if let Err(error) = api::stop_generation(&id, pane).await {
                self.said.set(error.to_string());
            }
        });
    }

    /// Asks the question of a try again: in the list where it is there, else as a typed one. What was typed before can be
    /// brought back.
    pub(crate) fn ask_again(self, app: App, prompt: &str) {
        let listed = app.library.items.with_untracked(|items| {
            let mut prompts = items.iter().flat_map(|items| &items.prompts);
            prompts.position(|held| held.text == prompt)
        });
        self.is_typed.set(listed.is_none());
        match listed {
            Some(at) => self.picked_prompt.set(at),
            None => {
                let before = self.prompt.get_untracked();
                let is_lost = !before.trim().is_empty() && before != prompt;
                self.typed_before.set(is_lost.then_some(before));
                self.write(prompt.to_owned());
            }
        }
        focus_prompt();
    }
}

/// Follows a generation; a later one ends it.
pub(super) async fn listen(id: &ComparisonId, tell: impl FnMut(StreamEvent)) -> Result<()> {
    let controller = AbortController::new().map_err(|_| Error::Network)?;
    let signal = controller.signal();
    if let Some(before) = RUNNING.replace(Some(controller)) {
        before.abort();
    }
    stream::follow(id, &signal, tell).await
}

/// Asks the server; where it does not know this browser yet, after a session was started. Nothing else begins by that: what
/// leaves the device stays as it was.
pub(super) async fn generate(app: App, request: &GenerateRequest) -> Result<Generation> {
    app.opened().await;
    match api::generate(request).await {
        Err(Error::Lost) if app.mode.get_untracked() == Mode::Local => {
            account::start_alone(app).await?;
            api::generate(request).await
        }
        answer => account::noticed(app, answer),
    }
}

/// How answers are made and picked that are told this.
fn strategy(steering: &Steering) -> Strategy {
    if steering.description.is_some() {
        Strategy::Described
    } else if !steering.shots.is_empty() {
        Strategy::Episode
    } else if steering.style.is_some() {
        Strategy::Steered
    } else {
        Strategy::BestOfN
    }
}

/// The answers that are shown, each once, in a drawn order, so that a place says nothing about how an answer came about.
fn order(generation: &Generation, draw: impl Fn(u32) -> u32) -> Vec<usize> {
    let mut left: Vec<usize> = Vec::new();
    for (at, pane) in generation.panes.iter().enumerate() {
        let is_new = |held: &usize| generation.panes[*held].response != pane.response;
        if left.iter().all(is_new) {
            left.push(at);
        }
    }
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let at = draw(u32::try_from(left.len()).unwrap_or(u32::MAX)) as usize;
        order.push(left.swap_remove(at.min(left.len() - 1)));
    }
    order
}

/// Whether examples say anything.
pub(crate) fn is_enough(examples: &Examples, votes: usize) -> bool {
    match &examples.votes {
        None => votes > 0,
        Some(ids) => ids.len() >= 2 || !examples.liked.is_empty() && !examples.disliked.is_empty(),
    }
}

/// Moves the focus to the question.
pub(crate) fn focus_prompt() {
    dom::after(0, || dom::focus("#try-prompt"));
}

/// Keeps that blind tests are allowed, or not.
pub(crate) fn allow_blind(trying: Trying, allows: bool) {
    settings::keep_allows_blind(allows);
    trying.allows_blind.set(allows);
}

#[cfg(test)]
mod tests {
    use palate_shared::api::generation::{Pane, Shot};

    use super::*;

    fn generation(responses: &[&str]) -> Generation {
        let panes = responses.iter().enumerate().map(|(at, response)| Pane {
            pane: at as u8,
            response: (*response).into(),
            is_default: at + 1 == responses.len(),
            directive: None,
        });
        Generation {
            id: "g".into(),
            panes: panes.collect(),
        }
    }

    #[test]
    fn an_answer_that_stands_twice_is_shown_once_and_is_still_the_default_one() {
        let generation = generation(&["a", "b", "c", "b"]);
        for first in 0..3 {
            let order = order(&generation, |_| first);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2]);
            assert_eq!(order[0], first as usize);
            let round = Round {
                id: "g".into(),
                prompt: String::new(),
                model: String::new(),
                is_library: true,
                is_typed: false,
                panes: generation.panes.clone(),
                order,
                strategy: Strategy::BestOfN,
                steering: Steering::default(),
                examples: Examples::default(),
            };
            assert_eq!(round.default_pane(), Some(1));
        }
    }

    #[test]
    fn the_strategy_is_what_the_model_is_told() {
        let style = Steering {
            style: Some("short".to_owned()),
            ..Steering::default()
        };
        let shot = Shot {
            prompt: String::new(),
            chosen: "a".to_owned(),
            rejected: String::new(),
        };
        let shots = Steering {
            shots: vec![shot],
            ..style.clone()
        };
        let described = Steering {
            description: Some("You like …".to_owned()),
            ..shots.clone()
        };
        let strategies =
            [Steering::default(), style, shots, described].map(|steering| strategy(&steering));
        assert_eq!(
            strategies,
            [
                Strategy::BestOfN,
                Strategy::Steered,
                Strategy::Episode,
                Strategy::Described
            ]
        );
    }

    #[test]
    fn examples_are_enough_from_two_votes_or_a_pair_of_texts_on() {
        let votes = |count: usize| Examples {
            votes: Some(vec!["v".into(); count]),
            ..Examples::default()
        };
        assert!(!is_enough(&Examples::default(), 0) && is_enough(&Examples::default(), 1));
        assert!(!is_enough(&votes(1), 9) && is_enough(&votes(2), 9));
        let liked = Examples {
            liked: vec!["x".to_owned()],
            ..votes(0)
        };
        assert!(!is_enough(&liked, 0));
        let both = Examples {
            disliked: vec!["y".to_owned()],
            ..liked
        };
        assert!(is_enough(&both, 0));
    }
}
