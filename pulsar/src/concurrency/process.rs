//! Process actors: from the child's side, everything between its first instruction and its exit.

use std::cell::RefCell;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::panic;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::LocalRuntime;
use tokio::sync::oneshot;

use super::event_loop;
use super::fork_server;
use super::manager::{ArbiterManager, tell_arbiter};
use super::sys::{self, Role};
use crate::actor::find_actor;
use crate::address::{Route, Window};
use crate::command::Internal;
use crate::exit::ExitReason;
use crate::id::Kind;
use crate::link::{Boot, Link, Network, links};
use crate::mailbox::ControlItem;
use crate::node::Node;
use crate::panics;
use crate::recorder::Recorder;
use crate::runner::{Birth, Ended};

/// How long a child waits to be told who it is.
const BOOT_WITHIN: Duration = Duration::from_secs(10);

/// How long a child that has ended tries to say so.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How much may be said to an actor before there is one.
const MAX_EARLY: usize = 64;

thread_local! {
    static BOOT: RefCell<Option<oneshot::Sender<(Boot, Recorder)>>> = const { RefCell::new(None) };
    /// What the arbiter said to the actor of this process before it was born: to stop, above all.
    static EARLY: RefCell<Option<Vec<ControlItem>>> = const { RefCell::new(Some(Vec::new())) };
}

/// Keeps what is said to the actor of this process until it is born. Gives it back where that has been, or there is too much.
pub(crate) fn keep_early(item: ControlItem) -> Result<(), ControlItem> {
    EARLY.with(|early| match &mut *early.borrow_mut() {
        Some(items) if items.len() < MAX_EARLY => {
            items.push(item);
            Ok(())
        }
        _ => Err(item),
    })
}

/// The arbiter has said who this child is. `words` is where it notes what it is at; without, nobody learns that.
pub(crate) fn boot(boot: Boot, words: Option<OwnedFd>) -> Result<(), String> {
    let recorder = match words.as_ref().map(sys::map_words) {
        Some(Ok(words)) => Recorder::Shared(words),
        Some(Err(error)) => return Err(format!("its black box cannot be used: {error}")),
        None => Recorder::default(),
    };
    let waiting = BOOT.with(|waiting| waiting.borrow_mut().take()).ok_or("a second boot")?;
    waiting.send((boot, recorder)).map_err(|_| "nobody waits to be booted".to_string())
}

/// If this process was started as a child, calls `setup`, becomes the child and never returns.
pub(crate) fn divert(setup: fn()) {
    let begun = match sys::take_marker(true) {
        None => return,
        Some(marker) => marker.and_then(|marker| begin(&marker)),
    };
    let Begun { number, socket, runtime } = begun.unwrap_or_else(|error| refuse(&error));
    // After the socket has left standard input, and after the child is bound to its parent: a setup may read, and may hang.
    // Before the hook that keeps what panics say: it calls the one that a setup has put.
    if panic::catch_unwind(setup).is_err() {
        eprintln!("pulsar: this process was to be an actor's, but its setup panicked");
        std::process::exit(101);
    }
    panics::install();
    let code = event_loop::run(runtime, child(number, socket));
    std::process::exit(i32::from(code));
}

/// A child that knows its master.
struct Begun {
    number: u32,
    /// What it hears from.
    socket: UnixStream,
    runtime: LocalRuntime,
}

/// Becomes a proper child, tied to its master.
fn begin(marker: &sys::Marker) -> Result<Begun, String> {
    let text = |error: io::Error| error.to_string();
    match marker.role {
        Role::Actor(number) => {
            let socket = UnixStream::from(sys::adopt().map_err(text)?);
            socket.set_nonblocking(true).map_err(text)?;
            sys::tie(marker.parent).map_err(text)?;
            Ok(Begun { number, socket, runtime: event_loop::runtime().map_err(text)? })
        }
        Role::ForkServer => {
            let forklet = fork_server::serve(marker.parent)?;
            sys::tie(marker.parent).map_err(text)?;
            let runtime = event_loop::runtime().map_err(text)?;
            let (number, socket) = forklet.stand_by().map_err(text)?;
            Ok(Begun { number, socket, runtime })
        }
    }
}

fn refuse(why: &str) -> ! {
    eprintln!("pulsar: this process was started as an actor's, but {why}");
    std::process::exit(70);
}

/// The life of a child. Its exit code says the same as its last words, for those who watch from outside.
async fn child(number: u32, socket: UnixStream) -> u8 {
    let (told, boot) = oneshot::channel();
    BOOT.with(|waiting| *waiting.borrow_mut() = Some(told));
    let Ok(link) = Link::start(0, socket) else { return 70 };
    links().insert(link.clone());
    // The control lane is not windowed, and nothing else goes to the arbiter.
    let route = Route::Remote { peer: link.clone(), incarnation: 1, window: Window::new(1) };
    let Some(node) = Node::install(number, route, Box::new(Network)) else { return 70 };
    let Ok(Ok((boot, recorder))) = tokio::time::timeout(BOOT_WITHIN, boot).await else {
        refuse("nobody told it which")
    };
    let (id, incarnation) = (boot.id, boot.incarnation);
    let ended = live(node, boot, recorder).await;
    let code = exit_code(&ended.reason);
    tell_arbiter(Internal::Ending { id, incarnation, reason: ended.reason, lost: ended.lost });
    say_the_rest(&link).await;
    code
}

async fn live(node: &'static Node, boot: Boot, recorder: Recorder) -> Ended {
    let failed = |text: String| Ended { reason: ExitReason::StartFailed(text), lost: 0 };
    let Boot { id, incarnation, actor, fingerprint, build, specification, params, manager, last_crash } = boot;
    let schema = |text: String| Ended { reason: ExitReason::Schema(text), lost: 0 };
    if build != sys::build_id() {
        return schema("it runs another build of the program than its master".into());
    }
    let Some(entry) = find_actor(&actor) else {
        return failed(format!("no actor `{actor}` is registered in this binary"));
    };
    if entry.fingerprint != fingerprint {
        return schema(format!("`{actor}` is declared differently in this binary"));
    }
    if let Err(error) = sys::apply_limits(&params.limits) {
        return failed(format!("its limits cannot be set: {error}"));
    }
    sys::name_process(params.name.as_deref().unwrap_or("pulsar"));
    let address = node.adopt(id, params.name.as_deref(), entry.fingerprint);
    let here = address.clone();
    let born = (entry.bear)(Birth {
        address,
        kind: Some(Kind::Process),
        incarnation,
        params: Arc::new(params),
        specification,
        manager: Rc::new(ArbiterManager::new(manager)),
        recorder,
        last_crash,
    });
    // Messages may come as soon as the arbiter has heard its handshake.
    here.set_route(Route::Local { mailbox: born.core.mailbox.clone(), incarnation });
    for item in EARLY.take().into_iter().flatten() {
        let _ = born.core.mailbox.push_control(item);
    }
    born.live().await
}

/// Waits until everything is written, for a while.
async fn say_the_rest(arbiter: &Arc<Link>) {
    use crate::host::Flush;
    let deadline = tokio::time::Instant::now() + LAST_WORDS;
    let all = links().all();
    loop {
        all.iter().for_each(|link| link.flush());
        let unsent = all.iter().any(|link| link.unsent() > 0 && !link.is_closed());
        if arbiter.is_closed() || !unsent || tokio::time::Instant::now() >= deadline {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// What a shell sees. The arbiter goes by the last words, where there were any.
fn exit_code(reason: &ExitReason) -> u8 {
    match reason {
        ExitReason::Normal | ExitReason::Shutdown => 0,
        ExitReason::StartFailed(_) | ExitReason::Schema(_) => 3,
        ExitReason::Panic { .. } => 101,
        _ => 1,
    }
}
