//! TCP, Unix and UDP servers by supervised workers, and a pool of connections for their clients.
//!
//! ```no_run
//! use pulsar::socket::{AsyncReadExt, AsyncWriteExt, Stream};
//!
//! #[pulsar::socket]
//! async fn echo(mut stream: Stream) -> std::io::Result<()> {
//!     let mut bytes = [0; 4096];
//!     loop {
//!         match stream.read(&mut bytes).await? {
//!             0 => return Ok(()),
//!             count => stream.write_all(&bytes[..count]).await?,
//!         }
//!     }
//! }
//!
//! #[pulsar::main]
//! async fn main() -> pulsar::Result<()> {
//!     echo().bind("127.0.0.1:8060,unix:/tmp/echo.sock").run().await
//! }
//! ```
//!
//! The function serves one connection, in a worker, beside many others; a connection on which nothing moves for `keep_alive` is closed. Its
//! error is logged, its panic ends this connection alone.
//!
//! When the worker is to end, a stream that has nothing more to read and has been quiet for a second comes to its end, as if the client had
//! closed it: a server that ends then loses nothing. What goes on after `exit_timeout` is broken off.

mod client;
mod datagram;

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
pub use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

pub use client::{Client, Pooled};
pub use datagram::Datagram;
#[doc(hidden)]
pub use datagram::make as make_datagrams;

pub use crate::serve::Stream;

use crate::config::Settings;
use crate::error::Error;
use crate::serve::{Care, Connection, Hooks, Local, Made, Meter, Service, Streams, looks};

/// How long a stream is left alone once its worker drains: what is on its way is served.
const LINGER: Duration = Duration::from_secs(1);

/// What a function that serves may return: nothing, or a `Result` whose error is logged.
///
/// ```
/// fn is_outcome<T: pulsar::socket::Outcome>(_: T) {}
/// is_outcome(Ok::<(), std::io::Error>(()));
/// ```
#[diagnostic::on_unimplemented(
    message = "a function that serves cannot return `{Self}`",
    label = "return nothing, or a `Result` of nothing"
)]
pub trait Outcome {
    /// What is to be logged.
    fn trouble(self) -> Option<String>;
}

impl Outcome for () {
    fn trouble(self) -> Option<String> {
        None
    }
}

impl<E: fmt::Display> Outcome for Result<(), E> {
    fn trouble(self) -> Option<String> {
        self.err().map(|error| error.to_string())
    }
}

struct Handler<F> {
    handle: F,
    settings: Settings,
}

/// Makes the service of a worker, of the function under `#[pulsar::socket]`.
#[doc(hidden)]
pub async fn make<F, B>(handle: F, settings: Settings, hooks: Hooks) -> Result<Made, Error>
where
    F: Fn(Stream) -> B + 'static,
    B: Future<Output: Outcome> + 'static,
{
    let handler = Rc::new(Handler { handle, settings });
    Ok(Made { make: Box::new(move |_: &Rc<Meter>| Service::Streams(handler)), hooks })
}

impl<F, B> Streams for Handler<F>
where
    F: Fn(Stream) -> B + 'static,
    B: Future<Output: Outcome> + 'static,
{
    fn serve(self: Rc<Self>, connection: Connection) -> Local<()> {
        let Connection { mut stream, info, meter, draining } = connection;
        let limit = looks(self.settings.keep_alive);
        let care = Care::new(meter.watch(info.number, limit), limit);
        stream.cared_for(care.clone());
        let serving = std::panic::AssertUnwindSafe((self.handle)(stream)).catch_unwind();
        Box::pin(async move {
            let mut serving = pin!(serving);
            let drained = pin!(async {
                draining.begun().await;
                // What moved before does not count.
                care.was_quiet();
                loop {
                    tokio::time::sleep(LINGER).await;
                    if care.was_quiet() {
                        break;
                    }
                }
            });
            let late = pin!(care.late());
            let ended = match select(&mut serving, select(drained, late)).await {
                Either::Left((ended, _)) => Some(ended),
                Either::Right((Either::Right(_), _)) => None,
                Either::Right((Either::Left(((), late)), _)) => {
                    care.close();
                    match select(&mut serving, late).await {
                        Either::Left((ended, _)) => Some(ended),
                        Either::Right(_) => None,
                    }
                }
            };
            meter.count_request();
            if let Some(Ok(outcome)) = ended
                && let Some(trouble) = outcome.trouble()
            {
                tracing::warn!(target: "pulsar::serve", peer = %info.peer, "a connection ended: {trouble}");
            }
        })
    }
}
