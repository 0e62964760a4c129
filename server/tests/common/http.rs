//! A small HTTP client over plain sockets, one connection a request.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A client that waits longer than this for one answer gives up, and the test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// The cookie that is set, as the browser sends it back.
    pub cookie: Option<String>,
    /// Null when the body is not JSON.
    pub body: Value,
}

/// One request over its own connection. A cut-off answer is an error, as for any client.
pub fn call(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> std::io::Result<Reply> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let body = body.map(Value::to_string).unwrap_or_default();
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let cut_off =
        || std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the answer is cut off");
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut_off)?;
    let header = |name: &str| {
        head.lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    };
    if header("content-length").and_then(|length| length.parse().ok()) != Some(body.len()) {
        return Err(cut_off());
    }
    Ok(Reply {
        status: head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(cut_off)?,
        cookie: header("set-cookie")
            .and_then(|value| value.split(';').next())
            .map(str::to_owned),
        body: serde_json::from_str(body).unwrap_or(Value::Null),
    })
}

/// Waits until the server answers.
pub fn wait_until_ready(address: SocketAddr) {
    let begin = Instant::now();
    while !call(address, "GET", "/healthz", &[], None).is_ok_and(|reply| reply.status == 200) {
        assert!(begin.elapsed() < PATIENCE, "the server does not start");
        std::thread::sleep(Duration::from_millis(10));
    }
}
