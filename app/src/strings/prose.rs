//! Longer texts: start page, method, guidelines. The start page repeats `index.html`, which is readable without wasm.

use crate::locale;

texts! {
    home_heading = "Find out what you like in an answer";
    home_lead = "Two answers to the same question, both meant to be good. You say which one you prefer. After about ten votes this page can tell you what you like, and how sure it is.";
    home_privacy = "The learning happens in your browser. No account, and nothing is sent unless you choose to contribute.";
    home_how = "How it works";
    method_heading = "How it works";
    method_methods = "The methods";
    method_methods_note = "Each of them makes its forecast before you vote. Those that are loaded with the questions take part; your race below shows which.";
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
        METHOD_FAMILIES,
        METHOD_HONESTY,
        GUIDELINES_SECTIONS,
        ACCESSIBILITY_SECTIONS,
        super::PRIVACY_SECTIONS,
    ]
    .into_iter()
    .flatten()
    .flat_map(|section| section.paragraphs.iter().copied().chain([section.heading]))
}

/// What comes before the methods.
pub(crate) const METHOD_SECTIONS: &[Section] = &[
    Section {
        heading: "The answers",
        paragraphs: &[
            "The starter pack has 72 questions with six answers each. Questions and answers were written by a language model for this site. They differ on purpose in length, structure, tone, stance, grounding and ending, and all are meant to be good.",
            "Other packs have answers of named models, arguments from debates, and statements by the people of a town. Each pack has its own picture of your taste and its own race.",
            "How an answer was asked for, and who wrote it, is shown only after you have voted.",
        ],
    },
    Section {
        heading: "What a method sees",
        paragraphs: &[
            "Each answer becomes a list of numbers: readable traits such as length, lists, questions or contractions, and the output of a small open language model (all-MiniLM-L6-v2) that captures what the text is about.",
            "For the pack these numbers were computed beforehand. For your own texts they are computed in your browser.",
        ],
    },
];

/// The methods, a family each: what it believes, what it learns from a person, and where it comes from.
pub(crate) const METHOD_FAMILIES: &[Section] = &[
    Section {
        heading: "Coin and longer answer",
        paragraphs: &[
            "The coin is right half the time. The other one always expects the longer answer to win. Neither learns anything. They are here so that you can see what the others add.",
        ],
    },
    Section {
        heading: "Population",
        paragraphs: &[
            "Believes that everybody has the same taste: each answer has one score, and the higher score is likely to win. It was learned from many voters and never changes with your votes.",
            "Source: Bradley and Terry 1952.",
        ],
    },
    Section {
        heading: "Personal ridge",
        paragraphs: &[
            "Believes that a taste is a weight on every trait, near that of the average voter until you show otherwise. It learns all weights from your votes. It is simple, and can beat what is larger.",
            "Source: Hoerl and Kennard 1970.",
        ],
    },
    Section {
        heading: "Empirical Bayes",
        paragraphs: &[
            "Like the ridge, but it knows how tastes vary among many voters and so needs fewer votes of yours. It also knows how unsure it is: it chooses your questions, and the picture of your taste is its own.",
            "Source: Robbins 1956; Efron and Morris 1973.",
        ],
    },
    Section {
        heading: "Nearest people",
        paragraphs: &[
            "Believes that you are like some of the voters it was trained with. It learns which of them would have voted as you did, and expects what they would say. It never leaves their midst.",
            "Source: our own baseline; a soft form of nearest neighbours.",
        ],
    },
    Section {
        heading: "PAL",
        paragraphs: &[
            "Believes in a few typical tastes, and that you are a mix of them. It learns the mix from your votes. PAL-A places answers near or far from your ideal answer; in PAL-B the ideal depends on the question.",
            "Source: Chen and others 2024, arXiv 2406.08469.",
        ],
    },
    Section {
        heading: "LoRe",
        paragraphs: &[
            "Believes that all people share a few scores for an answer and differ in how much each score counts. It learns your shares from your votes.",
            "Source: Bose and others 2025, arXiv 2504.14439.",
        ],
    },
    Section {
        heading: "Meta reward modeling",
        paragraphs: &[
            "Also mixes a few shared scores, but was trained to learn quickly: from a good start it takes a few short steps towards your votes.",
            "Source: arXiv 2601.18731, after Finn, Abbeel and Levine 2017.",
        ],
    },
    Section {
        heading: "VPL",
        paragraphs: &[
            "Believes that a taste is a point on a hidden map. A network reads your votes and says where on the map you probably are, and how sure that is. Nothing is fitted: every vote only moves the guess.",
            "Source: Poddar and others 2024, arXiv 2408.10075.",
        ],
    },
    Section {
        heading: "FSPO",
        paragraphs: &[
            "A network reads your votes as examples and judges new answers in their light, as a person would who has seen what you chose. Ours is a small one that reads numbers, not the language model of the paper.",
            "Source: Singh, Hsu and others 2025, arXiv 2502.19312.",
        ],
    },
    Section {
        heading: "DPL",
        paragraphs: &[
            "Sees no person: for each answer it learns how far people are apart. It cannot foresee you better than the population does, but says where a single taste for everybody hides a quarrel.",
            "Source: Siththaranjan, Laidlaw and Hadfield-Menell 2024, arXiv 2312.08358.",
        ],
    },
];

/// What comes after the methods.
pub(crate) const METHOD_HONESTY: &[Section] = &[
    Section {
        heading: "What is simulated",
        paragraphs: &[
            "Everyday life starts from simulated people: programs with known tastes voted on its answers. No real person is in it. Statements and arguments start from people who voted in published studies. Simulated votes never enter the open data.",
            "The pack of named models has no voters of its own yet. There the methods start from the simulated people, so give it more votes before you trust it.",
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
