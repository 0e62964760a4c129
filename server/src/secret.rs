//! The server's secret key and everything derived from it: ballot signatures, public pseudonyms, token hashes.

use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, bail};
use hmac::{Hmac, Mac};
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

/// HMAC-SHA-256 (RFC 2104).
type HmacSha256 = Hmac<Sha256>;

/// What a derived key is for; keys of different purposes are independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Signatures of ballots.
    Ballot,
    /// Public ids of raters.
    Rater,
    /// Public ids of release rows.
    Row,
    /// Public ids of comparisons.
    Comparison,
    /// Hashes of recovery codes.
    Recovery,
    /// Signatures of the work asked for a session.
    Work,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Purpose::Ballot => b"palate/ballot/1",
            Purpose::Rater => b"palate/rater/1",
            Purpose::Row => b"palate/row/1",
            Purpose::Comparison => b"palate/comparison/1",
            Purpose::Recovery => b"palate/recovery/1",
            Purpose::Work => b"palate/session-work/1",
        }
    }
}

/// 32 random bytes, kept in a file that only the operator's account reads. Never printed.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// Reads `secret.key` in `data_dir`, or makes it (mode 0600) when there is none.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is not 32 bytes long.
    pub fn load_or_create(data_dir: &Path) -> anyhow::Result<Self> {
        let path = data_dir.join("secret.key");
        if !path.exists() {
            let mut bytes = [0u8; 32];
            OsRng.try_fill_bytes(&mut bytes)?;
            // Servers that share the folder may start at once: the first key stays.
            let partial = data_dir.join(format!(".secret.key.{}.partial", uuid::Uuid::now_v7()));
            let mut file = private_file(&partial)
                .with_context(|| format!("cannot write {}", partial.display()))?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            let linked = std::fs::hard_link(&partial, &path);
            std::fs::remove_file(&partial)?;
            match linked {
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                    return Err(error).with_context(|| format!("cannot write {}", path.display()));
                }
                _ => std::fs::File::open(data_dir)?.sync_all()?,
            }
        }
        Self::load(data_dir)
    }

    /// Reads `secret.key` in `data_dir`.
    ///
    /// # Errors
    /// When the file cannot be read or is not 32 bytes long.
    pub fn load(data_dir: &Path) -> anyhow::Result<Self> {
        let path = data_dir.join("secret.key");
        let mut bytes = Vec::new();
        std::fs::File::open(&path)
            .with_context(|| {
                format!(
                    "cannot read {}; `palate serve` makes it on its first start",
                    path.display()
                )
            })?
            .take(64)
            .read_to_end(&mut bytes)?;
        let Ok(key) = <[u8; 32]>::try_from(bytes.as_slice()) else {
            bail!(
                "{} must hold 32 bytes; restore it from a backup: public ids depend on it",
                path.display()
            );
        };
        Ok(Self(key))
    }

    /// HMAC-SHA-256 of `parts` under the key of `purpose`. Parts are length-prefixed, so no two lists of parts collide.
    pub fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        let key = Self::hmac(&self.0, &[purpose.label()]);
        Self::hmac(&key, parts)
    }

    /// A public pseudonym: the first 128 bit of [`Secret::mac`], hex.
    pub fn public_id(&self, purpose: Purpose, parts: &[&[u8]]) -> String {
        hex::encode(&self.mac(purpose, parts)[..16])
    }

    /// The pseudonym under which a person's judgments are published.
    pub fn rater_id(&self, user_id: &str, public_id_epoch: i64) -> String {
        self.public_id(
            Purpose::Rater,
            &[user_id.as_bytes(), &public_id_epoch.to_be_bytes()],
        )
    }

    fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac =
            <HmacSha256 as Mac>::new_from_slice(key).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// Whether two byte strings are equal, in time that depends on their length only.
pub fn equal_in_constant_time(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0u8, |sum, (x, y)| sum | (x ^ y)) == 0
}

/// `N` random bytes from the operating system.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], rand::rand_core::OsError> {
    let mut bytes = [0u8; N];
    OsRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes)
}

/// `N` random bytes from the operating system, hex.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn random_hex<const N: usize>() -> Result<String, rand::rand_core::OsError> {
    random_bytes::<N>().map(hex::encode)
}

/// SHA-256, hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub(crate) fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_that_start_at_once_have_one_key() {
        let dir = tempfile::tempdir().expect("has a temporary folder");
        let keys: Vec<[u8; 32]> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| Secret::load_or_create(dir.path()).expect("is made").0))
                .collect();
            starts
                .into_iter()
                .map(|start| start.join().expect("ends"))
                .collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        let files = std::fs::read_dir(dir.path()).expect("is read").count();
        assert_eq!(files, 1, "nothing half-written is left");
    }

    #[test]
    fn keys_of_different_purposes_and_epochs_differ() {
        let secret = Secret([7; 32]);
        assert_ne!(
            secret.mac(Purpose::Row, &[b"x"]),
            secret.mac(Purpose::Comparison, &[b"x"])
        );
        assert_ne!(
            secret.mac(Purpose::Row, &[b"ab", b"c"]),
            secret.mac(Purpose::Row, &[b"a", b"bc"])
        );
        assert_ne!(secret.rater_id("u", 0), secret.rater_id("u", 1));
        assert_eq!(secret.rater_id("u", 0).len(), 32);
    }

    #[test]
    fn comparison_of_macs_sees_any_difference() {
        assert!(equal_in_constant_time(b"abc", b"abc"));
        assert!(!equal_in_constant_time(b"abc", b"abd"));
        assert!(!equal_in_constant_time(b"abc", b"ab"));
    }

    #[cfg(unix)]
    #[test]
    fn the_key_is_made_once_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("has a temporary folder");
        let first = Secret::load_or_create(dir.path()).expect("is made");
        let again = Secret::load_or_create(dir.path()).expect("is read");
        assert_eq!(first.0, again.0);
        let mode = std::fs::metadata(dir.path().join("secret.key"))
            .expect("is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(dir.path().join("secret.key"), b"short").expect("is written");
        assert!(Secret::load_or_create(dir.path()).is_err());
    }
}
