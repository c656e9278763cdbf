//! What is answered to calls: mounts, errors and their codes, batches, descriptions.

use std::time::{Duration, Instant};

use pulsar::prelude::*;
use pulsar::rpc::Rpc;
use pulsar_tests::{SOON, until};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer;

/// Is called, and fails in all ways.
#[actor]
struct Desk {
    #[state]
    calls: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Trouble {
    TooLarge { limit: u64 },
}

#[actor]
impl Desk {
    /// Counts.
    ///
    /// And counts.
    #[command]
    fn count(&mut self, by: u64) -> Result<u64, Trouble> {
        if by > 100 {
            return Err(Trouble::TooLarge { limit: 100 });
        }
        self.calls += by;
        Ok(self.calls)
    }

    #[command]
    fn secret_error(&mut self) -> Result<()> {
        Err(Error::msg("cannot open /etc/secret"))
    }

    #[command]
    fn secret_panic(&mut self) {
        panic!("the secret of /etc/secret")
    }

    #[command]
    async fn rest(&mut self, cx: &mut Context<Self>, millis: u64) -> Deferred<u64> {
        cx.defer(async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            millis
        })
    }

    #[command]
    fn unspeakable(&mut self) -> std::collections::BTreeMap<(u8, u8), u8> {
        [((1, 2), 3)].into()
    }
}

async fn value(rpc: &Rpc, request: Value) -> Value {
    let answer = answer(rpc, request.to_string()).await.expect("there is an answer");
    serde_json::from_str(&answer).expect("an answer is JSON")
}

async fn call(rpc: &Rpc, method: &str, params: Value) -> Value {
    value(rpc, json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 1})).await
}

async fn desk() -> Result<(DeskProxy, Rpc)> {
    let desk = Desk::new().named("desk").on(Kind::Thread).with(|params| params.intensity = None).spawn().await?;
    let rpc = Rpc::new().mount("desk", &desk).timeout(SOON);
    Ok((desk, rpc))
}

#[pulsar::test]
async fn each_failure_has_its_code_and_says_nothing_internal() -> Result<()> {
    let (desk, rpc) = desk().await?;
    let rested = rpc.clone().timeout(Duration::from_millis(20));
    let nobody = rpc.clone().mount_name("nobody", "nobody");
    for (rpc, method, params, error) in [
        (&rpc, "desk.nothing", json!([]), json!({"code": -32601, "message": "Method not found"})),
        (&rpc, "nothing.count", json!([]), json!({"code": -32601, "message": "Method not found"})),
        (&rpc, "desk", json!([]), json!({"code": -32601, "message": "Method not found"})),
        (&rpc, "desk.stop", json!([]), json!({"code": -32601, "message": "Method not found"})),
        (&rpc, "desk.", json!([]), json!({"code": -32601, "message": "Method not found"})),
        (&rpc, "", json!([]), json!({"code": -32601, "message": "Method not found"})),
        (&rpc, "rpc.nothing", json!([]), json!({"code": -32601, "message": "Method not found"})),
        (
            &rpc,
            "desk.count",
            json!(["x"]),
            json!({"code": -32602, "message": "Invalid params",
                "data": r#"parameter `by` of `count`: invalid type: string "x", expected u64"#}),
        ),
        (
            &rpc,
            "desk.count",
            json!({"to": 1}),
            json!({"code": -32602, "message": "Invalid params", "data": "`count` has no parameter `to`: it takes `by`"}),
        ),
        (
            &rpc,
            "desk.count",
            json!([101]),
            json!({"code": -32000, "message": "Command failed", "data": {"TooLarge": {"limit": 100}}}),
        ),
        (&rpc, "desk.secret_error", json!([]), json!({"code": -32000, "message": "Command failed"})),
        (
            &rpc,
            "desk.secret_panic",
            json!([]),
            json!({"code": -32001, "message": "Actor died", "data": {"started": "yes"}}),
        ),
        (&rested, "desk.rest", json!([60_000]), json!({"code": -32002, "message": "Timeout"})),
        (&rpc, "desk.unspeakable", json!([]), json!({"code": -32603, "message": "Internal error"})),
        (&nobody, "nobody.count", json!([1]), json!({"code": -32004, "message": "Unavailable"})),
    ] {
        assert_eq!(call(rpc, method, params).await, json!({"jsonrpc": "2.0", "error": error, "id": 1}), "{method}");
    }
    let told = rpc.clone().error_texts(true);
    assert_eq!(call(&told, "desk.secret_error", json!([])).await["error"]["data"], "cannot open /etc/secret");
    desk.stop().await?;
    assert_eq!(call(&rpc, "desk.count", json!([1])).await["error"]["code"], -32001);
    Ok(())
}

#[pulsar::test]
async fn actors_are_mounted_under_nested_names_and_by_name() -> Result<()> {
    let (desk, _) = desk().await?;
    let rpc = Rpc::new()
        .mount("a.b.c", &desk)
        .mount_only("a", &desk.untyped(), ["count"])
        .mount_name("late", "late")
        .mount_name("named", "desk");
    assert_eq!(call(&rpc, "a.b.c.count", json!([1])).await["result"], 1);
    assert_eq!(call(&rpc, "a.count", json!({"by": 1})).await["result"], 2);
    assert_eq!(call(&rpc, "a.rest", json!([1])).await["error"]["code"], -32601);
    assert_eq!(call(&rpc, "named.count", json!([1])).await["result"], 3);
    // Who bears the name may come later, and may be another one day.
    assert_eq!(call(&rpc, "late.count", json!([1])).await["error"]["code"], -32004);
    for _ in 0..2 {
        let late = Desk::new().named("late").spawn().await?;
        assert_eq!(call(&rpc, "late.count", json!([7])).await["result"], 7);
        late.stop().await?;
    }
    Ok(())
}

#[pulsar::test]
async fn a_batch_is_worked_on_at_once_and_has_an_end() -> Result<()> {
    let (_desk, rpc) = desk().await?;
    let one = |id: u64| json!({"jsonrpc": "2.0", "method": "desk.rest", "params": [400], "id": id});
    let began = Instant::now();
    let answers = value(&rpc, (0..100).map(one).collect()).await;
    assert!(began.elapsed() < Duration::from_secs(30), "a hundred one after the other take 40 s");
    let ids: Vec<_> = answers.as_array().into_iter().flatten().map(|answer| answer["id"].as_u64()).collect();
    assert_eq!(ids, (0..100).map(Some).collect::<Vec<_>>());
    let refused = value(&rpc, (0..101).map(one).collect()).await;
    let error = json!({"code": -32600, "message": "Invalid Request", "data": "a batch has at most 100 requests"});
    assert_eq!(refused, json!({"jsonrpc": "2.0", "error": error, "id": null}));
    Ok(())
}

#[pulsar::test]
async fn what_is_told_is_heard_whatever_comes_of_it() -> Result<()> {
    let (desk, rpc) = desk().await?;
    for (method, params) in [
        ("desk.count", json!([5])),
        ("desk.count", json!(["x"])),
        ("desk.count", json!([101])),
        ("desk.nothing", json!([])),
        ("rpc.discover", json!([])),
    ] {
        assert_eq!(
            rpc.handle(json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string().as_bytes()).await,
            None
        );
    }
    until("it was counted", SOON, async || desk.count(0).await == Ok(5)).await;
    Ok(())
}

#[pulsar::test]
async fn ids_come_back_as_they_were() -> Result<()> {
    let (_desk, rpc) = desk().await?;
    for id in
        ["0", "-1", "1.5", "1e400", "null", "\"\"", r#""\ud83d\ude00 é\n""#, "123456789012345678901234567890123456789"]
    {
        let sent = format!(r#"{{"id":{id},"jsonrpc":"2.0","method":"desk.count","params":[0]}}"#);
        let expected = format!(r#"{{"jsonrpc":"2.0","result":0,"id":{id}}}"#);
        assert_eq!(answer(&rpc, sent).await.as_deref(), Some(expected.as_str()));
    }
    Ok(())
}

#[pulsar::test]
async fn what_is_mounted_is_described() -> Result<()> {
    let (desk, rpc) = desk().await?;
    let rpc = rpc.mount_only("one", &desk, ["count"]).mount_name("nobody", "nobody").about("desks", "1.2");
    let document = call(&rpc, "rpc.discover", json!([])).await["result"].take();
    assert_eq!(document["info"], json!({"title": "desks", "version": "1.2"}));
    assert_eq!(document["x-absent"], json!(["nobody"]));
    let names: Vec<_> = document["methods"].as_array().into_iter().flatten().map(|it| it["name"].clone()).collect();
    assert_eq!(
        names,
        ["desk.count", "desk.secret_error", "desk.secret_panic", "desk.rest", "desk.unspeakable", "one.count"]
    );
    assert_eq!(document["methods"][0]["summary"], "Counts.");
    assert_eq!(document["methods"][0]["errors"][0]["data"]["title"], "Trouble");
    Ok(())
}
