//! What the address of a monitor stands for: the members of its pool, and the choice among them.
//!
//! Each process chooses by what it knows itself. Must not know who keeps the members alive.

use std::sync::Arc;
use std::task::Waker;

use crate::actor::Routing;
use crate::address::{Address, Route};
use crate::id::ActorId;
use crate::node::node;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The members of a pool, in their places; a successor takes the place of the one it replaces. A supervisor has none that
/// could be sent to.
pub(crate) struct Members {
    /// `None` for a supervisor.
    routing: Option<Routing>,
    list: Vec<Arc<Address>>,
    turn: AtomicUsize,
    /// Whether this process has asked where they all are.
    looked: AtomicBool,
}

/// Who is to get a message.
pub(crate) enum Choice {
    This(Arc<Address>),
    /// Nobody can take it now; the waker is woken when a member can.
    Wait,
    /// It is a supervisor, to which no commands can be sent.
    Nobody,
}

impl Members {
    pub(crate) fn new(routing: Option<Routing>, list: Vec<Arc<Address>>) -> Arc<Self> {
        Arc::new(Self { routing, list, turn: AtomicUsize::new(0), looked: AtomicBool::new(false) })
    }

    pub(crate) fn routing(&self) -> Option<Routing> {
        self.routing
    }

    pub(crate) fn list(&self) -> &[Arc<Address>] {
        &self.list
    }

    /// Chooses: by key the member in its place, lives it or not; else one that lives, and never `sender` if there are others.
    pub(crate) fn choose(&self, key: Option<u64>, sender: ActorId, waker: Option<&Waker>) -> Choice {
        let Some(routing) = self.routing else { return Choice::Nobody };
        if let Some(key) = key {
            // Rendezvous hashing over places: another number of workers moves few keys.
            let place = (0..self.list.len()).max_by_key(|&place| mix(key, place as u64));
            return place.and_then(|place| self.list.get(place)).map_or(Choice::Wait, |one| Choice::This(one.clone()));
        }
        // A member that came later is to have its share, also where the others are known.
        if !self.looked.swap(true, Ordering::Relaxed) {
            self.list.iter().for_each(|address| drop(route_or_wait(address, None)));
        }
        if let Some(one) = self.ready(routing, sender, |address| address.route()) {
            return Choice::This(one);
        }
        match self.ready(routing, sender, |address| route_or_wait(address, waker)) {
            Some(one) => Choice::This(one),
            None => Choice::Wait,
        }
    }

    fn ready(&self, routing: Routing, sender: ActorId, route: impl Fn(&Arc<Address>) -> Route) -> Option<Arc<Address>> {
        let count = self.list.len();
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut best: Option<(u64, &Arc<Address>)> = None;
        for at in 0..count {
            let Some(address) = self.list.get((first.wrapping_add(at)) % count) else { continue };
            if address.id() == sender && count > 1 {
                continue;
            }
            if !matches!(route(address), Route::Local { .. } | Route::Remote { .. }) {
                continue;
            }
            let load = match routing {
                Routing::RoundRobin => 0,
                Routing::LeastInFlight => address.load(),
            };
            if best.is_none_or(|(least, _)| load < least) {
                best = Some((load, address));
            }
            if load == 0 {
                break;
            }
        }
        best.map(|(_, address)| address.clone())
    }
}

/// Asks for the place of a member that this process has not heard of yet.
fn route_or_wait(address: &Arc<Address>, waker: Option<&Waker>) -> Route {
    let route = address.route_or_wait(waker);
    if let (Route::Unknown, Some(node)) = (&route, node()) {
        node.resolver().resolve(address);
        return address.route();
    }
    route
}

fn mix(key: u64, place: u64) -> u64 {
    let mut mixed = key ^ place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed ^ (mixed >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(routing: Routing, count: u32) -> Arc<Members> {
        let list = (1..=count).map(|serial| Address::new(ActorId::new(0, serial), None, Route::Wait)).collect();
        Members::new(Some(routing), list)
    }

    #[test]
    fn a_key_keeps_its_place_and_few_move_when_the_pool_grows() {
        let place = |pool: &Members, key| match pool.choose(Some(key), ActorId::ARBITER, None) {
            Choice::This(address) => address.id(),
            Choice::Wait | Choice::Nobody => panic!("by key there is always one"),
        };
        let (four, five) = (pool(Routing::LeastInFlight, 4), pool(Routing::LeastInFlight, 5));
        let moved = (0..10_000).filter(|&key| place(&four, key) != place(&five, key)).count();
        assert!((1500..2500).contains(&moved), "{moved} of 10,000 moved, where a fifth should");
        for serial in 1..=4 {
            let here = (0..10_000).filter(|&key| place(&four, key) == ActorId::new(0, serial)).count();
            assert!((2000..3000).contains(&here), "{here} of 10,000 with member {serial}");
        }
    }

    #[test]
    fn a_supervisor_has_nobody_and_a_pool_without_workers_waits() {
        let none = Members::new(None, Vec::new());
        assert!(matches!(none.choose(None, ActorId::ARBITER, None), Choice::Nobody));
        assert!(matches!(pool(Routing::RoundRobin, 0).choose(Some(7), ActorId::ARBITER, None), Choice::Wait));
        assert!(matches!(pool(Routing::RoundRobin, 3).choose(None, ActorId::ARBITER, None), Choice::Wait));
    }
}
