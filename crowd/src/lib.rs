//! Many people's votes to one ranking or lottery: the public leaderboard, the researcher's page and the laboratory compute
//! their figures here, by the same code natively and in a browser.
//!
//! Votes are added one by one to [`Statistics`], which keep counts and not votes. [`Statistics::table`] applies what each rater
//! counts and the caps on new raters; methods ([`Aggregate`], one file each) score a table, [`standing`] adds intervals and
//! ranks, and [`leaderboard`] does all of it.
//!
//! ```
//! use palate_crowd::{Comparison, Influence, Outcome, Settings, Statistics, leaderboard};
//!
//! let mut statistics = Statistics::new();
//! for (rater, outcome) in [("ann", Outcome::First), ("bob", Outcome::Tie), ("cyd", Outcome::First)] {
//!     statistics.add(&Comparison::plain(rater, "model-a", "model-b", outcome))?;
//! }
//! let board = leaderboard(&statistics, &Settings::default(), |_, votes| Influence::by_votes(votes))?;
//! assert_eq!(board.rows[0].candidate, "model-a");
//! assert_eq!((board.rows[0].rank_low, board.rows[0].rank_high), (1, 2)); // three votes decide nothing
//! # Ok::<(), palate_crowd::Error>(())
//! ```
//!
//! # What each figure means
//!
//! - **Rating**: how well a candidate does against the others, allowing for whom it met. A difference of 0 is an even chance, 1
//!   is 2.7 wins to a loss, 2 is 7.4 to 1. Ties are an outcome of their own and pull two candidates together. The mean is 0.
//!   A page that likes Elo's scale shows `1000 + rating · 400 / ln 10`.
//! - **Low, high**: if other people of the same kind had come, the rating would lie here 95 times of 100. People are resampled,
//!   not votes, because one person's votes go together.
//! - **Without the heaviest**: the rating if the one in a hundred people whose votes weigh most had not come.
//! - **Rank range**: every rank that the votes leave open. "2 to 5" means that one candidate stands above this one beyond
//!   chance, and all but the first five below it.
//! - **Borda**: the mean share of votes against each opponent. **Copeland**: how many opponents it beats by majority.
//! - **Lottery**: were an answer drawn with these probabilities, no candidate would be preferred to it on average. One candidate
//!   with probability 1 beats everyone; several share it where tastes go in a circle. Copies of a candidate share its probability.
//! - **Effects**: how much length, lists or the place on the screen move votes by themselves. With covariates, ratings are those
//!   of equally long, equally formatted answers.
//! - **Agreement**: whether people say the same of the same pair; see [`agreement`].
//!
//! # Cost
//!
//! Adding a vote takes constant time but for a search among the rater's own cells. With `c` candidates and `k` covariates, `m`
//! cells (at most c(c−1)/2 without covariates), `e` (rater, cell) entries and `R` resamples: a table costs O(e), a fit
//! O(steps · (m k² + c³)), and resampling R times O(min(e, 1000 m) + m k² + c³) for a few steps each. So a refit costs by
//! pairs and by raters, and not by votes: `cargo xtask bench crowd` measures it.
//!
//! Must not know: leptos, axum, burn, sqlx, web-sys.

mod aggregate;
pub mod agreement;
mod bootstrap;
mod borda;
mod bradley_terry;
mod comparison;
mod copeland;
mod counts;
mod error;
mod identified;
mod influence;
mod keys;
mod leaderboard;
mod linear;
mod math;
mod minimax;
mod statistics;
mod table;

pub use aggregate::{Aggregate, Caution, Scores, Unit};
pub use bootstrap::{Ranks, Resampling, Standing, standing};
pub use borda::Borda;
pub use bradley_terry::{BradleyTerry, Fit, Prior};
pub use comparison::{
    Comparison, Covariate, Covariates, Difference, Outcome, POSITION, Pair, pairs,
};
pub use copeland::Copeland;
pub use counts::Counts;
pub use error::Error;
pub use influence::{Caps, Influence};
pub use leaderboard::{Bias, Effect, Leaderboard, METHOD_VERSION, Row, Settings, leaderboard};
pub use minimax::{Lottery, Minimax, margins};
pub use palate_shared::stats::Estimate;
pub use statistics::Statistics;
pub use table::{BothUnacceptable, Cell, MOST_BLOCKS, Pairs, Sample, Table, Told, View};
