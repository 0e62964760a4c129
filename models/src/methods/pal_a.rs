//! PAL-A: a person is an ideal point, a mixture of K prototypes.
//!
//! With projector `f`, prototypes `P` (one a row) and simplex weights `w`, the ideal point is one of [`Point`] and
//! `r(x) = -‖f(x) - a‖`, or the cosine of the two under [`Loss::Angle`]. A new person costs K numbers (see
//! [`crate::methods::pal`]).
//!
//! The default, which the browser runs, is `Pw` with the logistic loss: margins are log-odds and need no more than the
//! squared length of an item and K products. [`PalAMethod::hinge`] is the form of the paper's code, `f(Pw)` with the hinge;
//! its margins are turned into log-odds by a factor chosen on validation.
//!
//! Differences from the code of the paper: features of the text are given, no language model is tuned; no dropout; a
//! person's fit has the prior N(0, τ²) on `W` with τ chosen on validation in place of 20 epochs from a random start; the
//! hinge of that fit is rounded off at its corner. `|f(P)|w` divides each prototype by its own length (the code divides by
//! lengths along the other axis, which runs for one prototype only).
//!
//! A viewed item is `[‖f‖², P f]` (divided by ‖f‖ under `Angle`); `f` itself, or `f/‖f‖`, for a bent ideal point.
//! State values: the K weights `w`.
//!
//! # Source
//! Chen, Chen, Rege, Wang, Vinayak 2024, "PAL: Pluralistic alignment framework" (arXiv 2406.08469), and its code.

#[cfg(feature = "training")]
mod train;

use burn::tensor::Device;
use nalgebra::{DMatrix, DVector};
use palate_shared::ids::MethodId;

use crate::heads::{Heads, Table, Tables};
#[cfg(feature = "training")]
use crate::methods::Both;
use crate::methods::Method;
use crate::methods::pal::{self, EPSILON, Likelihood, Projector, Rewards, Shape, to_unit};
use crate::preference::{
    ItemVector, Items, LabelledPair, Later, Margin, PreferenceModel, UserState, check_pairs,
    check_rows,
};
#[cfg(feature = "training")]
use crate::training::{Run, TrainingSet};
use crate::{Error, Result, mlp};

/// What training minimises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// `max(0, 1 - y ŷ)`, `ŷ` the difference of distances and `y = ±1`.
    Hinge,
    /// `-ln σ(y s ŷ)`, `s` learned.
    Logistic,
    /// Cross-entropy of cosines times `min(s, 100)`, `s` learned.
    Angle,
}

/// How weights and prototypes give the ideal point `a`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// `f(Pw)`: prototypes are rows, mixed, then projected. Bent: leaves the span of K points when `f` is not affine.
    ProjectedMixture,
    /// `Pw`: prototypes live where projected items live.
    Mixture,
    /// `f(P)w`: prototypes are rows, projected, then mixed.
    MixtureOfProjected,
    /// `|f(P)|w`: as before, with each projected prototype divided by its length.
    MixtureOfDirections,
}

/// The parts of PAL-A that can be exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// What training minimises.
    pub loss: Loss,
    /// How a person's point is made.
    pub point: Point,
    /// The projector `f`.
    pub projector: Shape,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            loss: Loss::Logistic,
            point: Point::Mixture,
            projector: Shape::Mlp2 { residual: true },
        }
    }
}

impl Form {
    /// Width of a prototype for rows of a width.
    fn prototype_width(self, dimension: usize) -> usize {
        match self.point {
            Point::Mixture => self.projector.width(dimension),
            _ => dimension,
        }
    }

    /// Whether ideal points leave the span of K points: `f(Pw) = f(P)w` for an affine `f`, as weights sum to 1.
    fn is_bent(self) -> bool {
        self.point == Point::ProjectedMixture && matches!(self.projector, Shape::Mlp2 { .. })
    }
}

/// Trains and loads [`PalA`].
#[derive(Clone, Debug)]
pub struct PalAMethod {
    /// Stable id; tables are named after it, those of `pal-a` `pal.*`.
    pub id: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// Loss, ideal point and projector.
    pub form: Form,
    /// Candidates for the number of prototypes, K. One more than there are groups helps against prototypes that get
    /// stuck between two.
    pub prototypes: Vec<usize>,
    /// Random starts of each candidate; the best on validation people is kept.
    pub restarts: usize,
    /// Whether every person weighs the same, however many votes they gave (weight `1 / n_u` of a vote).
    pub weigh_people: bool,
    /// Gradient steps.
    pub steps: usize,
    /// First learning rate of the projector; prototypes and people go faster.
    pub rate: f64,
    /// Votes per step; all of them where there are no more.
    pub batch: usize,
}

impl Default for PalAMethod {
    fn default() -> Self {
        Self {
            id: "pal-a",
            name: "PAL-A",
            form: Form::default(),
            prototypes: vec![4, 8, 16],
            restarts: 1,
            weigh_people: false,
            steps: 1000,
            rate: 4e-3,
            batch: 2048,
        }
    }
}

impl PalAMethod {
    /// `f(Pw)` with the hinge, as in the paper's code.
    pub fn hinge() -> Self {
        Self {
            id: "pal-a-hinge",
            name: "PAL-A (hinge)",
            form: Form {
                loss: Loss::Hinge,
                point: Point::ProjectedMixture,
                ..Form::default()
            },
            prototypes: vec![4, 8],
            ..Self::default()
        }
    }

    fn prefix(&self) -> &'static str {
        match self.id {
            "pal-a" => "pal",
            other => other,
        }
    }

    /// Loads a model with its own type.
    ///
    /// # Errors
    /// When tables are missing or do not fit.
    pub fn model(&self, heads: &Heads, dimension: usize) -> Result<PalA> {
        PalA::read(self, heads, dimension)
    }
}

impl Method for PalAMethod {
    fn id(&self) -> String {
        self.id.into()
    }

    #[cfg(feature = "training")]
    fn train(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        Ok(self.train_both(set, run)?.whole)
    }

    #[cfg(feature = "training")]
    fn train_both(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Both> {
        mlp::now(train::train(self, set, run))
    }

    #[cfg(feature = "training")]
    fn train_later<'a>(&'a self, set: &'a TrainingSet, run: &'a mut Run<'_>) -> Later<'a, Both> {
        Box::pin(train::train(self, set, run))
    }

    fn load(&self, heads: &Heads, dimension: usize) -> Result<Box<dyn PreferenceModel>> {
        Ok(Box::new(self.model(heads, dimension)?))
    }
}

/// PAL-A with frozen shared weights.
#[derive(Debug)]
pub struct PalA {
    method: PalAMethod,
    weights: String,
    dimension: usize,
    projector: Projector,
    /// Unit of rows, the root mean square of their numbers in training: the projector sees rows divided by it.
    unit: f32,
    /// `[K, prototype width]`, row-major, as trained.
    prototypes: Vec<f32>,
    geometry: Geometry,
    /// Log-odds per unit of distance or cosine, `s`.
    scale: f64,
    /// Prior standard deviation of `W`, `τ`.
    prior_sd: f64,
    device: Device,
}

/// What ideal points are mixed from.
#[derive(Debug)]
struct Geometry {
    is_angle: bool,
    count: usize,
    /// What items are multiplied with, `[K, width]`: `P`, `f(P)` or `|f(P)|`. Rows `P` for a bent ideal point.
    anchors: Vec<f32>,
    /// Inner products of `anchors`, `[K, K]`.
    gram: DMatrix<f64>,
    /// The projector of a bent ideal point.
    bend: Option<Bend>,
}

impl Geometry {
    /// A projected item as it is viewed.
    fn view(&self, projected: &[f32]) -> Vec<f32> {
        let mut item = projected.to_vec();
        if self.is_angle {
            to_unit(&mut item);
        }
        if self.bend.is_some() {
            return item;
        }
        let anchors = self.anchors.chunks_exact(item.len());
        [pal::dot(&item, &item)]
            .into_iter()
            .chain(anchors.map(|anchor| pal::dot(&item, anchor)))
            .collect()
    }
}

impl PalA {
    /// Reads tables `pal.*` of the default form.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn from_heads(heads: &Heads, dimension: usize) -> Result<Self> {
        Self::read(&PalAMethod::default(), heads, dimension)
    }

    fn read(method: &PalAMethod, heads: &Heads, dimension: usize) -> Result<Self> {
        let (form, prefix) = (method.form, method.prefix());
        let device = Device::flex();
        let width = form.prototype_width(dimension);
        let prototypes = heads.table(&format!("{prefix}.prototypes"))?.data.clone();
        if prototypes.is_empty() || !prototypes.len().is_multiple_of(width) {
            return Err(Error::Weights(
                "the prototypes of PAL have another width than the items".into(),
            ));
        }
        let constants = heads.data(&format!("{prefix}.constants"), &[2])?;
        let projector = Projector::read(heads, prefix, form.projector, dimension, &device)?;
        let latent = form.projector.width(dimension);
        let rows: Vec<Vec<f32>> = prototypes
            .chunks_exact(width)
            .map(<[f32]>::to_vec)
            .collect();
        let anchors = match form.point {
            Point::Mixture => prototypes.clone(),
            Point::ProjectedMixture if form.is_bent() => prototypes.clone(),
            Point::ProjectedMixture | Point::MixtureOfProjected => {
                mlp::now(projector.project(&rows, dimension, &device))?
            }
            Point::MixtureOfDirections => {
                let mut projected = mlp::now(projector.project(&rows, dimension, &device))?;
                projected.chunks_exact_mut(latent).for_each(to_unit);
                projected
            }
        };
        let count = rows.len();
        let matrix = DMatrix::from_row_iterator(
            count,
            anchors.len() / count,
            anchors.iter().map(|v| f64::from(*v)),
        );
        let bend = form
            .is_bent()
            .then(|| Bend::read(heads, prefix, form.projector, dimension))
            .transpose()?;
        Ok(Self {
            method: method.clone(),
            weights: heads.version().to_owned(),
            dimension,
            projector,
            unit: pal::read_unit(heads, prefix),
            prototypes,
            geometry: Geometry {
                is_angle: form.loss == Loss::Angle,
                count,
                gram: &matrix * matrix.transpose(),
                anchors,
                bend,
            },
            scale: f64::from(constants[0]),
            prior_sd: f64::from(constants[1]),
            device,
        })
    }

    /// Number of prototypes, K.
    pub fn prototypes(&self) -> usize {
        self.geometry.count
    }

    /// Squared distance of a viewed item to a prototype; 0 under [`Loss::Angle`] or without such a prototype.
    pub fn prototype_distance(&self, item: &ItemVector, prototype: usize) -> f64 {
        if self.geometry.is_angle || prototype >= self.prototypes() || !self.fits(item) {
            return 0.0;
        }
        let mut weights = DVector::zeros(self.prototypes());
        weights[prototype] = 1.0;
        let point = self.geometry.point(weights, false);
        self.geometry.reward(&point, item).powi(2)
    }

    /// The shared weights as tables, for comparison.
    ///
    /// # Errors
    /// When a tensor cannot be read back.
    pub fn shared_weights(&self) -> Result<Tables> {
        let mut tables = Tables::new();
        let prefix = self.method.prefix();
        self.projector.write(&mut tables, prefix, self.dimension)?;
        let shape = [self.prototypes(), self.prototypes.len() / self.prototypes()];
        tables.insert(
            format!("{prefix}.prototypes"),
            Table::new(&shape, self.prototypes.clone()),
        );
        pal::write_unit(&mut tables, prefix, self.unit);
        let constants = vec![self.scale as f32, self.prior_sd as f32];
        tables.insert(format!("{prefix}.constants"), Table::new(&[2], constants));
        Ok(tables)
    }

    /// Width of a viewed item.
    fn view_width(&self) -> usize {
        match self.geometry.bend {
            Some(_) => self.method.form.projector.width(self.dimension),
            None => self.prototypes() + 1,
        }
    }

    fn fits(&self, item: &ItemVector) -> bool {
        item.len() == self.view_width()
    }
}

/// An ideal point, ready for rewards.
struct Ideal {
    weights: DVector<f64>,
    gram_weights: DVector<f64>,
    /// Squared length.
    norm: f64,
    /// A bent ideal point, `[width]`; else empty.
    bent: Vec<f64>,
    /// Its derivatives by the K weights, `[K, width]`.
    tangents: Vec<f64>,
}

impl Rewards for Geometry {
    type Point = Ideal;

    fn count(&self) -> usize {
        self.count
    }

    fn point(&self, weights: DVector<f64>, for_slopes: bool) -> Ideal {
        let Some(bend) = &self.bend else {
            let gram_weights = &self.gram * &weights;
            return Ideal {
                norm: gram_weights.dot(&weights),
                gram_weights,
                weights,
                bent: vec![],
                tangents: vec![],
            };
        };
        let (bent, tangents) = bend.point(&self.anchors, weights.as_slice(), for_slopes);
        Ideal {
            norm: bent.iter().map(|v| v * v).sum(),
            // aᵀ ∂a/∂w_k
            gram_weights: DVector::from_iterator(
                tangents.len() / bent.len().max(1),
                tangents.chunks_exact(bent.len()).map(|t| inner(t, &bent)),
            ),
            weights,
            bent,
            tangents,
        }
    }

    fn reward(&self, ideal: &Ideal, item: &ItemVector) -> f64 {
        if !ideal.bent.is_empty() {
            let along = item.iter().zip(&ideal.bent);
            return if self.is_angle {
                along.map(|(x, a)| f64::from(*x) * a).sum::<f64>() / (ideal.norm + EPSILON).sqrt()
            } else {
                let square: f64 = along.map(|(x, a)| (f64::from(*x) - a).powi(2)).sum();
                -(square + EPSILON).sqrt()
            };
        }
        let cross: f64 = item[1..]
            .iter()
            .zip(ideal.weights.iter())
            .map(|(c, w)| f64::from(*c) * w)
            .sum();
        if self.is_angle {
            cross / (ideal.norm + EPSILON).sqrt()
        } else {
            -(f64::from(item[0]) - 2.0 * cross + ideal.norm + EPSILON)
                .max(EPSILON)
                .sqrt()
        }
    }

    fn add_slopes(&self, ideal: &Ideal, item: &ItemVector, sign: f64, slopes: &mut [f64]) {
        let reward = self.reward(ideal, item);
        let width = ideal.bent.len();
        for (k, slope) in slopes.iter_mut().enumerate() {
            // xᵀ ∂a/∂w_k
            let along = if width == 0 {
                f64::from(item[k + 1])
            } else {
                let tangent = &ideal.tangents[k * width..][..width];
                item.iter()
                    .zip(tangent)
                    .map(|(x, t)| f64::from(*x) * t)
                    .sum()
            };
            *slope += sign
                * if self.is_angle {
                    let length = (ideal.norm + EPSILON).sqrt();
                    (along - reward * ideal.gram_weights[k] / length) / length
                } else {
                    (ideal.gram_weights[k] - along) / reward
                };
        }
    }
}

fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `mlp2` in plain numbers, with derivatives.
#[derive(Debug)]
struct Bend {
    /// Weights `[input, output]` and bias of each layer, the narrowing one first if there is one.
    layers: Vec<(DMatrix<f64>, DVector<f64>)>,
    has_narrow: bool,
    residual: bool,
}

impl Bend {
    fn read(heads: &Heads, prefix: &str, shape: Shape, dimension: usize) -> Result<Self> {
        let layers = shape
            .layers(dimension)
            .into_iter()
            .map(|(name, sizes)| {
                let weight = heads.data(&format!("{prefix}.{name}.weight"), &sizes)?;
                let bias = heads.data(&format!("{prefix}.{name}.bias"), &sizes[1..])?;
                let number = |value: &f32| f64::from(*value);
                // Transposed: what is multiplied is a column.
                Ok((
                    DMatrix::from_iterator(sizes[1], sizes[0], weight.iter().map(number)),
                    DVector::from_iterator(sizes[1], bias.iter().map(number)),
                ))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            has_narrow: layers.len() > 3,
            layers,
            residual: shape == Shape::Mlp2 { residual: true },
        })
    }

    /// `f(Pw)` and, where asked for, its derivatives by the weights, `[K, width]`.
    fn point(&self, prototypes: &[f32], weights: &[f64], for_slopes: bool) -> (Vec<f64>, Vec<f64>) {
        let (count, dimension) = (weights.len(), prototypes.len() / weights.len());
        // One column for the point, then one for each derivative: they go through the same layers.
        let mut columns = DMatrix::zeros(dimension, 1 + if for_slopes { count } else { 0 });
        for (k, weight) in weights.iter().enumerate() {
            for (at, value) in prototypes[k * dimension..][..dimension].iter().enumerate() {
                let value = f64::from(*value);
                columns[(at, 0)] += weight * value;
                if for_slopes {
                    columns[(at, k + 1)] = value;
                }
            }
        }
        let pass = |(weight, bias): &(DMatrix<f64>, DVector<f64>), columns: &DMatrix<f64>| {
            let mut out = weight * columns;
            let mut first = out.column_mut(0);
            first += bias;
            out
        };
        let (narrow, inner) = self.layers.split_at(usize::from(self.has_narrow));
        for layer in narrow {
            columns = pass(layer, &columns);
        }
        let mut hidden = columns.clone();
        for (at, layer) in inner.iter().enumerate() {
            if at > 0 {
                for mut row in hidden.row_iter_mut() {
                    if row[0] <= 0.0 {
                        row.fill(0.0);
                    }
                }
            }
            hidden = pass(layer, &hidden);
        }
        if self.residual {
            hidden += columns;
        }
        let width = hidden.nrows();
        let mut values = hidden.as_slice().to_vec();
        let tangents = values.split_off(width);
        (values, tangents)
    }
}

impl PreferenceModel for PalA {
    fn id(&self) -> MethodId {
        self.method.id.into()
    }

    fn name(&self) -> &'static str {
        self.method.name
    }

    fn weights(&self) -> &str {
        &self.weights
    }

    fn is_personal(&self) -> bool {
        true
    }

    fn view(&self, items: Items<'_>) -> Result<Vec<Vec<f32>>> {
        mlp::now(self.view_later(items, &self.device))
    }

    fn view_later<'a>(&'a self, items: Items<'a>, device: &'a Device) -> Later<'a, Vec<Vec<f32>>> {
        Box::pin(async move {
            check_rows(self.name(), items.rows, self.dimension)?;
            if items.rows.is_empty() {
                return Ok(vec![]);
            }
            let rows = pal::scaled(items.rows, self.unit);
            let latent = self.projector.project(&rows, self.dimension, device);
            let width = self.method.form.projector.width(self.dimension);
            let latent = latent.await?;
            let items = latent.chunks_exact(width);
            Ok(items.map(|item| self.geometry.view(item)).collect())
        })
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        check_pairs(self.name(), pairs, self.view_width())?;
        let likelihood = match self.method.form.loss {
            Loss::Hinge => Likelihood::Hinge,
            Loss::Logistic | Loss::Angle => Likelihood::Logistic(self.scale),
        };
        Ok(UserState {
            method: self.id(),
            weights: self.weights.clone(),
            n: pairs.len() as u32,
            values: pal::fit(&self.geometry, pairs, likelihood, self.prior_sd)?,
        })
    }

    fn margin(&self, state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin {
        let mut mean = 0.0;
        if state.values.len() == self.prototypes() && self.fits(first) && self.fits(second) {
            let ideal = self
                .geometry
                .point(DVector::from_column_slice(&state.values), false);
            let rewards = [first, second].map(|item| self.geometry.reward(&ideal, item));
            mean = self.scale * (rewards[0] - rewards[1]);
        }
        Margin {
            mean,
            variance: 0.0,
        }
    }
}
