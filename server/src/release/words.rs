//! What a release says about how its data came about, for its card and for Croissant.

use palate_shared::api::releases::Release;

/// Words to find it by.
pub(crate) const TAGS: [&str; 5] = [
    "preference",
    "human-feedback",
    "pluralistic-alignment",
    "personalization",
    "trl",
];

/// Sentences of a datasheet.
pub(crate) struct Words {
    /// How the data came about.
    pub collection: &'static str,
    /// What judges were asked.
    pub protocol: &'static str,
    /// What the data cannot say.
    pub limits: &'static str,
    /// What it is for.
    pub uses: &'static str,
    /// What it may do to people.
    pub impact: &'static str,
    /// What is unlike the world.
    pub biases: &'static str,
    /// What is and is not said about people.
    pub privacy: &'static str,
    /// What happens when people change their minds.
    pub withdrawal: &'static str,
    /// Who the people are that voted.
    pub people: &'static str,
    /// ISO code of the language of prompts and answers, where it is known.
    pub language: Option<&'static str>,
}

/// Of what visitors chose to publish.
const VISITORS: Words = Words {
    collection: "Visitors of a public site were shown two or more answers to a prompt and said which they prefer, or that the answers are \
         equally good, all unacceptable, or that they cannot tell. Which answers stood side by side was chosen at random or by a \
         policy; policy and propensity are in every row. Side order is random.",
    protocol: "One canonical judgment a showing: ordered groups, the set of unacceptable answers and an outcome. Taste is wanted: there is \
         no right answer, and nobody is removed for disagreeing. A changed vote appears only in its last form. Checks of time and of \
         repeated questions weigh judgments (`influence`, `quality_pass`) and delete none.",
    limits: "Visitors chose themselves; they are not a sample of any population, and nothing is known about them but their votes. Policies \
         other than `uniform_random` and `repeat` choose what teaches most about a person: weight by `propensity`, or do not estimate \
         averages from them.",
    uses: "To study what different people prefer, and methods that learn it from few votes; to train and test reward models and personal \
         ones. Not to find out who someone is, and not to decide about people.",
    impact: "Models of averages serve those who vote most; rows name the rater so that people can be weighted, and methods that learn \
         persons apart can be compared.",
    biases: "Self-selection, one interface, English texts written by language models, and answers that may be preferred for their length \
         or their place; order is in `shown` so that this can be measured.",
    privacy: "No names, addresses or comments of people. Prompts that people typed are there, in pack `own`, only where they ticked that \
         conversation and said that they had removed names, and two weeks later at the earliest. Ids are HMAC-SHA-256 under a key that \
         stays on the server; a person can ask for a new pseudonym, and nothing ties its rows to the earlier ones. Times are days. What \
         is said about people is coarse, and cells of fewer than ten are left out. Votes can show what kind of answers a person likes; \
         do not try to find out who someone is.",
    withdrawal: "People can stop publishing or delete their votes at any time; later releases leave them out and list the ids of such rows \
         in `tombstones`. Use the latest release, and drop those rows wherever you kept them. A release with a mistake in it is \
         withdrawn: its data is removed and its card says why.",
    people: "Visitors who asked for their votes to be published",
    language: Some("en"),
};

/// Of a study.
const PARTICIPANTS: Words = Words {
    collection: "Participants of one study were shown two answers to a prompt, both given by those who ran the study, and said which they \
         prefer, or that the answers are equally good, both unacceptable, or that they cannot tell. Which comparison came next was drawn \
         as the settings above say: `least_annotated` draws among those with the fewest votes, and now and then among all; \
         `uniform_random` among all; `repeat` asks once more what the same person was asked, with the sides swapped. Policy and \
         propensity are in every row. Side order is random.",
    limits: "Whoever ran the study found its participants, and only they can say whom these stand for. Comparisons with few votes were asked \
         first: weight by `propensity` where comparisons are averaged.",
    biases: "One interface and one choice of texts. Answers may be preferred for their length or their place; order is in `shown` so that \
         this can be measured.",
    privacy: "No names, addresses or comments of people. Ids are HMAC-SHA-256 under a key that stays on the server; a person can ask for a \
         new pseudonym, and nothing ties its rows to the earlier ones. Times are days. What is said about people is coarse, and cells of \
         fewer than ten are left out. Votes can show what kind of answers a person likes; do not try to find out who someone is.",
    withdrawal: "Participants can withdraw from the study or delete their votes at any time; later releases leave them out and list the ids \
         of such rows in `tombstones`. Use the latest release, and drop those rows wherever you kept them. A release with a mistake in \
         it is withdrawn: its data is removed and its card says why.",
    people: "Participants who agreed to the study's consent text",
    language: None,
    ..VISITORS
};

/// The sentences of a release.
pub(crate) fn of(release: &Release) -> &'static Words {
    match release.study {
        Some(_) => &PARTICIPANTS,
        None => &VISITORS,
    }
}

/// What it is, in a paragraph.
pub(crate) fn purpose(release: &Release) -> String {
    let kind = if release.simulated {
        "**Programs voted here, not people.** These simulated votes are for trying out tools and never stand beside votes of people.\n\n"
    } else {
        ""
    };
    let what = if release.study.is_some() {
        "Who preferred which answer in one study, person by person, with what is needed to use it: what was shown in which order, and how \
         the question was chosen and with what probability."
    } else {
        "Who preferred which answer, person by person, with what is needed to use it: what was shown in which order, how the question was \
         chosen and with what probability, and what each method had predicted before the vote."
    };
    format!("{kind}{what}")
}
