//! A child on its own.

use std::time::Duration;

use pulsar::supervise::{Action, Backoff, Event, Intensity, Machine, Phase, Policy, Restart};
use pulsar::{ActorId, ExitReason, Incarnation};

const CRASH: ExitReason = ExitReason::Code(1);
const KILLED: ExitReason = ExitReason::Signal { number: 9, core: false };

/// A machine with a clock and one child.
struct Bench {
    machine: Machine,
    now: Duration,
    id: ActorId,
}

impl Bench {
    /// A child that was added and started.
    fn new(policy: Policy) -> Self {
        let mut bench = Self { machine: Machine::new(7), now: seconds(100.0), id: "0.7".parse().unwrap() };
        let started = bench.event(Event::Add { id: bench.id, parent: None, policy });
        assert_eq!(started, [bench.start(1)]);
        bench
    }

    /// A child whose first incarnation is ready.
    fn ready(policy: Policy) -> Self {
        let mut bench = Self::new(policy);
        bench.notify(1);
        bench
    }

    fn event(&mut self, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        self.machine.handle(self.now, event, &mut actions);
        actions
    }

    fn notify(&mut self, incarnation: Incarnation) {
        assert_eq!(self.event(Event::Ready { id: self.id, incarnation }), []);
    }

    fn beat(&mut self, incarnation: Incarnation) {
        assert_eq!(self.event(Event::Beat { id: self.id, incarnation }), []);
    }

    fn exit(&mut self, incarnation: Incarnation, reason: ExitReason) -> Vec<Action> {
        self.event(Event::Exited { id: self.id, incarnation, reason })
    }

    /// Lets the time pass without anything happening.
    fn pass(&mut self, secs: f64) -> &mut Self {
        self.now += seconds(secs);
        self
    }

    /// What time alone leads to at each of the next timers, up to `secs` from now, with when it did.
    fn watch(&mut self, secs: f64) -> Vec<(Duration, Action)> {
        let (begin, end) = (self.now, self.now + seconds(secs));
        let mut seen = Vec::new();
        while let Some(at) = self.machine.next_timer().filter(|&at| at <= end) {
            self.now = at;
            seen.extend(self.event(Event::Tick).into_iter().map(|action| (at - begin, action)));
        }
        self.now = end;
        seen
    }

    fn start(&self, incarnation: Incarnation) -> Action {
        Action::Start { id: self.id, incarnation }
    }

    fn kill(&self, incarnation: Incarnation) -> Action {
        Action::Kill { id: self.id, incarnation }
    }

    fn removed(&self, reason: ExitReason) -> Action {
        Action::Removed { id: self.id, reason }
    }

    fn restarting(&self, incarnation: Incarnation, reason: ExitReason, restarts: u32) -> Action {
        Action::Restarting { id: self.id, incarnation, reason, delay: Duration::ZERO, restarts }
    }

    fn stop(&mut self) -> Vec<Action> {
        self.event(Event::Stop { id: self.id })
    }

    fn phase(&self) -> Option<Phase> {
        self.machine.get(self.id).map(|child| child.phase())
    }
}

fn seconds(secs: f64) -> Duration {
    Duration::from_secs_f64(secs)
}

fn with(restart: Restart) -> Policy {
    Policy { restart, ..Policy::default() }
}

/// Without a limit to restarts.
fn tireless() -> Policy {
    Policy { intensity: None, ..Policy::default() }
}

#[test]
fn a_permanent_child_that_was_ready_comes_back_at_once() {
    let mut bench = Bench::ready(Policy::default());
    let actions = bench.pass(1.001).exit(1, CRASH);
    assert_eq!(actions, [bench.restarting(1, CRASH, 1), bench.start(2)]);
    let child = bench.machine.get(bench.id).unwrap();
    assert_eq!((child.incarnation(), child.restarts(), child.last_exit()), (2, 1, Some(&CRASH)));
}

#[test]
fn restart_type_and_reason_decide_as_the_table_says() {
    let panicked = ExitReason::Panic { message: "oh".into(), backtrace: None };
    for (restart, reason, restarted) in [
        (Restart::Permanent, ExitReason::Normal, true),
        (Restart::Permanent, ExitReason::Shutdown, false),
        (Restart::Permanent, ExitReason::OwnerEnded, false),
        (Restart::Permanent, panicked.clone(), true),
        (Restart::Permanent, KILLED, true),
        (Restart::Transient, ExitReason::Normal, false),
        (Restart::Transient, ExitReason::Shutdown, false),
        (Restart::Transient, panicked.clone(), true),
        (Restart::Transient, KILLED, true),
        (Restart::Transient, ExitReason::Unknown, true),
        (Restart::Temporary, ExitReason::Normal, false),
        (Restart::Temporary, ExitReason::Shutdown, false),
        (Restart::Temporary, panicked, false),
        (Restart::Temporary, KILLED, false),
    ] {
        let mut bench = Bench::ready(with(restart));
        let actions = bench.pass(2.0).exit(1, reason.clone());
        if restarted {
            assert_eq!(actions, [bench.restarting(1, reason, 1), bench.start(2)]);
        } else {
            assert_eq!(actions, [bench.removed(reason)]);
            assert!(bench.machine.is_empty() && bench.machine.next_timer().is_none());
        }
    }
}

#[test]
fn a_first_start_that_fails_is_not_repeated() {
    let failed = ExitReason::StartFailed("no such file".into());
    let mut bench = Bench::new(Policy::default());
    assert_eq!(bench.exit(1, failed.clone()), [bench.removed(failed)]);
}

#[test]
fn a_first_start_that_hangs_is_killed_and_fails() {
    let mut bench = Bench::new(Policy::default());
    assert_eq!(bench.watch(100.0), [(seconds(30.0), bench.kill(1))]);
    let late = bench.exit(1, KILLED);
    assert_eq!(late, [bench.removed(ExitReason::StartFailed("no notify within 30s".into()))]);
}

#[test]
fn a_later_start_that_hangs_counts_once_and_backs_off() {
    let mut bench = Bench::ready(Policy::default());
    bench.pass(2.0).exit(1, CRASH);
    assert_eq!(bench.watch(31.0), [(seconds(30.0), bench.kill(2))]);
    let actions = bench.exit(2, KILLED);
    let [Action::Restarting { incarnation: 2, reason, delay, restarts: 2, .. }] = &actions[..] else {
        panic!("{actions:?}")
    };
    assert_eq!(reason, &ExitReason::StartFailed("no notify within 30s".into()));
    assert!(*delay >= seconds(0.08) && *delay <= seconds(0.12), "{delay:?}");
    assert_eq!(bench.exit(2, KILLED), []);
}

#[test]
fn a_child_that_always_fails_is_tried_on_the_ladder_of_delays() {
    let mut bench = Bench::ready(tireless());
    bench.exit(1, CRASH);
    for (incarnation, expected) in (2..).zip([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0, 30.0]) {
        let seen = bench.watch(37.0);
        let [(after, start)] = &seen[..1] else { panic!("{seen:?}") };
        assert_eq!(start, &bench.start(incarnation));
        assert!(*after >= seconds(expected * 0.799) && *after <= seconds(expected * 1.201), "{after:?} for {expected}");
        bench.exit(incarnation, CRASH);
    }
}

#[test]
fn as_many_restarts_as_allowed_succeed_and_the_next_parks() {
    let mut bench = Bench::ready(Policy::default());
    for incarnation in 1..=5 {
        let actions = bench.exit(incarnation, CRASH);
        assert!(matches!(actions[0], Action::Restarting { restarts, .. } if restarts == incarnation), "{actions:?}");
        assert_eq!(bench.watch(3.0).len(), 1);
    }
    assert_eq!(bench.exit(6, CRASH), [Action::Parked { id: bench.id, reason: CRASH, restarts: 5 }]);
    assert_eq!(bench.phase(), Some(Phase::Parked));
    assert_eq!((bench.machine.next_timer(), bench.watch(1e6)), (None, vec![]));
}

#[test]
fn restarts_that_are_far_apart_do_not_add_up() {
    let mut bench = Bench::ready(Policy::default());
    for incarnation in 1..1000 {
        let actions = bench.pass(6.1).exit(incarnation, CRASH);
        assert!(matches!(actions[0], Action::Restarting { .. }), "{incarnation}: {actions:?}");
        bench.watch(1.0 + 36.0);
        bench.notify(incarnation + 1);
    }
}

#[test]
fn a_reset_starts_a_parked_child_at_once_with_a_clean_slate() {
    let policy = Policy { intensity: Some(Intensity::new(0, seconds(30.0))), ..Policy::default() };
    let mut bench = Bench::ready(policy);
    assert!(matches!(bench.pass(9.0).exit(1, CRASH)[..], [Action::Parked { restarts: 0, .. }]));
    bench.event(Event::Policy { id: bench.id, policy: Policy::default() });
    assert_eq!(bench.event(Event::Reset { id: bench.id }), [bench.start(2)]);
    bench.notify(2);
    let actions = bench.pass(2.0).exit(2, CRASH);
    assert_eq!(actions, [bench.restarting(2, CRASH, 1), bench.start(3)]);
}

#[test]
fn a_reset_cuts_a_wait_short_and_leaves_the_living_alone() {
    let mut bench = Bench::ready(Policy::default());
    bench.exit(1, CRASH);
    assert!(matches!(bench.phase(), Some(Phase::Waiting(_))));
    assert_eq!(bench.event(Event::Reset { id: bench.id }), [bench.start(2)]);
    assert_eq!(bench.watch(10.0), [], "the old timer must not start another");
    assert_eq!(bench.event(Event::Reset { id: bench.id }), []);
}

#[test]
fn silence_is_answered_by_abort_then_kill_then_a_replacement() {
    let mut bench = Bench::ready(Policy::default());
    bench.pass(29.0).beat(1);
    let abort = Action::Abort { id: bench.id, incarnation: 1 };
    assert_eq!(bench.watch(60.0), [(seconds(30.0), abort), (seconds(31.0), bench.kill(1))]);
    bench.beat(1);
    let actions = bench.exit(1, KILLED);
    assert_eq!(actions, [bench.restarting(1, ExitReason::Hung, 1), bench.start(2)]);
}

#[test]
fn a_child_that_hangs_right_after_it_was_ready_backs_off() {
    let mut bench = Bench::ready(Policy::default());
    bench.watch(60.0);
    let actions = bench.exit(1, KILLED);
    assert!(matches!(actions[..], [Action::Restarting { delay, .. }] if delay >= seconds(0.08)), "{actions:?}");
}

#[test]
fn an_end_that_is_heard_before_the_tick_is_no_hang() {
    let mut bench = Bench::ready(Policy::default());
    let actions = bench.pass(3600.0).exit(1, CRASH);
    assert_eq!(actions, [bench.restarting(1, CRASH, 1), bench.start(2)]);
}

#[test]
fn a_loop_that_stood_still_grants_everyone_a_fresh_period() {
    let mut bench = Bench::ready(Policy::default());
    bench.pass(3600.0).event(Event::Grace);
    assert_eq!(bench.event(Event::Tick), []);
    assert_eq!(bench.watch(29.9), []);
    assert_eq!(bench.watch(0.1).len(), 1);
}

#[test]
fn grace_holds_for_a_start_too() {
    let mut bench = Bench::new(Policy::default());
    bench.pass(3600.0).event(Event::Grace);
    assert_eq!(bench.watch(29.9), []);
    assert_eq!(bench.watch(0.1), [(seconds(0.1), bench.kill(1))]);
}

#[test]
fn a_stop_is_asked_then_told_then_forced() {
    let mut bench = Bench::ready(Policy::default());
    let id = bench.id;
    assert_eq!(bench.stop(), [Action::RequestStop { id, incarnation: 1 }]);
    assert_eq!(bench.stop(), [], "a second one is harmless");
    bench.beat(1);
    let terminate = Action::Terminate { id, incarnation: 1 };
    assert_eq!(bench.watch(60.0), [(seconds(4.0), terminate), (seconds(5.0), bench.kill(1))]);
    assert_eq!(bench.exit(1, KILLED), [bench.removed(KILLED)]);
}

#[test]
fn an_orderly_end_of_a_stop_is_a_shutdown() {
    for (wait, reason, expected) in [
        (0.1, ExitReason::Normal, ExitReason::Shutdown),
        (0.1, ExitReason::Shutdown, ExitReason::Shutdown),
        (0.1, ExitReason::Code(0), ExitReason::Shutdown),
        (0.1, CRASH, CRASH),
        (0.1, ExitReason::Signal { number: 15, core: false }, ExitReason::Signal { number: 15, core: false }),
        (4.5, ExitReason::Signal { number: 15, core: false }, ExitReason::Shutdown),
        (4.5, ExitReason::Signal { number: 11, core: true }, ExitReason::Signal { number: 11, core: true }),
    ] {
        let mut bench = Bench::ready(Policy::default());
        bench.stop();
        bench.watch(wait);
        assert_eq!(bench.exit(1, reason), [bench.removed(expected)]);
    }
}

#[test]
fn a_stop_while_starting_goes_the_same_way() {
    let mut bench = Bench::new(Policy::default());
    assert_eq!(bench.stop().len(), 1);
    bench.notify(1);
    assert_eq!(bench.phase(), Some(Phase::Stopping));
    assert_eq!(bench.watch(60.0).len(), 2);
    assert_eq!(bench.exit(1, ExitReason::Normal), [bench.removed(ExitReason::Shutdown)]);
}

#[test]
fn a_stop_while_nothing_lives_removes_at_once_and_nothing_starts_later() {
    let mut waiting = Bench::ready(Policy::default());
    waiting.exit(1, CRASH);
    let mut parked = Bench::ready(Policy { intensity: Some(Intensity::new(0, seconds(1.0))), ..Policy::default() });
    parked.exit(1, CRASH);
    for mut bench in [waiting, parked] {
        assert_eq!(bench.stop(), [bench.removed(ExitReason::Shutdown)]);
        assert_eq!(bench.watch(60.0), []);
        assert!(bench.machine.is_empty());
    }
}

#[test]
fn a_stop_during_a_hang_lets_the_escalation_run_and_ends_there() {
    let mut bench = Bench::ready(Policy::default());
    bench.watch(30.0);
    assert_eq!(bench.stop(), []);
    assert_eq!(bench.watch(60.0), [(seconds(1.0), bench.kill(1))]);
    assert_eq!(bench.exit(1, KILLED), [bench.removed(ExitReason::Hung)]);
}

#[test]
fn a_kill_is_for_good_and_cuts_a_stop_short() {
    let mut bench = Bench::ready(Policy::default());
    bench.stop();
    assert_eq!(bench.event(Event::Kill { id: bench.id }), [bench.kill(1)]);
    assert_eq!(bench.event(Event::Kill { id: bench.id }), []);
    assert_eq!(bench.watch(60.0), []);
    assert_eq!(bench.exit(1, KILLED), [bench.removed(KILLED)]);
}

#[test]
fn news_of_an_older_incarnation_is_ignored() {
    let mut bench = Bench::ready(Policy::default());
    bench.pass(2.0).exit(1, CRASH);
    for event in [
        Event::Ready { id: bench.id, incarnation: 1 },
        Event::Beat { id: bench.id, incarnation: 1 },
        Event::Exited { id: bench.id, incarnation: 1, reason: CRASH },
        Event::Exited { id: bench.id, incarnation: 3, reason: CRASH },
        Event::Stop { id: ActorId::ARBITER },
    ] {
        assert_eq!(bench.event(event), []);
    }
    assert_eq!(bench.phase(), Some(Phase::Starting));
}

#[test]
fn a_changed_policy_moves_the_timers_that_run() {
    let mut bench = Bench::ready(Policy::default());
    bench.pass(5.0);
    let policy = Policy { timeout: seconds(8.0), ..Policy::default() };
    assert_eq!(bench.event(Event::Policy { id: bench.id, policy }), []);
    assert_eq!(bench.machine.next_timer(), Some(bench.now + seconds(3.0)));
    let policy = Policy { timeout: Duration::MAX, ..Policy::default() };
    bench.event(Event::Policy { id: bench.id, policy });
    assert_eq!(bench.machine.next_timer(), None);
}

#[test]
fn children_are_independent_and_leave_nothing_behind() {
    let mut machine = Machine::new(3);
    let mut actions = Vec::new();
    let ids: Vec<ActorId> = (1..=10_000).map(|n| format!("0.{n}").parse().unwrap()).collect();
    for &id in &ids {
        machine.handle(Duration::ZERO, Event::Add { id, parent: None, policy: with(Restart::Temporary) }, &mut actions);
        machine.handle(Duration::ZERO, Event::Ready { id, incarnation: 1 }, &mut actions);
    }
    assert_eq!(machine.len(), 10_000);
    for &id in &ids {
        machine.handle(seconds(1.0), Event::Exited { id, incarnation: 1, reason: CRASH }, &mut actions);
    }
    assert_eq!(actions.len(), 20_000);
    assert!(machine.is_empty() && machine.next_timer().is_none() && machine.iter().next().is_none());
}

#[test]
fn a_policy_survives_its_encoding() {
    let policy = Policy { backoff: Backoff::new(seconds(0.5), seconds(7.0)), ..with(Restart::Transient) };
    let bytes = pulsar::message::encode(&policy).unwrap();
    assert_eq!(pulsar::message::decode::<Policy>(&bytes).unwrap(), policy);
}
