//! Answers ranked for a person, with receipts: how sure, which examples speak for an answer, what would have to differ.
//!
//! Works on a state of its own, fitted to the examples that the person chose; what the session knows stays as it is.

use palate_shared::features::FEATURES;
use palate_shared::ids::{ComparisonId, MethodId, ResponseId};
use palate_shared::infer::{Example, Examples, Receipt, Rerank, Reranked, Scored, ToWin};

use super::{Player, Session};
use crate::explain::{Effect, reasons};
use crate::preference::{LabelledPair, PreferenceModel, UserState};
use crate::representation::{Answer, Representation};
use crate::{Error, Result};

/// Examples that are left out one by one for receipts; of more, those that bear most on these candidates.
const MOST_RECEIPTS: usize = 64;
/// Receipts that an answer shows.
const SHOWN_RECEIPTS: usize = 4;
/// An example that moves a score by less than this is no receipt, log-odds.
const LEAST_EFFECT: f64 = 0.01;
/// Margins that differ by less are the same but for rounding, relative.
const SAME: f64 = 1e-4;
/// Votes that are turned round in search of one that would have made an answer the first.
const TURNED: usize = 6;
/// A feature is not said to lack more than this, standard deviations.
const MOST_LACKING: f64 = 2.5;
/// Pairs of liked and disliked texts, at most.
const MOST_BROUGHT: usize = 64;
/// Traits that a style instruction names, at most.
const MOST_STYLES: usize = 5;
/// A style instruction names a trait that is at least so many standard deviations from nothing, and this many log-odds. Little
/// is enough: the person reads and edits it before it is used.
const STYLE_SURE: (f64, f64) = (0.4, 0.05);

/// Embeddings of what is no answer of the pack, L2 norm 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Embedded<'a> {
    /// One for each candidate; may be empty where all are answers of the pack.
    pub candidates: &'a [Vec<f32>],
    /// One for each liked text, then one for each disliked one.
    pub brought: &'a [Vec<f32>],
}

/// Labelled pairs, and which examples each belongs to.
struct Known<'a> {
    examples: Vec<Example>,
    pairs: Vec<(LabelledPair<'a>, [usize; 2])>,
}

/// Rows and views of the candidates.
struct Contest {
    rows: Vec<Vec<f32>>,
    views: Vec<Vec<f32>>,
    /// Rows minus their mean.
    centred: Vec<Vec<f64>>,
    mean_view: Vec<f32>,
}

impl Session {
    /// Ranks answers for a person who is known from examples alone.
    ///
    /// # Errors
    /// When there are fewer than two candidates, the method does not play here, embeddings are missing, or liked texts come
    /// without disliked ones.
    pub fn rerank(&self, asked: &Rerank, embedded: Embedded<'_>) -> Result<Reranked> {
        let player = self.ranker(asked.method.as_ref())?;
        let contest = self.contest(player, asked, embedded.candidates)?;
        let brought = self.brought(player, &asked.examples, embedded.brought)?;
        let known = self.known(player, &asked.examples, &brought)?;
        let model = player.model.as_ref();
        let state = known.fit(model, |_| true, None)?;
        let scores = contest.scores(model, &state);
        let ranking = order(&scores);

        let linear = &self.players[self.default];
        let of_linear = self.brought(linear, &asked.examples, embedded.brought)?;
        let of_linear = self.known(linear, &asked.examples, &of_linear)?;
        let linear_state = of_linear.fit(linear.model.as_ref(), |_| true, None)?;
        let effects = self.explainer.effects(&linear_state.values);
        let linear_views = self.contest(linear, asked, embedded.candidates)?;
        let linear_scores = linear_views.scores(linear.model.as_ref(), &linear_state);

        let without = contest.without_each(model, &known, &scores)?;
        let mean = vec![0.0; contest.rows[0].len()];
        let mut all = Vec::with_capacity(scores.len());
        for (at, score) in scores.iter().enumerate() {
            let row: Vec<f32> = contest.centred[at].iter().map(|x| *x as f32).collect();
            all.push(Scored {
                score: *score,
                sd: contest.sd(model, &state, at, *score),
                features: effects
                    .iter()
                    .map(|effect| contest.centred[at][effect.feature])
                    .collect(),
                reasons: reasons(&effects, &row, &mean, linear_scores[at]),
                receipts: receipts(&known, &without, at),
                to_win: match ranking[0] == at {
                    true => None,
                    false => contest.to_win(
                        (model, &state),
                        &known,
                        &effects,
                        &without,
                        [ranking[0], at],
                    )?,
                },
            });
        }
        Ok(Reranked {
            ranking,
            scores: all,
            traits: effects.into_iter().map(Effect::to_trait).collect(),
            examples: known.examples.len() as u32,
            method: player.model.id(),
        })
    }

    /// A style instruction for a language model: what the examples say with some certainty, strongest first. Empty where they
    /// say nothing.
    ///
    /// # Errors
    /// As [`Self::rerank`].
    pub fn style(&self, examples: &Examples, brought: &[Vec<f32>]) -> Result<String> {
        let player = &self.players[self.default];
        let brought = self.brought(player, examples, brought)?;
        let known = self.known(player, examples, &brought)?;
        if known.examples.is_empty() {
            return Ok(String::new());
        }
        let state = known.fit(player.model.as_ref(), |_| true, None)?;
        let mut effects = self.explainer.effects(&state.values);
        effects.retain(|effect| {
            effect.mean.abs() >= STYLE_SURE.0 * effect.sd && effect.mean.abs() >= STYLE_SURE.1
        });
        effects.sort_by(|a, b| b.mean.abs().total_cmp(&a.mean.abs()));
        effects.truncate(MOST_STYLES);
        if effects.is_empty() {
            return Ok(String::new());
        }
        let words: Vec<&str> = effects.iter().map(Effect::words).collect();
        Ok(format!(
            "I like {}. Write that way where it suits the question.",
            list(&words)
        ))
    }

    /// The method that ranks.
    fn ranker(&self, method: Option<&MethodId>) -> Result<&Player> {
        match method {
            None => Ok(&self.players[self.default]),
            Some(id) => self
                .player(id)
                .ok_or_else(|| Error::Input(format!("the method {id} does not play on this pack"))),
        }
    }

    /// Represents the candidates: as answers of the pack where all are, else from their texts.
    fn contest(&self, player: &Player, asked: &Rerank, vectors: &[Vec<f32>]) -> Result<Contest> {
        if asked.candidates.len() < 2 {
            return Err(Error::Input("two answers or more are needed".into()));
        }
        let find = |id: &Option<ResponseId>| id.as_ref().and_then(|id| self.pool.find(id));
        let items: Option<Vec<usize>> = asked
            .candidates
            .iter()
            .map(|candidate| find(&candidate.response))
            .collect();
        let (rows, views) = match items {
            Some(items) => (
                items.iter().map(|at| self.pool.rows[*at].clone()).collect(),
                items.iter().map(|at| player.views[*at].clone()).collect(),
            ),
            None => {
                let texts: Vec<&str> = asked.candidates.iter().map(|c| c.text.as_str()).collect();
                let rows = self.read(&texts, vectors)?;
                let views = player.model.view((&rows).into())?;
                (rows, views)
            }
        };
        Ok(Contest::new(rows, views))
    }

    /// Views of the texts that the person brought, liked ones first.
    fn brought(
        &self,
        player: &Player,
        examples: &Examples,
        vectors: &[Vec<f32>],
    ) -> Result<Vec<Vec<f32>>> {
        let (liked, disliked) = (&examples.liked, &examples.disliked);
        if liked.is_empty() && disliked.is_empty() {
            return Ok(vec![]);
        }
        if liked.is_empty() || disliked.is_empty() {
            return Err(Error::Input(
                "a text says little by itself: bring one that you like and one that you like less"
                    .into(),
            ));
        }
        if liked.len() * disliked.len() > MOST_BROUGHT {
            return Err(Error::Input(format!(
                "liked and disliked texts may make {MOST_BROUGHT} pairs, not {}",
                liked.len() * disliked.len()
            )));
        }
        let texts: Vec<&str> = liked.iter().chain(disliked).map(String::as_str).collect();
        player.model.view((&self.read(&texts, vectors)?).into())
    }

    /// Rows of free texts, as answers to one prompt.
    pub(super) fn read<T: AsRef<str>>(
        &self,
        texts: &[T],
        vectors: &[Vec<f32>],
    ) -> Result<Vec<Vec<f32>>> {
        if texts.len() != vectors.len() {
            return Err(Error::Input(format!(
                "{} texts come with {} embeddings",
                texts.len(),
                vectors.len()
            )));
        }
        let answers: Vec<Answer<'_>> = texts
            .iter()
            .zip(vectors)
            .map(|(text, vector)| Answer {
                text: text.as_ref(),
                vector,
            })
            .collect();
        self.representation.represent(&answers)
    }

    /// The pairs of the examples. Votes on random questions are among them only where the person named them: what they teach
    /// here reaches no forecast of the race.
    fn known<'a>(
        &'a self,
        player: &'a Player,
        examples: &Examples,
        brought: &'a [Vec<f32>],
    ) -> Result<Known<'a>> {
        let mut known = Known {
            examples: Vec::new(),
            pairs: Vec::new(),
        };
        for (vote, pairs) in self.history.examples(&self.pool, examples.votes.as_deref()) {
            let owner = known.examples.len();
            known.examples.push(Example::Vote(vote));
            known
                .pairs
                .extend(pairs.into_iter().map(|(first, second, label)| {
                    let pair = LabelledPair {
                        first: &player.views[first],
                        second: &player.views[second],
                        label,
                    };
                    (pair, [owner, owner])
                }));
        }
        let (liked, disliked) = brought.split_at(examples.liked.len().min(brought.len()));
        let start = known.examples.len();
        known.examples.extend((0..liked.len()).map(Example::Liked));
        known
            .examples
            .extend((0..disliked.len()).map(Example::Disliked));
        for (i, first) in liked.iter().enumerate() {
            for (j, second) in disliked.iter().enumerate() {
                let pair = LabelledPair {
                    first,
                    second,
                    label: 1.0,
                };
                known
                    .pairs
                    .push((pair, [start + i, start + liked.len() + j]));
            }
        }
        Ok(known)
    }
}

impl Known<'_> {
    /// Fits the examples that are kept; one may be turned round.
    fn fit(
        &self,
        model: &dyn PreferenceModel,
        keep: impl Fn(usize) -> bool,
        turned: Option<usize>,
    ) -> Result<UserState> {
        let pairs: Vec<LabelledPair<'_>> = self
            .pairs
            .iter()
            .filter(|(_, owners)| owners.iter().all(|owner| keep(*owner)))
            .map(|(pair, owners)| match turned {
                Some(example) if owners.contains(&example) => LabelledPair {
                    label: 1.0 - pair.label,
                    ..*pair
                },
                _ => *pair,
            })
            .collect();
        model.fit(&pairs)
    }
}

impl Contest {
    fn new(rows: Vec<Vec<f32>>, views: Vec<Vec<f32>>) -> Self {
        let count = rows.len() as f64;
        let mean = |at: usize| rows.iter().map(|row| f64::from(row[at])).sum::<f64>() / count;
        let means: Vec<f64> = (0..rows[0].len()).map(mean).collect();
        let centred = rows
            .iter()
            .map(|row| {
                row.iter()
                    .zip(&means)
                    .map(|(x, mean)| f64::from(*x) - mean)
                    .collect()
            })
            .collect();
        let width = views[0].len();
        let middle = |at: usize| views.iter().map(|view| f64::from(view[at])).sum::<f64>() / count;
        Self {
            mean_view: (0..width).map(|at| middle(at) as f32).collect(),
            rows,
            views,
            centred,
        }
    }

    /// Margin of each candidate over the mean of all, log-odds.
    fn scores(&self, model: &dyn PreferenceModel, state: &UserState) -> Vec<f64> {
        let over = |view: &Vec<f32>| {
            let margins = self
                .views
                .iter()
                .map(|other| model.margin(state, view, other).mean);
            margins.sum::<f64>() / self.views.len() as f64
        };
        self.views.iter().map(over).collect()
    }

    /// Standard deviation of a score. Exact where the method's reward is linear in views; else from above, for the variance of a
    /// mean of margins is at most the mean of their variances.
    fn sd(&self, model: &dyn PreferenceModel, state: &UserState, at: usize, score: f64) -> f64 {
        let over_mean = model.margin(state, &self.views[at], &self.mean_view);
        if (over_mean.mean - score).abs() <= SAME * (1.0 + score.abs()) {
            return over_mean.variance.sqrt();
        }
        let variances = self
            .views
            .iter()
            .map(|other| model.margin(state, &self.views[at], other).variance);
        (variances.sum::<f64>() / self.views.len() as f64).sqrt()
    }

    /// For each example that is tried, what it does to every score. [`MOST_RECEIPTS`] are.
    fn without_each(
        &self,
        model: &dyn PreferenceModel,
        known: &Known<'_>,
        scores: &[f64],
    ) -> Result<Vec<(usize, Vec<f64>)>> {
        let mut without = Vec::new();
        for example in self.bearing(known) {
            let state = known.fit(model, |owner| owner != example, None)?;
            let effects = scores
                .iter()
                .zip(self.scores(model, &state))
                .map(|(with, without)| with - without)
                .collect();
            without.push((example, effects));
        }
        Ok(without)
    }

    /// The examples that bear most on these candidates: whose texts differ in what the candidates differ in.
    fn bearing(&self, known: &Known<'_>) -> Vec<usize> {
        if known.examples.len() <= MOST_RECEIPTS {
            return (0..known.examples.len()).collect();
        }
        let mut bearing = vec![0.0; known.examples.len()];
        for (pair, owners) in &known.pairs {
            let along = |view: &Vec<f32>| {
                let parts = pair.first.iter().zip(pair.second).zip(view);
                parts.map(|((a, b), c)| f64::from((a - b) * c)).sum::<f64>()
            };
            let most = self
                .views
                .iter()
                .map(along)
                .fold((f64::MAX, f64::MIN), |(low, high), x| {
                    (low.min(x), high.max(x))
                });
            for owner in owners {
                bearing[*owner] += most.1 - most.0;
            }
        }
        let mut order: Vec<usize> = (0..bearing.len()).collect();
        order.sort_by(|a, b| bearing[*b].total_cmp(&bearing[*a]));
        order.truncate(MOST_RECEIPTS);
        order
    }

    /// What would have to differ for `loser` to be first: one vote, else its own text.
    fn to_win(
        &self,
        (model, fitted): (&dyn PreferenceModel, &UserState),
        known: &Known<'_>,
        effects: &[Effect],
        without: &[(usize, Vec<f64>)],
        [winner, loser]: [usize; 2],
    ) -> Result<Option<ToWin>> {
        let mut votes: Vec<(f64, usize, &ComparisonId)> = without
            .iter()
            .filter_map(|(example, moved)| match &known.examples[*example] {
                Example::Vote(vote) => Some((moved[winner] - moved[loser], *example, vote)),
                _ => None,
            })
            .filter(|(for_winner, ..)| *for_winner > 0.0)
            .collect();
        votes.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (_, example, vote) in votes.into_iter().take(TURNED) {
            let state = known.fit(model, |_| true, Some(example))?;
            if order(&self.scores(model, &state))[0] == loser {
                return Ok(Some(ToWin::OtherVote(vote.clone())));
            }
        }
        let gap = model
            .margin(fitted, &self.views[winner], &self.views[loser])
            .mean;
        let nearest = effects
            .iter()
            .map(|effect| (effect, gap / effect.mean))
            .filter(|(_, lacking)| lacking.abs() <= MOST_LACKING)
            .min_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        Ok(nearest.map(|(effect, lacking)| {
            let feature = FEATURES[effect.feature];
            let words = if lacking >= 0.0 {
                feature.more
            } else {
                feature.less
            };
            ToWin::OtherText(words.to_owned(), lacking.abs())
        }))
    }
}

/// Places of scores, greatest first.
fn order(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    order
}

fn receipts(known: &Known<'_>, without: &[(usize, Vec<f64>)], at: usize) -> Vec<Receipt> {
    let mut receipts: Vec<Receipt> = without
        .iter()
        .filter(|(_, moved)| moved[at].abs() >= LEAST_EFFECT)
        .map(|(example, moved)| Receipt {
            example: known.examples[*example].clone(),
            effect: moved[at],
        })
        .collect();
    receipts.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
    receipts.truncate(SHOWN_RECEIPTS);
    receipts
}

/// "a, b and c".
fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
