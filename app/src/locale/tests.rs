use std::collections::BTreeSet;

use super::catalogue::{Entry, Fields};
use super::*;
use crate::strings;

const GERMAN: &str = include_str!("../../../public/locales/de.json");

/// Plural categories of the languages that can be chosen (Unicode CLDR), English aside.
const CATEGORIES: [(&str, &str, &[&str]); 1] = [("de", GERMAN, &["one", "other"])];

fn read(text: &str) -> Result<Fields<Entry>, serde_json::Error> {
    serde_json::from_str(text)
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0))
        .collect()
}

/// What a text must keep: a `{count}` may be a word in the form for one.
fn is_faithful(english: &str, translated: &str, category: &str) -> bool {
    let (mut wanted, mut found) = (placeholders(english), placeholders(translated));
    if category == "one" {
        wanted.remove("count");
        found.remove("count");
    }
    wanted == found
}

#[test]
fn every_language_has_its_file_and_its_categories() {
    let files: Vec<&str> = CATEGORIES.iter().map(|(code, ..)| *code).collect();
    let chosen: Vec<&str> = LANGUAGES.iter().map(|(code, _)| *code).skip(1).collect();
    assert_eq!(files, chosen);
}

#[test]
fn every_english_text_has_an_entry_and_none_is_stale() {
    let texts: BTreeSet<&str> = strings::all_texts().into_iter().collect();
    let counted: BTreeSet<&str> = strings::all_counted()
        .iter()
        .map(|(_, other)| *other)
        .collect();
    assert!(texts.is_disjoint(&counted), "a key has one meaning");
    for (code, file, _) in CATEGORIES {
        let entries = read(file).expect("reads");
        let (mut missing, mut stale) = (Vec::new(), Vec::new());
        for english in texts.union(&counted) {
            match (entries.get(english), counted.contains(english)) {
                (Some(Entry::Forms(_)), true) | (Some(Entry::Text(_)), false) => {}
                _ => missing.push(*english),
            }
        }
        for (key, _) in &entries.0 {
            if !texts.contains(key.as_str()) && !counted.contains(key.as_str()) {
                stale.push(key);
            }
        }
        assert!(missing.is_empty(), "{code} lacks {missing:#?}");
        assert!(stale.is_empty(), "{code} has stale {stale:#?}");
    }
}

#[test]
fn translations_keep_the_placeholders_and_have_every_form() {
    for (code, file, categories) in CATEGORIES {
        for (english, entry) in read(file).expect("reads").0 {
            let forms = match &entry {
                Entry::Text(text) => vec![("", text.as_str())],
                Entry::Forms(forms) => {
                    let found: Vec<&str> = forms
                        .0
                        .iter()
                        .map(|(category, _)| category.as_str())
                        .collect();
                    assert_eq!(found, categories, "{code}: {english}");
                    forms
                        .0
                        .iter()
                        .map(|(category, text)| (category.as_str(), text.as_str()))
                        .collect()
                }
            };
            for (category, text) in forms {
                assert!(!text.trim().is_empty(), "{code}: {english}");
                assert!(is_faithful(&english, text, category), "{code}: {text}");
            }
        }
    }
}

#[test]
fn english_forms_have_the_same_placeholders() {
    for (one, other) in strings::all_counted() {
        assert!(placeholders(other).contains("count"), "{other}");
        assert_eq!(placeholders(one), placeholders(other));
    }
}

/// Cardinals of Polish (Unicode CLDR).
fn polish(_: &str, count: usize) -> String {
    let category = match (count, count % 10, count % 100) {
        (1, ..) => "one",
        (_, 2..=4, tens) if !(12..=14).contains(&tens) => "few",
        _ => "many",
    };
    category.to_owned()
}

/// Makes this catalogue the one of this test.
fn speak_in(code: &'static str, file: &str, rule: fn(&str, usize) -> String) {
    let entries = read(file).expect("reads");
    SOURCE.set(Source::Catalogue(Box::leak(Box::new(Catalogue {
        code,
        entries,
        rule,
    }))));
}

#[test]
fn a_language_with_more_forms_gets_the_right_one() {
    speak_in(
        "pl",
        r#"{"{count} votes of {who}": {"one": "{count} głos, {who}", "few": "{count} głosy, {who}",
            "many": "{count} głosów, {who}", "other": "{count} głosu, {who}"}}"#,
        polish,
    );
    let said = |count| {
        counted(
            count,
            "{count} vote of {who}",
            "{count} votes of {who}",
            &[("who", &"A")],
        )
    };
    let all: Vec<String> = [1, 2, 5, 12, 22].map(said).into();
    assert_eq!(
        all,
        [
            "1 głos, A",
            "2 głosy, A",
            "5 głosów, A",
            "12 głosów, A",
            "22 głosy, A"
        ]
    );
}

#[test]
fn a_form_that_is_missing_falls_back_on_other_and_a_text_on_english() {
    let file = r#"{"{count} votes": {"other": "{count} głosu"}, "Close": "Zamknij"}"#;
    speak_in("pl", file, polish);
    assert_eq!(counted(2, "{count} vote", "{count} votes", &[]), "2 głosu");
    assert_eq!(text("Close"), "Zamknij");
    assert_eq!(text("Cancel"), "Cancel");
    assert_eq!(counted(1, "{count} pair", "{count} pairs", &[]), "1 pair");
    assert_eq!(filled("Open {what}", &[("what", &"it")]), "Open it");
}

#[test]
fn a_broken_catalogue_is_refused_and_the_page_stays_english() {
    for broken in [
        "",
        "[]",
        "null",
        r#"{"Close": 3}"#,
        r#"{"Close": null}"#,
        r#"{"Close": ["Zu"]}"#,
        r#"{"{count} votes": {"one": "eine"}}"#,
        r#"{"{count} votes": {"other": 3}}"#,
        r#"{"Close": "Schlie"#,
    ] {
        assert!(read(broken).is_err(), "{broken}");
    }
    assert_eq!(text("Close"), "Close");
    assert_eq!(counted(1, "{count} vote", "{count} votes", &[]), "1 vote");
    assert_eq!(counted(0, "{count} vote", "{count} votes", &[]), "0 votes");
    assert_eq!(code(), "en");
}

#[test]
fn unknown_placeholders_and_braces_stay() {
    let values: [(&str, &dyn Display); 1] = [("a", &1)];
    assert_eq!(fill("{a}, {b} and {", &values), "1, {b} and {");
    assert_eq!(fill("no values", &values), "no values");
    assert_eq!(fill("{a}{a}", &[("a", &"{b}")]), "{b}{b}");
}

#[test]
fn the_first_preferred_language_that_is_known_counts() {
    let of =
        |tags: &[&str]| preferred(&tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>());
    assert_eq!(of(&["de-AT", "en"]), "de");
    assert_eq!(of(&["en-US", "de"]), "en");
    assert_eq!(of(&["fr", "DE"]), "de");
    assert_eq!(of(&["fr", "den"]), "en");
    assert_eq!(of(&[]), "en");
}

#[test]
fn the_pseudo_language_is_longer_and_keeps_placeholders() {
    SOURCE.set(Source::Pseudo);
    for english in strings::all_texts() {
        let said = text(english);
        assert!(said.starts_with('⟦') && said.ends_with('⟧'), "{said}");
        assert_eq!(placeholders(english), placeholders(said));
    }
    let long = "A sentence that is as long as most of them are.";
    let ratio = text(long).chars().count() as f64 / long.len() as f64;
    assert!((1.3..1.45).contains(&ratio), "{ratio}");
    assert_eq!(
        counted(2, "{count} vote", "{count} votes", &[]),
        "⟦2 vötéš ~⟧"
    );
}

#[test]
fn what_the_worker_says_is_translated_with_its_values() {
    speak_in("de", GERMAN, |_, count| {
        if count == 1 { "one" } else { "other" }.to_owned()
    });
    let german = |english: &str| strings::arrived(english);
    assert_eq!(german("longer answers"), "längere Antworten");
    assert_eq!(
        german("warm, encouraging words, shorter answers"),
        format!(
            "{}, {}",
            german("warm, encouraging words"),
            german("shorter answers")
        )
    );
    let lesson = german("A little more sure that you like longer answers.");
    assert!(
        lesson.contains("längere Antworten") && !lesson.contains("sure"),
        "{lesson}"
    );
    let why = german("These two differ in length and says i, where your taste is least known.");
    assert!(
        why.contains(text("Length")) && why.contains(text("Says I")),
        "{why}"
    );
    let why = german(
        "These two differ in headings and bold and length, where your taste is least known.",
    );
    assert!(
        why.contains(text("Headings and bold")) && why.contains(text("Length")),
        "{why}"
    );
    assert_eq!(german("Nobody knows this."), "Nobody knows this.");
}
