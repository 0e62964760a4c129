//! How the makers of answers stand for one person.

use super::pack::{Pack, pack, play};

/// The pack as if the longer half of the answers to each question were by one maker, the rest by another.
fn by_length() -> Pack {
    let mut pack = pack();
    for prompt in &mut pack.items.prompts {
        let mut lengths: Vec<usize> = prompt.responses.iter().map(|one| one.text.len()).collect();
        lengths.sort_unstable();
        let middle = lengths[lengths.len() / 2];
        for response in &mut prompt.responses {
            let is_long = response.text.len() >= middle;
            response.made_by = if is_long { "long" } else { "short" }.to_owned();
        }
    }
    pack
}

#[test]
fn who_likes_long_answers_has_their_maker_first_and_intervals_narrow() {
    let pack = by_length();
    let mut session = pack.session(1);
    let before = session.makers(None);
    play(&pack, &mut session, 25);
    let found = session.makers(None);
    assert_eq!(found.makers[0].maker, "long");
    assert!(found.makers[0].low > 0.0, "{found:?}");
    let width = |found: &palate_shared::infer::MakersForYou| {
        let makers = found.makers.iter();
        makers.map(|one| one.high - one.low).fold(0.0, f64::max)
    };
    assert!(width(&found) < width(&before), "{before:?} {found:?}");
    let topic = pack.items.prompts[0].topic.clone();
    let of_topic = session.makers(Some(&topic));
    assert!(of_topic.makers[0].answers < found.makers[0].answers);
    assert!(session.makers(Some("nothing")).makers.is_empty());
}

#[test]
fn where_one_made_all_answers_there_is_nobody_to_compare() {
    assert!(pack().session(1).makers(None).makers.is_empty());
}
