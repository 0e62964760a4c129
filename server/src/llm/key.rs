//! A provider's key: read once, sent in one header, printed nowhere.

use anyhow::{Context, ensure};
use reqwest::header::HeaderValue;

/// A key. Its `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Key(HeaderValue);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    /// A key as it was read; spaces and line ends around it are dropped.
    ///
    /// # Errors
    /// When it is empty or cannot be sent in a header. The key is not in the message.
    pub fn new(text: &str) -> anyhow::Result<Self> {
        let text = text.trim();
        ensure!(!text.is_empty(), "the key is empty");
        let mut header = HeaderValue::from_str(&format!("Bearer {text}"))
            .ok()
            .context("the key has characters that no header can carry")?;
        header.set_sensitive(true);
        Ok(Self(header))
    }

    /// The value of the header `Authorization`.
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sent_and_never_shown() {
        let key = Key::new(" sk-secret\n").expect("is a key");
        assert_eq!(key.header(), "Bearer sk-secret");
        assert!(!format!("{key:?} {:?}", key.header()).contains("secret"));
        for wrong in ["", " \n", "sk-\u{0}secret"] {
            let error = Key::new(wrong).expect_err("is refused");
            assert!(!format!("{error:#}").contains("secret"));
        }
    }
}
