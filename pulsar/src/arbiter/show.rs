//! The tree as it is now, for whoever asks.

use std::time::Duration;

use super::group::{Group, Sort};
use super::{Arbiter, Child};
use crate::actor::{ActorInfo, Info, MailboxInfo, SystemInfo};
use crate::concurrency::sys;
use crate::id::{ActorId, State};
use crate::supervise::Phase;
use crate::tree::{Role, Tree, TreeNode};

impl Arbiter {
    /// The whole tree, or what is under one node of it.
    pub(super) fn tree(&self, root: Option<ActorId>) -> Tree {
        let left_behind = u32::try_from(self.left_behind.len()).unwrap_or(u32::MAX);
        let mut tree = Tree { roots: Vec::new(), left_behind };
        match root {
            Some(id) => tree.roots.extend(self.tree_node(id)),
            None => {
                let mut ids: Vec<_> = self.roots().collect();
                ids.sort_unstable();
                tree.roots.extend(ids.into_iter().filter_map(|id| self.tree_node(id)));
            }
        }
        tree
    }

    /// All that nobody is above.
    pub(super) fn roots(&self) -> impl Iterator<Item = ActorId> {
        let children = self.children.iter().filter(|(_, child)| child.parent.is_none()).map(|(&id, _)| id);
        let groups = self.groups.iter().filter(|(_, group)| group.parent.is_none()).map(|(&id, _)| id);
        children.chain(groups)
    }

    pub(super) fn tree_node(&self, id: ActorId) -> Option<TreeNode> {
        let mut node = match (self.children.get(&id), self.groups.get(&id)) {
            (Some(child), _) => child.tree_node(),
            (None, Some(group)) => group.tree_node(),
            (None, None) => return None,
        };
        if let Some(known) = self.machine.get(id) {
            node.incarnation = known.incarnation();
            node.restarts = known.restarts();
            node.last_exit = known.last_exit().cloned();
            if let Phase::Waiting(until) = known.phase() {
                node.starts_in = Some(until.saturating_sub(self.now()));
            }
            node.children = known.members().filter_map(|child| self.tree_node(child)).collect();
        }
        Some(node)
    }

    /// What a supervisor or a monitor answers to `info`.
    pub(super) fn group_info(&self, id: ActorId) -> Option<Info> {
        let group = self.groups.get(&id)?;
        let incarnation = self.machine.get(id).map_or(0, |node| node.incarnation());
        let mut info = Info::new(ActorInfo {
            name: group.address.label(),
            id,
            kind: None,
            state: group.state,
            uptime: group.up.filter(|_| group.state == State::Running).map_or(Duration::ZERO, |up| up.elapsed()),
            pid: std::process::id(),
            thread: std::thread::current().name().unwrap_or("main").into(),
            incarnation,
            restarts: self.machine.get(id).map_or(0, |node| node.restarts()),
        });
        let below = self.machine.get(id).map(|node| node.members().collect::<Vec<_>>()).unwrap_or_default();
        info.children = below.iter().filter_map(|id| self.children.get(id)).map(Child::info).collect();
        let mut processes = None;
        for id in below {
            self.add_up(id, &mut info.mailbox, &mut processes);
        }
        info.system = processes.or_else(sys::usage);
        Some(info)
    }

    /// Adds what the living actors under a node have to do, and what the processes of those that have one use.
    fn add_up(&self, id: ActorId, mailbox: &mut MailboxInfo, processes: &mut Option<SystemInfo>) {
        let Some(child) = self.children.get(&id) else {
            let below = self.machine.get(id).into_iter().flat_map(|node| node.members());
            return below.for_each(|id| self.add_up(id, mailbox, processes));
        };
        if !child.state.is_live() {
            return;
        }
        // These are as of now, the others as of its last heartbeat.
        let recorded = child.black_box.read();
        mailbox.depth = mailbox.depth.saturating_add(recorded.waiting);
        mailbox.handled = mailbox.handled.saturating_add(recorded.handled);
        let Some(last) = child.info.as_ref().filter(|info| info.actor.incarnation == child.incarnation) else { return };
        mailbox.dropped = mailbox.dropped.saturating_add(last.mailbox.dropped);
        mailbox.in_flight = mailbox.in_flight.saturating_add(last.mailbox.in_flight);
        if let (Some(used), Some(_)) = (last.system, child.place.pid()) {
            let sum = processes.get_or_insert_default();
            sum.rss = sum.rss.saturating_add(used.rss);
            sum.memory = sum.memory.saturating_add(used.memory);
            sum.cpu = sum.cpu.saturating_add(used.cpu);
            sum.threads = sum.threads.saturating_add(used.threads);
            sum.fds = sum.fds.saturating_add(used.fds);
        }
    }
}

impl Child {
    fn tree_node(&self) -> TreeNode {
        let kind = self.request.params.kind;
        let mut node = TreeNode::new(self.name.clone(), self.address.id(), Role::Actor { kind }, self.state);
        node.pid = self.place.pid();
        node.memory = self.info.as_ref().and_then(|info| info.system).map(|system| system.rss);
        node.handled = self.info.as_ref().map(|info| info.mailbox.handled);
        node
    }
}

impl Group {
    fn tree_node(&self) -> TreeNode {
        let role = match &self.sort {
            Sort::Supervisor { strategy } => Role::Supervisor { strategy: *strategy },
            Sort::Pool(pool) => Role::Pool { workers: pool.workers },
        };
        let state = if self.state == State::Initial { State::Starting } else { self.state };
        TreeNode::new(self.name.clone(), self.address.id(), role, state)
    }
}
