//! A new study: its file, what is wrong with it, its settings.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::studies::{
    SourceError, SourceLayout, SourcePreview, SourceReport, StudyPolicy, StudySettings,
};
use web_sys::Event;

use super::fields::{field, number, typed};
use crate::components::select::by_place;
use crate::components::table::captioned;
use crate::components::{answer, board};
use crate::live::{click, flag, maybe, message, on_event, on_submit, words};
use crate::operating::{Operating, Place, Source};
use crate::{dom, markdown, strings};

/// Licence of a study that names none.
const NO_LICENCE: &str = "LicenseRef-unknown";

#[derive(Clone, Copy)]
struct Form {
    source: StoredValue<Option<Source>, LocalStorage>,
    file: RwSignal<String>,
    report: RwSignal<Option<SourceReport>>,
    said: RwSignal<String>,
    title: RwSignal<String>,
    guidelines: RwSignal<String>,
    consent: RwSignal<String>,
    licence: RwSignal<String>,
    overlap: RwSignal<String>,
    repeats: RwSignal<String>,
    floor: RwSignal<String>,
    policy: RwSignal<usize>,
    quota_per_person: RwSignal<String>,
    quota: RwSignal<String>,
}

impl Form {
    fn new() -> Self {
        let text = |text: &str| RwSignal::new(text.to_owned());
        Self {
            source: StoredValue::new_local(None),
            file: text(""),
            report: RwSignal::new(None),
            said: text(""),
            title: text(""),
            guidelines: text(strings::studies_first_guidelines()),
            consent: text(strings::studies_first_consent()),
            licence: text(""),
            overlap: text("3"),
            repeats: text("5"),
            floor: text("10"),
            policy: RwSignal::new(0),
            quota_per_person: text(""),
            quota: text(""),
        }
    }

    /// Settings as they stand. What is left empty has its default; the browser has checked the numbers.
    fn settings(self) -> StudySettings {
        let text = |held: RwSignal<String>| held.get_untracked().trim().to_owned();
        let number = |held: RwSignal<String>| text(held).parse::<u32>().ok();
        let licence = text(self.licence);
        StudySettings {
            title: text(self.title),
            guidelines: text(self.guidelines),
            consent_text: text(self.consent),
            licence: if licence.is_empty() {
                NO_LICENCE.to_owned()
            } else {
                licence
            },
            overlap: number(self.overlap).unwrap_or(3),
            repeats: f64::from(number(self.repeats).unwrap_or(0)) / 100.0,
            random_floor: f64::from(number(self.floor).unwrap_or(0)) / 100.0,
            policy: match self.policy.get_untracked() {
                0 => StudyPolicy::LeastAnnotated,
                _ => StudyPolicy::UniformRandom,
            },
            quota_per_person: number(self.quota_per_person),
            quota: number(self.quota),
        }
    }

    fn is_sound(self) -> bool {
        self.report.with(|report| {
            report
                .as_ref()
                .is_some_and(|report| report.errors_in_all == 0)
        })
    }
}

/// The form.
pub(super) fn form(operating: Operating) -> AnyView {
    let form = Form::new();
    let create = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Some(source) = form.source.get_value().filter(|_| form.is_sound()) else {
            return;
        };
        operating.run(async move {
            match source.create(&form.settings()).await? {
                (Some(study), _) => operating.show(Place::One(study.id)),
                (None, report) => drop(form.report.try_set(Some(report))),
            }
            Ok(())
        });
    };
    let is_ready = move || form.is_sound() && !operating.busy.get();
    let policies = [strings::studies_least(), strings::studies_uniform()];
    let policies = policies.map(str::to_owned).into();
    view! {
        <h2 tabindex="-1">{strings::studies_new()}</h2>
        {file(operating, form)}
        <form class="compare" on:submit=on_submit(create)>
            <h3>{strings::studies_settings()}</h3>
            {line("title", strings::studies_name(), strings::studies_name_note(), form.title, true)}
            {area("guidelines", strings::studies_guidelines(), strings::studies_guidelines_note(), form.guidelines)}
            {area("consent-text", strings::studies_consent(), strings::studies_consent_note(), form.consent)}
            <div class="pair">
                {number("overlap", strings::studies_overlap(), strings::studies_overlap_note(), (1, 1000), form.overlap)}
                {by_place("policy", strings::studies_policy(), None, policies, form.policy)}
                {number("floor", strings::studies_floor(), strings::studies_floor_note(), (0, 100), form.floor)}
                {number("repeats", strings::studies_repeats(), strings::studies_repeats_note(), (0, 50), form.repeats)}
                {number("quota-person", strings::studies_quota_person(), strings::studies_quota_note(), (1, 1_000_000), form.quota_per_person)}
                {number("quota", strings::studies_quota(), strings::studies_quota_note(), (1, 100_000_000), form.quota)}
            </div>
            {line("licence", strings::studies_licence(), strings::studies_licence_note(), form.licence, false)}
            <div>
                <button type="submit" class="button button--primary" disabled=flag(move || !is_ready())>{strings::studies_create()}</button>
                <p class="quiet">{words(move || if form.is_sound() { strings::studies_create_note() } else { strings::studies_create_first() }.to_owned())}</p>
            </div>
        </form>
    }
    .into_any()
}

fn file(operating: Operating, form: Form) -> AnyView {
    let choose = move |event: Event| {
        form.report.set(None);
        form.source.set_value(None);
        form.said.set(String::new());
        let Some((file, name)) = dom::chosen_files(&event).into_iter().next() else {
            return form.file.set(String::new());
        };
        form.file.set(name.clone());
        spawn_local(async move {
            match Source::read(&file, &name).await {
                Ok(source) => {
                    form.source.try_set_value(Some(source));
                    check(operating, form);
                }
                Err(error) => drop(form.said.try_set(error.to_string())),
            }
        });
    };
    let is_there = move || !form.file.with(String::is_empty) && !operating.busy.get();
    let report = move || form.report.with(|report| report.as_ref().map(self::report));
    view! {
        <section class="card studies__file" aria-labelledby="file-heading">
            <h3 id="file-heading">{strings::studies_file()}</h3>
            <div class="field">
                <label for="source">{strings::studies_choose()}</label>
                <input id="source" type="file" accept=".jsonl,.json,.ndjson,.csv,.parquet" aria-describedby="source-note" on:change=on_event(choose) />
                <p id="source-note" class="quiet">{strings::studies_choose_note()}</p>
            </div>
            <details class="more">
                <summary>{strings::studies_columns()}</summary>
                <ul class="studies__columns">
                    <li>{strings::studies_columns_pack()}" "<code>r#"{"prompt": "…", "responses": ["…", "…"]}"#</code></li>
                    <li>{strings::studies_columns_trl()}" "<code>"prompt, chosen, rejected"</code></li>
                    <li>{strings::studies_columns_arena()}" "<code>"prompt, response_a, response_b"</code></li>
                </ul>
            </details>
            <button type="button" class="button" disabled=flag(move || !is_there()) on:click=click(move |_| check(operating, form))>{strings::studies_check()}</button>
            <div role="status">
                <p class="form-message">{message(move || form.said.get())}</p>
                {maybe(report)}
            </div>
        </section>
    }
    .into_any()
}

fn check(operating: Operating, form: Form) {
    let Some(source) = form.source.try_get_value().flatten() else {
        return;
    };
    form.said.set(strings::studies_checking().to_owned());
    operating.run(async move {
        let found = source.check().await;
        form.said.try_set(String::new());
        form.report.try_set(Some(found?));
        Ok(())
    });
}

fn report(report: &SourceReport) -> AnyView {
    let layout = match report.layout {
        Some(SourceLayout::Pack) => strings::studies_layout_pack(),
        Some(SourceLayout::Preference) => strings::studies_layout_trl(),
        Some(SourceLayout::Arena) => strings::studies_layout_arena(),
        None => strings::studies_layout_none(),
    };
    let held = strings::studies_held(
        strings::studies_prompts(report.prompts as usize),
        strings::studies_answers(report.answers as usize),
        strings::studies_pairs(report.comparisons as usize),
    );
    let errors = report.errors_in_all as usize;
    let verdict = if errors == 0 {
        strings::studies_sound().to_owned()
    } else {
        strings::studies_errors(errors)
    };
    view! {
        <p><strong>{verdict}</strong>" "{layout}" "{held}</p>
        {(errors > 0).then(|| errors_table(&report.errors, errors))}
        {(errors == 0).then(|| previews(&report.preview))}
    }
    .into_any()
}

/// The first questions as participants would read them.
fn previews(previews: &[SourcePreview]) -> AnyView {
    let views: Vec<AnyView> = previews
        .iter()
        .map(|preview| {
            let panes: Vec<AnyView> = preview
                .answers
                .iter()
                .enumerate()
                .map(|(pane, text)| {
                    let name = strings::answer(pane);
                    board::framed(pane, Box::new(|| None), answer::body(text, name, None))
                })
                .collect();
            view! {
                <div class="board studies__preview">
                    <div class="prompt"><div class="answer__text">{markdown::render(&preview.prompt)}</div></div>
                    <div class="answers">{panes}</div>
                </div>
            }
            .into_any()
        })
        .collect();
    view! {
        <details class="more">
            <summary>{strings::studies_preview()}</summary>
            {views}
        </details>
    }
    .into_any()
}

fn errors_table(errors: &[SourceError], all: usize) -> AnyView {
    let rows: Vec<AnyView> = errors
        .iter()
        .map(|error| {
            let line = error.line.map_or_else(
                || strings::studies_whole_file().to_owned(),
                |line| line.to_string(),
            );
            view! {
                <tr>
                    <th scope="row">{line}</th>
                    <td><code>{error.column.clone().unwrap_or_default()}</code></td>
                    <td class="studies__words">{error.problem.clone()}</td>
                    <td class="studies__words">{error.advice.clone()}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let caption = if rows.len() < all {
        strings::studies_first_errors(rows.len(), all)
    } else {
        strings::studies_all_errors().to_owned()
    };
    let columns = [
        strings::studies_line(),
        strings::studies_column(),
        strings::studies_problem(),
        strings::studies_advice(),
    ];
    captioned(caption, &columns, rows)
}

/// A field with its label and what to put there.
fn line(
    id: &'static str,
    label: &'static str,
    note: &'static str,
    held: RwSignal<String>,
    required: bool,
) -> AnyView {
    let input = view! {
        <input id=id class="input" type="text" maxlength="200" autocomplete="off" required=required aria-describedby=format!("{id}-note")
            prop:value=held.get_untracked() on:input=typed(held) />
    };
    field(id, label, note, input.into_any())
}

fn area(
    id: &'static str,
    label: &'static str,
    note: &'static str,
    held: RwSignal<String>,
) -> AnyView {
    let input = view! {
        <textarea id=id rows="7" maxlength="20000" required aria-describedby=format!("{id}-note")
            prop:value=held.get_untracked() on:input=typed(held)></textarea>
    };
    field(id, label, note, input.into_any())
}
