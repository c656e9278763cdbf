//! JSON-RPC 2.0: the commands of actors, called from outside. Owns what is mounted and how a request is answered; bytes in, bytes out.
//!
//! ```no_run
//! use pulsar::prelude::*;
//! use pulsar::rpc::Rpc;
//!
//! # #[actor] struct Calculator {}
//! #[actor]
//! impl Calculator {
//!     /// Adds two numbers.
//!     #[command]
//!     fn add(&mut self, a: f64, b: f64) -> f64 { a + b }
//! }
//!
//! # async fn doc() -> Result<()> {
//! let calculator = Calculator::new().workers(2).spawn().await?;
//! let rpc = Rpc::new().mount("calc", &calculator);
//!
//! let answer = rpc.handle(br#"{"jsonrpc":"2.0","method":"calc.add","params":[1,2],"id":7}"#).await;
//! assert_eq!(answer.as_deref(), Some(&br#"{"jsonrpc":"2.0","result":3.0,"id":7}"#[..]));
//! # Ok(()) }
//! ```
//!
//! An actor, or a pool, is [mounted](Rpc::mount) under a name: `calc.add` is its command `add`. Only its own commands are served; neither the
//! built-in ones (`stop` and so on) nor open ones are. Parameters are given by place or by name. [`Rpc::http`] serves it
//! over HTTP, [`Rpc::ws`] over WebSocket.
//!
//! # Errors
//!
//! The codes are those of [`ErrorKind`]: the specification's, and five of the server's own from -32000 on. Nothing internal is told: no text of a
//! panic, no path, no exit reason. A command's own error is told, as `data`, where it has a type of its own: a command that returns
//! `Result<T, Trouble>` says with `Trouble` what its callers may know. Of one that returns `pulsar::Result<T>`, whose error may be that of
//! anything, callers are told only that it failed, unless [`Rpc::error_texts`] says otherwise; the text goes to the log.
//!
//! # Limits
//!
//! | What | Is | Or |
//! | --- | --- | --- |
//! | the bytes of a request | 1 MiB ([`Rpc::max_body`]) | HTTP status 413, WebSocket code 1009 |
//! | the requests of a batch | 100 ([`Rpc::max_batch`]) | -32600 for the whole batch |
//! | the time for one call | 5 s ([`Rpc::timeout`]) | -32002 |
//! | the nesting of a parameter | 127 | -32602 |
//!
//! The requests of a batch are worked on at the same time, and answered in their order. A member of a request that is there twice
//! (`id`, say) makes it no request. An id comes back as it was written, whatever its size.

mod answer;
mod client;
mod discover;
mod http;
mod mount;
mod request;
mod socket;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use serde_json::value::{RawValue, to_raw_value};

pub use answer::ErrorKind;
pub use client::{Answers, Batch, Client, ClientError, RpcError, Ticket};

use answer::{Fault, write};
use mount::Mounted;
use request::{Document, Incoming};

use crate::actor::Actor;
use crate::command::Manner;
use crate::proxy::{Callee, Proxy};
use crate::request::TIMEOUT;

/// A server of JSON-RPC 2.0, whatever it is spoken over. Cheap to clone.
///
/// ```no_run
/// use pulsar::rpc::Rpc;
/// # fn doc(calculator: pulsar::Proxy, site: pulsar::Proxy) {
/// let rpc = Rpc::new()
///     .mount("calc", &calculator)
///     .mount_only("admin.site", &site, ["visits"])
///     .mount_name("jobs", "jobs");
/// # }
/// ```
#[derive(Clone)]
pub struct Rpc(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    mounts: BTreeMap<String, Arc<Mounted>>,
    timeout: Duration,
    max_batch: usize,
    max_body: usize,
    texts: bool,
    title: Cow<'static, str>,
    version: Cow<'static, str>,
}

impl Default for Rpc {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Rpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rpc").field("mounts", &self.0.mounts.keys()).finish_non_exhaustive()
    }
}

impl Rpc {
    /// One with nothing mounted, which answers `rpc.discover` only.
    ///
    /// ```
    /// let rpc = pulsar::rpc::Rpc::new();
    /// ```
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            mounts: BTreeMap::new(),
            timeout: TIMEOUT,
            max_batch: 100,
            max_body: 1 << 20,
            texts: false,
            title: "pulsar".into(),
            version: "0".into(),
        }))
    }

    /// Serves all commands of an actor, or of a pool, under this name: `calc.add`. Names may have dots themselves. Under the empty name they are
    /// called by their own (`add`). Whatever was mounted under the name before is not any more.
    ///
    /// ```no_run
    /// # fn doc(calculator: pulsar::Proxy) {
    /// let rpc = pulsar::rpc::Rpc::new().mount("math.calc", &calculator);
    /// # }
    /// ```
    pub fn mount<A: Actor>(self, name: impl Into<String>, proxy: &Proxy<A>) -> Self {
        self.mounted(name.into(), Mounted::proxy(Callee::of(proxy), None))
    }

    /// The same, but serves these commands only.
    ///
    /// ```no_run
    /// # fn doc(calculator: pulsar::Proxy) {
    /// let rpc = pulsar::rpc::Rpc::new().mount_only("calc", &calculator, ["add", "subtract"]);
    /// # }
    /// ```
    pub fn mount_only<A: Actor>(
        self,
        name: impl Into<String>,
        proxy: &Proxy<A>,
        commands: impl IntoIterator<Item = impl Into<Cow<'static, str>>>,
    ) -> Self {
        let only = Some(commands.into_iter().map(Into::into).collect());
        self.mounted(name.into(), Mounted::proxy(Callee::of(proxy), only))
    }

    /// The same of whichever actor bears a name in the program when it is called: it need not be there yet.
    ///
    /// ```
    /// let rpc = pulsar::rpc::Rpc::new().mount_name("calc", "calculator");
    /// ```
    pub fn mount_name(self, name: impl Into<String>, actor: impl Into<String>) -> Self {
        self.mounted(name.into(), Mounted::name(actor.into()))
    }

    /// How long a call may take, instead of 5 s. Beyond that it is answered with [`ErrorKind::Timeout`].
    ///
    /// ```
    /// let rpc = pulsar::rpc::Rpc::new().timeout(std::time::Duration::from_secs(1));
    /// ```
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with(|inner| inner.timeout = timeout)
    }

    /// How many requests a batch may have, instead of 100.
    ///
    /// ```
    /// let rpc = pulsar::rpc::Rpc::new().max_batch(10);
    /// ```
    pub fn max_batch(self, requests: usize) -> Self {
        self.with(|inner| inner.max_batch = requests)
    }

    /// How many bytes the body of an HTTP request, or a message of a WebSocket, may have, instead of 1 MiB.
    ///
    /// ```
    /// let rpc = pulsar::rpc::Rpc::new().max_body(64 << 10);
    /// ```
    pub fn max_body(self, bytes: usize) -> Self {
        self.with(|inner| inner.max_body = bytes)
    }

    /// Whether callers are told the text of an error that has no type of its own (of a command that returns `pulsar::Result<T>`). They are not,
    /// unless this says so: it may be the text of anything.
    ///
    /// ```
    /// let rpc = pulsar::rpc::Rpc::new().error_texts(true);
    /// ```
    pub fn error_texts(self, told: bool) -> Self {
        self.with(|inner| inner.texts = told)
    }

    /// What `rpc.discover` says of the whole: its title, and its version.
    ///
    /// ```
    /// let rpc = pulsar::rpc::Rpc::new().about("calculator", env!("CARGO_PKG_VERSION"));
    /// ```
    pub fn about(self, title: impl Into<Cow<'static, str>>, version: impl Into<Cow<'static, str>>) -> Self {
        self.with(|inner| (inner.title, inner.version) = (title.into(), version.into()))
    }

    /// Answers a request, or a batch of them; `None` where nothing is to be answered. Whatever the bytes are, this does not fail.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it gives up what it has asked, as a dropped [`Request`](crate::Request) does.
    ///
    /// ```no_run
    /// # async fn doc(rpc: pulsar::rpc::Rpc) {
    /// let answer = rpc.handle(b"{").await;
    /// let text = br#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}"#;
    /// assert_eq!(answer.as_deref(), Some(&text[..]));
    /// # }
    /// ```
    pub async fn handle(&self, bytes: &[u8]) -> Option<Bytes> {
        self.answered(bytes).await.map(Bytes::from)
    }

    async fn answered(&self, bytes: &[u8]) -> Option<String> {
        let refused = |fault: Fault| {
            let mut out = String::new();
            write(&mut out, None, &Err(fault));
            out
        };
        let answer = match request::read(bytes, self.0.max_batch) {
            Document::Malformed => refused(ErrorKind::Parse.into()),
            Document::Nothing => refused(ErrorKind::InvalidRequest.into()),
            Document::TooMany => {
                let text = format!("a batch has at most {} requests", self.0.max_batch);
                refused(Fault::with(ErrorKind::InvalidRequest, &text))
            }
            Document::One(incoming) => self.one(&incoming).await?,
            Document::Batch(incoming) => {
                let answers = join_all(incoming.iter().map(|incoming| self.one(incoming))).await;
                let answers: Vec<_> = answers.into_iter().flatten().collect();
                if answers.is_empty() {
                    return None;
                }
                format!("[{}]", answers.join(","))
            }
        };
        Some(answer)
    }

    async fn one(&self, incoming: &Incoming<'_>) -> Option<String> {
        let (id, answer) = match incoming {
            Incoming::Invalid(id) => (*id, Err(ErrorKind::InvalidRequest.into())),
            Incoming::Notification { method, params } => {
                // Nobody hears what comes of it.
                let _ = self.called(method, *params, Manner::Tell(Some(self.0.timeout))).await;
                return None;
            }
            Incoming::Call { method, params, id } => {
                let answer = self.called(method, *params, Manner::Ask(Some(self.0.timeout))).await;
                (Some(*id), answer.map(|value| value.unwrap_or_else(|| RawValue::NULL.to_owned())))
            }
        };
        let mut out = String::new();
        write(&mut out, id, &answer);
        Some(out)
    }

    async fn called(
        &self,
        method: &str,
        params: Option<&RawValue>,
        manner: Manner,
    ) -> Result<Option<Box<RawValue>>, Fault> {
        if method == "rpc.discover" {
            return self.discover().await.map(Some);
        }
        let (mount, command) = method.rsplit_once('.').unwrap_or(("", method));
        let mounted = self.0.mounts.get(mount).ok_or(ErrorKind::MethodNotFound)?;
        mounted.call(command, params, manner, self.0.texts).await
    }

    async fn discover(&self) -> Result<Box<RawValue>, Fault> {
        let mounts: Vec<_> = self.0.mounts.iter().collect();
        let known = join_all(mounts.iter().map(|(_, mounted)| mounted.commands(self.0.timeout))).await;
        let (mut methods, mut absent) = (Vec::new(), Vec::new());
        for ((name, _), commands) in mounts.iter().zip(known) {
            match commands {
                Ok(commands) => methods.extend(commands.iter().map(|command| discover::method(name, command))),
                Err(_) => absent.push(name.as_str()),
            }
        }
        let document = discover::document(&self.0.title, &self.0.version, methods, &absent);
        to_raw_value(&document).map_err(|_| ErrorKind::Internal.into())
    }

    fn mounted(self, name: String, mounted: Mounted) -> Self {
        self.with(|inner| {
            inner.mounts.insert(name, Arc::new(mounted));
        })
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}
