//! `/metrics` and the log: figures about the server, on a private address, and nothing about people.

use std::net::SocketAddr;

use palate_shared::routes;
use serde_json::{Value, json};

use crate::http::{call, wait_until_ready};
use crate::process::{self, Killed};

/// The text that an address answers.
fn text(address: SocketAddr, path: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).expect("connects");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )
    .expect("is sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("is read");
    text
}

#[test]
fn figures_are_served_on_their_own_address_and_name_nobody() {
    let dir = tempfile::tempdir().expect("has a temporary folder");
    process::write_site(dir.path());
    let (address, private) = (process::free_address(), process::free_address());
    let log = dir.path().join("log.txt");
    let _server = Killed(
        process::command(dir.path(), address)
            .args(["--pow-bits", "0", "--log-format", "json"])
            .args(["--metrics-address", &private.to_string()])
            .env("RUST_LOG", "debug")
            .stderr(std::fs::File::create(&log).expect("is made"))
            .spawn()
            .expect("starts"),
    );
    wait_until_ready(address);
    let session = call(address, "POST", routes::SESSION, &[], Some(&json!({}))).expect("answers");
    let cookie = session.cookie.expect("sets a cookie");
    let headers = [("cookie", cookie.as_str())];
    let me = call(address, "GET", routes::ME, &headers, None).expect("answers");
    assert_eq!(me.status, 200);
    for path in ["/no/such/page", "/secret-of-a-person"] {
        call(address, "BREW", path, &[], None).expect("answers");
    }

    let figures = text(private, "/metrics");
    assert!(figures.starts_with("HTTP/1.1 200"), "{figures}");
    for line in [
        r#"palate_requests_total{method="GET",route="/api/v1/me",status="200"} 1"#,
        r#"palate_requests_total{method="other",route="static",status="405"} 2"#,
        r#"palate_request_seconds_count{route="/api/v1/session"} 1"#,
        "palate_database_up 1",
        "palate_generations_running 0",
    ] {
        assert!(figures.contains(line), "{line} is missing:\n{figures}");
    }
    assert!(figures.contains("process_resident_memory_bytes"));
    let token = cookie.split_once('=').expect("has a value").1;
    let person = me.body["id"].as_str().unwrap_or(token);
    for secret in [token, person, "secret-of-a-person"] {
        assert!(!figures.contains(secret), "the figures say {secret}");
    }
    assert!(
        !text(address, "/metrics").contains("palate_requests_total"),
        "the public address serves no figures"
    );
    assert!(text(private, routes::ME).starts_with("HTTP/1.1 404"));

    let log = std::fs::read_to_string(&log).expect("is read");
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is an object"))
        .collect();
    let listening = |line: &Value| line["address"] == address.to_string();
    assert!(lines.iter().any(listening), "{log}");
    assert!(!log.contains(token), "the log says a token");
}
