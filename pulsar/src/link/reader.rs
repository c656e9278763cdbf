//! The way in: from the socket into frames, and from these into envelopes. Reads, and never waits.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::Link;
use super::inbound::Inbound;
use super::incoming::{Arrived, InBuffer};
use crate::concurrency::sys;
use crate::message::{Envelopes, Limits, envelopes};

/// How many messages of one process are taken in before others have their turn: who floods delays nobody for long.
const TURN: usize = 256;

/// And how many bytes, so that what is large is handled while it is in the cache.
const MAX_TURN: usize = 256 << 10;

/// How much may wait for a process that asks and does not read, in bytes.
const MAX_UNSENT: usize = 1 << 30;

/// What has been read of one connection.
pub(super) struct Reading {
    input: InBuffer,
    /// The frame that is being handled.
    batch: Option<Envelopes>,
    inbound: Inbound,
    limits: Limits,
    /// Whether the socket was empty when it was last read.
    empty: bool,
    /// Whether the connection is over, and what the other end did wrong.
    over: Option<Option<String>>,
}

/// How far a turn has come.
pub(super) enum Turn {
    /// There is no more until the socket says so.
    Empty,
    /// There is more, but others come first.
    More,
    /// The connection is over, for this reason if the other end has broken the protocol.
    Over(Option<String>),
}

impl Reading {
    pub(super) fn new(process: u32) -> Self {
        let limits = Limits::default();
        Self {
            input: InBuffer::default(),
            batch: None,
            inbound: Inbound::new(process),
            limits,
            empty: false,
            over: None,
        }
    }

    /// Reads and handles what is there, up to a turn's share.
    pub(super) fn turn(&mut self, link: &Arc<Link>) -> Turn {
        if self.over.is_none() {
            match self.take_turn(link) {
                Ok(Turn::Over(broken)) => self.over = Some(broken),
                Ok(turn) => return turn,
                Err(broken) => self.over = Some(Some(broken)),
            }
        }
        Turn::Over(self.over.clone().flatten())
    }

    fn take_turn(&mut self, link: &Arc<Link>) -> Result<Turn, String> {
        let (mut handled, mut received) = (0, 0);
        loop {
            if let Some(batch) = &mut self.batch {
                loop {
                    if let Some(count) = self.inbound.take_tells(link, batch, TURN - handled)? {
                        handled += count as usize;
                    } else {
                        let Some(envelope) = batch.next() else { break };
                        let (header, payload) = envelope.map_err(|error| error.to_string())?;
                        self.inbound.handle(link, header, payload)?;
                        handled += 1;
                    }
                    if handled == TURN {
                        return Ok(Turn::More);
                    }
                }
                self.batch = None;
            }
            match self.input.next(&self.limits)? {
                Some(Arrived::Batch(frame)) => {
                    self.batch = Some(envelopes(frame, &self.limits).map_err(|error| error.to_string())?);
                    continue;
                }
                Some(Arrived::Ping(payload)) => {
                    link.pong(&payload);
                    continue;
                }
                Some(Arrived::Pong) => continue,
                Some(Arrived::Close) => return Ok(Turn::Over(None)),
                None => {}
            }
            if std::mem::take(&mut self.empty) {
                return Ok(Turn::Empty);
            }
            if received >= MAX_TURN {
                return Ok(Turn::More);
            }
            if link.unsent() > MAX_UNSENT {
                return Err("it reads none of what it is sent".into());
            }
            match self.receive(link) {
                Ok(0) => return Ok(Turn::Over(None)),
                Ok(count) => received += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Turn::Empty),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Ok(Turn::Over(None)),
            }
        }
    }

    fn receive(&mut self, link: &Link) -> io::Result<usize> {
        let room = self.input.room();
        // Only the arbiter hands descriptors over; anyone else's are closed.
        let mut strangers = VecDeque::<Option<OwnedFd>>::new();
        let fds = if link.process == 0 { &mut self.inbound.fds } else { &mut strangers };
        let received = sys::receive(&*link.stream, room, fds)?;
        self.empty = received.all && received.count > 0;
        Ok(received.count)
    }
}
