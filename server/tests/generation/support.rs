//! An upstream, the service over it on a socket of its own, and people who ask and listen.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use axum::http::{Method, StatusCode, header};
use palate_shared::api::generation::{Finish, StreamEvent};
use palate_shared::problem::Problem;
use palate_shared::routes;
use serde_json::{Value, json};

use crate::service::Fixture;
use crate::upstream::Upstream;

/// The key that the catalogue names; it must be seen by the upstream and by nobody else.
pub const KEY: &str = "sk-contract-7c1f0a55d2";

/// Short times, so that waiting for nothing ends soon.
pub const SHORT_LIMITS: &str = "connect_ms = 1000\nfirst_byte_ms = 700\nidle_ms = 600\ntotal_ms = 4000\n\
     grace_ms = 300\nunclaimed_ms = 3000\ntogether = 200\nqueue = 200\n";

/// A model of the catalogue: its id, what the upstream does, and more lines of the entry.
#[derive(Clone, Copy)]
pub struct Model<'a>(pub &'a str, pub &'a str, pub &'a str);

/// The service and its upstream.
pub struct World {
    pub upstream: Upstream,
    pub fixture: Fixture,
    pub address: SocketAddr,
    http: reqwest::Client,
}

impl World {
    /// Models of one upstream; `limits` are lines of `[limits]`.
    pub async fn new(models: &[Model<'_>], limits: &str) -> Self {
        Self::with(models, limits, "").await
    }

    /// The same; `more` are further tables of the models file.
    pub async fn with(models: &[Model<'_>], limits: &str, more: &str) -> Self {
        let upstream = Upstream::start(0).await.expect("listens");
        let mut text = format!("[limits]\n{limits}\n[allow]\nhosts = [\"127.0.0.1\"]\n{more}\n");
        for model in models {
            text.push_str(&entry(&upstream.base_url(), *model));
        }
        Self::over(upstream, &text).await
    }

    /// The service with this models file; `KEY_FILE` in it is the path of the key.
    pub async fn over(upstream: Upstream, models: &str) -> Self {
        // reqwest is built without a default for TLS, which nothing here uses.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let keys = tempfile::tempdir().expect("has a temporary folder").keep();
        let text = models.replace("KEY_FILE", &write_key(&keys));
        let file = keys.join("models.toml");
        std::fs::write(&file, text).expect("is written");
        let fixture = Fixture::with(|config| config.models = Some(file)).await;
        std::fs::remove_dir_all(&keys).expect("is removed");
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("is free");
        let address = listener.local_addr().expect("has an address");
        let app = fixture
            .app
            .clone()
            .into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move {
            // Serving ends with the runtime only.
            let _ = axum::serve(listener, app).await;
        });
        let http = reqwest::Client::builder()
            .no_proxy()
            .tcp_nodelay(true)
            .build()
            .expect("is a client");
        Self {
            upstream,
            fixture,
            address,
            http,
        }
    }

    /// Someone with a session.
    pub async fn person(&self) -> Person {
        let person = self.fixture.person().await;
        Person {
            base: format!("http://{}", self.address),
            cookie: person.cookie.expect("has a session"),
            http: self.http.clone(),
        }
    }

    /// Waits until nothing runs at the upstream; how long it took.
    pub async fn quiet(&self) -> Duration {
        let begin = Instant::now();
        while self.upstream.books.state().running > 0 {
            assert!(
                begin.elapsed() < Duration::from_secs(10),
                "the upstream is still at work: {:?}",
                self.upstream.books.running()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        begin.elapsed()
    }

    /// Waits until no row of the ledger is reserved.
    pub async fn settled(&self) {
        let begin = Instant::now();
        while self.fixture.count("ledger WHERE state = 'reserved'").await > 0 {
            assert!(
                begin.elapsed() < Duration::from_secs(10),
                "the ledger has reserved rows"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// One entry of the models file.
pub fn entry(base_url: &str, Model(id, upstream, more): Model<'_>) -> String {
    format!(
        "[[models]]\nid = \"{id}\"\nname = \"Contract Model\"\nbase_url = \"{base_url}\"\nupstream = \"{upstream}\"\n\
         key_file = \"KEY_FILE\"\nlicence = \"none\"\nretention = \"nothing\"\n\
         input_price_micro = 1000000\noutput_price_micro = 1000000\nevent_is_token = true\n{more}\n"
    )
}

fn write_key(dir: &Path) -> String {
    let path = dir.join("key");
    std::fs::write(&path, KEY).expect("is written");
    path.display().to_string()
}

/// Someone who asks and listens over sockets.
#[derive(Clone)]
pub struct Person {
    base: String,
    pub cookie: String,
    http: reqwest::Client,
}

impl Person {
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> reqwest::Response {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .header(header::COOKIE, &self.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        request.send().await.expect("the server answers")
    }

    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Reply {
        let response = self.send(method, path, headers, body).await;
        Reply {
            status: response.status(),
            text: response.text().await.expect("is read"),
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    /// Begins one answer; its id.
    pub async fn begin(&self, model: &str, prompt: &str) -> String {
        let body = request(model, prompt);
        let reply = self.post(routes::GENERATE, body.clone()).await;
        assert!(reply.status.is_success(), "{model}: {reply:?}");
        body["id"].as_str().expect("is text").to_owned()
    }

    /// Listens from the event `after` on.
    pub async fn listen(&self, id: &str, after: Option<u64>) -> Events {
        let last = after.map(|after| after.to_string()).unwrap_or_default();
        let header = [("last-event-id", last.as_str())];
        let headers = if after.is_some() { &header[..] } else { &[] };
        let response = self
            .send(Method::GET, &stream_path(id), headers, None)
            .await;
        assert_eq!(response.status(), StatusCode::OK);
        Events {
            response,
            raw: Vec::new(),
            read: 0,
        }
    }

    /// Asks for one answer and hears it to its end.
    pub async fn ask(&self, model: &str, prompt: &str) -> Heard {
        let id = self.begin(model, prompt).await;
        self.listen(&id, None).await.rest().await
    }

    pub async fn stop(&self, id: &str) -> Reply {
        let path = routes::COMPARISON_STOP.replace("{id}", id);
        self.post(&path, json!({})).await
    }

    pub async fn reveal(&self, id: &str) -> Reply {
        let path = routes::COMPARISON_REVEAL.replace("{id}", id);
        self.post(&path, json!({})).await
    }
}

pub fn stream_path(id: &str) -> String {
    routes::COMPARISON_STREAM.replace("{id}", id)
}

/// What a stream of a server in a process of its own says until its end; `hear` is told what was said whenever there is more.
pub fn heard(address: SocketAddr, path: &str, cookie: &str, mut hear: impl FnMut(&str)) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).expect("connects");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncookie: {cookie}\r\n\r\n"
    )
    .expect("is sent");
    let (mut said, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut piece).expect("is read");
        if read == 0 {
            return String::from_utf8_lossy(&said).into_owned();
        }
        said.extend_from_slice(&piece[..read]);
        hear(&String::from_utf8_lossy(&said));
    }
}

/// Asks for one answer to a typed prompt.
pub fn request(model: &str, prompt: &str) -> Value {
    json!({
        "id": uuid::Uuid::now_v7().to_string(), "model": model, "prompt": {"text": prompt},
        "candidates": 1, "default_answer": false,
    })
}

/// What came back at once.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub text: String,
}

impl Reply {
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts a problem document.
    pub fn problem(&self, status: u16, code: &str) -> Problem {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        let problem: Problem = serde_json::from_str(&self.text).expect("is a problem document");
        assert_eq!(problem.code, code, "{problem:?}");
        problem
    }
}

/// A stream that is being heard. Dropped, its connection is closed.
pub struct Events {
    pub response: reqwest::Response,
    raw: Vec<u8>,
    read: usize,
}

impl Events {
    /// The next event and its id; `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<(u64, StreamEvent)> {
        loop {
            if let Some(event) = self.take() {
                return Some(event);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(30), self.response.chunk())
                .await
                .expect("something comes within 30 seconds")
                .expect("is read");
            self.raw.extend_from_slice(&chunk?);
        }
    }

    /// An event that is there as a whole; comments are left out.
    fn take(&mut self) -> Option<(u64, StreamEvent)> {
        loop {
            let rest = &self.raw[self.read..];
            let end = rest.windows(2).position(|pair| pair == b"\n\n")?;
            let block = String::from_utf8(rest[..end].to_vec()).expect("is UTF-8");
            self.read += end + 2;
            let field = |name: &str| {
                let lines = block.lines();
                lines.filter_map(|line| line.strip_prefix(name)).next()
            };
            if let Some(data) = field("data: ") {
                let id = field("id: ").and_then(|id| id.parse().ok());
                let event = serde_json::from_str(data);
                return Some((
                    id.unwrap_or_else(|| panic!("no id: {block}")),
                    event.unwrap_or_else(|error| panic!("{error}: {block}")),
                ));
            }
        }
    }

    /// Reads on until the first pane has said `text`.
    pub async fn until_text(&mut self, text: &str) {
        let mut said = String::new();
        while said != text {
            match self.next().await.expect("there is more").1 {
                StreamEvent::Delta { pane: 0, text } => said += &text,
                other => assert!(said.is_empty(), "{said:?}, then {other:?}"),
            }
        }
    }

    /// All that follows.
    pub async fn rest(mut self) -> Heard {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        Heard {
            events,
            raw: String::from_utf8(self.raw).expect("is UTF-8"),
        }
    }
}

/// A stream that was heard to its end.
#[derive(Clone, Debug)]
pub struct Heard {
    pub events: Vec<(u64, StreamEvent)>,
    /// As it came over the wire.
    pub raw: String,
}

impl Heard {
    /// The text of a pane.
    pub fn text(&self, wanted: u8) -> String {
        let texts = self.events.iter().filter_map(|(_, event)| match event {
            StreamEvent::Delta { pane, text } if *pane == wanted => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// How a pane ended, and whether it named its maker.
    pub fn done(&self, wanted: u8) -> (Finish, bool) {
        let mut found = self.events.iter().filter_map(|(_, event)| match event {
            StreamEvent::Done {
                pane,
                finish,
                leaks,
                ..
            } if *pane == wanted => Some((*finish, *leaks)),
            _ => None,
        });
        let done = found.next().unwrap_or_else(|| panic!("no end: {self:?}"));
        assert_eq!(found.next(), None, "a pane ends once");
        done
    }

    pub fn finish(&self) -> Finish {
        self.done(0).0
    }
}
