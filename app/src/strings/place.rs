//! Texts of the map and of the sentence about a person.

texts! {
    map_heading = "Where you are";
    map_note = "Each dot is somebody whose votes the model learned from. You are the large one. The dashed ring is where you could have been before your votes, the full one where you can be now, nine times in ten.";
    described_heading = "Our guess about you";
    described_nothing = "Nothing stands out yet.";
    described_change = "That is wrong? Say it yourself";
    described_note = "Your own word takes the place of the guess. One of the methods, FSPO, forecasts your next votes with it. It stays on this device.";
    described_corrected = "Partly in your own words.";
    described_guess = "What my votes say";
    described_no = "I do not mind";
    described_kept = "Kept. The forecasts of FSPO go by your word now.";
}

sentences! {
    /// How much space the votes leave on the map.
    map_now(share) = "Your votes leave {share} of the width that was open before.";
    /// One thing in the sentence.
    described_one(words) = "We think you like {words}.";
    /// Several.
    described_more(words, last) = "We think you like {words} and {last}.";
    /// Label of a choice between two sides.
    described_between(one, other) = "{one} or {other}";
}

/// The sentence about a person.
pub(crate) fn described_sentence(words: &[String]) -> String {
    match words {
        [] => described_nothing().to_owned(),
        [one] => described_one(one),
        [most @ .., last] => described_more(most.join(", "), last),
    }
}
