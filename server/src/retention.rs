//! How long things are kept: one configuration for the purge, the cookie and the privacy page.

use std::path::Path;

use anyhow::{Context, ensure};
use palate_shared::api::privacy::{Kept, KeptFor};
use serde::{Deserialize, Serialize};

/// Days. What is not named here is kept until the person deletes it: votes and consents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// From the start of a session; 400 is the longest that browsers keep a cookie.
    pub sessions: u16,
    /// From the last time that the profile was stored.
    pub profiles: u16,
    /// From the day that the account was made.
    pub empty_accounts: u16,
    /// From the deletion.
    pub receipts: u16,
    /// From the end of the job.
    pub jobs: u16,
    /// From the call of a language model.
    pub ledger: u16,
    /// Of the operator's copies. The operator sees to it; the purge does not reach them.
    pub backups: u16,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            sessions: 400,
            profiles: 730,
            empty_accounts: 30,
            receipts: 365,
            jobs: 90,
            ledger: 90,
            backups: 30,
        }
    }
}

impl Retention {
    /// Reads a JSON file; what it leaves out is as by default.
    ///
    /// # Errors
    /// When the file cannot be read, is no such JSON, or names a time of no days or a session longer than a cookie lasts.
    pub fn load(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the retention file {}", path.display()))?;
        let retention: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a retention file", path.display()))?;
        // serde would take a list for any struct.
        ensure!(
            text.trim_start().starts_with('{'),
            "{} must hold a JSON object",
            path.display()
        );
        for KeptFor { what, days } in retention.kept() {
            ensure!(
                days > 0,
                "{}: {what:?} must be 1 day or more",
                path.display()
            );
        }
        ensure!(
            retention.sessions <= 400,
            "{}: sessions must be 400 days or less: browsers keep no cookie longer",
            path.display()
        );
        Ok(retention)
    }

    /// Everything with a limited time, for the purge and for the page.
    pub fn kept(&self) -> [KeptFor; 8] {
        [
            (Kept::Sessions, self.sessions),
            (Kept::SpentTokens, crate::ballot::LIFETIME_DAYS),
            (Kept::Profiles, self.profiles),
            (Kept::EmptyAccounts, self.empty_accounts),
            (Kept::Receipts, self.receipts),
            (Kept::Jobs, self.jobs),
            (Kept::Ledger, self.ledger),
            (Kept::Backups, self.backups),
        ]
        .map(|(what, days)| KeptFor { what, days })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> anyhow::Result<Retention> {
        let dir = tempfile::tempdir().expect("has a temporary folder");
        let path = dir.path().join("retention.json");
        std::fs::write(&path, text).expect("is written");
        Retention::load(Some(&path))
    }

    #[test]
    fn a_file_changes_what_it_names_and_nonsense_is_refused() {
        let changed = load(r#"{"sessions": 7}"#).expect("is read");
        assert_eq!(
            changed,
            Retention {
                sessions: 7,
                ..Retention::default()
            }
        );
        for wrong in [
            "",
            "[]",
            r#"{"votes": 3}"#,
            r#"{"jobs": 0}"#,
            r#"{"sessions": 401}"#,
            r#"{"jobs": -1}"#,
        ] {
            assert!(load(wrong).is_err(), "{wrong}");
        }
        assert!(Retention::load(Some(Path::new("nowhere.json"))).is_err());
    }
}
