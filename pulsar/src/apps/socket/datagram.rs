//! Datagrams: received by all workers from one socket, each handled by itself.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use tokio::net::UdpSocket;

use super::Outcome;
use crate::config::Settings;
use crate::error::Error;
use crate::serve::{Datagrams, Draining, Hooks, Local, Made, Meter, Service, as_actor};

/// The largest datagram there is.
const MAX: usize = 65_535;

/// How long nothing is received after an error.
const PAUSE: Duration = Duration::from_millis(1);

/// One datagram that came.
///
/// ```
/// async fn shout(datagram: pulsar::socket::Datagram) -> std::io::Result<()> {
///     println!("{} says {:?}", datagram.peer(), datagram.bytes());
///     datagram.reply(&datagram.bytes().to_ascii_uppercase()).await
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Datagram {
    bytes: Bytes,
    peer: SocketAddr,
    socket: Arc<UdpSocket>,
}

impl Datagram {
    /// What it says.
    ///
    /// ```
    /// # fn doc(datagram: pulsar::socket::Datagram) {
    /// println!("{}", datagram.bytes().len());
    /// # }
    /// ```
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Who sent it, as far as that can be known of a datagram.
    ///
    /// ```
    /// # fn doc(datagram: pulsar::socket::Datagram) {
    /// println!("{}", datagram.peer());
    /// # }
    /// ```
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Sends a datagram back, from the address it came to. It may be lost, as any.
    ///
    /// # Errors
    ///
    /// What the system says, such as that it is too long.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it was sent whole or not at all.
    ///
    /// ```
    /// # async fn doc(datagram: pulsar::socket::Datagram) -> std::io::Result<()> {
    /// datagram.reply(b"yes").await
    /// # }
    /// ```
    pub async fn reply(&self, bytes: &[u8]) -> io::Result<()> {
        self.socket.send_to(bytes, self.peer).await.map(drop)
    }
}

struct Handler<F> {
    handle: F,
    at_once: u64,
}

/// Makes the service of a worker, of the function under `#[pulsar::udp]`.
#[doc(hidden)]
pub async fn make<F, B>(handle: F, settings: Settings, hooks: Hooks) -> Result<Made, Error>
where
    F: Fn(Datagram) -> B + 'static,
    B: Future<Output: Outcome> + 'static,
{
    let handler = Rc::new(Handler { handle, at_once: u64::from(settings.max_connections) });
    Ok(Made { make: Box::new(move |_: &Rc<Meter>| Service::Datagrams(handler)), hooks })
}

impl<F, B> Datagrams for Handler<F>
where
    F: Fn(Datagram) -> B + 'static,
    B: Future<Output: Outcome> + 'static,
{
    fn serve(self: Rc<Self>, socket: UdpSocket, meter: Rc<Meter>, draining: Draining) -> Local<()> {
        Box::pin(async move {
            let socket = Arc::new(socket);
            let mut buffer = BytesMut::new();
            let mut begun = pin!(draining.begun());
            loop {
                buffer.reserve(MAX);
                let received = {
                    let next = pin!(async {
                        // What is not received meanwhile waits in the socket, as much as that takes.
                        meter.below(self.at_once).await;
                        socket.recv_buf_from(&mut buffer).await
                    });
                    match select(begun, next).await {
                        Either::Left(_) => return,
                        Either::Right((received, still)) => {
                            begun = still;
                            received
                        }
                    }
                };
                // An error here is news of a datagram that was sent before: nobody receives at its address.
                let Ok((_, peer)) = received else {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                };
                // A copy: what is kept is as long as what came, not as what might have.
                let datagram = Datagram { bytes: Bytes::copy_from_slice(&buffer), peer, socket: socket.clone() };
                buffer.clear();
                let open = meter.open(&draining);
                let handled = std::panic::AssertUnwindSafe((self.handle)(datagram)).catch_unwind();
                let done = meter.clone();
                as_actor(
                    meter.core(),
                    Box::pin(async move {
                        if let Ok(outcome) = handled.await
                            && let Some(trouble) = outcome.trouble()
                        {
                            tracing::warn!(target: "pulsar::serve", %peer, "a datagram was not handled: {trouble}");
                        }
                        done.count_request();
                        drop(open);
                    }),
                );
            }
        })
    }
}
