//! A restart that nobody notices: the socket is systemd's and stays open while one process ends and the next begins.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use command_fds::{CommandFdExt, FdMapping};
use palate_shared::routes;
use serde_json::json;

use crate::http::{call, wait_until_ready};
use crate::process::{self, Killed};

/// How often the server is restarted.
const RESTARTS: usize = 4;
const CLIENTS: usize = 4;

/// Starts the server with the socket as systemd hands it over: descriptor 3, said in the environment.
fn start(dir: &Path, socket: &TcpListener) -> Killed {
    let inner = process::unlimited(dir, SocketAddr::from(([127, 0, 0, 1], 0)));
    let socket = OwnedFd::from(socket.try_clone().expect("is cloned"));
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@""#])
        .arg(inner.get_program())
        .args(inner.get_args())
        .env("RUST_LOG", "error")
        .stdout(Stdio::null());
    for (name, value) in inner.get_envs() {
        value.map(|value| command.env(name, value));
    }
    command
        .fd_mappings(vec![FdMapping {
            parent_fd: socket,
            child_fd: 3,
        }])
        .expect("is the only one");
    Killed(command.spawn().expect("starts"))
}

/// Calls until told to stop; every call must be answered, and well. How many there were.
fn call_until(address: SocketAddr, stop: &AtomicBool) -> usize {
    let mut calls = 0;
    while !stop.load(Ordering::Relaxed) {
        let begun = call(address, "POST", routes::SESSION, &[], Some(&json!({})));
        let session = begun.expect("nobody is refused");
        assert!(matches!(session.status, 200 | 201), "{session:?}");
        let cookie = session.cookie.expect("sets a cookie");
        let me = call(address, "GET", routes::ME, &[("cookie", &cookie)], None);
        assert_eq!(me.expect("nobody is refused").status, 200);
        calls += 2;
    }
    calls
}

#[test]
fn nobody_is_refused_while_the_server_is_restarted() {
    let dir = tempfile::tempdir().expect("has a temporary folder");
    process::write_site(dir.path());
    let socket = TcpListener::bind("127.0.0.1:0").expect("is free");
    let address = socket.local_addr().expect("has an address");
    let mut server = start(dir.path(), &socket);
    wait_until_ready(address);
    let stop = AtomicBool::new(false);
    let calls: usize = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(|| call_until(address, &stop)))
            .collect();
        for _ in 0..RESTARTS {
            std::thread::sleep(Duration::from_millis(300));
            server.terminate();
            let ended = server.0.wait().expect("ends");
            assert!(ended.success(), "{ended}");
            server = start(dir.path(), &socket);
        }
        std::thread::sleep(Duration::from_millis(300));
        stop.store(true, Ordering::Relaxed);
        let clients = clients.into_iter();
        clients
            .map(|client| client.join().expect("the client ends well"))
            .sum()
    });
    drop(server);
    assert!(calls > CLIENTS * RESTARTS, "{calls} calls");
    eprintln!("{RESTARTS} restarts, {calls} calls: none refused");
}
