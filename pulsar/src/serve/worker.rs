//! The actor that serves: one of an application's pool.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};

use super::accept::{Desk, accept};
use super::listener::Listener;
use super::{Draining, Hooks, Meter, Service, find};
use crate::actor::{Context, Info};
use crate::concurrency::sys;
use crate::config::{Settings, Sources};
use crate::error::{Error, Result};
use crate::exit::ExitReason;
use crate::handed;
use crate::id::{Incarnation, Kind};

/// What of `exit_timeout` is left for everything but finishing what there is.
const LEFT: Duration = Duration::from_millis(500);

/// One worker.
#[pulsar_macros::actor(crate = crate)]
pub(crate) struct Worker {
    /// The path of the function that makes its service.
    service: String,
    /// The arguments of that.
    args: Bytes,
    settings: Settings,
    /// Where these came from.
    sources: Sources,
    /// The sockets that it was handed.
    sockets: Vec<u64>,
    #[state]
    serving: Option<Serving>,
}

/// What there is once it has started.
struct Serving {
    draining: Draining,
    meter: Rc<Meter>,
    hooks: Rc<Hooks>,
}

#[pulsar_macros::actor(crate = crate)]
impl Worker {
    #[hook]
    async fn start(&mut self, cx: &mut Context<Self>) -> Result<()> {
        self.renew(cx.incarnation())?;
        if cx.kind() == Some(Kind::Process) {
            crate::log::install(&self.settings, false)?;
        }
        // While it may still read a key that is root's alone.
        #[cfg(feature = "tls")]
        let identity = super::tls::read(&self.settings)?;
        if cx.kind() == Some(Kind::Process) {
            let (user, group) = (self.settings.user.as_deref(), self.settings.group.as_deref());
            sys::become_user(user, group).map_err(Error::msg)?;
            as_many_files_as_may_be();
        }
        let make = find(&self.service)
            .ok_or_else(|| Error::msg(format!("no service `{}` is registered in this binary", self.service)))?;
        let made = make(&self.args, self.settings.clone()).await?;
        let core = cx.core().clone();
        let meter = Meter::new(core.clone(), self.settings.max_requests);
        let (draining, hooks) = (Draining::default(), Rc::new(made.hooks));
        for hook in &hooks.start {
            hook().await?;
        }
        let mut listeners = Vec::new();
        for &number in &self.sockets {
            let fd = handed::get(number).ok_or_else(|| Error::msg("it was not handed its sockets"))?;
            listeners.push(Listener::adopt(fd.try_clone()?)?);
        }
        cx.spawn_local(meter.clone().look());
        match (made.make)(&meter) {
            Service::Streams(streams) => {
                #[cfg(feature = "tls")]
                let tls = identity.map(|identity| identity.acceptor(streams.protocols()));
                let desk = Rc::new(Desk {
                    core,
                    streams,
                    hooks: hooks.clone(),
                    meter: meter.clone(),
                    draining: draining.clone(),
                    max_connections: u64::from(self.settings.max_connections),
                    #[cfg(feature = "tls")]
                    tls,
                });
                for listener in listeners {
                    tokio::task::spawn_local(accept(desk.clone(), listener));
                }
            }
            Service::Datagrams(datagrams) => {
                for listener in listeners {
                    let Listener::Udp(socket) = listener else { continue };
                    let serving = datagrams.clone().serve(socket, meter.clone(), draining.clone());
                    super::accept::as_actor(&core, serving);
                }
            }
        }
        self.serving = Some(Serving { draining, meter, hooks });
        Ok(())
    }

    #[hook]
    async fn stopping(&mut self, reason: ExitReason) -> Result<()> {
        let Some(Serving { draining, hooks, .. }) = self.serving.take() else { return Ok(()) };
        if !reason.is_normal() {
            return Ok(());
        }
        draining.begin();
        let over = std::pin::pin!(draining.over());
        let late = std::pin::pin!(tokio::time::sleep(self.settings.exit_timeout.saturating_sub(LEFT)));
        if let Either::Right(_) = select(over, late).await {
            tracing::warn!(target: "pulsar::serve", "a worker ends with connections that did not");
        }
        for hook in &hooks.stopping {
            if let Err(error) = hook().await {
                tracing::error!(target: "pulsar::serve", "the hook `worker_stopping` failed: {error}");
            }
        }
        Ok(())
    }

    #[hook]
    fn on_info(&self, info: &mut Info) {
        let Some(serving) = &self.serving else { return };
        let meter = &serving.meter;
        for (name, count) in
            [("accepted", &meter.accepted), ("connections", &meter.connections), ("requests", &meter.requests)]
        {
            info.extra.insert(name.into(), count.get().to_string());
        }
    }
}

impl Worker {
    /// Reads the file of settings again: what a reload is for.
    fn renew(&mut self, incarnation: Incarnation) -> Result<()> {
        if self.sources.file.is_none() {
            return Ok(());
        }
        match self.sources.settle(&[]) {
            // What the master goes by as well stays as it was when it was told.
            Ok(renewed) => {
                let launched = std::mem::replace(&mut self.settings, renewed);
                let kept = &mut self.settings;
                (kept.bind, kept.workers, kept.concurrency) = (launched.bind, launched.workers, launched.concurrency);
                (kept.timeout, kept.exit_timeout) = (launched.timeout, launched.exit_timeout);
                (kept.max_requests, kept.max_age, kept.max_memory) =
                    (launched.max_requests, launched.max_age, launched.max_memory);
            }
            // One that is started again goes on with what it had. One that is new fails: a reload then is undone.
            Err(error) if incarnation > 1 => tracing::error!(target: "pulsar::serve", "{error}"),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Each connection is a file: the limit that most systems begin with is of another time, and what it protects (`select`) is not used here.
fn as_many_files_as_may_be() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Where it cannot be raised, what there is must do.
    let _ = setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, ..limit });
}
