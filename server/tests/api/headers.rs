use axum::http::{Method, StatusCode};
use palate_server::guard::CONTENT_SECURITY_POLICY;
use palate_shared::routes;
use serde_json::json;

use crate::support::Fixture;

const PERSONAL: [(Method, &str); 21] = [
    (Method::POST, routes::SESSION),
    (Method::GET, routes::ME),
    (Method::DELETE, routes::ME),
    (Method::POST, routes::ME_RECOVERY),
    (Method::POST, routes::ME_ROTATE),
    (Method::GET, routes::ME_EXPORT),
    (Method::POST, routes::AUTH_RECOVERY),
    (Method::GET, routes::CONSENTS),
    (Method::PUT, "/api/v1/consents/sync"),
    (Method::POST, routes::BALLOTS),
    (Method::POST, routes::COMPARISONS),
    (Method::POST, "/api/v1/comparisons/x/judgments"),
    (Method::POST, routes::GENERATE),
    (Method::GET, "/api/v1/comparisons/x/stream"),
    (Method::POST, "/api/v1/comparisons/x/stop"),
    (Method::POST, "/api/v1/comparisons/x/reveal"),
    (Method::POST, routes::BLIND_TESTS),
    (Method::GET, routes::JUDGMENTS),
    (Method::PATCH, "/api/v1/judgments/x"),
    (Method::GET, routes::PROFILE),
    (Method::PUT, routes::PROFILE),
];

const PUBLIC: [&str; 15] = [
    "/",
    "/rank",
    "/nowhere",
    "/favicon.svg",
    "/assets/app-0123.js",
    "/packs/tiny/manifest.json",
    "/models/encoder/manifest.json",
    routes::PACKS,
    routes::MODELS,
    routes::BLIND_TESTS,
    routes::RELEASES,
    "/api/v1/releases/x/votes.jsonl",
    routes::OPENAPI,
    routes::HEALTHZ,
    routes::READYZ,
];

#[tokio::test]
async fn security_headers_stand_on_every_answer() {
    let fixture = Fixture::new().await;
    let client = fixture.stranger();
    let calls = PERSONAL
        .into_iter()
        .chain(PUBLIC.into_iter().map(|path| (Method::GET, path)));
    for (method, path) in calls {
        let reply = client.call(method.clone(), path, &[], None).await;
        assert_eq!(
            reply.header("content-security-policy"),
            CONTENT_SECURITY_POLICY,
            "{path}"
        );
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(
            reply.header("cross-origin-opener-policy"),
            "same-origin",
            "{path}"
        );
        assert!(
            reply.header("permissions-policy").contains("camera=()"),
            "{path}"
        );
        let open = path.starts_with(routes::RELEASES)
            || (path == routes::BLIND_TESTS && method == Method::GET);
        assert_eq!(
            reply.header("cross-origin-resource-policy"),
            if open { "cross-origin" } else { "same-origin" },
            "{path}"
        );
        assert_eq!(
            reply.header("access-control-allow-origin"),
            if open { "*" } else { "" },
            "{path}"
        );
        assert!(
            !reply.header("cache-control").is_empty(),
            "{path} says how it is cached"
        );
    }
}

#[tokio::test]
async fn row_24_personal_answers_are_never_cached() {
    let fixture = Fixture::new().await;
    for client in [fixture.stranger(), fixture.contributor().await] {
        for (method, path) in PERSONAL {
            if method == Method::DELETE {
                continue;
            }
            let reply = client.call(method, path, &[], None).await;
            assert_eq!(reply.header("cache-control"), "no-store", "{path}");
            let vary: Vec<_> = reply.headers.get_all("vary").iter().collect();
            assert!(
                vary.iter().any(|value| *value == "cookie"),
                "{path}: {vary:?}"
            );
        }
    }
}

#[tokio::test]
async fn open_data_sets_no_cookie() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    for path in PUBLIC {
        assert_eq!(client.get(path).await.header("set-cookie"), "", "{path}");
    }
}

#[tokio::test]
async fn other_sites_cannot_change_anything() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    let elsewhere: [&[(&str, &str)]; 4] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[
            ("host", "palate.example"),
            ("origin", "https://evil.example"),
        ],
        &[("host", "palate.example"), ("origin", "null")],
    ];
    for headers in elsewhere {
        for (method, path) in PERSONAL {
            if method != Method::GET {
                let reply = client.call(method, path, headers, Some(json!({}))).await;
                reply.problem(403, "cross_origin");
            }
        }
        assert_eq!(
            client
                .call(Method::GET, routes::ME, headers, None)
                .await
                .status,
            StatusCode::OK
        );
    }
    for headers in [
        &[("sec-fetch-site", "same-origin")][..],
        &[
            ("host", "palate.example"),
            ("origin", "https://palate.example"),
        ],
    ] {
        let reply = client
            .call(
                Method::POST,
                routes::BALLOTS,
                headers,
                Some(json!({"count": 1})),
            )
            .await;
        assert_eq!(reply.status, StatusCode::OK);
    }
}
