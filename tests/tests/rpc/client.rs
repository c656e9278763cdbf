//! The client: values and errors with their types, batches, kept connections, and servers that misbehave.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use pulsar::prelude::*;
use pulsar::rpc::{Client, ClientError, ErrorKind};
use pulsar_tests::SOON;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::examples;
use crate::server::Server;

#[derive(serde::Serialize)]
struct Subtract {
    subtrahend: i64,
    minuend: i64,
}

#[pulsar::test]
async fn calls_bring_values_and_errors_with_their_types() -> Result<()> {
    let server = Server::start(examples().await?).await;
    let client = Client::new(&server.url())?;
    assert_eq!(client.call::<i64>("subtract", (42, 23)).await?, 19);
    assert_eq!(client.call::<i64>("subtract", Subtract { subtrahend: 23, minuend: 42 }).await?, 19);
    assert_eq!(client.call::<(String, u8)>("get_data", ()).await?, ("hello".into(), 5));
    client.notify("notify_hello", [7]).await?;
    client.notify("nothing", ()).await?;
    assert_eq!(client.call::<Vec<String>>("heard", ()).await?, ["hello 7"]);
    for (error, kind) in [
        (client.call::<i64>("nothing", ()).await, ErrorKind::MethodNotFound),
        (client.call::<i64>("subtract", [1]).await, ErrorKind::InvalidParams),
    ] {
        match error {
            Err(ClientError::Rpc(error)) => assert_eq!(error.kind(), Some(kind)),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(client.call::<String>("subtract", (42, 23)).await, Err(ClientError::Value(_))));
    assert!(matches!(client.call::<i64>("subtract", 42).await, Err(ClientError::Params(_))));
    // One after the other, so one connection is enough.
    assert_eq!(server.connections.load(Ordering::Relaxed), 1);
    Ok(())
}

#[pulsar::test]
async fn batches_of_three_shapes_are_answered() -> Result<()> {
    let server = Server::start(examples().await?.max_batch(3)).await;
    let client = Client::new(&server.url())?;
    // Calls, good and bad.
    let mut batch = client.batch();
    let sum = batch.call::<i64>("sum", (1, 2, 4))?;
    let missing = batch.call::<i64>("nothing", ())?;
    let data = batch.call::<(String, i64)>("get_data", ())?;
    let mut answers = batch.send().await?;
    assert_eq!(answers.take(data)?, ("hello".into(), 5));
    assert_eq!(answers.take(sum)?, 7);
    assert!(matches!(answers.take(missing), Err(ClientError::Rpc(error)) if error.code == -32601));
    assert!(matches!(answers.take(sum), Err(ClientError::Protocol(_))), "an answer is taken once");
    // Calls and notifications.
    let mut batch = client.batch();
    batch.notify("notify_hello", [1])?;
    let sum = batch.call::<i64>("sum", (1, 1, 1))?;
    assert_eq!(batch.send().await?.take(sum)?, 3);
    // Notifications alone, and nothing at all.
    let mut batch = client.batch();
    batch.notify("notify_hello", [2])?;
    batch.send().await?;
    client.batch().send().await?;
    assert_eq!(client.call::<Vec<String>>("heard", ()).await?, ["hello 1", "hello 2"]);
    // Too many.
    let mut batch = client.batch();
    for n in 0..4 {
        batch.call::<i64>("sum", (n, n, n))?;
    }
    assert!(
        matches!(batch.send().await, Err(ClientError::Rpc(error)) if error.kind() == Some(ErrorKind::InvalidRequest))
    );
    Ok(())
}

#[pulsar::test]
async fn many_calls_at_once_are_all_answered() -> Result<()> {
    let server = Server::start(examples().await?).await;
    let client = Client::new(&server.url())?;
    for _ in 0..3 {
        let calls = (0..100).map(|n| {
            let client = client.clone();
            async move { client.call::<i64>("subtract", (n, 1)).await.map(|value| (n, value)) }
        });
        for answer in futures_util::future::join_all(calls).await {
            let (n, value) = answer?;
            assert_eq!(value, n - 1);
        }
    }
    assert!(server.connections.load(Ordering::Relaxed) < 300, "some were kept");
    Ok(())
}

/// A server that says this to each connection, and closes it.
async fn misbehaving(says: &'static str) -> Result<Client> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = Client::new(&format!("http://{}/", listener.local_addr()?))?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(says.as_bytes()).await;
        }
    });
    Ok(client)
}

#[pulsar::test]
async fn servers_that_misbehave_are_errors() -> Result<()> {
    let status = misbehaving("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await?;
    assert!(matches!(status.call::<u8>("a", ()).await, Err(ClientError::Status(404))));
    for says in [
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<ok>",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{\"jsonrpc\":\"2.0\",\"result\":1,\"id\":1000000}",
        "HTTP/1.1 204 No Content\r\n\r\n",
    ] {
        let answer = misbehaving(says).await?.call::<u8>("a", ()).await;
        assert!(matches!(answer, Err(ClientError::Protocol(_))), "{says}: {answer:?}");
    }
    for says in ["", "SMTP ready\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"] {
        let answer = misbehaving(says).await?.call::<u8>("a", ()).await;
        assert!(matches!(answer, Err(ClientError::Io(_))), "{says}: {answer:?}");
    }
    let unbound = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let nobody = Client::new(&format!("http://{unbound}"))?.call::<u8>("a", ()).await;
    assert!(matches!(nobody, Err(ClientError::Io(_))), "{nobody:?}");
    Ok(())
}

#[pulsar::test]
async fn each_call_ends() -> Result<()> {
    // It listens, and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = Client::new(&format!("http://{}", listener.local_addr()?))?.timeout(Duration::from_millis(100));
    let began = Instant::now();
    assert!(matches!(client.call::<u8>("a", ()).await, Err(ClientError::Timeout { .. })));
    assert!(matches!(client.notify("a", ()).await, Err(ClientError::Timeout { .. })));
    assert!(began.elapsed() < SOON);
    Ok(())
}

#[pulsar::test]
async fn a_kept_connection_that_was_closed_is_replaced() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = Client::new(&format!("http://{}", listener.local_addr()?))?;
    let server = tokio::spawn(async move {
        let mut connections = 0;
        while connections < 5 {
            let Ok((mut stream, _)) = listener.accept().await else { break };
            connections += 1;
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap_or(0);
            let text = String::from_utf8_lossy(&request[..length]).into_owned();
            let id = text.rsplit("\"id\":").next().unwrap_or_default().trim_end_matches('}').to_string();
            let body = format!(r#"{{"jsonrpc":"2.0","result":1,"id":{id}}}"#);
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(answer.as_bytes()).await;
            // Kept by the client, closed by the server.
        }
        connections
    });
    for _ in 0..5 {
        assert_eq!(client.call::<u8>("a", ()).await?, 1);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.await?, 5);
    Ok(())
}

#[test]
fn an_address_is_one_of_http() {
    for wrong in
        ["", "localhost", "localhost:80", "https://localhost/", "http://", "/rpc", "http://a b/", "http://u:p@h/"]
    {
        assert!(matches!(Client::new(wrong), Err(ClientError::Url(_))), "{wrong}");
    }
    for right in ["http://localhost", "http://localhost:1/a?b=c", "http://[::1]:80/"] {
        assert!(Client::new(right).is_ok(), "{right}");
    }
}
