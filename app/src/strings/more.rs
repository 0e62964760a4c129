//! Texts of what surrounds a vote: strength and reasons, topics, certainty, repeated questions.

use palate_shared::judgment::{Reason, Strength};

texts! {
    more_open = "Say how much and why";
    more_strength = "How much better?";
    more_reasons = "What decided it?";
    more_held = "Kept when you go on. Take your time.";
    strength_slight = "A little";
    strength_clear = "Clearly";
    strength_much = "Very much";
    reason_correctness = "What is right";
    reason_usefulness = "What helps";
    reason_length = "Length";
    reason_structure = "Structure";
    reason_tone = "Tone";
    reason_evidence = "Examples";
    reason_stance = "A clear stance";
    topic_label = "Topic";
    topic_all = "All topics";
    topic_used_up = "You have seen every question of this topic. Choose another one.";
    steady_heading = "How steady your answers are";
    steady_note = "One question in twenty is asked again later, with the sides swapped. Nothing is learned from those.";
    steady_none = "No question has come back yet. The first can after about a dozen votes.";
}

sentences! {
    /// Label of the box with the key of a command.
    shortcut_of(does) = "Key for “{does}”";
    /// Too few repeats for a figure.
    steady_too_early(need) = "With {need} of them it can be told what that means.";
    /// What a vote did to the certainty.
    certainty_rose(from, to) = "Your certainty rose from {from} to {to}.";
    /// The same, down.
    certainty_fell(from, to) = "Your certainty fell from {from} to {to}.";
    /// The same, without a change that shows.
    certainty_stays(at) = "Your certainty stays at {at}.";
    /// The ceiling that steadiness sets.
    steady_ceiling(most, low, high) = "So even a method that knew your taste perfectly could foresee about {most} of your votes ({low} to {high}).";
}

counted! {
    /// How many repeated questions were answered the same.
    steady_same(count, same) = "You answered {same} of {count} repeated question the same way.", "You answered {same} of {count} repeated questions the same way.";
}

/// How much better.
pub(crate) fn strength_name(strength: Strength) -> &'static str {
    match strength {
        Strength::Slight => strength_slight(),
        Strength::Clear => strength_clear(),
        Strength::Much => strength_much(),
    }
}

/// What decided it.
pub(crate) fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Correctness => reason_correctness(),
        Reason::Usefulness => reason_usefulness(),
        Reason::Length => reason_length(),
        Reason::Structure => reason_structure(),
        Reason::Tone => reason_tone(),
        Reason::Evidence => reason_evidence(),
        Reason::Stance => reason_stance(),
    }
}
