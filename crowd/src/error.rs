//! What can go wrong, said so that whoever meets it knows what to change.

/// Why votes cannot be taken or put together.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A candidate was compared with itself.
    #[error("candidate {0} is compared with itself; leave such comparisons out")]
    Itself(String),
    /// A weight that is no weight.
    #[error("weight {0} is not a finite number of at least 0")]
    Weight(f64),
    /// A comparison has other covariates than the statistics.
    #[error("the comparison has {got} covariates a side where {expected} were declared")]
    Covariates {
        /// Declared.
        expected: usize,
        /// Of one side of the comparison.
        got: usize,
    },
    /// A covariate that cannot be put on the grid.
    #[error(
        "covariate {name} differs by {difference}, which is not a number of at most {most}; use logarithms, or \
        relative differences for counts"
    )]
    Covariate {
        /// Its name.
        name: String,
        /// First side less second side.
        difference: f64,
        /// The largest difference that is taken.
        most: f64,
    },
    /// A vote is taken back that was never given.
    #[error("{rater} gave no such vote on {first} and {second}, so it cannot be taken back")]
    NotGiven {
        /// Who is said to have voted.
        rater: String,
        /// Shown first.
        first: String,
        /// Shown second.
        second: String,
    },
    /// Statistics of other covariates cannot be added.
    #[error("statistics with other covariates cannot be put together")]
    OtherCovariates,
    /// There is nothing to count.
    #[error("no vote has any weight: nothing to rank")]
    Empty,
    /// Votes never lead from one group of candidates to another.
    #[error(
        "no vote compares {} with {}; add such comparisons, rank the groups apart, or use the weak prior",
        .0.join(", "), .1.join(", ")
    )]
    Disconnected(Vec<String>, Vec<String>),
    /// A group of candidates never lost or tied against the others.
    #[error(
        "{} never lost or tied against {}, so the difference has no largest likelihood; use the weak prior",
        .0.join(", "), .1.join(", ")
    )]
    NeverLoses(Vec<String>, Vec<String>),
    /// Ties and wins can be told apart perfectly.
    #[error(
        "wins and ties do not overlap: every difference can grow together with the share of ties; use the weak prior"
    )]
    TiesApart,
    /// Newton's method did not come to rest.
    #[error(
        "the fit did not settle within {0} steps; a covariate may tell winners perfectly; use the weak prior"
    )]
    NotSettled(usize),
    /// Resampling without a prior.
    #[error("resampling needs the weak prior: a resample may leave a candidate without a loss")]
    NoPrior,
    /// A setting is out of range.
    #[error("{0}")]
    Setting(&'static str),
}
