//! The start of one application: its sockets, its tree, its pool.

use super::backstage::{Owned, Set, Stage};
use super::{App, RunningApp, Speaks, called, could_not_start, is_stopping};
use crate::actor::{ActorExt, MIN_TIMEOUT, Spawn};
use crate::config::{Settings, Sources};
use crate::error::{Error, SpawnError};
use crate::handed::Kept;
use crate::id::Kind;
use crate::serve::{PeerAddr, Worker, WorkerProxy, open};
use crate::supervise::Strategy;
use crate::supervisor::{Branch, ChildOptions, Planted, Supervised, SupervisorExt, SupervisorOptions, SupervisorProxy};

/// Starts it. `files` are removed when it has ended.
pub(super) async fn launch(
    app: App,
    settings: Settings,
    sources: Sources,
    files: Vec<Owned>,
) -> Result<RunningApp, Error> {
    let App { name, speaks, path, args, children, hooks, .. } = app;
    let args = args.map_err(|why| Error::msg(format!("the arguments of `{name}` cannot travel: {why}")))?;
    let mut stage = Stage { before: hooks.before, after: hooks.after, files, sockets: Vec::new() };
    let (mut addresses, mut numbers) = (Vec::new(), Vec::new());
    for bind in &settings.bind {
        let opened = open(bind, settings.backlog, speaks == Speaks::Datagrams);
        for opened in opened.map_err(|why| could_not_start(Error::msg(why)))? {
            let kept = Kept::new(opened.fd);
            numbers.push(kept.number);
            addresses.push(opened.address);
            stage.files.extend(opened.file.map(|file| Owned::new(file, None)));
            stage.sockets.push(kept);
        }
    }
    let (set, backstage) = Set::new(stage);
    let mut tree = Branch::supervisor(SupervisorOptions::new().strategy(Strategy::OneForOne)).child(
        "backstage",
        Branch::of(Spawn::new(backstage).shutdown(settings.exit_timeout)),
        ChildOptions::new(),
    );
    for (name, child) in children {
        let (child, options) = called(child, &name);
        tree = tree.child(&name, child, options);
    }
    let workers = pool(path, args, &settings, sources, numbers);
    let tree = AppTree(tree.child("workers", Branch::of(workers), ChildOptions::new()));
    let (tree, pool) = match tree.named(&name).spawn().await {
        Ok(started) => started,
        Err(error) if is_stopping(&error) => return Err(error.into()),
        Err(SpawnError::NameTaken { name }) => {
            return Err(could_not_start(Error::msg(format!(
                "something is called `{name}` already: name the application with `.named(..)`"
            ))));
        }
        Err(error) => return Err(could_not_start(error)),
    };
    set.keep();
    let running = RunningApp::new(name, tree, pool, addresses, settings, speaks);
    for hook in hooks.ready {
        hook(&running);
    }
    Ok(running)
}

fn pool(path: &str, args: bytes::Bytes, settings: &Settings, sources: Sources, sockets: Vec<u64>) -> Spawn<Worker> {
    // None in processes of its own: one beside the master's loop, never on it.
    let (kind, workers) =
        if settings.workers == 0 { (Kind::Thread, 1) } else { (settings.concurrency, settings.workers) };
    let handed = if kind == Kind::Process { sockets.clone() } else { Vec::new() };
    let called = settings.process_name.clone();
    let some = |number: u64| Some(number).filter(|&number| number > 0);
    Worker::new(path.to_string(), args, settings.clone(), sources, sockets)
        .on(kind)
        .workers(workers)
        .timeout(settings.timeout.max(MIN_TIMEOUT))
        .shutdown(settings.exit_timeout)
        .with(move |params| {
            // Else it is found under its application.
            params.name = called;
            params.recycle.messages = some(settings.max_requests);
            params.recycle.age = Some(settings.max_age).filter(|age| !age.is_zero());
            params.recycle.memory = some(settings.max_memory);
            params.handed = handed;
        })
}

/// The supervisor of an application: with it, the pool.
struct AppTree(Branch);

impl Supervised for AppTree {
    type Proxy = (SupervisorProxy, WorkerProxy);

    fn into_branch(self) -> Branch {
        self.0
    }

    fn proxy(planted: &Planted) -> Self::Proxy {
        let last = planted.children.len().saturating_sub(1);
        let pool = planted.children.get(last).map_or_else(|| planted.actor::<Worker>(), Planted::actor::<Worker>);
        (planted.supervisor(), pool)
    }
}

impl SupervisorExt for AppTree {}

/// Where an address is reached.
pub(super) fn url(address: &PeerAddr, speaks: Speaks, tls: bool) -> String {
    match (address, speaks) {
        (PeerAddr::Unix(_), _) => address.to_string(),
        (PeerAddr::Tcp(address), Speaks::Http) => format!("http{}://{address}", if tls { "s" } else { "" }),
        (PeerAddr::Tcp(address), Speaks::Datagrams) => format!("udp://{address}"),
        (PeerAddr::Tcp(address), Speaks::Streams) => format!("{}://{address}", if tls { "tls" } else { "tcp" }),
    }
}
