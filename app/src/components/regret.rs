//! What a personal pick saves: figures of simulated people from the laboratory, fetched when the page opens.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Deserialize;

use crate::components::chart::{Stepped, legend_line, stepped};
use crate::components::select::select;
use crate::components::table::{Cell, captioned, line};
use crate::error::Error;
use crate::live::live;
use crate::race::PICTURE;
use crate::words::percent;
use crate::{api, locale, strings};

/// Where the figures lie.
const URL: &str = "/figures/regret.json";
/// Pickers that know nobody, by how their lines look: none of them moves with examples.
const FIXED: [&str; 4] = ["random", "first", "longer", "population"];

/// Mean with its 95 % interval.
type Interval = [f64; 3];

/// What the page reads of the file; the laboratory writes more.
#[derive(Clone, Deserialize)]
struct Regrets {
    heads: String,
    people: usize,
    prompts: usize,
    examples: Vec<usize>,
    pickers: Vec<Picker>,
}

#[derive(Clone, Deserialize)]
struct Picker {
    id: String,
    regret: Vec<Interval>,
    best: Vec<Interval>,
}

impl Picker {
    fn is_fixed(&self) -> bool {
        FIXED.contains(&self.id.as_str())
    }

    fn name(&self) -> String {
        match self.id.as_str() {
            "random" => strings::regret_random().to_owned(),
            "first" => strings::regret_first().to_owned(),
            id => strings::method_named(id).unwrap_or(id).to_owned(),
        }
    }

    /// Number of its dash and colour.
    fn look(&self) -> usize {
        let fixed = FIXED.iter().position(|id| *id == self.id);
        fixed.unwrap_or(FIXED.len())
    }
}

/// Curve and tables.
pub(crate) fn regret() -> AnyView {
    let found = RwSignal::new(None::<Result<Arc<Regrets>, Error>>);
    spawn_local(async move {
        let answer = api::get::<Regrets>(URL).await.map(Arc::new);
        drop(found.try_set(Some(answer)));
    });
    let wanted = RwSignal::new(PICTURE.to_owned());
    let content = move || match found.get() {
        None => view! { <p class="quiet">{strings::loading()}</p> }.into_any(),
        Some(Err(error)) => {
            view! { <p class="notice">{strings::regret_failed()}" "{error.to_string()}</p> }
                .into_any()
        }
        Some(Ok(regrets)) => shown(regrets, wanted),
    };
    view! { <div class="prose__part">{live(content)}</div> }.into_any()
}

fn shown(regrets: Arc<Regrets>, wanted: RwSignal<String>) -> AnyView {
    let options = regrets
        .pickers
        .iter()
        .filter(|picker| !picker.is_fixed())
        .map(|picker| (picker.id.clone(), picker.name()))
        .collect();
    let choice = select(
        "topic",
        strings::regret_of(),
        None,
        options,
        Arc::new(move |id| *wanted.read() == *id),
        Box::new(move |id| wanted.set(id)),
    );
    let from = strings::regret_from(
        regrets.people,
        regrets.prompts,
        regrets.heads.get(..12).unwrap_or(&regrets.heads),
    );
    let regret = |picker: &Picker| -> Vec<Cell> {
        let two = |value: f64| locale::decimal(value, 2);
        cells(&picker.regret, two)
    };
    let best = |picker: &Picker| cells(&picker.best, percent);
    let tables = [
        in_figures(&regrets, strings::regret_table(), regret),
        in_figures(&regrets, strings::regret_best(), best),
    ];
    let figure = move || drawing(&regrets, &wanted.read());
    view! {
        {choice}
        {live(figure)}
        <p class="quiet">{from}</p>
        <details>
            <summary>{strings::regret_figures()}</summary>
            {tables.into_iter().collect::<Vec<_>>()}
        </details>
    }
    .into_any()
}

fn drawing(regrets: &Regrets, wanted: &str) -> AnyView {
    let drawn: Vec<&Picker> = regrets
        .pickers
        .iter()
        .filter(|picker| picker.is_fixed() || picker.id == wanted)
        .collect();
    let lines: Vec<Stepped<'_>> = drawn
        .iter()
        .map(|picker| Stepped {
            look: picker.look(),
            values: &picker.regret,
            with_band: !picker.is_fixed(),
        })
        .collect();
    let legend: Vec<AnyView> = drawn
        .iter()
        .filter_map(|picker| {
            let last = locale::decimal(picker.regret.last()?[0], 2);
            Some(
                view! { <li>{legend_line(picker.look())}{picker.name()}" "<strong>{last}</strong></li> }
                    .into_any(),
            )
        })
        .collect();
    view! {
        <figure class="figure">
            {stepped(strings::regret_label(), &regrets.examples, &lines)}
            <figcaption class="quiet">{strings::regret_axes()}</figcaption>
            <ul class="legend">{legend}</ul>
        </figure>
    }
    .into_any()
}

fn cells(values: &[Interval], said: impl Fn(f64) -> String) -> Vec<Cell> {
    let cell = |[value, low, high]: &Interval| Cell {
        value: said(*value),
        range: strings::range(said(*low), said(*high)),
        verdict: "",
    };
    values.iter().map(cell).collect()
}

/// Every picker, a column for each number of examples.
fn in_figures(regrets: &Regrets, caption: &str, cells: impl Fn(&Picker) -> Vec<Cell>) -> AnyView {
    let examples: Vec<String> = regrets.examples.iter().map(usize::to_string).collect();
    let mut columns = vec![strings::regret_picker()];
    columns.extend(examples.iter().map(String::as_str));
    let row = |picker: &Picker| line(picker.name().into_any(), cells(picker));
    let rows = regrets.pickers.iter().map(row).collect();
    captioned(caption.to_owned(), &columns, rows)
}
