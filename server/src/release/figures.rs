//! `figures.json`: what is counted and estimated of a release, for the card and for pages.

use std::collections::{BTreeMap, BTreeSet};

use palate_shared::api::figures::{Counted, Figures, PackFigures, PromptCell};

use super::counts::Counts;
use palate_shared::stats::FEWEST_PEOPLE;

/// Fewest people of each cell of prompts.
const FROM: [u32; 6] = [1, 2, 5, 10, 20, 50];

/// Who judged which prompt, by number of the person. A person's votes come together.
#[derive(Clone, Debug, Default)]
pub(crate) struct PromptRaters {
    people: u32,
    prompts: BTreeMap<String, Vec<u32>>,
}

impl PromptRaters {
    /// What follows is of another person.
    pub(crate) fn next_person(&mut self) {
        self.people += 1;
    }

    /// The person judged `prompt`.
    pub(crate) fn add(&mut self, prompt: &str) {
        let person = self.people;
        match self.prompts.get_mut(prompt) {
            Some(raters) if raters.last() == Some(&person) => {}
            Some(raters) => raters.push(person),
            None => {
                self.prompts.insert(prompt.to_owned(), vec![person]);
            }
        }
    }

    /// Prompts by how many people judged them; cells of fewer than ten people say nothing.
    fn cells(&self) -> Vec<PromptCell> {
        let mut cells: [(u64, BTreeSet<u32>); FROM.len()] = Default::default();
        for raters in self.prompts.values() {
            let at = FROM.partition_point(|from| *from as usize <= raters.len()) - 1;
            cells[at].0 += 1;
            // Ten are enough to know.
            let missing = (FEWEST_PEOPLE as usize).saturating_sub(cells[at].1.len());
            let people = &mut cells[at].1;
            let new: Vec<u32> = raters
                .iter()
                .filter(|rater| !people.contains(rater))
                .take(missing)
                .copied()
                .collect();
            people.extend(new);
        }
        let tops = FROM[1..].iter().map(|from| Some(from - 1)).chain([None]);
        FROM.into_iter()
            .zip(tops)
            .zip(cells)
            .map(|((from, to), (prompts, people))| PromptCell {
                from,
                to,
                prompts: (prompts == 0 || people.len() as u64 >= FEWEST_PEOPLE).then_some(prompts),
            })
            .collect()
    }
}

/// All figures.
pub(crate) fn figures(counts: &Counts, prompts: &PromptRaters, packs: Vec<PackFigures>) -> Figures {
    let listed = |votes: &BTreeMap<String, u64>| {
        let counted = |(name, votes): (&String, &u64)| Counted {
            name: name.clone(),
            votes: *votes,
        };
        votes.iter().map(counted).collect()
    };
    Figures {
        days: listed(&counts.days),
        outcomes: listed(&counts.outcomes),
        policies: listed(&counts.policies),
        raters_per_prompt: prompts.cells(),
        packs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prompts that this many people judged, all of them other people.
    fn cells(raters: &[u32]) -> Vec<Option<u64>> {
        let mut prompts = PromptRaters::default();
        for (at, people) in raters.iter().enumerate() {
            for _ in 0..*people {
                prompts.next_person();
                prompts.add(&format!("p{at}"));
                prompts.add(&format!("p{at}"));
            }
        }
        prompts.cells().iter().map(|cell| cell.prompts).collect()
    }

    #[test]
    fn prompts_are_counted_by_their_people_and_cells_of_fewer_than_ten_people_say_nothing() {
        assert_eq!(cells(&[]), [Some(0); 6]);
        let nine = [1; 9];
        assert_eq!(cells(&nine)[0], None);
        let ten = [1; 10];
        assert_eq!(cells(&ten)[0], Some(10));
        assert_eq!(
            cells(&[4, 4, 9, 19, 50, 51, 2]),
            [Some(0), Some(3), None, Some(1), Some(0), Some(2)]
        );
    }

    #[test]
    fn the_same_people_on_several_prompts_stay_the_same_people() {
        let mut prompts = PromptRaters::default();
        for _ in 0..4 {
            prompts.next_person();
            for prompt in ["a", "b", "c"] {
                prompts.add(prompt);
            }
        }
        assert_eq!(
            prompts.cells()[1].prompts,
            None,
            "three prompts, four people"
        );
    }
}
