//! The same forecasts by the CPU and by another device: how far apart they are, and how long each takes.

use burn::tensor::Device;
use palate_shared::infer::OnBoth;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Session, fit};
use crate::Result;
use crate::pool::Pair;
use crate::preference::{Items, PreferenceModel, UserState};

impl Session {
    /// Compares every method by the CPU and by another device, on the pack's first answers and a synthetic history as in
    /// [`Session::bench_refit`]. Views are what a device computes. The session's own state does not change; its views are
    /// the CPU's ([`crate::pool::Pool::viewed_by`] says why).
    ///
    /// # Errors
    /// When the device fails, or a fit does.
    pub async fn compare_devices(
        &self,
        device: &Device,
        [answers, votes, repeats]: [usize; 3],
        now: &dyn Fn() -> f64,
    ) -> Result<Vec<OnBoth>> {
        let answers = answers.min(self.pool.rows.len());
        let mut prompts = self.pool.prompts_of_items();
        prompts.truncate(answers);
        let items = Items {
            rows: &self.pool.rows[..answers],
            prompts: &prompts,
        };
        let pairs = self.pool.pairs.iter().copied();
        let pairs: Vec<Pair> = pairs.filter(|pair| pair.second < answers).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let history = self.synthetic_votes(&pairs, votes, &mut rng);
        let mut found = Vec::with_capacity(self.players.len());
        for player in &self.players {
            let model = player.model.as_ref();
            let mut one = OnBoth {
                method: model.id(),
                same_state: 0.0,
                own_state: 0.0,
                cpu_ms: vec![],
                device_ms: vec![],
            };
            let here = model.view(items)?;
            // The first run, which compiles, does not count.
            let there = model.view_later(items, device).await?;
            for _ in 0..repeats {
                let start = now();
                std::hint::black_box(model.view(items)?);
                one.cpu_ms.push(now() - start);
                let start = now();
                std::hint::black_box(model.view_later(items, device).await?);
                one.device_ms.push(now() - start);
            }
            let state = fit(model, &here, &history)?;
            let own = fit(model, &there, &history)?;
            one.same_state = farthest(model, &pairs, (&state, &here), (&state, &there));
            one.own_state = farthest(model, &pairs, (&state, &here), (&own, &there));
            found.push(one);
        }
        Ok(found)
    }
}

/// Largest difference of margins, in mean or standard deviation.
fn farthest(
    model: &dyn PreferenceModel,
    pairs: &[Pair],
    here: (&UserState, &[Vec<f32>]),
    there: (&UserState, &[Vec<f32>]),
) -> f64 {
    let of = |pair: &Pair, (state, views): (&UserState, &[Vec<f32>])| {
        let margin = model.margin(state, &views[pair.first], &views[pair.second]);
        [margin.mean, margin.variance.sqrt()]
    };
    let apart = |pair: &Pair| {
        let ([mean, sd], [other, other_sd]) = (of(pair, here), of(pair, there));
        (mean - other).abs().max((sd - other_sd).abs())
    };
    // A number that is none must not pass for a small one.
    pairs.iter().map(apart).fold(0.0, |most, one| {
        if one.is_nan() {
            f64::INFINITY
        } else {
            f64::max(most, one)
        }
    })
}
