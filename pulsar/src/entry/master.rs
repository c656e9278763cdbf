//! The master process: the arbiter on this thread, the body of `main` on another.

use std::cell::RefCell;
use std::ffi::OsString;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::Builder;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{MainOutcome, sockets};
use crate::actor::{Core, NoMessage, Options, Params};
use crate::address::{Address, Route};
use crate::arbiter::{Arbiter, Event, Lane, listen};
use crate::concurrency::manager::ArbiterManager;
use crate::concurrency::{event_loop, sys};
use crate::error::Error;
use crate::exit::ExitReason;
use crate::link::Network;
use crate::mailbox::{Mailbox, Receiver};
use crate::node::Node;
use crate::panics;
use crate::recorder::Recorder;
use crate::runner::{self, Birth};

/// How many messages may wait for `main`.
const MAIN_MAILBOX: u32 = 1024;

/// Runs the program; its exit code. `arguments` are what this binary needs to come to the same place as a child.
pub(super) fn run<F, B, T>(body: F, arguments: Vec<OsString>) -> u8
where
    F: FnOnce() -> B + Send + 'static,
    B: Future<Output = T> + 'static,
    T: MainOutcome,
{
    panics::install();
    // Before anything is started that could inherit them.
    sockets::claim();
    if let Err(error) = sys::hear_signals() {
        eprintln!("pulsar: signals cannot be heard: {error}");
        return 70;
    }
    let runtime = match event_loop::runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("pulsar: the arbiter's loop cannot be made: {error}");
            return 70;
        }
    };
    let (mailbox, control) = Mailbox::<NoMessage>::new(1, Recorder::default());
    let Some(node) = Node::install(0, Route::Local { mailbox, incarnation: 1 }, Box::new(Network)) else {
        eprintln!("pulsar: there is an arbiter in this process already: run it once");
        return 70;
    };
    let main_id = node.new_id();
    let Ok(address) = node.register(main_id, Some("main"), true, 0, None) else { return 70 };
    let lane = Lane::default();
    let (events, received) = mpsc::unbounded_channel();
    event_loop::run(runtime, async move {
        // Before anything is spawned: a signal that comes then must find its handler.
        if let Err(error) = listen(&events) {
            eprintln!("pulsar: signals cannot be heard: {error}");
            return 70;
        }
        let arbiter = Arbiter::new(arguments, events.clone(), lane.clone());
        let started = Builder::new().name("main".into()).spawn(move || {
            let code = main_thread(body, address, lane);
            let _ = events.send(Event::MainEnded { code });
        });
        if let Err(error) = started {
            eprintln!("pulsar: no thread for main: {error}");
            return 70;
        }
        arbiter.run(received, control).await
    })
}

/// Runs the body of `main` as an actor. The exit code it asks for.
fn main_thread<F, B, T>(body: F, address: Arc<Address>, lane: Lane) -> u8
where
    F: FnOnce() -> B + 'static,
    B: Future<Output = T> + 'static,
    T: MainOutcome,
{
    let runtime = match event_loop::runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("pulsar: the loop of main cannot be made: {error}");
            return 70;
        }
    };
    let outcome: Rc<RefCell<Option<Result<u8, Error>>>> = Rc::default();
    let seen = outcome.clone();
    let route = address.clone();
    let mut params = Params::from(&Options::new());
    params.name = Some("main".into());
    params.mailbox = MAIN_MAILBOX;
    let birth = Birth {
        address,
        kind: None,
        incarnation: 1,
        params: Arc::new(params),
        specification: Bytes::new(),
        manager: Rc::new(ArbiterManager::new(crate::id::ActorId::ARBITER)),
        recorder: Recorder::default(),
        last_crash: None,
    };
    let life = |core: Rc<Core>, mailbox: Rc<RefCell<Receiver<NoMessage>>>| {
        let body = async move {
            let done = body().await.into_code();
            *seen.borrow_mut() = Some(done);
            ExitReason::Normal
        };
        runner::live_beside(core, mailbox, body)
    };
    let ended = event_loop::run(runtime, async move {
        let born = runner::bear_with(birth, life);
        lane.open(&born.core.mailbox);
        route.set_route(Route::Local { mailbox: born.core.mailbox.clone(), incarnation: 1 });
        born.live().await
    });
    let outcome = outcome.borrow_mut().take();
    match (outcome, ended.reason) {
        (Some(Ok(code)), _) => code,
        (Some(Err(error)), _) => {
            eprintln!("Error: {error}");
            error.code()
        }
        (None, ExitReason::Panic { .. }) => 101,
        // Stopped from outside: whoever did that knows the code.
        (None, _) => 0,
    }
}
