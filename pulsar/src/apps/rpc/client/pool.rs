//! Connections to one server, kept for the next request. Must not know what is sent.

use std::fmt;
use std::io;

use axum::http::{Request, Response, StatusCode, Uri, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::ClientError;
use crate::sync::{Mutex, lock};

/// How many idle connections are kept.
const MAX_IDLE: usize = 8;

/// The most bytes that an answer may have.
const MAX_ANSWER: usize = 64 << 20;

type Connection = SendRequest<Full<Bytes>>;

/// The connections to a server.
pub(super) struct Pool {
    host: String,
    port: u16,
    authority: String,
    path: String,
    idle: Mutex<Vec<Connection>>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("server", &self.authority).field("idle", &lock(&self.idle).len()).finish()
    }
}

impl Pool {
    pub(super) fn new(url: &str) -> Result<Self, ClientError> {
        let wrong = |text: &str| ClientError::Url(format!("{url}: {text}"));
        let uri: Uri = url.parse().map_err(|_| wrong("http://HOST[:PORT][/PATH]"))?;
        if uri.scheme_str() != Some("http") {
            return Err(wrong("it begins with http://"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("it has a host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("it has no user"));
        }
        Ok(Self {
            host: authority.host().trim_start_matches('[').trim_end_matches(']').to_string(),
            port: authority.port_u16().unwrap_or(80),
            authority: authority.to_string(),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_string(),
            idle: Mutex::new(Vec::new()),
        })
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Sends a body, and takes the body of the answer; `None` where that has none.
    pub(super) async fn post(&self, body: Bytes) -> Result<Option<Bytes>, ClientError> {
        let mut request = self.request(body)?;
        // What a kept connection did not send any more goes over the next.
        while let Some(mut connection) = self.kept() {
            match connection.try_send_request(request).await {
                Ok(response) => return self.answer(response, connection).await,
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(broken(error.into_error())),
                },
            }
        }
        let mut connection = self.connect().await?;
        let response = connection.send_request(request).await.map_err(broken)?;
        self.answer(response, connection).await
    }

    fn kept(&self) -> Option<Connection> {
        let mut idle = lock(&self.idle);
        // The last one is the least likely to have been closed.
        while let Some(connection) = idle.pop() {
            if !connection.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    async fn connect(&self) -> Result<Connection, ClientError> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(ClientError::Io)?;
        stream.set_nodelay(true).map_err(ClientError::Io)?;
        let (connection, driver) = handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // It ends with the connection: whoever sends hears of errors.
        tokio::spawn(driver);
        Ok(connection)
    }

    fn request(&self, body: Bytes) -> Result<Request<Full<Bytes>>, ClientError> {
        let request = Request::post(&self.path)
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json");
        request.body(Full::new(body)).map_err(|error| ClientError::Url(error.to_string()))
    }

    async fn answer(
        &self,
        response: Response<Incoming>,
        mut connection: Connection,
    ) -> Result<Option<Bytes>, ClientError> {
        let status = response.status();
        let body = match Limited::new(response.into_body(), MAX_ANSWER).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => return Err(ClientError::Io(io::Error::other(error))),
        };
        if connection.ready().await.is_ok() {
            let mut idle = lock(&self.idle);
            if idle.len() < MAX_IDLE {
                idle.push(connection);
            }
        }
        match status {
            StatusCode::OK => Ok(Some(body)),
            StatusCode::NO_CONTENT | StatusCode::ACCEPTED => Ok(None),
            other => Err(ClientError::Status(other.as_u16())),
        }
    }
}

fn broken(error: hyper::Error) -> ClientError {
    ClientError::Io(io::Error::other(error))
}
