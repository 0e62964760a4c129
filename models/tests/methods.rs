//! What every preference method must keep, on heads made for the purpose.

use std::collections::BTreeMap;

use burn::tensor::Device;
use palate_models::heads::{Heads, Table};
use palate_models::methods::baselines::{Coin, Longer};
use palate_models::methods::btl::{Population, RewardHeadConfig};
use palate_models::methods::empirical_bayes::EmpiricalBayes;
use palate_models::methods::pal_a::PalA;
use palate_models::methods::ridge::Ridge;
use palate_models::preference::{LabelledPair, PreferenceModel, logistic};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const DIMENSION: usize = 8;
const RANK: usize = 3;

fn normal(rng: &mut ChaCha8Rng) -> f32 {
    // Sum of twelve uniforms: mean 0, variance 1.
    (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0
}

/// Heads with random weights and `prototypes` prototypes.
fn tables(prototypes: usize) -> BTreeMap<String, Table> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut random = |shape: &[usize]| {
        let data = (0..shape.iter().product())
            .map(|_| normal(&mut rng))
            .collect();
        Table::new(shape, data)
    };
    let mut tables = BTreeMap::from([
        ("ridge.scale".to_owned(), Table::new(&[1], vec![0.7])),
        ("ridge.mean".to_owned(), random(&[DIMENSION])),
        ("eb.mean".to_owned(), random(&[DIMENSION])),
        ("eb.factor".to_owned(), random(&[DIMENSION, RANK])),
        (
            "pal.prototypes".to_owned(),
            random(&[prototypes, DIMENSION]),
        ),
        ("pal.constants".to_owned(), Table::new(&[2], vec![1.3, 3.0])),
    ]);
    let device = Device::flex();
    let config = RewardHeadConfig {
        dimension: DIMENSION,
        hidden: 4,
    };
    config
        .init(&device)
        .write(&mut tables)
        .expect("the CPU reads back");
    for layer in ["first", "second", "third"] {
        // As wide as a layer is before training.
        let mut small = |shape: &[usize]| {
            let mut table = random(shape);
            table.data.iter_mut().for_each(|value| *value *= 0.2);
            table
        };
        let layer = format!("pal.{layer}");
        tables.insert(format!("{layer}.weight"), small(&[DIMENSION, DIMENSION]));
        tables.insert(format!("{layer}.bias"), small(&[DIMENSION]));
    }
    tables
}

fn read(tables: &BTreeMap<String, Table>) -> Heads {
    let bytes = Heads::write(&serde_json::json!({}), tables).expect("shapes fit");
    Heads::read(&bytes).expect("it was just written")
}

fn methods(heads: &Heads) -> Vec<Box<dyn PreferenceModel>> {
    vec![
        Box::new(Coin),
        Box::new(Longer),
        Box::new(Population::from_heads(heads, DIMENSION).expect("tables are there")),
        Box::new(Ridge::from_heads(heads, DIMENSION).expect("tables are there")),
        Box::new(EmpiricalBayes::from_heads(heads, DIMENSION).expect("tables are there")),
        Box::new(PalA::from_heads(heads, DIMENSION).expect("tables are there")),
    ]
}

fn items(count: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count)
        .map(|_| (0..DIMENSION).map(|_| normal(&mut rng)).collect())
        .collect()
}

/// Pairs `(2i, 2i + 1)`, labelled by the first coordinate.
fn pairs<'a>(items: &[Vec<f32>], views: &'a [Vec<f32>]) -> Vec<LabelledPair<'a>> {
    views
        .chunks_exact(2)
        .zip(items.chunks_exact(2))
        .map(|(view, item)| LabelledPair {
            first: &view[0],
            second: &view[1],
            label: f64::from(u8::from(item[0][0] > item[1][0])),
        })
        .collect()
}

#[test]
fn margins_are_antisymmetric() {
    let items = items(20, 1);
    for model in methods(&read(&tables(5))) {
        let views = model.view((&items).into()).expect("rows fit");
        let state = model.fit(&pairs(&items, &views)).expect("pairs fit");
        for other in &views[1..] {
            let forward = model.margin(&state, &views[0], other);
            let backward = model.margin(&state, other, &views[0]);
            assert!(
                (forward.mean + backward.mean).abs() < 1e-9,
                "{}",
                model.id()
            );
            assert!(
                (forward.variance - backward.variance).abs() < 1e-9,
                "{}",
                model.id()
            );
            assert!((forward.probability() + backward.probability() - 1.0).abs() < 1e-9);
        }
    }
}

#[test]
fn the_order_of_votes_is_without_effect() {
    let items = items(40, 2);
    for model in methods(&read(&tables(5))) {
        let views = model.view((&items).into()).expect("rows fit");
        let mut pairs = pairs(&items, &views);
        let forward = model.fit(&pairs).expect("pairs fit");
        pairs.reverse();
        let backward = model.fit(&pairs).expect("pairs fit");
        let difference = forward
            .values
            .iter()
            .zip(&backward.values)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(difference < 1e-6, "{}: {difference}", model.id());
    }
}

#[test]
fn a_vote_and_its_mirror_teach_the_same() {
    let items = items(2, 3);
    for model in methods(&read(&tables(5))) {
        let views = model.view((&items).into()).expect("rows fit");
        let fit = |first: usize, label: f64| {
            let pair = LabelledPair {
                first: &views[first],
                second: &views[1 - first],
                label,
            };
            model.fit(&[pair]).expect("the pair fits").values
        };
        let (a, b) = (fit(0, 1.0), fit(1, 0.0));
        assert!(
            a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-6),
            "{}",
            model.id()
        );
    }
}

#[test]
fn a_tie_between_equals_changes_no_mean() {
    let items = items(2, 4);
    let model = Ridge::new("test", 1.0, vec![0.0; DIMENSION]);
    let views = model.view((&items).into()).expect("rows fit");
    let tie = LabelledPair {
        first: &views[0],
        second: &views[1],
        label: 0.5,
    };
    let state = model.fit(&[tie]).expect("the pair fits");
    let margin = model.margin(&state, &views[0], &views[1]);
    let prior = model.margin(&model.fit(&[]).expect("no pairs fit"), &views[0], &views[1]);
    assert!(margin.mean.abs() < 1e-9 && margin.variance < prior.variance);
}

#[test]
fn no_votes_give_the_population() {
    let items = items(2, 5);
    let heads = read(&tables(5));
    let model = EmpiricalBayes::from_heads(&heads, DIMENSION).expect("tables are there");
    let views = model.view((&items).into()).expect("rows fit");
    let state = model.fit(&[]).expect("no pairs fit");
    let mean = heads
        .data("eb.mean", &[DIMENSION])
        .expect("the table is there");
    let expected: f32 = items[0]
        .iter()
        .zip(&items[1])
        .zip(mean)
        .map(|((a, b), m)| (a - b) * m)
        .sum();
    let margin = model.margin(&state, &views[0], &views[1]);
    assert!((margin.mean - f64::from(expected)).abs() < 1e-4 && margin.variance > 0.0);
}

#[test]
fn the_posterior_narrows_with_votes() {
    let items = items(60, 6);
    let heads = read(&tables(5));
    let models: [Box<dyn PreferenceModel>; 2] = [
        Box::new(Ridge::from_heads(&heads, DIMENSION).expect("tables are there")),
        Box::new(EmpiricalBayes::from_heads(&heads, DIMENSION).expect("tables are there")),
    ];
    for model in models {
        let views = model.view((&items).into()).expect("rows fit");
        let pairs = pairs(&items, &views);
        let variance = |count: usize| {
            let state = model.fit(&pairs[..count]).expect("pairs fit");
            model.margin(&state, &views[0], &views[1]).variance
        };
        // Not monotonic vote by vote: a vote that moves the mode also changes the curvature of earlier ones.
        let (prior, few, many) = (variance(0), variance(5), variance(30));
        assert!(
            few < prior && many < 0.6 * prior,
            "{}: {prior} {few} {many}",
            model.id()
        );
    }
}

#[test]
fn linear_methods_recover_a_taste() {
    let heads = read(&tables(5));
    let train = items(400, 7);
    let test = items(400, 8);
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let factor = heads
        .data("eb.factor", &[DIMENSION, RANK])
        .expect("the table is there")
        .to_vec();
    let mean = heads
        .data("eb.mean", &[DIMENSION])
        .expect("the table is there")
        .to_vec();
    let (mut ridge_right, mut eb_right, mut count) = (0.0, 0.0, 0.0);
    for _ in 0..30 {
        // A person from the prior that empirical Bayes knows.
        let latent: Vec<f32> = (0..RANK).map(|_| normal(&mut rng)).collect();
        let weights: Vec<f32> = (0..DIMENSION)
            .map(|at| {
                mean[at]
                    + (0..RANK)
                        .map(|k| factor[at * RANK + k] * latent[k])
                        .sum::<f32>()
            })
            .collect();
        let reward =
            |item: &Vec<f32>| -> f32 { item.iter().zip(&weights).map(|(x, w)| x * w).sum() };
        let labels: Vec<f64> = train
            .chunks_exact(2)
            .take(6)
            .map(|pair| {
                let p = logistic(f64::from(reward(&pair[0]) - reward(&pair[1])));
                f64::from(u8::from(rng.random_bool(p)))
            })
            .collect();
        let score = |model: &dyn PreferenceModel| {
            let views = model.view((&train).into()).expect("rows fit");
            let pairs: Vec<LabelledPair<'_>> = views
                .chunks_exact(2)
                .zip(&labels)
                .map(|(pair, label)| LabelledPair {
                    first: &pair[0],
                    second: &pair[1],
                    label: *label,
                })
                .collect();
            let state = model.fit(&pairs).expect("pairs fit");
            let views = model.view((&test).into()).expect("rows fit");
            let right = views
                .chunks_exact(2)
                .zip(test.chunks_exact(2))
                .filter(|(view, item)| {
                    (model.margin(&state, &view[0], &view[1]).mean > 0.0)
                        == (reward(&item[0]) > reward(&item[1]))
                });
            right.count() as f64
        };
        ridge_right += score(&Ridge::from_heads(&heads, DIMENSION).expect("tables are there"));
        eb_right +=
            score(&EmpiricalBayes::from_heads(&heads, DIMENSION).expect("tables are there"));
        count += 200.0;
    }
    let (ridge, eb) = (ridge_right / count, eb_right / count);
    assert!(ridge > 0.65, "ridge {ridge}");
    assert!(
        eb > ridge + 0.05 && eb > 0.8,
        "empirical Bayes {eb}, ridge {ridge}"
    );
}

#[test]
fn pal_leaves_shared_weights_alone_and_stays_on_the_simplex() {
    let items = items(40, 10);
    let model = PalA::from_heads(&read(&tables(5)), DIMENSION).expect("tables are there");
    let before = model.shared_weights().expect("the CPU reads back");
    let views = model.view((&items).into()).expect("rows fit");
    let state = model.fit(&pairs(&items, &views)).expect("pairs fit");
    assert_eq!(before, model.shared_weights().expect("the CPU reads back"));
    assert_eq!(state.values.len(), 5);
    assert!(state.values.iter().all(|weight| *weight >= 0.0));
    assert!((state.values.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    let even = model.fit(&[]).expect("no pairs fit").values;
    assert!(even.iter().all(|weight| (weight - 0.2).abs() < 1e-12));
    assert!(
        state
            .values
            .iter()
            .zip(&even)
            .any(|(a, b)| (a - b).abs() > 0.05),
        "votes move the weights"
    );
}

#[test]
fn pal_fits_better_than_the_mean_prototype() {
    let items = items(80, 11);
    let model = PalA::from_heads(&read(&tables(5)), DIMENSION).expect("tables are there");
    let views = model.view((&items).into()).expect("rows fit");
    let pairs = pairs(&items, &views);
    let loss = |state| -> f64 {
        pairs
            .iter()
            .map(|pair| {
                let p = model.margin(&state, pair.first, pair.second).probability();
                -(pair.label * p.ln() + (1.0 - pair.label) * (1.0 - p).ln())
            })
            .sum()
    };
    let fitted = loss(model.fit(&pairs).expect("pairs fit"));
    let mean = loss(model.fit(&[]).expect("no pairs fit"));
    assert!(fitted < mean - 0.5, "{fitted} against {mean}");
}

#[test]
fn one_prototype_predicts_the_same_for_everybody() {
    let items = items(20, 12);
    let model = PalA::from_heads(&read(&tables(1)), DIMENSION).expect("tables are there");
    let views = model.view((&items).into()).expect("rows fit");
    let voter = model.fit(&pairs(&items, &views)).expect("pairs fit");
    let stranger = model.fit(&[]).expect("no pairs fit");
    for other in &views[1..] {
        assert_eq!(
            model.margin(&voter, &views[0], other),
            model.margin(&stranger, &views[0], other)
        );
    }
}

#[test]
fn permuting_prototypes_with_weights_changes_no_margin() {
    let items = items(10, 13);
    let tables = tables(4);
    let mut turned = tables.clone();
    if let Some(prototypes) = turned.get_mut("pal.prototypes") {
        prototypes.data.rotate_left(DIMENSION);
    }
    let (one, other) = (
        PalA::from_heads(&read(&tables), DIMENSION).expect("tables are there"),
        PalA::from_heads(&read(&turned), DIMENSION).expect("tables are there"),
    );
    let mut state = one.fit(&[]).expect("no pairs fit");
    state.values = vec![0.1, 0.2, 0.3, 0.4];
    let mut moved = state.clone();
    moved.values.rotate_left(1);
    let (a, b) = (
        one.view((&items).into()).expect("rows fit"),
        other.view((&items).into()).expect("rows fit"),
    );
    for at in 1..items.len() {
        let difference =
            one.margin(&state, &a[0], &a[at]).mean - other.margin(&moved, &b[0], &b[at]).mean;
        assert!(difference.abs() < 1e-5, "{difference}");
    }
}

#[test]
fn wrong_widths_and_labels_are_refused() {
    for model in methods(&read(&tables(3))) {
        if model.id().as_str() == "coin" || model.id().as_str() == "longer" {
            continue;
        }
        assert!(
            model
                .view((&vec![vec![0.0; DIMENSION + 1]]).into())
                .is_err(),
            "{}",
            model.id()
        );
        assert!(
            model
                .view((&vec![vec![f32::NAN; DIMENSION]]).into())
                .is_err(),
            "{}",
            model.id()
        );
        let short = [0.0];
        let views = model.view((&items(2, 1)).into()).expect("rows fit");
        let pair = LabelledPair {
            first: &views[0],
            second: &views[1],
            label: 2.0,
        };
        assert!(model.fit(&[pair]).is_err(), "{}", model.id());
        if views[0].len() > 1 {
            let pair = LabelledPair {
                first: &short,
                second: &short,
                label: 1.0,
            };
            assert!(model.fit(&[pair]).is_err(), "{}", model.id());
        }
    }
}

#[test]
fn the_longer_answer_wins_and_the_coin_does_not_know() {
    let heads = read(&tables(3));
    let all = methods(&heads);
    let items = vec![vec![1.0; DIMENSION], vec![-1.0; DIMENSION]];
    let predict = |model: &dyn PreferenceModel| {
        let views = model.view((&items).into()).expect("rows fit");
        model
            .margin(&model.fit(&[]).expect("no pairs fit"), &views[0], &views[1])
            .probability()
    };
    assert_eq!(predict(all[0].as_ref()), 0.5);
    assert!(predict(all[1].as_ref()) > 0.5);
}
