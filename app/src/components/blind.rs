//! The blind test: two answers without names, and what all tests of this person say together.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::blind_tests::BlindTestTotals;
use palate_shared::stats::{Share, TOO_EARLY};

use crate::components::chart::odds_bar;
use crate::components::stream::lane_text;
use crate::components::table::{Cell, captioned, line};
use crate::live::{click, live, maybe};
use crate::round::Choice;
use crate::state::App;
use crate::trying::blind::{Count, Pair, STRATEGIES, Tests};
use crate::trying::{Trying, kept_tests, picking};
use crate::words::percent;
use crate::{api, strings};

/// What can be said in a test.
const CHOICES: [Choice; 5] = [
    Choice::First,
    Choice::Second,
    Choice::Equal,
    Choice::BothBad,
    Choice::CantTell,
];

/// The test of these two answers.
pub(crate) fn board(app: App, trying: Trying, pair: Pair) -> AnyView {
    let panes: Vec<AnyView> = pair
        .shown()
        .into_iter()
        .enumerate()
        .map(|(place, at)| {
            let name = strings::answer(place);
            view! {
                <article class="answer" aria-label=name>
                    <h3 class="answer__name">
                        <span class="answer__letter" aria-hidden="true">{strings::letter(place)}</span>
                        {name}
                    </h3>
                    {lane_text(trying, at)}
                </article>
            }
            .into_any()
        })
        .collect();
    let buttons: Vec<AnyView> = CHOICES
        .into_iter()
        .map(|choice| {
            let is_main = matches!(choice, Choice::First | Choice::Second);
            view! {
                <button type="button" class="vote" class:vote--main=is_main on:click=click(move |_| picking::judge(trying, app, pair, choice))>
                    <span class="vote__label">{strings::choice(choice)}</span>
                </button>
            }
            .into_any()
        })
        .collect();
    view! {
        <section class="board" aria-labelledby="try-result">
            <h2 id="try-result" tabindex="-1">{strings::try_blind_heading()}</h2>
            <p>{strings::try_blind_note()}</p>
            <div class="answers">{panes}</div>
            <div class="votes" role="group" aria-label=strings::votes_label()>{buttons}</div>
            <p>
                <button type="button" class="link-button" on:click=click(move |_| picking::judge(trying, app, pair, Choice::Skip))>
                    {strings::try_blind_skip()}
                </button>
            </p>
        </section>
    }
    .into_any()
}

/// What the tests say, on `/me`; a pointer to them while there are none.
pub(crate) fn summary(app: App) -> AnyView {
    let tests = RwSignal::new(Tests::default());
    let totals = RwSignal::new(None::<BlindTestTotals>);
    spawn_local(async move {
        // What could not be sent then counts now, if it can be sent.
        drop(kept_tests::send(app).await);
        let own = kept_tests::read(app).await;
        let has_own = own != Tests::default();
        drop(tests.try_set(own));
        // Who has asked the server for nothing yet goes on so. Without a network the own figures are all that is shown.
        if has_own {
            _ = totals.try_set(api::blind_tests().await.ok());
        }
    });
    let own = move || tests.with(|tests| own(app, tests));
    let everybody = move || totals.with(|totals| totals.as_ref().and_then(everybody));
    let forget = move || {
        tests.with(|tests| *tests != Tests::default()).then(|| {
            let forget = move |_| {
                spawn_local(async move {
                    if kept_tests::forget(app).await.is_ok() {
                        app.say(strings::try_deleted());
                        drop(tests.try_set(Tests::default()));
                    }
                });
            };
            view! { <p><button type="button" class="link-button" on:click=click(forget)>{strings::blind_forget()}</button></p> }
                .into_any()
        })
    };
    view! {
        <section data-testid="blind">
            <h2>{strings::blind_heading()}</h2>
            <p>{strings::blind_note()}</p>
            {live(own)}
            {maybe(everybody)}
            {maybe(forget)}
        </section>
    }
    .into_any()
}

fn own(app: App, tests: &Tests) -> AnyView {
    let all = Count::of(&tests.tests, None);
    let same = (tests.same > 0).then(|| {
        view! { <p class="quiet">{strings::blind_same(tests.same as usize)}</p> }.into_any()
    });
    if all.tests == 0 {
        let words = if app.votes.get() == 0 {
            strings::blind_none_yet()
        } else {
            strings::blind_none()
        };
        return view! { <p>{words}" "<a href="/try">{strings::blind_link()}</a></p>{same} }
            .into_any();
    }
    let rows: Vec<AnyView> = STRATEGIES
        .into_iter()
        .map(|strategy| (strategy, Count::of(&tests.tests, Some(strategy))))
        .filter(|(_, count)| count.tests > 0)
        .map(|(strategy, count)| {
            let rate = count.rate().filter(|_| count.decided() >= TOO_EARLY);
            let share = match rate {
                Some(share) => Cell {
                    value: percent(share.value),
                    range: strings::range(percent(share.low), percent(share.high)),
                    verdict: "",
                },
                None => Cell::plain(strings::me_too_early().to_owned()),
            };
            let cells = vec![
                Cell::plain(count.personal.to_string()),
                Cell::plain(count.default.to_string()),
                Cell::plain(count.undecided().to_string()),
                share,
            ];
            line(strings::blind_strategy(strategy).into_any(), cells)
        })
        .collect();
    let columns = [
        strings::blind_col_how(),
        strings::blind_col_pick(),
        strings::blind_col_default(),
        strings::blind_col_neither(),
        strings::blind_col_rate(),
    ];
    view! {
        {rate(all)}
        {captioned(strings::blind_tests_count(all.tests as usize), &columns, rows)}
        {same}
    }
    .into_any()
}

/// How often the pick won, once that says anything.
fn rate(count: Count) -> AnyView {
    let decided = count.decided();
    match count.rate() {
        Some(share) if decided >= TOO_EARLY => {
            let [value, low, high] = [share.value, share.low, share.high].map(percent);
            let what = verdict(share);
            view! { <p><strong>{strings::blind_rate(value, low, high)}</strong>" "{what}</p>{odds_bar(share)} }.into_any()
        }
        _ => view! { <p>{strings::blind_too_early(decided as usize, TOO_EARLY)}</p> }.into_any(),
    }
}

fn verdict(share: Share) -> &'static str {
    if share.low > 0.5 {
        strings::blind_helps()
    } else if share.high < 0.5 {
        strings::blind_harms()
    } else {
        strings::blind_open()
    }
}

/// Tests of everybody who contributes; nothing while there are none.
fn everybody(totals: &BlindTestTotals) -> Option<AnyView> {
    if totals.tests == 0 {
        return None;
    }
    let rate = match totals.rate {
        Some(rate) => {
            let [value, low, high] = rate.map(percent);
            strings::blind_everybody_rate(value, low, high)
        }
        None => strings::blind_everybody_few().to_owned(),
    };
    let counts = strings::blind_everybody(
        totals.tests,
        totals.people,
        totals.personal,
        totals.default,
        totals.undecided,
    );
    Some(view! { <p class="quiet">{counts}" "{rate}</p> }.into_any())
}
