//! Bytes of an event stream to events. Only what this site's server sends is read: `id` and `data`; the rest is passed over.

/// Most bytes of one line. The server's are far shorter; a longer one is dropped, so that memory stays bounded.
const LONGEST_LINE: usize = 1 << 20;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Where to go on after the connection was lost.
    pub(crate) id: Option<String>,
    /// What it says.
    pub(crate) data: String,
}

/// A stream that is being read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reader {
    line: Vec<u8>,
    is_too_long: bool,
    event: Sent,
    has_data: bool,
}

impl Reader {
    /// Takes the next bytes, cut anywhere; gives the events that are whole now.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<Sent> {
        let mut whole = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let Some(end) = piece.strip_suffix(b"\n") else {
                self.hold(piece);
                continue;
            };
            self.hold(end);
            let line = std::mem::take(&mut self.line);
            if !std::mem::take(&mut self.is_too_long) {
                whole.extend(self.read(String::from_utf8_lossy(&line).trim_end_matches('\r')));
            }
        }
        whole
    }

    fn hold(&mut self, piece: &[u8]) {
        self.is_too_long |= self.line.len() + piece.len() > LONGEST_LINE;
        if self.is_too_long {
            self.line.clear();
        } else {
            self.line.extend_from_slice(piece);
        }
    }

    /// One line; an empty one ends an event.
    fn read(&mut self, line: &str) -> Option<Sent> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            "id" => self.event.id = Some(value.to_owned()),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = ": keep-alive\r\n\r\nid: 1\ndata: {\"a\": \"ä\"}\n\nevent: x\nid:2\ndata:one\ndata: two\n\n:x\n\ndata: last\n\ndata: cut";

    fn expected() -> Vec<Sent> {
        [
            (Some("1"), "{\"a\": \"ä\"}"),
            (Some("2"), "one\ntwo"),
            (None, "last"),
        ]
        .map(|(id, data)| Sent {
            id: id.map(str::to_owned),
            data: data.to_owned(),
        })
        .into()
    }

    #[test]
    fn events_are_the_same_wherever_the_bytes_are_cut() {
        for size in 1..STREAM.len() {
            let mut reader = Reader::default();
            let found: Vec<Sent> = STREAM
                .as_bytes()
                .chunks(size)
                .flat_map(|bytes| reader.take(bytes))
                .collect();
            assert_eq!(found, expected(), "{size}");
        }
    }

    #[test]
    fn an_endless_line_is_dropped_and_the_next_event_is_read() {
        let mut reader = Reader::default();
        for _ in 0..40 {
            assert!(reader.take(&[b'x'; 65_536]).is_empty());
            assert!(reader.line.len() <= LONGEST_LINE);
        }
        let found = reader.take(b"\n\ndata: fine\n\n");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].data, "fine");
    }
}
