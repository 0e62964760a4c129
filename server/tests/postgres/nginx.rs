//! Two servers behind nginx, as `deploy/nginx.conf` sets it up. Needs nginx (Debian's).

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use palate_shared::routes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

use crate::http::{call, wait_until_ready};
use crate::process::{self, Killed, free_address};
use crate::{folder, voters};

const CLIENTS: usize = 8;
/// How often one of the two is killed.
const ROUNDS: usize = 5;

/// nginx with the settings of `deploy` over these two servers, in the foreground. Of a network, so many calls may come at once.
fn nginx(dir: &Path, address: SocketAddr, servers: [SocketAddr; 2], burst: u32) -> Killed {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy/nginx.conf");
    let text = std::fs::read_to_string(file).expect("is read");
    let mut settings = text.clone();
    for (there, here) in [
        ("first:3000".to_owned(), servers[0].to_string()),
        ("second:3000".to_owned(), servers[1].to_string()),
        ("listen 8080".to_owned(), format!("listen {address}")),
        ("rate=6000r/m".to_owned(), "rate=60r/m".to_owned()),
        ("burst=6000".to_owned(), format!("burst={burst}")),
        (
            "/dev/stderr".to_owned(),
            dir.join("error.log").display().to_string(),
        ),
        (
            "/dev/stdout".to_owned(),
            dir.join("access.log").display().to_string(),
        ),
    ] {
        assert_eq!(settings.matches(&there).count(), 1, "{there}");
        settings = settings.replace(&there, &here);
    }
    let file = dir.join("nginx.conf");
    std::fs::write(&file, settings).expect("is written");
    let started = Command::new("nginx")
        .arg("-e")
        .arg(dir.join("error.log"))
        .arg("-c")
        .arg(&file)
        .arg("-g")
        .arg(format!(
            "daemon off; master_process off; pid {};",
            dir.join("nginx.pid").display()
        ))
        .stdout(Stdio::null())
        .spawn();
    Killed(started.expect("nginx is installed (Debian: apt-get install nginx)"))
}

#[test]
fn row_14_one_of_two_servers_is_killed_under_load_and_nothing_is_lost() {
    let dir = folder();
    process::write_site(dir.path());
    let servers = [free_address(), free_address()];
    let start = |which: usize| {
        let server = Killed(process::start(dir.path(), servers[which]));
        wait_until_ready(servers[which]);
        server
    };
    let mut running = [start(0), start(1)];
    let address = free_address();
    let _nginx = nginx(dir.path(), address, servers, 100_000);
    wait_until_ready(address);
    let mut random = StdRng::seed_from_u64(6);
    let outcomes = voters::vote_during(address, CLIENTS, || {
        for round in 0..ROUNDS {
            std::thread::sleep(Duration::from_millis(random.random_range(200..600)));
            let which = round % 2;
            running[which].0.kill().expect("is killed");
            running[which].0.wait().expect("is gone");
            std::thread::sleep(Duration::from_millis(random.random_range(0..400)));
            running[which] = start(which);
        }
    });
    let votes = voters::assert_all_stored_once(address, &outcomes);
    let used = std::fs::read_to_string(dir.path().join("access.log")).expect("is read");
    for server in servers {
        assert!(used.contains(&server.to_string()), "{server} was not used");
    }
    assert!(
        !used.contains("127.0.0.1 "),
        "an address of a visitor is in the log"
    );
    let errors = std::fs::read_to_string(dir.path().join("error.log")).expect("is read");
    assert!(!errors.contains("client:"), "{errors}");
    eprintln!("{ROUNDS} kills of one of two servers, {votes} judgments: none missing, none twice");

    // What a generation writes is in one server; whoever asked finds it there, from any event on.
    for _ in 0..6 {
        let session = call(address, "POST", routes::SESSION, &[], Some(&json!({})));
        let cookie = session.expect("answers").cookie.expect("sets a cookie");
        let id = uuid::Uuid::now_v7().to_string();
        let body = json!({
            "id": id, "model": "library", "prompt": {"pack": {"pack": "tiny", "prompt": "p"}},
            "candidates": 1, "default_answer": true,
        });
        let headers = [("cookie", cookie.as_str())];
        let begun = call(address, "POST", routes::GENERATE, &headers, Some(&body));
        let begun = begun.expect("answers");
        assert_eq!(begun.status, 201, "{begun:?}");
        let path = routes::COMPARISON_STREAM.replace("{id}", &id);
        let all = events(address, &path, &cookie, "0");
        assert!(all.len() > 2, "{all:?}");
        assert_eq!(events(address, &path, &cookie, "1"), all[1..]);
    }
}

#[test]
fn limits_of_a_network_hold_over_both_servers() {
    let dir = folder();
    process::write_site(dir.path());
    let servers = [free_address(), free_address()];
    let _running = servers.map(|address| {
        let mut command = process::command(dir.path(), address);
        command.args(["--pow-bits", "0", "--limit-sessions", "7/hour"]);
        command.args(["--limit-recovery", "5/hour", "--trusted-hops", "1"]);
        let server = Killed(command.spawn().expect("starts"));
        wait_until_ready(address);
        server
    });
    let address = free_address();
    let _nginx = nginx(dir.path(), address, servers, 60);
    wait_until_ready(address);
    // Cookies that are made up, and addresses that the client claims, choose no other server.
    let ask = |path: &str, body: &serde_json::Value, turn: usize| {
        let (cookie, claimed) = (format!("sid={turn}"), format!("10.0.{turn}.1"));
        let headers = [("cookie", cookie.as_str()), ("x-forwarded-for", &claimed)];
        call(address, "POST", path, &headers, Some(body)).expect("answers")
    };
    let sessions: Vec<_> = (0..16)
        .map(|turn| ask(routes::SESSION, &json!({}), turn))
        .collect();
    let begun = sessions.iter().filter(|reply| reply.status < 300).count();
    assert_eq!(begun, 7, "{sessions:?}");
    let code = json!({"code": "0000-0000-0000-0000-0000-0000"});
    let tried: Vec<_> = (0..12)
        .map(|turn| ask(routes::AUTH_RECOVERY, &code, turn))
        .collect();
    let refused = tried.iter().filter(|reply| reply.status == 429).count();
    assert_eq!(refused, 7, "{tried:?}");

    // The number of calls is counted before they are sent on.
    let replies: Vec<_> = (0..90)
        .map(|turn| {
            let cookie = format!("sid={turn}");
            call(address, "GET", routes::PACKS, &[("cookie", &cookie)], None).expect("answers")
        })
        .collect();
    let last = replies.last().expect("there are some");
    assert_eq!(
        (last.status, &last.body["code"]),
        (429, &json!("rate_limited"))
    );
    let answered = replies.iter().filter(|reply| reply.status == 200).count();
    assert!(answered < 60, "{answered}");
    assert_eq!(
        call(address, "GET", "/", &[], None)
            .expect("answers")
            .status,
        200
    );
}

/// Lines of data that a stream says after an event.
fn events(address: SocketAddr, path: &str, cookie: &str, after: &str) -> Vec<String> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).expect("connects");
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nhost: {address}\r\ncookie: {cookie}\r\nlast-event-id: {after}\r\n\r\n"
    )
    .expect("is sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("is read");
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    text.lines()
        .filter(|line| line.starts_with("data: "))
        .map(str::to_owned)
        .collect()
}
