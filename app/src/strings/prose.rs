//! Longer texts: start page, method, guidelines. The start page repeats `index.html`, which is readable without wasm.

use crate::locale;

texts! {
    home_heading = "Find out what you like in an answer";
    home_lead = "Two answers to the same question, both meant to be good. You say which one you prefer. After about ten votes this page can tell you what you like, and how sure it is.";
    home_privacy = "The learning happens in your browser. No account, and nothing is sent unless you choose to contribute.";
    home_how = "How it works";
    method_heading = "How it works";
    method_lead = "Several methods try to foresee your votes. Each makes its forecast before you vote, and all are scored on the same votes.";
    guidelines_heading = "How to judge";
    guidelines_lead = "There are no right votes. What counts is what you would rather have read.";
    accessibility_heading = "Accessibility";
    accessibility_lead = "This site is made to be used by everybody, with a keyboard, a screen reader, large text or a small screen.";
    home_step_vote = "You vote";
    home_step_vote_text = "One click or key: A, B, equal, both bad. Eight seconds to take it back.";
    home_step_forecasts = "Forecasts are opened";
    home_step_forecasts_text = "Before each vote several methods predict it. Their forecasts stay hidden until you have voted.";
    home_step_model = "A small model learns you";
    home_step_model_text = "It runs on this device, picks the next question, and shows what it knows with its doubts.";
    home_step_leaves = "You decide what leaves";
    home_step_leaves_text = "Keep everything here, or give your votes to the open data that researchers can download.";
}

/// Steps on the start page: name and text.
pub(crate) fn home_steps() -> [(&'static str, &'static str); 4] {
    [
        (home_step_vote(), home_step_vote_text()),
        (home_step_forecasts(), home_step_forecasts_text()),
        (home_step_model(), home_step_model_text()),
        (home_step_leaves(), home_step_leaves_text()),
    ]
}

/// A heading and its paragraphs, in English.
pub(crate) struct Section {
    heading: &'static str,
    paragraphs: &'static [&'static str],
}

impl Section {
    /// A section of a page.
    pub(super) const fn new(heading: &'static str, paragraphs: &'static [&'static str]) -> Self {
        Self {
            heading,
            paragraphs,
        }
    }

    /// The heading in the language of the page.
    pub(crate) fn heading(&self) -> &'static str {
        locale::text(self.heading)
    }

    /// The paragraphs in the language of the page.
    pub(crate) fn paragraphs(&self) -> impl Iterator<Item = &'static str> {
        self.paragraphs.iter().map(|english| locale::text(english))
    }
}

#[cfg(test)]
pub(super) fn sections() -> impl Iterator<Item = &'static str> {
    [
        METHOD_SECTIONS,
        GUIDELINES_SECTIONS,
        ACCESSIBILITY_SECTIONS,
        super::PRIVACY_SECTIONS,
    ]
    .into_iter()
    .flatten()
    .flat_map(|section| section.paragraphs.iter().copied().chain([section.heading]))
}

pub(crate) const METHOD_SECTIONS: &[Section] = &[
    Section {
        heading: "The answers",
        paragraphs: &[
            "The starter pack has 72 questions with six answers each. Questions and answers were written by a language model for this site. They differ on purpose in length, structure, tone, stance, grounding and ending, and all are meant to be good.",
            "How an answer was asked for is shown only after you have voted.",
        ],
    },
    Section {
        heading: "What a method sees",
        paragraphs: &[
            "Each answer becomes a list of numbers: readable traits such as length, lists, questions or contractions, and the output of a small open language model (all-MiniLM-L6-v2) that captures what the text is about.",
            "For the pack these numbers were computed beforehand. For your own texts they are computed in your browser.",
        ],
    },
    Section {
        heading: "The methods",
        paragraphs: &[
            "Coin: right half the time. Longer answer: always expects the longer one. Both are here so that you can see what the others add.",
            "Population: one taste for everybody, learned from many voters. It never changes with your votes.",
            "Ridge: learns a weight for every trait from your votes alone, and assumes small weights until you show otherwise.",
            "Empirical Bayes: the same, but it starts from how tastes vary among many voters, so it needs fewer votes. It also knows how unsure it is, and chooses the questions.",
            "PAL: sees you as a mix of a few typical tastes and finds the mix that fits your votes.",
        ],
    },
    Section {
        heading: "What is simulated",
        paragraphs: &[
            "The population that the methods start from is simulated for now: programs with known tastes voted on the pack. No real person is in it. Simulated votes never enter the open data.",
            "Your votes, and everything on “Your taste”, are real.",
        ],
    },
    Section {
        heading: "Which question comes next",
        paragraphs: &[
            "One question in four is drawn at random. Those votes are never learned from; they only test the methods. The others are chosen because your answer would teach the most.",
            "Each vote is stored with how its question was chosen and how likely that choice was, so that researchers can correct for it.",
        ],
    },
    Section {
        heading: "How sure is it?",
        paragraphs: &[
            "Every figure says on how many votes it rests and how far it may be off. With fewer than eight test votes the page says “too early to tell”.",
        ],
    },
];

pub(crate) const GUIDELINES_SECTIONS: &[Section] = &[
    Section {
        heading: "Taste is wanted",
        paragraphs: &[
            "Prefer short or long, warm or dry, lists or prose: that is exactly what we want to learn. Don’t try to guess what others would say.",
            "Read both answers. If one is wrong in a way that matters to you, let that count.",
        ],
    },
    Section {
        heading: "Which button?",
        paragraphs: &[
            "A or B: you would rather have that one, even if only slightly.",
            "Equal: both are fine and you don’t mind which.",
            "Both bad: you would accept neither.",
            "Can’t tell: you lack the knowledge to judge. Skip: you don’t want to answer this one.",
        ],
    },
    Section {
        heading: "What not to type",
        paragraphs: &[
            "Texts that you compare stay in your browser. Still, don’t paste what others told you in confidence on a shared computer.",
        ],
    },
    Section {
        heading: "Changed your mind?",
        paragraphs: &[
            "For eight seconds after each vote you can take it back. Nothing is stored or sent before that.",
        ],
    },
];

pub(crate) const ACCESSIBILITY_SECTIONS: &[Section] = &[
    Section {
        heading: "What we aim for",
        paragraphs: &[
            "WCAG 2.2, level AA. Every page is checked by a program (axe) in light and dark, wide and narrow, each time the site changes, and whole rankings are done by keyboard alone.",
            "Buttons, fields and dialogs are the browser’s own. Nothing needs dragging. Single keys can be turned off in the list that “?” opens, and rest while you type. Movement stops when your system asks for less of it.",
        ],
    },
    Section {
        heading: "Known gaps",
        paragraphs: &[
            "Answers are marked as English; a pack in another language does not say so yet.",
            "We have not yet had the site tried by people who use a screen reader every day.",
            "Charts have tables beside them, but the curve itself cannot be explored with a keyboard.",
        ],
    },
];
