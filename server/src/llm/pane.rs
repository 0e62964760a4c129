//! Writes one pane: masks, counts, looks for circles, and sends text in events that are neither too many nor too late.

use std::time::Duration;

use palate_shared::api::generation::{Finish, StreamEvent};
use tokio::time::Instant;

use super::circles::Circles;
use super::mask::Mask;
use super::provider::Piece;
use super::run::Run;

/// Shortest time between two events of a pane.
const SHORTEST_WAIT: Duration = Duration::from_millis(60);
/// Longest time that text waits.
const LONGEST_WAIT: Duration = Duration::from_millis(2_000);
/// Text that waits no longer than the shortest time, bytes: beside it, what an event adds on the wire is little.
const ENOUGH: usize = 400;

/// A pane that is written.
#[derive(Debug)]
pub struct PaneWriter<'a> {
    run: &'a Run,
    pane: u8,
    most_bytes: usize,
    mask: Option<Mask>,
    circles: Circles,
    text: String,
    events: u64,
    hidden_tokens: u64,
    waiting: String,
    sent: usize,
    sent_at: Option<Instant>,
    began: Instant,
    first_at: Option<Instant>,
}

/// What was written in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// How it ended.
    pub finish: Finish,
    /// From the call to the first text, milliseconds.
    pub first_token_ms: Option<u32>,
    /// From the call to the end, milliseconds.
    pub duration_ms: u32,
    /// The text, without masks.
    pub text: String,
    /// Events that the model's server sent.
    pub events: u64,
    /// Tokens of thoughts that were not shown, as estimated.
    pub hidden_tokens: u64,
}

impl<'a> PaneWriter<'a> {
    /// Begins at `began`; ends an answer of more than `most_bytes`. Without a mask, names stay.
    pub fn new(
        run: &'a Run,
        pane: u8,
        most_bytes: usize,
        mask: Option<Mask>,
        began: Instant,
    ) -> Self {
        Self {
            run,
            pane,
            most_bytes,
            mask,
            circles: Circles::default(),
            text: String::new(),
            events: 0,
            hidden_tokens: 0,
            waiting: String::new(),
            sent: 0,
            sent_at: None,
            began,
            first_at: None,
        }
    }

    /// Counts a piece that is not shown any more.
    pub fn count(&mut self, piece: &Piece) {
        self.events += piece.events;
        self.hidden_tokens += piece.hidden_tokens + super::estimate::text(&piece.text);
    }

    /// Takes a piece.
    ///
    /// # Errors
    /// When the answer is ended by it, and how.
    pub fn take(&mut self, piece: &Piece, now: Instant) -> Result<(), Finish> {
        self.events += piece.events;
        self.hidden_tokens += piece.hidden_tokens;
        if piece.text.is_empty() {
            return Ok(());
        }
        self.first_at.get_or_insert(now);
        let room = self.most_bytes - self.text.len();
        let fits = piece.text.floor_char_boundary(room);
        let text = &piece.text[..fits];
        self.text.push_str(text);
        match &mut self.mask {
            Some(mask) => mask.push(text, &mut self.waiting),
            None => self.waiting.push_str(text),
        }
        if fits < piece.text.len() {
            return Err(Finish::TooLarge);
        }
        if self.circles.go_round(text) {
            return Err(Finish::Repeated);
        }
        self.send_if_due(now);
        Ok(())
    }

    /// When text that waits is to be sent, if some does.
    pub fn due(&self) -> Option<Instant> {
        if self.waiting.is_empty() {
            return None;
        }
        let Some(sent_at) = self.sent_at else {
            return Some(self.began);
        };
        // An answer far ahead of its reader can wait for longer, so that slow answers are no more bytes than fast ones.
        let ahead = Duration::from_millis(self.sent as u64 / 4);
        let wait = if self.waiting.len() >= ENOUGH {
            SHORTEST_WAIT
        } else {
            (SHORTEST_WAIT + ahead).min(LONGEST_WAIT)
        };
        Some(sent_at + wait)
    }

    /// Sends what waits if it is time.
    pub fn send_if_due(&mut self, now: Instant) {
        if self.due().is_some_and(|due| due <= now) {
            self.send(now);
        }
    }

    /// Ends the pane and says so.
    pub fn end(mut self, finish: Finish, now: Instant) -> Account {
        if let Some(mask) = &mut self.mask {
            mask.finish(&mut self.waiting);
        }
        self.send(now);
        let ends_well = matches!(finish, Finish::Stop | Finish::Length);
        let finish = if ends_well && self.text.trim().is_empty() {
            Finish::Empty
        } else {
            finish
        };
        let account = Account {
            finish,
            first_token_ms: self.first_at.map(|first| millis(first - self.began)),
            duration_ms: millis(now - self.began),
            text: self.text,
            events: self.events,
            hidden_tokens: self.hidden_tokens,
        };
        let done = StreamEvent::Done {
            pane: self.pane,
            finish,
            first_token_ms: account.first_token_ms,
            duration_ms: account.duration_ms,
            leaks: self.mask.is_some_and(|mask| mask.found()),
        };
        self.run.finish(self.pane, account.text.clone(), &done);
        account
    }

    fn send(&mut self, now: Instant) {
        if self.waiting.is_empty() {
            return;
        }
        self.sent += self.waiting.len();
        self.sent_at = Some(now);
        self.run.say(&StreamEvent::Delta {
            pane: self.pane,
            text: std::mem::take(&mut self.waiting),
        });
    }
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::run::tests::run;
    use super::super::run::{Next, Run};
    use super::*;

    fn piece(text: &str) -> Piece {
        Piece {
            text: text.to_owned(),
            events: 1,
            hidden_tokens: 0,
        }
    }

    fn wire(run: &Run) -> String {
        let (mut all, mut at) = (Vec::new(), 0);
        while let Next::Frames(bytes, last) = run.next(at) {
            all.extend(bytes);
            at = last;
        }
        String::from_utf8(all).expect("is text")
    }

    #[test]
    fn the_first_text_goes_at_once_and_more_waits_a_little() {
        let run = run(1);
        let now = Instant::now();
        let mut pane = PaneWriter::new(&run, 0, 1_000, None, now);
        pane.take(&piece("a"), now).expect("goes on");
        assert!(wire(&run).contains(r#""text":"a""#));
        pane.take(&piece("b"), now).expect("goes on");
        pane.take(&piece("c"), now).expect("goes on");
        assert!(!wire(&run).contains('b'));
        let due = pane.due().expect("something waits");
        assert!(due - now < Duration::from_millis(100));
        pane.send_if_due(due);
        assert!(wire(&run).contains(r#""text":"bc""#));
        assert_eq!(pane.due(), None);
        let account = pane.end(Finish::Stop, due);
        assert_eq!((account.text.as_str(), account.events), ("abc", 3));
        assert!(wire(&run).contains(r#""finish":"stop""#));
    }

    #[test]
    fn long_answers_are_hardly_more_bytes_on_the_wire_than_text() {
        // 50 tokens of 4 bytes a second, and 5,000.
        for gap in [20_000, 200] {
            let run = run(1);
            let mut now = Instant::now();
            let mut pane = PaneWriter::new(&run, 0, 1 << 20, None, now);
            for token in 0u64..20_000 {
                let number = token.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
                pane.take(&piece(&format!("{number:4}")), now)
                    .expect("goes on");
                now += Duration::from_micros(gap);
                pane.send_if_due(now);
            }
            let text = pane.end(Finish::Length, now).text.len();
            let ratio = wire(&run).len() as f64 / text as f64;
            assert!(ratio < 1.18, "{ratio} with {gap} µs between tokens");
        }
    }

    #[test]
    fn answers_too_large_empty_or_in_circles_are_called_so() {
        let run = run(3);
        let now = Instant::now();
        let mut pane = PaneWriter::new(&run, 0, 5, None, now);
        assert_eq!(pane.take(&piece("abcdé"), now), Err(Finish::TooLarge));
        assert_eq!(pane.end(Finish::TooLarge, now).text, "abcd");
        let mut pane = PaneWriter::new(&run, 1, 100_000, None, now);
        assert!((0..10_000).any(|_| pane.take(&piece("again "), now) == Err(Finish::Repeated)));
        let mut pane = PaneWriter::new(&run, 2, 100, None, now);
        pane.take(&piece(" \n"), now).expect("goes on");
        assert_eq!(pane.end(Finish::Stop, now).finish, Finish::Empty);
    }
}
