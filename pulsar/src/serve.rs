//! What serves sockets: the worker of an application, its listeners, its connections and their end.
//!
//! Must not know HTTP or any other protocol: what is spoken on a connection, a [`Service`] knows.

mod accept;
mod drain;
mod hooks;
mod listener;
mod meter;
mod stream;
#[cfg(feature = "tls")]
mod tls;
mod worker;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::net::UdpSocket;

pub(crate) use accept::as_actor;
pub use drain::{Busy, Draining};
pub use hooks::{ConnectionInfo, Hooks};
pub(crate) use listener::open;
pub(crate) use meter::{Meter, Watched, looks};
pub(crate) use stream::Care;
pub use stream::{PeerAddr, Stream};
pub(crate) use worker::{Worker, WorkerProxy};

use crate::config::Settings;
use crate::error::Error;
use crate::message::{DecodeError, Decoder, EncodeError, Encoder};

/// A future that stays on its thread.
pub(crate) type Local<T> = Pin<Box<dyn Future<Output = T>>>;

/// A connection that was accepted.
pub(crate) struct Connection {
    pub(crate) stream: Stream,
    pub(crate) info: Arc<ConnectionInfo>,
    /// What its worker counts.
    pub(crate) meter: Rc<Meter>,
    pub(crate) draining: Draining,
}

/// What is spoken on the connections of a worker.
pub(crate) trait Streams {
    /// What is offered by ALPN, where there is TLS.
    fn protocols(&self) -> &'static [&'static [u8]] {
        &[]
    }

    /// Speaks, until the connection is over. Ends soon once the worker drains.
    fn serve(self: Rc<Self>, connection: Connection) -> Local<()>;
}

/// What is done with the datagrams of a worker.
pub(crate) trait Datagrams {
    /// Receives and answers, until the worker drains.
    fn serve(self: Rc<Self>, socket: UdpSocket, meter: Rc<Meter>, draining: Draining) -> Local<()>;
}

/// What a worker serves.
pub(crate) enum Service {
    Streams(Rc<dyn Streams>),
    Datagrams(Rc<dyn Datagrams>),
}

/// Makes the service, once there is something to count with.
type Finish = Box<dyn FnOnce(&Rc<Meter>) -> Service>;

/// A service as its worker has made it.
pub struct Made {
    pub(crate) make: Finish,
    pub(crate) hooks: Hooks,
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Made")
    }
}

/// Makes a service in its worker, of the arguments that have travelled there.
pub(crate) type Make = fn(&[u8], Settings) -> Making;

/// A service that is being made.
pub type Making = Pin<Box<dyn Future<Output = Result<Made, Error>>>>;

/// The registration of one service. Written by the macros.
pub struct ServiceEntry {
    path: &'static str,
    make: Make,
}

impl fmt::Debug for ServiceEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServiceEntry").field(&self.path).finish()
    }
}

impl ServiceEntry {
    /// The service that the function at `path` makes.
    pub const fn new(path: &'static str, make: Make) -> Self {
        Self { path, make }
    }
}

inventory::collect!(ServiceEntry);

/// How the service of this path is made, if its crate is linked.
fn find(path: &str) -> Option<Make> {
    inventory::iter::<ServiceEntry>.into_iter().find(|entry| entry.path == path).map(|entry| entry.make)
}

/// The arguments of a service, as they travel.
pub fn encode_arguments(put: impl FnOnce(&mut Encoder<'_>) -> Result<(), EncodeError>) -> Result<Bytes, String> {
    let mut out = BytesMut::new();
    match put(&mut Encoder::new(&mut out)) {
        Ok(()) => Ok(out.freeze()),
        Err(error) => Err(error.to_string()),
    }
}

/// The same where they have come.
pub fn decode_arguments<T>(
    bytes: &[u8],
    take: impl FnOnce(&mut Decoder<'_>) -> Result<T, DecodeError>,
) -> Result<T, Error> {
    let mut input = Decoder::new(bytes);
    let arguments = take(&mut input)?;
    input.finish()?;
    Ok(arguments)
}
