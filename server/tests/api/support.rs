//! A site with one small pack, the service over it, and people who use it.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use palate_server::config::ServeConfig;
use palate_server::db::connection::Pool;
use palate_server::db::query::Query;
use palate_server::limits::{LimitSettings, Rate};
use palate_server::router::router;
use palate_server::state::AppState;
use palate_shared::api::session::{Challenge, Proof};
use palate_shared::pack::{
    PACK_SCHEMA, PackFile, PackItems, PackManifest, PackPrompt, PackResponse,
};
use palate_shared::pow;
use palate_shared::problem::Problem;
use palate_shared::routes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::SqlSafeStr;
use tempfile::TempDir;
use tower::Service;

/// A running service; the folder goes when it goes.
pub struct Fixture {
    pub dir: TempDir,
    pub state: AppState,
    pub app: Router,
}

impl Fixture {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut ServeConfig)) -> Self {
        let dir = tempfile::tempdir().expect("has a temporary folder");
        write_site(&dir.path().join("site"));
        let mut config = config(dir.path());
        config.database_url = crate::database::url(dir.path()).await;
        change(&mut config);
        let state = AppState::open(config).await.expect("opens");
        let app = router(state.clone());
        Self { dir, state, app }
    }

    /// A query of the database.
    pub fn query(&self, sql: impl SqlSafeStr) -> Query<'_> {
        self.state.db.writer().query(sql)
    }

    /// Whether the database is SQLite.
    pub fn is_sqlite(&self) -> bool {
        matches!(self.state.db.writer(), Pool::Sqlite(_))
    }

    /// How many rows a table, or a table with a condition, has.
    pub async fn count(&self, rows: &str) -> i64 {
        self.query(sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {rows}")))
            .scalar()
            .await
            .expect("reads")
    }

    /// Someone without a session.
    pub fn stranger(&self) -> Client {
        Client {
            app: self.app.clone(),
            cookie: None,
        }
    }

    /// Someone with a session.
    pub async fn person(&self) -> Client {
        let mut client = self.stranger();
        let reply = client.start_session().await;
        assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
        client.cookie = Some(reply.cookie());
        client
    }

    /// Someone who agreed to publish votes.
    pub async fn contributor(&self) -> Client {
        let client = self.person().await;
        client.consent("sync", true).await;
        client.consent("publish_votes", true).await;
        client
    }
}

/// The operator's token.
pub const OPERATOR: &str = "operator-token-of-the-tests";

pub fn config(dir: &Path) -> ServeConfig {
    ServeConfig {
        host: IpAddr::V4(Ipv4Addr::LOCALHOST),
        port: 0,
        data_dir: dir.join("data"),
        database_url: None,
        metrics_address: None,
        site: dir.join("site"),
        encoder_dir: Some(dir.join("encoder")),
        secure_cookies: false,
        retention: None,
        release_every_days: 0,
        models: None,
        leaderboard_seconds: 0,
        operator_token_file: None,
        operator_token: Some(OPERATOR.parse().expect("is a token")),
        limits: LimitSettings {
            pow_bits: 4,
            trusted_hops: 1,
            limit_calls: rate("off"),
            limit_sessions: rate("off"),
            limit_recovery: rate("off"),
            limit_operator: rate("off"),
            limit_writes: rate("off"),
        },
    }
}

pub fn rate(text: &str) -> Rate {
    text.parse().expect("is a rate")
}

/// Someone who talks to the service.
#[derive(Clone)]
pub struct Client {
    app: Router,
    pub cookie: Option<String>,
}

impl Client {
    /// The same person at another server.
    pub fn at(&self, app: Router) -> Self {
        Self {
            app,
            cookie: self.cookie.clone(),
        }
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let (mut parts, body) = request.into_parts();
        if let Some(cookie) = &self.cookie {
            parts
                .headers
                .insert(header::COOKIE, cookie.parse().expect("is a header"));
        }
        let response = self
            .app
            .clone()
            .call(Request::from_parts(parts, body))
            .await
            .expect("is infallible");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("is read").to_vec();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).expect("is a request")).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    /// Does the work and starts a session.
    pub async fn start_session(&self) -> Reply {
        let pow = self.work().await;
        self.post(routes::SESSION, json!({"pow": pow})).await
    }

    /// The work for a new session, done.
    pub async fn work(&self) -> Proof {
        let Challenge { challenge, bits } = self.get(routes::SESSION_CHALLENGE).await.parse();
        let nonce = pow::solve(&challenge, bits);
        Proof { challenge, nonce }
    }

    pub async fn consent(&self, purpose: &str, granted: bool) -> Reply {
        let body = json!({"granted": granted, "text_version": "1", "locale": "en"});
        let reply = self
            .call(
                Method::PUT,
                &format!("/api/v1/consents/{purpose}"),
                &[],
                Some(body),
            )
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
        reply
    }

    pub async fn ballot(&self) -> String {
        let reply = self.post(routes::BALLOTS, json!({"count": 1})).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
        reply.value()["ballots"][0]
            .as_str()
            .expect("is text")
            .to_owned()
    }

    /// Records a showing of the fixture pack's first two answers; returns its id.
    pub async fn comparison(&self) -> String {
        let body = comparison_body();
        let reply = self.post(routes::COMPARISONS, body.clone()).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
        body["id"].as_str().expect("is text").to_owned()
    }

    pub async fn judge(&self, comparison: &str, body: Value) -> Reply {
        self.post(&judgments_path(comparison), body).await
    }

    /// Shows two answers and prefers the first; returns comparison and judgment ids.
    pub async fn vote(&self) -> (String, String) {
        let comparison = self.comparison().await;
        let reply = self
            .judge(&comparison, judgment_body(&self.ballot().await, "a", "b"))
            .await;
        assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
        let judgment = reply.value()["id"].as_str().expect("is text").to_owned();
        (comparison, judgment)
    }
}

pub fn judgments_path(comparison: &str) -> String {
    routes::COMPARISON_JUDGMENTS.replace("{id}", comparison)
}

pub fn comparison_body() -> Value {
    json!({
        "id": uuid::Uuid::now_v7().to_string(), "pack": "tiny", "prompt": "p1", "shown": ["a", "b"],
        "policy": "uniform_random", "propensity": 0.25, "blind": true, "simulated": false,
    })
}

/// Prefers `chosen`; the idempotency key is new.
pub fn judgment_body(ballot: &str, chosen: &str, rejected: &str) -> Value {
    json!({
        "ballot": ballot,
        "idempotency_key": uuid::Uuid::now_v7().to_string(),
        "judgment": {"outcome": "ranked", "groups": [[chosen], [rejected]], "unacceptable": []},
        "predictions": [{"method": "eb", "weights": "abc", "p_first": 0.7, "margin_sd": 0.3, "n_fit": 4}],
        "dwell_ms": 2500,
    })
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn parse<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn value(&self) -> Value {
        self.parse()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("is UTF-8")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("is text"))
    }

    /// The cookie as the browser sends it back.
    pub fn cookie(&self) -> String {
        self.header("set-cookie")
            .split(';')
            .next()
            .expect("has a first part")
            .to_owned()
    }

    /// Asserts a problem document and returns it.
    pub fn problem(&self, status: u16, code: &str) -> Problem {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{} {}",
            self.status,
            String::from_utf8_lossy(&self.body)
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem: Problem = self.parse();
        assert_eq!(
            (problem.code.as_str(), problem.status),
            (code, status),
            "{problem:?}"
        );
        assert!(!problem.title.is_empty());
        problem
    }
}

fn write_site(site: &Path) {
    let write = |name: &str, bytes: &[u8]| {
        let path = site.join(name);
        std::fs::create_dir_all(path.parent().expect("has a parent")).expect("is made");
        std::fs::write(path, bytes).expect("is written");
    };
    write("index.html", b"<h1>landing</h1>");
    write("app.html", b"<div>shell</div>");
    write("favicon.svg", b"<svg/>");
    write("manifest.webmanifest", b"{}");
    write("assets/app-0123.js", b"export {}");
    write("assets/app-0123.js.br", b"compressed");
    write("assets/app-0123.wasm", b"\0asm");
    write("assets/main-0123.css", b"a{}");
    write(".hidden", b"secret");
    write_pack(&site.join("packs/tiny"));
    write("packs/tiny/items.json.br", b"compressed items");
}

/// The text of an answer of the pack; one is so long that it takes a while to be written.
pub fn answer_text(id: &str) -> String {
    let more = if id == "c" { " and on" } else { "" };
    format!("Answer {id}{}", more.repeat(200))
}

/// A pack of two prompts with three and two answers.
pub fn write_pack(dir: &Path) {
    let response = |id: &str| PackResponse {
        id: id.into(),
        text: answer_text(id),
        made_by: "someone".to_owned(),
        directives: None,
        parent: None,
        seed: None,
    };
    let prompt = |id: &str, responses: &[&str]| PackPrompt {
        id: id.into(),
        topic: "cooking".to_owned(),
        text: format!("Prompt {id}"),
        responses: responses.iter().map(|id| response(id)).collect(),
    };
    let items = PackItems {
        pack: "tiny".into(),
        prompts: vec![prompt("p1", &["a", "b", "c"]), prompt("p2", &["d", "e"])],
    };
    let bytes = serde_json::to_vec(&items).expect("is JSON");
    let manifest = PackManifest {
        schema: PACK_SCHEMA,
        id: "tiny".into(),
        title: "Tiny".to_owned(),
        version: "1".to_owned(),
        licence: "CC0-1.0".to_owned(),
        attribution: "nobody".to_owned(),
        prompts: 2,
        responses: 5,
        encoder: "none".to_owned(),
        dimension: 0,
        files: vec![PackFile {
            role: "items".to_owned(),
            name: "items.json".to_owned(),
            bytes: bytes.len() as u64,
            sha256: palate_server::secret::sha256_hex(&bytes),
        }],
    };
    std::fs::create_dir_all(dir).expect("is made");
    std::fs::write(dir.join("items.json"), &bytes).expect("is written");
    std::fs::write(
        dir.join("manifest.json"),
        serde_json::to_vec(&manifest).expect("is JSON"),
    )
    .expect("is written");
}
