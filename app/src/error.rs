//! What can go wrong in the page, in words for people.

use palate_shared::infer::Failure;
use palate_shared::problem::Problem;

use crate::strings;

/// Why something did not work.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum Error {
    /// No answer from the server.
    #[error("{}", strings::error_network())]
    Network,
    /// The server does not know this browser any more, or has not its consent.
    #[error("{}", strings::lost())]
    Lost,
    /// The server refused, with a reason.
    #[error("{}", said(.0))]
    Api(Problem),
    /// The server answered something that this page does not understand.
    #[error("{}", strings::error_decode(.0))]
    Decode(String),
    /// The worker refused or failed.
    #[error("{}", .0.message)]
    Worker(Failure),
    /// The browser did not let us keep data.
    #[error("{}", strings::error_storage(.0))]
    Storage(String),
}

fn said(problem: &Problem) -> String {
    let detail = problem.detail.as_deref().unwrap_or_default();
    if let Some(words) = strings::problem(&problem.code, detail) {
        return words;
    }
    match &problem.detail {
        Some(detail) => format!("{}. {detail}", problem.title.trim_end_matches('.')),
        None => problem.title.clone(),
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Worker(failure)
    }
}

/// The result of anything in the page.
pub(crate) type Result<T> = std::result::Result<T, Error>;
