//! Bytes of all sorts: each is answered with JSON of the right shape, or not at all, and none costs much.

use std::time::Instant;

use pulsar::prelude::*;
use pulsar_tests::{Random, SOON};
use serde_json::Value;

use crate::{answer, examples};

const SEEDS: &[&str] = &[
    r#"{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}"#,
    r#"{"jsonrpc":"2.0","method":"subtract","params":{"minuend":42,"subtrahend":23},"id":"a"}"#,
    r#"[{"jsonrpc":"2.0","method":"sum","params":[1,2,4],"id":"1"},{"jsonrpc":"2.0","method":"notify_hello","params":[7]},{"foo":"boo"}]"#,
    r#"{"jsonrpc":"2.0","method":"rpc.discover","id":null}"#,
];

const PIECES: &[&str] = &[
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "1e999",
    "-",
    "0",
    "\"id\":",
    "\"method\":",
    "\"params\":",
    "\"jsonrpc\":\"2.0\",",
    "[[[[[[[[",
    "{\"a\":{\"a\":",
    "\u{0}",
    "é",
    "18446744073709551616",
    " ",
    "\n",
];

fn mutated(random: &mut Random) -> Vec<u8> {
    let mut bytes = SEEDS[random.below(SEEDS.len() as u64) as usize].as_bytes().to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() as u64 + 1) as usize;
        match random.below(4) {
            0 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            1 => bytes.truncate(at.max(1)),
            2 if at < bytes.len() => drop(bytes.drain(at..(at + 1 + random.below(8) as usize).min(bytes.len()))),
            _ => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len() as u64) as usize].bytes())),
        }
        if bytes.is_empty() {
            bytes.push(b'[');
        }
    }
    bytes
}

/// An answer has a version, an id, and either a result or an error with a code of ours.
fn check(answer: &Value, sent: &str) {
    let answers = answer.as_array().map_or_else(|| std::slice::from_ref(answer), Vec::as_slice);
    assert!(!answers.is_empty(), "{sent}");
    for answer in answers {
        let members = answer.as_object().unwrap_or_else(|| panic!("{sent}: {answer}"));
        assert_eq!(members.len(), 3, "{sent}: {answer}");
        assert_eq!(answer["jsonrpc"], "2.0");
        assert!(members.contains_key("id"), "{sent}: {answer}");
        assert!(members.contains_key("result") ^ members.contains_key("error"), "{sent}: {answer}");
        if let Some(error) = members.get("error") {
            let code = error["code"].as_i64().unwrap_or_default();
            assert!(matches!(code, -32700 | -32600 | -32601 | -32602), "{sent}: {answer}");
        }
    }
}

#[pulsar::test(timeout = "120s")]
async fn whatever_comes_is_answered_in_the_right_shape() -> Result<()> {
    let rpc = examples().await?;
    let mut random = Random::from_env();
    let inputs = std::env::var("PULSAR_INPUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000);
    let mut answered = 0;
    for _ in 0..inputs {
        let sent = mutated(&mut random);
        if let Some(answer) = answer(&rpc, &sent).await {
            let shown = String::from_utf8_lossy(&sent);
            // An id may be a number that is out of a number's range here, which is not to keep it from coming back.
            match serde_json::from_str(&answer) {
                Ok(answer) => check(&answer, &shown),
                Err(error) => {
                    assert!(error.to_string().starts_with("number out of range"), "{shown}: {answer}: {error}")
                }
            }
            answered += 1;
        }
    }
    assert!(answered > inputs / 2, "{answered} of {inputs}");
    Ok(())
}

#[pulsar::test]
async fn bombs_cost_little() -> Result<()> {
    let rpc = examples().await?;
    let deep = |open: &str, close: &str| open.repeat(1 << 19) + &close.repeat(1 << 19);
    let params = |params: String| format!(r#"{{"jsonrpc":"2.0","method":"sum","params":{params},"id":1}}"#);
    let many = |what: &str| format!("[{}]", vec![what; 200_000].join(","));
    let (parse, request, invalid) = (r#""code":-32700"#, r#""code":-32600"#, r#""code":-32602"#);
    for (sent, code) in [
        ("[".repeat(1 << 20), parse),
        ("{\"a\":".repeat(1 << 18), parse),
        (deep("[", "]"), request),
        (params(deep("[", "]")), invalid),
        (params("{\"a\":".repeat(1 << 18) + "1" + &"}".repeat(1 << 18)), invalid),
        (params(many("1")), invalid),
        (params(format!("[{},1,1]", "9".repeat(1 << 20))), invalid),
        (params("[1e999,1,1]".into()), invalid),
        (params(format!("[\"{}\",1,1]", "x".repeat(1 << 20))), invalid),
        (many("1"), request),
        (many("{}"), request),
        (format!(r#"{{"jsonrpc":"2.0",{}"id":1}}"#, r#""x":1,"#.repeat(100_000)), request),
    ] {
        let began = Instant::now();
        let answer = answer(&rpc, &sent).await.unwrap_or_default();
        assert!(answer.contains(code), "{}: {answer}", &sent[..40.min(sent.len())]);
        assert!(answer.len() < 1024, "{}", answer.len());
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    }
    Ok(())
}
