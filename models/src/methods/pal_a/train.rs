//! Learns projector, prototypes and scale together with the training people's weights.

use burn::module::{Module, Param};
use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Int, Tensor, TensorData};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::{Form, Loss, PalAMethod, Point};
use crate::heads::{Table, Tables};
use crate::methods::Both;
use crate::methods::pal::train::{
    BRISK, Batch, Batches, Constants, FAST, FIRST_LOGITS, FIRST_SCALE, MOST_SCALE, NOISE_FACTOR,
    PRIORS, USUAL_PRIOR, search, unit,
};
use crate::methods::pal::{self, EPSILON, Projector};
use crate::training::{Descent, Run, TrainingSet, Used, descend_later, logistic_losses, noisy};
use crate::{Result, mlp};

/// Candidates for the log-odds per unit of distance of the hinge, whose margins are about 1.
const HINGE_SCALES: &[f32] = &[0.5, 1.0, 2.0, 4.0, 8.0];
/// Where there are no validation people.
const USUAL_HINGE_SCALE: f32 = 2.0;

/// Trains on any device, also on one whose numbers come later.
pub(super) async fn train(
    method: &PalAMethod,
    set: &TrainingSet,
    run: &mut Run<'_>,
) -> Result<Both> {
    let constants = Constants {
        name: method.constants(),
        candidates: match method.form.loss {
            Loss::Hinge => vec![(1, PRIORS), (0, HINGE_SCALES)],
            Loss::Logistic | Loss::Angle => vec![(1, PRIORS)],
        },
    };
    let tries = (method.prototypes.as_slice(), method.restarts);
    search(
        method,
        set,
        tries,
        &constants,
        async |set, count, restart| shared(method, set, count, restart, run).await,
    )
    .await
}

impl PalAMethod {
    /// Name of the table `[s, τ]`.
    fn constants(&self) -> String {
        format!("{}.constants", self.prefix())
    }
}

#[derive(Module, Debug)]
struct Trainer {
    projector: Projector,
    /// `[K, prototype width]`, coordinates / [`BRISK`].
    prototypes: Param<Tensor<2>>,
    /// `[people, K]`, logits / [`FAST`].
    people: Param<Tensor<2>>,
    /// `[1]`, ln s / [`FAST`].
    log_scale: Param<Tensor<1>>,
}

/// Tables of K prototypes with the usual constants, and the loss at the end.
async fn shared(
    method: &PalAMethod,
    set: &TrainingSet,
    count: usize,
    restart: usize,
    run: &mut Run<'_>,
) -> Result<(Tables, f64)> {
    let run = &mut run.again(restart);
    let device = run.device.clone().autodiff();
    device.seed(run.seed);
    let mut rng = run.rng(0x9a1);
    let form = method.form;
    let Used { rows, votes, .. } = set.used();
    let unit = unit(&rows);
    let rows = pal::scaled(&rows, unit);
    let dimension = set.dimension();
    let scale = match form.loss {
        Loss::Angle => FIRST_SCALE,
        Loss::Logistic => 1.0,
        Loss::Hinge => USUAL_HINGE_SCALE,
    };
    let mut normal = |rows: usize, width: usize, sd: f32| {
        let data: Vec<f32> = (0..rows * width)
            .map(|_| rng.sample::<f32, _>(StandardNormal) * sd)
            .collect();
        Param::from_data(TensorData::new(data, [rows, width]), &device)
    };
    let trainer = Trainer {
        prototypes: normal(count, form.prototype_width(dimension), 1.0 / BRISK),
        people: normal(set.people.len(), count, FIRST_LOGITS / FAST),
        projector: Projector::random(form.projector, dimension, &mut rng, &device),
        log_scale: Param::from_data(TensorData::new(vec![scale.ln() / FAST], [1]), &device),
    };
    let items = mlp::rows_to_tensor(&rows, dimension, &device);
    let people = set.people.len();
    let batches = Batches::new(&votes, people, method.batch, method.weigh_people, &device);
    // Few items are projected once a step, of many only those that a vote of the batch has.
    let few = rows.len() <= 2 * batches.size();
    let noise = f64::from(NOISE_FACTOR * set.item_noise / unit);
    let descent = Descent {
        steps: method.steps,
        rate: method.rate,
        weight_decay: 0.0,
    };
    let step = |trainer: &Trainer, _: usize, rng: &mut ChaCha8Rng| {
        batches.with(rng, |batch| {
            let [first, second] = if few {
                let latent = trainer.latent(form, noisy(items.clone(), noise));
                [&batch.first, &batch.second].map(|at| latent.select(at))
            } else {
                [&batch.first, &batch.second].map(|at| {
                    trainer.latent(form, noisy(items.clone().select(0, at.clone()), noise))
                })
            };
            let point = trainer.point(form, batch);
            let margins = point.reward(form, first) - point.reward(form, second);
            let margins = margins.squeeze_dim::<1>(1);
            let losses = match form.loss {
                Loss::Hinge => {
                    let won = relu(margins.clone().neg() + 1.0) * batch.labels.clone();
                    won + relu(margins + 1.0) * (batch.labels.clone().neg() + 1.0)
                }
                Loss::Logistic | Loss::Angle => {
                    logistic_losses(margins * trainer.scale(form), batch.labels.clone())
                }
            };
            (losses * batch.weights.clone()).mean()
        })
    };
    let (trainer, loss) = descend_later(trainer, descent, run, step).await?;
    let mut tables = Tables::new();
    let prefix = method.prefix();
    let projector = &trainer.projector;
    projector
        .write_later(&mut tables, prefix, dimension)
        .await?;
    pal::write_unit(&mut tables, prefix, unit);
    let prototypes = trainer.prototypes();
    tables.insert(
        format!("{prefix}.prototypes"),
        Table::new(&prototypes.dims(), mlp::numbers_later(prototypes).await?),
    );
    let scale = mlp::numbers_later(trainer.scale(form)).await?;
    let constants = vec![scale[0], USUAL_PRIOR];
    tables.insert(method.constants(), Table::new(&[2], constants));
    Ok((tables, loss))
}

/// Projected items as an ideal point needs them.
struct Latent {
    /// Squared length, `[items, 1]`; not set for a bent ideal point.
    square: Option<Tensor<2>>,
    /// Products with the K anchors, `[items, K]`; for a bent ideal point the projected item, `[items, width]`.
    along: Tensor<2>,
}

impl Latent {
    fn select(&self, at: &Tensor<1, Int>) -> Self {
        let rows = |tensor: &Tensor<2>| tensor.clone().select(0, at.clone());
        Self {
            square: self.square.as_ref().map(rows),
            along: rows(&self.along),
        }
    }
}

/// Ideal points of a batch.
struct Points {
    /// Simplex weights, `[votes, K]`; of a bent ideal point itself, `[votes, width]`.
    mixed: Tensor<2>,
    /// Squared length, `[votes, 1]`.
    square: Tensor<2>,
}

impl Points {
    /// `[votes, 1]`.
    fn reward(&self, form: Form, item: Latent) -> Tensor<2> {
        let square = item.square.unwrap_or_else(|| squares(item.along.clone()));
        let along = (item.along * self.mixed.clone()).sum_dim(1);
        if form.loss == Loss::Angle {
            along / ((square + EPSILON) * (self.square.clone() + EPSILON)).sqrt()
        } else {
            let square = (square - along * 2.0 + self.square.clone()).clamp_min(0.0);
            (square + EPSILON).sqrt().neg()
        }
    }
}

/// Squared lengths of rows, `[rows, 1]`.
fn squares(rows: Tensor<2>) -> Tensor<2> {
    (rows.clone() * rows).sum_dim(1)
}

impl Trainer {
    /// `[K, prototype width]`.
    fn prototypes(&self) -> Tensor<2> {
        self.prototypes.val() * BRISK
    }

    fn scale(&self, form: Form) -> Tensor<1> {
        let scale = (self.log_scale.val() * FAST).exp();
        match form.loss {
            Loss::Angle => scale.clamp_max(MOST_SCALE),
            Loss::Logistic | Loss::Hinge => scale,
        }
    }

    /// What ideal points are mixed from, `[K, width]`.
    fn anchors(&self, form: Form) -> Tensor<2> {
        let prototypes = self.prototypes();
        match form.point {
            Point::Mixture => prototypes,
            Point::ProjectedMixture | Point::MixtureOfProjected => {
                self.projector.forward(prototypes)
            }
            Point::MixtureOfDirections => {
                let projected = self.projector.forward(prototypes);
                projected.clone() / (squares(projected) + EPSILON).sqrt()
            }
        }
    }

    fn latent(&self, form: Form, items: Tensor<2>) -> Latent {
        let latent = self.projector.forward(items);
        if form.is_bent() {
            return Latent {
                square: None,
                along: latent,
            };
        }
        Latent {
            square: Some(squares(latent.clone())),
            along: latent.matmul(self.anchors(form).transpose()),
        }
    }

    fn point(&self, form: Form, batch: &Batch) -> Points {
        let of_people = softmax(self.people.val() * FAST, 1);
        let (mixed, square) = if form.is_bent() {
            let mixtures = of_people.matmul(self.prototypes());
            let points = self.projector.forward(mixtures);
            (points.clone(), squares(points))
        } else {
            let anchors = self.anchors(form);
            let gram = anchors.clone().matmul(anchors.transpose());
            let square = (of_people.clone().matmul(gram) * of_people.clone()).sum_dim(1);
            (of_people, square)
        };
        Points {
            mixed: mixed.select(0, batch.people.clone()),
            square: square.select(0, batch.people.clone()),
        }
    }
}
