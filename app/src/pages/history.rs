//! `/me/history`: every vote, to read, search, change and take back.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::event::VoteEvent;
use palate_shared::ids::{ComparisonId, PackId, ResponseId};
use palate_shared::judgment::Outcome;
use palate_shared::pack::{PackItems, PackResponse};

use crate::components::answer;
use crate::components::select::select;
use crate::error::Result;
use crate::history::{self, Draft, Filter, STEP, Touched, Vote};
use crate::lazy::Loaded;
use crate::live::{attribute, click, flag, live, maybe, on_event, on_submit, words};
use crate::round::Choice;
use crate::state::{App, Storage};
use crate::{contribute, dom, library, packs, strings};

/// The page.
#[leptos::wasm_split::wasm_split(history, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn page() -> Loaded {
    Ok(view())
}

/// A vote with the text of its prompt, where that is known.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    vote: Vote,
    prompt: Option<String>,
}

/// Texts of the packs that are not the present one, in the order of [`packs::ALL`].
type Others = [RwSignal<Option<PackItems>>; packs::ALL.len()];

/// What the page holds.
#[derive(Clone, Copy)]
struct Past {
    app: App,
    filter: RwSignal<Filter>,
    most: RwSignal<usize>,
    /// The vote that is being changed.
    draft: RwSignal<Option<(ComparisonId, Draft)>>,
    /// The vote that could not be stored, and why.
    failed: RwSignal<Option<(ComparisonId, String)>>,
    busy: RwSignal<bool>,
    /// Texts of packs that votes are on, besides the present one.
    others: Others,
    rows: Memo<Vec<Arc<Row>>>,
    found: Memo<Vec<ComparisonId>>,
}

impl Past {
    fn new(app: App) -> Self {
        let filter = RwSignal::new(Filter::default());
        let others = packs::ALL.map(|_| RwSignal::new(None));
        let rows = Memo::new(move |_| rows(app, others));
        let found = Memo::new(move |_| {
            rows.with(|rows| {
                filter.with(|filter| {
                    rows.iter()
                        .filter(|row| {
                            filter.takes(&row.vote, row.prompt.as_deref().unwrap_or_default())
                        })
                        .map(|row| row.vote.comparison().clone())
                        .collect()
                })
            })
        });
        Self {
            app,
            filter,
            most: RwSignal::new(STEP),
            draft: RwSignal::new(None),
            failed: RwSignal::new(None),
            busy: RwSignal::new(false),
            others,
            rows,
            found,
        }
    }

    /// Loads the texts of packs that votes are on, besides the present one. Tracks the votes.
    fn load(self) {
        let here = self.app.library.pack.get();
        let found = self.app.events.with(|events| history::packs(events));
        for (pack, held) in packs::ALL.into_iter().zip(self.others) {
            let is_wanted = pack != here && found.iter().any(|id| id.as_str() == pack);
            if is_wanted && held.with_untracked(Option::is_none) {
                spawn_local(async move {
                    // The page may be gone by now; what does not arrive is asked for again with the next vote.
                    drop(held.try_set(library::texts(pack).await.ok()));
                });
            }
        }
    }

    /// An answer of a pack. Tracks what is loaded.
    fn response(self, pack: &PackId, id: &ResponseId) -> Option<PackResponse> {
        let find = |items: &Option<PackItems>| {
            let items = items.as_ref().filter(|items| items.pack == *pack)?;
            let mut responses = items.prompts.iter().flat_map(|prompt| &prompt.responses);
            responses.find(|response| response.id == *id).cloned()
        };
        let present = self.app.library.items;
        let mut all = std::iter::once(present).chain(self.others);
        all.find_map(|items| items.with(find))
    }

    fn row(self, id: &ComparisonId) -> Option<Arc<Row>> {
        self.rows
            .with(|rows| rows.iter().find(|row| row.vote.comparison() == id).cloned())
    }

    fn is_open(self, id: &ComparisonId) -> bool {
        self.draft
            .with(|draft| draft.as_ref().is_some_and(|(open, _)| open == id))
    }

    /// Narrows or widens what is shown.
    fn look(self, change: impl FnOnce(&mut Filter)) {
        self.most.set(STEP);
        self.filter.update(change);
    }

    /// Opens the form; the focus goes to what was said.
    fn open(self, vote: &Vote) {
        self.failed.set(None);
        self.draft
            .set(Some((vote.comparison().clone(), Draft::of(vote.now()))));
        focus(inside(vote.comparison(), "input:checked"));
    }

    fn close(self, id: &ComparisonId) {
        self.failed.set(None);
        self.draft.set(None);
        focus(inside(id, ".past__change"));
    }

    /// Stores the change in the form.
    fn save(self, vote: &Vote) {
        let Some((_, draft)) = self.draft.get_untracked() else {
            return;
        };
        let judgment = draft.judgment(vote.now());
        if judgment == vote.now().judgment {
            self.app.say(strings::history_said_same());
            return self.close(vote.comparison());
        }
        let event = vote.change(judgment, dom::new_id().into(), dom::now_ms());
        self.record(event, strings::history_said_changed(), ".past__change");
    }

    fn withdraw(self, vote: &Vote) {
        let event = vote.withdraw(dom::new_id().into(), dom::now_ms());
        self.record(event, strings::history_said_withdrawn(), ".past__undo");
    }

    fn undo(self, vote: &Vote) {
        if let Some(event) = vote.undo(dom::new_id().into(), dom::now_ms()) {
            self.record(event, strings::history_said_undone(), ".past__undo");
        }
    }

    /// Appends a revision, learns it and sends it; the focus stays at the vote.
    fn record(self, event: VoteEvent, said: &'static str, then: &'static str) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failed.set(None);
        let app = self.app;
        spawn_local(async move {
            let id = event.comparison.clone();
            let stored: Result<()> = app.record(&event).await;
            // The page may be gone by now.
            _ = self.busy.try_set(false);
            match stored {
                Ok(()) => {
                    app.say(said);
                    if self.draft.try_set(None).is_none() {
                        focus(inside(&id, then));
                    }
                    contribute::pump(app);
                    drop(app.cpu.learn_new().await);
                }
                Err(error) => {
                    app.say(strings::history_not_saved());
                    drop(self.failed.try_set(Some((id, error.to_string()))));
                }
            }
        });
    }
}

fn rows(app: App, others: Others) -> Vec<Arc<Row>> {
    let votes = app.events.with(|events| history::votes(events));
    let text = |vote: &Vote| {
        let vote = vote.first();
        let find = |items: &Option<PackItems>| {
            let items = items.as_ref().filter(|items| items.pack == vote.pack)?;
            let prompt = items
                .prompts
                .iter()
                .find(|prompt| prompt.id == vote.prompt)?;
            Some(prompt.text.clone())
        };
        // All are looked at, so that all are tracked.
        let found = [app.library.items, app.library.first].map(|items| items.with(find));
        let elsewhere = others.map(|items| items.with(find));
        found.into_iter().chain(elsewhere).flatten().next()
    };
    votes
        .into_iter()
        .map(|vote| {
            Arc::new(Row {
                prompt: text(&vote),
                vote,
            })
        })
        .collect()
}

/// Id of a vote on the page.
fn element_id(id: &ComparisonId) -> String {
    let plain = id
        .as_str()
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-');
    format!("v-{}", plain.collect::<String>())
}

fn inside(id: &ComparisonId, part: &str) -> String {
    format!("#{} {part}", element_id(id))
}

/// Moves the focus once the page is redrawn; to the count where the vote is not shown any more.
fn focus(selector: String) {
    dom::after(0, move || {
        let there = dom::document()
            .and_then(|document| document.query_selector(&selector).ok().flatten())
            .is_some();
        dom::focus(if there { &selector } else { "#history-count" });
    });
}

fn view() -> AnyView {
    let app = App::get();
    app.library.load_first();
    Effect::new(move |_| {
        if app.library.manifest.with(Option::is_some) {
            app.library.load_items();
        }
    });
    let past = Past::new(app);
    Effect::new(move |_| past.load());
    let has_votes = Memo::new(move |_| past.rows.with(|rows| !rows.is_empty()));
    let content = move || match (has_votes.get(), app.storage.get()) {
        (true, _) => content(past),
        (false, Storage::Opening) => view! { <p class="quiet">{strings::loading()}</p> }.into_any(),
        (false, _) => empty(),
    };
    view! {
        <div class="column">
            <h1 class="page-title">{strings::history_heading()}</h1>
            {live(content)}
            <p class="history__back"><a href="/me">{strings::history_back()}</a></p>
        </div>
    }
    .into_any()
}

fn empty() -> AnyView {
    view! {
        <p class="lead">{strings::history_empty()}</p>
        <p><a class="button button--primary" href="/rank">{strings::me_empty_link()}</a></p>
    }
    .into_any()
}

fn content(past: Past) -> AnyView {
    let shown = Memo::new(move |_| {
        past.found.with(|found| {
            found
                .iter()
                .take(past.most.get())
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    let count = move || {
        strings::history_count(
            shown.with(Vec::len),
            past.found.with(Vec::len),
            past.rows.with(Vec::len),
        )
    };
    let list = move || {
        let items: Vec<AnyView> = shown.get().into_iter().map(|id| item(past, id)).collect();
        if items.is_empty() {
            return none_found(past);
        }
        view! { <ol class="history">{items}</ol> }.into_any()
    };
    let more = move || {
        let held = shown.with(Vec::len);
        let next = past.found.with(|found| found.get(held).cloned())?;
        let show = move |_| {
            past.most.update(|most| *most += STEP);
            focus(inside(&next, ".past__prompt"));
        };
        Some(
            view! { <button type="button" class="button" on:click=click(show)>{strings::history_more()}</button> }
                .into_any(),
        )
    };
    view! {
        <p class="lead">{strings::history_lead()}</p>
        {search(past)}
        <p id="history-count" class="quiet" tabindex="-1" role="status">{words(count)}</p>
        {live(list)}
        {maybe(more)}
    }
    .into_any()
}

fn none_found(past: Past) -> AnyView {
    let clear = move |_| {
        past.look(|filter| *filter = Filter::default());
        focus("#history-words".to_owned());
    };
    view! {
        <p>{strings::history_none_found()}</p>
        <button type="button" class="button" on:click=click(clear)>{strings::history_clear()}</button>
    }
    .into_any()
}

fn search(past: Past) -> AnyView {
    let outcomes: Vec<AnyView> = strings::history_outcomes()
        .into_iter()
        .map(|(outcome, value, name)| {
            let chosen = move || past.filter.with(|filter| filter.outcome == outcome);
            view! { <option value=value prop:selected=flag(chosen)>{name}</option> }.into_any()
        })
        .collect();
    let touches: Vec<AnyView> = strings::history_touches()
        .into_iter()
        .map(|(value, name)| {
            let chosen = move || past.filter.with(|filter| filter.touched == touched(value));
            view! { <option value=value prop:selected=flag(chosen)>{name}</option> }.into_any()
        })
        .collect();
    let by_words = move |event| {
        let words = event_target_value(&event);
        past.look(|filter| filter.words = words);
    };
    let by_outcome = move |event| {
        let value = event_target_value(&event);
        let outcome = strings::history_outcomes()
            .into_iter()
            .find(|(_, name, _)| *name == value)
            .and_then(|(outcome, ..)| outcome);
        past.look(|filter| filter.outcome = outcome);
    };
    let by_touch = move |event| {
        let value = event_target_value(&event);
        past.look(|filter| filter.touched = touched(&value));
    };
    let held = move || past.filter.with(|filter| filter.words.clone());
    let by_pack = move || {
        let packs = past.app.events.with(|events| history::packs(events));
        (packs.len() > 1).then(|| pack_field(past, packs))
    };
    view! {
        <form class="history-search" role="search" on:submit=on_submit(|event| event.prevent_default())>
            <div class="field history-search__words">
                <label for="history-words">{strings::history_search()}</label>
                <input id="history-words" type="search" autocomplete="off" prop:value=words(held) on:input=on_event(by_words) />
            </div>
            <div class="field">
                <label for="history-outcome">{strings::history_outcome_label()}</label>
                <select id="history-outcome" on:change=on_event(by_outcome)>{outcomes}</select>
            </div>
            <div class="field">
                <label for="history-touched">{strings::history_touched()}</label>
                <select id="history-touched" on:change=on_event(by_touch)>{touches}</select>
            </div>
            {maybe(by_pack)}
        </form>
    }
    .into_any()
}

/// The choice among packs that votes are on.
fn pack_field(past: Past, packs: Vec<PackId>) -> AnyView {
    let all = (String::new(), strings::pack_all().to_owned());
    let named = |pack: PackId| {
        let title = strings::pack_title(pack.as_str()).to_owned();
        (pack.0, title)
    };
    select(
        "field",
        strings::pack_label(),
        None,
        std::iter::once(all)
            .chain(packs.into_iter().map(named))
            .collect(),
        Arc::new(move |value| {
            let filter = past.filter.read();
            filter.pack.as_ref().map_or("", PackId::as_str) == value
        }),
        Box::new(move |value| {
            past.look(|filter| filter.pack = (!value.is_empty()).then(|| value.into()));
        }),
    )
}

fn touched(value: &str) -> Touched {
    match value {
        "changed" => Touched::Changed,
        "withdrawn" => Touched::Withdrawn,
        _ => Touched::Any,
    }
}

/// One vote. Its parts follow their own signals, so that a change elsewhere leaves it alone.
fn item(past: Past, id: ComparisonId) -> AnyView {
    let element = element_id(&id);
    let heading = format!("{element}-prompt");
    let with_answers = RwSignal::new(false);
    let row = {
        let id = id.clone();
        Memo::new(move |_| past.row(&id))
    };
    let prompt = move || {
        let text = row.with(|row| row.as_ref().and_then(|row| row.prompt.clone()));
        text.unwrap_or_else(|| strings::history_no_prompt().to_owned())
    };
    let is_known = move || row.with(|row| row.as_ref().is_some_and(|row| row.prompt.is_some()));
    let english = attribute(move || is_known().then_some("en"));
    let facts = move || match row.get() {
        Some(row) => facts(past, &row.vote),
        None => ().into_any(),
    };
    let open = {
        let id = id.clone();
        Memo::new(move |_| past.is_open(&id))
    };
    let answers = move || {
        let row = row.get().filter(|_| with_answers.get() || open.get())?;
        Some(answers(past, &row.vote))
    };
    let controls = {
        let heading = heading.clone();
        move || match row.get() {
            Some(row) if open.get() => form(past, row),
            Some(row) => actions(past, row, with_answers, &heading),
            None => ().into_any(),
        }
    };
    let failure = move || {
        let (failed, why) = past.failed.get()?;
        (failed == id).then(|| {
            view! { <p class="notice" role="alert">{strings::history_not_saved()}" "{why}</p> }
                .into_any()
        })
    };
    view! {
        <li class="past card" id=element>
            <h2 class="past__prompt" id=heading tabindex="-1" lang=english>{words(prompt)}</h2>
            {live(facts)}
            {maybe(answers)}
            {live(controls)}
            {maybe(failure)}
        </li>
    }
    .into_any()
}

fn fact(name: &'static str, value: AnyView) -> AnyView {
    view! { <div><dt>{name}</dt><dd>{value}</dd></div> }.into_any()
}

fn time(at_ms: u64) -> AnyView {
    view! { <time datetime=dom::iso_time(at_ms)>{dom::local_time(at_ms)}</time> }.into_any()
}

fn facts(past: Past, vote: &Vote) -> AnyView {
    let now = vote.now();
    let touched = vote.before().map(|before| {
        let said = strings::history_said(before);
        view! {
            {fact(strings::history_changed_at(), time(now.at_ms))}
            {fact(strings::history_before(), said.into_any())}
        }
        .into_any()
    });
    let server = {
        let vote = vote.clone();
        move || {
            let standing = past.app.outbox.with(|entries| vote.on_server(entries));
            let said = strings::history_server(&standing)?;
            Some(fact(strings::history_server_label(), said.into_any()))
        }
    };
    view! {
        <p class="past__said" class:past__said--gone=now.withdrawn>{strings::history_said(now)}</p>
        <dl class="past__facts">
            {fact(strings::history_when(), time(vote.first().at_ms))}
            {fact(strings::pack_label(), strings::pack_title(now.pack.as_str()).into_any())}
            {touched}
            {fact(strings::history_chosen_label(), strings::history_chosen(now.policy).into_any())}
            {fact(strings::history_used_label(), strings::history_used(vote.used()).into_any())}
            {maybe(server)}
        </dl>
    }
    .into_any()
}

/// The answers in the order in which they were shown.
fn answers(past: Past, vote: &Vote) -> AnyView {
    let panes: Vec<AnyView> = vote
        .now()
        .shown
        .iter()
        .enumerate()
        .filter_map(|(at, id)| {
            let response = past.response(&vote.now().pack, id)?;
            let name = strings::answer(at);
            Some(
                view! {
                    <article class="answer">
                        <h3 class="answer__name">
                            <span class="answer__letter" aria-hidden="true">{strings::letter(at)}</span>
                            {name}
                        </h3>
                        {answer::body(&response.text, name)}
                    </article>
                }
                .into_any(),
            )
        })
        .collect();
    if panes.is_empty() {
        return view! { <p class="quiet">{strings::history_no_prompt()}</p> }.into_any();
    }
    view! { <div class="past__answers">{panes}</div> }.into_any()
}

fn actions(past: Past, row: Arc<Row>, with_answers: RwSignal<bool>, heading: &str) -> AnyView {
    let about = || heading.to_owned();
    let withdrawn = row.vote.now().withdrawn;
    let change = (!withdrawn).then(|| {
        let (one, two) = (row.clone(), row.clone());
        view! {
            <button type="button" class="button past__change" aria-describedby=about() on:click=click(move |_| past.open(&one.vote))>
                {strings::history_change()}
            </button>
            <button type="button" class="button" aria-describedby=about() on:click=click(move |_| past.withdraw(&two.vote))>
                {strings::history_withdraw()}
            </button>
        }
        .into_any()
    });
    let undo = row.vote.before().is_some().then(|| {
        let row = row.clone();
        let name = if withdrawn {
            strings::history_undo_withdrawal()
        } else {
            strings::history_undo_change()
        };
        view! {
            <button type="button" class="button past__undo" aria-describedby=about() on:click=click(move |_| past.undo(&row.vote))>
                {name}
            </button>
        }
        .into_any()
    });
    let label = move || {
        if with_answers.get() {
            strings::history_hide().to_owned()
        } else {
            strings::history_answers().to_owned()
        }
    };
    let expanded = words(move || with_answers.get().to_string());
    view! {
        <div class="actions">
            {change}
            {undo}
            <button
                type="button"
                class="link-button"
                aria-expanded=expanded
                aria-describedby=about()
                on:click=click(move |_| with_answers.update(|shown| *shown = !*shown))
            >
                {words(label)}
            </button>
        </div>
    }
    .into_any()
}

fn form(past: Past, row: Arc<Row>) -> AnyView {
    let id = row.vote.comparison().clone();
    let group = element_id(&id);
    let is_pair = row.vote.now().shown.len() == 2;
    let fields = if is_pair {
        pair_fields(past, &group)
    } else {
        many_fields(past, &group, row.vote.now().shown.len())
    };
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        past.save(&row.vote);
    };
    view! {
        <form class="past__form" on:submit=on_submit(save)>
            {fields}
            <div class="actions">
                <button type="submit" class="button button--primary">{strings::history_save()}</button>
                <button type="button" class="button" on:click=click(move |_| past.close(&id))>{strings::cancel()}</button>
            </div>
        </form>
    }
    .into_any()
}

/// A radio button that follows the draft.
fn option(
    past: Past,
    group: &str,
    label: &'static str,
    is: impl Fn(&Draft) -> bool + Send + 'static,
    set: impl Fn(&mut Draft) + 'static,
) -> AnyView {
    let checked = move || {
        past.draft
            .with(|draft| draft.as_ref().is_some_and(|(_, draft)| is(draft)))
    };
    let choose = move |_| {
        past.draft.update(|draft| {
            if let Some((_, draft)) = draft {
                set(draft);
            }
        });
    };
    view! {
        <label class="segment">
            <input type="radio" name=group.to_owned() prop:checked=flag(checked) on:change=on_event(choose) />
            <span>{label}</span>
        </label>
    }
    .into_any()
}

fn pair_fields(past: Past, group: &str) -> AnyView {
    let options: Vec<AnyView> = Choice::ALL
        .into_iter()
        .map(|choice| {
            option(
                past,
                group,
                strings::choice(choice),
                move |draft| *draft == Draft::Pair(choice),
                move |draft| *draft = Draft::Pair(choice),
            )
        })
        .collect();
    view! {
        <fieldset>
            <legend>{strings::history_new_vote()}</legend>
            <div class="segments">{options}</div>
        </fieldset>
    }
    .into_any()
}

fn many_fields(past: Past, group: &str, count: usize) -> AnyView {
    let outcomes = [
        Outcome::Ranked,
        Outcome::Equal,
        Outcome::AllUnacceptable,
        Outcome::CantTell,
        Outcome::Skip,
    ];
    let options: Vec<AnyView> = outcomes
        .into_iter()
        .map(|outcome| {
            option(
                past,
                group,
                strings::history_outcome(outcome),
                move |draft| matches!(draft, Draft::Many(held, _) if *held == outcome),
                move |draft| {
                    if let Draft::Many(held, _) = draft {
                        *held = outcome;
                    }
                },
            )
        })
        .collect();
    let ranks: Vec<AnyView> = (0..count)
        .map(|at| rank_field(past, group, at, count))
        .collect();
    view! {
        <fieldset>
            <legend>{strings::history_new_vote()}</legend>
            <div class="segments">{options}</div>
            <div class="past__ranks">{ranks}</div>
        </fieldset>
    }
    .into_any()
}

fn rank_field(past: Past, group: &str, at: usize, count: usize) -> AnyView {
    let field = format!("{group}-rank-{at}");
    let held = move |rank: usize| {
        past.draft.with(|draft| {
            matches!(draft, Some((_, Draft::Many(_, ranks))) if ranks.get(at) == Some(&rank))
        })
    };
    let options: Vec<AnyView> = (1..=count)
        .map(|rank| {
            view! { <option value=rank.to_string() prop:selected=flag(move || held(rank))>{rank}</option> }.into_any()
        })
        .collect();
    let choose = move |event| {
        let rank = event_target_value(&event).parse().unwrap_or(1);
        past.draft.update(|draft| {
            if let Some((_, draft)) = draft {
                draft.rank(at, rank);
            }
        });
    };
    view! {
        <div class="field">
            <label for=field.clone()>{strings::history_rank(strings::letter(at))}</label>
            <select id=field on:change=on_event(choose)>{options}</select>
        </div>
    }
    .into_any()
}
