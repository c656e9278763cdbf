//! Timers of a context. They end with the incarnation, and a panic in them is the actor's.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use crate::actor::Context;

impl<A> Context<A> {
    /// Runs a future on the actor's loop after `delay`.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # use std::time::Duration;
    /// # fn doc(cx: &mut Context) {
    /// let me = cx.name();
    /// cx.after(Duration::from_secs(1), async move { println!("{me}: a second later") });
    /// # }
    /// ```
    pub fn after(&self, delay: Duration, future: impl Future<Output = ()> + 'static) {
        self.spawn_local(async move {
            sleep(delay).await;
            future.await;
        });
    }

    /// Runs what `make` makes, on the actor's loop, once each `period` (at least 1 ms). A turn that takes longer than
    /// the period delays the next.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # use std::time::Duration;
    /// # #[actor] struct Clock { #[state] ticks: u64 }
    /// # #[actor] impl Clock {
    /// /// Counts.
    /// #[command] fn tick(&mut self) { self.ticks += 1 }
    ///
    /// #[hook]
    /// fn start(&mut self, cx: &mut Context<Self>) {
    ///     let me = cx.proxy();
    ///     cx.every(Duration::from_secs(1), move || {
    ///         let me = me.clone();
    ///         async move { let _ = me.tick().tell().await; }
    ///     });
    /// }
    /// # }
    /// ```
    pub fn every<F: Future<Output = ()> + 'static>(&self, period: Duration, mut make: impl FnMut() -> F + 'static) {
        let period = period.max(Duration::from_millis(1));
        self.spawn_local(async move {
            // One that lies beyond all time never comes.
            let Some(first) = Instant::now().checked_add(period) else { return };
            let mut ticks = interval_at(first, period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                make().await;
            }
        });
    }
}
