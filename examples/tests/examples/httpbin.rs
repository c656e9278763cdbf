//! The `httpbin`: each of its routes, then clients that nobody here has written.

use std::process::Command;

use serde_json::json;

use crate::raw::{Client, ask};
use crate::run::run;
use crate::served::Served;

fn httpbin() -> Served {
    Served::start(env!("CARGO_BIN_EXE_httpbin"), 2)
}

#[test]
fn each_method_is_echoed() {
    let site = httpbin();
    for method in ["post", "put", "patch", "delete"] {
        let line = format!("{} /{method}?a=1&a=2&b=%20x", method.to_uppercase());
        let said = ask(&site.at, &line, &["Content-Type: application/json", "X-Star: bright"], b"{\"k\": [1]}").json();
        assert_eq!(said["args"], json!({ "a": ["1", "2"], "b": " x" }));
        assert_eq!(said["json"], json!({ "k": [1] }));
        assert_eq!(said["data"], "{\"k\": [1]}");
        assert_eq!(said["headers"]["X-Star"], "bright");
        assert_eq!(said["origin"], "127.0.0.1");
        assert_eq!(said["url"], format!("http://{}/{method}?a=1&a=2&b=%20x", site.at));
        let wrong = ask(&site.at, &format!("GET /{method}"), &[], b"");
        assert_eq!((wrong.status, wrong.header("allow")), (405, &*method.to_uppercase()));
    }
    assert_eq!(ask(&site.at, "GET /get", &[], b"").json()["args"], json!({}));
    assert_eq!(ask(&site.at, "POST /get", &[], b"").header("allow"), "GET,HEAD");
    assert_eq!(ask(&site.at, "REPORT /anything/a/b", &[], b"").json()["method"], "REPORT");
    assert_eq!(ask(&site.at, "GET /ip", &[], b"").json(), json!({ "origin": "127.0.0.1" }));
    assert_eq!(ask(&site.at, "GET /user-agent", &["User-Agent: me"], b"").json(), json!({ "user-agent": "me" }));
    assert_eq!(ask(&site.at, "GET /headers", &["A: 1", "a: 2"], b"").json()["headers"]["A"], json!(["1", "2"]));
    assert_eq!(ask(&site.at, "GET /nowhere", &[], b"").status, 404);
}

#[test]
fn forms_and_files_are_understood() {
    let site = httpbin();
    let form = ask(&site.at, "POST /post", &["Content-Type: application/x-www-form-urlencoded"], b"a=1&b=%C3%A9&a=2");
    assert_eq!(form.json()["form"], json!({ "a": ["1", "2"], "b": "é" }));
    let kind = "Content-Type: multipart/form-data; boundary=edge";
    let parts = b"--edge\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--edge\r\n\
        Content-Disposition: form-data; name=\"f\"; filename=\"f.bin\"\r\nContent-Type: image/x\r\n\r\n\xff\xfe\r\n--edge--\r\n";
    let said = ask(&site.at, "POST /post", &[kind], parts).json();
    assert_eq!((&said["form"], &said["files"]), (&json!({ "x": "1" }), &json!({ "f": "data:image/x;base64,//4=" })));
    // Cut off, or no parts at all: whose fault that is.
    assert_eq!(ask(&site.at, "POST /post", &[kind], b"--edge\r\nContent-Dispo").status, 400);
    assert_eq!(ask(&site.at, "POST /post", &["Content-Type: multipart/form-data"], b"x").status, 400);
    let counted = ask(&site.at, "POST /upload", &[], &vec![b'a'; 3_000_000]).json();
    assert_eq!(counted["length"], 3_000_000);
    assert_eq!(ask(&site.at, "POST /upload", &["Content-Length: 16777217"], b"").status, 413);
}

#[test]
fn it_leads_elsewhere() {
    let site = httpbin();
    let to = |path: &str| {
        let answer = ask(&site.at, &format!("GET {path}"), &[], b"");
        (answer.status, answer.header("location").to_string())
    };
    assert_eq!(to("/redirect/6"), (302, "/redirect/5".into()));
    assert_eq!(to("/redirect/1"), (302, "/get".into()));
    assert_eq!(to("/relative-redirect/2"), (302, "/relative-redirect/1".into()));
    assert_eq!(to("/absolute-redirect/2"), (302, format!("http://{}/absolute-redirect/1", site.at)));
    assert_eq!(to("/redirect-to?url=/html&status_code=307"), (307, "/html".into()));
    for wrong in ["/redirect/0", "/redirect/101", "/redirect/x", "/redirect-to", "/redirect-to?url=/&status_code=200"] {
        assert_eq!(to(wrong).0, 400, "{wrong}");
    }
    assert_eq!(to("/redirect-to?url=%0d%0aX-Split:%20yes").0, 400);
    for code in [200, 201, 204, 300, 304, 400, 404, 418, 429, 500, 503] {
        assert_eq!(to(&format!("/status/{code}")).0, code);
    }
    assert_eq!(to("/status/301"), (301, "/redirect/1".into()));
    for wrong in ["/status/99", "/status/101", "/status/1000", "/status/x"] {
        assert_eq!(to(wrong).0, 400, "{wrong}");
    }
}

#[test]
fn cookies_are_set_and_taken_back() {
    let site = httpbin();
    let set = ask(&site.at, "GET /cookies/set?a=1&b=2", &[], b"");
    let cookies: Vec<_> = set.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, it)| &**it).collect();
    assert_eq!((set.status, cookies), (302, vec!["a=1; Path=/", "b=2; Path=/"]));
    assert_eq!(ask(&site.at, "GET /cookies/set/c/3", &[], b"").header("set-cookie"), "c=3; Path=/");
    assert_eq!(ask(&site.at, "GET /cookies/delete?a", &[], b"").header("set-cookie"), "a=; Path=/; Max-Age=0");
    assert_eq!(
        ask(&site.at, "GET /cookies", &["Cookie: a=1; b=2"], b"").json()["cookies"],
        json!({ "a": "1", "b": "2" })
    );
    for wrong in ["a%0d%0a=1", "=1", "a=%0d", "a=b%3bc"] {
        assert_eq!(ask(&site.at, &format!("GET /cookies/set?{wrong}"), &[], b"").status, 400, "{wrong}");
    }
}

#[test]
fn who_may_come_in() {
    let site = httpbin();
    let basic = |path: &str, with: &[&str]| ask(&site.at, &format!("GET {path}"), with, b"");
    let asked = basic("/basic-auth/user/password", &[]);
    assert_eq!((asked.status, asked.header("www-authenticate")), (401, "Basic realm=\"httpbin\""));
    let right = "Authorization: Basic dXNlcjpwYXNzd29yZA==";
    assert_eq!(basic("/basic-auth/user/password", &[right]).json()["user"], "user");
    assert_eq!(basic("/basic-auth/user/other", &[right]).status, 401);
    assert_eq!(basic("/hidden-basic-auth/user/password", &[]).status, 404);
    assert_eq!(basic("/bearer", &[]).header("www-authenticate"), "Bearer");
    assert_eq!(basic("/bearer", &["Authorization: Bearer abc"]).json()["token"], "abc");
    let asked = basic("/digest-auth/auth/user/password", &[]);
    assert_eq!(asked.status, 401);
    assert!(
        asked
            .header("www-authenticate")
            .starts_with("Digest realm=\"httpbin\", qop=\"auth\", algorithm=SHA-256, nonce=\"")
    );
    assert_eq!(basic("/digest-auth/auth/user/password", &["Authorization: Digest a=\"b, c=,,=\"=\""]).status, 401);
    assert_eq!(basic("/digest-auth/auth-int/user/password", &[]).status, 501);
}

#[test]
fn bodies_come_in_every_shape() {
    let site = httpbin();
    let get = |path: &str| ask(&site.at, &format!("GET {path}"), &[], b"");
    let lines = get("/stream/3");
    assert_eq!((lines.header("transfer-encoding"), lines.text().lines().count()), ("chunked", 3));
    assert_eq!(get("/bytes/30").text(), "abcdefghijklmnopqrstuvwxyzabcd");
    assert_eq!(get("/stream-bytes/28?chunk_size=5").text(), "abcdefghijklmnopqrstuvwxyzab");
    assert_eq!(get("/drip?numbytes=3&duration=0.1&code=203").status, 203);
    assert_eq!(get("/delay/0.05").json()["delayed"], 0.05);
    let gzip = get("/gzip");
    assert_eq!((gzip.header("content-encoding"), &gzip.body[..2]), ("gzip", &[0x1f, 0x8b][..]));
    assert_eq!(get("/deflate").header("content-encoding"), "deflate");
    for wrong in
        ["/bytes/999999999999", "/delay/31", "/delay/-1", "/delay/NaN", "/stream-bytes/5?chunk_size=x", "/stream/10001"]
    {
        assert_eq!(get(wrong).status, 400, "{wrong}");
    }
    assert_eq!(get("/panic").status, 500);
    let workers = get("/stats").json();
    assert_eq!(workers["workers"].as_array().unwrap().len(), 2);
    for worker in workers["workers"].as_array().unwrap() {
        assert_eq!(worker["incarnation"], 1, "{workers}");
    }
}

#[test]
fn parts_and_what_has_not_changed() {
    let site = httpbin();
    let get = |path: &str, with: &[&str]| ask(&site.at, &format!("GET {path}"), with, b"");
    for (range, status, said, body) in [
        ("bytes=5-9", 206, "bytes 5-9/26", "fghij"),
        ("bytes=20-", 206, "bytes 20-25/26", "uvwxyz"),
        ("bytes=-3", 206, "bytes 23-25/26", "xyz"),
        ("bytes=-100", 206, "bytes 0-25/26", "abcdefghijklmnopqrstuvwxyz"),
        ("bytes=24-99", 206, "bytes 24-25/26", "yz"),
        ("bytes=9-5", 200, "", "abcdefghijklmnopqrstuvwxyz"),
        ("bytes=1-2,4-5", 200, "", "abcdefghijklmnopqrstuvwxyz"),
        ("lines=1-2", 200, "", "abcdefghijklmnopqrstuvwxyz"),
        ("bytes=x-y", 200, "", "abcdefghijklmnopqrstuvwxyz"),
    ] {
        let part = get("/range/26", &[&format!("Range: {range}")]);
        assert_eq!((part.status, part.header("content-range"), &*part.text()), (status, said, body), "{range}");
    }
    for range in ["bytes=26-", "bytes=99-100", "bytes=-0"] {
        let none = get("/range/26", &[&format!("Range: {range}")]);
        assert_eq!((none.status, none.header("content-range")), (416, "bytes */26"), "{range}");
    }
    assert_eq!(get("/range/0", &["Range: bytes=-1"]).status, 416);
    assert_eq!(get("/range/26", &["Range: bytes=0-0", "If-Range: \"other\""]).status, 200);
    assert_eq!(get("/range/26", &["Range: bytes=0-0", "If-Range: \"range26\""]).status, 206);
    for (with, status) in [
        ("If-None-Match: \"star\"", 304),
        ("If-None-Match: \"a\", W/\"star\"", 304),
        ("If-None-Match: *", 304),
        ("If-None-Match: \"other\"", 200),
        ("If-Match: \"other\"", 412),
        ("If-Match: \"star\"", 200),
        ("If-Modified-Since: Sat, 21 Nov 2026 12:00:00 GMT", 304),
        ("If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", 200),
    ] {
        let answer = get("/etag/star", &[with]);
        assert_eq!((answer.status, answer.header("etag")), (status, "\"star\""), "{with}");
    }
    assert_eq!(get("/cache/60", &[]).header("cache-control"), "public, max-age=60");
    assert_eq!(get("/response-headers?x-star=bright", &[]).header("x-star"), "bright");
    for wrong in ["content-length=1", "transfer-encoding=x", "x=%0d%0ay", "x%20y=1"] {
        assert_eq!(get(&format!("/response-headers?{wrong}"), &[]).status, 400, "{wrong}");
    }
    assert_eq!(get("/media/pulsar.png", &["Range: bytes=1-3"]).text(), "PNG");
    assert_eq!(get("/image", &["Accept: image/svg+xml"]).header("content-type"), "image/svg+xml");
    assert_eq!(get("/image", &["Accept: text/plain"]).status, 406);
    for page in ["/", "/html", "/json", "/robots.txt", "/encoding/utf8"] {
        assert_eq!(get(page, &[]).status, 200, "{page}");
        let head = ask(&site.at, &format!("HEAD {page}"), &[], b"");
        assert_eq!(head.header("content-length"), get(page, &[]).body.len().to_string(), "{page}");
    }
}

#[test]
fn the_first_page_leads_to_what_there_is() {
    let site = httpbin();
    let page = ask(&site.at, "GET /", &[], b"").text();
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut count = 0;
    for link in links.filter(|link| !link.starts_with("/panic") && !link.starts_with("/d")) {
        let status = ask(&site.at, &format!("GET {}", link.replace("&amp;", "&")), &[], b"").status;
        assert!(
            status < 400
                || [401, 404, 418].contains(&status)
                    && (link.contains("auth") || link.contains("418") || link == "/bearer"),
            "{link}: {status}"
        );
        count += 1;
    }
    assert!(count > 30, "{count}");
}

#[test]
fn old_clients_and_those_that_do_not_wait() {
    let site = httpbin();
    let mut old = Client::to(&site.at);
    old.send("GET /get HTTP/1.0\r\n\r\n");
    assert_eq!(old.answer().unwrap().status, 200);
    assert_eq!(old.rest(), b"");
    let mut kept = Client::to(&site.at);
    kept.send("GET /ip HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(kept.answer().unwrap().header("connection"), "keep-alive");
    kept.send("GET /stream/2 HTTP/1.0\r\n\r\n");
    // There are no chunks in 1.0: the end of the body is that of the connection.
    assert_eq!(kept.answer().unwrap().text().lines().count(), 2);
    // Pipelined: answered in order, however long each takes.
    let mut many = Client::to(&site.at);
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    many.send([request("/delay/0.1"), request("/bytes/3"), request("/stream/2"), request("/bytes/4")].concat());
    let sizes: Vec<_> = (0..4).map(|_| many.answer().unwrap().text()).collect();
    assert!(
        sizes[0].contains("0.1") && sizes[1] == "abc" && sizes[2].lines().count() == 2 && sizes[3] == "abcd",
        "{sizes:?}"
    );
    let mut waits = Client::to(&site.at);
    waits.send("POST /upload HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert_eq!(waits.answer().unwrap().status, 100);
    waits.send("abc");
    assert_eq!(waits.answer().unwrap().json()["length"], 3);
}

#[test]
fn who_is_being_answered_is_answered_to_the_end() {
    let mut site = httpbin();
    let mut client = Client::to(&site.at);
    client.send("GET /drip?numbytes=10&duration=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    std::thread::sleep(std::time::Duration::from_millis(200));
    site.signal(rustix::process::Signal::TERM);
    assert_eq!(client.answer().unwrap().text(), "**********");
    assert!(site.ended().success());
}

/// The words of curl that the body is not, and its exit code.
#[track_caller]
fn curl(args: &[&str]) -> (String, i32) {
    let outcome = run(Command::new("curl").args(["-sS", "--max-time", "20"]).args(args));
    (outcome.stdout + &outcome.stderr, outcome.status.code().unwrap_or(-1))
}

pub(crate) fn is_there(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok_and(|it| it.status.success());
    if !there {
        eprintln!("skipped: there is no {program}");
    }
    there
}

#[test]
fn curl_in_all_its_ways() {
    if !is_there("curl") {
        return;
    }
    let site = httpbin();
    let url = |path: &str| format!("http://{}{path}", site.at);
    let code = ["-o", "/dev/null", "-w", "%{http_version} %{http_code}"];
    let with = |more: &[&str], path: &str| curl(&[&code, more, &[&*url(path)]].concat());
    assert_eq!(with(&[], "/get"), ("1.1 200".into(), 0));
    assert_eq!(with(&["--http1.0"], "/stream/3").1, 0);
    assert_eq!(with(&["-L"], "/redirect/6"), ("1.1 200".into(), 0));
    assert_eq!(with(&["-L"], "/absolute-redirect/6"), ("1.1 200".into(), 0));
    // Too many.
    assert_eq!(with(&["-L", "--max-redirs", "5"], "/redirect/6").1, 47);
    assert_eq!(with(&["--digest", "-u", "user:password"], "/digest-auth/auth/user/password"), ("1.1 200".into(), 0));
    assert_eq!(with(&["--digest", "-u", "user:wrong"], "/digest-auth/auth/user/password"), ("1.1 401".into(), 0));
    assert_eq!(with(&["-u", "user:password"], "/basic-auth/user/password"), ("1.1 200".into(), 0));
    assert_eq!(curl(&["-r", "5-9", &url("/range/26")]).0, "fghij");
    assert!(curl(&["--compressed", &url("/gzip")]).0.contains("\"packed\": \"gzip\""));
    assert!(curl(&["--compressed", &url("/deflate")]).0.contains("\"packed\": \"deflate\""));
    let file = env!("CARGO_BIN_EXE_hello");
    let form = format!("file=@{};type=text/plain", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    assert!(curl(&["-F", &form, "-F", "a=1", &url("/post")]).0.contains("pulsar-examples"));
    // A body that says its length first waits for 100-continue; one that does not comes in chunks.
    let upload = format!("@{}", concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"));
    let length = std::fs::metadata(&upload[1..]).unwrap().len();
    for chunked in [&["-H", "Expect: 100-continue"][..], &["-H", "Transfer-Encoding: chunked"]] {
        let to = url("/upload");
        let args = [&["--data-binary", &*upload], chunked, &[&*to]].concat();
        assert!(curl(&args).0.contains(&format!("\"length\": {length}")), "{chunked:?}");
    }
    if std::fs::metadata(file).unwrap().len() > 16 << 20 {
        assert_eq!(with(&["-T", file], "/upload").0, "1.1 413");
    }
    let h2 = "--http2-prior-knowledge";
    for (path, said) in [("/get", "2 200"), ("/status/404", "2 404"), ("/panic", "2 500"), ("/stream/100", "2 200")] {
        assert_eq!(with(&[h2], path), (said.into(), 0), "{path}");
    }
    // One request a connection: curl 7.88 cannot use one again (its issue 10634). httpx does, below.
    assert!(curl(&[h2, "--data-binary", &upload, &url("/upload")]).0.contains(&format!("\"length\": {length}")));
}

/// Has Python's requests and httpx go through all of it, by a proxy where there is one.
pub(crate) fn python(at: &str, proxy: Option<&str>) {
    let python = std::env::var("PULSAR_PYTHON").unwrap_or_else(|_| "python3".into());
    if !is_there(&python) {
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/httpbin.py");
    let outcome = run(Command::new(python).arg(script).arg(format!("http://{at}")).args(proxy));
    assert!(outcome.status.success(), "{}\n{}", outcome.stdout, outcome.stderr);
    assert!(!outcome.stdout.is_empty(), "{outcome:?}");
    eprintln!("{}", outcome.stdout);
}

#[test]
fn pythons_requests_and_httpx() {
    let site = httpbin();
    python(&site.at, None);
}
