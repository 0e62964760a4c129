//! The outcomes of blind tests: kept in this browser, and sent where votes are contributed.

use leptos::prelude::*;
use palate_shared::api::blind_tests::BlindTestRequest;

use super::blind::{TESTS, Tests};
use crate::error::{Error, Result};
use crate::state::{App, Mode};
use crate::store::SETTINGS;
use crate::{account, api, json};

/// What is kept.
pub(crate) async fn read(app: App) -> Tests {
    app.opened().await;
    app.setting(TESTS).await.unwrap_or_default()
}

async fn change(app: App, change: impl FnOnce(&mut Tests)) -> Result<()> {
    app.opened().await;
    let Some(store) = app.store() else {
        return Ok(());
    };
    let kept = store.change(SETTINGS, TESTS, |before| {
        let mut tests: Tests = before
            .and_then(|text| json::parse(&text).ok())
            .unwrap_or_default();
        change(&mut tests);
        serde_json::to_string(&tests).map_err(|error| Error::Storage(error.to_string()))
    });
    kept.await
}

/// Keeps an outcome; in mode Contribute the server gets it too, later where it cannot be reached now.
///
/// # Errors
/// When the browser cannot store it, or the server did not take it.
pub(crate) async fn keep(app: App, test: BlindTestRequest) -> Result<()> {
    let is_sent = app.mode.get_untracked() == Mode::Contribute;
    change(app, |tests| {
        if is_sent {
            tests.unsent.push(test.generation.clone());
        }
        tests.tests.push(test);
    })
    .await?;
    send(app).await
}

/// Sends what the server shall still get. Without a network it waits for the next time; who contributes no more sends no
/// more.
///
/// # Errors
/// When the browser cannot store it, or the server did not take it.
pub(crate) async fn send(app: App) -> Result<()> {
    let Tests { tests, unsent, .. } = read(app).await;
    let is_sent = app.mode.get_untracked() == Mode::Contribute;
    for generation in unsent {
        let test = tests.iter().find(|test| test.generation == generation);
        let answer = match test.filter(|_| is_sent) {
            Some(_) if app.lost.get_untracked() => return Ok(()),
            Some(test) => account::noticed(app, api::record_blind_test(test).await),
            None => Ok(()),
        };
        let is_for_later = match &answer {
            Err(Error::Api(problem)) => problem.status == 429 || problem.status >= 500,
            Err(error) => matches!(error, Error::Network | Error::Lost),
            Ok(()) => false,
        };
        if is_for_later {
            return Ok(());
        }
        change(app, |tests| tests.unsent.retain(|held| *held != generation)).await?;
        answer?;
    }
    Ok(())
}

/// Keeps that a test was due and pick and default answer were the same.
///
/// # Errors
/// When the browser cannot store it.
pub(crate) async fn keep_same(app: App) -> Result<()> {
    change(app, |tests| tests.same += 1).await
}

/// Forgets all of them on this device.
///
/// # Errors
/// When the browser cannot write.
pub(crate) async fn forget(app: App) -> Result<()> {
    change(app, |tests| *tests = Tests::default()).await
}
