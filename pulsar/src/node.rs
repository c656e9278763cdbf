//! This process's part of the program: its number, the addresses it knows, and the names.
//!
//! One a process. Must not know how other processes are reached: a [`Resolver`] asks them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use crate::actor::MAX_NAME;
use crate::address::{Address, Keeper, Route};
use crate::exit::ExitReason;
use crate::id::{ActorId, IdMap};
use crate::sync::{Mutex, lock};

static NODE: OnceLock<Node> = OnceLock::new();

/// How many addresses are kept without asking whether they are needed.
const CROWDED: usize = 1024;

/// Finds out where an actor is that this process does not know.
pub(crate) trait Resolver: Send + Sync {
    /// Begins to ask; the answer is put into `address`.
    fn resolve(&self, address: &Arc<Address>);
}

pub(crate) struct Node {
    process: u32,
    serial: AtomicU32,
    table: Mutex<Table>,
    resolver: Box<dyn Resolver>,
    arbiter: Arc<Address>,
}

#[derive(Default)]
struct Table {
    addresses: IdMap<Arc<Address>>,
    names: HashMap<Arc<str>, ActorId>,
    /// The same the other way.
    named: IdMap<Arc<str>>,
    /// With how many addresses those are looked for that nobody needs.
    crowded: usize,
}

impl Table {
    fn name(&mut self, id: ActorId, name: Arc<str>) {
        self.names.insert(name.clone(), id);
        self.named.insert(id, name);
    }

    fn unname(&mut self, id: ActorId) {
        if let Some(name) = self.named.remove(&id) {
            self.names.remove(&name);
        }
    }

    /// Forgets those that others keep, that are gone, and that nobody here holds. Rarely, so that it costs each little.
    fn tidy(&mut self) {
        if self.addresses.len() >= self.crowded.max(CROWDED) {
            self.addresses.retain(|_, address| Arc::strong_count(address) > 1 || !address.is_gone());
            self.crowded = 2 * self.addresses.len();
        }
    }
}

/// The name belongs to somebody else.
pub(crate) struct NameTaken;

/// This process's node, once the runtime has begun.
pub(crate) fn node() -> Option<&'static Node> {
    NODE.get()
}

impl Node {
    /// Makes this process part of a program. There can be only one: `None` if there is one already.
    pub(crate) fn install(process: u32, arbiter: Route, resolver: Box<dyn Resolver>) -> Option<&'static Self> {
        let arbiter = Address::new(ActorId::ARBITER, Some("arbiter".into()), arbiter);
        let mut table = Table::default();
        table.addresses.insert(ActorId::ARBITER, arbiter.clone());
        let node = Self { process, serial: AtomicU32::new(1), table: Mutex::new(table), resolver, arbiter };
        NODE.set(node).ok()?;
        NODE.get()
    }

    pub(crate) fn process(&self) -> u32 {
        self.process
    }

    pub(crate) fn is_master(&self) -> bool {
        self.process == 0
    }

    pub(crate) fn arbiter(&self) -> &Arc<Address> {
        &self.arbiter
    }

    pub(crate) fn resolver(&self) -> &dyn Resolver {
        &*self.resolver
    }

    /// An identity for an actor whose address this process keeps.
    pub(crate) fn new_id(&self) -> ActorId {
        ActorId::new(self.process, self.serial.fetch_add(1, Ordering::Relaxed))
    }

    /// The address of `id`: the one known, or a new one whose route nobody has asked for.
    pub(crate) fn address(&self, id: ActorId) -> Arc<Address> {
        let mut table = lock(&self.table);
        if let Some(address) = table.addresses.get(&id) {
            return address.clone();
        }
        // What this process keeps itself and does not find is not there.
        let route = if id.home() == self.process { Route::Missing } else { Route::Unknown };
        let address = Address::new(id, None, route);
        if id.home() != self.process {
            table.tidy();
            table.addresses.insert(id, address.clone());
        }
        address
    }

    pub(crate) fn known(&self, id: ActorId) -> Option<Arc<Address>> {
        lock(&self.table).addresses.get(&id).cloned()
    }

    /// Makes an actor known, under its name if it has one. Only a name that is `unique` can be found. A task actor has a keeper.
    pub(crate) fn register(
        &self,
        id: ActorId,
        name: Option<&str>,
        unique: bool,
        fingerprint: u64,
        keeper: Option<Arc<dyn Keeper>>,
    ) -> Result<Arc<Address>, NameTaken> {
        let name: Option<Arc<str>> = name.map(Arc::from);
        let address = Address::kept(id, name.clone(), fingerprint, keeper);
        let mut table = lock(&self.table);
        if let Some(name) = name.filter(|_| unique) {
            if table.names.contains_key(&name) || matches!(&*name, "arbiter" | "monitor") {
                return Err(NameTaken);
            }
            table.name(id, name);
        }
        table.addresses.insert(id, address.clone());
        Ok(address)
    }

    /// Makes known the actor that this process was started for, whose address another keeps.
    pub(crate) fn adopt(&self, id: ActorId, name: Option<&str>, fingerprint: u64) -> Arc<Address> {
        let address = Address::new(id, name.map(Arc::from), Route::Wait);
        address.describe(name, fingerprint);
        lock(&self.table).addresses.insert(id, address.clone());
        address
    }

    /// Reserves a name for an actor that another process keeps.
    pub(crate) fn reserve(&self, id: ActorId, name: &str) -> Result<(), NameTaken> {
        let mut table = lock(&self.table);
        // One actor has one name.
        let taken = table.names.contains_key(name) || table.named.contains_key(&id);
        if taken || name.len() > MAX_NAME || matches!(name, "arbiter" | "monitor") {
            return Err(NameTaken);
        }
        table.name(id, name.into());
        Ok(())
    }

    pub(crate) fn named(&self, name: &str) -> Option<ActorId> {
        if name == "arbiter" {
            return Some(ActorId::ARBITER);
        }
        lock(&self.table).names.get(name).copied()
    }

    /// An actor is gone for good: its name is free, and whoever still holds its proxy learns why.
    pub(crate) fn remove(&self, id: ActorId, reason: ExitReason) -> Option<Arc<Address>> {
        let mut table = lock(&self.table);
        table.unname(id);
        let address = table.addresses.remove(&id);
        drop(table);
        if let Some(address) = &address {
            address.set_route(Route::Gone(reason));
        }
        address
    }

    pub(crate) fn release_name(&self, id: ActorId) {
        lock(&self.table).unname(id);
    }

    /// The actors for which `test` holds.
    pub(crate) fn addresses(&self, test: impl Fn(ActorId) -> bool) -> Vec<Arc<Address>> {
        lock(&self.table).addresses.values().filter(|address| test(address.id())).cloned().collect()
    }

    /// Forgets addresses kept by a process that has ended.
    pub(crate) fn forget_process(&self, process: u32, reason: &ExitReason) {
        for address in self.addresses(|id| id.home() == process) {
            self.remove(address.id(), reason.clone());
        }
        let mut table = lock(&self.table);
        table.names.retain(|_, id| id.home() != process);
        table.named.retain(|id, _| id.home() != process);
        for address in table.addresses.values() {
            address.unsubscribe(process);
        }
    }
}
