//! A model of the catalogue with its connections and what is known of it now.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use palate_shared::api::models::Capabilities;
use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::sync::Notify;

use super::catalogue::Model;
use super::reach::Resolver;
use super::settings::LimitSettings;

/// Connections that are kept open to one server.
const IDLE_CONNECTIONS: usize = 32;

/// A model that can be called.
#[derive(Debug)]
pub struct Served {
    /// As in the catalogue.
    pub model: Model,
    /// Connections to its server alone.
    pub client: Client,
    is_reachable: AtomicBool,
    lost: Notify,
    capabilities: Mutex<Capabilities>,
}

impl Served {
    /// Connects to nobody yet. Redirects are not followed, no proxy is taken from the environment, and private addresses
    /// are refused unless the host is listed.
    ///
    /// # Errors
    /// When there is no randomness or no store of certificates.
    pub fn new(model: Model, limits: &LimitSettings) -> anyhow::Result<Self> {
        // It is another one only if somebody else in this process set it, which does as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .dns_resolver(Resolver {
                is_listed: model.is_listed,
            })
            .connect_timeout(Duration::from_millis(limits.connect_ms))
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .tcp_nodelay(true)
            .build()
            .with_context(|| format!("cannot prepare connections for model {}", model.id))?;
        Ok(Self {
            capabilities: Mutex::new(model.claimed),
            is_reachable: AtomicBool::new(true),
            lost: Notify::new(),
            client,
            model,
        })
    }

    /// Whether its server answered the last time.
    pub fn is_reachable(&self) -> bool {
        self.is_reachable.load(Ordering::Relaxed)
    }

    /// Says whether its server answered; `true` when that is news.
    pub fn set_reachable(&self, is_reachable: bool) -> bool {
        if !is_reachable {
            self.lost.notify_one();
        }
        self.is_reachable.swap(is_reachable, Ordering::Relaxed) != is_reachable
    }

    /// Waits until its server does not answer; for one who waits.
    pub async fn lost(&self) {
        self.lost.notified().await;
    }

    /// What it can do, as far as it is known: as probed, before that as claimed.
    pub fn capabilities(&self) -> Capabilities {
        *self
            .capabilities
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what it can do.
    pub fn set_capabilities(&self, capabilities: Capabilities) {
        *self
            .capabilities
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = capabilities;
    }
}
