//! How the makers of a pack's answers stand for one person.

use std::collections::BTreeMap;

use palate_shared::infer::{MakerScore, MakersForYou};
use palate_shared::pack::PackItems;

use super::Session;

/// 95 % of a normal distribution lie within this many standard deviations.
const SPREAD: f64 = 1.96;

/// Who made each answer, in the order of the pool.
pub(super) fn of_answers(items: &PackItems) -> Vec<String> {
    let responses = items.prompts.iter().flat_map(|prompt| &prompt.responses);
    responses.map(|response| response.made_by.clone()).collect()
}

/// What a maker's answers say in the mean, and what the other answers to the same questions do.
struct Sum {
    own: Vec<f64>,
    all: Vec<f64>,
    answers: u32,
}

impl Session {
    /// Each maker's mean score for the person by the default method, over that of all answers to the same question; best first.
    /// The method is linear in views, so the mean of scores is the score of the mean, and its interval is that of the
    /// posterior. Empty where one made all answers.
    pub fn makers(&self, topic: Option<&str>) -> MakersForYou {
        let player = &self.players[self.default];
        let mut by_prompt: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, item) in self.pool.items.iter().enumerate() {
            let is_asked = topic.is_none_or(|topic| self.pool.topics[item.prompt] == topic);
            if is_asked {
                by_prompt.entry(item.prompt).or_default().push(at);
            }
        }
        let width = player.views.first().map_or(0, Vec::len);
        let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
        for answers in by_prompt.values() {
            let share = 1.0 / answers.len() as f64;
            let mut mean = vec![0.0; width];
            for at in answers {
                add(
                    &mut mean,
                    player.views[*at].iter().map(|x| share * f64::from(*x)),
                );
            }
            for at in answers {
                let sum = sums.entry(&self.makers[*at]).or_insert_with(|| Sum {
                    own: vec![0.0; width],
                    all: vec![0.0; width],
                    answers: 0,
                });
                add(
                    &mut sum.own,
                    player.views[*at].iter().map(|x| f64::from(*x)),
                );
                add(&mut sum.all, mean.iter().copied());
                sum.answers += 1;
            }
        }
        if sums.len() < 2 {
            sums.clear();
        }
        let mut makers: Vec<MakerScore> = sums
            .into_iter()
            .map(|(maker, sum)| {
                let mean = |total: &[f64]| -> Vec<f32> {
                    let count = f64::from(sum.answers);
                    total.iter().map(|x| (x / count) as f32).collect()
                };
                let margin = player
                    .model
                    .margin(&player.state, &mean(&sum.own), &mean(&sum.all));
                let spread = SPREAD * margin.variance.sqrt();
                MakerScore {
                    maker: maker.to_owned(),
                    score: margin.mean,
                    low: margin.mean - spread,
                    high: margin.mean + spread,
                    answers: sum.answers,
                }
            })
            .collect();
        makers.sort_by(|one, other| other.score.total_cmp(&one.score));
        MakersForYou {
            n_fit: player.state.n,
            makers,
        }
    }
}

fn add(sum: &mut [f64], values: impl Iterator<Item = f64>) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += value;
    }
}
