//! The `calculator` calculates, says what it can, says what is wrong, and lives through the death of who calculates.

use std::time::Duration;

use pulsar::rpc::{Client, ClientError, ErrorKind};
use serde_json::{Value, json};

use rustix::process::Signal;

use crate::served::{Served, until};

/// Runs a test with a client of a calculator of two workers.
fn with_calculator(test: impl AsyncFn(&Client, &Served)) {
    let mut served = Served::start(env!("CARGO_BIN_EXE_calculator"), 2);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = Client::new(&format!("http://{}", served.at)).unwrap().timeout(Duration::from_secs(20));
        test(&client, &served).await;
    });
    served.signal(Signal::TERM);
    assert!(served.ended().success());
}

async fn kind(client: &Client, method: &str, params: Value) -> (ErrorKind, Option<Value>) {
    match client.call::<Value>(method, params).await {
        Err(ClientError::Rpc(error)) => (error.kind().unwrap(), error.data),
        other => panic!("{method}: {other:?}"),
    }
}

#[test]
fn it_calculates() {
    with_calculator(async |client, _| {
        for (method, a, b, result) in [
            ("calc.add", 3.0, 4.0, 7.0),
            ("calc.subtract", 546.0, 46.0, 500.0),
            ("calc.multiply", 3.0, 9.0, 27.0),
            ("calc.divide", 50.0, 25.0, 2.0),
            ("calc.divide", -1.0, 8.0, -0.125),
        ] {
            assert_eq!(client.call::<f64>(method, (a, b)).await.unwrap(), result, "{method}");
            assert_eq!(client.call::<f64>(method, json!({"b": b, "a": a})).await.unwrap(), result, "{method}");
        }
        assert_eq!(client.call::<f64>("calc.mean", [[1, 2, 6]]).await.unwrap(), 3.0);
    });
}

#[test]
fn it_says_what_it_can() {
    with_calculator(async |client, _| {
        let document: Value = client.call("rpc.discover", ()).await.unwrap();
        assert_eq!(document["info"]["title"], "calculator");
        let methods = document["methods"].as_array().unwrap();
        let names: Vec<_> = methods.iter().map(|method| method["name"].as_str().unwrap()).collect();
        let expected = ["add", "subtract", "multiply", "divide", "mean", "process", "crash"];
        assert_eq!(names, expected.map(|name| format!("calc.{name}")));
        assert_eq!(methods[0]["summary"], "Adds two numbers.");
        assert_eq!(methods[3]["errors"][0]["data"]["title"], "Undefined");
    });
}

#[test]
fn it_says_what_is_wrong() {
    with_calculator(async |client, served| {
        assert_eq!(kind(client, "calc.root", json!([4])).await.0, ErrorKind::MethodNotFound);
        assert_eq!(kind(client, "add", json!([3, 4])).await.0, ErrorKind::MethodNotFound);
        for (params, text) in [
            (json!([40]), "parameter `b` of `add` is missing"),
            (json!([1, 2, 3]), "`add` takes 2 parameters, not 3"),
            (json!({"a": 1, "c": 2}), "`add` has no parameter `c`: it takes `a`, `b`"),
            (json!(["x", 2]), r#"parameter `a` of `add`: invalid type: string "x", expected f64"#),
        ] {
            let expected = (ErrorKind::InvalidParams, Some(json!(text)));
            assert_eq!(kind(client, "calc.add", params).await, expected);
        }
        let undefined = (ErrorKind::Command, Some(json!({"DivisionByZero": {"dividend": 3.0}})));
        assert_eq!(kind(client, "calc.divide", json!([3, 0])).await, undefined);
        assert_eq!(kind(client, "calc.mean", json!([[]])).await, (ErrorKind::Command, Some(json!("EmptyMean"))));
        let elsewhere = Client::new(&format!("http://{}/elsewhere", served.at)).unwrap();
        assert!(matches!(elsewhere.call::<f64>("calc.add", (1, 2)).await, Err(ClientError::Status(404))));
    });
}

#[test]
fn it_takes_batches_of_three_shapes() {
    with_calculator(async |client, _| {
        // Calls of one method.
        let mut batch = client.batch();
        let sums: Vec<_> = (0..50).map(|n| batch.call::<f64>("calc.add", (n, 1)).unwrap()).collect();
        let mut answers = batch.send().await.unwrap();
        for (n, sum) in sums.into_iter().enumerate() {
            assert_eq!(answers.take(sum).unwrap(), n as f64 + 1.0);
        }
        // Calls of several methods, one of which fails.
        let mut batch = client.batch();
        let sum = batch.call::<f64>("calc.add", (1, 2)).unwrap();
        let quotient = batch.call::<f64>("calc.divide", (1, 0)).unwrap();
        let product = batch.call::<f64>("calc.multiply", json!({"a": 2, "b": 3})).unwrap();
        let mut answers = batch.send().await.unwrap();
        assert_eq!(answers.take(sum).unwrap(), 3.0);
        assert_eq!(answers.take(product).unwrap(), 6.0);
        assert!(
            matches!(answers.take(quotient), Err(ClientError::Rpc(error)) if error.kind() == Some(ErrorKind::Command))
        );
        // Calls and notifications; notifications alone.
        let mut batch = client.batch();
        batch.notify("calc.add", (1, 2)).unwrap();
        let difference = batch.call::<f64>("calc.subtract", (1, 2)).unwrap();
        assert_eq!(batch.send().await.unwrap().take(difference).unwrap(), -1.0);
        let mut batch = client.batch();
        batch.notify("calc.add", (1, 2)).unwrap();
        batch.send().await.unwrap();
    });
}

#[test]
fn it_speaks_over_websocket_too() {
    with_calculator(async |_, served| {
        let mut socket = pulsar::ws::connect(format!("ws://{}/ws", served.at)).await.unwrap();
        socket.send(r#"{"jsonrpc":"2.0","method":"calc.multiply","params":[6,7],"id":"x"}"#).await.unwrap();
        let answer = socket.recv().await.unwrap();
        assert_eq!(answer.as_text(), Some(r#"{"jsonrpc":"2.0","result":42.0,"id":"x"}"#));
    });
}

#[test]
fn who_dies_is_replaced_and_the_others_go_on() {
    with_calculator(async |client, served| {
        let mut processes = std::collections::BTreeSet::new();
        while processes.len() < 2 {
            processes.insert(client.call::<u32>("calc.process", ()).await.unwrap());
        }
        let (kind, data) = kind(client, "calc.crash", json!([])).await;
        assert_eq!(kind, ErrorKind::ActorDied);
        assert!(["yes", "unknown"].contains(&data.unwrap()["started"].as_str().unwrap()));
        // These are idempotent: none fails, whoever dies.
        let calls = (0..100).map(|n| async move { client.call::<f64>("calc.add", (n, n)).await.unwrap() });
        let sums = futures_util::future::join_all(calls).await;
        assert_eq!(sums[99], 198.0);
        let again = || served.said.lock().unwrap().contains("is started again").then_some(());
        until("another takes its place", again);
        let mut now = std::collections::BTreeSet::new();
        while now.len() < 2 {
            now.insert(client.call::<u32>("calc.process", ()).await.unwrap());
        }
        assert_eq!(now.intersection(&processes).count(), 1, "{processes:?} {now:?}");
    });
}
