//! Requests that two readers could read differently, and what is none: refused, and nothing behind them is answered.

use super::{besieged, say, statuses};

/// Behind each of the others; whoever answers this has been smuggled a request.
const NEXT: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    let (_served, address) = besieged(&["--header-limit", "8192"]);
    let post = |headers: &str, body: &str| format!("POST /upload HTTP/1.1\r\nHost: a\r\n{headers}\r\n{body}{NEXT}");
    let chunked = |body: &str| post("Transfer-Encoding: chunked\r\n", body);
    let lengths = |headers: &str| post(headers, "abcde");
    let codings = |headers: &str| post(headers, "0\r\n\r\n");
    let get = |line: &str, headers: &str| format!("{line}\r\n{headers}\r\n{NEXT}");
    let plain = "Host: a\r\n";
    let cases = [
        // Two lengths, or one that is none.
        (400, codings("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")),
        (400, codings("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n")),
        (400, lengths("Content-Length: 3\r\nContent-Length: 5\r\n")),
        (400, lengths("Content-Length: 3, 5\r\n")),
        (400, lengths("Content-Length: +3\r\n")),
        (400, lengths("Content-Length: -1\r\n")),
        (400, lengths("Content-Length: 0x3\r\n")),
        (400, lengths("Content-Length:\r\n")),
        (400, lengths("Content-Length: 3 4\r\n")),
        (400, lengths("Content-Length: 99999999999999999999999\r\n")),
        (400, lengths("Content-Length : 3\r\n")),
        // Codings that are not known, or not last.
        (400, codings("Transfer-Encoding: xchunked\r\n")),
        (400, codings("Transfer-Encoding: identity\r\n")),
        (400, codings("Transfer-Encoding: chunked, identity\r\n")),
        (400, codings("Transfer-Encoding: \u{b}chunked\r\n")),
        (400, codings("Transfer-Encoding : chunked\r\n")),
        (501, codings("Transfer-Encoding: gzip, chunked\r\n")),
        (501, codings("Transfer-Encoding: chunked, chunked\r\n")),
        (501, codings("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")),
        (
            400,
            format!(
                "POST /upload HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n{NEXT}"
            ),
        ),
        // Chunks.
        (400, chunked("xyz\r\nabc\r\n0\r\n\r\n")),
        (400, chunked("-3\r\nabc\r\n0\r\n\r\n")),
        (400, chunked("0x3\r\nabc\r\n0\r\n\r\n")),
        (400, chunked("\r\nabc\r\n0\r\n\r\n")),
        (400, chunked("fffffffffffffffff\r\nabc\r\n0\r\n\r\n")),
        (400, chunked("3\nabc\n0\n\n")),
        (400, chunked("3\r\nabcd\r\n0\r\n\r\n")),
        (400, chunked("3;a\nb\r\nabc\r\n0\r\n\r\n")),
        (400, chunked(&format!("3;{}\r\nabc\r\n0\r\n\r\n", "a".repeat(20_000)))),
        (400, chunked(&format!("0\r\n{}\r\n", "X: y\r\n".repeat(20_000)))),
        // Lines.
        (400, post("X: 1\r\n 2\r\n", "")),
        (400, get("GET / HTTP/1.1", " Host: a\r\n")),
        (400, format!("GET / HTTP/1.1\nHost: a\n\n{NEXT}")),
        (400, get("GET / HTTP/1.1", "Host: a\nX: y\r\n")),
        (400, get("GET / HTTP/1.1", "Host: a\rX: y\r\n")),
        (400, get("GET / HTTP/1.1", "Host: a\r\nX: a\0b\r\n")),
        (400, get("GET / HTTP/1.1", "Host: a\r\nX: a\u{1}b\r\n")),
        (400, get("GET / HTTP/1.1", "Host: a\r\nX\0: ab\r\n")),
        (400, get("GET / HTTP/1.1", "Host: a\r\n: ab\r\n")),
        (400, get("GET / HTTP/1.1", "Host: a\r\nnonsense\r\n")),
        // For whom it is.
        (400, get("GET / HTTP/1.1", "")),
        (400, get("GET / HTTP/1.1", "Host: a\r\nHost: a\r\n")),
        (400, get("GET / HTTP/1.0", "Host: a\r\nHost: b\r\nConnection: keep-alive\r\n")),
        (400, get("GET / HTTP/1.1", "Host: a b\r\n")),
        (400, get("GET / HTTP/1.1", "Host: user@a\r\n")),
        (400, get("GET / HTTP/1.1", "Host: a/b\r\n")),
        // The first line.
        (400, get("GET upload HTTP/1.1", plain)),
        (400, get("GET * HTTP/1.1", plain)),
        (400, get("CONNECT / HTTP/1.1", plain)),
        (400, get("GET /a\0b HTTP/1.1", plain)),
        (400, get("GET /a b HTTP/1.1", plain)),
        (400, get("GET /\u{7f} HTTP/1.1", plain)),
        (400, get("GET  /  HTTP/1.1", plain)),
        (400, get("GET\t/\tHTTP/1.1", plain)),
        (400, get("G(E)T / HTTP/1.1", plain)),
        (400, get("GET / HTTP/1.2", plain)),
        (400, get("GET / HTTP/3.0", plain)),
        (400, get("GET / http/1.1", plain)),
        (400, get("GET /", "")),
        (400, "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\r\n\r\n".into()),
        // Too much.
        (431, get(&format!("GET /{} HTTP/1.1", "a".repeat(20_000)), plain)),
        (431, get("GET / HTTP/1.1", &format!("Host: a\r\nX: {}\r\n", "a".repeat(20_000)))),
        (431, get("GET / HTTP/1.1", &format!("Host: a\r\n{}", "X: a\r\n".repeat(500)))),
        (431, get("GET / HTTP/1.1", &format!("Host: a\r\n{}", "X: a\r\n".repeat(50_000)))),
        // A body that waits for a word it will not get: where the next request begins is not known.
        (417, post("Expect: nonsense\r\nContent-Length: 3\r\n", "abc")),
    ];
    for (status, request) in &cases {
        let answers = say(&address, request.as_bytes());
        let shown: String = request.chars().take(200).collect();
        assert_eq!(statuses(&answers), [*status], "{shown:?}: {answers:?}");
    }
}

#[test]
fn what_is_plain_is_answered() {
    let (_served, address) = besieged(&[]);
    let close = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    for request in [
        "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\tChunked\r\n\r\n3;name=value\r\nabc\r\n0\r\nX: y\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: a:80\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        // Nobody reads it; the next is where it was said to be.
        "POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 28\r\n\r\nGET /hidden HTTP/1.1\r\nX: a\r\n",
    ] {
        let answers = say(&address, format!("{request}{close}").as_bytes());
        assert_eq!(statuses(&answers), [200, 200], "{request:?}: {answers:?}");
    }
}
