//! One study: state, link for participants, how far it has come, how to build its release.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::studies::{
    Study, StudyAgreement, StudyChange, StudyPolicy, StudyProgress, StudyState,
};
use palate_shared::ids::StudyId;
use palate_shared::routes;
use palate_shared::stats::{Estimate, wilson};
use web_sys::SubmitEvent;

use super::fields::number;
use super::state_name;
use crate::components::table::{self, Cell};
use crate::components::{chart, dialog};
use crate::live::{click, flag, live, maybe, message, on_event, on_submit};
use crate::operating::{Operating, token};
use crate::words::percent;
use crate::{api, dom, locale, strings};

/// How often the figures are fetched, milliseconds.
const EVERY_MS: u64 = 5_000;
/// Votes on comparisons with two people below which agreement is not judged.
const FEW: u64 = 8;

#[derive(Clone, Copy)]
struct Detail {
    id: StoredValue<StudyId>,
    progress: RwSignal<Option<StudyProgress>>,
    /// What came of the last change of limits.
    kept: RwSignal<&'static str>,
    paused: RwSignal<bool>,
    said: RwSignal<String>,
    closing: RwSignal<bool>,
}

impl Detail {
    /// Fetches the figures now, and again and again while the page is open and not paused.
    fn follow(self) {
        spawn_local(async move {
            loop {
                let Some(paused) = self.paused.try_get_untracked() else {
                    return;
                };
                if !paused && !dom::is_hidden() {
                    self.fetch().await;
                }
                dom::sleep(EVERY_MS).await;
            }
        });
    }

    /// Shows the study as it is now.
    fn show(self, study: Study) {
        self.progress.try_update(|progress| {
            if let Some(progress) = progress {
                progress.study = study;
            }
        });
    }

    async fn fetch(self) {
        let Some(id) = self.id.try_get_value() else {
            return;
        };
        let said = match api::studies::progress(&token(), &id).await {
            Ok(found) => {
                if self
                    .progress
                    .try_with_untracked(|held| held.as_ref() != Some(&found))
                    == Some(true)
                {
                    self.progress.try_set(Some(found));
                }
                String::new()
            }
            Err(error) => error.to_string(),
        };
        self.said.try_set(said);
    }
}

/// The study.
pub(super) fn detail(operating: Operating, id: StudyId) -> AnyView {
    let detail = Detail {
        id: StoredValue::new(id),
        progress: RwSignal::new(None),
        kept: RwSignal::new(""),
        paused: RwSignal::new(false),
        said: RwSignal::new(String::new()),
        closing: RwSignal::new(false),
    };
    detail.follow();
    let study = Memo::new(move |_| {
        detail.progress.with(|progress| {
            progress
                .as_ref()
                .map(|progress| Held(progress.study.clone()))
        })
    });
    let head = move || match study.get() {
        Some(Held(study)) => head(operating, detail, &study),
        None => view! { <h2 tabindex="-1">{strings::loading()}</h2> }.into_any(),
    };
    let figures = move || {
        detail
            .progress
            .with(|progress| progress.as_ref().map(figures))
    };
    let is_there = Memo::new(move |_| study.with(Option::is_some));
    let follow = move || is_there.get().then(|| follow(detail));
    view! {
        {live(head)}
        {maybe(follow)}
        <p class="form-message" role="alert">{message(move || detail.said.get())}</p>
        {maybe(figures)}
        {maybe(move || study.get().map(|Held(study)| about(operating, detail, &study)))}
    }
    .into_any()
}

/// A study whose votes are not looked at: what it is changes seldom.
#[derive(Clone)]
struct Held(Study);

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        let what = |held: &Self| (held.0.state, held.0.has_vectors, held.0.settings.clone());
        what(self) == what(other)
    }
}

fn head(operating: Operating, detail: Detail, study: &Study) -> AnyView {
    let id = study.id.clone();
    let turn = move |state| {
        let change = StudyChange {
            state: Some(state),
            ..StudyChange::default()
        };
        operating.change(id.clone(), change, move |study| detail.show(study));
    };
    let busy = move || operating.busy.get();
    let (open_turn, close_turn) = (turn.clone(), turn);
    let action = match study.state {
        StudyState::Open => view! {
            <button type="button" class="button" disabled=flag(busy) on:click=click(move |_| detail.closing.set(true))>{strings::studies_close()}</button>
        }
        .into_any(),
        state => {
            let name = match state {
                StudyState::Draft => strings::studies_begin(),
                _ => strings::studies_again(),
            };
            view! {
                <button type="button" class="button button--primary" disabled=flag(busy) on:click=click(move |_| open_turn(StudyState::Open))>{name}</button>
            }
            .into_any()
        }
    };
    let note = match study.state {
        StudyState::Draft => strings::studies_draft_note(),
        StudyState::Open => strings::studies_open_note(),
        StudyState::Closed => strings::studies_closed_note(),
    };
    let close = move |_| {
        detail.closing.set(false);
        close_turn(StudyState::Closed);
    };
    let sure = view! {
        <p>{strings::studies_close_text()}</p>
        <div class="dialog__actions">
            <button type="button" class="button" on:click=click(move |_| detail.closing.set(false))>{strings::cancel()}</button>
            <button type="button" class="button button--primary" on:click=click(close)>{strings::studies_close_yes()}</button>
        </div>
    }
    .into_any();
    view! {
        <h2 tabindex="-1">{study.settings.title.clone()}</h2>
        <div class="card">
            <p><span class="badge">{state_name(study.state)}</span>" "{note}</p>
            <div class="actions">{action}</div>
            {link(study)}
        </div>
        {dialog::modal(detail.closing, strings::studies_close_heading(), "close-heading", sure)}
    }
    .into_any()
}

/// The address for participants.
fn link(study: &Study) -> AnyView {
    let origin = dom::window()
        .and_then(|window| window.location().origin().ok())
        .unwrap_or_default();
    let path = format!("{}{}", routes::STUDY_PAGES, study.id);
    let address = format!("{origin}{path}");
    let said = RwSignal::new(String::new());
    let copied = address.clone();
    let copy = move |_| {
        let address = copied.clone();
        spawn_local(async move {
            let words = if dom::copy(&address).await {
                strings::studies_copied()
            } else {
                strings::studies_not_copied()
            };
            drop(said.try_set(words.to_owned()));
        });
    };
    view! {
        <div class="studies__link">
            <p>{strings::studies_link()}" "<a class="wrap" href=path rel="external" target="_blank">{address}</a></p>
            <button type="button" class="button" on:click=click(copy)>{strings::studies_copy()}</button>
            <p class="form-message" role="status">{message(move || said.get())}</p>
        </div>
    }
    .into_any()
}

fn follow(detail: Detail) -> AnyView {
    let pause = move |event| {
        let follows = event_target_checked(&event);
        detail.paused.set(!follows);
        if follows {
            spawn_local(detail.fetch());
        }
    };
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=flag(move || !detail.paused.get()) on:change=on_event(pause) />
            <span>{strings::studies_follow()}</span>
        </label>
    }
    .into_any()
}

fn figures(progress: &StudyProgress) -> AnyView {
    let needed = progress.votes_needed.max(1);
    let reached = progress.first_votes.min(needed) as f64 / needed as f64;
    let study = &progress.study;
    let counts = [
        (strings::studies_votes(), study.votes),
        (strings::studies_people(), study.people),
        (strings::studies_before(), progress.open_questions),
    ]
    .map(|(name, count)| view! { <div><dt>{name}</dt><dd>{count}</dd></div> }.into_any())
    .into_iter()
    .collect::<Vec<AnyView>>();
    let quota = study
        .settings
        .quota
        .map(|quota| view! { <p>{strings::studies_of_quota(study.votes, quota)}</p> }.into_any());
    view! {
        <section aria-labelledby="progress">
            <h3 id="progress">{strings::studies_progress()}</h3>
            <div class="card" data-testid="progress">
                <dl class="counts">{counts}</dl>
                <div class="studies__wide">
                    <p>{strings::studies_needed(progress.first_votes, progress.votes_needed)}</p>
                    {chart::share_bar(reached)}
                </div>
                {quota}
            </div>
        </section>
        <section aria-labelledby="overlap-heading">
            <h3 id="overlap-heading">{strings::studies_histogram()}</h3>
            <div class="card">{histogram(progress)}</div>
        </section>
        <section aria-labelledby="agreement">
            <h3 id="agreement">{strings::studies_agreement()}</h3>
            <div class="card" data-testid="agreement">{agreement(progress)}</div>
        </section>
        <section aria-labelledby="days">
            <h3 id="days">{strings::studies_days()}</h3>
            <div class="card">{days(progress)}</div>
        </section>
    }
    .into_any()
}

/// Comparisons by the people who judged them, against the target; drawn, and as a table.
fn histogram(progress: &StudyProgress) -> AnyView {
    let target = u64::from(progress.study.settings.overlap);
    let bars: Vec<chart::Bar> = progress
        .histogram
        .iter()
        .map(|bin| chart::Bar {
            name: bin.votes.to_string(),
            value: bin.comparisons,
            is_full: bin.votes >= target,
        })
        .collect();
    let of = |is_reached: bool| -> u64 {
        let bins = progress.histogram.iter();
        bins.filter(|bin| (bin.votes >= target) == is_reached)
            .map(|bin| bin.comparisons)
            .sum()
    };
    let rows: Vec<AnyView> = progress
        .histogram
        .iter()
        .map(|bin| {
            let reached = if bin.votes >= target {
                strings::studies_reached()
            } else {
                strings::studies_not_reached()
            };
            let cells = vec![
                Cell::plain(bin.comparisons.to_string()),
                Cell::plain(reached),
            ];
            table::line(bin.votes.to_string().into_any(), cells)
        })
        .collect();
    let columns = [
        strings::studies_judged_by(),
        strings::studies_comparisons(),
        strings::studies_target(),
    ];
    let caption = strings::studies_target_is(target, of(true), of(true) + of(false));
    view! {
        {chart::bars(strings::studies_histogram(), &bars)}
        {table::captioned(caption, &columns, rows)}
    }
    .into_any()
}

fn agreement(progress: &StudyProgress) -> AnyView {
    let found = &progress.agreement;
    let repeats = progress.repeats;
    let same = wilson(
        repeats.same as f64,
        u32::try_from(repeats.votes).unwrap_or(u32::MAX),
    );
    let steady = same.map(|share| {
        let words = strings::studies_steady(
            percent(share.value),
            percent(share.low),
            percent(share.high),
            repeats.votes,
        );
        view! { <p>{words}</p> }.into_any()
    });
    view! {
        <p><strong>{alpha(found)}</strong></p>
        {found.percent.map(|share| view! { <p>{same_words(&share)}</p> }.into_any())}
        <p class="quiet">{strings::studies_agreement_on(found.comparisons, found.votes)}" "{strings::studies_agreement_note()}</p>
        {steady}
    }
    .into_any()
}

fn alpha(found: &StudyAgreement) -> String {
    match found.alpha {
        Some(alpha) if found.votes >= FEW => {
            let [value, low, high] =
                [alpha.value, alpha.low, alpha.high].map(|value| locale::decimal(value, 2));
            strings::studies_alpha(value, low, high)
        }
        _ => strings::studies_too_early().to_owned(),
    }
}

fn same_words(share: &Estimate) -> String {
    let [value, low, high] = [share.value, share.low, share.high].map(percent);
    strings::studies_percent(value, low, high)
}

fn days(progress: &StudyProgress) -> AnyView {
    if progress.days.is_empty() {
        return view! { <p class="quiet">{strings::studies_no_votes()}</p> }.into_any();
    }
    let bars: Vec<chart::Bar> = progress
        .days
        .iter()
        .map(|day| chart::Bar {
            name: day.day.get(5..).unwrap_or_default().to_owned(),
            value: day.votes,
            is_full: true,
        })
        .collect();
    let rows: Vec<AnyView> = progress
        .days
        .iter()
        .map(|day| {
            let cells = vec![
                Cell::plain(day.votes.to_string()),
                Cell::plain(day.people.to_string()),
            ];
            table::line(day.day.clone().into_any(), cells)
        })
        .collect();
    let columns = [
        strings::studies_day(),
        strings::studies_votes(),
        strings::studies_people(),
    ];
    view! {
        {chart::bars(strings::studies_days(), &bars)}
        {table::captioned(strings::studies_days_note().to_owned(), &columns, rows)}
    }
    .into_any()
}

/// Its settings, and how its release is built.
fn about(operating: Operating, detail: Detail, study: &Study) -> AnyView {
    let settings = &study.settings;
    let policy = match settings.policy {
        StudyPolicy::LeastAnnotated => strings::studies_least(),
        StudyPolicy::UniformRandom => strings::studies_uniform(),
    };
    let limit = |quota: Option<u32>| {
        quota.map_or_else(
            || strings::studies_no_limit().to_owned(),
            |quota| quota.to_string(),
        )
    };
    let vectors = if study.has_vectors {
        strings::studies_vectors()
    } else {
        strings::studies_no_vectors()
    };
    let held = strings::studies_held(
        strings::studies_prompts(study.prompts as usize),
        strings::studies_answers(study.answers as usize),
        strings::studies_pairs(study.comparisons as usize),
    );
    let rows: Vec<AnyView> = [
        (strings::studies_overlap(), settings.overlap.to_string()),
        (strings::studies_policy(), policy.to_owned()),
        (strings::studies_floor(), percent(settings.random_floor)),
        (strings::studies_repeats(), percent(settings.repeats)),
        (
            strings::studies_quota_person(),
            limit(settings.quota_per_person),
        ),
        (strings::studies_quota(), limit(settings.quota)),
        (strings::studies_licence(), settings.licence.clone()),
    ]
    .into_iter()
    .map(|(name, value)| table::line(name.into_any(), vec![Cell::plain(value)]))
    .collect();
    let columns = [strings::studies_setting(), strings::studies_value()];
    let build = format!("palate release build --study {} --out DIR", study.id);
    let embed = (!study.has_vectors).then(|| {
        let command = format!("palate study embed {}", study.id);
        view! { <pre tabindex="0"><code>{command}</code></pre> }.into_any()
    });
    view! {
        <section aria-labelledby="settings">
            <h3 id="settings">{strings::studies_settings()}</h3>
            <div class="card">
                <p>{held}" "{vectors}</p>
                {embed}
                {table::table(strings::studies_settings(), &columns, rows)}
            </div>
        </section>
        <section aria-labelledby="limits">
            <h3 id="limits">{strings::studies_limits()}</h3>
            <div class="card">{limits(operating, detail, study)}</div>
        </section>
        <section aria-labelledby="release">
            <h3 id="release">{strings::studies_release()}</h3>
            <div class="card">
                <p>{strings::studies_release_note()}</p>
                <pre tabindex="0"><code>{build}</code></pre>
            </div>
        </section>
    }
    .into_any()
}

/// Most votes, which may change while people answer.
fn limits(operating: Operating, detail: Detail, study: &Study) -> AnyView {
    let held = |quota: Option<u32>| {
        RwSignal::new(quota.map_or_else(String::new, |quota| quota.to_string()))
    };
    let person = held(study.settings.quota_per_person);
    let all = held(study.settings.quota);
    let id = study.id.clone();
    // An empty field is no limit, which the server knows as 0; the browser has checked the numbers.
    let limit = |typed: RwSignal<String>| typed.get_untracked().trim().parse().unwrap_or(0);
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let change = StudyChange {
            quota_per_person: Some(limit(person)),
            quota: Some(limit(all)),
            ..StudyChange::default()
        };
        detail.kept.set("");
        operating.change(id.clone(), change, move |study| {
            detail.kept.try_set(strings::studies_limits_kept());
            detail.show(study);
        });
    };
    view! {
        <form class="compare" on:submit=on_submit(save)>
            <div class="pair">
                {number("quota-person", strings::studies_quota_person(), strings::studies_quota_note(), (1, 1_000_000), person)}
                {number("quota", strings::studies_quota(), strings::studies_quota_note(), (1, 100_000_000), all)}
            </div>
            <div>
                <button type="submit" class="button" disabled=flag(move || operating.busy.get())>{strings::studies_limits_save()}</button>
                <p class="form-message" role="status">{message(move || detail.kept.get().to_owned())}</p>
            </div>
        </form>
    }
    .into_any()
}
