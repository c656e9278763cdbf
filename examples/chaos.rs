//! Kills actors at random while they work, to show that nothing of what they do is lost. Owns the killing and what was killed;
//! knows nothing of the work.

use std::{cell::Cell, collections::HashSet, future::Future, time::Duration};

use pulsar::{ActorInfo, State, prelude::*};
use rustix::process::{Pid, Signal, kill_process};

/// A random killer. The same seed strikes in the same rhythm.
pub(crate) struct Chaos {
    seed: u64,
    state: Cell<u64>,
    kills: Cell<u64>,
}

impl Chaos {
    /// Seeded as told, else from the clock.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        let clock = || {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            since.map_or(1, |since| u64::from(since.subsec_nanos()))
        };
        let seed = seed.unwrap_or_else(clock);
        // Hundreds of reports of deaths would hide what it is about.
        let _ = tracing::subscriber::set_global_default(tracing::subscriber::NoSubscriber::new());
        Self { seed, state: Cell::new(seed), kills: Cell::new(0) }
    }

    /// How many were killed, and how to have it again.
    pub(crate) fn report(&self) -> String {
        format!("survived {} kills (seed {})", self.kills.get(), self.seed)
    }

    /// Does `work`, and kills with -9 meanwhile: after each pause of up to `most` a random one of the process actors that
    /// `victims` says may be. After each kill it waits for `progress`.
    pub(crate) async fn beside<T, P: Future<Output = ()>>(
        &self,
        work: impl Future<Output = T>,
        most: Duration,
        victims: impl Fn(&ActorInfo) -> bool,
        progress: impl Fn() -> P,
    ) -> T {
        use futures_util::future::{Either, select};
        let killing = async {
            let mut killed = HashSet::new();
            loop {
                tokio::time::sleep(Duration::from_micros(self.below(most.as_micros() as u64))).await;
                if self.strike(&mut killed, &victims).await {
                    progress().await;
                }
            }
        };
        match select(std::pin::pin!(work), std::pin::pin!(killing)).await {
            Either::Left((done, _)) => done,
            Either::Right((never, _)) => never,
        }
    }

    /// Kills one, if any can be.
    async fn strike(&self, killed: &mut HashSet<u32>, victims: impl Fn(&ActorInfo) -> bool) -> bool {
        let Ok(info) = arbiter().info().await else { return false };
        let mine = |actor: &&ActorInfo| actor.kind == Some(Kind::Process) && actor.state == State::Running;
        let able: Vec<_> = info.children.iter().filter(mine).filter(|actor| victims(actor)).collect();
        let Some(victim) = able.get(self.below(able.len() as u64) as usize) else { return false };
        // Whoever was killed a moment ago may still be on the list.
        let pid = i32::try_from(victim.pid).ok().and_then(Pid::from_raw);
        let struck = killed.insert(victim.pid) && pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok());
        self.kills.set(self.kills.get() + u64::from(struck));
        struck
    }

    /// A number below `bound` (splitmix64).
    fn below(&self, bound: u64) -> u64 {
        self.state.set(self.state.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let mut mixed = self.state.get();
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}

/// Started again at once, however often it is killed.
pub(crate) fn hardy(params: &mut Params) {
    params.intensity = None;
    params.backoff = (Duration::from_millis(1), Duration::from_millis(5));
}
