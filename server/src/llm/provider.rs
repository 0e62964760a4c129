//! What answers: something that hands over an answer piece by piece and then says how it ended.

use std::future::Future;
use std::pin::Pin;

use palate_shared::api::generation::Finish;
use tokio::sync::mpsc;

/// Pieces that may wait to be taken; beyond it, whoever answers waits.
pub const WAITING: usize = 16;

/// Part of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// What follows; may be empty.
    pub text: String,
    /// Events of the model's server in it.
    pub events: u64,
    /// Tokens of thoughts that are not shown, as estimated.
    pub hidden_tokens: u64,
}

/// Where pieces go.
pub type Out = mpsc::Sender<Piece>;

/// An answer that is still to be given. Dropped before its end, it lets go of the model's server at once.
pub type Answer = Pin<Box<dyn Future<Output = Finish> + Send>>;

/// Something that answers.
pub trait Provider: std::fmt::Debug + Send {
    /// Begins to answer into `out`. When nobody reads `out` any more, it ends.
    fn answer(self: Box<Self>, out: Out) -> Answer;
}

/// Boxes a future as an answer.
pub fn answer(future: impl Future<Output = Finish> + Send + 'static) -> Answer {
    Box::pin(future)
}
