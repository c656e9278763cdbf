//! Room given back to other processes: how many of their messages an actor has taken.

use std::sync::Arc;

use crate::actor::Core;
use crate::address::MAX_WINDOW;
use crate::peer::Peer;

/// Counts what was taken from each process, whose window is given back in quarters.
#[derive(Default)]
pub(super) struct Credits(Vec<(u32, u32)>);

impl Credits {
    #[inline]
    pub(super) fn took(&mut self, core: &Core, process: u32, peer: &Arc<dyn Peer>) {
        let at = match self.0.iter().position(|(known, _)| *known == process) {
            Some(at) => at,
            None => {
                self.0.push((process, 0));
                self.0.len() - 1
            }
        };
        let Some((_, count)) = self.0.get_mut(at) else { return };
        *count += 1;
        if *count >= (core.params.mailbox.min(MAX_WINDOW) / 4).max(1) {
            peer.taken(core.id, core.incarnation, std::mem::take(count));
        }
    }
}
