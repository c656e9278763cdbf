//! The bytes of one connection on their way to hyper: what phase it is in, and heads that no two readers could read differently.

use std::future::Future;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;

use super::heads::{Heads, Verdict};
use crate::serve::{Stream, Watched};

/// How a client begins that speaks HTTP/2.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What is answered to a head that could be read in two ways.
const REFUSED: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// How long a client may go on with what is not read, after the last words to it.
const LINGER: Duration = Duration::from_secs(2);

/// What a connection is at, and so what it may be late with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// Nothing of a request has come.
    Idle,
    /// A head has begun.
    Head,
    /// A request is being answered.
    Busy,
    /// Somebody waits for its body.
    Body,
    /// It takes nothing of what it is answered.
    Write,
}

/// The time that each phase may take, in looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) idle: u32,
    pub(super) head: u32,
    pub(super) body: u32,
}

/// What the parts of one connection share.
pub(super) struct Shared {
    phase: AtomicU8,
    /// A head came that could be read in two ways.
    pub(super) refused: AtomicBool,
    /// The rest of a body that comes is not read.
    pub(super) unread: AtomicBool,
    /// There is an answer to the present request.
    pub(super) answered: AtomicBool,
    /// It, or a stream of it, speaks something else by now: what comes are no heads, and nobody knows when it is idle.
    upgraded: AtomicBool,
    pub(super) limits: Limits,
    pub(super) watched: Arc<Watched>,
}

impl Shared {
    pub(super) fn new(limits: Limits, watched: Arc<Watched>) -> Arc<Self> {
        let phase = AtomicU8::new(Phase::Idle as u8);
        let no = || AtomicBool::new(false);
        Arc::new(Self { phase, refused: no(), unread: no(), answered: no(), upgraded: no(), limits, watched })
    }

    pub(super) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::Idle,
            1 => Phase::Head,
            2 => Phase::Busy,
            3 => Phase::Body,
            _ => Phase::Write,
        }
    }

    /// Its client was told that the protocol changes. A client says nothing in between (RFC 6455, section 4.1; RFC 9110, section 9.3.6).
    pub(super) fn upgrade(&self) {
        self.upgraded.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_upgraded(&self) -> bool {
        self.upgraded.load(Ordering::Relaxed)
    }

    /// It is at this from now on.
    pub(super) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.watched.begin(match phase {
            Phase::Idle => self.limits.idle,
            Phase::Head => self.limits.head,
            Phase::Busy => u32::MAX,
            Phase::Body | Phase::Write => self.limits.body,
        });
    }
}

/// One connection.
pub(super) struct Io {
    stream: Stream,
    shared: Arc<Shared>,
    /// What was read to find out what is spoken.
    before: Bytes,
    /// How the heads that come are judged; none where that is not HTTP/1.
    heads: Option<Heads>,
    /// What it was at when it could not write.
    stalled: Option<Phase>,
    said: bool,
    /// What is waited for, once all is said.
    lingers: Lingers,
    /// Dropped with it, wherever it is by then.
    _alive: oneshot::Sender<()>,
}

/// Whether what still comes is read after the last words.
///
/// Whoever closes a connection on which something comes that was not read has its client told of a broken connection, and the client
/// may never see the answer.
enum Lingers {
    /// Nothing was decided.
    Open,
    /// Until the client has closed its side, or this is over.
    Until(Pin<Box<tokio::time::Sleep>>),
    Closed,
}

impl Io {
    /// And what ends with it.
    pub(super) fn new(stream: Stream, shared: Arc<Shared>) -> (Self, oneshot::Receiver<()>) {
        let (before, lingers) = (Bytes::new(), Lingers::Open);
        let (_alive, gone) = oneshot::channel();
        (Self { stream, shared, before, heads: None, stalled: None, said: false, lingers, _alive }, gone)
    }

    /// Whether the client speaks HTTP/2: as it has said by ALPN, or begins to.
    pub(super) async fn is_http2(&mut self) -> io::Result<bool> {
        let known = self.stream.protocol().map(|protocol| protocol == b"h2");
        let found = match known {
            Some(known) => known,
            None => self.begins_http2().await?,
        };
        if !found {
            let mut heads = Heads::default();
            self.refuse_unless(heads.judge(&self.before));
            self.heads = Some(heads);
        }
        Ok(found)
    }

    async fn begins_http2(&mut self) -> io::Result<bool> {
        let mut bytes = BytesMut::with_capacity(1024);
        loop {
            let read = self.stream.read_buf(&mut bytes).await?;
            if read > 0 && self.shared.phase() == Phase::Idle {
                self.shared.enter(Phase::Head);
            }
            let like = bytes.iter().zip(PREFACE).take_while(|(a, b)| a == b).count();
            let decided = like < bytes.len().min(PREFACE.len()) || bytes.len() >= PREFACE.len() || read == 0;
            if decided {
                self.before = bytes.freeze();
                return Ok(like == PREFACE.len());
            }
        }
    }

    fn refuse_unless(&self, verdict: Verdict) {
        if verdict == Verdict::Refused {
            self.shared.refused.store(true, Ordering::Relaxed);
        }
    }

    fn judge(&mut self, bytes: &[u8]) {
        if bytes.is_empty() || self.shared.upgraded.load(Ordering::Relaxed) {
            return;
        }
        // What comes over HTTP/2 while nothing is asked is housekeeping.
        if let Some(heads) = &mut self.heads {
            let verdict = heads.judge(bytes);
            // The rest of a body that nobody reads is no head.
            if self.shared.phase() == Phase::Idle && (heads.has_begun() || verdict == Verdict::Refused) {
                self.shared.enter(Phase::Head);
            }
            self.refuse_unless(verdict);
        }
    }

    fn stalls(&mut self) {
        if self.stalled.is_none() {
            self.stalled = Some(self.shared.phase());
            self.shared.enter(Phase::Write);
        }
    }

    fn wrote(&mut self) {
        if let Some(phase) = self.stalled.take()
            && self.shared.phase() == Phase::Write
        {
            self.shared.enter(phase);
        }
    }
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.shared.refused.load(Ordering::Relaxed) {
            // The end, as far as hyper can see. Nothing is being answered: there is room for a line.
            if this.shared.phase() == Phase::Head && !this.said {
                this.said = true;
                let _ = Pin::new(&mut this.stream).poll_write(cx, REFUSED);
            }
            return Poll::Ready(Ok(()));
        }
        if this.before.has_remaining() {
            let count = this.before.len().min(into.remaining());
            into.put_slice(&this.before.split_to(count));
            return Poll::Ready(Ok(()));
        }
        let before = into.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, into);
        if let Poll::Ready(Ok(())) = read {
            this.judge(into.filled().get(before..).unwrap_or_default());
            if this.shared.refused.load(Ordering::Relaxed) {
                into.set_filled(before);
                return Pin::new(this).poll_read(cx, into);
            }
        }
        read
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        if written.is_pending() {
            this.stalls()
        } else {
            this.wrote()
        }
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        if written.is_pending() {
            this.stalls()
        } else {
            this.wrote()
        }
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            match &mut this.lingers {
                Lingers::Open => {
                    ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
                    let shared = &this.shared;
                    let more = this.heads.is_some()
                        && !shared.upgraded.load(Ordering::Relaxed)
                        && (shared.phase() != Phase::Idle
                            || shared.refused.load(Ordering::Relaxed)
                            || shared.unread.load(Ordering::Relaxed));
                    this.lingers =
                        if more { Lingers::Until(Box::pin(tokio::time::sleep(LINGER))) } else { Lingers::Closed };
                }
                Lingers::Until(over) => {
                    let mut bytes = [MaybeUninit::uninit(); 4096];
                    let mut bytes = ReadBuf::uninit(&mut bytes);
                    let read = Pin::new(&mut this.stream).poll_read(cx, &mut bytes);
                    let is_over = match read {
                        Poll::Ready(Ok(())) => bytes.filled().is_empty(),
                        Poll::Ready(Err(_)) => true,
                        Poll::Pending => false,
                    };
                    if is_over || over.as_mut().poll(cx).is_ready() {
                        this.lingers = Lingers::Closed;
                    } else if read.is_pending() {
                        return Poll::Pending;
                    }
                }
                Lingers::Closed => return Poll::Ready(Ok(())),
            }
        }
    }
}
