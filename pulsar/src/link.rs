//! One connection to another process of the program: the unmasked WebSocket protocol over a Unix stream.
//!
//! All actors of the two processes share it. Whoever has something to say appends an envelope; one write carries all
//! that were appended in a turn of the loop. Must not know what payloads mean.

mod chunks;
mod desk;
pub(crate) mod drains;
mod inbound;
mod incoming;
mod letterbox;
mod news;
mod numbers;
mod outbound;
mod reader;
mod table;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::Waker;

use bytes::{Bytes, BytesMut};
use tokio::sync::Notify;
use tracing::Level;

pub(crate) use news::{Boot, News, announce, say_draining, say_leaving};
pub(crate) use table::{Network, links};

use crate::address::{Route, Window};
use crate::concurrency::sys;
use crate::error::{Failure, Started};
use crate::exit::ExitReason;
use crate::host::{self, Flush, NO_LOOP};
use crate::id::{ActorId, Incarnation};
use crate::message::{BEFORE_PAYLOAD, EncodeError, Encoder, Header, Subject};
use crate::node::node;
use crate::peer::{Heading, Payload, Peer};
use crate::reply::{self, AnySlot};
use crate::report;
use crate::sync::{Mutex, lock};
use desk::Desk;
use numbers::Numbered;
use outbound::Out;

/// A buffer that has grown beyond this is given back rather than kept.
const KEPT: usize = 1 << 20;

/// How many asks of one process may wait for their answers here.
const MAX_INCOMING: usize = 1 << 20;

/// A connection.
pub(crate) struct Link {
    this: Weak<Self>,
    process: u32,
    stream: Arc<OwnedFd>,
    desk: Desk,
    out: Mutex<Out>,
    /// The asks of this process that wait for an answer from there.
    pending: Mutex<Numbered<Arc<dyn AnySlot>>>,
    /// The asks from there that wait for an answer of this process.
    incoming: Mutex<Numbered<Incoming>>,
    windows: Mutex<HashMap<ActorId, (Incarnation, Arc<Window>)>>,
    next: AtomicU64,
    /// The loop that is to write what was appended; another's number does not say that it is not, too.
    scheduled: AtomicU64,
    /// Whether a caller over there has ever given up, or all are gone.
    given_up: AtomicBool,
    closed: AtomicBool,
    /// Why the other process ended, once that is known.
    reason: Mutex<Option<ExitReason>>,
    /// Tells the writer that the socket was full.
    blocked: Notify,
    /// Tells whoever waits that the connection is over.
    over: Notify,
}

/// An ask from there whose caller waits.
#[derive(Default)]
struct Incoming {
    watchers: Vec<Waker>,
}

impl Link {
    /// A connection over `stream`, served by the loop that calls this.
    pub(crate) fn start(process: u32, stream: std::os::unix::net::UnixStream) -> std::io::Result<Arc<Self>> {
        let link = Arc::new_cyclic(|this| Self {
            this: this.clone(),
            process,
            stream: Arc::new(OwnedFd::from(stream)),
            desk: Desk::new(host::loop_id(), process),
            out: Mutex::default(),
            pending: Mutex::default(),
            incoming: Mutex::default(),
            windows: Mutex::default(),
            next: AtomicU64::new(1),
            scheduled: AtomicU64::new(NO_LOOP),
            given_up: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            reason: Mutex::default(),
            blocked: Notify::new(),
            over: Notify::new(),
        });
        tokio::task::spawn_local(desk::read(link.clone()));
        tokio::task::spawn_local(outbound::write_when_blocked(link.clone()));
        Ok(link)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Waits until the connection is over.
    pub(crate) async fn closed(&self) {
        loop {
            let over = self.over.notified();
            if self.is_closed() {
                return;
            }
            over.await;
        }
    }

    /// The window to an actor at the other end.
    pub(crate) fn window(&self, target: ActorId, incarnation: Incarnation, capacity: u32) -> Arc<Window> {
        let mut windows = lock(&self.windows);
        match windows.get(&target) {
            Some((known, window)) if *known == incarnation => window.clone(),
            _ => {
                let window = Window::new(capacity);
                if let Some((_, old)) = windows.insert(target, (incarnation, window.clone())) {
                    old.close();
                }
                window
            }
        }
    }

    pub(crate) fn close_window(&self, target: ActorId) {
        let window = lock(&self.windows).remove(&target);
        if let Some((_, window)) = window {
            window.close();
        }
    }

    /// Appends housekeeping, with a descriptor if there is one to hand over.
    pub(crate) fn tell_node(&self, news: &News, fd: Option<OwnedFd>) -> Result<(), EncodeError> {
        let header = Header::new(Subject::Node, ActorId::ARBITER);
        lock(&self.out).append_with(&header, fd, |out| out.put(news))?;
        self.schedule();
        Ok(())
    }

    /// Fails whatever still waits for the other process, which has ended for this reason.
    pub(crate) fn fail_all(&self, reason: &ExitReason) {
        let pending: Vec<_> = lock(&self.pending).drain().collect();
        for (_, slot) in pending {
            slot.fail(Failure::died(reason.clone(), Started::Unknown));
        }
        let windows: Vec<_> = lock(&self.windows).drain().collect();
        for (_, (_, window)) in windows {
            window.close();
        }
    }

    /// Why the other process ended has become known.
    pub(crate) fn learn_reason(&self, reason: ExitReason) {
        lock(&self.reason).get_or_insert(reason);
        self.over.notify_waiters();
    }

    pub(crate) fn reason(&self) -> Option<ExitReason> {
        lock(&self.reason).clone()
    }

    /// The connection is over: nobody there waits for an answer any more.
    fn closing(&self) {
        self.closed.store(true, Ordering::Release);
        self.given_up.store(true, Ordering::Release);
        lock(&self.out).clear();
        let incoming: Vec<_> = lock(&self.incoming).drain().flat_map(|(_, ask)| ask.watchers).collect();
        incoming.into_iter().for_each(Waker::wake);
        self.over.notify_waiters();
        self.blocked.notify_one();
    }

    /// Breaks the connection off.
    pub(crate) fn shut(&self) {
        let _ = rustix::net::shutdown(&*self.stream, rustix::net::Shutdown::Both);
    }

    /// Answers a ping of the protocol's own.
    fn pong(&self, payload: &[u8]) {
        lock(&self.out).pong(payload);
        self.schedule();
    }

    /// Bytes that are not sent yet.
    pub(crate) fn unsent(&self) -> usize {
        lock(&self.out).len()
    }
}

impl Flush for Link {
    fn flush(&self) {
        // Before anything is written: what is appended from here on is scheduled anew.
        self.scheduled.store(NO_LOOP, Ordering::Release);
        let mut out = lock(&self.out);
        if out.write(&self.stream) {
            drop(out);
            self.blocked.notify_one();
        }
    }
}

impl Peer for Link {
    fn process(&self) -> u32 {
        self.process
    }

    fn send(&self, heading: &Heading, slot: Option<Arc<dyn AnySlot>>, payload: Payload<'_>) -> Result<u64, Failure> {
        let mut header = Header::new(heading.subject, heading.target);
        header.tag = heading.tag;
        header.sender = heading.sender;
        header.incarnation = heading.incarnation;
        // As a point in time, so that what it spends on its way counts.
        header.deadline = heading.deadline.map(sys::shared_time);
        let asks = slot.is_some();
        if let Some(slot) = slot {
            header.request = self.next.fetch_add(1, Ordering::Relaxed);
            lock(&self.pending).insert(header.request, slot);
        }
        if let Some(reason) = self.lost() {
            lock(&self.pending).remove(&header.request);
            return Err(Failure::died(reason, Started::No));
        }
        let appended = self.encode(&header, payload);
        if !matches!(appended, Ok(true)) {
            lock(&self.pending).remove(&header.request);
        }
        match appended {
            Ok(true) => {}
            // It drains: this process has said that it sends it nothing more.
            Ok(false) => return Err(Failure::died(ExitReason::Shutdown, Started::No)),
            Err(error) => return Err(Failure::Unencodable(error.to_string())),
        }
        self.schedule();
        self.desk.used(&self.this);
        Ok(if asks { header.request } else { 0 })
    }

    fn cancel(&self, request: u64) {
        if lock(&self.pending).remove(&request).is_some() {
            let mut header = Header::new(Subject::Cancel, ActorId::ARBITER);
            header.request = request;
            self.append(&header, &mut |_| Ok(()));
        }
    }

    fn answer(&self, request: u64, ok: bool, payload: Payload<'_>) -> bool {
        if !self.take_incoming(request) {
            return false;
        }
        let mut header = Header::new(if ok { Subject::Reply } else { Subject::Error }, ActorId::ARBITER);
        header.request = request;
        let appended = self.encode(&header, payload);
        if let Err(error) = appended {
            self.send_failure(request, &Failure::Unencodable(error.to_string()));
        }
        self.schedule();
        true
    }

    fn fail(&self, request: u64, failure: Failure) -> bool {
        let waited = self.take_incoming(request);
        if waited {
            self.send_failure(request, &failure);
        }
        waited
    }

    fn gone(&self, request: u64) -> bool {
        self.given_up.load(Ordering::Acquire) && !lock(&self.incoming).contains_key(&request)
    }

    fn watch(&self, request: u64, waker: &Waker) -> bool {
        match lock(&self.incoming).get_mut(&request) {
            Some(ask) => {
                reply::watch(&mut ask.watchers, waker);
                false
            }
            None => true,
        }
    }

    fn taken(&self, target: ActorId, incarnation: Incarnation, count: u32) {
        let mut header = Header::new(Subject::Credit, target);
        header.incarnation = incarnation;
        header.request = u64::from(count);
        self.append(&header, &mut |_| Ok(()));
    }
}

impl Link {
    /// Why nothing can be sent any more, if so.
    fn lost(&self) -> Option<ExitReason> {
        self.is_closed().then(|| self.reason().unwrap_or(ExitReason::Unknown))
    }

    /// The ask from there is over. False if its caller had gone.
    fn take_incoming(&self, request: u64) -> bool {
        let taken = lock(&self.incoming).remove(&request);
        let waited = taken.is_some();
        taken.into_iter().flat_map(|ask| ask.watchers).for_each(Waker::wake);
        waited
    }

    fn send_failure(&self, request: u64, failure: &Failure) {
        let mut header = Header::new(Subject::Failure, ActorId::ARBITER);
        header.request = request;
        if let Err(error) = self.encode(&header, &mut |out| out.put(failure)) {
            let failure = Failure::Protocol(format!("the failure itself could not be told: {error}"));
            self.append(&header, &mut |out| out.put(&failure));
        }
        self.schedule();
    }

    /// Appends a message that expects no answer.
    pub(crate) fn append(&self, header: &Header, payload: Payload<'_>) {
        if let Err(error) = self.encode(header, payload) {
            let subject = header.subject;
            report::note(Level::ERROR, format!("a message of the runtime's own ({subject}) was not sent: {error}"));
        }
        self.schedule();
    }

    /// Encodes a payload, and appends it. The value's own code runs before the lock is taken: others must not wait for it,
    /// and whatever it does, it leaves nothing half written. False if the incarnation that it is for is to be sent nothing more.
    fn encode(&self, header: &Header, payload: Payload<'_>) -> Result<bool, EncodeError> {
        thread_local! {
            static SCRATCH: Cell<BytesMut> = Cell::new(BytesMut::new());
        }
        let mut scratch = SCRATCH.take();
        scratch.clear();
        // A large payload becomes a frame where it is.
        scratch.extend_from_slice(&[0; BEFORE_PAYLOAD]);
        payload(&mut Encoder::new(&mut scratch))?;
        let mut out = lock(&self.out);
        let appended = out.append(header, &self.next, &mut scratch)?;
        // Much is written as it comes: the other end can begin, and it is still in the cache.
        let blocked = out.is_much() && out.write(&self.stream);
        drop(out);
        if blocked {
            self.blocked.notify_one();
        }
        if scratch.capacity() <= KEPT {
            SCRATCH.set(scratch);
        }
        Ok(appended)
    }

    /// Nothing more is sent to this incarnation; the other end is told so, behind all that was.
    fn leave(&self, id: ActorId, incarnation: Incarnation) {
        if let Err(error) = lock(&self.out).leave(id, incarnation) {
            report::note(Level::ERROR, format!("an incarnation that drains was not answered: {error}"));
        }
        self.schedule();
    }

    /// Has this thread's loop write what was appended, if it is not to do so anyway.
    fn schedule(&self) {
        let me = host::loop_id();
        // Only this thread writes its own loop's number, and takes it back before it flushes: seen here, the flush is still to come.
        if me != NO_LOOP && self.scheduled.load(Ordering::Relaxed) == me {
            return;
        }
        self.scheduled.store(me, Ordering::Release);
        if let Some(link) = self.this.upgrade() {
            host::flush_soon(link);
        }
    }

    /// An ask from there waits for an answer from here. False if one with this number does already, or far too many do.
    fn expect_answer(&self, request: u64) -> bool {
        let mut incoming = lock(&self.incoming);
        incoming.len() < MAX_INCOMING && incoming.insert(request, Incoming::default()).is_none()
    }

    /// The caller there has given up. What is not among the incoming has gone.
    fn caller_gone(&self, request: u64) {
        self.given_up.store(true, Ordering::Release);
        self.take_incoming(request);
    }

    /// The answer to an ask of this process.
    fn answered(&self, request: u64, answer: Answer) {
        let Some(slot) = lock(&self.pending).remove(&request) else { return };
        match answer {
            Answer::Value(bytes) => slot.complete(Ok(bytes)),
            Answer::Error(bytes) => slot.complete(Err(bytes)),
            Answer::Failure(failure) => slot.fail(failure),
        };
    }

    /// The routes that led over this connection lead nowhere; their next sender asks anew.
    fn forget_routes(&self, next: &Route) {
        let Some(node) = node() else { return };
        for address in node.addresses(|_| true) {
            if let Route::Remote { peer, .. } = address.route()
                && peer.process() == self.process
            {
                address.set_route(next.clone());
            }
        }
    }
}

enum Answer {
    Value(Bytes),
    Error(Bytes),
    Failure(Failure),
}
