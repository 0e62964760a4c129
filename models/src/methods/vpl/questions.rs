//! Which questions would tell most about the latent vector of a person.

use crate::Result;
use crate::methods::vpl::{Posterior, Token, Vpl};
use crate::preference::{ItemVector, LabelledPair, PreferenceModel, UserState, check_pairs};

/// Questions to one person, whose votes are encoded once.
#[derive(Debug)]
pub struct Questions<'a> {
    model: &'a Vpl,
    tokens: Vec<Token>,
    state: UserState,
}

/// Most pairs asked at once: the number of possible answers doubles with each.
pub const MOST_PAIRS: usize = 8;

impl<'a> Questions<'a> {
    /// After the votes of a person (viewed items).
    ///
    /// # Errors
    /// When a vector has the wrong width or is not finite.
    pub fn new(model: &'a Vpl, votes: &[LabelledPair<'_>]) -> Result<Self> {
        Ok(Self {
            model,
            state: model.fit(votes)?,
            tokens: model.tokens(votes),
        })
    }

    /// Mutual information between z and the answers to all pairs of a question, nats, by [`information`]; answers weigh as
    /// much as the present posterior expects them. At most [`MOST_PAIRS`] pairs count.
    ///
    /// # Errors
    /// When a vector has the wrong width or is not finite.
    ///
    /// # Source
    /// Poddar et al. 2024, eq. 4. Its code samples labels uniformly and takes the logarithm of the summed variances
    /// without the spread of the means.
    pub fn information(&self, question: &[(&ItemVector, &ItemVector)]) -> Result<f64> {
        let question = &question[..question.len().min(MOST_PAIRS)];
        let pairs: Vec<_> = question
            .iter()
            .map(|(first, second)| LabelledPair {
                first,
                second,
                label: 1.0,
            })
            .collect();
        check_pairs("VPL", &pairs, 3 * self.model.hidden)?;
        let options: Vec<[(f64, Token); 2]> = question
            .iter()
            .map(|(first, second)| {
                let p = self.model.margin(&self.state, first, second).probability();
                [
                    (p, self.model.token(first, second, 1.0)),
                    (1.0 - p, self.model.token(first, second, 0.0)),
                ]
            })
            .collect();
        let mut tokens = self.tokens.clone();
        let answers: Vec<(f64, Posterior)> = (0..1_usize << options.len())
            .map(|answer| {
                tokens.truncate(self.tokens.len());
                let mut weight = 1.0;
                for (at, option) in options.iter().enumerate() {
                    let (p, token) = &option[answer >> at & 1];
                    weight *= p;
                    tokens.push(token.clone());
                }
                (weight, self.model.posterior(&tokens))
            })
            .collect();
        Ok(information(&answers))
    }
}

/// Mutual information of a diagonal Gaussian and an answer, nats: the entropy of the mixture over answers, taken as the
/// Gaussian with its variances, minus the mean entropy given the answer:
/// `½ Σ_d [ln(mean v_d + variance of mu_d) - mean ln v_d]`.
///
/// The Gaussian has the most entropy of all densities with these variances, so this is an upper bound, tight while an answer
/// moves the means less than their spread. Weights are of the answers and sum to 1.
pub fn information(answers: &[(f64, Posterior)]) -> f64 {
    let width = answers.iter().map(|(_, q)| q.mean.len()).min().unwrap_or(0);
    let mean_of = |of: &dyn Fn(&Posterior) -> f64| -> f64 {
        answers.iter().map(|(weight, q)| weight * of(q)).sum()
    };
    let halves = (0..width).map(|d| {
        let centre = mean_of(&|q| q.mean[d]);
        let total = mean_of(&|q| q.log_variance[d].exp() + (q.mean[d] - centre).powi(2));
        0.5 * (total.max(f64::MIN_POSITIVE).ln() - mean_of(&|q| q.log_variance[d]))
    });
    halves.sum::<f64>().max(0.0)
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn gaussian(mean: [f64; 2], variance: [f64; 2]) -> Posterior {
        Posterior {
            mean: mean.to_vec(),
            log_variance: variance.map(f64::ln).to_vec(),
        }
    }

    /// The exact value by drawing from the mixture.
    fn monte_carlo(answers: &[(f64, Posterior)], rng: &mut ChaCha8Rng) -> f64 {
        let log_density = |q: &Posterior, z: &[f64]| -> f64 {
            let parts = q.mean.iter().zip(&q.log_variance).zip(z);
            parts
                .map(|((mean, log), z)| -0.5 * ((z - mean).powi(2) / log.exp() + log))
                .sum()
        };
        let draws = 40_000;
        let mut sum = 0.0;
        for _ in 0..draws {
            let mut left = rng.random::<f64>();
            let (_, q) = answers
                .iter()
                .find(|(weight, _)| {
                    left -= weight;
                    left <= 0.0
                })
                .unwrap_or(&answers[0]);
            let z: Vec<f64> = q
                .mean
                .iter()
                .zip(&q.log_variance)
                .map(|(mean, log)| {
                    // Sum of twelve uniforms: mean 0, variance 1.
                    let normal = (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
                    mean + (0.5 * log).exp() * normal
                })
                .collect();
            let mixture: f64 = answers
                .iter()
                .map(|(w, q)| w * log_density(q, &z).exp())
                .sum();
            sum += log_density(q, &z) - mixture.ln();
        }
        sum / f64::from(draws)
    }

    #[test]
    fn the_closed_form_matches_drawn_latents() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let one = [
            (0.5, gaussian([0.4, 0.0], [0.8, 1.0])),
            (0.5, gaussian([-0.4, 0.1], [0.9, 0.9])),
        ];
        let two = [
            (0.4, gaussian([0.5, 0.3], [0.7, 0.8])),
            (0.3, gaussian([-0.5, 0.3], [0.7, 0.8])),
            (0.2, gaussian([0.5, -0.3], [0.7, 0.8])),
            (0.1, gaussian([-0.5, -0.3], [0.7, 0.9])),
        ];
        for answers in [&one[..], &two] {
            let (closed, drawn) = (information(answers), monte_carlo(answers, &mut rng));
            assert!(
                closed > drawn - 0.01 && closed < drawn + 0.03,
                "{closed} is not {drawn}"
            );
        }
        // Far apart: an upper bound.
        let far = [
            (0.5, gaussian([3.0, 0.0], [0.5, 0.5])),
            (0.5, gaussian([-3.0, 0.0], [0.5, 0.5])),
        ];
        assert!(information(&far) > monte_carlo(&far, &mut rng));
    }

    #[test]
    fn an_answer_without_effect_tells_nothing() {
        let same = gaussian([0.3, -0.2], [0.5, 0.7]);
        assert!(information(&[(0.7, same.clone()), (0.3, same)]).abs() < 1e-12);
        assert_eq!(information(&[]), 0.0);
    }
}
