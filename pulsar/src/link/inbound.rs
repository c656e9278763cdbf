//! What arrives: each envelope to its mailbox, its waiting ask, or the housekeeping. Never waits.
//!
//! An error is the peer's fault, and ends the connection with reason `protocol`.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tracing::Level;

use super::chunks::Partials;
use super::letterbox::Letterbox;
use super::news::News;
use super::{Answer, Link, Network, drains, links};
use crate::address::{Place, Route};
use crate::command::{Internal, Verb};
use crate::concurrency::manager::tell_arbiter;
use crate::concurrency::{process, sys};
use crate::error::{Failure, Started};
use crate::exit::ExitReason;
use crate::handed;
use crate::id::ActorId;
use crate::mailbox::ControlItem;
use crate::message::{Envelopes, FLAG_MORE, Header, Subject, decode};
use crate::node::node;
use crate::peer::Peer;
use crate::reply::{Reply, ReplyTo};
use crate::report;
use crate::runner::send_answer;
use crate::sync::lock;

/// How long the reason of a process's end is waited for, before its asks fail without one.
const REASON_WITHIN: Duration = Duration::from_millis(40);

/// Handles what arrives on one connection.
pub(super) struct Inbound {
    /// Descriptors that have come and that no envelope has claimed yet; `None` for one that there was no room for here.
    pub(super) fds: VecDeque<Option<OwnedFd>>,
    /// Whether the other end has said who it is; the arbiter, and a child to its arbiter, need not.
    known: bool,
    /// Messages that have come in part.
    partials: Partials,
    letterbox: Letterbox,
    /// The processes to which there is no connection, as was said of each once: it is tried with each ask.
    missed: HashSet<u32>,
}

impl Inbound {
    pub(super) fn new(process: u32) -> Self {
        let known = process == 0 || node().is_none_or(|node| node.is_master());
        Self {
            fds: VecDeque::new(),
            known,
            partials: Partials::default(),
            letterbox: Letterbox::default(),
            missed: HashSet::new(),
        }
    }

    /// Handles one envelope.
    pub(super) fn handle(&mut self, link: &Arc<Link>, header: Header, payload: Bytes) -> Result<(), String> {
        if !self.known && header.subject != Subject::Node {
            return Err("a message before a hello".into());
        }
        match header.subject {
            Subject::Ask | Subject::Tell | Subject::Open | Subject::OpenTell | Subject::Control => {
                if header.flags & FLAG_MORE != 0 {
                    return self.partials.begin(header, &payload).map_err(|_| overrun());
                }
                let held = self.partials.hold_back(header, payload).map_err(|_| overrun())?;
                match held {
                    Some((header, payload)) => self.deliver(link, header, payload),
                    None => Ok(()),
                }
            }
            Subject::Reply | Subject::Error if header.flags & FLAG_MORE != 0 => {
                self.partials.begin(header, &payload).map_err(|_| overrun())
            }
            Subject::Reply | Subject::Error | Subject::Failure => self.deliver(link, header, payload),
            Subject::Chunk => {
                let whole = self.partials.add(&header, &payload).map_err(|_| overrun())?;
                let mut credit = Header::new(Subject::ChunkCredit, ActorId::ARBITER);
                credit.request = header.request;
                credit.tag = header.tag;
                link.append(&credit, &mut |_| Ok(()));
                whole.into_iter().try_for_each(|(header, payload)| self.deliver(link, header, payload))?;
                let arrived = self.partials.arrived();
                arrived.into_iter().for_each(|id| drains::left(id, link.process));
                Ok(())
            }
            Subject::ChunkCredit => {
                let mut out = lock(&link.out);
                out.credit(header.request, header.tag == 1);
                drop(out);
                link.schedule();
                Ok(())
            }
            Subject::Cancel => {
                link.caller_gone(header.request);
                Ok(())
            }
            Subject::Credit => {
                let window = lock(&link.windows).get(&header.target).cloned();
                match window {
                    Some((incarnation, window)) if incarnation == header.incarnation => {
                        if window.credit(header.request) { Ok(()) } else { Err("credit for more than was sent".into()) }
                    }
                    // Of an incarnation that has ended: its window is gone.
                    _ => Ok(()),
                }
            }
            Subject::Node => {
                let news = decode::<News>(&payload).map_err(|error| format!("housekeeping: {error}"))?;
                self.news(link, news)
            }
        }
    }

    fn deliver(&mut self, link: &Arc<Link>, header: Header, payload: Bytes) -> Result<(), String> {
        match header.subject {
            Subject::Reply => link.answered(header.request, Answer::Value(payload)),
            Subject::Error => link.answered(header.request, Answer::Error(payload)),
            Subject::Failure => {
                let failure = decode(&payload).map_err(|error| format!("a failure: {error}"))?;
                link.answered(header.request, Answer::Failure(failure));
            }
            Subject::Control => return Self::control(link, &header, &payload),
            _ => {
                let reply = Self::reply(link, &header, matches!(header.subject, Subject::Ask | Subject::Open))?;
                return self.letterbox.message(link, &header, payload, reply);
            }
        }
        Ok(())
    }

    /// What the sender waits for, if it does. A number that is in use already is no new ask.
    fn reply(link: &Arc<Link>, header: &Header, asks: bool) -> Result<Reply, String> {
        if !asks || header.request == 0 {
            return Ok(Reply::none());
        }
        if !link.expect_answer(header.request) {
            return Err("an ask with the number of another, or more than may wait".into());
        }
        let peer: Arc<dyn Peer> = link.clone();
        Ok(Reply::to(ReplyTo::Peer { peer, request: header.request }))
    }

    /// Takes the tells that come next in a batch, `most` at most; how many they were.
    pub(super) fn take_tells(
        &mut self,
        link: &Arc<Link>,
        batch: &mut Envelopes,
        most: usize,
    ) -> Result<Option<u32>, String> {
        // What comes from a stranger is refused, and what must not overtake a message in pieces waits behind it, each for itself.
        if !self.known || self.partials.are_open() {
            return Ok(None);
        }
        let Some(tells) = batch.tells(u32::try_from(most).unwrap_or(u32::MAX)) else { return Ok(None) };
        let count = tells.left();
        self.letterbox.tells(link, tells)?;
        Ok(Some(count))
    }

    fn control(link: &Arc<Link>, header: &Header, payload: &Bytes) -> Result<(), String> {
        let Some(node) = node() else { return Ok(()) };
        let verb = decode::<Verb>(payload).map_err(|error| format!("a built-in command: {error}"))?;
        let reply = Self::reply(link, header, true)?;
        let process = Some(link.process);
        if !node.is_master() && header.target == ActorId::new(node.process(), 0) {
            keeper_answers(verb, reply, link.process);
            return Ok(());
        }
        let mut item = ControlItem { verb, reply, process };
        let route = node.known(header.target).map(|address| address.route());
        if link.process == 0 && !node.is_master() && !matches!(route, Some(Route::Local { .. } | Route::Gone(_))) {
            // It may be told to stop before it is there to hear it.
            match process::keep_early(item) {
                Ok(()) => return Ok(()),
                Err(late) => item = late,
            }
        }
        let failure = match route {
            Some(Route::Local { mailbox, .. }) => match mailbox.push_control(item) {
                Ok(()) => return Ok(()),
                Err(item) => {
                    item.reply.fail(Failure::died(ExitReason::Unknown, Started::No));
                    return Ok(());
                }
            },
            Some(Route::Gone(reason)) => Failure::died(reason, Started::No),
            Some(_) => Failure::died(ExitReason::Unknown, Started::No),
            None => Failure::UnknownActor { target: header.target.to_string() },
        };
        item.reply.fail(failure);
        Ok(())
    }

    fn news(&mut self, link: &Arc<Link>, news: News) -> Result<(), String> {
        let Some(node) = node() else { return Ok(()) };
        let from_arbiter = link.process == 0 && !node.is_master();
        match news {
            News::Hello { process, build } if !self.known => {
                // The arbiter said who is at the other end: whoever says otherwise is a stranger.
                if process != link.process {
                    return Err(format!("process {process} where {} was expected", link.process));
                }
                if build != sys::build_id() {
                    report::note(Level::DEBUG, format!("process {process} is of another build"));
                }
                self.known = true;
                Ok(())
            }
            News::Boot(boot) if from_arbiter => process::boot(*boot, self.fds.pop_front().flatten()),
            News::Handed { number } if from_arbiter => {
                let fd = self.fds.pop_front().ok_or("something to hand over, without a descriptor")?;
                handed::put(number, fd.ok_or("no descriptor is left for what the actor is handed")?);
                Ok(())
            }
            News::Peer { process } if from_arbiter => {
                let fd = self.fds.pop_front().ok_or("a connection without a descriptor")?;
                let none_left = || io::Error::other("no descriptor is left for it");
                let link = match fd.ok_or_else(none_left).and_then(|fd| Link::start(process, fd.into())) {
                    Ok(link) => link,
                    // Whoever sends next has the arbiter try again.
                    Err(error) => {
                        let level = if self.missed.insert(process) { Level::WARN } else { Level::DEBUG };
                        report::note(level, format!("no connection to process {process}: {error}"));
                        tell_arbiter(Internal::Disconnected { process });
                        return Ok(());
                    }
                };
                self.missed.remove(&process);
                links().insert(link.clone());
                let hello = News::Hello { process: node.process(), build: sys::build_id() };
                link.tell_node(&hello, None).map_err(|error| error.to_string())
            }
            News::Moved { id, place } => {
                // Only who keeps an address may say where it leads.
                if id.home() != link.process {
                    return Err(format!("news of {id}, which another process keeps"));
                }
                if let Some(address) = node.known(id) {
                    if matches!(place, Place::Wait) {
                        Self::wait_for(&address);
                    }
                    Network.apply(&address, &place);
                }
                Ok(())
            }
            News::Leaving { id, incarnation, drains } => {
                // A process speaks for what runs in it.
                let runs_there = |route| matches!(route, Route::Remote { peer, .. } if peer.process() == link.process);
                if let Some(address) = node.known(id).filter(|address| runs_there(address.route()))
                    && address.lose(incarnation)
                {
                    link.close_window(id);
                }
                if drains {
                    link.leave(id, incarnation);
                }
                Ok(())
            }
            News::Left { id } => {
                if self.partials.leave(id) {
                    drains::left(id, link.process);
                }
                Ok(())
            }
            News::Ended { process, reason } if from_arbiter => {
                if let Some(link) = links().get(process) {
                    link.learn_reason(reason.clone());
                }
                node.forget_process(process, &reason);
                Ok(())
            }
            other => Err(format!("unexpected housekeeping: {other:?}")),
        }
    }

    /// The incarnation is over: its window with it.
    fn wait_for(address: &Arc<crate::address::Address>) {
        if let Route::Remote { peer, .. } = address.route()
            && let Some(link) = links().get(peer.process())
        {
            link.close_window(address.id());
        }
    }

    /// The connection is over: fails what waits for the other end, with the reason as soon as it is known.
    pub(super) async fn ended(link: &Arc<Link>, broken: Option<String>) {
        let Some(node) = node() else { return };
        if let Some(text) = &broken {
            let process = link.process;
            // Of the master's own children the crash report says it.
            let level = if node.is_master() { Level::DEBUG } else { Level::ERROR };
            report::note(level, format!("the connection to process {process} broke the protocol: {text}"));
            link.learn_reason(ExitReason::Protocol(text.clone()));
        }
        drains::lost(link.process);
        if node.is_master() {
            // The arbiter knows why its children end, and does the rest.
            return;
        }
        if link.process == 0 {
            // No life after the master.
            sys::end_group();
        }
        let known = async {
            while link.reason().is_none() {
                link.over.notified().await;
            }
        };
        let _ = tokio::time::timeout(REASON_WITHIN, known).await;
        let reason = link.reason().unwrap_or(ExitReason::Unknown);
        links().remove(link);
        // Should both ends live, whoever sends next is given another connection.
        tell_arbiter(Internal::Disconnected { process: link.process });
        link.forget_routes(&Route::Unknown);
        link.fail_all(&reason);
    }
}

fn overrun() -> String {
    "pieces of a message that nobody began, or more than may be put together".into()
}

/// What other processes ask of this one, which keeps its task actors.
fn keeper_answers(verb: Verb, reply: Reply, process: u32) {
    let Some(node) = node() else { return };
    match verb {
        Verb::Internal(Internal::Resolve(id)) => {
            let place = match node.known(id) {
                // The keeper itself, to which one says what is to be done with a task. Only the control lane leads there.
                _ if id == ActorId::new(node.process(), 0) => {
                    Place::At { process: node.process(), incarnation: 1, window: 1, fingerprint: 0, name: None }
                }
                Some(address) if id.home() == node.process() => {
                    address.subscribe(process);
                    address.place(node.process())
                }
                _ => Place::Missing,
            };
            send_answer(reply, &Ok::<_, ()>(place));
        }
        Verb::Internal(Internal::Order { id, order }) => match node.known(id).and_then(|address| address.keeper()) {
            Some(keeper) => keeper.order(id, order, reply),
            None => send_answer(reply, &Ok::<_, ()>(())),
        },
        _ => reply.fail(Failure::Protocol("this is for the arbiter or an actor".into())),
    }
}
