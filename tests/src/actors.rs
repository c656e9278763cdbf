//! The actors that the tests drive. They live in a library, as a user's may: the binary that spawns them finds them all
//! the same.

#![allow(missing_docs, missing_debug_implementations, reason = "read by the tests beside it only")]

use std::{cell::RefCell, time::Duration};

use bytes::Bytes;
use pulsar::{ErrorText, prelude::*};

use serde::{Deserialize, Serialize};

use crate::append;

/// Does what it is told, and remembers it.
#[actor]
pub struct Probe {
    #[state]
    total: u64,
    #[state]
    seen: Vec<u64>,
}

/// The probe's own error.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    pub code: u32,
    pub text: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.text, self.code)
    }
}

impl std::error::Error for Refusal {}

#[actor]
impl Probe {
    #[hook]
    fn on_info(&self, info: &mut Info) {
        info.insert("total", self.total);
    }

    #[command]
    fn add(&mut self, n: u64) -> u64 {
        self.total += n;
        self.total
    }

    #[command]
    fn note(&mut self, n: u64) {
        self.seen.push(n);
    }

    #[command]
    fn noted(&self) -> Vec<u64> {
        self.seen.clone()
    }

    #[command]
    fn refuse(&self, code: u32) -> Result<u64, Refusal> {
        Err(Refusal { code, text: "refused".into() })
    }

    #[command]
    fn stumble(&self) -> Result<u64> {
        Err(std::io::Error::other("the disk is full").into())
    }

    #[command]
    fn place(&self, cx: &mut Context<Self>) -> (u32, u32) {
        (std::process::id(), cx.incarnation())
    }

    /// Waits without holding the loop.
    #[command]
    async fn rest(&mut self, millis: u64) -> u64 {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        self.seen.push(millis);
        millis
    }

    /// Waits holding the loop.
    #[command]
    fn block(&mut self, millis: u64) -> u64 {
        std::thread::sleep(Duration::from_millis(millis));
        millis
    }

    /// Waits until its caller gives up, and says so to a file.
    #[command]
    async fn watch_caller(&mut self, cx: &mut Context<Self>, path: String) {
        append(&path, "begun");
        cx.cancelled().await;
        append(&path, "cancelled");
    }

    /// Is dropped when its caller gives up.
    #[command(cancel)]
    async fn droppable(&mut self, path: String) -> u64 {
        struct Told(String);
        impl Drop for Told {
            fn drop(&mut self) {
                append(&self.0, "dropped");
            }
        }
        let _told = Told(path.clone());
        append(&path, "begun");
        tokio::time::sleep(Duration::from_secs(30)).await;
        append(&path, "done");
        1
    }

    #[command]
    fn time_left(&self, cx: &mut Context<Self>) -> Option<u64> {
        cx.time_left().map(|left| left.as_millis() as u64)
    }

    /// Asks another how much time it has.
    #[command]
    async fn time_left_of(&mut self, other: ProbeProxy) -> Result<Option<u64>> {
        Ok(other.time_left().timeout(Duration::from_secs(3600)).await?)
    }

    /// Asks another to rest, with a deadline of its own that is longer than its caller's.
    #[command]
    async fn have_rest(&mut self, other: ProbeProxy, millis: u64, path: String) -> Result<u64> {
        let rested = other.rest(millis).timeout(Duration::from_secs(3600)).await;
        append(&path, &format!("{rested:?}"));
        Ok(rested?)
    }

    #[command]
    async fn ask_itself(&mut self, cx: &mut Context<Self>) -> String {
        format!("{:?}", cx.proxy().add(1).await)
    }

    #[command]
    async fn tell_itself(&mut self, cx: &mut Context<Self>) -> Result<()> {
        Ok(cx.proxy().add(100).tell().await?)
    }

    /// Asks itself beside the handler, which is allowed.
    #[command]
    fn ask_itself_later(&mut self, cx: &mut Context<Self>) -> Deferred<Result<u64, ErrorText>> {
        let own = cx.proxy();
        cx.defer(async move { own.add(7).await.map_err(|error| Error::from(error).into()) })
    }

    /// Answers later; the mailbox goes on.
    #[command]
    fn later(&mut self, cx: &mut Context<Self>, millis: u64) -> Deferred<u64> {
        cx.defer(async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            millis
        })
    }

    #[command]
    fn who_runs(&self) -> Option<String> {
        current().map(|actor| actor.name())
    }

    #[command]
    fn arbiter_runs(&self) -> bool {
        arbiter().is_running()
    }

    #[command]
    async fn compute(&mut self, cx: &mut Context<Self>, upto: u64) -> Result<(u64, bool)> {
        let here = std::thread::current().id();
        let (sum, thread) = cx.executor().run(move || ((1..=upto).sum::<u64>(), std::thread::current().id())).await?;
        Ok((sum, thread != here))
    }

    #[command]
    async fn compute_badly(&mut self, cx: &mut Context<Self>) -> String {
        let outcome = cx.executor().run(|| -> u64 { panic!("the sum is off") }).await;
        format!("{outcome:?}")
    }

    /// Starts tasks that write to a file as long as they live.
    #[command]
    fn begin_tasks(&mut self, cx: &mut Context<Self>, path: String) {
        let (local, after, every) = (path.clone(), path.clone(), path);
        cx.spawn_local(async move {
            loop {
                append(&local, "local");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        cx.after(Duration::from_millis(10), async move { append(&after, "after") });
        cx.every(Duration::from_millis(10), move || {
            let every = every.clone();
            async move { append(&every, "every") }
        });
    }

    #[command]
    async fn ask_other(&mut self, other: ProbeProxy, n: u64) -> Result<u64> {
        Ok(other.add(n).await?)
    }

    #[command]
    async fn ask_by_name(&mut self, name: String) -> Result<String> {
        Ok(send(name, command::ping()).await?)
    }

    #[command]
    async fn setting_of(&mut self, name: String, key: String) -> Result<String> {
        Ok(send(name, command::config_get(key)).await?)
    }

    #[command]
    async fn flood(&mut self, other: ProbeProxy, count: u64) -> Result<()> {
        for n in 0..count {
            other.note(n).tell().await?;
        }
        Ok(())
    }

    #[command]
    async fn spawn_probe(&mut self, name: String, kind: Kind) -> Result<ProbeProxy> {
        Ok(Self::new().named(name).on(kind).spawn().await?)
    }

    /// A task that may be silent for half a second only.
    #[command]
    async fn spawn_impatient(&mut self, name: String) -> Result<ProbeProxy> {
        let impatient = Self::new().named(name).on(Kind::Task);
        Ok(impatient.with(|params| params.timeout = Duration::from_millis(500)).spawn().await?)
    }

    #[command]
    fn sender(&self, cx: &mut Context<Self>) -> ActorId {
        cx.sender()
    }

    #[command]
    async fn sender_as_seen_by(&mut self, other: ProbeProxy) -> Result<ActorId> {
        Ok(other.sender().await?)
    }

    /// Asks another again and again, until there is a file `PATH.end`; writes a line for each answer.
    #[command]
    async fn ask_until(&mut self, other: ProbeProxy, path: String) {
        while !std::fs::exists(format!("{path}.end")).unwrap_or(true) {
            if other.add(1).await.is_ok() {
                append(&path, "answered");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[command]
    async fn stop_other(&mut self, name: String) -> Result<()> {
        Ok(find(name).await?.stop().await?)
    }

    /// Starts a program that is no actor, and leaves it running.
    #[command]
    fn start_program(&mut self, program: String, argument: String) -> Result<u32> {
        Ok(std::process::Command::new(program).arg(argument).spawn()?.id())
    }

    /// The same with a line of shell.
    #[command]
    fn start_shell(&mut self, line: String) -> Result<u32> {
        Ok(std::process::Command::new("sh").args(["-c", &line]).spawn()?.id())
    }

    /// Has CONT do nothing but be heard.
    #[command]
    fn handle_cont(&mut self, cx: &mut Context<Self>) -> Result<()> {
        let mut heard = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(18))?;
        cx.spawn_local(async move { while heard.recv().await.is_some() {} });
        Ok(())
    }

    #[command]
    fn hand_over(&self, proxy: ProbeProxy) -> ProbeProxy {
        proxy
    }

    #[command]
    fn environment(&self, key: String) -> Option<String> {
        std::env::var(key).ok()
    }

    #[command]
    fn extra(&self, cx: &mut Context<Self>, key: String) -> Option<String> {
        cx.extra(&key)
    }

    #[command]
    fn burst(&mut self) -> u64 {
        panic!("burst, as asked")
    }

    /// Writes, then bursts.
    #[command]
    fn mark_then_burst(&mut self, path: String) -> u64 {
        append(&path, "begun");
        panic!("burst, as asked")
    }

    /// Uses up its stack.
    #[command]
    fn overflow(&mut self) -> u64 {
        fn deeper(n: u64) -> u64 {
            let room = std::hint::black_box([n; 1024]);
            if n == u64::MAX { 0 } else { deeper(n + 1) + room[(n % 1024) as usize] }
        }
        deeper(0)
    }

    #[command]
    fn fall_silent(&mut self) -> u64 {
        loop {
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    /// Waits without holding the loop, and writes down when it begins and ends.
    #[command]
    async fn work(&mut self, path: String, millis: u64) {
        append(&path, "begin");
        tokio::time::sleep(Duration::from_millis(millis)).await;
        append(&path, "end");
    }

    /// From now on TERM does nothing to this process.
    #[command]
    fn ignore_term(&mut self) -> Result<()> {
        let heard = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        std::mem::forget(heard);
        Ok(())
    }

    #[command]
    fn leave(&mut self, code: i32) -> u64 {
        std::process::exit(code)
    }

    #[command]
    fn abort(&mut self) -> u64 {
        std::process::abort()
    }

    #[command]
    fn finish(&mut self, cx: &mut Context<Self>) {
        cx.stop();
    }

    /// Appends a number to a file: what was handled, whoever died meanwhile.
    #[command]
    fn mark(&mut self, path: String, n: u64) -> u64 {
        append(&path, &n.to_string());
        n
    }

    #[command(idempotent)]
    fn mark_again(&mut self, cx: &mut Context<Self>, path: String, dies: u32) -> u32 {
        append(&path, &cx.incarnation().to_string());
        assert!(cx.incarnation() > dies, "dies, as asked");
        cx.incarnation()
    }
}

/// Holds what may not be sent to another thread.
#[actor]
pub struct Homebody {
    #[state]
    own: RefCell<Option<std::rc::Rc<u64>>>,
}

#[actor]
impl Homebody {
    #[command]
    async fn keep(&mut self, n: u64) -> u64 {
        let kept = std::rc::Rc::new(n);
        tokio::task::yield_now().await;
        *self.own.borrow_mut() = Some(kept.clone());
        *kept
    }
}

/// Starts in a way that its specification says.
#[actor]
pub struct Starter {
    how: How,
    path: String,
}

/// How to start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum How {
    /// After so many milliseconds.
    After(u64),
    /// With this error.
    Failing(String),
    /// With a panic.
    Bursting,
    /// Never.
    Never,
    /// Never, and without giving up its loop.
    Stuck,
    /// By leaving the process with this code.
    Leaving(i32),
    /// By aborting the process.
    Aborting,
    /// Never, unless that file exists.
    SlowlyUnless(String),
    /// Well, if that file exists; else with an error.
    IfThere(String),
    /// At once.
    Well,
    /// Well, unless the binary that it runs is longer than so many bytes.
    UnlessLonger(u64),
}

impl How {
    /// Starts so.
    pub async fn happen(&self) -> Result<()> {
        match self {
            Self::Well => {}
            Self::UnlessLonger(bytes) if std::fs::metadata("/proc/self/exe")?.len() <= *bytes => {}
            Self::UnlessLonger(bytes) => return Err(Error::msg(format!("the binary has more than {bytes} bytes"))),
            Self::After(millis) => tokio::time::sleep(Duration::from_millis(*millis)).await,
            Self::Failing(text) => return Err(Error::msg(text)),
            Self::Bursting => panic!("burst in start"),
            Self::Never => std::future::pending().await,
            Self::Stuck => loop {
                std::thread::sleep(Duration::from_secs(1));
            },
            Self::Leaving(code) => std::process::exit(*code),
            Self::Aborting => std::process::abort(),
            Self::SlowlyUnless(path) if std::fs::exists(path)? => {}
            Self::SlowlyUnless(_) => std::future::pending().await,
            Self::IfThere(path) if std::fs::exists(path)? => {}
            Self::IfThere(path) => return Err(Error::msg(format!("{path} is not there"))),
        }
        Ok(())
    }
}

#[actor]
impl Starter {
    #[hook]
    async fn start(&mut self, cx: &mut Context<Self>) -> Result<()> {
        append(&self.path, &format!("start {}", cx.incarnation()));
        self.how.happen().await?;
        append(&self.path, &format!("started {}", cx.incarnation()));
        Ok(())
    }

    #[hook]
    fn stopping(&mut self, reason: &ExitReason) {
        append(&self.path, &format!("stopping: it {reason}"));
    }

    #[command]
    fn burst(&mut self) {
        panic!("burst, as asked")
    }

    #[command]
    fn incarnation(&self, cx: &mut Context<Self>) -> u32 {
        cx.incarnation()
    }
}

/// Does not stop when it is told to.
#[actor]
pub struct Stubborn {
    path: String,
}

#[actor]
impl Stubborn {
    #[hook]
    async fn stopping(&mut self) {
        append(&self.path, "told to stop");
        std::future::pending::<()>().await;
    }

    #[command]
    fn place(&self) -> u32 {
        std::process::id()
    }
}

/// Has every hook, and writes down when they run.
#[actor]
pub struct Hooked {
    path: String,
    impatient: bool,
}

#[actor]
impl Hooked {
    #[hook]
    fn on_params(params: &mut Params) -> Result<()> {
        if params.extra.contains_key("forbidden") {
            return Err(Error::msg("forbidden, as asked"));
        }
        params.name = Some("hooked".into());
        params.extra.insert("region".into(), "eu".into());
        Ok(())
    }

    #[hook]
    async fn start(&mut self, cx: &mut Context<Self>) -> Result<()> {
        append(&self.path, &format!("start: {}", cx.extra("region").unwrap_or_default()));
        Ok(())
    }

    #[hook]
    fn periodic_task(&mut self) -> Result<()> {
        append(&self.path, "periodic");
        if self.impatient { Err(Error::msg("out of patience")) } else { Ok(()) }
    }

    #[hook]
    fn on_info(&self, info: &mut Info) {
        info.insert("colour", "green");
    }

    #[hook]
    async fn stopping(&mut self, reason: &ExitReason) {
        append(&self.path, &format!("stopping: {reason}"));
    }
}

/// Carries bytes.
#[actor]
pub struct Carrier {
    #[state]
    lens: Vec<usize>,
}

#[actor]
impl Carrier {
    /// In one piece, which is quick also without optimisation; a list of bytes goes one by one.
    #[command]
    fn carry(&mut self, load: Bytes) -> Bytes {
        load
    }

    #[command]
    fn carry_list(&mut self, load: Vec<u8>) -> Vec<u8> {
        load
    }

    #[command]
    fn take(&mut self, load: Bytes) {
        self.lens.push(load.len());
    }

    #[command]
    fn taken(&self) -> Vec<usize> {
        self.lens.clone()
    }

    #[command]
    fn forget(&mut self) {
        self.lens.clear();
    }

    #[command]
    async fn send_on(&mut self, other: CarrierProxy, lens: Vec<usize>) -> Result<()> {
        for len in lens {
            other.take(Bytes::from(vec![7; len])).timeout(Duration::from_secs(20)).tell().await?;
        }
        Ok(())
    }
}

/// Who answers, and a sum.
#[command]
pub fn sum(cx: &mut Context, a: i64, b: i64) -> (String, i64) {
    (cx.name(), a + b)
}

/// Only a starter answers this.
#[command]
pub fn how(starter: &mut Starter) -> String {
    format!("{:?}", starter.how)
}

/// Bursts beside whatever the actor is doing.
#[command]
pub fn burst_beside(cx: &mut Context) {
    panic!("burst beside {}", cx.name())
}
