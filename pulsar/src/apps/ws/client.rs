//! The client: one connection to a server, by its URL.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::{self, ClientRequestBuilder, http::Uri};

use super::{options::Options, session::WebSocket};

/// Connects to a WebSocket: `ws://host:port/path`, or `wss://` with feature `tls`. Await it as it is, or after it was told more.
///
/// ```no_run
/// use std::time::Duration;
/// use pulsar::ws::{self, Options};
///
/// # async fn doc() -> Result<(), ws::ConnectError> {
/// let plain = ws::connect("ws://127.0.0.1:8060/echo").await?;
/// let other = ws::connect("ws://127.0.0.1:8060/chat")
///     .header("authorization", "Bearer abc")
///     .options(Options::new().protocols(["chat.v2"]))
///     .deadline(Duration::from_secs(2))
///     .await?;
/// # Ok(()) }
/// ```
pub fn connect(url: impl Into<String>) -> Connect {
    Connect {
        url: url.into(),
        headers: Vec::new(),
        options: Options::default(),
        deadline: Duration::from_secs(10),
        #[cfg(feature = "tls")]
        tls: None,
    }
}

/// A connection to be made: see [`connect`].
///
/// ```
/// let connect = pulsar::ws::connect("ws://127.0.0.1:8060/").header("x-trace", "17");
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is connected before it is awaited"]
pub struct Connect {
    url: String,
    headers: Vec<(String, String)>,
    options: Options,
    deadline: Duration,
    #[cfg(feature = "tls")]
    tls: Option<std::sync::Arc<tokio_rustls::rustls::ClientConfig>>,
}

impl Connect {
    /// A header of the request.
    ///
    /// ```
    /// let connect = pulsar::ws::connect("ws://127.0.0.1:8060/").header("origin", "http://127.0.0.1:8060");
    /// ```
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Limits and times, and the subprotocols that are offered.
    ///
    /// ```
    /// let connect = pulsar::ws::connect("ws://127.0.0.1:8060/").options(pulsar::ws::Options::new().ping_every(None));
    /// ```
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// How long it may take until it is open: 10 s.
    ///
    /// ```
    /// let connect = pulsar::ws::connect("ws://127.0.0.1:8060/").deadline(std::time::Duration::from_secs(1));
    /// ```
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = time;
        self
    }

    /// Whom it trusts (feature `tls`): what a `wss://` URL needs. No authorities are known by themselves.
    ///
    /// ```no_run
    /// # async fn doc(roots: tokio_rustls::rustls::RootCertStore) -> Result<(), pulsar::ws::ConnectError> {
    /// use tokio_rustls::rustls::ClientConfig;
    ///
    /// let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    /// let socket = pulsar::ws::connect("wss://localhost:8060/").tls(config).await?;
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "tls")]
    pub fn tls(mut self, config: impl Into<std::sync::Arc<tokio_rustls::rustls::ClientConfig>>) -> Self {
        self.tls = Some(config.into());
        self
    }

    async fn open(self) -> Result<WebSocket, ConnectError> {
        let deadline = self.deadline;
        timeout(deadline, self.open_in_time()).await.map_err(|_| ConnectError::Timeout(deadline))?
    }

    async fn open_in_time(self) -> Result<WebSocket, ConnectError> {
        let invalid = || ConnectError::Url(self.url.clone());
        let uri: Uri = self.url.parse().map_err(|_| invalid())?;
        let host = uri.host().ok_or_else(invalid)?.trim_matches(['[', ']']).to_string();
        let usual = match uri.scheme_str() {
            Some("ws") => 80,
            #[cfg(feature = "tls")]
            Some("wss") if self.tls.is_some() => 443,
            _ => return Err(invalid()),
        };
        // What follows the host is a port, or there is none: `a:b` parses all the same.
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let port = match authority.rsplit([']', '@']).next().unwrap_or(authority).rsplit_once(':') {
            Some((_, port)) => port.parse().map_err(|_| invalid())?,
            None => usual,
        };
        #[cfg(feature = "tls")]
        let tls = self.tls.clone().filter(|_| usual == 443);
        let mut request = ClientRequestBuilder::new(uri);
        for (name, value) in self.headers {
            request = request.with_header(name, value);
        }
        for name in &self.options.protocols {
            request = request.with_sub_protocol(name);
        }
        let stream = TcpStream::connect((host.as_str(), port)).await.map_err(ConnectError::Io)?;
        // Messages are small, and each is to go at once.
        let _ = stream.set_nodelay(true);
        #[cfg(feature = "tls")]
        if let Some(tls) = tls {
            let name = host.try_into().map_err(|_| ConnectError::Url(self.url))?;
            let stream = tokio_rustls::TlsConnector::from(tls).connect(name, stream).await.map_err(ConnectError::Io)?;
            return open_over(stream, request, &self.options).await;
        }
        open_over(stream, request, &self.options).await
    }
}

async fn open_over<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    stream: S,
    request: ClientRequestBuilder,
    options: &Options,
) -> Result<WebSocket, ConnectError> {
    let (stream, response) = client_async_with_config(request, stream, Some(options.config())).await?;
    let protocol = response.headers().get("sec-websocket-protocol").and_then(|name| name.to_str().ok());
    Ok(WebSocket::on(stream, options, protocol.map(str::to_string), None))
}

impl IntoFuture for Connect {
    type Output = Result<WebSocket, ConnectError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.open())
    }
}

/// Why there is no connection.
///
/// ```
/// fn may_try_again(error: &pulsar::ws::ConnectError) -> bool {
///     matches!(error, pulsar::ws::ConnectError::Io(_) | pulsar::ws::ConnectError::Timeout(_))
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is not `ws://host[:port]/path` (or `wss://`, with feature `tls` and a `ClientConfig`), or a header is none.
    Url(String),
    /// There is no way to the server.
    Io(std::io::Error),
    /// It took longer than the deadline.
    Timeout(Duration),
    /// The server answered with another status than 101.
    Refused(u16),
    /// What it answered is no handshake.
    Handshake(String),
}

impl From<tungstenite::Error> for ConnectError {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Io(error) => Self::Io(error),
            tungstenite::Error::Http(response) => Self::Refused(response.status().as_u16()),
            tungstenite::Error::Url(error) => Self::Url(error.to_string()),
            tungstenite::Error::HttpFormat(error) => Self::Url(error.to_string()),
            error => Self::Handshake(error.to_string()),
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => write!(f, "`{url}` is no URL of a WebSocket: write `ws://host:port/path`"),
            Self::Io(error) => write!(f, "the server cannot be reached: {error}"),
            Self::Timeout(time) => write!(f, "there was no connection within {time:?}"),
            Self::Refused(status) => write!(f, "the server refused with status {status}"),
            Self::Handshake(error) => write!(f, "the server did not answer as a WebSocket does: {error}"),
        }
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}
