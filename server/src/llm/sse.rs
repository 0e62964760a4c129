//! Reads server-sent events from bytes as they come (WHATWG HTML §9.2.6), within bounds: whoever sends a line without end is
//! refused before it fills memory. Only `data` matters here; comments, names, ids and times are skipped.

/// More was sent for one event than may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is larger than may be")]
pub struct TooLarge;

/// A reader of one stream.
#[derive(Clone, Debug)]
pub struct Events {
    most_bytes: usize,
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// The last byte was CR: a LF that follows belongs to it.
    after_cr: bool,
    /// Nothing was read yet: a byte order mark is skipped.
    is_start: bool,
}

impl Events {
    /// Takes events of `most_bytes` at most.
    pub fn new(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            line: Vec::new(),
            data: Vec::new(),
            has_data: false,
            after_cr: false,
            is_start: true,
        }
    }

    /// Takes bytes and hands each event that is whole to `take`, until it says that it is enough.
    ///
    /// # Errors
    /// When an event is too large.
    pub fn read(
        &mut self,
        bytes: &[u8],
        mut take: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), TooLarge> {
        for byte in bytes {
            let is_second_of_crlf = std::mem::take(&mut self.after_cr) && *byte == b'\n';
            if is_second_of_crlf {
                continue;
            }
            match byte {
                b'\n' | b'\r' => {
                    self.after_cr = *byte == b'\r';
                    if self.end_line() {
                        let goes_on = take(&self.data);
                        self.data.clear();
                        self.has_data = false;
                        if !goes_on {
                            return Ok(());
                        }
                    }
                }
                _ => self.line.push(*byte),
            }
            if self.line.len() + self.data.len() > self.most_bytes {
                return Err(TooLarge);
            }
        }
        Ok(())
    }

    /// Ends a line; `true` when an event ends with it.
    fn end_line(&mut self) -> bool {
        let line = self.line.as_slice();
        let line = match line.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) if self.is_start => rest,
            _ => line,
        };
        self.is_start = false;
        let is_end = line.is_empty() && self.has_data;
        if line.first() != Some(&b':') {
            let colon = line.iter().position(|byte| *byte == b':');
            let (field, value) = match colon {
                Some(at) => (&line[..at], &line[at + 1..]),
                None => (line, &b""[..]),
            };
            if field == b"data" {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data
                    .extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            }
        }
        self.line.clear();
        is_end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, piece: usize) -> Vec<String> {
        let mut events = Events::new(1_000);
        let mut found = Vec::new();
        for piece in text.as_bytes().chunks(piece) {
            let taken = events.read(piece, |data| {
                found.push(String::from_utf8(data.to_vec()).expect("is text"));
                true
            });
            assert_eq!(taken, Ok(()));
        }
        found
    }

    #[test]
    fn events_are_read_whatever_the_pieces_and_line_ends() {
        let text = "\u{feff}: a comment\ndata: one\n\n\n\nevent: x\nid: 7\ndata:two\nretry: 5\n\n\
                    data: three\ndata\ndata: {\"a\": \"é: b\"}\n\n: only a comment\n\ndata: cut off";
        for end in ["\n", "\r\n", "\r"] {
            for piece in [1, 2, 3, 7, 1_000] {
                assert_eq!(
                    read(&text.replace('\n', end), piece),
                    ["one", "two", "three\n\n{\"a\": \"é: b\"}"],
                    "{end:?} {piece}"
                );
            }
        }
    }

    #[test]
    fn lines_and_events_without_end_are_refused_early() {
        let mut events = Events::new(1_000);
        assert_eq!(events.read(&[b'x'; 1_000], |_| true), Ok(()));
        assert_eq!(events.read(b"x", |_| true), Err(TooLarge));
        let mut events = Events::new(1_000);
        let line = b"data: xxxxxxxxxx\n".repeat(200);
        assert_eq!(events.read(&line, |_| true), Err(TooLarge));
    }

    #[test]
    fn what_follows_enough_is_not_looked_at() {
        let mut events = Events::new(100);
        let mut count = 0;
        let taken = events.read(b"data: [DONE]\n\ndata: more\n\n", |data| {
            count += 1;
            data != b"[DONE]"
        });
        assert_eq!((taken, count), (Ok(()), 1));
    }
}
