//! Answers ranked for a person: order, receipts, what would have to differ, what the person brings.

use palate_models::session::{Embedded, Session};
use palate_shared::event::{Policy, VoteEvent};
use palate_shared::ids::{ComparisonId, PromptId};
use palate_shared::infer::{Candidate, Example, Examples, Question, Rerank, Reranked, ToWin};
use palate_shared::judgment::Judgment;

use super::pack::{Pack, event, pack, play};

/// All answers to a prompt, to be ranked from all votes.
fn candidates(pack: &Pack, prompt: usize) -> Rerank {
    let prompt = &pack.items.prompts[prompt];
    let answers = prompt.responses.iter().map(|response| Candidate {
        response: Some(response.id.clone()),
        text: response.text.clone(),
    });
    Rerank {
        prompt: prompt.text.clone(),
        candidates: answers.collect(),
        examples: Examples::default(),
        method: None,
    }
}

fn rank(session: &Session, asked: &Rerank) -> Reranked {
    let found = session.rerank(asked, Embedded::default());
    found.expect("answers of the pack need no embeddings")
}

/// Rows that embeddings of texts could be: no two alike, L2 norm 1.
fn vectors(count: usize) -> Vec<Vec<f32>> {
    let vector = |at: usize| (0..384).map(|x| f32::from(u8::from(x == at))).collect();
    (0..count).map(vector).collect()
}

/// A vote that is learned from, on a pair that the person chose.
fn vote(pack: &Pack, id: &str, prompt: usize, [chosen, rejected]: [usize; 2]) -> VoteEvent {
    let prompt = &pack.items.prompts[prompt];
    let of = |at: usize| prompt.responses[at].id.clone();
    let question = Question {
        comparison: id.into(),
        prompt: prompt.id.clone(),
        shown: vec![of(chosen), of(rejected)],
        policy: Policy::SelfChosen,
        propensity: 1.0,
        topic: None,
        repeat_of: None,
        predictions: vec![],
        information: 0.0,
        why: String::new(),
    };
    event(&question, Judgment::prefer(of(chosen), of(rejected)))
}

#[test]
fn who_likes_long_answers_gets_a_long_one_first_and_reads_why() {
    let pack = pack();
    let mut session = pack.session(1);
    play(&pack, &mut session, 25);
    let (mut long, mut reasons) = (0, 0);
    for prompt in 0..20 {
        let asked = candidates(&pack, prompt);
        let found = rank(&session, &asked);
        let words =
            |at: usize| pack.words(asked.candidates[at].response.as_ref().expect("is known"));
        let mean = (0..6).map(words).sum::<f32>() / 6.0;
        long += usize::from(words(found.ranking[0]) > mean);
        let first = &found.scores[found.ranking[0]];
        reasons += usize::from(first.reasons[0].0 == "longer answers");
        assert!(
            found
                .ranking
                .is_sorted_by(|a, b| found.scores[*a].score >= found.scores[*b].score)
        );
        let sum: f64 = found.scores.iter().map(|scored| scored.score).sum();
        assert!(sum.abs() < 1e-6, "scores are around their mean: {sum}");
        assert!(
            found
                .scores
                .iter()
                .all(|scored| scored.sd > 0.0 && scored.features.len() == found.traits.len())
        );
        assert_eq!(first.to_win, None, "it has won");
    }
    assert!(long >= 18, "{long} of 20");
    assert!(reasons >= 12, "{reasons} of 20");
}

#[test]
fn of_two_answers_each_is_half_the_margin_from_the_middle() {
    let pack = pack();
    let mut session = pack.session(11);
    play(&pack, &mut session, 10);
    let mut asked = candidates(&pack, 9);
    asked.candidates.truncate(2);
    let found = rank(&session, &asked);
    let prompt = &pack.items.prompts[9];
    let shown = [0, 1].map(|at| prompt.responses[at].id.clone());
    let question = session.predict(&prompt.id, &shown).expect("the pair fits");
    let eb = &question.predictions[0];
    assert_eq!(eb.method, found.method);
    assert_eq!(eb.p_first > 0.5, found.scores[0].score > 0.0);
    for scored in &found.scores {
        assert!(
            (2.0 * scored.sd - eb.margin_sd).abs() < 1e-3,
            "{} {}",
            scored.sd,
            eb.margin_sd
        );
    }
}

#[test]
fn a_receipt_is_the_score_minus_that_without_the_vote() {
    let pack = pack();
    let mut session = pack.session(2);
    let events = play(&pack, &mut session, 12);
    let asked = candidates(&pack, 3);
    let found = rank(&session, &asked);
    let votes: Vec<ComparisonId> = events
        .iter()
        .filter(|event| event.policy == Policy::ExpectedInformation)
        .map(|event| event.comparison.clone())
        .collect();
    assert_eq!(found.examples as usize, votes.len());
    let mut checked = 0;
    for (at, scored) in found.scores.iter().enumerate() {
        for receipt in &scored.receipts {
            let Example::Vote(left_out) = &receipt.example else {
                panic!("nothing was brought");
            };
            let others = votes.iter().filter(|vote| *vote != left_out).cloned();
            let mut without = asked.clone();
            without.examples.votes = Some(others.collect());
            let effect = scored.score - rank(&session, &without).scores[at].score;
            assert!(
                (effect - receipt.effect).abs() < 1e-9,
                "{effect} {}",
                receipt.effect
            );
            checked += 1;
        }
    }
    assert!(checked > 0);
}

#[test]
fn a_vote_the_other_way_round_would_have_made_it_first() {
    let pack = pack();
    let mut session = pack.session(3);
    // One vote alone: the chosen answer is ahead of the rejected one, and turned round it is behind.
    session
        .learn(&vote(&pack, "c", 5, [0, 1]))
        .expect("the vote fits");
    let mut asked = candidates(&pack, 5);
    asked.candidates.truncate(2);
    let found = rank(&session, &asked);
    assert_eq!(found.ranking, [0, 1]);
    assert_eq!(found.scores[1].to_win, Some(ToWin::OtherVote("c".into())));
    assert!(found.scores[0].receipts[0].effect > 0.0);
    assert!(found.scores[1].receipts[0].effect < 0.0);
}

#[test]
fn where_no_single_vote_decides_the_text_would_have_to_differ() {
    let pack = pack();
    let mut session = pack.session(4);
    play(&pack, &mut session, 40);
    let mut told = 0;
    for prompt in 0..20 {
        let found = rank(&session, &candidates(&pack, prompt));
        for scored in &found.scores {
            if let Some(ToWin::OtherText(words, lacking)) = &scored.to_win {
                assert!(
                    !words.is_empty() && (0.0..=2.5).contains(lacking),
                    "{words} {lacking}"
                );
                told += 1;
            }
        }
    }
    assert!(told >= 20, "{told}");
}

#[test]
fn only_named_votes_count_and_random_questions_only_when_named() {
    let pack = pack();
    let mut session = pack.session(5);
    let mut held_out = vote(&pack, "random", 5, [0, 1]);
    held_out.policy = Policy::UniformRandom;
    session.learn(&held_out).expect("the vote fits");
    session
        .learn(&vote(&pack, "learned", 6, [0, 1]))
        .expect("the vote fits");
    let before = session.states();
    let mut asked = candidates(&pack, 5);
    assert_eq!(rank(&session, &asked).examples, 1);
    asked.examples.votes = Some(vec!["random".into(), "unknown".into()]);
    let named = rank(&session, &asked);
    assert_eq!(named.examples, 1);
    assert!(named.scores[0].score > named.scores[1].score);
    asked.examples.votes = Some(vec![]);
    let nothing = rank(&session, &asked);
    assert_eq!(nothing.examples, 0);
    assert!(
        nothing
            .scores
            .iter()
            .all(|scored| scored.receipts.is_empty())
    );
    assert_eq!(session.states(), before, "the race is not touched");
}

#[test]
fn every_method_ranks() {
    let pack = pack();
    let mut session = pack.session(6);
    play(&pack, &mut session, 10);
    for method in session.methods() {
        let mut asked = candidates(&pack, 2);
        asked.method = Some(method.id.clone());
        let found = rank(&session, &asked);
        assert_eq!(found.method, method.id);
        assert!(found.scores.iter().all(|scored| scored.score.is_finite()));
    }
}

#[test]
fn texts_that_are_brought_teach_as_pairs() {
    let pack = pack();
    let session = pack.session(7);
    let long = "A long answer goes on with many words and says each thing in full. ".repeat(12);
    let mut asked = candidates(&pack, 4);
    asked.candidates = ["Short.".to_owned(), long.clone()]
        .map(|text| Candidate {
            response: None,
            text,
        })
        .into();
    asked.examples = Examples {
        votes: Some(vec![]),
        liked: vec![long],
        disliked: vec!["No.".into(), "Yes.".into()],
    };
    let (of_candidates, of_brought) = (vectors(2), vectors(3));
    let embedded = Embedded {
        candidates: &of_candidates,
        brought: &of_brought,
    };
    let found = session
        .rerank(&asked, embedded)
        .expect("texts and embeddings fit");
    assert_eq!((found.ranking[0], found.examples), (1, 3));
    let receipts: Vec<&Example> = found.scores[1]
        .receipts
        .iter()
        .map(|r| &r.example)
        .collect();
    assert!(receipts.contains(&&Example::Liked(0)), "{receipts:?}");
    let style = session
        .style(&asked.examples, &of_brought)
        .expect("it fits");
    assert!(style.contains("longer answers"), "{style}");
}

#[test]
fn a_style_needs_something_to_go_by() {
    let pack = pack();
    let mut session = pack.session(8);
    assert_eq!(
        session
            .style(&Examples::default(), &[])
            .expect("nothing is fine"),
        ""
    );
    play(&pack, &mut session, 25);
    let style = session
        .style(&Examples::default(), &[])
        .expect("votes are there");
    assert!(style.starts_with("I like longer answers"), "{style}");
}

#[test]
fn what_cannot_be_ranked_is_refused_in_words() {
    let pack = pack();
    let session = pack.session(9);
    let refusal = |change: &dyn Fn(&mut Rerank)| {
        let mut asked = candidates(&pack, 0);
        change(&mut asked);
        let refused = session.rerank(&asked, Embedded::default());
        refused.expect_err("it cannot be ranked").to_string()
    };
    assert!(refusal(&|asked| asked.candidates.truncate(1)).contains("two answers"));
    assert!(refusal(&|asked| asked.method = Some("nothing".into())).contains("nothing"));
    assert!(refusal(&|asked| asked.candidates[0].response = None).contains("0 embeddings"));
    assert!(refusal(&|asked| asked.examples.liked = vec!["a".into()]).contains("like less"));
    let many = |asked: &mut Rerank| {
        asked.examples.liked = vec!["a".into(); 9];
        asked.examples.disliked = vec!["b".into(); 9];
    };
    assert!(refusal(&many).contains("81"));
}

#[test]
fn prompts_are_found_by_their_words_and_by_embedding() {
    let pack = pack();
    let session = pack.session(10);
    let first = |text: &str| -> PromptId { session.nearest(text, None, 3)[0].clone() };
    for prompt in &pack.items.prompts {
        assert_eq!(first(&prompt.text), prompt.id, "{}", prompt.text);
    }
    assert!(session.nearest("xyzzy qwertz", None, 3).is_empty());
    let answers: usize = pack.items.prompts.iter().map(|p| p.responses.len()).sum();
    let at = |index: usize| -> Vec<f32> {
        let bytes = &pack.vectors[(answers + index) * 768..][..768];
        let halves = bytes.chunks_exact(2).map(|two| half([two[0], two[1]]));
        halves.collect()
    };
    assert_eq!(
        session.nearest("", Some(&at(7)), 1),
        [pack.items.prompts[7].id.clone()]
    );
}

/// A little-endian f16 that is a normal number or zero.
fn half(bytes: [u8; 2]) -> f32 {
    let bits = u32::from(u16::from_le_bytes(bytes));
    let (sign, exponent, fraction) = (bits >> 15, (bits >> 10) & 31, bits & 1023);
    let size = match exponent {
        0 => fraction as f32 * 2f32.powi(-24),
        _ => (1.0 + fraction as f32 / 1024.0) * 2f32.powi(exponent as i32 - 15),
    };
    if sign == 1 { -size } else { size }
}
