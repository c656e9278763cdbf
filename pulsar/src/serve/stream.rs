//! A connection as whoever serves it sees it, whatever it is made of.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use super::Watched;

/// The address of one end of a connection.
///
/// ```
/// let peer = pulsar::PeerAddr::Tcp("127.0.0.1:4711".parse().unwrap());
/// assert_eq!(peer.to_string(), "127.0.0.1:4711");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PeerAddr {
    /// An address of the internet.
    Tcp(SocketAddr),
    /// A socket file; most clients have none.
    Unix(Option<PathBuf>),
}

impl fmt::Display for PeerAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => fmt::Display::fmt(address, f),
            Self::Unix(Some(path)) => write!(f, "unix:{}", path.display()),
            Self::Unix(None) => f.write_str("unix:"),
        }
    }
}

/// A stream of bytes to a client: TCP or a Unix socket, with TLS or without.
///
/// It is read and written as any of tokio's.
///
/// ```
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// async fn echo(mut stream: pulsar::Stream) -> std::io::Result<()> {
///     let mut bytes = [0; 1024];
///     loop {
///         match stream.read(&mut bytes).await? {
///             0 => return Ok(()),
///             count => stream.write_all(&bytes[..count]).await?,
///         }
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Stream {
    inner: Inner,
    /// Who looks after it, where it is handed to somebody who does not know of that.
    care: Option<Arc<Care>>,
}

/// What a stream that is handed out tells whoever looks after it, and hears from them.
#[derive(Debug)]
pub(crate) struct Care {
    watched: Arc<Watched>,
    limit: u32,
    /// Whether something has moved since this was asked last.
    moved: AtomicBool,
    closed: AtomicBool,
    /// Whoever waits for something to read.
    reader: AtomicWaker,
}

impl Care {
    pub(crate) fn new(watched: Arc<Watched>, limit: u32) -> Arc<Self> {
        Arc::new(Self {
            watched,
            limit,
            moved: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            reader: AtomicWaker::new(),
        })
    }

    fn moves(&self) {
        self.moved.store(true, Ordering::Relaxed);
        self.watched.begin(self.limit);
    }

    /// Whether nothing has moved since this was asked last.
    pub(crate) fn was_quiet(&self) -> bool {
        !self.moved.swap(false, Ordering::Relaxed)
    }

    /// From now on there is nothing more to read than what has come.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.reader.wake();
    }

    /// Ends when nothing has moved for too long.
    pub(crate) async fn late(&self) {
        self.watched.late.notified().await;
    }
}

#[derive(Debug)]
enum Inner {
    Tcp(TcpStream),
    Unix(UnixStream),
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::TlsStream<Stream>>),
}

impl Stream {
    pub(crate) fn tcp(stream: TcpStream) -> Self {
        Self { inner: Inner::Tcp(stream), care: None }
    }

    pub(crate) fn unix(stream: UnixStream) -> Self {
        Self { inner: Inner::Unix(stream), care: None }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn tls(stream: tokio_rustls::TlsStream<Self>) -> Self {
        Self { inner: Inner::Tls(Box::new(stream)), care: None }
    }

    /// Somebody looks after it from now on.
    pub(crate) fn cared_for(&mut self, care: Arc<Care>) {
        self.care = Some(care);
    }

    /// Something has moved, or not.
    fn noted<T>(&self, polled: Poll<T>) -> Poll<T> {
        if let Some(care) = &self.care
            && polled.is_ready()
        {
            care.moves();
        }
        polled
    }

    /// Whether it is encrypted.
    ///
    /// ```
    /// # fn doc(stream: &pulsar::Stream) {
    /// println!("{}", stream.is_tls());
    /// # }
    /// ```
    pub fn is_tls(&self) -> bool {
        match &self.inner {
            #[cfg(feature = "tls")]
            Inner::Tls(_) => true,
            Inner::Tcp(_) | Inner::Unix(_) => false,
        }
    }

    /// The protocol that the client chose in the TLS handshake (ALPN), such as `h2`.
    ///
    /// ```
    /// # fn doc(stream: &pulsar::Stream) {
    /// println!("{:?}", stream.protocol());
    /// # }
    /// ```
    pub fn protocol(&self) -> Option<&[u8]> {
        match &self.inner {
            #[cfg(feature = "tls")]
            Inner::Tls(stream) => stream.get_ref().1.alpn_protocol(),
            Inner::Tcp(_) | Inner::Unix(_) => None,
        }
    }
}

macro_rules! each {
    ($stream:expr, $inner:ident => $do:expr) => {
        match &mut $stream.inner {
            Inner::Tcp($inner) => $do,
            Inner::Unix($inner) => $do,
            #[cfg(feature = "tls")]
            Inner::Tls($inner) => $do,
        }
    };
}

impl AsyncRead for Stream {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = each!(this, inner => Pin::new(inner).poll_read(cx, into));
        if let Some(care) = this.care.as_ref().filter(|_| polled.is_pending()) {
            care.reader.register(cx.waker());
            if care.closed.load(Ordering::Acquire) {
                return Poll::Ready(Ok(()));
            }
        }
        this.noted(polled)
    }
}

impl AsyncWrite for Stream {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = each!(this, inner => Pin::new(inner).poll_write(cx, bytes));
        this.noted(polled)
    }

    #[inline]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = each!(this, inner => Pin::new(inner).poll_write_vectored(cx, slices));
        this.noted(polled)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.inner {
            Inner::Tcp(stream) => stream.is_write_vectored(),
            Inner::Unix(stream) => stream.is_write_vectored(),
            #[cfg(feature = "tls")]
            Inner::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        each!(this, inner => Pin::new(inner).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        each!(this, inner => Pin::new(inner).poll_shutdown(cx))
    }
}
