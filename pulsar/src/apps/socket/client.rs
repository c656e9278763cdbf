//! A pool of connections to one server.

use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Bind;
use crate::serve::Stream;

/// How long a connection, or room for one, is waited for, unless told otherwise.
const WITHIN: Duration = Duration::from_secs(5);

/// How many connections there are, unless told otherwise.
const SIZE: usize = 10;

/// Connections to one server, kept and used again. Cheap to clone: clones share them.
///
/// ```no_run
/// use pulsar::socket::{AsyncReadExt, AsyncWriteExt, Client};
///
/// # async fn doc() -> std::io::Result<()> {
/// let client = Client::new("127.0.0.1:8060".parse().unwrap());
/// let mut connection = client.connect().await?;
/// connection.write_all(b"ping\n").await?;
/// let mut answer = [0; 5];
/// connection.read_exact(&mut answer).await?;
/// connection.keep(); // it may be used again: nothing more is to come on it
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Shared>);

struct Shared {
    server: Bind,
    size: usize,
    timeout: Duration,
    room: Arc<Semaphore>,
    idle: Mutex<Vec<Stream>>,
    made: AtomicU64,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("server", &self.0.server).field("made", &self.made()).finish_non_exhaustive()
    }
}

impl Client {
    /// A pool of up to 10 connections to this place (`host:port` or `unix:/path`), of which none is made yet. Each wait is for 5 s at most.
    ///
    /// ```
    /// let client = pulsar::socket::Client::new("unix:/run/echo.sock".parse().unwrap());
    /// ```
    pub fn new(server: Bind) -> Self {
        Self::with(server, SIZE, WITHIN)
    }

    /// The same with so many connections (at least 1), and waits of at most this.
    ///
    /// ```
    /// use std::time::Duration;
    /// let client = pulsar::socket::Client::with("localhost:8060".parse().unwrap(), 2, Duration::from_secs(1));
    /// ```
    pub fn with(server: Bind, size: usize, timeout: Duration) -> Self {
        let size = size.clamp(1, Semaphore::MAX_PERMITS);
        let room = Arc::new(Semaphore::new(size));
        Self(Arc::new(Shared { server, size, timeout, room, idle: Mutex::default(), made: AtomicU64::new(0) }))
    }

    /// A connection: one that was kept and that the server has not closed since, or a new one.
    ///
    /// # Errors
    ///
    /// `TimedOut` where there is no room or no connection in time; what the system says.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is lost but a connection that was being made.
    ///
    /// ```no_run
    /// # async fn doc(client: pulsar::socket::Client) -> std::io::Result<()> {
    /// let connection = client.connect().await?;
    /// # Ok(()) }
    /// ```
    pub async fn connect(&self) -> io::Result<Pooled> {
        let connected = tokio::time::timeout(self.0.timeout, async {
            let closed = |_| io::Error::other("the pool is closed");
            let room = self.0.room.clone().acquire_owned().await.map_err(closed)?;
            let kept = self.kept();
            let stream = match kept {
                Some(stream) => stream,
                None => self.make().await?,
            };
            Ok(Pooled { stream: Some(stream), client: self.clone(), keep: false, _room: room })
        });
        let late = || io::Error::new(io::ErrorKind::TimedOut, format!("no connection to {} in time", self.0.server));
        connected.await.unwrap_or_else(|_| Err(late()))
    }

    fn kept(&self) -> Option<Stream> {
        loop {
            let mut stream = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            // Whatever can be read now was not asked for: the end, or the rest of something.
            let mut byte = [0; 1];
            if stream.read(&mut byte).now_or_never().is_none() {
                return Some(stream);
            }
        }
    }

    async fn make(&self) -> io::Result<Stream> {
        let stream = match &self.0.server {
            Bind::Tcp(place) => {
                let stream = TcpStream::connect(place).await?;
                stream.set_nodelay(true)?;
                Stream::tcp(stream)
            }
            Bind::Unix(path) => Stream::unix(UnixStream::connect(path).await?),
            Bind::Inherited(_) => return Err(io::Error::other("a client connects to host:port or unix:/path")),
        };
        self.0.made.fetch_add(1, Ordering::Relaxed);
        Ok(stream)
    }

    /// How many connections were ever made.
    ///
    /// ```
    /// let client = pulsar::socket::Client::new("localhost:8060".parse().unwrap());
    /// assert_eq!((client.made(), client.idle(), client.in_use()), (0, 0, 0));
    /// ```
    pub fn made(&self) -> u64 {
        self.0.made.load(Ordering::Relaxed)
    }

    /// How many are kept and not in use.
    ///
    /// ```
    /// # fn doc(client: pulsar::socket::Client) {
    /// println!("{}", client.idle());
    /// # }
    /// ```
    pub fn idle(&self) -> usize {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// How many are in use.
    ///
    /// ```
    /// # fn doc(client: pulsar::socket::Client) {
    /// println!("{}", client.in_use());
    /// # }
    /// ```
    pub fn in_use(&self) -> usize {
        self.0.size - self.0.room.available_permits()
    }
}

/// A connection of a [`Client`]: a [`Stream`]. Dropped, it is closed, unless it was said to be [kept](Self::keep).
///
/// ```no_run
/// # async fn doc(client: pulsar::socket::Client) -> std::io::Result<()> {
/// let connection: pulsar::socket::Pooled = client.connect().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Pooled {
    stream: Option<Stream>,
    client: Client,
    keep: bool,
    _room: OwnedSemaphorePermit,
}

impl Pooled {
    /// Gives it back, to be used again: whatever was asked on it has been answered.
    ///
    /// ```no_run
    /// # async fn doc(client: pulsar::socket::Client) -> std::io::Result<()> {
    /// client.connect().await?.keep();
    /// # Ok(()) }
    /// ```
    pub fn keep(mut self) {
        self.keep = true;
    }
}

impl Deref for Pooled {
    type Target = Stream;

    fn deref(&self) -> &Stream {
        match &self.stream {
            Some(stream) => stream,
            None => unreachable!("it is there until it is dropped"),
        }
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut Stream {
        match &mut self.stream {
            Some(stream) => stream,
            None => unreachable!("it is there until it is dropped"),
        }
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take().filter(|_| self.keep) {
            self.client.0.idle.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
        }
    }
}
