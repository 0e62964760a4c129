//! Simulated people: a few tastes each, some noise, and how often they vote.

use palate_shared::event::Prediction;
use palate_shared::ids::ResponseId;
use palate_shared::judgment::{Judgment, Outcome};
use palate_shared::pack::PackResponse;
use rand::Rng;
use rand::rngs::StdRng;
use sqlx::QueryBuilder;
use uuid::Builder;

use crate::clock::day;

/// Someone simulated.
pub(super) struct Person {
    /// As a person's id.
    pub id: String,
    /// How often they vote, compared with others: a few vote a lot.
    pub diligence: f64,
    length: f64,
    lists: f64,
    questions: f64,
}

impl Person {
    pub(super) fn draw(random: &mut StdRng, at_ms: i64) -> Self {
        let taste = |random: &mut StdRng| random.random_range(-1.5..1.5);
        Self {
            id: id(random, at_ms),
            diligence: random.random_range(0.02_f64..1.0).powf(-0.8),
            length: taste(random),
            lists: taste(random),
            questions: taste(random),
        }
    }

    fn likes(&self, answer: &PackResponse) -> f64 {
        let words = answer.text.split_whitespace().count().max(1) as f64;
        let has_list = answer.text.contains("\n- ") || answer.text.contains("\n1. ");
        let asks = answer.text.contains('?');
        self.length * (words / 120.0).ln()
            + self.lists * f64::from(u8::from(has_list))
            + self.questions * f64::from(u8::from(asks))
    }

    /// What they say about these answers.
    pub(super) fn judge(&self, random: &mut StdRng, shown: &[&PackResponse]) -> Judgment {
        let ids = || -> Vec<ResponseId> { shown.iter().map(|answer| answer.id.clone()).collect() };
        match random.random_range(0..100) {
            0..7 => return Judgment::equal(ids()),
            7..10 => return Judgment::all_unacceptable(ids()),
            10..12 => return Judgment::without_preference(Outcome::CantTell),
            12..14 => return Judgment::without_preference(Outcome::Skip),
            _ => {}
        }
        let mut liked: Vec<(f64, ResponseId)> = shown
            .iter()
            .map(|answer| (self.likes(answer) + logistic(random), answer.id.clone()))
            .collect();
        liked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let worst = liked.last().map(|(_, id)| id.clone());
        let mut judgment = Judgment::ranked(liked.into_iter().map(|(_, id)| vec![id]).collect());
        if random.random_bool(0.06) {
            judgment.unacceptable.extend(worst);
        }
        judgment
    }

    /// What a method had forecast, where one was ready.
    pub(super) fn forecast(&self, random: &mut StdRng, shown: &[&PackResponse]) -> Vec<Prediction> {
        let [first, second] = shown else {
            return vec![];
        };
        if random.random_bool(0.3) {
            return vec![];
        }
        let margin = 0.6 * (self.likes(first) - self.likes(second)) + 0.3 * logistic(random);
        ["eb", "pal-a"]
            .map(|method| Prediction {
                method: method.into(),
                weights: "simulated".to_owned(),
                p_first: 1.0 / (1.0 + (-margin).exp()),
                margin_sd: 0.5,
                n_fit: random.random_range(0..60),
            })
            .to_vec()
    }
}

/// Adds people who publish what they say.
pub(super) async fn insert(
    tx: &mut sqlx::SqliteConnection,
    people: &[Person],
    at_ms: i64,
) -> sqlx::Result<()> {
    let mut query = QueryBuilder::new("INSERT INTO users (id, created_day) ");
    query.push_values(people, |mut row, person| {
        row.push_bind(&person.id).push_bind(day(at_ms));
    });
    query.build().execute(&mut *tx).await?;
    let mut query = QueryBuilder::new(
        "INSERT INTO consents (id, user_id, purpose, granted, text_version, locale, at_ms) ",
    );
    query.push_values(people, |mut row, person| {
        row.push_bind(&person.id)
            .push_bind(&person.id)
            .push_bind("publish_votes")
            .push_bind(1_i64)
            .push_bind("simulated")
            .push_bind("en")
            .push_bind(at_ms);
    });
    query.build().execute(&mut *tx).await?;
    Ok(())
}

/// A UUIDv7 of a simulated time.
pub(super) fn id(random: &mut StdRng, at_ms: i64) -> String {
    Builder::from_unix_timestamp_millis(at_ms.unsigned_abs(), &random.random())
        .into_uuid()
        .to_string()
}

fn logistic(random: &mut StdRng) -> f64 {
    let p: f64 = random.random_range(1e-9..1.0);
    (p / (1.0 - p)).ln()
}
