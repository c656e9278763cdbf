//! Tunnels: what comes on one side goes out on the other, until both have ended.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use pulsar::Draining;
use pulsar::http::{Body, Request, Response, StatusCode};
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;

use crate::refused;
use crate::rules::Rules;

type Failed = Box<dyn Error + Send + Sync>;

/// Answers `CONNECT host:port`.
pub(crate) async fn open(rules: &Rules, timeout: Duration, mut request: Request) -> Response {
    let to = request.uri().authority().and_then(|it| Some((it.host().to_string(), it.port_u16()?)));
    let Some((host, port)) = to else {
        return refused(StatusCode::BAD_REQUEST, "CONNECT is told a host and a port");
    };
    if !rules.allow(&host, port) {
        return refused(StatusCode::FORBIDDEN, "no tunnel may lead there");
    }
    let bare = host.trim_matches(['[', ']']);
    let server = match tokio::time::timeout(timeout, TcpStream::connect((bare, port))).await {
        Ok(Ok(server)) => server,
        Ok(Err(error)) => return refused(StatusCode::BAD_GATEWAY, &error.to_string()),
        Err(_) => return refused(StatusCode::GATEWAY_TIMEOUT, "no connection in time"),
    };
    // Whoever sends little at a time wants it there at once. Refused only where the connection has ended.
    let _ = server.set_nodelay(true);
    let draining = request.extensions().get::<Draining>().cloned().unwrap_or_default();
    let client = hyper::upgrade::on(&mut request);
    let opened = async move {
        let (mut client, mut server) = (TokioIo::new(client.await?), server);
        Ok::<_, Failed>(copy_bidirectional(&mut client, &mut server).await?)
    };
    hold(&draining, opened);
    Response::new(Body::empty())
}

/// Joins two connections that are both about to change their protocol.
pub(crate) fn join<F>(draining: &Draining, both: F)
where
    F: Future<Output = Result<(hyper::upgrade::Upgraded, hyper::upgrade::Upgraded), hyper::Error>> + Send + 'static,
{
    hold(draining, async move {
        let (client, server) = both.await?;
        Ok(copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(server)).await?)
    });
}

/// Runs a tunnel; its worker ends no earlier, unless it takes longer than `exit_timeout`.
fn hold(draining: &Draining, tunnel: impl Future<Output = Result<(u64, u64), Failed>> + Send + 'static) {
    let busy = draining.hold();
    tokio::spawn(async move {
        match tunnel.await {
            Ok((up, down)) => tracing::debug!(up, down, "a tunnel has ended"),
            // One side has gone, as they do.
            Err(error) => tracing::debug!("a tunnel broke: {error}"),
        }
        drop(busy);
    });
}
