//! PAL on people whose prototypes are known.

use burn::tensor::Device;
use palate_lab::protocol::{self, Cell, Shares, Split};
use palate_lab::recipes::pal::{People, Recipe};
use palate_models::methods::Method;
use palate_models::methods::btl::Btl;
use palate_models::methods::pal::Shape;
use palate_models::methods::pal_a::{Form, Loss, PalAMethod, Point};
use palate_models::preference::PreferenceModel;
use palate_models::training::{Episode, Run, TrainingSet, labelled, load};

const SEEDS: [u64; 3] = [1, 2, 3];

/// The recipe, split as every data set is: 150 people train, 15 choose, 60 are new.
fn split(people: People, seed: u64) -> Split {
    let data = Recipe::new(people, seed).dataset();
    let shares = Shares {
        validation_people: 15.0 / 225.0,
        most_shots: 50,
        ..Shares::default()
    };
    let mut split = protocol::split(&data, &shares, seed).expect("people are left");
    split.training.rows = data
        .items
        .iter()
        .map(|item| item.vector.clone().expect("the recipe gives vectors"))
        .collect();
    split.training.descriptions.clear();
    split
}

/// The form of the simulated study: hinge, linear projector.
fn method(prototypes: usize) -> PalAMethod {
    PalAMethod {
        form: Form {
            loss: Loss::Hinge,
            point: Point::ProjectedMixture,
            projector: Shape::Linear,
        },
        prototypes: vec![prototypes],
        steps: 600,
        rate: 2e-2,
        ..PalAMethod::default()
    }
}

fn train(method: &dyn Method, set: &TrainingSet, seed: u64) -> Box<dyn PreferenceModel> {
    let mut run = Run {
        seed,
        device: Device::flex(),
        effort: 1.0,
        watch: &mut |_| true,
    };
    let tables = method.train(set, &mut run).expect("it trains");
    load(method, &tables, set.dimension()).expect("it loads")
}

/// Percent right, over people, with at most so many votes fitted.
fn accuracy(model: &dyn PreferenceModel, split: &Split, cell: Cell, shots: usize) -> f64 {
    let views = model.view(split.training.items()).expect("rows fit");
    let of = |episode: &Episode| {
        let fit = &episode.fit[..shots.min(episode.fit.len())];
        let state = model.fit(&labelled(fit, &views)).expect("votes fit");
        let right = episode.test.iter().map(|vote| {
            let mean = model
                .margin(&state, &views[vote.first], &views[vote.second])
                .mean;
            if mean == 0.0 {
                0.5
            } else {
                f64::from(u8::from((mean > 0.0) == (vote.label > 0.5)))
            }
        });
        100.0 * right.sum::<f64>() / episode.test.len() as f64
    };
    let people = &split.cells[&cell];
    people.iter().map(|(_, episode)| of(episode)).sum::<f64>() / people.len() as f64
}

#[test]
#[ignore = "a look"]
fn look() {
    for people in [People::Partition, People::Mixture] {
        for seed in SEEDS {
            let split = split(people, seed);
            println!(
                "{people:?} {seed}: {} train, {} choose, {} unseen",
                split.training.people.len(),
                split.training.validation.len(),
                split.cells[&Cell::UnseenUnseen].len()
            );
            let clock = std::time::Instant::now();
            let btl = train(&Btl::default(), &split.training, seed);
            println!(
                "  btl {:.1} ({:.1} s)",
                accuracy(btl.as_ref(), &split, Cell::SeenUnseen, 50),
                clock.elapsed().as_secs_f64()
            );
            for count in 1..=4 {
                let clock = std::time::Instant::now();
                let model = train(&method(count), &split.training, seed);
                let seconds = clock.elapsed().as_secs_f64();
                let seen = accuracy(model.as_ref(), &split, Cell::SeenUnseen, 50);
                let new: Vec<String> = [0, 1, 2, 5, 10, 20, 50]
                    .iter()
                    .map(|n| {
                        format!(
                            "{:.1}",
                            accuracy(model.as_ref(), &split, Cell::UnseenUnseen, *n)
                        )
                    })
                    .collect();
                println!(
                    "  K={count} seen {seen:.1} new {} ({seconds:.1} s)",
                    new.join(" ")
                );
            }
        }
    }
}
