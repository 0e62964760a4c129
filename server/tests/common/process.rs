//! The binary `palate` as a process of its own, over a site with one small pack.

#![allow(dead_code, reason = "each test uses a part")]

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use palate_server::secret::sha256_hex;
use serde_json::json;

/// A server that ends whatever happens.
pub struct Killed(pub Child);

impl Killed {
    /// Asks it to stop, as systemd does.
    pub fn terminate(&self) {
        let asked = Command::new("sh")
            .args(["-c", &format!("kill -TERM {}", self.0.id())])
            .status();
        assert!(asked.expect("is there").success());
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An address that nobody listens on.
pub fn free_address() -> SocketAddr {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("is free")
        .port();
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Starts the server over `dir/site` and `dir/data`, without limits.
pub fn start(dir: &Path, address: SocketAddr) -> Child {
    unlimited(dir, address)
        .env("RUST_LOG", "error")
        .stdout(Stdio::null())
        .spawn()
        .expect("starts")
}

/// The server over `dir/site` and `dir/data`, without limits.
pub fn unlimited(dir: &Path, address: SocketAddr) -> Command {
    let mut command = command(dir, address);
    command
        .args(["--pow-bits", "0", "--limit-calls", "off"])
        .args(["--limit-sessions", "off", "--limit-writes", "off"]);
    command
}

/// The server over `dir/site` and `dir/data` with its usual settings.
pub fn command(dir: &Path, address: SocketAddr) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_palate"));
    command
        .args(["serve", "--port", &address.port().to_string()])
        .arg("--data-dir")
        .arg(dir.join("data"))
        .arg("--site")
        .arg(dir.join("site"))
        .env_remove("PALATE_DATABASE_URL");
    if let Some(url) = crate::database::text_now(dir) {
        command.env("PALATE_DATABASE_URL", url);
    }
    command
}

/// Writes a landing page and a pack of one prompt to `dir/site`.
pub fn write_site(dir: &Path) {
    let site = dir.join("site");
    let pack = site.join("packs/tiny");
    std::fs::create_dir_all(&pack).expect("is made");
    std::fs::write(site.join("index.html"), "<h1>landing</h1>").expect("is written");
    let response = |id: &str| json!({"id": id, "text": id, "made_by": "someone"});
    let prompt =
        json!({"id": "p", "topic": "t", "text": "p", "responses": [response("a"), response("b")]});
    let items = json!({"pack": "tiny", "prompts": [prompt]}).to_string();
    let manifest = json!({
        "schema": 1, "id": "tiny", "title": "Tiny", "version": "1", "licence": "CC0-1.0", "attribution": "nobody",
        "prompts": 1, "responses": 2, "encoder": "none", "dimension": 0,
        "files": [{"role": "items", "name": "items.json", "bytes": items.len(), "sha256": sha256_hex(items.as_bytes())}],
    });
    std::fs::write(pack.join("items.json"), &items).expect("is written");
    std::fs::write(pack.join("manifest.json"), manifest.to_string()).expect("is written");
}
