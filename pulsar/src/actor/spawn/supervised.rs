//! What the builder says of supervision: pools, recycling, what happens when restarts are spent.

use std::time::Duration;

use super::Spawn;
use crate::actor::{Actor, Routing};
use crate::supervise::GiveUp;

impl<A: Actor> Spawn<A> {
    /// Makes it a pool: so many like it, run by a monitor, behind one proxy of the same type. From 1 to 4,096; permanent.
    ///
    /// One worker gets each command: the one with the least in flight, unless [`routing`](Self::routing) or
    /// [`Proxy::by_key`](crate::Proxy::by_key) says otherwise. A worker that ends is replaced; 5 restarts, or as many as there are workers,
    /// are allowed in 30 s (gunicorn has no limit; OTP's applies to the supervisor). Workers are called after the pool: `api.1`, `api.2`.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Api {}
    /// # #[actor] impl Api { #[command] fn get(&self, path: String) -> String { path } }
    /// # async fn doc() -> Result<()> {
    /// let api = Api::new().workers(4).named("api").spawn().await?;
    /// println!("{}", api.get("/").await?); // one of the four answers
    /// api.scale(8).await?;
    /// # Ok(()) }
    /// ```
    pub fn workers(mut self, workers: u32) -> Self {
        self.params.workers = Some(workers);
        self
    }

    /// How its pool chooses the worker for a command: [`Routing::LeastInFlight`], unless told otherwise.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Api {}
    /// # #[actor] impl Api {}
    /// # async fn doc() -> Result<()> {
    /// Api::new().workers(4).routing(Routing::RoundRobin).spawn().await?;
    /// # Ok(()) }
    /// ```
    pub fn routing(mut self, routing: Routing) -> Self {
        self.params.routing = routing;
        self
    }

    /// Has each worker replaced after so many messages, unless told otherwise never: each after another number, from 80 to 100 % of it.
    ///
    /// The successor is ready before the worker ends; the worker finishes what it has accepted. One at a time. It is counted
    /// at the worker's heartbeats (a third of its `timeout`: 10 s), so it handles besides what comes between two of them.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Api {}
    /// # #[actor] impl Api {}
    /// # async fn doc() -> Result<()> {
    /// Api::new().workers(4).max_messages(100_000).spawn().await?;
    /// # Ok(()) }
    /// ```
    pub fn max_messages(mut self, messages: u64) -> Self {
        self.params.recycle.messages = Some(messages);
        self
    }

    /// Has each worker replaced when it has been ready for such a time (80 to 100 % of it), as
    /// [`max_messages`](Self::max_messages) does.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Api {}
    /// # #[actor] impl Api {}
    /// # async fn doc() -> Result<()> {
    /// Api::new().workers(4).max_age(std::time::Duration::from_secs(3600)).spawn().await?;
    /// # Ok(()) }
    /// ```
    pub fn max_age(mut self, age: Duration) -> Self {
        self.params.recycle.age = Some(age);
        self
    }

    /// Has each worker replaced whose process has more than so many bytes resident (80 to 100 % of it), as it says at its
    /// heartbeats. Threads and tasks say it of the whole master.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Api {}
    /// # #[actor] impl Api {}
    /// # async fn doc() -> Result<()> {
    /// Api::new().workers(4).max_memory(300 << 20).spawn().await?;
    /// # Ok(()) }
    /// ```
    pub fn max_memory(mut self, bytes: u64) -> Self {
        self.params.recycle.memory = Some(bytes);
        self
    }

    /// What happens when it was restarted too often: under a supervisor [`GiveUp::Escalate`], by itself [`GiveUp::Park`], unless
    /// told otherwise.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Importer {}
    /// # #[actor] impl Importer {}
    /// # async fn doc() -> Result<()> {
    /// Importer::new().on(Kind::Thread).on_give_up(GiveUp::Retry).spawn().await?;
    /// # Ok(()) }
    /// ```
    pub fn on_give_up(mut self, give_up: GiveUp) -> Self {
        self.params.on_give_up = Some(give_up);
        self
    }

    /// Has its end count for the automatic shutdown of its supervisor (OTP's significant child).
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Job {}
    /// # #[actor] impl Job {}
    /// # async fn doc() -> Result<()> {
    /// let tree = Supervisor::new(Strategy::OneForOne)
    ///     .auto_shutdown(AutoShutdown::AllSignificant)
    ///     .child("job", Job::new().restart(Restart::Transient).significant());
    /// tree.run().await?; // until the job is done
    /// # Ok(()) }
    /// ```
    pub fn significant(mut self) -> Self {
        self.params.significant = true;
        self
    }
}
