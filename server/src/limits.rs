//! Token buckets: how often one network may call, start sessions or try recovery codes, and how often one person may write.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use hmac::{Hmac, Mac};
use palate_shared::pow;
use sha2::Sha256;

use crate::address::{Network, masked};
use crate::error::ApiError;
use crate::secret::random_bytes;

/// How often something may happen; `None` is without limit. As many may happen at once as in one unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(Option<(NonZeroU32, Duration)>);

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(None));
        }
        let wrong = || {
            format!(
                "`{text}` must be `off` or a number above 0 with /second, /minute or /hour, as in 60/minute"
            )
        };
        let (count, unit) = text.split_once('/').ok_or_else(wrong)?;
        let count: NonZeroU32 = count.parse().map_err(|_| wrong())?;
        let unit = match unit {
            "second" => Duration::from_secs(1),
            "minute" => Duration::from_secs(60),
            "hour" => Duration::from_secs(60 * 60),
            _ => return Err(wrong()),
        };
        Ok(Self(Some((count, unit))))
    }
}

/// What keeps a few from taking the place of many.
#[derive(Clone, Debug, Args)]
pub struct LimitSettings {
    /// Leading zero bits of the work for a new session; 0 asks for none.
    #[arg(long, env = "PALATE_POW_BITS", default_value_t = 16,
          value_parser = clap::value_parser!(u32).range(0..=i64::from(pow::MOST_BITS)))]
    pub pow_bits: u32,
    /// Proxies in front of this server that each append the address they were called from to X-Forwarded-For.
    #[arg(long, env = "PALATE_TRUSTED_HOPS", default_value_t = 0)]
    pub trusted_hops: usize,
    /// API calls of one network (IPv4 /24, IPv6 /56).
    #[arg(long, env = "PALATE_LIMIT_CALLS", default_value = "6000/minute")]
    pub limit_calls: Rate,
    /// New sessions of one network.
    #[arg(long, env = "PALATE_LIMIT_SESSIONS", default_value = "240/hour")]
    pub limit_sessions: Rate,
    /// Recovery codes tried by one network.
    #[arg(long, env = "PALATE_LIMIT_RECOVERY", default_value = "20/hour")]
    pub limit_recovery: Rate,
    /// Calls of one network that need the operator's token.
    #[arg(long, env = "PALATE_LIMIT_OPERATOR", default_value = "120/minute")]
    pub limit_operator: Rate,
    /// Calls of one person that change something.
    #[arg(long, env = "PALATE_LIMIT_WRITES", default_value = "1200/minute")]
    pub limit_writes: Rate,
}

/// The buckets of this process.
#[derive(Debug)]
pub struct Limits {
    /// Keys the hash of networks; gone with the process.
    key: [u8; 32],
    calls: Bucket<Network>,
    sessions: Bucket<Network>,
    recovery: Bucket<Network>,
    operator: Bucket<Network>,
    writes: Bucket<String>,
}

impl Limits {
    /// Full buckets.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn new(settings: &LimitSettings) -> Result<Self, rand::rand_core::OsError> {
        Ok(Self {
            key: random_bytes()?,
            calls: Bucket::new(settings.limit_calls),
            sessions: Bucket::new(settings.limit_sessions),
            recovery: Bucket::new(settings.limit_recovery),
            operator: Bucket::new(settings.limit_operator),
            writes: Bucket::new(settings.limit_writes),
        })
    }

    /// The network of an address.
    pub fn network(&self, address: IpAddr) -> Network {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&self.key)
            .expect("HMAC takes keys of any length");
        match masked(address) {
            IpAddr::V4(v4) => mac.update(&v4.octets()),
            IpAddr::V6(v6) => mac.update(&v6.octets()),
        }
        let hash: [u8; 32] = mac.finalize().into_bytes().into();
        let mut network = [0; 16];
        network.copy_from_slice(&hash[..16]);
        Network(network)
    }

    /// Takes a token for a call of the API.
    ///
    /// # Errors
    /// When the network's bucket is empty.
    pub fn call(&self, network: &Network) -> Result<(), ApiError> {
        self.calls.take(network)
    }

    /// Takes a token for a new session.
    ///
    /// # Errors
    /// When the network's bucket is empty.
    pub fn session(&self, network: &Network) -> Result<(), ApiError> {
        self.sessions.take(network)
    }

    /// Takes a token for a try of a recovery code.
    ///
    /// # Errors
    /// When the network's bucket is empty.
    pub fn recovery(&self, network: &Network) -> Result<(), ApiError> {
        self.recovery.take(network)
    }

    /// Takes a token for a call of the operator, or of someone who tries tokens.
    ///
    /// # Errors
    /// When the network's bucket is empty.
    pub fn operator(&self, network: &Network) -> Result<(), ApiError> {
        self.operator.take(network)
    }

    /// Takes a token for a change by the person `user_id`.
    ///
    /// # Errors
    /// When the person's bucket is empty.
    pub fn write(&self, user_id: &str) -> Result<(), ApiError> {
        self.writes.take(user_id)
    }

    /// Forgets buckets that are full again.
    pub fn forget_idle(&self) {
        self.calls.forget_idle();
        self.sessions.forget_idle();
        self.recovery.forget_idle();
        self.operator.forget_idle();
        self.writes.forget_idle();
    }
}

/// One bucket a key; no limit when `None`.
#[derive(Debug)]
struct Bucket<K: Hash + Eq + Clone>(Option<DefaultKeyedRateLimiter<K>>);

impl<K: Hash + Eq + Clone> Bucket<K> {
    fn new(rate: Rate) -> Self {
        Self(rate.0.and_then(|(count, unit)| {
            let quota = Quota::with_period(unit / count.get())?.allow_burst(count);
            Some(RateLimiter::keyed(quota))
        }))
    }

    fn take<Q>(&self, key: &Q) -> Result<(), ApiError>
    where
        Q: ToOwned<Owned = K> + ?Sized,
    {
        let Some(limiter) = &self.0 else {
            return Ok(());
        };
        limiter.check_key(&key.to_owned()).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            ApiError::RateLimited {
                seconds: wait.as_secs() + 1,
            }
        })
    }

    fn forget_idle(&self) {
        if let Some(limiter) = &self.0 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        text.parse().expect("is a rate")
    }

    #[test]
    fn rates_are_read_and_nonsense_is_refused() {
        assert_eq!(rate("off"), Rate(None));
        let five = NonZeroU32::new(5).expect("is above 0");
        assert_eq!(
            rate("5/minute"),
            Rate(Some((five, Duration::from_secs(60))))
        );
        for text in [
            "",
            "5",
            "0/second",
            "-1/second",
            "5/day",
            "5/ second",
            "/hour",
        ] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_bucket_gives_its_tokens_and_then_says_when_to_come_back() {
        let bucket = Bucket::<String>::new(rate("3/hour"));
        for _ in 0..3 {
            assert!(bucket.take("ann").is_ok());
        }
        let Err(ApiError::RateLimited { seconds }) = bucket.take("ann") else {
            panic!("a fourth token");
        };
        assert!((1..=1201).contains(&seconds), "{seconds}");
        assert!(bucket.take("bob").is_ok(), "others have their own");
        bucket.forget_idle();
        assert!(
            bucket.take("ann").is_err(),
            "an empty bucket is not forgotten"
        );
        let open = Bucket::<String>::new(rate("off"));
        assert!((0..10_000).all(|_| open.take("ann").is_ok()));
    }
}
