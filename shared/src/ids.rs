//! Newtype ids. All are strings on the wire; ids made by the server are UUIDv7.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    )+};
}

id! {
    /// A pack of prompts and answers.
    PackId,
    /// A prompt within a pack.
    PromptId,
    /// One answer to a prompt.
    ResponseId,
    /// One showing of answers to a person; made by whoever asks the question (UUID).
    ComparisonId,
    /// One revision of one person's answer to a comparison.
    JudgmentId,
    /// A single-use right to submit one judgment.
    BallotId,
    /// A published data release, for example `2026-11-23`.
    ReleaseId,
    /// A preference method, for example `eb` or `pal-a`.
    MethodId,
    /// A language model of the operator's catalogue.
    ModelId,
    /// A study: a pack of its own with guidelines and an assignment; also the id of that pack.
    StudyId,
}
