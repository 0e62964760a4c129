//! What may be spent today: counted in memory, set aside before a call and settled after it.
//!
//! Beside it stands what the ledger says of others: earlier processes, and servers that share the database. Networks are stored
//! nowhere, so theirs are counted by each process for itself.
//! What is set aside counts as spent until it is settled, so that many at once cannot spend together what each alone may.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Add;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use palate_shared::ids::ModelId;

use super::settings::BudgetSettings;
use crate::address::Network;

/// Who asks, and which model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payer {
    /// The person.
    pub person: String,
    /// Their network.
    pub network: Network,
    /// The model.
    pub model: ModelId,
    /// What may be spent on it in a day.
    pub model_micro: Option<u64>,
}

/// Whose budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// The person's.
    Person,
    /// That of the person's network.
    Network,
    /// The model's.
    Model,
    /// That of all.
    Total,
}

/// A sum of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Money.
    pub micro: u64,
    /// Generations.
    pub generations: u64,
}

#[derive(Debug, Default)]
struct Day {
    day: String,
    total: Sum,
    persons: HashMap<String, Sum>,
    networks: HashMap<Network, Sum>,
    models: HashMap<ModelId, Sum>,
}

/// The budget; cheap to clone.
#[derive(Clone, Debug)]
pub struct Budget {
    settings: BudgetSettings,
    /// Of this process.
    today: Arc<Mutex<Day>>,
    /// Of others, as last heard.
    elsewhere: Arc<Mutex<Day>>,
}

/// Money that is set aside; dropped, it is free again, except what was spent of it.
#[derive(Debug)]
pub struct SetAside {
    budget: Budget,
    payer: Payer,
    day: String,
    micro: u64,
}

impl Budget {
    /// Nothing is spent yet.
    pub fn new(settings: BudgetSettings) -> Self {
        Self {
            settings,
            today: Arc::default(),
            elsewhere: Arc::default(),
        }
    }

    /// Takes over what the ledger says that others have spent and set aside on `day`.
    pub fn hear_of_others(
        &self,
        day: &str,
        total: Sum,
        persons: HashMap<String, Sum>,
        models: HashMap<ModelId, Sum>,
    ) {
        *of_day(&self.elsewhere, day) = Day {
            day: day.to_owned(),
            total,
            persons,
            models,
            networks: HashMap::new(),
        };
    }

    /// Whether the operator's file says that no model is called.
    pub fn is_off(&self) -> bool {
        self.settings.off
    }

    /// Whether a model has nothing left today.
    pub fn is_spent(&self, day: &str, model: &ModelId, model_micro: Option<u64>) -> bool {
        let (today, elsewhere) = (of_day(&self.today, day), of_day(&self.elsewhere, day));
        let of_model = of(&today.models, model) + of(&elsewhere.models, model);
        let all = today.total + elsewhere.total;
        let total = self.settings.total_micro;
        model_micro.is_some_and(|most| of_model.micro >= most)
            || total.is_some_and(|most| all.micro >= most)
            || all.generations >= self.settings.total_generations
    }

    /// Counts a generation and sets aside `micro` for each of its calls.
    ///
    /// # Errors
    /// When a budget has no room for it; then nothing was counted.
    pub fn begin(&self, day: &str, payer: &Payer, calls: &[u64]) -> Result<Vec<SetAside>, Spent> {
        let (mut today, elsewhere) = (of_day(&self.today, day), of_day(&self.elsewhere, day));
        let micro: u64 = calls.iter().fold(0, |sum, call| sum.saturating_add(*call));
        let fits = |sum: Sum, most: Option<u64>, generations: u64| {
            most.is_none_or(|most| sum.micro.saturating_add(micro) <= most)
                && sum.generations < generations
        };
        let settings = &self.settings;
        for (fits, spent) in [
            (
                fits(
                    of(&today.persons, &payer.person) + of(&elsewhere.persons, &payer.person),
                    settings.person_micro,
                    settings.person_generations,
                ),
                Spent::Person,
            ),
            (
                fits(
                    of(&today.networks, &payer.network),
                    settings.network_micro,
                    settings.network_generations,
                ),
                Spent::Network,
            ),
            (
                fits(
                    of(&today.models, &payer.model) + of(&elsewhere.models, &payer.model),
                    payer.model_micro,
                    u64::MAX,
                ),
                Spent::Model,
            ),
            (
                fits(
                    today.total + elsewhere.total,
                    settings.total_micro,
                    settings.total_generations,
                ),
                Spent::Total,
            ),
        ] {
            if !fits {
                return Err(spent);
            }
        }
        today.change(payer, |sum| {
            sum.micro = sum.micro.saturating_add(micro);
            sum.generations += 1;
        });
        let set_aside = |micro: &u64| SetAside {
            budget: self.clone(),
            payer: payer.clone(),
            day: day.to_owned(),
            micro: *micro,
        };
        Ok(calls.iter().map(set_aside).collect())
    }
}

/// The sums of a day; those of an earlier one are forgotten.
fn of_day<'a>(sums: &'a Mutex<Day>, day: &str) -> MutexGuard<'a, Day> {
    let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
    if sums.day.as_str() < day {
        *sums = Day {
            day: day.to_owned(),
            ..Day::default()
        };
    }
    sums
}

fn of<K: Hash + Eq>(sums: &HashMap<K, Sum>, key: &K) -> Sum {
    sums.get(key).copied().unwrap_or_default()
}

impl Add for Sum {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            micro: self.micro.saturating_add(other.micro),
            generations: self.generations.saturating_add(other.generations),
        }
    }
}

impl Day {
    fn change(&mut self, payer: &Payer, change: impl Fn(&mut Sum)) {
        change(&mut self.total);
        change(entry(&mut self.persons, &payer.person));
        change(entry(&mut self.networks, &payer.network));
        change(entry(&mut self.models, &payer.model));
    }
}

fn entry<'a, K: Hash + Eq + Clone>(sums: &'a mut HashMap<K, Sum>, key: &K) -> &'a mut Sum {
    sums.entry(key.clone()).or_default()
}

impl SetAside {
    /// How much it is.
    pub fn micro(&self) -> u64 {
        self.micro
    }

    /// Puts in its place what was spent, which may be more.
    pub fn settle(mut self, spent: u64) {
        self.replace(spent);
        self.micro = 0;
    }

    fn replace(&mut self, spent: u64) {
        let set_aside = self.micro;
        let mut today = of_day(&self.budget.today, &self.day);
        // What was set aside yesterday is not in today's sums.
        if today.day == self.day {
            today.change(&self.payer, |sum| {
                sum.micro = sum.micro.saturating_sub(set_aside).saturating_add(spent);
            });
        }
    }
}

impl Drop for SetAside {
    fn drop(&mut self) {
        if self.micro > 0 {
            self.replace(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: &str = "2026-11-26";

    fn budget() -> Budget {
        Budget::new(BudgetSettings {
            person_micro: Some(100),
            network_micro: Some(150),
            total_micro: Some(1_000),
            person_generations: 3,
            ..BudgetSettings::default()
        })
    }

    fn payer(person: &str, network: u8) -> Payer {
        Payer {
            person: person.to_owned(),
            network: Network([network; 16]),
            model: "m".into(),
            model_micro: Some(500),
        }
    }

    #[test]
    fn what_is_set_aside_is_not_there_twice_and_comes_back_when_unspent() {
        let (budget, ann) = (budget(), payer("ann", 1));
        let first = budget.begin(DAY, &ann, &[30, 40]).expect("fits");
        let refused = budget.begin(DAY, &ann, &[31]).expect_err("is too much");
        assert_eq!(refused, Spent::Person);
        drop(first);
        let mut calls = budget.begin(DAY, &ann, &[50, 50]).expect("fits again");
        calls.pop().expect("is there").settle(10);
        drop(calls);
        budget.begin(DAY, &ann, &[90]).expect("90 are left");
        let refused = budget.begin(DAY, &ann, &[]).expect_err("is the fourth");
        assert_eq!(refused, Spent::Person);
    }

    #[test]
    fn networks_models_and_all_have_their_own_sums() {
        let budget = budget();
        let spend = |person: &str, network, micro| {
            let calls = budget.begin(DAY, &payer(person, network), &[micro])?;
            calls.into_iter().for_each(|call| call.settle(micro));
            Ok(())
        };
        assert_eq!(spend("a", 1, 100), Ok(()));
        assert_eq!(spend("b", 1, 100), Err(Spent::Network));
        assert_eq!(spend("b", 2, 100), Ok(()));
        assert_eq!(spend("c", 3, 100), Ok(()));
        assert_eq!(spend("d", 4, 100), Ok(()));
        assert!(!budget.is_spent(DAY, &"m".into(), Some(500)));
        assert_eq!(spend("e", 5, 100), Ok(()));
        assert!(budget.is_spent(DAY, &"m".into(), Some(500)));
        assert_eq!(spend("f", 6, 1), Err(Spent::Model));
        assert!(!budget.is_spent("2026-11-27", &"m".into(), Some(500)));
    }

    #[test]
    fn what_others_spent_counts_but_once_and_only_on_its_day() {
        let (budget, ann) = (budget(), payer("ann", 1));
        let others = |micro| {
            let sum = Sum {
                micro,
                generations: 1,
            };
            let persons = HashMap::from([("ann".to_owned(), sum)]);
            budget.hear_of_others(DAY, sum, persons, HashMap::from([("m".into(), sum)]));
        };
        others(50);
        others(70);
        let refused = budget.begin(DAY, &ann, &[31]).expect_err("70 are spent");
        assert_eq!(refused, Spent::Person);
        let call = budget.begin(DAY, &ann, &[30]).expect("30 are left");
        others(60);
        assert!(budget.begin(DAY, &ann, &[11]).is_err());
        drop(call);
        budget.begin("2026-11-27", &ann, &[100]).expect("a new day");
        let other = payer("bob", 2);
        others(470);
        let refused = budget.begin(DAY, &other, &[31]);
        assert_eq!(refused.expect_err("is too much"), Spent::Model);
    }

    #[test]
    fn what_runs_over_midnight_is_not_taken_from_the_new_day() {
        let (budget, ann) = (budget(), payer("ann", 1));
        let yesterday = budget.begin(DAY, &ann, &[100]).expect("fits");
        let today = budget.begin("2026-11-27", &ann, &[60]).expect("fits");
        drop(yesterday);
        let refused = budget.begin("2026-11-27", &ann, &[41]);
        assert_eq!(refused.expect_err("is too much"), Spent::Person);
        drop(today);
    }
}
