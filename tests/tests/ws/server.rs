//! The server that the tests talk to: what it does at which path. Knows nothing of frames.

use std::net::SocketAddr;
use std::time::Duration;

use axum::{Router, response::Response, routing::any};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use pulsar::ws::{CloseCode, Options, Refused, Upgrade, WebSocket};
use tokio::net::TcpListener;

/// Serves a router on a port of its own.
pub(crate) async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let service = TowerToHyperService::new(router.clone());
            tokio::spawn(async move {
                let mut builder = Builder::new(TokioExecutor::new());
                builder.http2().enable_connect_protocol();
                // What a client breaks is its own.
                let _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

/// An echo with these options, at each path.
pub(crate) async fn echo(options: Options) -> SocketAddr {
    serve(Router::new().fallback(any(move |upgrade: Upgrade| {
        let options = options.clone();
        async move { upgrade.options(options).on_upgrade(send_back) }
    })))
    .await
}

/// Sends back what comes.
pub(crate) async fn send_back(mut socket: WebSocket) {
    while let Ok(message) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
}

/// One that does what its path says.
pub(crate) async fn odd() -> SocketAddr {
    let router = Router::new()
        .route(
            "/same",
            any(async |upgrade: Upgrade| Ok::<Response, Refused>(upgrade.same_origin()?.on_upgrade(send_back))),
        )
        .route("/leave", any(async |upgrade: Upgrade| upgrade.on_upgrade(async |_socket| {})))
        .route(
            "/close",
            any(async |upgrade: Upgrade| {
                upgrade.on_upgrade(async |socket| {
                    socket.send("last").await.unwrap();
                    socket.close(4321.into(), "é".repeat(100)).await;
                })
            }),
        )
        .route(
            "/panic",
            any(async |upgrade: Upgrade| {
                upgrade.on_upgrade(async |mut socket| {
                    let message = socket.recv().await.unwrap();
                    panic!("{message:?} is a panic that a test asked for");
                })
            }),
        )
        .route(
            // Reads only when told to, and says what it has read.
            "/slow",
            any(async |upgrade: Upgrade| {
                upgrade.options(Options::new().read_buffer(4096)).on_upgrade(async |mut socket| {
                    tokio::time::sleep(Duration::from_millis(700)).await;
                    let mut count = 0;
                    while let Ok(message) = socket.recv().await {
                        count += 1;
                        if message.as_text() == Some("count") {
                            socket.send(count.to_string()).await.unwrap();
                        }
                    }
                })
            }),
        )
        .route(
            // Sends without end, and says how that ended to whoever asks for it.
            "/flood",
            any(async |upgrade: Upgrade| {
                let options = Options::new().write_buffer(64 << 10).write_timeout(Duration::from_millis(500));
                upgrade.options(options).on_upgrade(async |socket| {
                    let text = "x".repeat(4096);
                    while socket.send(text.clone()).await.is_ok() {}
                    let closed = socket.close(CloseCode::NORMAL, "").await;
                    ENDS.lock().unwrap().push(closed.reason);
                })
            }),
        );
    serve(router).await
}

/// How the floods of this process ended.
pub(crate) static ENDS: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());
