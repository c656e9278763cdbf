//! A client of JSON-RPC over HTTP: calls, notifications and batches, each with a deadline. Must not know how connections are kept.

mod batch;
mod error;
mod pool;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

pub use batch::{Answers, Batch, Ticket};
pub use error::{ClientError, RpcError};

use batch::Reply;
use pool::Pool;

use crate::request::TIMEOUT;

/// A client of one server. Cheap to clone; clones share their connections.
///
/// It keeps up to 8 idle connections to the server. A request that a kept connection could not send any more, because the server had closed it, is
/// sent over a new one; one that was sent is never sent again. A connection lives on the loop on which it was made.
///
/// ```no_run
/// use pulsar::rpc::{Client, ClientError, ErrorKind};
///
/// # async fn doc() -> Result<(), ClientError> {
/// let client = Client::new("http://127.0.0.1:8060/")?;
/// let sum: f64 = client.call("calc.add", (1.0, 2.0)).await?;
/// match client.call::<f64>("calc.divide", (1.0, 0.0)).await {
///     Err(ClientError::Rpc(error)) if error.kind() == Some(ErrorKind::Command) => println!("{:?}", error.data),
///     other => println!("{other:?}"),
/// }
/// client.notify("log.add", serde_json::json!({"line": "done"})).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    pool: Arc<Pool>,
    ids: Arc<AtomicU64>,
    timeout: Duration,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("server", &self.pool.authority()).finish_non_exhaustive()
    }
}

/// A request as it is sent; a notification has no id.
#[derive(Serialize)]
struct Outgoing<'a> {
    jsonrpc: &'static str,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
}

impl<'a> Outgoing<'a> {
    /// `null` is no parameters.
    fn new(method: &'a str, params: &impl Serialize, id: Option<u64>) -> Result<Self, ClientError> {
        let params = serde_json::value::to_raw_value(params).map_err(|error| ClientError::Params(error.to_string()))?;
        let params = match params.get().bytes().next() {
            Some(b'[' | b'{') => Some(params),
            Some(b'n') => None,
            _ => return Err(ClientError::Params("they are an array (a tuple) or an object (a struct)".into())),
        };
        Ok(Self { jsonrpc: "2.0", method, params, id })
    }

    fn text(&self) -> Result<String, ClientError> {
        serde_json::to_string(self).map_err(|error| ClientError::Params(error.to_string()))
    }
}

impl Client {
    /// A client of the server at `url`: `http://HOST[:PORT][/PATH]`. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::Url`].
    ///
    /// ```
    /// let client = pulsar::rpc::Client::new("http://localhost:8060/rpc").unwrap();
    /// assert!(pulsar::rpc::Client::new("localhost:8060").is_err());
    /// ```
    pub fn new(url: &str) -> Result<Self, ClientError> {
        Ok(Self { pool: Arc::new(Pool::new(url)?), ids: Arc::new(AtomicU64::new(1)), timeout: TIMEOUT })
    }

    /// How long each call, notification and batch may take as a whole, instead of 5 s. Of this clone alone.
    ///
    /// ```
    /// let client = pulsar::rpc::Client::new("http://localhost:8060/").unwrap();
    /// let patient = client.clone().timeout(std::time::Duration::from_secs(60));
    /// ```
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Calls a method, with parameters by place (a tuple, an array) or by name (a struct, a map); `()` for none.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    ///
    /// # Cancel safety
    ///
    /// Dropped, its connection is closed; whether the server had begun is not known.
    ///
    /// ```no_run
    /// # async fn doc(client: pulsar::rpc::Client) -> Result<(), pulsar::rpc::ClientError> {
    /// let sum: u64 = client.call("calc.add", (1, 2)).await?;
    /// # Ok(()) }
    /// ```
    pub async fn call<T: DeserializeOwned>(&self, method: &str, params: impl Serialize) -> Result<T, ClientError> {
        let id = self.next_id();
        let text = Outgoing::new(method, &params, Some(id))?.text()?;
        let answer = self.post(text).await?.ok_or_else(|| ClientError::Protocol("a call was not answered".into()))?;
        Reply::read(&answer)?.value(Some(id))
    }

    /// Tells a method, which answers nothing: whether there is such a method is not known either.
    ///
    /// # Errors
    ///
    /// [`ClientError`], but none of the server's.
    ///
    /// # Cancel safety
    ///
    /// As of [`call`](Self::call).
    ///
    /// ```no_run
    /// # async fn doc(client: pulsar::rpc::Client) -> Result<(), pulsar::rpc::ClientError> {
    /// client.notify("log.add", ["done"]).await?;
    /// # Ok(()) }
    /// ```
    pub async fn notify(&self, method: &str, params: impl Serialize) -> Result<(), ClientError> {
        let text = Outgoing::new(method, &params, None)?.text()?;
        self.post(text).await.map(drop)
    }

    /// An empty batch: what is added to it is sent in one request.
    ///
    /// ```no_run
    /// # async fn doc(client: pulsar::rpc::Client) -> Result<(), pulsar::rpc::ClientError> {
    /// let mut batch = client.batch();
    /// let sum = batch.call::<u64>("calc.add", (1, 2))?;
    /// let root = batch.call::<f64>("calc.root", [2.0])?;
    /// batch.notify("log.add", ["both"])?;
    ///
    /// let mut answers = batch.send().await?;
    /// println!("{} {}", answers.take(sum)?, answers.take(root)?);
    /// # Ok(()) }
    /// ```
    pub fn batch(&self) -> Batch<'_> {
        Batch::of(self)
    }

    fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    async fn post(&self, text: String) -> Result<Option<Bytes>, ClientError> {
        let timeout = self.timeout;
        let posted = tokio::time::timeout(timeout, self.pool.post(text.into())).await;
        posted.map_err(|_| ClientError::Timeout { after: timeout })?
    }
}
