//! Simulated visitors through whole sessions, exactly as the site runs them.

use anyhow::{Context, Result};
use palate_models::session::Session;
use palate_shared::event::VoteEvent;
use palate_shared::judgment::Judgment;
use palate_shared::stats;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::axes;
use crate::folder::PackFolder;
use crate::people::Person;

/// Events of every visitor. Pairs that a visitor likes equally become ties.
///
/// # Errors
/// When the pack has no axes or no heads, or a session fails.
pub fn visitors(
    pack: &PackFolder,
    people: usize,
    votes: usize,
    seed: u64,
) -> Result<Vec<Vec<VoteEvent>>> {
    let axes = axes::of_pack(&pack.items)?;
    let heads = pack
        .heads
        .as_deref()
        .context("the pack has no heads; train them first")?;
    let ids: Vec<_> = pack
        .items
        .prompts
        .iter()
        .flat_map(|prompt| &prompt.responses)
        .map(|response| &response.id)
        .collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut all = Vec::with_capacity(people);
    for visitor in 0..people {
        let person = Person::draw(&mut rng);
        let mut session = Session::new(
            &pack.items,
            &pack.vectors,
            heads,
            seed.wrapping_mul(1_000_003) + visitor as u64,
        )?;
        let mut events = Vec::with_capacity(votes);
        for vote in 0..votes {
            let question = session.next(None)?;
            let place = |at: usize| {
                ids.iter()
                    .position(|id| **id == question.shown[at])
                    .context("the session shows answers of the pack")
            };
            let (first, second) = (place(0)?, place(1)?);
            let (a, b) = (question.shown[0].clone(), question.shown[1].clone());
            let judgment = match person.vote(&axes, (first, second), &mut rng) {
                None => Judgment::equal(vec![a, b]),
                // The vote draws its own sides.
                Some(vote) if vote.first_wins == (vote.first == first) => Judgment::prefer(a, b),
                Some(_) => Judgment::prefer(b, a),
            };
            let event = VoteEvent {
                id: format!("{}-{visitor}-{vote}", question.comparison).into(),
                comparison: question.comparison,
                supersedes: None,
                withdrawn: false,
                pack: pack.items.pack.clone(),
                prompt: question.prompt,
                shown: question.shown,
                judgment,
                policy: question.policy,
                propensity: question.propensity,
                topic: question.topic.clone(),
                repeat_of: question.repeat_of.clone(),
                predictions: question.predictions,
                blind: true,
                simulated: true,
                context: None,
                at_ms: 0,
                dwell_ms: 0,
            };
            session.learn(&event)?;
            events.push(event);
        }
        all.push(events);
    }
    Ok(all)
}

/// Accuracy of each method's locked predictions on held-out votes without ties, as a table.
pub fn summary(events: &[Vec<VoteEvent>]) -> String {
    let mut scores: Vec<(String, f64, u32)> = Vec::new();
    for event in events
        .iter()
        .flatten()
        .filter(|event| event.policy.is_held_out())
    {
        let Some(label) = event
            .judgment
            .label(&event.shown[0], &event.shown[1])
            .filter(|label| *label != 0.5)
        else {
            continue;
        };
        for prediction in &event.predictions {
            let right = stats::correct(prediction.p_first, label == 1.0);
            match scores
                .iter_mut()
                .find(|(method, ..)| method == prediction.method.as_str())
            {
                Some(score) => {
                    score.1 += right;
                    score.2 += 1;
                }
                None => scores.push((prediction.method.0.clone(), right, 1)),
            }
        }
    }
    let mut table =
        "| method | accuracy on held-out votes, all stages | votes |\n|---|---|---|\n".to_owned();
    for (method, right, count) in scores {
        if let Some(share) = stats::wilson(right, count) {
            table += &format!(
                "| {method} | {:.3} ({:.3}–{:.3}) | {count} |\n",
                share.value, share.low, share.high
            );
        }
    }
    table
}
