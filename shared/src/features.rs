//! Readable text features.

/// One feature: its id, and how a profile speaks of liking more or less of it.
pub struct Feature {
    /// Stable id, for example `length`.
    pub id: &'static str,
    /// Plain name, for example "Length".
    pub name: &'static str,
    /// A person who likes more of it, for example "longer answers".
    pub more: &'static str,
    /// A person who likes less of it, for example "shorter answers".
    pub less: &'static str,
}
