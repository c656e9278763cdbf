//! What a server owes to all clients: pages for errors, ids, lines in the log, counts, files and nothing beside them.

use std::os::unix::fs::symlink;

use pulsar_tests::served::{Answer, Client, get};
use pulsar_tests::{SOON, until_blocking};

use super::{besieged, say, statuses};

fn ask(address: &str, method: &str, path: &str, header: &str) -> Answer {
    let mut client = Client::connect(address).unwrap();
    client.write(format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\n").as_bytes()).unwrap();
    client.read().unwrap()
}

#[test]
fn an_error_has_a_page_as_its_client_accepts() {
    let (_served, address) = besieged(&[]);
    for (accept, kind, body) in [
        ("text/html,*/*;q=0.8", "text/html; charset=utf-8", "<h1><b>404</b>Not Found</h1>"),
        ("application/json", "application/json", "{\"status\":404,\"error\":\"Not Found\"}"),
        ("*/*", "text/plain; charset=utf-8", "404 Not Found"),
    ] {
        let answer = ask(&address, "GET", "/nowhere", &format!("Accept: {accept}"));
        assert_eq!((answer.status, answer.header("content-type")), (404, Some(kind)), "{accept}");
        assert!(answer.body.contains(body), "{answer:?}");
    }
    let wrong = ask(&address, "DELETE", "/", "X: y");
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET,HEAD")));
    let panicked = ask(&address, "GET", "/panic", "Accept: application/json");
    assert_eq!((panicked.status, &*panicked.body), (500, "{\"status\":500,\"error\":\"Internal Server Error\"}\n"));
    let head = say(&address, b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(head.contains("content-length: 6") && head.ends_with("\r\n\r\n"), "{head:?}");
    let lost = say(&address, b"HEAD /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(statuses(&lost) == [404] && lost.ends_with("\r\n\r\n"), "{lost:?}");
    let unchanged = say(&address, b"GET /unchanged HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(statuses(&unchanged) == [304] && unchanged.ends_with("\r\n\r\n"), "{unchanged:?}");
}

#[test]
fn a_request_has_an_id_where_that_is_wanted() {
    let (_served, address) = besieged(&[]);
    assert_eq!(ask(&address, "GET", "/", "X-Request-Id: mine").header("x-request-id"), None);
    let (_served, address) = besieged(&["--request-id", "-w2"]);
    assert_eq!(ask(&address, "GET", "/", "X-Request-Id: mine").header("x-request-id"), Some("mine"));
    assert_eq!(ask(&address, "GET", "/nowhere", "X-Request-Id: mine").header("x-request-id"), Some("mine"));
    // One that would not fit into a line of the log is not taken.
    for odd in ["two words", "", &"a".repeat(200), "\u{e9}"] {
        let id = ask(&address, "GET", "/", &format!("X-Request-Id: {odd}"));
        assert_eq!(id.header("x-request-id").map(str::len), Some(16), "{odd:?}");
    }
    let ids: std::collections::HashSet<_> =
        (0..100).map(|_| get(&address, "/").unwrap().header("x-request-id").unwrap_or_default().to_string()).collect();
    assert_eq!(ids.len(), 100);
}

#[test]
fn each_request_is_a_line_where_that_is_wanted() {
    let (served, address) = besieged(&["--access-log", "--request-id"]);
    ask(&address, "GET", "/?q=1", "X-Request-Id: mine");
    // What a client says does not make lines of its own.
    ask(&address, "GET", "/nowhere", "User-Agent: evil one\tpath=/other\u{85}");
    until_blocking("both are logged", SOON, || served.log().matches("pulsar::access").count() >= 2);
    let line = served.says("id=mine");
    for part in ["method=GET", "path=/?q=1", "status=200", "bytes=6", "peer=127.0.0.1:"] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert!(served.says("status=404").contains("path=/nowhere"));
}

#[test]
fn what_is_counted_is_that_of_all_workers() {
    let (_served, address) = besieged(&["--metrics", "/metrics", "-w", "3"]);
    for _ in 0..60 {
        assert_eq!(get(&address, "/").unwrap().status, 200);
    }
    let count = |page: &str, class: &str| -> u64 {
        let lines = page.lines().filter(|line| line.starts_with("pulsar_http_requests_total") && line.contains(class));
        lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
    };
    let page = get(&address, "/metrics").unwrap().body;
    assert_eq!(
        page.lines().filter(|line| line.contains("requests_total") && line.contains("2xx")).count(),
        3,
        "{page}"
    );
    assert!(count(&page, "2xx") >= 60, "{page}");
    assert!(!page.contains("NaN"));
}

#[test]
fn files_and_nothing_beside_them() {
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(inside.join("page.html"), "a page").unwrap();
    std::fs::write(directory.path().join("secret"), "secret").unwrap();
    symlink(directory.path().join("secret"), inside.join("link")).unwrap();
    let (_served, address) = besieged(&["--static-dir", &inside.display().to_string()]);
    let page = get(&address, "/static/page.html").unwrap();
    assert_eq!((page.status, &*page.body, page.header("content-type")), (200, "a page", Some("text/html")));
    assert_eq!(get(&address, "/static/missing").unwrap().status, 404);
    for path in [
        "/static/../secret",
        "/static/%2e%2e/secret",
        "/static/..%2fsecret",
        "/static/%2e%2e%2fsecret",
        "/static/..%5csecret",
        "/static//../secret",
        "/static/page.html/../../secret",
        "/static/%252e%252e/secret",
        "/static/%00",
        "/static/page.html%00",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/link",
    ] {
        let answer = get(&address, path).unwrap();
        assert!((400..500).contains(&answer.status) && !answer.body.contains("secret"), "{path}: {answer:?}");
    }
}
