//! The loop that the arbiter keeps for the task actors of trees: a thread of the master. One that is blocked by an
//! actor is left behind, and another takes its place.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::thread::Builder;

use tokio::sync::mpsc;

use super::event_loop;
use super::thread::{Lane, Plan, Teller};
use crate::id::Kind;
use crate::runner::Ended;

type Life = Pin<Box<dyn Future<Output = ()>>>;

/// A loop for task actors.
pub(crate) struct TaskLoop(mpsc::UnboundedSender<Box<dyn FnOnce() -> Life + Send>>);

impl TaskLoop {
    /// Begins one. It ends when nobody holds it, with whatever runs on it.
    pub(crate) fn start() -> io::Result<Arc<Self>> {
        let (lives, mut begun) = mpsc::unbounded_channel::<Box<dyn FnOnce() -> Life + Send>>();
        // A loop never leaves the thread it was made on.
        let (say, made) = std::sync::mpsc::channel();
        Builder::new().name("pulsar-tasks".into()).spawn(move || {
            let runtime = match event_loop::runtime() {
                Ok(runtime) => runtime,
                Err(error) => return drop(say.send(Err(error))),
            };
            let _ = say.send(Ok(()));
            event_loop::run(runtime, async move {
                while let Some(life) = begun.recv().await {
                    event_loop::begin_here(life());
                }
            });
        })?;
        made.recv().map_err(io::Error::other)??;
        Ok(Arc::new(Self(lives)))
    }

    /// Runs one incarnation; `ended` is called there when it is over.
    pub(crate) fn run(&self, plan: Plan, ended: impl FnOnce(Ended) + Send + 'static) -> Lane {
        let lane = Lane::default();
        let seen = lane.clone();
        // Tells also where it is dropped: a loop that was blocked by another ends with whatever is on it.
        let teller = Teller::new(ended);
        let life = move || -> Life { Box::pin(async move { teller.tell(plan.run(Kind::Task, seen).await) }) };
        let _ = self.0.send(Box::new(life));
        lane
    }
}
