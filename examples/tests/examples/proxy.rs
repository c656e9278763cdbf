//! The `proxy`, in front of other examples: with a client that says whatever it likes, and with those that nobody here has written.

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Command,
    thread,
    time::Duration,
};

use serde_json::json;

use crate::httpbin::{is_there, python};
use crate::raw::{Answer, Client, ask};
use crate::run::run;
use crate::served::Served;

fn httpbin() -> Served {
    Served::start(env!("CARGO_BIN_EXE_httpbin"), 1)
}

/// A proxy with this in its environment.
fn proxy(environment: &[(&str, &str)]) -> Served {
    Served::of(Command::new(env!("CARGO_BIN_EXE_proxy")).envs(environment.iter().copied()), &["--workers", "2"])
}

/// A request for `http://` by a proxy.
#[track_caller]
fn by(proxy: &Served, line: &str, headers: &[&str]) -> Answer {
    ask(&proxy.at, line, headers, b"")
}

#[test]
fn what_is_passed_on_and_what_ends_here() {
    let (site, proxy) = (httpbin(), proxy(&[]));
    let mut client = Client::to(&proxy.at);
    client.send(format!(
        "POST http://{}/post?a=1 HTTP/1.1\r\nHost: elsewhere\r\nConnection: x-mine, host, keep-alive\r\nX-Mine: 1\r\nX-Yours: 2\r\n\
         Keep-Alive: 5\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic eDp5\r\nTE: trailers\r\nVia: 1.0 other\r\n\
         Content-Length: 3\r\n\r\nabc",
        site.at
    ));
    let answer = client.answer().unwrap();
    assert_eq!((answer.status, answer.header("via")), (200, "1.1 pulsar"));
    let said = answer.json();
    assert_eq!((&said["data"], &said["args"]), (&json!("abc"), &json!({ "a": "1" })));
    assert_eq!(
        said["headers"],
        json!({ "Content-Length": "3", "Host": site.at, "Via": ["1.0 other", "1.1 pulsar"], "X-Forwarded-For": "127.0.0.1", "X-Yours": "2" })
    );
    // The connection goes on, and so does the one behind it.
    client.send(format!("GET http://user:secret@{}/get HTTP/1.1\r\nHost: a\r\n\r\n", site.at));
    assert_eq!(client.answer().unwrap().json()["headers"]["Host"], site.at);
    client.send(format!("HEAD http://{}/bytes/100 HTTP/1.1\r\nHost: a\r\n\r\n", site.at));
    assert_eq!(client.answer_to("HEAD").unwrap().header("content-length"), "100");
}

#[test]
fn what_cannot_be_passed_on() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // Takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_at = silent.local_addr().unwrap();
    // Says something that is no HTTP.
    let odd = TcpListener::bind("127.0.0.1:0").unwrap();
    let odd_at = odd.local_addr().unwrap();
    thread::spawn(move || {
        for stream in odd.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 1000]);
            let _ = stream.write_all(b"SSH-2.0-odd\r\n\r\n");
        }
    });
    let proxy = proxy(&[("PROXY_TIMEOUT", "0.5")]);
    assert_eq!(by(&proxy, &format!("GET http://{closed}/"), &[]).status, 502);
    assert_eq!(by(&proxy, &format!("CONNECT {closed}"), &[]).status, 502);
    assert_eq!(by(&proxy, "GET http://nowhere.invalid/", &[]).status, 502);
    assert_eq!(by(&proxy, &format!("GET http://{silent_at}/"), &[]).status, 504);
    assert_eq!(by(&proxy, &format!("GET http://{odd_at}/"), &[]).status, 502);
    assert_eq!(by(&proxy, "GET https://localhost/", &[]).status, 501);
    assert_eq!(by(&proxy, "GET /", &[]).status, 400);
    assert_eq!(by(&proxy, "CONNECT localhost", &[]).status, 400);
    drop(silent);
}

#[test]
fn tunnels_lead_where_they_may() {
    let (site, other) = (httpbin(), httpbin());
    let rules = format!("{}, *.example.org:443", site.at);
    let proxy = proxy(&[("PROXY_CONNECT", &rules), ("PROXY_TIMEOUT", "5")]);
    assert_eq!(by(&proxy, &format!("CONNECT {}", other.at), &[]).status, 403);
    assert_eq!(by(&proxy, "CONNECT example.org:443", &[]).status, 403);
    assert_eq!(by(&proxy, "CONNECT www.example.org:80", &[]).status, 403);
    let mut tunnel = Client::to(&proxy.at);
    tunnel.send(format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", site.at));
    let opened = tunnel.answer_to("HEAD").unwrap();
    assert_eq!((opened.status, opened.header("content-length"), opened.header("transfer-encoding")), (200, "", ""));
    for _ in 0..3 {
        tunnel.send("GET /headers HTTP/1.1\r\nHost: within\r\n\r\n");
        assert_eq!(tunnel.answer().unwrap().json(), json!({ "headers": { "Host": "within" } }));
    }
    let wrong = Command::new(env!("CARGO_BIN_EXE_proxy")).env("PROXY_CONNECT", "nonsense").output().unwrap();
    assert!(
        !wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("is not `host:port`"),
        "{wrong:?}"
    );
}

#[test]
fn a_tunnel_is_finished_before_its_worker_ends() {
    let (site, mut proxy) = (httpbin(), proxy(&[]));
    let mut tunnel = Client::to(&proxy.at);
    tunnel.send(format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", site.at));
    assert_eq!(tunnel.answer_to("HEAD").unwrap().status, 200);
    tunnel.send("GET /drip?numbytes=10&duration=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    thread::sleep(Duration::from_millis(200));
    proxy.signal(rustix::process::Signal::TERM);
    assert_eq!(tunnel.answer().unwrap().text(), "**********");
    assert_eq!(tunnel.rest(), b"");
    // Until both sides have ended, there may be more.
    drop(tunnel);
    assert!(proxy.ended().success());
}

#[test]
fn another_protocol_goes_through() {
    let (site, proxy) = (Served::start(env!("CARGO_BIN_EXE_graph"), 1), proxy(&[]));
    let mut client = Client::to(&proxy.at);
    client.send(format!(
        "GET http://{}/points HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        site.at
    ));
    let changed = client.answer_to("HEAD").unwrap();
    assert_eq!((changed.status, changed.header("upgrade")), (101, "websocket"));
    assert_eq!(changed.header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    // A ping, masked with zeros; what comes back is a frame.
    client.send(b"\x89\x80\0\0\0\0");
    assert!([0x81, 0x82, 0x8a].contains(&client.byte()));
}

#[test]
fn curl_by_it_and_through_it() {
    if !is_there("curl") {
        return;
    }
    let (site, proxy) = (httpbin(), proxy(&[]));
    let by = format!("http://{}", proxy.at);
    let curl = |args: &[&str], path: &str| {
        let url = format!("http://{}{path}", site.at);
        let outcome = run(Command::new("curl").args(["-sS", "--max-time", "20", "-x", &by]).args(args).arg(url));
        outcome.stdout + &outcome.stderr
    };
    let upload = format!("@{}/../Cargo.lock", env!("CARGO_MANIFEST_DIR"));
    let length = std::fs::metadata(&upload[1..]).unwrap().len();
    for through in [&[][..], &["--proxytunnel"]] {
        let curl = |args: &[&str], path: &str| curl(&[through, args].concat(), path);
        let code = ["-o", "/dev/null", "-w", "%{http_connect} %{http_code}"];
        let connect = if through.is_empty() { "000" } else { "200" };
        assert_eq!(curl(&code, "/get"), format!("{connect} 200"));
        assert_eq!(curl(&[&code[..], &["-L"]].concat(), "/redirect/6"), format!("{connect} 200"));
        assert_eq!(
            curl(&[&code[..], &["--digest", "-u", "a:b"]].concat(), "/digest-auth/auth/a/b"),
            format!("{connect} 200")
        );
        assert_eq!(curl(&["-r", "5-9"], "/range/26"), "fghij");
        assert_eq!(curl(&[], "/stream-bytes/52?chunk_size=7"), "abcdefghijklmnopqrstuvwxyz".repeat(2));
        for how in [&["-H", "Expect: 100-continue"][..], &["-H", "Transfer-Encoding: chunked"], &[]] {
            let said = curl(&[how, &["--data-binary", &upload]].concat(), "/upload");
            assert!(said.contains(&format!("\"length\": {length}")), "{how:?} {through:?}: {said}");
        }
    }
}

#[test]
fn tls_through_a_tunnel() {
    if !is_there("curl") || !Command::new("openssl").arg("version").output().is_ok_and(|it| it.status.success()) {
        eprintln!("skipped: there is no curl, or no openssl");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (key, certificate) = (path("key.pem"), path("certificate.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-keyout", &key, "-out", &certificate])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let mut httpbin = Command::new(env!("CARGO_BIN_EXE_httpbin"));
    let site = Served::of(&mut httpbin, &["--cert-file", &certificate, "--key-file", &key]);
    let proxy = proxy(&[]);
    for (how, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
        let outcome = run(Command::new("curl")
            .args(["-sS", "--max-time", "20", "-x", &format!("http://{}", proxy.at), "--cacert", &certificate, how])
            .args(["-o", "/dev/null", "-w", "%{http_connect} %{http_version} %{http_code}"])
            .arg(format!("https://{}/get", site.at)));
        assert_eq!(outcome.clean(), format!("200 {version} 200"));
    }
}

#[test]
fn pythons_clients_by_it() {
    let (site, proxy) = (httpbin(), proxy(&[]));
    python(&site.at, Some(&format!("http://{}", proxy.at)));
}
