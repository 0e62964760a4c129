//! Listening and stopping.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::config::ServeConfig;
use crate::llm::probe;
use crate::router::router;
use crate::state::AppState;
use crate::upkeep;

/// How long open requests may take to finish after the signal to stop.
const DRAIN: Duration = Duration::from_secs(10);

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
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; is another server running there?"))?;
    let address = listener.local_addr()?;
    tracing::info!(%address, "listening on http://{address}");
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let mut deadline = stop.subscribe();
    tokio::spawn(async move {
        stop_signal().await;
        tracing::info!("stopping: open requests may finish");
        stop.send_replace(true);
        // Streams are open requests too: they end by saying why.
        ending.llm.shut_down().await;
        // Keeps the channel open until the process ends.
        std::future::pending::<()>().await;
    });
    // Without it, the kernel holds the first text of an answer back until the reader has acknowledged the head: up to 40 ms.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "small pieces cannot be sent at once");
        }
    });
    let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
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
