//! Clients that are slow, or send too much.

use std::time::{Duration, Instant};

use pulsar_tests::SOON;
use pulsar_tests::served::Client;

use super::{besieged, say, statuses};

const QUICK: [&str; 6] = ["--header-timeout", "1s", "--body-timeout", "1s", "--keep-alive", "2s"];

/// Sends a byte of it each 100 ms, and reads what comes of that.
fn slowly(address: &str, first: &str, rest: &str) -> (String, Duration) {
    let mut client = Client::connect(address).unwrap();
    client.write(first.as_bytes()).unwrap();
    let began = Instant::now();
    for byte in rest.bytes().cycle() {
        std::thread::sleep(Duration::from_millis(100));
        if client.write(&[byte]).is_err() || began.elapsed() > Duration::from_secs(4) {
            break;
        }
    }
    (client.rest(), began.elapsed())
}

#[test]
fn a_head_that_comes_slowly() {
    let (_served, address) = besieged(&QUICK);
    let (answers, took) = slowly(&address, "GET / HTTP/1.1\r\n", "X-Slow: slow, ");
    assert_eq!(statuses(&answers), [408], "{answers:?}");
    assert!(took < SOON, "{took:?}");
    // Nothing at all: there is nobody to say anything to.
    assert_eq!(say(&address, b""), "");
    // Behind an answer as well.
    let mut client = Client::connect(&address).unwrap();
    assert_eq!(client.get("/").unwrap().status, 200);
    client.write(b"GET / HT").unwrap();
    assert_eq!(statuses(&client.rest()), [408]);
}

#[test]
fn a_body_that_stands_still() {
    let (_served, address) = besieged(&QUICK);
    for (headers, body) in [("Content-Length: 20", "abc"), ("Transfer-Encoding: chunked", "5\r\nab")] {
        let answers = say(&address, format!("POST /upload HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n{body}").as_bytes());
        assert_eq!(statuses(&answers), [408], "{headers}: {answers:?}");
    }
}

#[test]
fn a_connection_that_is_idle() {
    let (_served, address) = besieged(&QUICK);
    let mut client = Client::connect(&address).unwrap();
    assert_eq!(client.get("/").unwrap().status, 200);
    let began = Instant::now();
    assert_eq!(client.rest(), "");
    assert!(began.elapsed() > Duration::from_secs(1) && began.elapsed() < SOON, "{:?}", began.elapsed());
    // What nobody has read of a body does not make the connection one whose next head is late.
    let mut client = Client::connect(&address).unwrap();
    client.write(b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let _ = client.write(b"abcde");
    let answers = client.rest();
    assert_eq!(statuses(&answers), [404], "{answers:?}");
}

#[test]
fn a_body_that_is_too_large() {
    let (_served, address) = besieged(&["--body-limit", "1000"]);
    let large = "a".repeat(2000);
    let post = |path: &str, headers: &str, body: &str| {
        let request = format!("POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n\r\n{body}");
        say(&address, request.as_bytes())
    };
    for path in ["/upload", "/json", "/unread"] {
        // Said at once, whether or not anything comes.
        for body in ["", "a", &large] {
            let answers = post(path, "Content-Length: 2000", body);
            assert_eq!(statuses(&answers), [413], "{path}: {answers:?}");
        }
    }
    let chunks = format!("7d0\r\n{large}\r\n0\r\n\r\n");
    assert_eq!(statuses(&post("/upload", "Transfer-Encoding: chunked", &chunks)), [413]);
    assert_eq!(statuses(&post("/upload", "Content-Length: 1000", &large[..1000])), [200]);
    // Much more than any buffer holds: whoever sends it all the same reads why it is not taken.
    let much = "a".repeat(8 << 20);
    let answers = post("/upload", &format!("Content-Length: {}", much.len()), &much);
    assert_eq!(statuses(&answers), [413], "{answers:?}");
}
