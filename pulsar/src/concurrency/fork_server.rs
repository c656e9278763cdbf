//! The fork server: a process of this binary that does nothing but fork process actors, so that none has to be executed, linked
//! and started from nothing. What it is told, and both ends of telling it.
//!
//! It is its master's own child, has one thread, and has opened nothing but its socket. No runtime and no randomness exist before a
//! fork; what it forks is a child of the master (`CLONE_PARENT`) and shares the server's memory until either writes to it.
//! A child prepares itself for being an actor, whichever that will be, and **stands by** until it is woken. Must not know what actors are.

mod standby;

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) use standby::{Forklet, Standby};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, sockopt};
use serde::{Deserialize, Serialize};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::sys::{self, ChildHandle, Forked, Forker, Role, Status, Surroundings};
use crate::actor::Output;
use crate::message::{decode, encode};
use standby::{receive, send};

/// How it is called in lists of processes.
const TITLE: &str = "pulsar: fork server";

/// How long it may take to fork, which takes a fraction of a millisecond. Where nobody stands by, the arbiter waits meanwhile.
const WITHIN: Duration = Duration::from_millis(100);

/// How long it puts off what is for later: whoever is ready by now is asked something first.
const LATER: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000 };

/// The longest order: what is long goes into memory of its own.
const MAX_ORDER: usize = 64;

/// What the server is told.
#[derive(Serialize, Deserialize)]
enum Order {
    /// To fork a child. With it come its socket, and whatever else has changed.
    Fork { news: News, later: bool },
    /// That what was for later is wanted now.
    Hurry,
}

/// What has changed.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct News {
    environment: bool,
    directory: bool,
}

/// What the server says.
#[derive(Serialize, Deserialize)]
enum Word {
    Ready,
    /// It may not be forked, and why.
    Unfit(String),
    /// The number of the new process.
    Forked(u32),
    Failed(String),
}

type Variables = Vec<(OsString, OsString)>;

/// The life of the server, which ends with its master. Each of its children returns from here.
pub(crate) fn serve(master: u32) -> Result<Forklet, String> {
    let text = |error: io::Error| error.to_string();
    let socket = sys::adopt().map_err(text)?;
    sys::tie_alone(master).map_err(text)?;
    let forker = match Forker::new() {
        Ok(forker) => forker,
        Err(why) => {
            let _ = say(&socket, &Word::Unfit(why));
            std::process::exit(0);
        }
    };
    forker.set_title(TITLE.as_bytes());
    sys::name_process("pulsar-fork");
    // What was printed before must not be printed once more by each child.
    let _ = (io::stdout().flush(), io::stderr().flush());
    say(&socket, &Word::Ready).map_err(text)?;
    loop {
        let (mut message, mut fds) = ([0; MAX_ORDER], Vec::new());
        let length = receive(&socket, &mut message, &mut fds).map_err(text)?;
        if length == 0 {
            std::process::exit(0);
        }
        let order = decode(message.get(..length).unwrap_or_default())
            .map_err(|error| format!("it was told nonsense: {error}"))?;
        let Order::Fork { news, later } = order else { continue };
        if later {
            // Whatever comes meanwhile is in a hurry.
            let _ = poll(&mut [PollFd::new(&socket, PollFlags::IN)], Some(&LATER));
        }
        let mut fds = fds.into_iter();
        let mut next = || fds.next().ok_or_else(|| "a descriptor is missing".to_string());
        let theirs = next()?;
        if news.environment {
            take_environment(next()?)?;
        }
        if news.directory {
            rustix::process::fchdir(next()?).map_err(|error| error.to_string())?;
        }
        match forker.fork() {
            Ok(Forked::Parent(pid)) => say(&socket, &Word::Forked(pid)).map_err(text)?,
            Err(error) => say(&socket, &Word::Failed(error.to_string())).map_err(text)?,
            Ok(Forked::Child) => return Forklet::new(theirs, forker).map_err(text),
        }
    }
}

fn take_environment(memory: OwnedFd) -> Result<(), String> {
    let mut file = File::from(memory);
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(|error| error.to_string())?;
    let variables: Vec<(Vec<u8>, Vec<u8>)> = decode(&bytes).map_err(|error| error.to_string())?;
    sys::replace_environment(
        variables.into_iter().map(|(name, value)| (OsString::from_vec(name), OsString::from_vec(value))),
    );
    Ok(())
}

fn say(socket: &OwnedFd, word: &Word) -> io::Result<()> {
    let bytes = encode(word).map_err(io::Error::other)?;
    rustix::net::send(socket, &bytes, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// A server, as its master has it.
pub(crate) struct ForkServer {
    pub(crate) process: ChildHandle,
    socket: OwnedFd,
    ready: bool,
    surroundings: Surroundings,
    status: Status,
    environment: Variables,
    directory: Option<(u64, u64)>,
    /// What of these it has not been told.
    news: News,
    /// How often they have changed.
    state: u64,
    /// Who is being forked, in turn.
    ordered: VecDeque<Ordered>,
}

/// One that is being forked.
struct Ordered {
    socket: UnixStream,
    state: u64,
    at: Instant,
}

/// Why there is no child.
pub(crate) enum Trouble {
    /// It has not said that it is ready.
    NotYet,
    /// It may not be forked, and why: another would say the same.
    Unfit(String),
    /// It would pass on what its master has changed since: another is needed.
    Stale,
    /// It could not fork.
    Failed(String),
    /// It is gone, or does not answer. Whether it has forked before is not known.
    Lost,
}

impl ForkServer {
    /// Starts one. Call it on a thread that lives as long as the program.
    pub(crate) fn start(binary: Option<PathBuf>) -> io::Result<Self> {
        let (surroundings, status) = (Surroundings::now(), Status::now());
        let (environment, directory) = (variables(), sys::directory());
        let (ours, theirs) =
            rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        sockopt::set_socket_timeout(&ours, sockopt::Timeout::Recv, Some(WITHIN))?;
        sockopt::set_socket_timeout(&ours, sockopt::Timeout::Send, Some(WITHIN))?;
        // As long as any title that it gives to a child.
        let title = format!("{TITLE:room$}", room = sys::TITLE_ROOM);
        let process = sys::spawn_self(theirs, Role::ForkServer, binary, &title, &[], Output::Inherit)?;
        Ok(Self {
            process,
            socket: ours,
            ready: false,
            surroundings,
            status,
            environment,
            directory,
            news: News::default(),
            state: 0,
            ordered: VecDeque::new(),
        })
    }

    /// Sees whether what it forks would be like what this process executes now. Which it is of the states that this process was
    /// in: what was forked in another is not to be used any more.
    pub(crate) fn follow(&mut self) -> Result<u64, Trouble> {
        self.hear_ready()?;
        if self.surroundings != Surroundings::now() {
            return Err(Trouble::Stale);
        }
        let (environment, directory) = (variables(), sys::directory());
        if environment != self.environment {
            self.environment = environment;
            self.news.environment = true;
            self.state += 1;
        }
        if directory != self.directory {
            self.directory = directory;
            self.news.directory = true;
            self.state += 1;
        }
        Ok(self.state)
    }

    /// The rest of what [`follow`](Self::follow) has to see, which takes longer: for when a child has been woken and has not been
    /// told anything yet.
    pub(crate) fn is_like_its_master(&self) -> bool {
        self.status == Status::now()
    }

    /// Has it fork a child, at once or a little later. It [tells](Self::forked) when it has.
    pub(crate) fn order(&mut self, later: bool) -> Result<(), Trouble> {
        let state = self.follow()?;
        let failed = |error: io::Error| Trouble::Failed(error.to_string());
        let environment = self.news.environment.then(|| in_memory(&self.environment)).transpose().map_err(failed)?;
        let directory = self.news.directory.then(here).transpose().map_err(failed)?;
        let (socket, theirs) = UnixStream::pair().map_err(failed)?;
        let mut fds = vec![theirs.as_fd()];
        fds.extend(environment.as_ref().map(AsFd::as_fd));
        fds.extend(directory.as_ref().map(AsFd::as_fd));
        self.tell(&Order::Fork { news: self.news, later }, &fds)?;
        self.news = News::default();
        self.ordered.push_back(Ordered { socket, state, at: Instant::now() });
        Ok(())
    }

    /// How many children it was told to fork, and has not.
    pub(crate) fn ordered(&self) -> usize {
        self.ordered.len()
    }

    /// By when it is to have forked the next.
    pub(crate) fn late_at(&self) -> Option<Instant> {
        self.ordered.front().map(|ordered| ordered.at + WITHIN)
    }

    /// The next that it has forked, if it has.
    pub(crate) fn forked(&mut self) -> Result<Option<Standby>, Trouble> {
        match self.hear(RecvFlags::DONTWAIT) {
            Ok(word) => self.take(word).map(Some),
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(Trouble::Lost),
            Err(_) if self.late_at().is_some_and(|late| late < Instant::now()) => Err(Trouble::Lost),
            Err(_) => Ok(None),
        }
    }

    /// Has it fork a child now, and waits for it.
    pub(crate) fn fork(&mut self) -> Result<Standby, Trouble> {
        let state = self.follow()?;
        if self.ordered.iter().any(|ordered| ordered.state == state) {
            self.tell(&Order::Hurry, &[])?;
        } else {
            self.order(false)?;
        }
        let asked = Instant::now();
        // Who was ordered before something changed comes first.
        while asked.elapsed() < WITHIN {
            let word = self.hear(RecvFlags::empty()).map_err(|_| Trouble::Lost)?;
            let standby = self.take(word)?;
            if standby.state == state {
                return Ok(standby);
            }
        }
        Err(Trouble::Lost)
    }

    fn take(&mut self, word: Word) -> Result<Standby, Trouble> {
        let (Word::Forked(_) | Word::Failed(_), Some(ordered)) = (&word, self.ordered.pop_front()) else {
            return Err(Trouble::Lost);
        };
        match word {
            Word::Forked(pid) => {
                let process = ChildHandle::of(pid, (None, None)).map_err(|error| Trouble::Failed(error.to_string()))?;
                Ok(Standby { process, socket: ordered.socket, state: ordered.state })
            }
            Word::Failed(why) => Err(Trouble::Failed(why)),
            Word::Ready | Word::Unfit(_) => Err(Trouble::Lost),
        }
    }

    fn tell(&self, order: &Order, fds: &[BorrowedFd<'_>]) -> Result<(), Trouble> {
        let order = encode(order).map_err(|error| Trouble::Failed(error.to_string()))?;
        send(&self.socket, &order, fds).map_err(|_| Trouble::Lost)
    }

    /// Becomes readable when it says something.
    pub(crate) fn spoken(&self) -> io::Result<AsyncFd<Arc<OwnedFd>>> {
        sys::watch(Arc::new(self.socket.try_clone()?), Interest::READABLE)
    }

    /// Whether it has said that it is ready.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready
    }

    /// Hears whether it is ready, without waiting.
    pub(crate) fn hear_ready(&mut self) -> Result<(), Trouble> {
        if self.ready {
            return Ok(());
        }
        match self.hear(RecvFlags::DONTWAIT) {
            Ok(Word::Ready) => {
                self.ready = true;
                Ok(())
            }
            Ok(Word::Unfit(why)) => Err(Trouble::Unfit(why)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(Trouble::NotYet),
            Ok(Word::Forked(_) | Word::Failed(_)) | Err(_) => Err(Trouble::Lost),
        }
    }

    fn hear(&self, flags: RecvFlags) -> io::Result<Word> {
        let mut bytes = [0; 1 << 10];
        let (length, _) = rustix::io::retry_on_intr(|| rustix::net::recv(&self.socket, &mut bytes[..], flags))?;
        decode(bytes.get(..length).unwrap_or_default()).map_err(io::Error::other)
    }
}

/// Variables, in memory that can be handed over.
fn in_memory(variables: &Variables) -> io::Result<OwnedFd> {
    let bytes: Vec<(&[u8], &[u8])> =
        variables.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let bytes = encode(&bytes).map_err(io::Error::other)?;
    let memory = rustix::fs::memfd_create("pulsar-environment", rustix::fs::MemfdFlags::CLOEXEC)?;
    let mut file = File::from(memory);
    file.write_all(&bytes)?;
    Ok(file.into())
}

/// The working directory.
fn here() -> io::Result<OwnedFd> {
    let flags = rustix::fs::OFlags::PATH | rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC;
    Ok(rustix::fs::open(".", flags, rustix::fs::Mode::empty())?)
}

/// The environment that a child is to have.
fn variables() -> Variables {
    let meant_for_the_master = |name: &OsString| sys::SERVICE_VARIABLES.iter().any(|known| name == known);
    std::env::vars_os().filter(|(name, _)| !meant_for_the_master(name)).collect()
}
