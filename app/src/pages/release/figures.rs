//! Agreement and biases of each pack, and how much there is: drawn, and as tables.

use leptos::prelude::*;
use palate_shared::api::figures::{Figures, PackFigures};
use palate_shared::api::releases::Release;
use palate_shared::stats::{Estimate, Share};

use super::{counts, part};
use crate::components::chart::odds_bar;
use crate::components::table::{Cell, captioned, line};
use crate::words::percent;
use crate::{locale, strings};

pub(super) fn section(release: &Release) -> AnyView {
    let shown = part::<Figures>(release, "figures.json", |figures| {
        view! {
            {together(&figures.packs)}
            {counts::section(&figures)}
        }
        .into_any()
    });
    shown.unwrap_or_else(|| ().into_any())
}

/// One measure of a pack.
struct Measure {
    name: &'static str,
    /// Where it lies between the ends of its scale.
    place: Share,
    said: String,
    on: String,
}

fn together(packs: &[PackFigures]) -> AnyView {
    let content = if packs.is_empty() {
        view! { <p class="quiet">{strings::figures_no_pack()}</p> }.into_any()
    } else {
        let drawn: Vec<AnyView> = packs.iter().map(pack).collect();
        view! {
            <div class="described">{drawn}</div>
            <details>
                <summary>{strings::figures_table()}</summary>
                {in_figures(packs)}
            </details>
        }
        .into_any()
    };
    view! {
        <section class="release-part" id="together">
            <h2>{strings::figures_heading()}</h2>
            <p>{strings::figures_lead()}</p>
            {content}
        </section>
    }
    .into_any()
}

/// Name for people, where the pack comes with the site.
fn title(pack: &str) -> AnyView {
    let title = strings::pack_title(pack);
    if title == strings::pack_elsewhere() {
        view! { <code>{pack.to_owned()}</code> }.into_any()
    } else {
        title.into_any()
    }
}

fn pack(pack: &PackFigures) -> AnyView {
    let measures: Vec<AnyView> = measures(pack)
        .into_iter()
        .map(|measure| {
            view! {
                <li>
                    <span class="race__name">{measure.name}</span>
                    <span class="race__said">{measure.said}</span>
                    {odds_bar(measure.place)}
                    <span class="table__range">{measure.on}</span>
                </li>
            }
            .into_any()
        })
        .collect();
    view! {
        <figure class="figure">
            <figcaption><strong>{title(&pack.pack)}</strong></figcaption>
            <ul class="race">{measures}</ul>
        </figure>
    }
    .into_any()
}

fn measures(pack: &PackFigures) -> Vec<Measure> {
    let alpha = pack.alpha.map(|Estimate { value, low, high }| {
        let two = |value| locale::decimal(value, 2);
        // From -1 to 1, so that chance is in the middle.
        let half = |value: f64| ((value + 1.0) / 2.0).clamp(0.0, 1.0);
        Measure {
            name: strings::figures_alpha(),
            place: Share {
                value: half(value),
                low: half(low),
                high: half(high),
                n: 0,
            },
            said: strings::figure_between(two(value), two(low), two(high)),
            on: strings::figure_judgments(pack.judgments, pack.pairs, pack.people),
        }
    });
    let share = |name, share: Option<Share>| {
        share.map(|share| Measure {
            name,
            place: share,
            said: strings::figure_between(
                percent(share.value),
                percent(share.low),
                percent(share.high),
            ),
            on: strings::figure_decided(share.n as usize),
        })
    };
    alpha
        .into_iter()
        .chain(share(strings::figures_first(), pack.first_shown))
        .chain(share(strings::figures_longer(), pack.longer))
        .collect()
}

fn in_figures(packs: &[PackFigures]) -> AnyView {
    let two = |value| locale::decimal(value, 2);
    let estimate = |found: Option<Estimate>, said: fn(f64) -> String, on: String| {
        found.map_or_else(Cell::default, |Estimate { value, low, high }| Cell {
            value: said(value),
            range: format!("{}; {on}", strings::range(said(low), said(high))),
            verdict: "",
        })
    };
    let share = |found: Option<Share>| {
        let interval = found.map(Estimate::from);
        let votes = found.map_or(0, |share| share.n as usize);
        estimate(interval, percent, strings::figure_decided(votes))
    };
    let rows = packs
        .iter()
        .map(|pack| {
            let on = || strings::figure_judgments(pack.judgments, pack.pairs, pack.people);
            let cells = vec![
                estimate(pack.alpha, two, on()),
                estimate(pack.percent, percent, on()),
                share(pack.first_shown),
                share(pack.longer),
            ];
            line(title(&pack.pack), cells)
        })
        .collect();
    let columns = [
        strings::sample_pack(),
        strings::figures_alpha(),
        strings::figures_percent(),
        strings::figures_first(),
        strings::figures_longer(),
    ];
    captioned(strings::figures_heading().to_owned(), &columns, rows)
}
