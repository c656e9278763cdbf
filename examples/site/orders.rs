//! What is ordered while it runs: by the command line first, then line by line on standard input.

use std::time::Duration;

use pulsar::{Role, TreeNode, prelude::*};
use rustix::process::{Pid, Signal, getpid, kill_process};
use tokio::sync::mpsc;

use crate::{SiteProxy, parts::crash};

/// Something to be done to the site.
#[derive(Debug)]
pub(crate) enum Order {
    Kill(String),
    Scale(u32),
    Stop(String),
    Restart(String),
    Reset(String),
    Reload,
    Unknown(String),
}

impl Order {
    /// `None` is the order to end.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (verb, name) = (words.next().unwrap_or_default(), words.next().map(str::to_owned));
        Some(match (verb, name) {
            ("quit" | "exit", _) => return None,
            ("reload", _) => Self::Reload,
            ("kill", Some(name)) => Self::Kill(name),
            ("stop", Some(name)) => Self::Stop(name),
            ("restart", Some(name)) => Self::Restart(name),
            ("reset", Some(name)) => Self::Reset(name),
            ("scale", Some(number)) => match number.parse() {
                Ok(workers) => Self::Scale(workers),
                Err(_) => Self::Unknown(line.to_owned()),
            },
            _ => Self::Unknown(line.to_owned()),
        })
    }

    /// Does it, and says what came of it.
    pub(crate) async fn carry_out(self, site: &SiteProxy) -> String {
        let shown = format!("{self:?}").to_lowercase();
        match self.attempt(site).await {
            Ok(answer) => answer,
            Err(error) => format!("{shown}: {error}"),
        }
    }

    async fn attempt(self, site: &SiteProxy) -> Result<String> {
        Ok(match self {
            Self::Kill(name) => strike(site, &name).await?,
            Self::Scale(workers) => {
                site.web().scale(workers).await?;
                format!("web is to have {workers} workers")
            }
            Self::Stop(name) => {
                let (supervisor, child) = above(site, &name).await?;
                supervisor.stop_child(child).await?;
                format!("{name} is stopped")
            }
            Self::Restart(name) => {
                let (supervisor, child) = above(site, &name).await?;
                supervisor.restart_child(child).await?;
                format!("{name} begins again")
            }
            Self::Reset(name) => {
                let (supervisor, child) = above(site, &name).await?;
                supervisor.reset_child(child).await?;
                format!("{name} begins again")
            }
            Self::Reload => {
                kill_process(getpid(), Signal::HUP)?;
                "reloading".to_owned()
            }
            Self::Unknown(line) => {
                format!("`{line}`? Commands are kill, stop, restart or reset NAME, scale NUMBER, reload and quit")
            }
        })
    }
}

/// The names of a path below the site, which may be written with the site or without it.
fn below(path: &str) -> Vec<&str> {
    path.strip_prefix("site.").unwrap_or(path).split('.').collect()
}

/// The supervisor above a child, by the child's path, and the child's own name.
async fn above(site: &SiteProxy, path: &str) -> Result<(SupervisorProxy, String)> {
    let mut supervisor = SupervisorProxy::clone(site);
    let mut names = below(path);
    let child = names.pop().unwrap_or_default().to_owned();
    for name in names {
        supervisor = supervisor.child::<Supervisor>(name).await?;
    }
    Ok((supervisor, child))
}

/// Ends an actor in the worst way that there is where it lives: a process by signal 9, others by a panic.
async fn strike(site: &SiteProxy, path: &str) -> Result<String> {
    let tree = site.tree().await?;
    let mut node = tree.roots.first();
    for name in below(path) {
        node = node.and_then(|node| node.children.iter().find(|child| child.name == name));
    }
    let Some(TreeNode { id, role: Role::Actor { .. }, pid, .. }) = node else {
        return Err(Error::msg(format!("there is no actor `{path}`: write it as `memory.cache`")));
    };
    match pid.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw) {
        Some(pid) => {
            kill_process(pid, Signal::KILL)?;
            Ok(format!("{path} is sent signal 9"))
        }
        None => match send(*id, crash()).await {
            Err(AskError::ActorDied { reason, .. }) => Ok(format!("{path} {reason}")),
            other => Ok(format!("{path}: {other:?}")),
        },
    }
}

/// Orders as they come in.
#[derive(Debug)]
pub(crate) struct Orders {
    lines: mpsc::UnboundedReceiver<String>,
}

impl Orders {
    /// What is read from standard input, and these after a while.
    pub(crate) fn read(kill: Vec<String>, after: Duration) -> Self {
        let (lines, read) = mpsc::unbounded_channel();
        let killing = lines.clone();
        tokio::task::spawn_local(async move {
            tokio::time::sleep(after).await;
            // Whoever would hear it may have quit.
            let _ = kill.into_iter().try_for_each(|name| killing.send(format!("kill {name}")));
        });
        // A read cannot be given up, so it has a thread that ends with the program.
        std::thread::spawn(move || {
            std::io::stdin().lines().map_while(Result::ok).try_for_each(|line| lines.send(line))
        });
        Self { lines: read }
    }

    /// What has come; `Some(None)` is the order to end.
    pub(crate) fn next(&mut self) -> Option<Option<Order>> {
        loop {
            let line = self.lines.try_recv().ok()?;
            if !line.trim().is_empty() {
                return Some(Order::parse(&line));
            }
        }
    }
}
