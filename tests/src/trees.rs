//! What tests of trees and pools share: an actor that writes down its life, and an ear for the events of the tree.

#![allow(missing_docs, missing_debug_implementations, reason = "read by the tests beside it only")]

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use pulsar::{Change, Events, Tree, TreeEvent, TreeNode, prelude::*};

use crate::{SOON, actors::How, append, append_if_there};

/// Writes to a file when it starts and stops, and does what it is told.
#[actor(thread)]
pub struct Part {
    path: String,
    how: How,
    #[state]
    handled: u64,
}

/// One that starts well, and backs off for a few milliseconds only.
pub fn part(path: impl Into<String>, kind: Kind) -> pulsar::Spawn<Part> {
    part_that(path, kind, How::Well)
}

/// The same, starting in some other way.
pub fn part_that(path: impl Into<String>, kind: Kind, how: How) -> pulsar::Spawn<Part> {
    Part::new(path, how).on(kind).with(|params| params.backoff = (Duration::from_millis(5), Duration::from_millis(50)))
}

#[actor]
impl Part {
    #[hook]
    async fn start(&mut self, cx: &mut Context<Self>) -> Result<()> {
        append_if_there(&self.path, &format!("start {}", cx.name()));
        self.how.happen().await?;
        append_if_there(&self.path, &format!("ready {}", cx.name()));
        Ok(())
    }

    #[hook]
    fn stopping(&mut self, cx: &mut Context<Self>, reason: &ExitReason) {
        // What bursts is not stopped.
        if reason.is_normal() {
            append_if_there(&self.path, &format!("stop {}", cx.name()));
        }
    }

    /// Who it is, and where: its name, incarnation and process.
    #[command]
    fn place(&mut self, cx: &mut Context<Self>) -> (String, u32, u32) {
        self.handled += 1;
        (cx.name(), cx.incarnation(), std::process::id())
    }

    /// How long the binary is that it runs, in bytes.
    #[command]
    fn build(&mut self) -> u64 {
        std::fs::metadata("/proc/self/exe").map_or(0, |file| file.len())
    }

    /// How many of these it has handled in this life.
    #[command]
    fn count(&mut self) -> u64 {
        self.handled += 1;
        self.handled
    }

    /// Waits without holding the loop.
    #[command]
    async fn rest(&mut self, cx: &mut Context<Self>, millis: u64) -> String {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        cx.name()
    }

    /// Waits holding the loop, and says so to its file.
    #[command]
    fn block(&mut self, cx: &mut Context<Self>, millis: u64) {
        append(&self.path, &format!("blocks {}", cx.name()));
        std::thread::sleep(Duration::from_millis(millis));
        append_if_there(&self.path, &format!("wakes {}", cx.name()));
    }

    #[command]
    fn burst(&mut self) {
        panic!("burst, as asked")
    }

    #[command]
    fn finish(&mut self, cx: &mut Context<Self>) {
        cx.stop();
    }

    /// Takes memory that it keeps, and stays answerable meanwhile.
    #[command]
    async fn swell(&mut self, mebibytes: usize) -> usize {
        for _ in 0..mebibytes {
            std::mem::forget(std::hint::black_box(vec![1_u8; 1 << 20]));
            tokio::task::yield_now().await;
        }
        mebibytes << 20
    }

    /// Asks another, as often as that, and says how often it failed and how.
    #[command]
    async fn ask_often(&mut self, other: PartProxy, count: u64) -> Vec<String> {
        let mut failures = Vec::new();
        for _ in 0..count {
            if let Err(error) = other.count().await {
                failures.push(error.to_string());
            }
        }
        failures
    }

    /// Asks another until there is a file `PATH.end`, and says how often it was answered, and every failure.
    #[command]
    fn ask_until(&mut self, cx: &mut Context<Self>, other: PartProxy, path: String) -> Deferred<(u64, Vec<String>)> {
        cx.defer(async move { ask_until(&other, || std::fs::exists(format!("{path}.end")).unwrap_or(true)).await })
    }

    /// Gives back what came.
    #[command]
    fn carry(&mut self, load: Vec<u8>) -> Vec<u8> {
        load
    }

    /// Sends another so many bytes, as often as that, and says how often it failed and how.
    #[command]
    fn send_large(
        &mut self,
        cx: &mut Context<Self>,
        other: PartProxy,
        bytes: usize,
        count: u64,
    ) -> Deferred<Vec<String>> {
        cx.defer(async move {
            let mut failures = Vec::new();
            for _ in 0..count {
                match other.carry(vec![7; bytes]).timeout(SOON).await {
                    Ok(carried) if carried.len() == bytes => {}
                    Ok(carried) => failures.push(format!("{} bytes came back", carried.len())),
                    Err(error) => failures.push(format!("{error:?}")),
                }
            }
            failures
        })
    }

    /// Asks another where it is.
    #[command]
    async fn place_of(&mut self, other: PartProxy) -> Result<(String, u32, u32)> {
        Ok(other.place().await?)
    }

    /// Plants a tree of two under this name, from wherever this runs.
    #[command]
    async fn plant(&mut self, name: String, path: String) -> Result<SupervisorProxy> {
        let tree = Supervisor::new(Strategy::OneForAll);
        let tree = tree.child("one", part(path.clone(), Kind::Process)).child("two", part(path, Kind::Task));
        Ok(tree.named(name).spawn().await?)
    }

    /// Uses the proxy of a tree that it was sent: starts a child, counts, asks the child, and stops it again.
    #[command]
    async fn tend(&mut self, tree: SupervisorProxy, path: String) -> Result<(String, u32, u32)> {
        let before = tree.count_children().await?.specs;
        let child = tree.start_child("guest", part(path, Kind::Thread)).await?;
        let (name, ..) = child.place().await?;
        let between = tree.count_children().await?.specs;
        tree.stop_child("guest").await?;
        tree.delete_child("guest").await?;
        Ok((name, before, between))
    }

    /// Pings its monitor for so long, a hundred at a time.
    #[command]
    async fn flood_monitor(&mut self, length: Duration) -> u64 {
        let (began, mut answered) = (Instant::now(), 0);
        while began.elapsed() < length {
            let pings = (0..100).map(|_| send("monitor", command::ping()));
            answered += join_all(pings).await.iter().filter(|answer| answer.is_ok()).count() as u64;
        }
        answered
    }

    /// Listens from here until an actor of this name has begun its next life, and says what it heard of it.
    #[command]
    async fn hear(&mut self, actor: String, path: String) -> Result<Vec<String>> {
        let mut ears = Ears::open().await?;
        append(&path, "listens");
        ears.wait_for(&actor, "restarting").await;
        ears.wait_for(&actor, "ready").await;
        Ok(ears.names_of(&actor))
    }
}

/// Has any actor end by itself.
#[command]
pub fn finish_any(cx: &mut Context) {
    cx.stop();
}

/// Asks until `done`; says how often it was answered, and every failure.
pub async fn ask_until(other: &PartProxy, done: impl Fn() -> bool) -> (u64, Vec<String>) {
    let (mut answered, mut failures) = (0, Vec::new());
    while !done() {
        match other.count().await {
            Ok(_) => answered += 1,
            Err(error) => failures.push(error.to_string()),
        }
        // Others of this loop have their turn, and the machine has two cores.
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    (answered, failures)
}

/// Hears the events of the tree, and keeps them.
pub struct Ears {
    events: Events,
    pub heard: Vec<TreeEvent>,
    /// As far as has been waited for.
    seen: usize,
}

impl Ears {
    pub async fn open() -> Result<Self, AskError> {
        let mut events = pulsar::events();
        events.listen().await?;
        Ok(Self { events, heard: Vec::new(), seen: 0 })
    }

    /// Waits for the next event of this actor by this name, after the last that was waited for.
    #[track_caller]
    pub fn wait_for(&mut self, actor: &str, change: &str) -> impl Future<Output = TreeEvent> {
        let what = format!("{actor}: {change}");
        self.wait(what, move |event| event.actor == actor && event.change.name() == change)
    }

    /// Waits for the next event that is this.
    pub async fn wait(&mut self, what: impl AsRef<str>, is: impl Fn(&TreeEvent) -> bool) -> TreeEvent {
        let deadline = Instant::now() + SOON;
        loop {
            while let Some(event) = self.heard.get(self.seen) {
                self.seen += 1;
                if is(event) {
                    return event.clone();
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match tokio::time::timeout(left, self.events.next()).await {
                Ok(event) => self.heard.push(event.expect("there is an arbiter")),
                Err(_) => panic!("not within {SOON:?}: {}; heard {:#?}", what.as_ref(), self.lines()),
            }
        }
    }

    /// Begins to look from the first event again.
    pub fn rewind(&mut self) {
        self.seen = 0;
    }

    /// What has been heard so far, also of what was not waited for.
    pub async fn catch_up(&mut self) -> &[TreeEvent] {
        while let Ok(Ok(event)) = tokio::time::timeout(Duration::from_millis(20), self.events.next()).await {
            self.heard.push(event);
        }
        &self.heard
    }

    pub fn lines(&self) -> Vec<String> {
        self.heard.iter().map(ToString::to_string).collect()
    }

    /// What happened to one, by name.
    pub fn names_of(&self, actor: &str) -> Vec<String> {
        let of = self.heard.iter().filter(|event| event.actor == actor);
        of.map(|event| event.change.name().to_string()).collect()
    }

    pub fn count(&self, is: impl Fn(&TreeEvent) -> bool) -> usize {
        self.heard.iter().filter(|event| is(event)).count()
    }

    pub fn reloads(&self) -> Vec<(u32, Option<String>)> {
        let reloaded = |event: &TreeEvent| match &event.change {
            Change::Reloaded { replaced, refused } => Some((*replaced, refused.clone())),
            _ => None,
        };
        self.heard.iter().filter_map(reloaded).collect()
    }
}

/// The node under this path, from the roots of a tree: `site.api.1`. A root's own name may hold no dot.
pub fn node<'a>(tree: &'a Tree, path: &str) -> Option<&'a TreeNode> {
    let mut steps = path.split('.');
    let first = steps.next()?;
    let mut here = tree.roots.iter().find(|node| node.name == first)?;
    for step in steps {
        here = here.children.iter().find(|node| node.name == step)?;
    }
    Some(here)
}

/// The incarnations of the children of a node, in order.
pub fn incarnations(node: &TreeNode) -> Vec<(String, u32)> {
    node.children.iter().map(|child| (child.name.clone(), child.incarnation)).collect()
}
