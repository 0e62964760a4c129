//! A backup is taken while the server runs, and a data folder is made of it.

use palate_server::backup::{backup, restore};
use palate_server::config::{BackupConfig, RestoreConfig, ServeConfig};
use palate_server::router::router;
use palate_server::state::AppState;
use palate_shared::api::session::Me;
use palate_shared::routes;

use crate::support::{Fixture, judgment_body};

async fn on_sqlite() -> Fixture {
    Fixture::with(|config| config.database_url = None).await
}

fn settings(fixture: &Fixture, out: &str) -> BackupConfig {
    BackupConfig {
        data_dir: fixture.state.config.data_dir.clone(),
        database_url: None,
        out: fixture.dir.path().join(out),
    }
}

fn words(result: anyhow::Result<()>) -> String {
    format!("{:#}", result.expect_err("is refused"))
}

#[tokio::test]
async fn a_backup_taken_under_load_holds_all_that_was_acknowledged_before() {
    let fixture = on_sqlite().await;
    let client = fixture.contributor().await;
    let ballot = client.ballot().await;
    for _ in 0..5 {
        client.vote().await;
    }
    let config = settings(&fixture, "backup");
    let voting = {
        let client = client.clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                client.vote().await;
            }
        })
    };
    backup(&config).await.expect("is written");
    voting.await.expect("votes");
    let held = tempfile::tempdir().expect("has a temporary folder");
    let data_dir = held.path().join("data");
    let back = RestoreConfig {
        from: config.out.clone(),
        data_dir: data_dir.clone(),
    };
    restore(&back).await.expect("is restored");
    let state = AppState::open(ServeConfig {
        data_dir: data_dir.clone(),
        ..fixture.state.config.clone()
    })
    .await
    .expect("opens");
    let there = client.at(router(state));
    let me: Me = there.get(routes::ME).await.parse();
    assert!((5..=25).contains(&me.judgments), "{me:?}");
    let before: Me = client.get(routes::ME).await.parse();
    assert_eq!(me.rater_id, before.rater_id, "the key is the same");
    let comparison = there.comparison().await;
    let reply = there
        .judge(&comparison, judgment_body(&ballot, "a", "b"))
        .await;
    assert_eq!(reply.status, 201, "a ballot from before is good: {reply:?}");
    let names = |dir: &std::path::Path| -> std::collections::BTreeSet<_> {
        std::fs::read_dir(dir)
            .expect("is read")
            .map(|entry| entry.expect("is read").file_name())
            .collect()
    };
    assert_eq!(
        names(&data_dir.join("packs")),
        names(&fixture.state.config.data_dir.join("packs"))
    );
    #[cfg(unix)]
    for file in [
        &config.out,
        &data_dir.join("secret.key"),
        &data_dir.join("palate.db"),
    ] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(file)
            .expect("is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    assert!(words(backup(&config).await).contains("replaces no file"));
    assert!(words(restore(&back).await).contains("new folder"));
}

#[tokio::test]
async fn a_damaged_or_foreign_file_makes_no_data_folder() {
    let fixture = on_sqlite().await;
    fixture.contributor().await.vote().await;
    let config = settings(&fixture, "backup");
    backup(&config).await.expect("is written");
    let whole = std::fs::read(&config.out).expect("is read");
    let mut torn = whole.clone();
    torn.truncate(whole.len() / 2);
    let mut holed = whole.clone();
    holed[4096..whole.len() - 4096].fill(0);
    let cases = [torn, holed, b"nothing".to_vec(), vec![], {
        // Our own database is no backup.
        let path = config.data_dir.join("palate.db");
        std::fs::read(path).expect("is read")
    }];
    for (number, bytes) in cases.into_iter().enumerate() {
        let from = fixture.dir.path().join("damaged");
        std::fs::write(&from, bytes).expect("is written");
        let data_dir = fixture.dir.path().join(format!("restored-{number}"));
        let error = words(
            restore(&RestoreConfig {
                from,
                data_dir: data_dir.clone(),
            })
            .await,
        );
        assert!(error.contains("no backup of palate"), "{number}: {error}");
        assert!(!data_dir.join("palate.db").exists(), "{number}");
    }
    let nowhere = BackupConfig {
        data_dir: "nowhere".into(),
        ..settings(&fixture, "other")
    };
    assert!(words(backup(&nowhere).await).contains("no database"));
}
