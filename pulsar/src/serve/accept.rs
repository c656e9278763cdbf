//! The accept loop: from a listener to connections that are served.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};

use super::hooks::Lost;
use super::listener::Listener;
use super::{Connection, ConnectionInfo, Draining, Hooks, Local, Meter, PeerAddr, Stream, Streams};
use crate::actor::Core;
use crate::scope;

/// How long nothing is accepted after an error that another try would meet again: no descriptors, no memory.
const PAUSE: Duration = Duration::from_millis(50);

/// How often at most that is said.
const SAY: Duration = Duration::from_secs(5);

/// How long a TLS handshake may take.
#[cfg(feature = "tls")]
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What a worker's connections have in common.
pub(super) struct Desk {
    pub(super) core: Rc<Core>,
    pub(super) streams: Rc<dyn Streams>,
    pub(super) hooks: Rc<Hooks>,
    pub(super) meter: Rc<Meter>,
    pub(super) draining: Draining,
    pub(super) max_connections: u64,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<tokio_rustls::TlsAcceptor>,
}

/// Accepts until the worker drains.
pub(super) async fn accept(desk: Rc<Desk>, listener: Listener) {
    let local = listener.address();
    let mut said: Option<Instant> = None;
    let mut begun = std::pin::pin!(desk.draining.begun());
    loop {
        let next = std::pin::pin!(async {
            desk.meter.below(desk.max_connections).await;
            listener.accept().await
        });
        let accepted = match select(begun, next).await {
            // What waits in the socket's queue is for the other workers: it is theirs as well.
            Either::Left(_) => return,
            Either::Right((accepted, still)) => {
                begun = still;
                accepted
            }
        };
        match accepted {
            Ok((stream, peer)) => take(&desk, stream, peer, &local),
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                if said.is_none_or(|at| at.elapsed() >= SAY) {
                    said = Some(Instant::now());
                    tracing::error!(target: "pulsar::serve", %local, "cannot accept: {error}; trying again");
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Whether it is about one connection only, which is gone.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted, PermissionDenied, TimedOut,
    };
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted | PermissionDenied | TimedOut
    )
}

fn take(desk: &Rc<Desk>, stream: Stream, peer: PeerAddr, local: &PeerAddr) {
    let open = desk.meter.open(&desk.draining);
    let info = Arc::new(ConnectionInfo { number: open.number, peer, local: local.clone(), since: Instant::now() });
    let (desk, core) = (desk.clone(), desk.core.clone());
    let serving = Box::pin(async move {
        // Fields are dropped in this order: the hook hears before the connection no longer counts.
        let _open = open;
        let _lost = Lost::new(&desk.hooks, &info);
        #[cfg(feature = "tls")]
        let stream = match &desk.tls {
            None => stream,
            Some(acceptor) => match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => Stream::tls(stream.into()),
                Ok(Err(error)) => {
                    tracing::debug!(target: "pulsar::serve", peer = %info.peer, "the TLS handshake failed: {error}");
                    return;
                }
                Err(_) => return,
            },
        };
        let connection = Connection { stream, info, meter: desk.meter.clone(), draining: desk.draining.clone() };
        desk.streams.clone().serve(connection).await;
    });
    as_actor(&core, serving);
}

/// Runs what has code of the application in it as this actor: `current()` and `find` work there.
pub(crate) fn as_actor(core: &Rc<Core>, mut task: Local<()>) {
    let core = core.clone();
    tokio::task::spawn_local(std::future::poll_fn(move |cx| scope::enter(&core, || task.as_mut().poll(cx))));
}

/// Counts a connection, or a datagram that is being handled, as open.
pub(crate) struct Open {
    meter: Rc<Meter>,
    number: u64,
    _busy: super::Busy,
}

impl Meter {
    /// One more is open, until this is dropped.
    pub(crate) fn open(self: &Rc<Self>, draining: &Draining) -> Open {
        Open { number: self.opened(), meter: self.clone(), _busy: draining.hold() }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.meter.closed(self.number);
    }
}
