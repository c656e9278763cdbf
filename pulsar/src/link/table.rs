//! The connections of this process, and how it finds out where an actor is.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;

use super::Link;
use crate::address::{Address, Place, Route};
use crate::command::{Internal, Verb};
use crate::error::Failure;
use crate::exit::ExitReason;
use crate::id::ActorId;
use crate::members::Members;
use crate::message::{Subject, decode};
use crate::node::{Resolver, node};
use crate::peer::{self, Peer};
use crate::reply::AnySlot;
use crate::sync::{Mutex, lock};

/// The connections of this process, by the number of the process at the other end.
#[derive(Default)]
pub(crate) struct Links(Mutex<HashMap<u32, Arc<Link>>>);

/// The connections of this process.
pub(crate) fn links() -> &'static Links {
    static LINKS: OnceLock<Links> = OnceLock::new();
    LINKS.get_or_init(Links::default)
}

impl Links {
    pub(crate) fn get(&self, process: u32) -> Option<Arc<Link>> {
        lock(&self.0).get(&process).cloned()
    }

    pub(crate) fn insert(&self, link: Arc<Link>) {
        lock(&self.0).insert(link.process, link);
    }

    pub(crate) fn all(&self) -> Vec<Arc<Link>> {
        lock(&self.0).values().cloned().collect()
    }

    /// Forgets `link`, unless another has taken its place.
    pub(crate) fn remove(&self, link: &Arc<Link>) {
        let mut links = lock(&self.0);
        if links.get(&link.process).is_some_and(|known| Arc::ptr_eq(known, link)) {
            links.remove(&link.process);
        }
    }
}

/// Asks whoever keeps an address.
pub(crate) struct Network;

impl Resolver for Network {
    fn resolve(&self, address: &Arc<Address>) {
        let home = address.id().home();
        let Some(node) = node() else { return address.set_route(Route::Missing) };
        if home == node.process() {
            return address.set_route(Route::Missing);
        }
        // The master knows every process; a process knows its own tasks, and is asked where there is a connection.
        let ask = if node.is_master() || links().get(home).is_some() { home } else { 0 };
        ask_place(address, ask);
    }
}

impl Network {
    /// Puts what another process said of an actor's place into `address`.
    pub(super) fn apply(&self, address: &Arc<Address>, place: &Place) {
        let Some(node) = node() else { return };
        match place {
            Place::At { process, incarnation, window, fingerprint, name } => {
                // What lives here is known here.
                if *process == node.process() {
                    return;
                }
                address.describe(name.as_deref(), *fingerprint);
                match links().get(*process).filter(|link| !link.is_closed()) {
                    Some(link) => {
                        let window = link.window(address.id(), *incarnation, *window);
                        address.set_route(Route::Remote { peer: link, incarnation: *incarnation, window });
                    }
                    // The process has ended in the meantime, and news of that is on its way; or its connection broke.
                    None => {
                        address.set_route(Route::Wait);
                        ask_again_soon(address.clone());
                    }
                }
            }
            Place::Monitor { routing, members, fingerprint, name } => {
                address.describe(name.as_deref(), *fingerprint);
                let members = members.iter().map(|&id| node.address(id)).collect();
                address.set_route(Route::Monitor(Members::new(*routing, members)));
            }
            Place::Ask { process } => ask_place(address, *process),
            Place::Wait => address.set_route(Route::Wait),
            Place::Gone(reason) => {
                if let Some(link) = links().get(address.id().home()) {
                    link.close_window(address.id());
                }
                address.set_route(Route::Gone(reason.clone()));
            }
            Place::Missing => address.set_route(Route::Missing),
        }
    }
}

fn ask_place(address: &Arc<Address>, process: u32) {
    let Some(link) = links().get(process) else { return address.set_route(Route::Gone(ExitReason::OwnerEnded)) };
    address.set_route(Route::Wait);
    let heading = peer::Heading {
        subject: Subject::Control,
        tag: 0,
        target: ActorId::new(process, 0),
        sender: ActorId::ARBITER,
        incarnation: 0,
        deadline: None,
    };
    let verb = Verb::Internal(Internal::Resolve(address.id()));
    let slot = Arc::new(PlaceSlot(address.clone()));
    if let Err(failure) = link.send(&heading, Some(slot), &mut |out| out.put(&verb)) {
        lost(address, failure);
    }
}

/// How long news may be on its way before a place is asked for again.
const NEWS_WITHIN: Duration = Duration::from_millis(20);

/// Has the next sender ask again, if no news comes.
fn ask_again_soon(address: Arc<Address>) {
    let Ok(handle) = tokio::runtime::Handle::try_current() else { return address.set_route(Route::Unknown) };
    handle.spawn(async move {
        tokio::time::sleep(NEWS_WITHIN).await;
        if matches!(address.route(), Route::Wait) {
            address.set_route(Route::Unknown);
        }
    });
}

/// Nobody could say where it is.
fn lost(address: &Address, failure: Failure) {
    address.set_route(match failure {
        Failure::ActorDied { reason, .. } => Route::Gone(reason),
        _ => Route::Missing,
    });
}

/// Puts the answer to a question after a place where it belongs.
struct PlaceSlot(Arc<Address>);

impl AnySlot for PlaceSlot {
    fn fail(&self, failure: Failure) -> bool {
        lost(&self.0, failure);
        true
    }

    fn complete(&self, answer: Result<Bytes, Bytes>) -> bool {
        match answer.map(|bytes| decode::<Place>(&bytes)) {
            Ok(Ok(place)) => Network.apply(&self.0, &place),
            Ok(Err(_)) | Err(_) => self.0.set_route(Route::Missing),
        }
        true
    }

    fn gone(&self) -> bool {
        false
    }

    fn watch(&self, _: &Waker) -> bool {
        false
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
