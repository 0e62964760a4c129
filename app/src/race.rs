//! How well each method foresaw this person's votes on one pack. Plain functions of the event log.

use palate_shared::event::{Policy, VoteEvent, current};
use palate_shared::ids::MethodId;
use palate_shared::stats::{Share, TOO_EARLY, correct, wilson};

/// The coin's id; it is always drawn.
pub(crate) const COIN: &str = "coin";
/// One taste for everybody.
pub(crate) const POPULATION: &str = "population";
/// What a simple model learns from this person alone.
pub(crate) const RIDGE: &str = "ridge";
/// Chooses the questions and draws the picture of the taste.
pub(crate) const PICTURE: &str = "eb";
/// What the others must beat; always drawn, also when they win.
pub(crate) const BASELINES: [&str; 4] = [COIN, "longer", POPULATION, RIDGE];

/// The most methods that are shown at once.
const AT_ONCE: usize = 7;

/// Forecasts are kept this far from 0 and 1 in the log-loss, so that one that was sure and wrong has a finite price.
const SUREST: f64 = 1e-6;

/// Whether a method is shown at once, where there are `of`; the others are folded.
pub(crate) fn is_shown(method: &str, of: usize) -> bool {
    of <= AT_ONCE || method == PICTURE || BASELINES.contains(&method)
}

/// A mean with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mean {
    /// Point estimate.
    pub(crate) value: f64,
    /// Lower end.
    pub(crate) low: f64,
    /// Upper end.
    pub(crate) high: f64,
    /// How many values.
    pub(crate) n: u32,
}

/// One method on the held-out votes that it forecast.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Score {
    /// Which method.
    pub(crate) method: MethodId,
    /// Share of votes foreseen, with its 95 % Wilson interval.
    pub(crate) share: Share,
    /// Mean log-loss, nats; a forecast of one half costs 0.69.
    pub(crate) log_loss: Mean,
    /// Mean Brier score; a forecast of one half costs 0.25.
    pub(crate) brier: Mean,
}

impl Score {
    /// Whether there are too few votes to say anything.
    pub(crate) fn is_too_early(&self) -> bool {
        self.share.n < TOO_EARLY
    }
}

/// What a difference between two methods says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Too few votes.
    TooEarly,
    /// The interval holds zero.
    Unclear,
    /// Clearly better.
    Better,
    /// Clearly worse.
    Worse,
}

/// How much better a method is than another one on the same held-out votes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lead {
    /// Which method.
    pub(crate) method: MethodId,
    /// Log-loss of the other one minus that of the method, vote by vote: above zero, the method is better.
    pub(crate) gain: Mean,
}

impl Lead {
    /// What it says. Never a winner where the interval holds zero.
    pub(crate) fn verdict(&self) -> Verdict {
        match self.gain {
            gain if gain.n < TOO_EARLY => Verdict::TooEarly,
            gain if gain.low > 0.0 => Verdict::Better,
            gain if gain.high < 0.0 => Verdict::Worse,
            _ => Verdict::Unclear,
        }
    }
}

/// Whether the answer shown first won; `None` for ties and votes without a preference.
pub(crate) fn first_won(event: &VoteEvent) -> Option<bool> {
    let [first, second] = event.shown.as_slice() else {
        return None;
    };
    match event.judgment.label(first, second)? {
        label if label > 0.5 => Some(true),
        label if label < 0.5 => Some(false),
        _ => None,
    }
}

/// Votes on a pack, and votes held out, as they stand now.
pub(crate) fn counts(events: &[VoteEvent], pack: &str) -> (usize, usize) {
    let votes = || {
        current(events)
            .into_iter()
            .filter(|event| event.pack.as_str() == pack)
    };
    let held_out = votes().filter(|event| event.policy.is_held_out()).count();
    (votes().count(), held_out)
}

/// Decided, forecast votes on a pack: the event and whether the first answer won.
fn decided<'a>(
    events: &'a [VoteEvent],
    pack: &str,
    only_held_out: bool,
) -> Vec<(&'a VoteEvent, bool)> {
    current(events)
        .into_iter()
        .filter(|event| event.pack.as_str() == pack)
        .filter(|event| !event.simulated && !event.predictions.is_empty())
        // The answer to a repeated question was learned from before it was forecast.
        .filter(|event| event.policy != Policy::Repeat)
        .filter(|event| !only_held_out || event.policy.is_held_out())
        .filter_map(|event| Some((event, first_won(event)?)))
        .collect()
}

/// Every method that forecast one of these votes: baselines first, then in the order in which they stand in the votes.
fn methods(votes: &[(&VoteEvent, bool)]) -> Vec<MethodId> {
    let mut found: Vec<MethodId> = BASELINES.into_iter().map(MethodId::from).collect();
    let predictions = || votes.iter().flat_map(|(event, _)| &event.predictions);
    for prediction in predictions() {
        if !found.contains(&prediction.method) {
            found.push(prediction.method.clone());
        }
    }
    let is_there = |method: &MethodId| predictions().any(|made| made.method == *method);
    found.retain(|method| method.as_str() == COIN || is_there(method));
    found
}

/// The chance that a method gave the answer shown first; `None` where it made no forecast.
fn forecast(event: &VoteEvent, method: &MethodId) -> Option<f64> {
    let found = event
        .predictions
        .iter()
        .find(|prediction| prediction.method == *method);
    match found {
        Some(prediction) => Some(prediction.p_first),
        None => (method.as_str() == COIN).then_some(0.5),
    }
}

/// Price of a forecast: minus the logarithm of the chance that it gave to what happened, nats.
fn log_loss(p_first: f64, won: bool) -> f64 {
    let given = if won { p_first } else { 1.0 - p_first };
    -given.clamp(SUREST, 1.0 - SUREST).ln()
}

/// Price of a forecast: the square of its distance from what happened.
fn brier(p_first: f64, won: bool) -> f64 {
    let happened = f64::from(u8::from(won));
    (p_first - happened) * (p_first - happened)
}

/// Mean and 95 % interval by Student's distribution; the interval of a single value is unbounded. `None` without values.
fn mean(values: &[f64]) -> Option<Mean> {
    let n = u32::try_from(values.len()).ok().filter(|n| *n > 0)?;
    let count = f64::from(n);
    let value = values.iter().sum::<f64>() / count;
    let half = if n == 1 {
        f64::INFINITY
    } else {
        let squares: f64 = values.iter().map(|x| (x - value) * (x - value)).sum();
        student(count - 1.0) * (squares / (count - 1.0) / count).sqrt()
    };
    Some(Mean {
        value,
        low: value - half,
        high: value + half,
        n,
    })
}

/// The 97.5 % quantile of Student's distribution by its expansion in 1/degrees (Abramowitz & Stegun 26.7.5); within
/// 0.5 % from five degrees on.
fn student(degrees: f64) -> f64 {
    let z: f64 = 1.959_964;
    let (z3, z5) = (z.powi(3), z.powi(5));
    z + (z3 + z) / (4.0 * degrees)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * degrees * degrees)
        + (3.0 * z.powi(7) + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * degrees.powi(3))
}

/// Every method on the votes that were never learned from.
pub(crate) fn held_out(events: &[VoteEvent], pack: &str) -> Vec<Score> {
    let votes = decided(events, pack, true);
    methods(&votes)
        .into_iter()
        .filter_map(|method| {
            let forecasts: Vec<(f64, bool)> = votes
                .iter()
                .filter_map(|(event, won)| Some((forecast(event, &method)?, *won)))
                .collect();
            let of = |price: fn(f64, bool) -> f64| -> Vec<f64> {
                forecasts.iter().map(|(p, won)| price(*p, *won)).collect()
            };
            let hits = of(correct);
            Some(Score {
                share: wilson(hits.iter().sum(), u32::try_from(hits.len()).ok()?)?,
                log_loss: mean(&of(log_loss))?,
                brier: mean(&of(brier))?,
                method,
            })
        })
        .collect()
}

/// How far every other method is ahead of one, on the held-out votes that both forecast.
pub(crate) fn leads(events: &[VoteEvent], pack: &str, over: &str) -> Vec<Lead> {
    let votes = decided(events, pack, true);
    let over = MethodId::from(over);
    methods(&votes)
        .into_iter()
        .filter(|method| *method != over)
        .filter_map(|method| {
            let gains: Vec<f64> = votes
                .iter()
                .filter_map(|(event, won)| {
                    let [of, other] = [&method, &over].map(|method| forecast(event, method));
                    Some(log_loss(other?, *won) - log_loss(of?, *won))
                })
                .collect();
            Some(Lead {
                gain: mean(&gains)?,
                method,
            })
        })
        .collect()
}

/// Running share of votes foreseen over all votes, each forecast before it was learned from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve {
    /// Which method.
    pub(crate) method: MethodId,
    /// After each vote, with its 95 % Wilson interval.
    pub(crate) shares: Vec<Share>,
}

impl Curve {
    /// The share at the end.
    pub(crate) fn last(&self) -> Option<Share> {
        self.shares.last().copied()
    }
}

/// The curve of every method.
pub(crate) fn prequential(events: &[VoteEvent], pack: &str) -> Vec<Curve> {
    let votes = decided(events, pack, false);
    methods(&votes)
        .into_iter()
        .map(|method| {
            let (mut sum, mut n) = (0.0, 0);
            let shares = votes
                .iter()
                .filter_map(|(event, won)| Some(correct(forecast(event, &method)?, *won)))
                .filter_map(|hit| {
                    sum += hit;
                    n += 1;
                    wilson(sum, n)
                })
                .collect();
            Curve { method, shares }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use palate_shared::event::Prediction;
    use palate_shared::judgment::Judgment;

    use super::*;
    use crate::round::Choice;

    const PACK: &str = "t";
    const RANDOM: Policy = Policy::UniformRandom;

    fn vote(id: u32, choice: Choice, policy: Policy, forecasts: &[(&str, f64)]) -> VoteEvent {
        let shown = vec!["a".into(), "b".into()];
        let judgment: Judgment = choice.judgment(&shown);
        VoteEvent {
            id: format!("e{id}").into(),
            comparison: format!("c{id}").into(),
            supersedes: None,
            withdrawn: false,
            pack: PACK.into(),
            prompt: "p".into(),
            shown,
            judgment,
            policy,
            propensity: 0.1,
            topic: None,
            repeat_of: None,
            predictions: forecasts
                .iter()
                .map(|(method, p_first)| Prediction {
                    method: (*method).into(),
                    weights: "w".into(),
                    p_first: *p_first,
                    margin_sd: 0.1,
                    n_fit: 0,
                })
                .collect(),
            blind: true,
            simulated: false,
            context: None,
            at_ms: u64::from(id),
            dwell_ms: 1,
        }
    }

    fn score<'a>(scores: &'a [Score], method: &str) -> &'a Score {
        let found = scores.iter().find(|score| score.method.as_str() == method);
        found.expect("is in the race")
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 5e-5
    }

    #[test]
    fn only_random_decided_forecast_votes_are_held_out() {
        let events = [
            vote(1, Choice::First, RANDOM, &[("eb", 0.9)]),
            vote(2, Choice::Second, RANDOM, &[("eb", 0.8)]),
            vote(3, Choice::Equal, RANDOM, &[("eb", 0.8)]),
            vote(4, Choice::First, RANDOM, &[]),
            vote(
                5,
                Choice::First,
                Policy::ExpectedInformation,
                &[("eb", 0.9)],
            ),
        ];
        let scores = held_out(&events, PACK);
        assert_eq!(scores.len(), 2);
        assert_eq!(
            (
                scores[0].method.as_str(),
                scores[0].share.value,
                scores[0].share.n
            ),
            ("coin", 0.5, 2)
        );
        assert_eq!(
            (
                scores[1].method.as_str(),
                scores[1].share.value,
                scores[1].share.n
            ),
            ("eb", 0.5, 2)
        );
        assert!(scores[1].is_too_early());
        let curve = &prequential(&events, PACK)[1];
        let shares: Vec<f64> = curve.shares.iter().map(|share| share.value).collect();
        assert_eq!(shares, [1.0, 0.5, 2.0 / 3.0]);
        assert_eq!(curve.last(), wilson(2.0, 3));
        assert_eq!(counts(&events, PACK), (5, 4));
    }

    #[test]
    fn votes_on_another_pack_are_in_another_race() {
        let here = vote(1, Choice::First, RANDOM, &[("eb", 0.9)]);
        let mut there = vote(2, Choice::Second, RANDOM, &[("eb", 0.9), ("pal-a", 0.9)]);
        there.pack = "other".into();
        let events = [here, there];
        assert_eq!(counts(&events, PACK), (1, 1));
        assert_eq!(score(&held_out(&events, PACK), "eb").share.value, 1.0);
        assert_eq!(score(&held_out(&events, "other"), "eb").share.value, 0.0);
        assert_eq!(held_out(&events, PACK).len(), 2, "no method of the other");
        assert_eq!(prequential(&events, "other").len(), 3);
        assert_eq!(counts(&events, "third"), (0, 0));
        assert!(held_out(&events, "third").is_empty());
    }

    #[test]
    fn prices_of_forecasts_are_those_of_the_formulas() {
        // -ln 0.9 = 0.10536, -ln 0.2 = 1.60944; 0.1² = 0.01, 0.8² = 0.64.
        let events = [
            vote(1, Choice::First, RANDOM, &[("eb", 0.9)]),
            vote(2, Choice::Second, RANDOM, &[("eb", 0.8)]),
        ];
        let scores = held_out(&events, PACK);
        let eb = score(&scores, "eb");
        assert!(near(eb.log_loss.value, (0.10536 + 1.60944) / 2.0), "{eb:?}");
        assert!(near(eb.brier.value, 0.325), "{eb:?}");
        let coin = score(&scores, COIN);
        assert!(near(coin.log_loss.value, 2.0_f64.ln()));
        assert_eq!(coin.brier.value, 0.25);
        assert_eq!((coin.brier.low, coin.brier.high), (0.25, 0.25));
    }

    #[test]
    fn a_forecast_that_was_sure_and_wrong_has_a_finite_price() {
        assert!(near(log_loss(1.0, false), 13.81551));
        assert!(log_loss(1.0, true) < 2e-6);
        assert_eq!(log_loss(0.25, true), log_loss(0.75, false));
        assert_eq!(brier(0.25, true), brier(0.75, false));
    }

    #[test]
    fn an_interval_of_a_mean_is_students() {
        // Values 1 to 9: mean 5, sd √7.5, t(8) = 2.306: 5 ± 2.306 · 0.91287 = 2.8949 to 7.1051.
        let values: Vec<f64> = (1..=9).map(f64::from).collect();
        let found = mean(&values).expect("has values");
        assert_eq!((found.value, found.n), (5.0, 9));
        assert!((found.low - 2.8949).abs() < 2e-3, "{found:?}");
        assert!((found.high - 7.1051).abs() < 2e-3, "{found:?}");
        for (degrees, quantile) in [(7.0, 2.3646), (20.0, 2.0860), (100.0, 1.9840)] {
            assert!((student(degrees) - quantile).abs() < 2e-3, "{degrees}");
        }
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[1.0]).expect("has one").high, f64::INFINITY);
    }

    fn leads_over(population: &[f64], eb: &[f64]) -> Vec<Lead> {
        let events: Vec<VoteEvent> = population
            .iter()
            .zip(eb)
            .zip(1..)
            .map(|((all, eb), id)| {
                vote(
                    id,
                    Choice::First,
                    RANDOM,
                    &[(POPULATION, *all), ("eb", *eb)],
                )
            })
            .collect();
        leads(&events, PACK, POPULATION)
    }

    #[test]
    fn differences_are_paired_vote_by_vote() {
        // ln(0.8 / 0.5) = 0.47000 on every vote: no spread, so a clear lead from eight votes on.
        let leads = leads_over(&[0.5; 8], &[0.8; 8]);
        let [coin, eb] = leads.as_slice() else {
            panic!("{leads:?}");
        };
        assert_eq!(
            (coin.method.as_str(), coin.gain.value, coin.verdict()),
            (COIN, 0.0, Verdict::Unclear)
        );
        assert!(near(eb.gain.value, 0.47000) && near(eb.gain.low, 0.47000));
        assert_eq!(eb.verdict(), Verdict::Better);
        assert_eq!(
            leads_over(&[0.8; 8], &[0.5; 8])[1].verdict(),
            Verdict::Worse
        );
    }

    #[test]
    fn nobody_wins_early_or_while_the_interval_holds_zero() {
        assert_eq!(
            leads_over(&[0.5; 7], &[0.8; 7])[1].verdict(),
            Verdict::TooEarly
        );
        // Four votes +ln 1.6 = 0.47000, five ln 0.4 = -0.91629: mean -0.30016, sd 0.73059, t(8) = 2.306:
        // -0.30016 ± 0.56158.
        let eb = [0.8, 0.8, 0.8, 0.8, 0.2, 0.2, 0.2, 0.2, 0.2];
        let lead = leads_over(&[0.5; 9], &eb).remove(1);
        assert!(near(lead.gain.value, -0.30016), "{lead:?}");
        assert!((lead.gain.low + 0.86174).abs() < 1e-3, "{lead:?}");
        assert!((lead.gain.high - 0.26142).abs() < 1e-3, "{lead:?}");
        assert_eq!(lead.verdict(), Verdict::Unclear);
    }

    #[test]
    fn only_votes_that_both_forecast_are_compared() {
        let events = [
            vote(1, Choice::First, RANDOM, &[(POPULATION, 0.5), ("eb", 0.8)]),
            vote(2, Choice::First, RANDOM, &[(POPULATION, 0.5)]),
            vote(3, Choice::First, RANDOM, &[("eb", 0.8)]),
        ];
        let leads = leads(&events, PACK, POPULATION);
        assert_eq!(leads[1].gain.n, 1);
        assert_eq!(leads[0].gain.n, 2, "a coin can always be tossed");
    }

    #[test]
    fn where_there_are_many_methods_some_are_folded_but_no_baseline() {
        assert!(is_shown("vpl", AT_ONCE));
        assert!(!is_shown("vpl", AT_ONCE + 1));
        assert!(
            BASELINES
                .into_iter()
                .chain([PICTURE])
                .all(|id| is_shown(id, 13))
        );
    }

    #[test]
    fn baselines_come_first() {
        let forecasts = [("pal-a", 0.6), ("ridge", 0.9), ("eb", 0.7), ("longer", 0.5)];
        let scores = held_out(&[vote(1, Choice::First, RANDOM, &forecasts)], PACK);
        let order: Vec<&str> = scores.iter().map(|score| score.method.as_str()).collect();
        assert_eq!(order, ["coin", "longer", "ridge", "pal-a", "eb"]);
    }

    #[test]
    fn a_revision_replaces_what_it_revises() {
        let first = vote(1, Choice::First, RANDOM, &[("eb", 0.9)]);
        let mut second = vote(2, Choice::Second, RANDOM, &[("eb", 0.9)]);
        second.supersedes = Some(first.id.clone());
        let scores = held_out(&[first, second], PACK);
        assert_eq!((scores[1].share.value, scores[1].share.n), (0.0, 1));
    }

    #[test]
    fn mirrored_sides_give_mirrored_winners() {
        let won = |choice| first_won(&vote(1, choice, RANDOM, &[]));
        assert_eq!(
            (won(Choice::First), won(Choice::Second)),
            (Some(true), Some(false))
        );
        assert_eq!(
            [
                won(Choice::Equal),
                won(Choice::BothBad),
                won(Choice::CantTell),
                won(Choice::Skip)
            ],
            [None; 4]
        );
    }
}
