//! What every method is compared with is trained once.

use std::cell::Cell;

use burn::tensor::Device;
use palate_lab::eval::bench;
use palate_lab::protocol::split;
use palate_models::methods::btl::Btl;
use palate_models::methods::ridge::RidgeMethod;
use palate_models::methods::shrunk::ShrunkMethod;
use palate_models::training::{Run, TrainingSet};

use crate::opposed::opposed;

fn with_rows(set: &mut TrainingSet, rows: &[Vec<f32>]) {
    rows.clone_into(&mut set.rows);
    if let Some(smaller) = &mut set.choosing {
        rows.clone_into(&mut smaller.rows);
    }
}

#[test]
fn the_population_is_trained_once_for_itself_and_for_all_that_are_mixed_with_it() {
    let data = opposed(60, 40, 40, 1.0);
    let items = data.items.iter();
    let rows: Vec<Vec<f32>> = items.filter_map(|item| item.vector.clone()).collect();
    let mut set = split(&data, &bench::quick(), 1)
        .expect("sound data")
        .training;
    with_rows(&mut set, &rows);
    let trainings = Cell::new(0);
    let mut watch = |progress: palate_models::training::Progress| {
        trainings.set(trainings.get() + usize::from(progress.step == 0));
        true
    };
    let mut run = Run {
        seed: 1,
        device: Device::flex(),
        effort: 0.01,
        watch: &mut watch,
    };
    let [population, ridge] =
        &ShrunkMethod::each(vec![Box::new(Btl::default()), Box::new(RidgeMethod)])[..]
    else {
        panic!("two came in");
    };
    let alone = population.train_inner(&set, &mut run).expect("rows fit");
    // Each candidate on the set for choices, and the best of them on all.
    let once = Btl::default().steps.len() * Btl::default().weight_decays.len() + 1;
    assert_eq!(trainings.get(), once);
    for seed in [1, 1, 2] {
        run.seed = seed;
        let both = ridge.inner().train_both(&set, &mut run).expect("rows fit");
        let mixed = ridge.shrink(both, &set, &mut run).expect("rows fit");
        let same = alone
            .iter()
            .all(|(name, table)| mixed.get(name) == Some(table));
        assert_eq!(same, seed == 1, "another seed is another population");
    }
    assert_eq!(trainings.get(), 2 * once);
}
