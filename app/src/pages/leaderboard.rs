//! `/leaderboard`: makers of answers, rated over all published votes, and beside that for the visitor alone.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use palate_shared::api::leaderboard::{Cohort, LENGTH_VOTES, Leaderboard};
use palate_shared::routes;
use palate_shared::stats::FEWEST_PEOPLE;

use crate::components::select::select;
use crate::components::{for_you, ratings};
use crate::error::Error;
use crate::lazy::Loaded;
use crate::live::{flag, live, on_event};
use crate::state::App;
use crate::{api, packs, strings};

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    pack: String,
    topic: String,
    style: bool,
    cohort: String,
}

impl Asked {
    fn read(search: &str) -> Self {
        let mut asked = Self::default();
        for field in search.trim_start_matches('?').split('&') {
            let Some((name, value)) = field.split_once('=') else {
                continue;
            };
            let value = js_sys::decode_uri_component(&value.replace('+', "%20"));
            let value = value.map(String::from).unwrap_or_default();
            match name {
                "pack" => asked.pack = value,
                "topic" => asked.topic = value,
                "style" => asked.style = value == "true",
                "cohort" => asked.cohort = value,
                _ => {}
            }
        }
        asked
    }

    fn query(&self) -> String {
        let style = if self.style { "true" } else { "" };
        let fields = [
            ("pack", self.pack.as_str()),
            ("topic", &self.topic),
            ("style", style),
            ("cohort", &self.cohort),
        ];
        let fields = fields.iter().filter(|(_, value)| !value.is_empty());
        let fields: Vec<String> = fields
            .map(|(name, value)| format!("{name}={}", js_sys::encode_uri_component(value)))
            .collect();
        match fields.is_empty() {
            true => String::new(),
            false => format!("?{}", fields.join("&")),
        }
    }
}

type Found = Option<Result<Leaderboard, Error>>;

/// The page.
#[leptos::wasm_split::wasm_split(leaderboard, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn page() -> Loaded {
    Ok(view())
}

fn view() -> AnyView {
    let app = App::get();
    let search = use_location().search;
    let asked = Memo::new(move |_| Asked::read(&search.read()));
    let found: RwSignal<Found> = RwSignal::new(None);
    Effect::new(move |_| {
        let wanted = asked.get();
        spawn_local(async move {
            let answer = api::get(&format!("{}{}", routes::LEADERBOARD, wanted.query())).await;
            if asked.try_get_untracked().as_ref() == Some(&wanted) {
                drop(found.try_set(Some(answer)));
            }
        });
    });
    let navigate = use_navigate();
    let go = Callback::new(move |asked: Asked| {
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&format!("/leaderboard{}", asked.query()), options);
    });
    // The choices stay the same elements while a view gives way to another, so that the focus stays where it is.
    let offered = Memo::new(move |_| {
        found.with(|found| match found {
            Some(Ok(board)) => Some((board.packs.clone(), board.pack.clone())),
            _ => None,
        })
    });
    let choices = move || match offered.get() {
        Some((packs, Some(pack))) => choices(&packs, pack.as_str(), asked, go),
        _ => ().into_any(),
    };
    let mine = for_you::ForYou::new(app);
    Effect::new(move |_| {
        let pack = offered.get().and_then(|(_, pack)| pack);
        mine.follow(pack.map(|pack| pack.0), asked.read().topic.clone());
    });
    let content = move || {
        match found.get() {
        None => view! { <p class="quiet">{strings::loading()}</p> }.into_any(),
        Some(Err(error)) => {
            view! { <p class="notice" role="alert">{strings::board_failed()}" "{error.to_string()}</p> }
                .into_any()
        }
        Some(Ok(board)) => content(&board, mine),
    }
    };
    view! {
        <div class="column column--wide">
            <h1 class="page-title">{strings::board_heading()}</h1>
            <p class="lead">{strings::board_lead()}</p>
            {live(choices)}
            {live(content)}
        </div>
    }
    .into_any()
}

fn choices(
    offered: &[palate_shared::api::leaderboard::BoardPack],
    pack: &str,
    asked: Memo<Asked>,
    go: Callback<Asked>,
) -> AnyView {
    let name = |id: &str, title: &str| match packs::known(id) {
        Some(id) => strings::pack_title(id).to_owned(),
        None => title.to_owned(),
    };
    let named = offered
        .iter()
        .map(|one| (one.id.0.clone(), name(one.id.as_str(), &one.title)));
    let first = pack.to_owned();
    let of_pack = select(
        "topic",
        strings::pack_label(),
        None,
        named.collect(),
        std::sync::Arc::new(move |id| {
            let asked = asked.read();
            match asked.pack.is_empty() {
                true => id == first,
                false => id == asked.pack,
            }
        }),
        Box::new(move |pack| {
            go.run(Asked {
                pack,
                topic: String::new(),
                ..asked.get_untracked()
            });
        }),
    );
    let topics = offered.iter().find(|one| one.id.as_str() == pack);
    let topics = topics.into_iter().flat_map(|one| &one.topics);
    let topics = topics.map(|topic| (topic.clone(), topic.clone()));
    let all = (String::new(), strings::topic_all().to_owned());
    let of_topic = select(
        "topic",
        strings::topic_label(),
        Some("en"),
        std::iter::once(all).chain(topics).collect(),
        std::sync::Arc::new(move |topic| asked.read().topic == topic),
        Box::new(move |topic| {
            go.run(Asked {
                topic,
                ..asked.get_untracked()
            })
        }),
    );
    let cohorts = Cohort::ALL.map(|cohort| {
        let name = match cohort {
            Cohort::All => strings::board_all(),
            Cohort::Settled => strings::board_settled(),
            Cohort::Longer => strings::board_longer(),
            Cohort::Shorter => strings::board_shorter(),
        };
        (cohort.name().to_owned(), name.to_owned())
    });
    let of_people = select(
        "topic",
        strings::board_cohort(),
        None,
        cohorts.into(),
        std::sync::Arc::new(move |cohort| {
            let asked = asked.read();
            match asked.cohort.is_empty() {
                true => cohort == Cohort::All.name(),
                false => cohort == asked.cohort,
            }
        }),
        Box::new(move |cohort| {
            go.run(Asked {
                cohort,
                ..asked.get_untracked()
            })
        }),
    );
    let turn = on_event(move |_| {
        let now = asked.get_untracked();
        go.run(Asked {
            style: !now.style,
            ..now
        });
    });
    view! {
        <div class="topics">
            {of_pack}
            {of_topic}
            {of_people}
            <label class="topic">
                <input type="checkbox" role="switch" prop:checked=flag(move || asked.read().style) on:change=turn />
                <span>{strings::board_style()}</span>
            </label>
        </div>
    }
    .into_any()
}

fn content(board: &Leaderboard, mine: for_you::ForYou) -> AnyView {
    if board.pack.is_none() {
        return view! { <p class="lead">{strings::board_none()}</p>{invitation()} }.into_any();
    }
    let cohort = match board.cohort {
        Cohort::All => String::new(),
        Cohort::Settled => strings::board_settled_note().to_owned(),
        Cohort::Longer | Cohort::Shorter => strings::board_cohort_note(LENGTH_VOTES),
    };
    let style = board.style.then(strings::board_style_note);
    let notes = [cohort.as_str(), style.unwrap_or_default()];
    let notes: Vec<AnyView> = notes
        .into_iter()
        .filter(|note| !note.is_empty())
        .map(|note| view! { <p class="quiet">{note.to_owned()}</p> }.into_any())
        .collect();
    let figures = match &board.figures {
        Some(figures) => ratings::ratings(board, figures, mine),
        None => view! {
            <p class="notice" data-testid="board-few">{strings::board_few(FEWEST_PEOPLE)}</p>
            {invitation()}
            {mine.alone()}
        }
        .into_any(),
    };
    view! {
        {notes}
        {figures}
        {ratings::weighed(board)}
        <p class="quiet">{strings::board_left_out()}</p>
    }
    .into_any()
}

fn invitation() -> AnyView {
    view! {
        <p class="actions">
            <a class="button button--primary" href="/rank">{strings::board_rank_link()}</a>
            <a class="button" href="/me/data">{strings::board_contribute_link()}</a>
        </p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_left_out_stands_in_the_address() {
        assert_eq!(Asked::default().query(), "");
        assert_eq!(Asked::read(""), Asked::default());
    }
}
