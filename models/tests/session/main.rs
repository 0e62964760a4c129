//! A session on the committed starter pack.

use std::collections::HashSet;

use palate_models::session::Session;
use palate_shared::event::Policy;
use palate_shared::features;
use palate_shared::ids::ResponseId;
use palate_shared::infer::Place;
use palate_shared::judgment::{Judgment, Outcome};
use palate_shared::said;

mod devices;
mod makers;
mod pack;
mod rerank;

use pack::{event, pack, play};

#[test]
fn a_taste_for_length_is_found_and_named() {
    let pack = pack();
    let mut session = pack.session(1);
    assert_eq!(session.standing().certainty, 0.0);
    play(&pack, &mut session, 25);
    let profile = session.profile();
    let first = &profile.traits[0];
    assert_eq!(
        (first.feature.as_str(), first.words.as_str()),
        ("length", "longer answers")
    );
    assert!(first.low > 0.0, "{first:?}");
    assert!(
        profile.certainty > 0.2 && profile.certainty < 1.0,
        "{}",
        profile.certainty
    );
    assert!(
        (profile
            .prototypes
            .iter()
            .map(|share| share.share)
            .sum::<f64>()
            - 1.0)
            .abs()
            < 1e-9
    );
}

#[test]
fn predictions_become_right() {
    let pack = pack();
    let mut session = pack.session(2);
    play(&pack, &mut session, 25);
    let (mut right, mut count) = (0, 0);
    // Chosen questions are the ones it is unsure of; uniformly random ones measure it.
    for _ in 0..200 {
        let question = session.next(None).expect("pairs are left");
        if !question.policy.is_held_out() {
            continue;
        }
        let longer_first = pack.words(&question.shown[0]) > pack.words(&question.shown[1]);
        let eb = question
            .predictions
            .iter()
            .find(|p| p.method.as_str() == "eb")
            .expect("the default predicts");
        right += usize::from((eb.p_first > 0.5) == longer_first);
        count += 1;
    }
    assert!(count >= 25, "{count} of 200 questions were random");
    assert!(right * 10 >= count * 8, "{right} of {count}");
}

#[test]
fn restoring_equals_learning_one_by_one() {
    let pack = pack();
    let mut session = pack.session(3);
    let events = play(&pack, &mut session, 12);
    let mut restored = pack.session(3);
    restored.restore(&events).expect("the history fits");
    assert_eq!(restored.states(), session.states());
    assert_eq!(restored.standing(), session.standing());
    assert_eq!(restored.profile(), session.profile());
}

#[test]
fn held_out_votes_are_counted_and_never_fitted() {
    let pack = pack();
    let mut session = pack.session(4);
    let before = session.states();
    let mut question = session.next(None).expect("pairs are left");
    question.policy = Policy::UniformRandom;
    let lesson = session
        .learn(&event(&question, pack.longer(&question)))
        .expect("the vote fits");
    assert_eq!((lesson.n_fit, lesson.n_held_out), (0, 1));
    assert_eq!(session.states(), before);
    question.policy = Policy::ExpectedInformation;
    question.comparison = "other".into();
    let lesson = session
        .learn(&event(&question, pack.longer(&question)))
        .expect("the vote fits");
    assert_eq!((lesson.n_fit, lesson.n_held_out), (1, 1));
    assert_ne!(session.states(), before);
}

#[test]
fn a_revision_replaces_what_was_said() {
    let pack = pack();
    let mut session = pack.session(5);
    let mut question = session.next(None).expect("pairs are left");
    question.policy = Policy::ExpectedInformation;
    let (a, b) = (question.shown[0].clone(), question.shown[1].clone());
    let first = event(&question, Judgment::prefer(a.clone(), b.clone()));
    session.learn(&first).expect("the vote fits");
    let mut second = event(&question, Judgment::prefer(b.clone(), a.clone()));
    second.id = "revision".into();
    second.supersedes = Some(first.id.clone());
    let lesson = session.learn(&second).expect("the revision fits");
    assert_eq!(lesson.n_fit, 1);
    let mut only = pack.session(5);
    only.restore(&[event(&question, Judgment::prefer(b, a))])
        .expect("the history fits");
    assert_eq!(session.states(), only.states());
}

#[test]
fn a_withdrawn_vote_is_unlearned_and_an_undo_learns_it_again() {
    let pack = pack();
    let mut session = pack.session(13);
    let before = session.states();
    let mut question = session.next(None).expect("pairs are left");
    question.policy = Policy::ExpectedInformation;
    let first = event(&question, pack.longer(&question));
    session.learn(&first).expect("the vote fits");
    let learned = session.states();
    assert_ne!(learned, before);
    let gone = first.withdrawal("withdrawal".into(), 1);
    let lesson = session.learn(&gone).expect("the withdrawal fits");
    assert_eq!((lesson.n_fit, lesson.lesson.as_str()), (0, ""));
    assert_eq!(session.states(), before);
    let back = gone.revision("undo".into(), gone.judgment.clone(), 2);
    session.learn(&back).expect("the undo fits");
    assert_eq!(session.states(), learned);
    let mut restored = pack.session(13);
    restored
        .restore(&[first.clone(), gone.clone()])
        .expect("the history fits");
    assert_eq!(restored.states(), before);
    restored
        .restore(&[first, gone, back])
        .expect("the history fits");
    assert_eq!(restored.states(), learned);
}

#[test]
fn skips_teach_nothing_and_strangers_in_history_are_passed_over() {
    let pack = pack();
    let mut session = pack.session(6);
    let before = session.states();
    let question = session.next(None).expect("pairs are left");
    let skip = event(&question, Judgment::without_preference(Outcome::Skip));
    assert_eq!(session.learn(&skip).expect("a skip fits").n_fit, 0);
    let mut stranger = event(&question, Judgment::prefer("x".into(), "y".into()));
    stranger.shown = vec!["x".into(), "y".into()];
    session
        .restore(&[stranger.clone()])
        .expect("strangers are skipped");
    assert_eq!(session.states(), before);
    assert!(session.learn(&stranger).is_err());
}

#[test]
fn no_pair_comes_twice_and_prompts_rest() {
    let pack = pack();
    let mut session = pack.session(7);
    let (mut pairs, mut prompts) = (HashSet::new(), Vec::new());
    for event in play(&pack, &mut session, 60) {
        let mut shown = event.shown.clone();
        shown.sort();
        assert_eq!(
            pairs.insert(shown),
            event.policy != Policy::Repeat,
            "a pair came twice, or a repeat is none"
        );
        assert!(
            !prompts
                .iter()
                .rev()
                .take(9)
                .any(|prompt| *prompt == event.prompt),
            "a prompt came back too soon"
        );
        prompts.push(event.prompt);
    }
}

#[test]
fn questions_carry_policy_propensity_and_forecasts_of_every_method() {
    let pack = pack();
    let mut session = pack.session(8);
    let (mut random, mut swapped, mut ids) = (0, 0, HashSet::new());
    for _ in 0..200 {
        let question = session.next(None).expect("pairs are left");
        random += usize::from(question.policy.is_held_out());
        swapped += usize::from(question.shown[0] > question.shown[1]);
        assert!(question.propensity > 0.0 && question.propensity <= 1.0);
        assert_eq!(question.predictions.len(), session.methods().len());
        assert!(
            question
                .predictions
                .iter()
                .all(|p| (0.0..=1.0).contains(&p.p_first))
        );
        assert!(!question.why.is_empty());
        assert!(
            ids.insert(question.comparison.0.clone()) && question.comparison.as_str().len() == 36
        );
    }
    assert!((30..=70).contains(&random), "{random} of 200 are random");
    assert!(
        (75..=125).contains(&swapped),
        "{swapped} of 200 are swapped"
    );
}

#[test]
fn a_resumed_session_makes_new_ids() {
    let pack = pack();
    let mut session = pack.session(9);
    let events = play(&pack, &mut session, 1);
    let mut resumed = pack.session(9);
    resumed.restore(&events).expect("the history fits");
    assert_ne!(
        resumed.next(None).expect("pairs are left").comparison,
        events[0].comparison
    );
}

#[test]
fn forgetting_returns_to_the_start() {
    let pack = pack();
    let mut session = pack.session(10);
    let before = (session.states(), session.profile());
    play(&pack, &mut session, 5);
    session.forget();
    assert_eq!((session.states(), session.profile()), before);
}

#[test]
fn texts_are_compared_by_what_was_learned() {
    let pack = pack();
    let mut session = pack.session(11);
    play(&pack, &mut session, 25);
    let prompt = &pack.items.prompts[0];
    let mut responses: Vec<_> = prompt.responses.iter().collect();
    responses.sort_by(|a, b| pack.words(&b.id).total_cmp(&pack.words(&a.id)));
    let texts = [responses[0].text.clone(), responses[5].text.clone()];
    let vector = vec![(1.0_f32 / 384.0).sqrt(); 384];
    let comparison = session
        .compare("", &texts, &[vector.clone(), vector.clone()])
        .expect("texts fit");
    assert_eq!(comparison.ranking, [0, 1]);
    assert!(comparison.margin.0 > 0.0 && comparison.margin.1 > 0.0);
    assert!(
        comparison
            .reasons
            .iter()
            .any(|(words, value)| words == "longer answers" && *value > 0.0)
    );
    let swapped = [texts[1].clone(), texts[0].clone()];
    let mirror = session
        .compare("", &swapped, &[vector.clone(), vector.clone()])
        .expect("texts fit");
    assert!((mirror.margin.0 + comparison.margin.0).abs() < 1e-6);
    assert!(
        session
            .compare("", &texts[..1], std::slice::from_ref(&vector))
            .is_err()
    );
    assert!(
        session
            .compare("", &texts, &[vector, vec![0.0; 3]])
            .is_err()
    );
}

#[test]
fn a_person_lies_on_the_map_more_narrowly_after_votes() {
    let pack = pack();
    let mut session = pack.session(3);
    let map = session.profile().map.expect("the heads have a map");
    assert_eq!((map.now, map.words.len()), (map.before, 4));
    assert!(map.people.len() > 50);
    play(&pack, &mut session, 30);
    let later = session.profile().map.expect("the heads have a map");
    let area = |place: Place| place.xx * place.yy - place.xy * place.xy;
    assert_eq!(later.before, map.before);
    assert!(
        area(later.now) < 0.5 * area(map.now),
        "{:?} {:?}",
        later.now,
        map.now
    );
}

#[test]
fn what_a_person_says_of_themselves_counts_until_it_is_taken_back() {
    let pack = pack();
    let mut session = pack.session(4);
    play(&pack, &mut session, 6);
    let before = session.profile().description;
    assert!(before.iter().all(|said| !said.corrected));
    let long = before
        .iter()
        .position(|said| said.more == "long answers")
        .expect("length is described");
    let (prompt, shown) = (&pack.items.prompts[0], |at: usize| {
        pack.items.prompts[0].responses[at].id.clone()
    });
    let mut by_length: Vec<usize> = (0..prompt.responses.len()).collect();
    by_length.sort_by_key(|at| prompt.responses[*at].text.len());
    let pair = [shown(by_length[5]), shown(by_length[0])];
    let mut longer_wins = |weight: Option<f64>| {
        let mut said = vec![None; before.len()];
        said[long] = weight;
        session.correct(&said).expect("it fits");
        let described = session.profile().description;
        assert_eq!(described[long].corrected, weight.is_some());
        let forecast = session.predict(&prompt.id, &pair).expect("they exist");
        let of = |id: &str| {
            forecast
                .predictions
                .iter()
                .find(|one| one.method.as_str() == id)
                .expect("every method forecasts")
                .p_first
        };
        (of("fspo"), of("eb"))
    };
    let (untouched, long, short) = (
        longer_wins(None),
        longer_wins(Some(1.0)),
        longer_wins(Some(-1.0)),
    );
    assert!(long.0 > short.0 + 0.1, "{long:?} {short:?}");
    assert_eq!(
        [long.1, short.1],
        [untouched.1; 2],
        "other methods go by votes"
    );
    assert_eq!(longer_wins(None), untouched);
    for wrong in [vec![None], vec![Some(f64::NAN); before.len()]] {
        assert!(session.correct(&wrong).is_err());
    }
}

#[test]
fn corrupt_packs_and_heads_are_refused() {
    let pack = pack();
    assert!(Session::new(&pack.items, &pack.vectors[2..], &pack.heads, 0).is_err());
    assert!(Session::new(&pack.items, &pack.vectors, &pack.heads[..1000], 0).is_err());
    assert!(Session::new(&pack.items, &pack.vectors, b"", 0).is_err());
}

#[test]
fn the_bench_times_every_method() {
    let pack = pack();
    let session = pack.session(12);
    // A clock that goes on by one whenever it is looked at: every time is 1, and sums are exact.
    let ticks = std::cell::Cell::new(0.0);
    let clock = || {
        ticks.set(ticks.get() + 1.0);
        ticks.get()
    };
    let bench = session.bench_refit(200, 500, 10, &clock).expect("fits");
    assert_eq!(
        (bench.all.len(), bench.choose.len(), bench.refit.len()),
        (10, 10, session.methods().len())
    );
    for (method, times) in &bench.refit {
        assert_eq!(times, &[1.0; 10], "{method}");
    }
    assert_eq!(bench.all, [session.methods().len() as f64; 10]);
    assert_eq!(bench.choose, [1.0; 10]);
}

#[test]
fn four_answers_are_ranked_at_once_and_every_pair_is_learned() {
    let pack = pack();
    let mut session = pack.session(5);
    let mut held_out = 0;
    for _ in 0..12 {
        let question = session.next_four().expect("sets are left");
        let ids: HashSet<&ResponseId> = question.shown.iter().collect();
        assert_eq!(ids.len(), palate_models::session::FOUR);
        assert!(question.propensity > 0.0 && question.propensity <= 1.0);
        assert!(question.predictions.is_empty());
        let mut order = question.shown.clone();
        order.sort_by(|a, b| pack.words(b).total_cmp(&pack.words(a)));
        let judgment = Judgment::ranked(order.into_iter().map(|id| vec![id]).collect());
        held_out += u32::from(question.policy == Policy::UniformRandom);
        session
            .learn(&event(&question, judgment))
            .expect("the ranking fits");
    }
    let standing = session.standing();
    assert_eq!(
        (standing.n_fit, standing.n_held_out),
        (12 - held_out, held_out)
    );
    assert_eq!(session.profile().traits[0].words, "longer answers");
}

#[test]
fn sets_of_four_are_drawn_with_their_propensity() {
    let pack = pack();
    let draws = 400;
    let random = (0..draws)
        .filter(|seed| {
            let question = pack.session(*seed).next_four().expect("sets are left");
            let floor = 0.25 / (72.0 * 15.0);
            assert!(
                question.propensity >= floor * 0.999,
                "{}",
                question.propensity
            );
            question.policy == Policy::UniformRandom
        })
        .count();
    // Binomial: 100 ± 3.5 standard deviations.
    assert!((70..=130).contains(&random), "{random}");
}

#[test]
fn one_question_in_twenty_is_an_earlier_one_with_its_sides_swapped() {
    let pack = pack();
    let mut session = pack.session(21);
    let votes = play(&pack, &mut session, 40);
    let before = session.states();
    assert!(votes.iter().take(11).all(|vote| vote.repeat_of.is_none()));
    let (draws, mut repeats, mut random) = (1600, 0, 0);
    for _ in 0..draws {
        let question = session.next(None).expect("pairs are left");
        random += usize::from(question.policy == Policy::UniformRandom);
        let Some(earlier) = &question.repeat_of else {
            assert_ne!(question.policy, Policy::Repeat);
            continue;
        };
        repeats += 1;
        assert_eq!(question.policy, Policy::Repeat);
        let vote = votes
            .iter()
            .find(|vote| vote.comparison == *earlier)
            .expect("was asked");
        let swapped: Vec<_> = vote.shown.iter().rev().cloned().collect();
        assert_eq!(
            (&question.shown, &question.prompt),
            (&swapped, &vote.prompt)
        );
        assert!(
            !votes
                .iter()
                .rev()
                .take(10)
                .any(|late| late.comparison == *earlier)
        );
        assert!(question.propensity > 0.0 && question.propensity <= 0.05);
        assert!(!question.predictions.is_empty());
    }
    // Binomial: 80 and 400, four standard deviations.
    assert!((45..=115).contains(&repeats), "{repeats}");
    assert!((330..=470).contains(&random), "{random}");
    assert_eq!(session.states(), before);
}

#[test]
fn a_repeat_is_counted_once_and_teaches_nothing() {
    let pack = pack();
    let mut session = pack.session(22);
    play(&pack, &mut session, 25);
    let (standing, states) = (session.standing(), session.states());
    let question = (0..2000)
        .map(|_| session.next(None).expect("pairs are left"))
        .find(|question| question.policy == Policy::Repeat)
        .expect("a repeat comes");
    let same = event(&question, pack.longer(&question));
    let lesson = session.learn(&same).expect("the vote fits");
    assert_eq!(lesson.lesson, "You said the same last time.");
    assert_eq!(
        (lesson.n_fit, lesson.n_held_out),
        (standing.n_fit, standing.n_held_out)
    );
    assert_eq!(session.states(), states);
    let earlier = question.repeat_of.expect("repeats something");
    for _ in 0..300 {
        let next = session.next(None).expect("pairs are left");
        assert_ne!(
            next.repeat_of.as_ref(),
            Some(&earlier),
            "asked again once only"
        );
    }
    let mut other = same.revision("other".into(), same.judgment.clone(), 9);
    other.judgment.groups.reverse();
    let lesson = session.learn(&other).expect("the revision fits");
    assert_eq!(lesson.lesson, "Last time you said something else.");
}

#[test]
fn a_chosen_topic_is_kept_to_until_it_is_used_up() {
    let pack = pack();
    let mut session = pack.session(23);
    let topic = pack.items.prompts[30].topic.clone();
    let of_topic = |id: &palate_shared::ids::PromptId| {
        pack.items
            .prompts
            .iter()
            .any(|prompt| prompt.id == *id && prompt.topic == topic)
    };
    let mut asked = 0;
    let error = loop {
        match session.next(Some(&topic)) {
            Ok(question) => {
                assert!(of_topic(&question.prompt), "{}", question.prompt);
                assert_eq!(question.topic.as_deref(), Some(topic.as_str()));
                assert!(question.propensity > 0.0 && question.propensity <= 1.0);
                session
                    .learn(&event(&question, pack.longer(&question)))
                    .expect("the vote fits");
                asked += 1;
            }
            Err(error) => break error.to_string(),
        }
        assert!(asked < 1000, "it never ends");
    };
    let pairs = pack
        .items
        .prompts
        .iter()
        .filter(|prompt| prompt.topic == topic)
        .count()
        * 15;
    assert!(asked >= pairs, "{asked} of {pairs}");
    assert!(error.contains("choose another topic"), "{error}");
    assert!(session.next(Some("no such topic")).is_err());
    assert!(session.next(None).is_ok());
}

/// Whether these words name a trait, or what people like of it; two of them have a comma between.
fn is_trait(words: &str) -> bool {
    let named = |words: &str| {
        features::FEATURES.iter().any(|feature| {
            [feature.name, feature.more, feature.less]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(words))
        })
    };
    named(words)
        || words
            .match_indices(", ")
            .any(|(at, comma)| named(&words[..at]) && named(&words[at + comma.len()..]))
}

#[test]
fn what_a_session_says_is_listed_for_pages_that_speak_another_language_and_nothing_else() {
    let pack = pack();
    let mut heard: HashSet<String> = HashSet::new();
    for seed in 0..6 {
        let mut session = pack.session(seed);
        heard.extend(session.methods().into_iter().map(|method| method.name));
        heard.insert(session.next_four().expect("sets are left").why);
        for at in 0..80 {
            let question = session.next(None).expect("pairs are left");
            let mut judgment = pack.longer(&question);
            if at % 5 > 2 {
                // A person who is not of one mind.
                judgment.groups.reverse();
            }
            let vote = event(&question, judgment);
            heard.insert(session.learn(&vote).expect("the vote fits").lesson);
            heard.insert(question.why);
        }
        let profile = session.profile();
        heard.extend(profile.traits.into_iter().flat_map(|t| [t.name, t.words]));
        heard.extend(profile.prototypes.into_iter().map(|found| found.words));
        heard.extend(profile.map.into_iter().flat_map(|map| map.words));
        let described = profile.description.into_iter();
        heard.extend(described.flat_map(|said| [said.more, said.less]));
        let texts = ["Yes.", "I think so! See:\n\n- one\n- two"].map(str::to_owned);
        let vectors = [vec![0.05; 384], vec![-0.05; 384]];
        let compared = session.compare("", &texts, &vectors).expect("vectors fit");
        heard.extend(compared.reasons.into_iter().map(|(words, _)| words));
    }
    heard.remove("");
    let mut said: HashSet<&str> = HashSet::new();
    for words in &heard {
        let text = said::SESSION.texts.iter().find(|text| *text == words);
        let sentence = said::SESSION.sentences.iter().find(|pattern| {
            said::values(pattern, words)
                .iter()
                .any(|values| values.iter().all(|(_, value)| is_trait(value)))
        });
        match text.or(sentence) {
            Some(listed) => said.extend([*listed]),
            None => assert!(is_trait(words), "not listed: {words}"),
        }
    }
    let all = [said::SESSION.texts, said::SESSION.sentences].concat();
    // Heads of one trait only would have to say this one.
    let rare = "This pair tells most about your taste.";
    assert!(include_str!("../../src/session.rs").contains(rare));
    said.insert(rare);
    let never: Vec<&&str> = all.iter().filter(|text| !said.contains(*text)).collect();
    assert_eq!(never, Vec::<&&str>::new(), "listed, but never said");
}
