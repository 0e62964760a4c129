//! Recipes of simulated people give sound data sets.

use std::collections::BTreeSet;
use std::path::Path;

use palate_lab::data::{self, Dataset, Part};
use palate_lab::protocol::{Cell, Shares, split};
use palate_lab::recipes::{ALL, Inputs, find};

fn make(name: &str, seed: u64) -> Dataset {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import/persona");
    let inputs = Inputs {
        seed,
        source: Some(source),
    };
    (find(name).expect("is listed").make)(&inputs).expect("is made")
}

#[test]
fn every_recipe_is_simulated_reproducible_and_fills_a_cell_of_unseen_people() {
    for recipe in ALL {
        let data = make(recipe.name, 1);
        assert!(data.about.simulated, "{}", recipe.name);
        assert!(data == make(recipe.name, 1), "{}", recipe.name);
        assert!(data.pairs != make(recipe.name, 2).pairs, "{}", recipe.name);
        let folder = tempfile::tempdir().expect("a temporary folder");
        data.write(folder.path()).expect("writes");
        assert!(
            data::read(folder.path()).expect("reads") == data,
            "{}",
            recipe.name
        );
        let cells = split(&data, &Shares::default(), 1).expect("splits").cells;
        assert!(!cells[&Cell::UnseenSeen].is_empty(), "{}", recipe.name);
    }
    let error = find("none")
        .err()
        .expect("there is no such recipe")
        .to_string();
    assert!(error.contains("pets"), "{error}");
}

#[test]
fn pets_divide_people_over_dogs_and_cats_only() {
    let data = make("pets", 3);
    assert_eq!(data.items.len(), 360);
    let animal = |item: usize| data.items[item].id.split('-').next().unwrap_or_default();
    let mut votes: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut divergent = 0;
    for pair in &data.pairs {
        let two = (animal(pair.chosen), animal(pair.rejected));
        votes.insert(two);
        divergent += usize::from(matches!(two, ("dog", "cat") | ("cat", "dog")));
        if two == ("dog", "cat") {
            assert_eq!(data.users[pair.user].attributes, [1.0]);
        }
        assert!(two.0 != "rabbit" && two.1 != "bird", "{two:?}");
    }
    assert_eq!(votes.len(), 7, "{votes:?}");
    let share = divergent as f64 / data.pairs.len() as f64;
    assert!((share - 0.5).abs() < 0.02, "{share}");
}

#[test]
fn people_of_reviews_prefer_what_is_nearer_and_only_corners_train() {
    let data = make("reviews", 3);
    assert_eq!((data.items.len(), data.prompts.len()), (320, 16));
    let place = |item: usize| -> [f64; 2] {
        let digits: Vec<f64> = data.items[item]
            .id
            .chars()
            .rev()
            .take(2)
            .filter_map(|digit| digit.to_digit(10).map(f64::from))
            .collect();
        [digits[1] / 2.0 - 1.0, digits[0] / 1.5 - 1.0]
    };
    for pair in &data.pairs {
        let user = &data.users[pair.user];
        let distance = |item: usize| {
            let place = place(item);
            (0..2)
                .map(|at| (place[at] - f64::from(user.attributes[at])).powi(2))
                .sum::<f64>()
        };
        assert!(
            distance(pair.chosen) + 0.199 < distance(pair.rejected),
            "{}",
            user.id
        );
        assert_eq!(
            data.items[pair.chosen].prompt,
            data.items[pair.rejected].prompt
        );
        if pair.split == Some(Part::Train) {
            assert!(user.id.starts_with("corner"));
        }
    }
    let words = |item: usize| {
        data.items[item]
            .text
            .as_deref()
            .unwrap_or_default()
            .split(' ')
            .count()
    };
    let longest = (0..data.items.len()).filter(|item| data.items[*item].id.ends_with('3'));
    assert!(longest.map(words).min() > Some(30));
}
