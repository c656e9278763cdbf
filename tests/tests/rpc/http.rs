//! JSON-RPC over HTTP, byte by byte, and called by a client that no one here wrote.

use std::process::Command;

use pulsar::prelude::*;

use crate::examples;
use crate::server::Server;

const CALL: &str = r#"{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}"#;
const ANSWER: &str = r#"{"jsonrpc":"2.0","result":19,"id":1}"#;

fn status(answer: &str) -> &str {
    answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap_or(answer)
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next()?;
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[pulsar::test]
async fn a_post_is_answered() -> Result<()> {
    let server = Server::start(examples().await?).await;
    for kind in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON ;charset=\"utf-8\"",
        "application/json-rpc",
        "application/jsonrequest",
    ] {
        let answer = server.post(kind, CALL).await;
        assert_eq!((status(&answer), body(&answer)), ("200", ANSWER), "{kind}");
        assert_eq!(header(&answer, "content-type"), Some("application/json"));
    }
    let failed = server.post("application/json", "{").await;
    let expected = r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}"#;
    assert_eq!((status(&failed), body(&failed)), ("200", expected));
    for told in [
        r#"{"jsonrpc":"2.0","method":"notify_hello","params":[1]}"#,
        r#"[{"jsonrpc":"2.0","method":"notify_hello","params":[1]},{"jsonrpc":"2.0","method":"nothing"}]"#,
    ] {
        let answer = server.post("application/json", told).await;
        assert_eq!((status(&answer), body(&answer)), ("204", ""));
        assert_eq!(header(&answer, "content-type"), None);
    }
    Ok(())
}

#[pulsar::test]
async fn what_is_no_post_of_json_is_refused() -> Result<()> {
    let server = Server::start(examples().await?).await;
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let request = format!("{method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        let answer = server.raw(&request).await;
        assert_eq!((status(&answer), header(&answer, "allow")), ("405", Some("POST")), "{method}");
    }
    for kind in ["text/plain", "", "application/jsonp", "multipart/form-data", "application/json, text/plain"] {
        assert_eq!(status(&server.post(kind, CALL).await), "415", "{kind}");
    }
    let without =
        format!("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{CALL}", CALL.len());
    assert_eq!(status(&server.raw(&without).await), "415");
    let both =
        without.replace("Host: x\r\n", "Host: x\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\n");
    assert_eq!(status(&server.raw(&both).await), "415");
    Ok(())
}

#[pulsar::test]
async fn a_body_has_a_limit() -> Result<()> {
    let rpc = examples().await?;
    let server = Server::start(rpc.max_body(100)).await;
    assert_eq!(status(&server.post("application/json", &format!("{CALL:<100}")).await), "200");
    assert_eq!(status(&server.post("application/json", &format!("{CALL:<101}")).await), "413");
    let head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
    // One that says how much it is to be is not waited for.
    assert_eq!(status(&server.raw(&format!("{head}Content-Length: 1000000000000\r\n\r\n")).await), "413");
    // One that does not say so is read to the limit.
    let chunks = format!("{:x}\r\n{CALL:<80}\r\n", 80).repeat(2);
    let chunked = server.raw(&format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n")).await;
    assert_eq!(status(&chunked), "413", "{chunked}");
    Ok(())
}

/// What the clients do: calls by place and by name, errors, batches, notifications.
const PROGRAM: &str = r#"
import sys, jsonrpclib, requests
from jsonrpcclient import Error, Ok, notification, parse, request

url = sys.argv[1]
def post(what):
    answer = requests.post(url, json=what, timeout=20)
    return answer.status_code, parse(answer.json()) if answer.content else None

status, answer = post(request("subtract", params=(42, 23)))
assert status == 200 and isinstance(answer, Ok) and answer.result == 19, answer
status, answer = post(request("subtract", params={"subtrahend": 23, "minuend": 42}, id="a"))
assert isinstance(answer, Ok) and answer.result == 19 and answer.id == "a", answer
status, answer = post(request("nothing"))
assert isinstance(answer, Error) and answer.code == -32601, answer
status, answer = post(request("subtract", params=("x", 23)))
assert isinstance(answer, Error) and answer.code == -32602 and "minuend" in answer.data, answer
status, answer = post(notification("notify_hello", params=(7,)))
assert status == 204 and answer is None, (status, answer)
status, answers = post([request("sum", params=(1, 2, n)) for n in range(50)] + [notification("notify_hello", params=(8,))])
assert [answer.result for answer in answers] == [3 + n for n in range(50)], answers

server = jsonrpclib.ServerProxy(url)
assert server.subtract(42, 23) == 19
assert server.subtract(minuend=42, subtrahend=23) == 19
assert server.get_data() == ["hello", 5]
# Of a single notification it expects a status of 200, which few servers give.
batch = jsonrpclib.MultiCall(server)
batch.sum(1, 2, 4)
batch._notify.notify_hello(10)
batch.subtract(subtrahend=1, minuend=2)
assert list(batch()) == [7, 1]
for call, code in [(lambda: server.nothing(), -32601), (lambda: server.subtract("x", 1), -32602)]:
    try:
        call()
        sys.exit("called what cannot be")
    except jsonrpclib.ProtocolError as error:
        assert error.args[0][0] == code, error
assert server.heard() == ["hello 7", "hello 8", "hello 10"]
print("all is well")
"#;

/// Clients from elsewhere: `jsonrpcclient` with `requests`, and `jsonrpclib-pelix`.
#[pulsar::test(timeout = "120s")]
async fn clients_of_python_get_along_with_it() -> Result<()> {
    let python = std::env::var("PULSAR_PYTHON").unwrap_or_else(|_| "python3".into());
    let imports = "import requests, jsonrpcclient, jsonrpclib";
    if !Command::new(&python).args(["-c", imports]).output().is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: `{python}` cannot `{imports}`: install requests, jsonrpcclient and jsonrpclib-pelix");
        println!("for it, or name another interpreter by PULSAR_PYTHON");
        return Ok(());
    }
    let server = Server::start(examples().await?).await;
    let url = server.url();
    let ran = tokio::task::spawn_blocking(move || {
        Command::new("timeout").args(["60", &python, "-c", PROGRAM, &url]).env("no_proxy", "*").output()
    });
    let output = ran.await??;
    let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && printed.trim() == "all is well", "{printed}{said}");
    Ok(())
}
