//! The machine: events and the time in, actions out.
//!
//! Owns the set of children and the order of their timers. What an event means is decided in a `turn`.

use std::sync::Arc;
use std::time::Duration;

use super::backoff::Jitter;
use super::life::{Life, Out};
use super::team::Team;
use super::timers::Timers;
use super::turn::{Turn, is_due};
use super::{Action, Child, Event, Policy};
use crate::id::{IdMap, Mixed};
use crate::{ActorId, Incarnation};

/// Trees of children, and children on their own, each kept alive as its policy says.
///
/// It is a function of events and the time that it is given. It reads no clock, so that no clock that is set anew can mislead it:
/// whoever drives it measures the time from an origin of its own, with a clock that only goes forward.
///
/// A child is a worker, of which incarnations are started and end; or a group or a pool, which has children. A group's children
/// come up in order, each ready before the next is started, and go down in reverse; when one fails, others may be affected
/// ([`Strategy`](super::Strategy)). A pool's workers are alike and come and go side by side. What a group does that ends is judged
/// by the group above it as a worker's end is.
///
/// As in OTP but for this: delays between restarts grow; a child that was stopped on request stays down when its group is started
/// again, and so does one that is parked; a child may be given up without its group ([`GiveUp`](super::GiveUp)); nothing is started
/// any more in a group that is about to be stopped with the one above it; a child that ends with `Shutdown` was told to, and that is
/// final whatever its type. A pool keeps as many workers as it is to have, whatever their type: one that was stopped on request is
/// removed, and another is hired.
///
/// ```
/// use std::time::Duration;
/// use pulsar::ActorId;
/// use pulsar::supervise::{Action, Event, GroupPolicy, Machine, Policy};
///
/// let [site, cache, api] = ["0.1", "0.2", "0.3"].map(|id| id.parse::<ActorId>().unwrap());
/// let (mut machine, mut actions) = (Machine::new(1), Vec::new());
/// let mut tell = |event| machine.handle(Duration::ZERO, event, &mut actions);
/// tell(Event::AddGroup { id: site, parent: None, policy: Policy::default(), group: GroupPolicy::default() });
/// tell(Event::Add { id: cache, parent: Some(site), policy: Policy::default() });
/// tell(Event::Add { id: api, parent: Some(site), policy: Policy::default() });
/// tell(Event::Launch { id: site });
/// tell(Event::Ready { id: cache, incarnation: 1 });
/// tell(Event::Ready { id: api, incarnation: 1 });
/// let [started, next] = [cache, api].map(|id| Action::Start { id, incarnation: 1 });
/// assert_eq!(actions, [started, next, Action::Up { id: site }]);
/// ```
#[derive(Clone, Debug)]
pub struct Machine {
    children: IdMap<Box<Child>>,
    timers: Timers,
    jitter: Jitter,
    /// That of the last child: most are supervised as the one before, and share it.
    policy: Option<Arc<Policy>>,
}

impl Machine {
    /// A machine without children. The same seed and events give the same actions.
    pub const fn new(seed: u64) -> Self {
        Self {
            children: IdMap::with_hasher(Mixed::known()),
            timers: Timers::new(),
            jitter: Jitter::new(seed),
            policy: None,
        }
    }

    /// Handles an event at a time since an origin of the caller's choice, and appends what is to be done.
    ///
    /// Timers fire only on [`Event::Tick`], so that what happened is heard before anyone is judged.
    ///
    /// ```
    /// use std::time::Duration;
    /// use pulsar::ExitReason;
    /// use pulsar::supervise::{Action, Event, Machine, Policy};
    /// # let id = "0.7".parse().unwrap();
    /// let (mut machine, mut actions) = (Machine::new(1), Vec::new());
    /// let at = Duration::from_secs;
    /// machine.handle(at(0), Event::Add { id, parent: None, policy: Policy::default() }, &mut actions);
    /// machine.handle(at(1), Event::Ready { id, incarnation: 1 }, &mut actions);
    /// actions.clear();
    /// machine.handle(at(9), Event::Exited { id, incarnation: 1, reason: ExitReason::Code(1) }, &mut actions);
    /// assert!(matches!(actions[0], Action::Restarting { restarts: 1, .. })); // it was well: at once
    /// ```
    pub fn handle(&mut self, now: Duration, event: Event, actions: &mut Vec<Action>) {
        let mut turn = Turn {
            children: &mut self.children,
            timers: &mut self.timers,
            out: Out { now, actions, jitter: &mut self.jitter },
            policy: &mut self.policy,
            touched: Vec::new(),
        };
        match event {
            Event::Add { id, parent, policy } => turn.add(id, parent, policy, None),
            Event::AddGroup { id, parent, policy, group } => turn.add(id, parent, policy, Some(Team::group(group))),
            Event::AddPool { id, parent, policy, pool } => turn.add(id, parent, policy, Some(Team::pool(pool))),
            Event::Launch { id } => turn.launch(id),
            Event::Ready { id, incarnation } => turn.ready(id, incarnation),
            Event::Beat { id, incarnation } => turn.beat(id, incarnation),
            Event::Usage { id, incarnation, messages, memory } => turn.usage(id, incarnation, messages, memory),
            Event::Exited { id, incarnation, reason } => turn.exited(id, incarnation, reason),
            Event::Stop { id } => turn.stop(id),
            Event::Kill { id } => turn.kill(id),
            Event::Reset { id } => turn.reset(id),
            Event::Restart { id } => turn.restart(id),
            Event::Delete { id } => turn.delete(id),
            Event::Policy { id, policy } => {
                turn.change(id, |child, _| child.policy = Arc::new(policy));
            }
            Event::Scale { id, workers } => turn.scale(id, workers),
            Event::Recycle { id } => turn.recycle(id),
            Event::Renew { id } => turn.renew(id),
            Event::Tick => turn.tick(),
            Event::Grace => turn.grace(),
        }
        turn.settle();
    }

    /// As [`Event::Add`] and [`Event::Ready`] at one time, of a worker on its own whose shell has started it already.
    pub(crate) fn adopt(&mut self, now: Duration, id: ActorId, policy: Arc<Policy>) {
        if self.children.contains_key(&id) {
            return;
        }
        let child = Child::running(id, policy, now);
        let deadline = child.deadline();
        self.children.insert(id, Box::new(child));
        if let Some(at) = deadline {
            self.timers.add(now, at, id, |at, id| is_due(&self.children, at, id));
        }
    }

    /// When to [tick](Event::Tick) next, since the same origin; `None` where nothing waits for the time to pass.
    ///
    /// ```
    /// use std::time::Duration;
    /// use pulsar::supervise::{Event, Machine, Policy};
    /// # let id = "0.7".parse().unwrap();
    /// let mut machine = Machine::new(1);
    /// assert_eq!(machine.next_timer(), None);
    /// machine.handle(Duration::ZERO, Event::Add { id, parent: None, policy: Policy::default() }, &mut Vec::new());
    /// assert_eq!(machine.next_timer(), Some(Duration::from_secs(30))); // ready until then, or killed
    /// ```
    pub fn next_timer(&self) -> Option<Duration> {
        self.timers.first().map(|(at, _)| at)
    }

    /// The child with this id.
    pub fn get(&self, id: ActorId) -> Option<&Child> {
        self.children.get(&id).map(|child| &**child)
    }

    /// All children, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Child> {
        let mut children: Vec<_> = self.children.values().map(|child| &**child).collect();
        children.sort_unstable_by_key(|child| child.id);
        children.into_iter()
    }

    /// How many children there are.
    pub fn len(&self) -> usize {
        self.children.len()
    }

    /// Whether there are no children.
    pub fn is_empty(&self) -> bool {
        self.children.is_empty()
    }
}

impl Turn<'_> {
    fn ready(&mut self, id: ActorId, incarnation: Incarnation) {
        let Some(parent) = self.worker(id, incarnation).map(|child| child.parent) else { return };
        let recycle = parent.and_then(|parent| self.pool(parent)).map(|pool| pool.policy.recycle);
        let news = self.change(id, |child, out| {
            let news = child.ready(out.now);
            if let (true, Some(recycle)) = (news, recycle) {
                child.draw(&recycle, out.jitter);
            }
            news
        });
        if let Some(true) = news {
            self.touch(parent);
        }
    }

    fn beat(&mut self, id: ActorId, incarnation: Incarnation) {
        if self.worker(id, incarnation).is_some() {
            self.change(id, |child, out| child.beat(out.now));
        }
    }

    fn usage(&mut self, id: ActorId, incarnation: Incarnation, messages: u64, memory: u64) {
        if self.worker(id, incarnation).is_some()
            && self.change(id, |child, _| child.usage(messages, memory)) == Some(true)
        {
            self.touch(self.parent(id));
        }
    }

    fn tick(&mut self) {
        while let Some((at, id)) = self.timers.first() {
            if at > self.out.now {
                break;
            }
            self.expire(id);
            self.settle();
        }
    }

    fn expire(&mut self, id: ActorId) {
        let Some(child) = self.get(id) else { return };
        if let Life::Waiting { .. } = child.life {
            self.wake(id);
        } else if child.team.is_some() {
            self.with_pool(id, |pool| pool.pause = None);
            self.touch(Some(id));
        } else if self.change(id, |child, out| child.expire(out)) == Some(true) {
            self.touch(self.parent(id));
        }
    }

    fn grace(&mut self) {
        self.timers.clear();
        let now = self.out.now;
        let mut due = Vec::new();
        for child in self.children.values_mut() {
            child.grace(now);
            due.extend(child.deadline().map(|at| (at, child.id)));
        }
        // In order, they find their lines.
        due.sort_unstable();
        for (at, id) in due {
            self.timers.add(now, at, id, |at, id| is_due(self.children, at, id));
        }
    }
}
