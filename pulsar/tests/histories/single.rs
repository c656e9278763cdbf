//! Children on their own, held action by action against a reference model.
//!
//! The model knows only the events it sent and the actions it saw.

use std::collections::BTreeMap;
use std::time::Duration;

use pulsar::supervise::{Action, Backoff, Event, GiveUp, Intensity, Machine, Phase, Policy, Restart};
use pulsar::{ActorId, ExitReason, Incarnation};

use crate::{History, Op, Tally, check, reason};

/// What the model knows of a child.
struct Model {
    policy: Policy,
    incarnation: Incarnation,
    place: Place,
    proven: bool,
    /// When it was first asked to stop, and whether that came before anything was done to it.
    stop: Option<Duration>,
    unwanted: bool,
    restarts: u32,
    recent: Vec<Duration>,
    /// The restart that was promised, if the next start has to keep it.
    promised: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Dead,
    Parked,
    Live { ready: bool, quiet: Duration, done: Done },
}

/// What was done to a living incarnation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Done {
    Nothing,
    Asked,
    Terminated,
    Aborted(Duration),
    Killed(Why),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Why {
    Slow(Duration),
    Hung,
    Stopped,
    Order,
}

pub(crate) struct World {
    machine: Machine,
    now: Duration,
    models: BTreeMap<ActorId, Model>,
    account: bool,
    log: Vec<String>,
    tally: Tally,
}

impl History for World {
    fn new(seed: u64, account: bool) -> Self {
        Self {
            machine: Machine::new(seed),
            now: Duration::from_secs(1000),
            models: BTreeMap::new(),
            account,
            log: Vec::new(),
            tally: Tally::default(),
        }
    }

    fn step(&mut self, (kind, child, rest): Op) -> Result<(), String> {
        self.pass(rest);
        let id: ActorId = ["0.1", "0.2", "0.3", "0.4"][usize::from(child % 4)].parse().unwrap();
        let newest = self.models.get(&id).map_or(1, |model| model.incarnation);
        // Mostly the newest incarnation, now and then an older one or one that never was.
        let incarnation = match child >> 4 {
            0 => newest.saturating_sub(1),
            1 => newest + 1,
            _ => newest,
        };
        let event = match kind % 32 {
            0..=2 => Event::Add { id, parent: None, policy: policy(rest) },
            3..=7 => Event::Ready { id, incarnation },
            8..=10 => Event::Beat { id, incarnation },
            11..=20 => Event::Exited { id, incarnation, reason: reason(rest >> 4) },
            21 => Event::Stop { id },
            22 => Event::Kill { id },
            23..=24 => Event::Reset { id },
            25 => Event::Policy { id, policy: policy(rest) },
            26 => Event::Grace,
            _ => Event::Tick,
        };
        self.send(event)
    }

    fn end(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn log(&self) -> &[String] {
        &self.log
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl World {
    /// Lets some time pass: none, some, up to the next timer, or far beyond.
    fn pass(&mut self, rest: u16) {
        let next = self.machine.next_timer().unwrap_or(self.now).max(self.now);
        self.now = match rest % 8 {
            0 | 1 => self.now,
            2 => self.now + Duration::from_millis(u64::from(rest >> 8)),
            3 => self.now + Duration::from_millis(u64::from(rest)),
            4 | 5 if next < Duration::from_secs(1 << 40) => next,
            6 if next < Duration::from_secs(1 << 40) => next + Duration::from_nanos(1),
            _ => self.now + Duration::from_secs(u64::from(rest >> 10)),
        };
    }

    fn send(&mut self, event: Event) -> Result<(), String> {
        let mut actions = Vec::new();
        self.machine.handle(self.now, event.clone(), &mut actions);
        if self.account {
            self.log.push(format!("{:?} {event:?} -> {actions:?}", self.now));
        }
        self.tally.events += 1;
        actions.iter().for_each(|action| self.tally.count(action));
        let mut actions = actions.into_iter().peekable();
        match event {
            Event::Add { id, policy, .. } => self.added(id, policy, &mut actions)?,
            Event::Ready { id, incarnation } => self.heard(id, incarnation, true),
            Event::Beat { id, incarnation } => self.heard(id, incarnation, false),
            Event::Exited { id, incarnation, reason } => self.exited(id, incarnation, &reason, &mut actions)?,
            Event::Stop { id } => self.stopped(id, &mut actions)?,
            Event::Kill { id } => self.killed(id, &mut actions)?,
            Event::Reset { id } => self.reset(id, &mut actions)?,
            Event::Policy { id, policy } => {
                if let Some(model) = self.models.get_mut(&id) {
                    model.policy = policy;
                }
            }
            Event::Tick => self.ticked(&mut actions)?,
            Event::Grace => {
                for model in self.models.values_mut() {
                    if let Place::Live { quiet, done: Done::Nothing, .. } = &mut model.place {
                        *quiet = self.now;
                    }
                }
            }
            other => return Err(format!("{other:?} is not of these histories")),
        }
        check!(actions.peek().is_none(), "an action too many: {:?}", actions.next());
        self.agree()
    }

    /// The machine and the model see the same children, in the same places, with the same next timer.
    fn agree(&self) -> Result<(), String> {
        check!(self.machine.len() == self.models.len(), "{} children, not {}", self.machine.len(), self.models.len());
        for (child, (&id, model)) in self.machine.iter().zip(&self.models) {
            check!(child.id() == id, "{} instead of {id}", child.id());
            let (is, was) = (child.incarnation(), model.incarnation);
            check!(is == was, "{id} is in life {is}, not {was}");
            check!(child.restarts() == model.restarts, "{id} counts {} restarts", child.restarts());
            check!(child.is_live() == matches!(model.place, Place::Live { .. }), "{id}: {:?}", child.phase());
            let same = match (child.phase(), model.place) {
                (Phase::Starting, Place::Live { ready, done: Done::Nothing, .. }) => !ready,
                (Phase::Running, Place::Live { ready, done: Done::Nothing, .. }) => ready,
                (Phase::Stopping, Place::Live { done, .. }) => done != Done::Nothing,
                (Phase::Waiting(until), Place::Dead) => model.promised == Some(until),
                (Phase::Parked, Place::Parked) => true,
                _ => false,
            };
            check!(same, "{id} is {:?} where the model has {:?}", child.phase(), model.place);
        }
        let next = self.models.values().filter_map(Model::deadline).min();
        check!(self.machine.next_timer() == next, "next timer {:?}, not {next:?}", self.machine.next_timer());
        Ok(())
    }

    fn added(&mut self, id: ActorId, policy: Policy, actions: &mut impl Iterator<Item = Action>) -> Result<(), String> {
        if self.models.contains_key(&id) {
            return Ok(());
        }
        let mut model = Model {
            policy,
            incarnation: 0,
            place: Place::Dead,
            proven: false,
            stop: None,
            unwanted: false,
            restarts: 0,
            recent: Vec::new(),
            promised: None,
        };
        model.start(id, self.now, actions)?;
        self.models.insert(id, model);
        Ok(())
    }

    fn heard(&mut self, id: ActorId, incarnation: Incarnation, notify: bool) {
        let Some(model) = self.models.get_mut(&id).filter(|model| model.incarnation == incarnation) else { return };
        if let Place::Live { ready, quiet, done: Done::Nothing } = &mut model.place {
            if notify && !*ready {
                (*ready, *quiet, model.proven) = (true, self.now, true);
            } else if !notify && *ready {
                *quiet = self.now;
            }
        }
    }

    fn exited(
        &mut self,
        id: ActorId,
        incarnation: Incarnation,
        given: &ExitReason,
        actions: &mut impl Iterator<Item = Action>,
    ) -> Result<(), String> {
        let Some(model) = self.models.get_mut(&id).filter(|model| model.incarnation == incarnation) else {
            return Ok(());
        };
        let Place::Live { done, .. } = model.place else { return Ok(()) };
        let expected = model.reason(done, given);
        let again = match model.policy.restart {
            _ if model.unwanted || !model.proven => false,
            _ if matches!(expected, ExitReason::Shutdown | ExitReason::OwnerEnded) => false,
            Restart::Permanent => true,
            Restart::Transient => expected != ExitReason::Normal,
            Restart::Temporary => false,
        };
        let now = self.now;
        let allowed = match &model.policy.intensity {
            None => true,
            Some(Intensity { restarts, within }) => {
                if again {
                    model.recent.retain(|&at| now - at <= *within);
                }
                (model.recent.len() as u32) < *restarts
            }
        };
        match actions.next() {
            Some(Action::Removed { id: of, reason }) => {
                check!(of == id && !again && reason == expected, "{of} removed for {reason:?}, {expected:?} expected");
                self.models.remove(&id);
            }
            Some(Action::Parked { id: of, reason, restarts }) => {
                check!(of == id && again && !allowed && reason == expected, "{of} parked for {reason:?}");
                check!(restarts == model.restarts, "{of} parked after {restarts}");
                model.place = Place::Parked;
            }
            Some(Action::Restarting { id: of, incarnation: ended, reason, delay, restarts }) => {
                check!(of == id && again && allowed && reason == expected, "{of} restarts for {reason:?}");
                check!(ended == incarnation, "{ended} ended instead of {incarnation}");
                let longest = model.policy.backoff.max;
                check!(delay <= longest + longest / 5, "{of} waits for {delay:?}");
                if model.policy.intensity.is_some() {
                    model.recent.push(self.now)
                } else {
                    model.recent.clear()
                }
                model.restarts += 1;
                check!(restarts == model.restarts, "{of} counts {restarts}");
                model.place = Place::Dead;
                if delay.is_zero() {
                    model.start(id, self.now, actions)?;
                } else {
                    model.promised = Some(self.now + delay);
                }
            }
            other => return Err(format!("{id} ended, and {other:?} came of it")),
        }
        Ok(())
    }

    fn stopped(&mut self, id: ActorId, actions: &mut impl Iterator<Item = Action>) -> Result<(), String> {
        let Some(model) = self.models.get_mut(&id) else { return Ok(()) };
        let incarnation = model.incarnation;
        model.unwanted = true;
        match &mut model.place {
            Place::Live { done: done @ Done::Nothing, .. } => {
                *done = Done::Asked;
                model.stop = Some(self.now);
                expect(actions.next(), Action::RequestStop { id, incarnation })
            }
            Place::Live { .. } => Ok(()),
            Place::Dead | Place::Parked => {
                self.models.remove(&id);
                expect(actions.next(), Action::Removed { id, reason: ExitReason::Shutdown })
            }
        }
    }

    fn killed(&mut self, id: ActorId, actions: &mut impl Iterator<Item = Action>) -> Result<(), String> {
        let Some(model) = self.models.get_mut(&id) else { return Ok(()) };
        let incarnation = model.incarnation;
        model.unwanted = true;
        match &mut model.place {
            Place::Live { done: Done::Killed(_), .. } => Ok(()),
            Place::Live { done, .. } => {
                *done = Done::Killed(if matches!(done, Done::Aborted(_)) { Why::Hung } else { Why::Order });
                expect(actions.next(), Action::Kill { id, incarnation })
            }
            Place::Dead | Place::Parked => {
                self.models.remove(&id);
                expect(actions.next(), Action::Removed { id, reason: ExitReason::Shutdown })
            }
        }
    }

    fn reset(&mut self, id: ActorId, actions: &mut impl Iterator<Item = Action>) -> Result<(), String> {
        let Some(model) = self.models.get_mut(&id) else { return Ok(()) };
        model.restarts = 0;
        model.recent.clear();
        match model.place {
            Place::Live { .. } => Ok(()),
            Place::Dead | Place::Parked => model.start(id, self.now, actions),
        }
    }

    /// Everything that is due, and nothing else, happened in the order of its time.
    fn ticked(&mut self, actions: &mut impl Iterator<Item = Action>) -> Result<(), String> {
        loop {
            let due = self.models.iter().filter_map(|(&id, model)| Some((model.deadline()?, id))).min();
            let Some((_, id)) = due.filter(|&(at, _)| at <= self.now) else { return Ok(()) };
            let Some(model) = self.models.get_mut(&id) else { return Ok(()) };
            let incarnation = model.incarnation;
            let Place::Live { ready, done, .. } = &mut model.place else {
                model.start(id, self.now, actions)?;
                continue;
            };
            let (next, action) = match *done {
                Done::Nothing if *ready => (Done::Aborted(self.now), Action::Abort { id, incarnation }),
                Done::Nothing => {
                    (Done::Killed(Why::Slow(model.policy.start_timeout)), Action::Kill { id, incarnation })
                }
                Done::Asked => (Done::Terminated, Action::Terminate { id, incarnation }),
                Done::Terminated => (Done::Killed(Why::Stopped), Action::Kill { id, incarnation }),
                Done::Aborted(_) => (Done::Killed(Why::Hung), Action::Kill { id, incarnation }),
                Done::Killed(_) => return Err(format!("{id} was killed and has a timer")),
            };
            *done = next;
            expect(actions.next(), action)?;
        }
    }
}

impl Model {
    fn start(&mut self, id: ActorId, now: Duration, actions: &mut impl Iterator<Item = Action>) -> Result<(), String> {
        check!(!matches!(self.place, Place::Live { .. }), "{id} would live twice");
        check!(!self.unwanted, "{id} is started again though it was stopped");
        self.incarnation += 1;
        self.promised = None;
        self.place = Place::Live { ready: false, quiet: now, done: Done::Nothing };
        expect(actions.next(), Action::Start { id, incarnation: self.incarnation })
    }

    fn deadline(&self) -> Option<Duration> {
        let policy = &self.policy;
        let at = match self.place {
            Place::Dead => self.promised?,
            Place::Parked | Place::Live { done: Done::Killed(_), .. } => return None,
            Place::Live { ready: true, quiet, done: Done::Nothing } => quiet.saturating_add(policy.timeout),
            Place::Live { ready: false, quiet, done: Done::Nothing } => quiet.saturating_add(policy.start_timeout),
            Place::Live { done: Done::Asked, .. } => self.stop?.saturating_add(policy.shutdown - policy.shutdown / 5),
            Place::Live { done: Done::Terminated, .. } => self.stop?.saturating_add(policy.shutdown),
            Place::Live { done: Done::Aborted(at), .. } => at.saturating_add(policy.abort_grace),
        };
        (at != Duration::MAX).then_some(at)
    }

    /// The reason that is to be told, where this one was given.
    fn reason(&self, done: Done, given: &ExitReason) -> ExitReason {
        let orderly = given.is_normal() || *given == ExitReason::Code(0);
        let termed = matches!(given, ExitReason::Signal { number: 15, .. });
        match done {
            Done::Killed(Why::Slow(limit)) => ExitReason::StartFailed(format!("no notify within {limit:?}")),
            Done::Aborted(_) | Done::Killed(Why::Hung) => ExitReason::Hung,
            Done::Asked if orderly => ExitReason::Shutdown,
            Done::Terminated | Done::Killed(Why::Stopped) if orderly || termed => ExitReason::Shutdown,
            _ => given.clone(),
        }
    }
}

fn expect(action: Option<Action>, expected: Action) -> Result<(), String> {
    check!(action.as_ref() == Some(&expected), "{action:?} instead of {expected:?}");
    Ok(())
}

fn policy(rest: u16) -> Policy {
    let time = |shift: u16, times: [u64; 4]| match times[usize::from((rest >> shift) & 3)] {
        u64::MAX => Duration::MAX,
        millis => Duration::from_millis(millis),
    };
    Policy {
        restart: [Restart::Permanent, Restart::Permanent, Restart::Transient, Restart::Temporary]
            [usize::from((rest >> 2) & 3)],
        backoff: Backoff::new(time(4, [100, 100, 0, 5000]), time(6, [30_000, 1000, 200, 0])),
        intensity: match (rest >> 8) & 3 {
            0 => None,
            restarts => Some(Intensity::new(u32::from(restarts) - 1, time(10, [30_000, 1000, 0, 500_000]))),
        },
        give_up: GiveUp::Escalate,
        significant: false,
        start_timeout: time(12, [30_000, 100, 0, u64::MAX]),
        shutdown: time(14, [5000, 1, 0, u64::MAX]),
        timeout: time(9, [30_000, 3000, 0, u64::MAX]),
        abort_grace: time(3, [1000, 1, 0, 30_000]),
    }
}
