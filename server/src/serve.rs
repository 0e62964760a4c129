//! Listening and stopping.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::serve::{Listener, ListenerExt};
use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::config::ServeConfig;
use crate::llm::probe;
use crate::metrics;
use crate::router::router;
use crate::state::AppState;
use crate::upkeep;

/// How long open requests may take to finish after the signal to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// How long those who were let in may still begin a call after the signal; connections without a call are closed then.
const LAST_CALLS: Duration = Duration::from_millis(500);

/// Serves until SIGTERM or ctrl-c, then lets open requests finish, at most for ten seconds.
///
/// # Errors
/// When the site is missing, the port is taken or the data folder cannot be used.
pub async fn serve(config: ServeConfig) -> anyhow::Result<()> {
    ensure!(
        config.site.join("index.html").is_file(),
        "{} holds no built site: build it and name its folder with --site",
        config.site.display()
    );
    let address = SocketAddr::new(config.host, config.port);
    let state = AppState::open(config).await?;
    let (db, ending) = (state.db.clone(), state.clone());
    tokio::spawn(upkeep::run(state.clone()));
    tokio::spawn(probe::run(state.clone()));
    let listener = match handed_over()? {
        Some(listener) => listener,
        None => bind(address).await?,
    };
    if let Some(address) = state.config.metrics_address {
        let listener = bind(address).await?;
        let state = state.clone();
        tokio::spawn(async move {
            if let Err(error) = metrics::serve(listener, state).await {
                tracing::error!(error = format!("{error:#}"), "no figures are served");
            }
        });
    }
    let address = listener.local_addr()?;
    tracing::info!(%address, "listening on http://{address}");
    let (stop, mut stopped) = watch::channel(false);
    let mut deadline = stop.subscribe();
    let door = Door {
        listener: Some(listener),
        stopping: stop.subscribe(),
    };
    tokio::spawn(async move {
        stop_signal().await;
        tracing::info!("stopping: open requests may finish");
        stop.send_replace(true);
        // Streams are open requests too: they end by saying why.
        ending.llm.shut_down().await;
        // Keeps the channel open until the process ends.
        std::future::pending::<()>().await;
    });
    let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
    // What a door lets in needs no more; the call makes its addresses known to handlers.
    let server = axum::serve(door.tap_io(|_| ()), service).with_graceful_shutdown(async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
        tokio::time::sleep(LAST_CALLS).await;
    });
    let hard_stop = async move {
        let _ = deadline.wait_for(|stopped| *stopped).await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        result = server => result.context("the server stopped")?,
        () = hard_stop => tracing::warn!("some requests did not finish in time and were cut off"),
    }
    if tokio::time::timeout(DRAIN, db.close()).await.is_err() {
        tracing::warn!("the database did not close in time; it recovers at the next start");
    }
    Ok(())
}

/// Lets connections in until the server is to stop; then it closes at once, so that whoever comes is told by the system, or
/// waits for the next process where the socket is not ours.
struct Door {
    listener: Option<TcpListener>,
    stopping: watch::Receiver<bool>,
}

impl Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        if let Some(listener) = &mut self.listener {
            tokio::select! {
                biased;
                _ = self.stopping.wait_for(|stopping| *stopping) => {}
                (connection, address) = Listener::accept(listener) => {
                    // Else the kernel holds the first text of an answer back until the reader has acknowledged the head: up
                    // to 40 ms.
                    if let Err(error) = connection.set_nodelay(true) {
                        tracing::debug!(%error, "small pieces cannot be sent at once");
                    }
                    return (connection, address);
                }
            }
        }
        self.listener = None;
        std::future::pending().await
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        match &self.listener {
            Some(listener) => listener.local_addr(),
            None => Err(std::io::ErrorKind::NotConnected.into()),
        }
    }
}

/// The socket that systemd opened for this service, if it did. It stays open while the service is restarted, so nobody is
/// refused meanwhile.
fn handed_over() -> anyhow::Result<Option<TcpListener>> {
    let listener = ListenFd::from_env()
        .take_tcp_listener(0)
        .context("the socket that was handed over is not a TCP listener")?;
    let Some(listener) = listener else {
        return Ok(None);
    };
    listener.set_nonblocking(true)?;
    Ok(Some(TcpListener::from_std(listener)?))
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; is another server running there?"))
}

async fn stop_signal() {
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot wait for ctrl-c");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                () = interrupt => {}
                _ = terminate.recv() => {}
            },
            Err(error) => {
                tracing::error!(%error, "cannot wait for SIGTERM");
                interrupt.await;
            }
        }
    }
    #[cfg(not(unix))]
    interrupt.await;
}
