use axum::http::{Method, StatusCode};
use palate_shared::api::packs::Packs;
use palate_shared::routes;

use crate::support::{Fixture, config, write_pack};

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

#[tokio::test]
async fn pages_are_served_and_anything_else_is_a_real_404() {
    let fixture = Fixture::new().await;
    let client = fixture.stranger();
    for page in routes::PAGES.iter().chain(&["/study/study-1"]) {
        let reply = client.get(page).await;
        let body = if *page == "/" {
            "<h1>landing</h1>"
        } else {
            "<div>shell</div>"
        };
        assert_eq!(
            (reply.status, reply.text().as_str()),
            (StatusCode::OK, body),
            "{page}"
        );
        assert_eq!(
            (reply.header("content-type"), reply.header("cache-control")),
            ("text/html; charset=utf-8", "no-cache")
        );
        let etag = reply.header("etag").to_owned();
        let known = client
            .call(Method::GET, page, &[("if-none-match", &etag)], None)
            .await;
        assert_eq!(known.status, StatusCode::NOT_MODIFIED);
    }
    for path in [
        "/nowhere",
        "/rank/",
        "/rank/9",
        "/study/",
        "/study/a/b",
        "/assets",
        "/.hidden",
        "/me.html",
    ] {
        let reply = client
            .call(Method::GET, path, &[("range", "bytes=0-1")], None)
            .await;
        assert_eq!(
            (reply.status, reply.text().as_str()),
            (StatusCode::NOT_FOUND, "<div>shell</div>"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn assets_have_their_types_and_never_change() {
    let fixture = Fixture::new().await;
    let client = fixture.stranger();
    for (path, media_type, cache) in [
        (
            "/assets/app-0123.js",
            "text/javascript; charset=utf-8",
            IMMUTABLE,
        ),
        ("/assets/app-0123.wasm", "application/wasm", IMMUTABLE),
        (
            "/assets/main-0123.css",
            "text/css; charset=utf-8",
            IMMUTABLE,
        ),
        ("/packs/tiny/items.json", "application/json", IMMUTABLE),
        ("/packs/tiny/manifest.json", "application/json", "no-cache"),
        ("/favicon.svg", "image/svg+xml", "no-cache"),
        (
            "/manifest.webmanifest",
            "application/manifest+json",
            "no-cache",
        ),
    ] {
        let reply = client.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert_eq!(
            (reply.header("content-type"), reply.header("cache-control")),
            (media_type, cache),
            "{path}"
        );
        assert!(!reply.header("etag").is_empty(), "{path}");
    }
    client
        .get("/assets/gone.js")
        .await
        .problem(404, "not_found");
    client
        .get("/packs/tiny/gone.json")
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn compressed_siblings_are_sent_where_accepted() {
    let fixture = Fixture::new().await;
    let client = fixture.stranger();
    for (path, compressed) in [
        ("/assets/app-0123.js", "compressed"),
        ("/packs/tiny/items.json", "compressed items"),
    ] {
        let reply = client
            .call(Method::GET, path, &[("accept-encoding", "gzip, br")], None)
            .await;
        assert_eq!(
            (reply.header("content-encoding"), reply.text().as_str()),
            ("br", compressed),
            "{path}"
        );
        assert!(reply.header("vary").contains("accept-encoding"));
        let plain = client.get(path).await;
        assert_eq!(plain.header("content-encoding"), "");
        assert_ne!(plain.text(), compressed);
    }
}

#[tokio::test]
async fn nothing_outside_the_site_can_be_read() {
    let fixture = Fixture::new().await;
    std::fs::write(fixture.dir.path().join("outside"), "secret").expect("is written");
    let client = fixture.stranger();
    for path in [
        "/../outside",
        "/assets/../../outside",
        "/%2e%2e/outside",
        "/..%2foutside",
        "/assets/%2e%2e%2f%2e%2e%2foutside",
        "/%2ehidden",
        "/models/encoder/../outside",
        "/models/encoder/%2e%2e/outside",
        "/models/encoder/..%2foutside",
        "/api/v1/releases/..%2f..%2f/outside",
        "/api/v1/releases/%2e%2e/secret.key",
        "/api/v1/releases/x/..%2f..%2fsecret.key",
    ] {
        let reply = client.get(path).await;
        assert!(reply.status.is_client_error(), "{path}: {reply:?}");
        assert!(!reply.text().contains("secret"), "{path}");
    }
}

#[tokio::test]
async fn encoder_weights_come_in_ranges_and_may_arrive_later() {
    let fixture = Fixture::new().await;
    let client = fixture.stranger();
    client
        .get("/models/encoder/manifest.json")
        .await
        .problem(404, "encoder_missing");
    let dir = fixture.dir.path().join("encoder");
    std::fs::create_dir_all(&dir).expect("is made");
    std::fs::write(dir.join("manifest.json"), "{}").expect("is written");
    std::fs::write(dir.join("0123.bin"), "0123456789").expect("is written");
    assert_eq!(
        client
            .get("/models/encoder/manifest.json")
            .await
            .header("cache-control"),
        "no-cache"
    );
    let part = client
        .call(
            Method::GET,
            "/models/encoder/0123.bin",
            &[("range", "bytes=4-")],
            None,
        )
        .await;
    assert_eq!(
        (part.status, part.text().as_str()),
        (StatusCode::PARTIAL_CONTENT, "456789")
    );
    assert_eq!(
        (part.header("content-range"), part.header("cache-control")),
        ("bytes 4-9/10", IMMUTABLE)
    );
    let none = Fixture::with(|config| config.encoder_dir = None).await;
    none.stranger()
        .get("/models/encoder/0123.bin")
        .await
        .problem(404, "encoder_missing");
}

#[tokio::test]
async fn packs_are_listed_and_a_corrupt_one_stops_the_start_by_name() {
    let fixture = Fixture::new().await;
    let packs: Packs = fixture.stranger().get(routes::PACKS).await.parse();
    assert_eq!(packs.packs.len(), 1);
    assert_eq!(packs.packs[0].responses, 5);
    let dir = tempfile::tempdir().expect("has a temporary folder");
    let pack = dir.path().join("site/packs/tiny");
    let open = async || match palate_server::state::AppState::open(config(dir.path())).await {
        Ok(_) => String::new(),
        Err(error) => format!("{error:#}"),
    };
    write_pack(&pack);
    assert_eq!(open().await, "");
    let items = std::fs::read_to_string(pack.join("items.json")).expect("is read");
    std::fs::write(
        pack.join("items.json"),
        items.replace("Answer a", "Answer z"),
    )
    .expect("is written");
    let error = open().await;
    assert!(
        error.contains("items.json differs from its hash") && error.contains("tiny"),
        "{error}"
    );
    std::fs::remove_file(pack.join("items.json")).expect("is removed");
    assert!(open().await.contains("cannot read items.json"));
    write_pack(&pack);
    std::fs::write(pack.join("manifest.json"), "{").expect("is written");
    assert!(
        open()
            .await
            .contains("manifest.json is not a pack manifest")
    );
}
