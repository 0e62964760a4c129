//! Ranks the answers that arrived, holds the blind test before the ranking is shown, and keeps what came of it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::blind_tests::BlindTestRequest;
use palate_shared::infer::{Candidate, Request, Rerank, Reranked};

use super::blind::{Due, EVERY, Pair, due};
use super::earlier::{self, Answer, Try};
use super::edits::ranked;
use super::lanes::Lane;
use super::{Found, Judged, Round, Source, Step, Trying, kept_tests};
use crate::round::Choice;
use crate::state::App;
use crate::{api, comparing, dom, settings, strings};

/// Ranks the answers, or asks before the first download; `agreed` says that it was agreed to.
pub(crate) fn rank(trying: Trying, app: App, agreed: bool) {
    let Some(round) = trying.round.get_untracked() else {
        return;
    };
    let panes = rankable(trying, &round);
    if panes.len() < 2 {
        trying
            .step
            .set(Step::Unranked(strings::try_too_few().to_owned()));
        spawn_local(async move { finish(trying, app).await });
        return;
    }
    let request = request(trying, &round, &panes);
    trying.step.set(Step::Ranking);
    spawn_local(async move {
        let answer: Result<Reranked, comparing::Step> = if agreed {
            trying.comparing.read(app, request, "reranked", true).await
        } else {
            trying.ask_worker(app, request, "reranked").await
        };
        let is_current = trying
            .round
            .with_untracked(|now| now.as_ref().is_some_and(|now| now.id == round.id));
        if !is_current {
            return;
        }
        match answer {
            Ok(reranked) => {
                trying.found.set(Some(Found { reranked, panes }));
                test_or_show(trying, app).await;
            }
            Err(comparing::Step::Ask(size)) => trying.step.set(Step::Download(size)),
            Err(step) => {
                trying.step.set(Step::Unranked(super::why(step)));
                finish(trying, app).await;
            }
        }
    });
}

/// Numbers of the answers that can be ranked, in the order shown.
pub(crate) fn rankable(trying: Trying, round: &Round) -> Vec<usize> {
    trying.lanes.with_value(|lanes| {
        let is_answer = |at: &usize| lanes.0.get(*at).is_some_and(Lane::is_answer);
        round.order.iter().copied().filter(is_answer).collect()
    })
}

/// Ranks the answers once more, by other examples. It is the same generation: no test is due, and nothing is kept again.
pub(crate) fn rank_anew(trying: Trying, app: App) {
    let is_of_votes = trying.source.get_untracked() != Source::Texts;
    if trying.step.get_untracked() != Step::Picked || !is_of_votes {
        return;
    }
    let (Some(mut round), Some(found)) =
        (trying.round.get_untracked(), trying.found.get_untracked())
    else {
        return;
    };
    round.examples = trying.examples(app);
    let request = request(trying, &round, &found.panes);
    trying.round.set(Some(round.clone()));
    trying.said.set(String::new());
    spawn_local(async move {
        let answer = trying.ask_worker(app, request, "reranked").await;
        let is_current = trying
            .round
            .with_untracked(|now| now.as_ref() == Some(&round));
        if !is_current {
            return;
        }
        match answer {
            Ok(reranked) => {
                let panes = found.panes;
                let is_there = dom::has_focus(".try__result");
                trying.found.set(Some(Found { reranked, panes }));
                app.say(strings::try_ranked_anew());
                if is_there {
                    trying.focus_result();
                }
            }
            Err(step) => trying.said.set(super::why(step)),
        }
    });
}

/// What the worker is asked about these answers.
fn request(trying: Trying, round: &Round, panes: &[usize]) -> Request {
    let candidates = panes.iter().map(|at| Candidate {
        response: round.is_library.then(|| round.panes[*at].response.clone()),
        text: trying.lanes.with_value(|lanes| lanes.0[*at].text.clone()),
    });
    Request::Rerank(Box::new(Rerank {
        prompt: round.prompt.clone(),
        candidates: candidates.collect(),
        examples: round.examples.clone(),
        method: None,
    }))
}

/// Leaves the answers as they are.
pub(crate) fn leave(trying: Trying, app: App) {
    let why = strings::try_not_ranked().to_owned();
    trying.step.set(Step::Unranked(why));
    spawn_local(async move { finish(trying, app).await });
}

impl Found {
    /// Numbers of the answers, best first, with these edits; and the score of each candidate.
    pub(crate) fn ranking(&self, edits: &super::edits::Edits) -> (Vec<usize>, Vec<f64>) {
        let scores = edits.scores(&self.reranked);
        (ranked(&self.reranked.ranking, &scores), scores)
    }

    /// Number of the best answer with these edits.
    pub(crate) fn best(&self, edits: &super::edits::Edits) -> Option<usize> {
        let (ranking, _) = self.ranking(edits);
        self.panes.get(*ranking.first()?).copied()
    }
}

/// A blind test if one is due, else the pick.
async fn test_or_show(trying: Trying, app: App) {
    let pick = trying.found.with_untracked(|found| {
        trying
            .edits
            .with_untracked(|edits| found.as_ref()?.best(edits))
    });
    let default = trying.round.with_untracked(|round| {
        let default = round.as_ref()?.default_pane()?;
        let is_ranked = trying.found.with_untracked(|found| {
            found
                .as_ref()
                .is_some_and(|found| found.panes.contains(&default))
        });
        is_ranked.then_some(default)
    });
    let since = settings::since_blind().unwrap_or(EVERY - 1) + 1;
    let coin = dom::random_below(2) == 1;
    let Some(pick) = pick else {
        return finish(trying, app).await;
    };
    match due(
        trying.allows_blind.get_untracked(),
        since,
        pick,
        default,
        coin,
    ) {
        Due::No => settings::keep_since_blind(since),
        Due::Same => {
            settings::keep_since_blind(0);
            drop(kept_tests::keep_same(app).await);
        }
        Due::Test(pair) => {
            settings::keep_since_blind(0);
            trying.test_since.set_value(dom::now_ms());
            trying.step.set(Step::Blind(pair));
            return app.say(strings::try_blind_said());
        }
    }
    trying.step.set(Step::Picked);
    let place = trying
        .round
        .with_untracked(|round| round.as_ref()?.order.iter().position(|at| *at == pick));
    app.say(strings::try_picked_said(place.unwrap_or_default() + 1));
    finish(trying, app).await;
}

/// What was said in the blind test; passing leaves no trace.
pub(crate) fn judge(trying: Trying, app: App, pair: Pair, choice: Choice) {
    if trying.step.get_untracked() != Step::Blind(pair) {
        return;
    }
    trying.step.set(Step::Picked);
    trying.focus_result();
    let is_typed = |round: &Option<Round>| round.as_ref().is_some_and(|round| round.is_typed);
    if choice != Choice::Skip && trying.round.with_untracked(is_typed) {
        let since = trying.test_since.get_value();
        trying.judged.set(Some(Judged {
            pair,
            choice,
            dwell_ms: u32::try_from(dom::now_ms().saturating_sub(since)).unwrap_or(u32::MAX),
        }));
    }
    let test = pair.outcome(choice).and_then(|outcome| {
        let round = trying.round.get_untracked()?;
        let found = trying.found.get_untracked()?;
        Some(BlindTestRequest {
            generation: round.id,
            personal_first: pair.personal_first,
            outcome,
            strategy: round.strategy,
            method: found.reranked.method,
            examples: found.reranked.examples,
            candidates: u8::try_from(found.panes.len()).unwrap_or(u8::MAX),
            simulated: false,
        })
    });
    spawn_local(async move {
        if let Some(test) = test
            && let Err(error) = kept_tests::keep(app, test).await
        {
            trying.said.set(strings::try_test_not_kept(error));
        }
        finish(trying, app).await;
    });
}

/// Learns who wrote the answers, and keeps the try.
async fn finish(trying: Trying, app: App) {
    // What changed by a press is drawn first.
    dom::sleep(0).await;
    let Some(round) = trying.round.get_untracked() else {
        return;
    };
    if let Ok(revealed) = api::reveal(&round.id).await {
        let mut authors = vec![String::new(); round.panes.len()];
        trying.lanes.update_value(|lanes| {
            for pane in &revealed.panes {
                let at = usize::from(pane.pane);
                if let Some(author) = authors.get_mut(at) {
                    author.clone_from(&pane.made_by);
                }
                // Masked names come back; what is shown is the whole text by now.
                if let Some(lane) = lanes.0.get_mut(at).filter(|_| !pane.text.is_empty()) {
                    lane.text.clone_from(&pane.text);
                    lane.shown = lane.text.len();
                }
            }
        });
        trying.authors.set(authors);
    }
    // The page may draw.
    dom::sleep(0).await;
    let ranking = trying.found.with_untracked(|found| {
        let found = found.as_ref()?;
        let (ranking, _) = trying.edits.with_untracked(|edits| found.ranking(edits));
        Some(
            ranking
                .into_iter()
                .map(|at| found.panes[at])
                .collect::<Vec<_>>(),
        )
    });
    let mut order = ranking.unwrap_or_default();
    let rest = round.order.iter().filter(|at| !order.contains(at));
    order.extend(rest.copied().collect::<Vec<_>>());
    let default = round.default_pane();
    let answers: Vec<Answer> = trying.lanes.with_value(|lanes| {
        let answer = |at: usize| Answer {
            text: lanes.0[at].text.clone(),
            is_default: default == Some(at),
            directive: round.panes[at].directive.clone(),
        };
        let answers = order.into_iter().map(answer);
        answers.filter(|answer| !answer.text.is_empty()).collect()
    });
    if answers.is_empty() {
        return;
    }
    let found = Try {
        id: round.id.0,
        at_ms: dom::now_ms(),
        prompt: round.prompt,
        model: round.model,
        answers,
    };
    if let Err(error) = earlier::keep(app, &found).await {
        trying.said.set(error.to_string());
    }
    dom::sleep(0).await;
    trying.earlier.update(|all| {
        all.retain(|held| held.id != found.id);
        all.insert(0, found);
    });
}
