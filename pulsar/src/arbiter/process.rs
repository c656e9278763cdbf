//! Process actors, from outside: how one is begun, and what is made of its end.

use std::cell::RefCell;
use std::io;
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::mpsc;
use tracing::Level;

use super::child::{BlackBox, Place, ProcessHandle};
use super::log::Stream;
use super::output::Taps;
use super::{Arbiter, Event};
use crate::concurrency::sys;
use crate::exit::ExitReason;
use crate::handed;
use crate::host::Flush;
use crate::id::{ActorId, Incarnation};
use crate::link::{Boot, Link, News, links};
use crate::node::node;

/// How long a dead process's last words are waited for.
const LAST_WORDS: Duration = Duration::from_millis(500);

impl Arbiter {
    pub(super) fn start_process(&mut self, id: ActorId, incarnation: Incarnation) -> io::Result<Place> {
        let Some(child) = self.children.get_mut(&id) else { return Ok(Place::None) };
        self.oom.look();
        let number = self.next_process;
        self.next_process += 1;
        let name = child.address.label();
        let output = child.request.params.output;
        let title = format!("pulsar: {name}");
        let (mut handle, ours) = match self.forks.wake(&child.binary, number, &title, output, &mut self.log) {
            Some(woken) => woken,
            None => {
                let (ours, theirs) = UnixStream::pair()?;
                let (role, binary) = (sys::Role::Actor(number), child.binary.path());
                (sys::spawn_self(theirs.into(), role, binary, &title, &self.arguments, output)?, ours)
            }
        };
        let (stdout, stderr) = handle.take_output();
        let pipes = stdout.map(|pipe| (pipe, Stream::Out)).into_iter().chain(stderr.map(|pipe| (pipe, Stream::Err)));
        let taps = Rc::new(Taps::start(&name, pipes.collect(), &self.log.sink())?);
        let handle: ProcessHandle = Rc::new(RefCell::new(handle));
        let link = Link::start(number, ours).inspect_err(|_| handle.borrow().kill())?;
        let boot = News::Boot(Box::new(Boot {
            id,
            incarnation,
            actor: child.request.actor.to_string(),
            fingerprint: child.request.fingerprint,
            build: child.binary.build(),
            specification: child.request.specification.clone(),
            params: child.request.params.clone(),
            last_crash: child.last_crash.as_deref().cloned().map(Box::new),
            manager: child.parent.unwrap_or(ActorId::ARBITER),
        }));
        // Without one it lives as well.
        let words = sys::make_words().and_then(|words| Ok((words.try_clone()?, words)));
        let words = words.map_or(None, |(words, kept)| {
            child.black_box = BlackBox::Memory(kept);
            Some(words)
        });
        let told = hand_over(&link, &child.request.params.handed)
            .and_then(|()| link.tell_node(&boot, words).map_err(|error| io::Error::other(error.to_string())));
        if let Err(error) = told {
            handle.borrow().kill();
            link.shut();
            return Err(error);
        }
        // At once: it waits for nothing else.
        link.flush();
        links().insert(link.clone());
        self.processes.insert(number, id);
        tokio::task::spawn_local(watch(number, handle.clone(), link.clone(), taps.clone(), self.events.clone()));
        Ok(Place::Process { number, link, handle, taps })
    }

    pub(super) fn process_ended(&mut self, number: u32, status: ExitReason) {
        let Some(id) = self.processes.remove(&number) else { return };
        super::verbs::forget(&mut self.connected, number);
        let link = links().get(number);
        let status = self.cause(id, status);
        let Some(child) = self.children.get_mut(&id) else { return };
        let incarnation = child.incarnation;
        let protocol = link.as_ref().and_then(|link| link.reason());
        let (words, lost) = child.last_words.take().map_or((None, 0), |words| (Some(words.reason), words.lost));
        let reason = match (words, protocol, status) {
            (Some(words), _, _) => words,
            (None, Some(protocol), _) => protocol.clipped(),
            (None, None, status) => status,
        };
        // Whoever waits for it hears what it is taken for: stopped or hung, not by which signal that was done.
        let reason = match self.machine.get(id) {
            Some(known) => known.judge(reason),
            None => reason,
        };
        // Before anyone hears of it: who waits for room is then to wait for the next incarnation, each in its turn.
        child.address.lose(incarnation);
        if let Some(link) = link {
            links().remove(&link);
            link.fail_all(&reason);
        }
        if let Some(node) = node() {
            node.forget_process(number, &reason);
        }
        let news = News::Ended { process: number, reason: reason.clone() };
        for link in links().all() {
            if let Err(error) = link.tell_node(&news, None) {
                self.log.say(Level::ERROR, format!("a process was not told of an end: {error}"));
            }
        }
        self.report(id, &reason, lost);
        self.ended(id, incarnation, reason);
    }
}

/// Gives a new process what its actor is to be handed.
fn hand_over(link: &Arc<Link>, numbers: &[u64]) -> io::Result<()> {
    for &number in numbers {
        let Some(fd) = handed::get(number) else {
            return Err(io::Error::other("what it is to be handed is closed, or was never in the master"));
        };
        let news = News::Handed { number };
        link.tell_node(&news, Some(fd.try_clone()?)).map_err(|error| io::Error::other(error.to_string()))?;
    }
    Ok(())
}

/// Waits for a process to end, then for its last words, and tells how it ended.
async fn watch(
    number: u32,
    handle: ProcessHandle,
    link: Arc<Link>,
    taps: Rc<Taps>,
    events: mpsc::UnboundedSender<Event>,
) {
    let ended = handle.borrow().ended();
    match ended {
        Ok(ended) => {
            let broken_off = matches!(select(pin!(ended.readable()), pin!(link.closed())).await, Either::Right(_));
            // A process that has broken its connection off, or was broken off, and lives on is of no use to anyone.
            if broken_off && tokio::time::timeout(LAST_WORDS, ended.readable()).await.is_err() {
                handle.borrow().kill();
                let _ = ended.readable().await;
            }
        }
        Err(_) => link.closed().await,
    }
    // What it had written before is read before its end is judged.
    let _ = tokio::time::timeout(LAST_WORDS, link.closed()).await;
    link.shut();
    let reason = loop {
        let judged = handle.borrow().judge();
        match judged {
            Some(reason) => break reason,
            None => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    taps.finish();
    let _ = events.send(Event::ProcessEnded { number, reason });
}
