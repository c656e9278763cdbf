//! Groups: order, strategies, types, escalation, automatic shutdown.

use pulsar::ExitReason;
use pulsar::supervise::{AutoShutdown, Event, GiveUp, GroupPolicy, Phase, Policy, Restart, Strategy};

use crate::tree::{CRASH, KILLED, Tree, auto, calm, group, limit, policy, seconds};

fn permanent() -> Policy {
    calm()
}

fn three(strategy: Strategy) -> Tree {
    Tree::up(group(strategy), &[("a", permanent()), ("b", permanent()), ("c", permanent())])
}

#[test]
fn a_group_comes_up_in_order_and_goes_down_in_reverse() {
    let mut tree = Tree::new();
    tree.group("site", None, permanent(), group(Strategy::OneForOne));
    for name in ["a", "b", "c"] {
        assert_eq!(tree.add(name, "site", permanent()), "");
    }
    assert_eq!(tree.launch("site"), "start a");
    assert_eq!(tree.launch("site"), "");
    assert_eq!(tree.ready("a"), "start b");
    assert_eq!(tree.ready("b"), "start c");
    assert_eq!(tree.phase("site"), Some(Phase::Starting));
    assert_eq!(tree.ready("c"), "site is up");
    assert_eq!(tree.stop("site"), "stop c");
    assert_eq!(tree.obeys("c"), "stop b");
    assert_eq!(tree.obeys("b"), "stop a");
    assert_eq!(tree.obeys("a"), "c gone, b gone, a gone, site gone");
    assert_eq!(tree.reason("site"), Some(ExitReason::Shutdown));
    assert!(tree.machine.is_empty() && tree.machine.next_timer().is_none());
}

#[test]
fn each_has_its_own_time_to_stop() {
    let mut tree = Tree::up(
        group(Strategy::OneForOne),
        &[("a", permanent()), ("b", Policy { shutdown: seconds(10.0), ..permanent() })],
    );
    let begin = tree.now;
    assert_eq!(tree.stop("site"), "stop b");
    assert_eq!(tree.wait(60.0), "terminate b");
    assert_eq!(tree.wait(60.0), "kill b");
    assert_eq!(tree.now - begin, seconds(10.0));
    assert_eq!(tree.exit("b", KILLED), "stop a");
    assert_eq!(tree.wait(60.0), "terminate a");
    assert_eq!(tree.now - begin, seconds(14.0));
}

#[test]
fn the_start_of_a_group_fails_with_that_of_a_child() {
    let mut tree = Tree::new();
    tree.group("site", None, permanent(), group(Strategy::OneForOne));
    for name in ["a", "b", "c", "d"] {
        tree.add(name, "site", permanent());
    }
    tree.launch("site");
    tree.ready("a");
    tree.ready("b");
    assert_eq!(tree.crash("c"), "stop b");
    assert_eq!(tree.obeys("b"), "stop a");
    assert_eq!(tree.obeys("a"), "d gone, c gone, b gone, a gone, site gone");
    assert_eq!(tree.reason("site"), Some(ExitReason::StartFailed("child 0.4 exited with code 1".into())));
    assert_eq!(tree.started("d"), 0);
}

/// The table of OTP: which siblings are started again, for each strategy, type and end of the child in the middle.
#[test]
fn who_is_started_again_is_as_the_table_of_otp_says() {
    let panic = ExitReason::Panic { message: "oh".into(), backtrace: None };
    let all = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne];
    let types = [Restart::Permanent, Restart::Transient, Restart::Temporary];
    for strategy in all {
        for restart in types {
            for reason in [ExitReason::Normal, ExitReason::Shutdown, panic.clone(), KILLED] {
                // Rows: normal, shutdown, abnormal. An actor whose end is `Shutdown` was told to: that is final.
                let again = match (restart, &reason) {
                    (_, ExitReason::Shutdown) => false,
                    (Restart::Permanent, _) => true,
                    (Restart::Transient, reason) => *reason != ExitReason::Normal,
                    (Restart::Temporary, _) => false,
                };
                let expected = match (again, strategy) {
                    (false, _) => [1, 1, 1],
                    (true, Strategy::OneForOne) => [1, 2, 1],
                    (true, Strategy::OneForAll) => [2, 2, 2],
                    (true, Strategy::RestForOne) => [1, 2, 2],
                };
                let mut tree =
                    Tree::up(group(strategy), &[("a", permanent()), ("b", policy(restart)), ("c", permanent())]);
                tree.exit("b", reason.clone());
                tree.settle();
                let started = ["a", "b", "c"].map(|name| tree.started(name));
                assert_eq!(started, expected, "{strategy}, {restart}, {reason:?}");
                let kept = again || restart != Restart::Temporary;
                assert_eq!(tree.get("b").is_some(), kept, "{strategy}, {restart}, {reason:?}");
            }
        }
    }
}

#[test]
fn a_group_restart_stops_in_reverse_and_starts_in_order() {
    let mut tree = three(Strategy::OneForAll);
    assert_eq!(tree.crash("b"), "b again, stop c");
    assert_eq!(tree.obeys("c"), "stop a");
    assert_eq!(tree.obeys("a"), "start a");
    assert_eq!(tree.ready("a"), "start b");
    assert_eq!(tree.ready("b"), "start c");
    assert_eq!(tree.ready("c"), "");
    let mut tree = three(Strategy::RestForOne);
    assert_eq!(tree.crash("b"), "b again, stop c");
    assert_eq!(tree.obeys("c"), "start b");
    assert_eq!(tree.ready("b"), "start c");
    assert_eq!(tree.started("a"), 1);
}

#[test]
fn what_is_started_again_together_waits_for_the_delay_when_all_are_down() {
    let mut tree = three(Strategy::OneForAll);
    tree.crash("b");
    tree.settle();
    let begin = tree.now;
    assert_eq!(tree.crash("b"), "b again, stop c");
    tree.obeys("c");
    assert_eq!(tree.obeys("a"), "");
    assert_eq!(tree.wait(1.0), "start a");
    let waited = tree.now - begin;
    assert!(waited >= seconds(0.08) && waited <= seconds(0.12), "{waited:?}");
}

#[test]
fn siblings_that_die_at_once_are_one_restart() {
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        let mut tree = three(strategy);
        assert_eq!(tree.exit("a", KILLED), "a again, stop c");
        assert_eq!(tree.pass(0.001).exit("b", KILLED), "");
        assert_eq!(tree.exit("c", KILLED), "start a");
        tree.settle();
        assert_eq!(["a", "b", "c"].map(|name| tree.started(name)), [2, 2, 2]);
        let restarts = ["a", "b", "c"].map(|name| tree.get(name).unwrap().restarts());
        assert_eq!(restarts, [1, 0, 0], "{strategy}");
    }
}

#[test]
fn a_failure_before_the_affected_ones_widens_the_restart() {
    let mut tree = three(Strategy::RestForOne);
    assert_eq!(tree.crash("b"), "b again, stop c");
    assert_eq!(tree.crash("a"), "a again");
    assert_eq!(tree.obeys("c"), "start a");
    assert_eq!(tree.settle(), "start b, start c");
}

#[test]
fn a_failure_while_coming_up_again_is_another() {
    let mut tree = three(Strategy::OneForAll);
    tree.crash("c");
    tree.obeys("b");
    assert_eq!(tree.obeys("a"), "start a");
    assert_eq!(tree.ready("a"), "start b");
    assert_eq!(tree.crash("b"), "b again, stop a");
    assert_eq!(tree.obeys("a"), "");
    assert_eq!(tree.wait(1.0), "start a");
    assert_eq!(tree.settle(), "start b, start c");
    assert_eq!(tree.get("b").unwrap().restarts(), 1);
}

#[test]
fn temporary_children_that_are_stopped_with_others_are_gone() {
    let mut tree = Tree::up(group(Strategy::OneForAll), &[("a", policy(Restart::Temporary)), ("b", permanent())]);
    assert_eq!(tree.crash("b"), "b again, stop a");
    assert_eq!(tree.obeys("a"), "a gone, start b");
}

#[test]
fn a_child_that_was_stopped_stays_down_and_one_that_was_done_comes_back() {
    let mut tree = Tree::up(
        group(Strategy::OneForAll),
        &[("a", permanent()), ("b", policy(Restart::Transient)), ("c", permanent())],
    );
    assert_eq!(tree.stop("a"), "stop a");
    assert_eq!(tree.obeys("a"), "a down");
    assert_eq!(tree.exit("b", ExitReason::Normal), "b down");
    assert!(tree.get("a").unwrap().is_stopped() && !tree.get("b").unwrap().is_stopped());
    assert_eq!(tree.crash("c"), "c again, start b");
    assert_eq!(tree.settle(), "start c");
    assert_eq!(tree.restart("a"), "start a");
    assert_eq!(tree.ready("a"), "");
    assert_eq!(tree.phase("a"), Some(Phase::Running));
}

#[test]
fn a_restart_on_request_that_fails_leaves_it_down() {
    let mut tree = three(Strategy::OneForAll);
    tree.stop("b");
    tree.obeys("b");
    assert_eq!(tree.restart("b"), "start b");
    assert_eq!(tree.crash("b"), "b down");
    assert_eq!(tree.reason("b"), Some(CRASH));
    assert_eq!(tree.delete("b"), "b gone");
    assert_eq!(tree.delete("a"), "", "it lives");
}

#[test]
fn a_child_that_is_added_starts_at_once_and_is_gone_if_it_fails() {
    let mut tree = three(Strategy::OneForAll);
    assert_eq!(tree.add("d", "site", permanent()), "start d");
    assert_eq!(tree.crash("d"), "d gone");
    assert_eq!(tree.add("e", "site", permanent()), "start e");
    tree.ready("e");
    assert_eq!(tree.stop("site"), "stop e");
    assert_eq!(tree.add("f", "site", permanent()), "f gone", "it ends");
    assert_eq!(tree.add("g", "nobody", permanent()), "g gone");
}

#[test]
fn a_group_that_is_added_waits_until_its_children_are_declared() {
    let mut tree = three(Strategy::OneForOne);
    assert_eq!(tree.group("sub", Some("site"), permanent(), group(Strategy::OneForAll)), "");
    tree.add("x", "sub", permanent());
    tree.add("y", "sub", permanent());
    assert_eq!(tree.launch("sub"), "start x");
    assert_eq!(tree.ready("x"), "start y");
    assert_eq!(tree.crash("y"), "stop x");
    assert_eq!(tree.obeys("x"), "y gone, x gone, sub gone");
    assert_eq!(tree.phase("site"), Some(Phase::Running));
}

#[test]
fn an_end_on_request_is_kept_and_counts_for_nothing() {
    let mut tree = three(Strategy::OneForAll);
    assert_eq!(tree.kill("b"), "kill b");
    assert_eq!(tree.exit("b", KILLED), "b down");
    assert_eq!((tree.wait(1000.0), tree.started("a"), tree.started("b")), (String::new(), 1, 1));
    let mut tree = Tree::up(group(Strategy::OneForOne), &[("a", policy(Restart::Temporary))]);
    tree.stop("a");
    assert_eq!(tree.obeys("a"), "a gone");
}

#[test]
fn a_stop_during_a_backoff_is_final() {
    let mut tree = three(Strategy::OneForOne);
    tree.crash("b");
    tree.settle();
    assert_eq!(tree.crash("b"), "b again");
    assert_eq!(tree.stop("b"), "b down");
    assert_eq!(tree.wait(29.0), "");
    let mut tree = three(Strategy::OneForAll);
    tree.crash("b");
    tree.settle();
    tree.crash("b");
    assert_eq!(tree.stop("b"), "b down");
    tree.obeys("c");
    tree.obeys("a");
    assert_eq!(tree.wait(1.0), "start a");
    assert_eq!(tree.settle(), "start c");
    assert_eq!(tree.started("b"), 2);
}

#[test]
fn as_many_restarts_as_allowed_and_the_next_ends_the_group() {
    for strategy in [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne] {
        let policy = GroupPolicy { intensity: limit(3), ..group(strategy) };
        let mut tree = Tree::up(policy, &[("a", permanent()), ("b", permanent()), ("c", permanent())]);
        for name in ["a", "b", "c"] {
            tree.crash(name);
            tree.settle();
            tree.wait(1.0);
            tree.settle();
            assert_eq!(tree.live(), 3);
        }
        assert_eq!(tree.crash("b"), "site gave up, stop c");
        assert_eq!(tree.obeys("c"), "stop a");
        assert_eq!(tree.obeys("a"), "c gone, b gone, a gone, site gone");
        let expected = ExitReason::GaveUp { restarts: 3, last: Box::new(CRASH) };
        assert_eq!((tree.reason("site"), tree.live()), (Some(expected), 0), "{strategy}");
    }
}

#[test]
fn a_group_that_gave_up_is_judged_by_the_one_above() {
    let mut tree = Tree::new();
    tree.group("site", None, permanent(), GroupPolicy { intensity: limit(1), ..GroupPolicy::default() });
    tree.group("sub", Some("site"), permanent(), GroupPolicy { intensity: limit(0), ..GroupPolicy::default() });
    tree.group("deep", Some("sub"), permanent(), GroupPolicy { intensity: limit(0), ..GroupPolicy::default() });
    tree.add("a", "deep", permanent());
    tree.add("b", "sub", permanent());
    assert_eq!(tree.launch("site"), "start a");
    assert_eq!(tree.ready("a"), "deep is up, start b");
    assert_eq!(tree.ready("b"), "sub is up, site is up");
    tree.pass(10.0);
    // Two levels up, and begun again there.
    assert_eq!(tree.crash("a"), "deep gave up, sub gave up, stop b");
    assert_eq!(tree.obeys("b"), "sub again, start a");
    assert_eq!(tree.settle(), "deep is up, start b, sub is up");
    assert_eq!(tree.get("sub").unwrap().incarnation(), 2);
    tree.pass(10.0);
    tree.crash("a");
    assert_eq!(tree.obeys("b"), "site gave up, b gone, a gone, deep gone, sub gone, site gone");
    assert!(tree.machine.is_empty());
}

#[test]
fn a_group_that_starts_again_starts_afresh() {
    let mut tree = Tree::new();
    tree.group("site", None, permanent(), group(Strategy::OneForOne));
    tree.group("sub", Some("site"), permanent(), GroupPolicy { intensity: limit(1), ..GroupPolicy::default() });
    tree.add("a", "sub", permanent());
    tree.launch("site");
    tree.settle();
    for _ in 0..2 {
        tree.pass(10.0);
        assert_eq!(tree.crash("a"), "a again, start a");
        tree.ready("a");
        tree.pass(2.0);
        assert!(tree.crash("a").starts_with("sub gave up, sub again"));
        tree.wait(1.0);
        tree.settle();
        assert_eq!(tree.get("a").unwrap().restarts(), 0);
        assert_eq!(tree.live(), 1);
    }
}

#[test]
fn a_group_whose_start_fails_again_backs_off() {
    let mut tree = Tree::new();
    tree.group("site", None, permanent(), group(Strategy::OneForOne));
    tree.group("sub", Some("site"), permanent(), GroupPolicy { intensity: limit(0), ..GroupPolicy::default() });
    tree.add("a", "sub", permanent());
    tree.launch("site");
    tree.settle();
    assert_eq!(tree.crash("a"), "sub gave up, sub again", "it had been up for no time");
    for delay in [0.1, 0.2, 0.4, 0.8] {
        let begin = tree.now;
        assert_eq!(tree.wait(60.0), "start a");
        let waited = tree.now - begin;
        assert!(waited >= seconds(delay * 0.79) && waited <= seconds(delay * 1.21), "{waited:?} for {delay}");
        assert_eq!(tree.crash("a"), "sub again");
    }
    tree.wait(60.0);
    assert_eq!(tree.crash("a"), "site gave up, a gone, sub gone, site gone");
}

#[test]
fn a_parked_child_leaves_its_siblings_alone_and_a_reset_begins_again() {
    let parks = Policy { give_up: GiveUp::Park, intensity: limit(1), ..permanent() };
    let mut tree =
        Tree::up(GroupPolicy { intensity: limit(0), ..GroupPolicy::default() }, &[("a", parks), ("b", permanent())]);
    assert_eq!(tree.crash("a"), "a again, start a", "on its own account");
    tree.ready("a");
    assert_eq!(tree.crash("a"), "a parked");
    assert_eq!(tree.phase("b"), Some(Phase::Running));
    assert_eq!(tree.reset("a"), "start a");
    assert_eq!(tree.get("a").unwrap().restarts(), 0);
    tree.ready("a");
    tree.pass(2.0);
    assert_eq!(tree.crash("a"), "a again, start a");
    tree.ready("a");
    tree.crash("a");
    assert_eq!(tree.reset("site"), "start a", "all that is parked under it");
    tree.ready("a");
    tree.crash("a");
    tree.settle();
    tree.wait(1.0);
    tree.crash("a");
    assert_eq!(tree.delete("a"), "a gone");
}

#[test]
fn a_dependency_that_comes_back_is_found_without_anybody() {
    let retries = Policy { give_up: GiveUp::Retry, ..permanent() };
    let mut tree =
        Tree::up(GroupPolicy { intensity: limit(0), ..GroupPolicy::default() }, &[("a", permanent()), ("b", retries)]);
    let begin = tree.now;
    tree.crash("b");
    // Gone for a minute: every start fails.
    while tree.now - begin < seconds(60.0) {
        tree.crash("b");
        assert!(tree.wait(40.0).contains("start b"));
    }
    assert!(tree.now - begin <= seconds(60.0 + 36.0), "{:?}", tree.now - begin);
    assert_eq!(tree.ready("b"), "");
    assert_eq!((tree.phase("b"), tree.started("a")), (Some(Phase::Running), 1));
    // Well again: the next failure is a first one.
    tree.pass(29.0);
    let id = tree.id("b");
    let incarnation = tree.incarnation("b");
    tree.tell(Event::Beat { id, incarnation });
    assert_eq!(tree.pass(2.0).crash("b"), "b again, start b");
}

#[test]
fn a_tree_comes_up_past_a_child_that_is_tried_now_and_then() {
    let retries = Policy { give_up: GiveUp::Retry, intensity: limit(0), ..permanent() };
    let mut tree = Tree::new();
    tree.group("site", None, permanent(), group(Strategy::OneForOne));
    tree.add("a", "site", retries);
    tree.add("b", "site", permanent());
    tree.launch("site");
    tree.ready("a");
    assert_eq!(tree.crash("a"), "a again");
    assert_eq!(tree.ready("b"), "site is up");
}

#[test]
fn a_significant_end_shuts_the_group_down_and_a_stop_does_not() {
    let significant = || Policy { significant: true, ..policy(Restart::Transient) };
    let children = [("a", permanent()), ("b", significant()), ("c", significant())];
    let mut tree = Tree::up(auto(AutoShutdown::AnySignificant), &children);
    tree.stop("b");
    assert_eq!(tree.obeys("b"), "b down");
    assert_eq!(tree.exit("c", CRASH), "c again, start c");
    tree.ready("c");
    assert_eq!(tree.exit("c", ExitReason::Normal), "c down, stop a");
    assert_eq!(tree.obeys("a"), "c gone, b gone, a gone, site gone");
    assert_eq!(tree.reason("site"), Some(ExitReason::Normal));

    let mut tree = Tree::up(auto(AutoShutdown::AllSignificant), &children);
    assert_eq!(tree.exit("b", ExitReason::Normal), "b down");
    assert_eq!(tree.exit("c", ExitReason::Normal), "c down, stop a");

    let mut tree = Tree::up(auto(AutoShutdown::AllSignificant), &children);
    assert_eq!(tree.exit("b", ExitReason::Normal), "b down");
    tree.kill("c");
    assert_eq!(tree.exit("c", KILLED), "c down", "nobody's end by itself was the last");

    let mut tree = Tree::up(auto(AutoShutdown::Never), &children);
    assert_eq!(tree.exit("b", ExitReason::Normal), "b down");
    assert_eq!(tree.exit("c", ExitReason::Normal), "c down");
    assert_eq!(tree.phase("site"), Some(Phase::Running));
}

#[test]
fn a_temporary_significant_child_shuts_down_however_it_ends() {
    let significant = Policy { significant: true, ..policy(Restart::Temporary) };
    let mut tree = Tree::up(auto(AutoShutdown::AnySignificant), &[("a", significant), ("b", permanent())]);
    assert_eq!(tree.crash("a"), "a gone, stop b");
}

#[test]
fn a_kill_takes_everything_at_once() {
    let mut tree = Tree::new();
    tree.group("site", None, permanent(), group(Strategy::OneForOne));
    tree.group("sub", Some("site"), permanent(), group(Strategy::OneForOne));
    for name in ["a", "b"] {
        tree.add(name, "sub", permanent());
    }
    tree.add("c", "site", permanent());
    tree.launch("site");
    tree.settle();
    assert_eq!(tree.kill("site"), "kill c, kill b, kill a");
    for name in ["a", "c"] {
        assert_eq!(tree.exit(name, KILLED), "");
    }
    assert_eq!(tree.exit("b", KILLED), "c gone, b gone, a gone, sub gone, site gone");
}

#[test]
fn a_stopped_group_under_another_is_kept_and_can_be_started() {
    let mut tree = Tree::new();
    tree.group("site", None, permanent(), group(Strategy::OneForOne));
    tree.group("sub", Some("site"), permanent(), group(Strategy::OneForOne));
    tree.add("a", "sub", permanent());
    tree.launch("site");
    tree.settle();
    assert_eq!(tree.stop("sub"), "stop a");
    assert_eq!(tree.obeys("a"), "sub down");
    assert_eq!(tree.phase("a"), Some(Phase::Idle));
    assert_eq!(tree.restart("sub"), "start a");
    assert_eq!(tree.ready("a"), "sub is up");
    tree.stop("sub");
    tree.obeys("a");
    assert_eq!(tree.delete("sub"), "a gone, sub gone");
}

#[test]
fn a_stop_of_a_group_that_waits_is_final() {
    let mut tree = Tree::new();
    tree.group("site", None, permanent(), group(Strategy::OneForOne));
    tree.group("sub", Some("site"), permanent(), GroupPolicy { intensity: limit(0), ..GroupPolicy::default() });
    tree.add("a", "sub", permanent());
    tree.launch("site");
    tree.settle();
    tree.crash("a");
    assert!(matches!(tree.phase("sub"), Some(Phase::Waiting(_))));
    assert_eq!(tree.stop("sub"), "sub down");
    assert_eq!(tree.wait(60.0), "");
    assert_eq!(tree.stop("site"), "a gone, sub gone, site gone");
}

#[test]
fn a_renewal_drains_and_starts_afresh_uncounted() {
    let mut tree = three(Strategy::OneForAll);
    assert_eq!(tree.renew("b"), "drain b");
    assert!(tree.get("b").unwrap().is_retiring());
    assert_eq!(tree.obeys("b"), "start b");
    assert_eq!(tree.ready("b"), "");
    let b = tree.get("b").unwrap();
    assert_eq!((b.restarts(), b.incarnation(), b.is_retiring()), (0, 2, false));
    assert_eq!(tree.renew("site"), "");
}

#[test]
fn a_renewal_that_fails_is_refused_once_and_tried_again() {
    let mut tree = three(Strategy::OneForOne);
    tree.renew("b");
    tree.exit("b", KILLED);
    assert_eq!(tree.crash("b"), "refused for b, start b");
    assert_eq!(tree.crash("b"), "b again", "then as ever");
}

#[test]
fn a_renewal_gives_way_to_a_stop() {
    let mut tree = three(Strategy::OneForOne);
    tree.renew("b");
    tree.stop("b");
    assert_eq!(tree.obeys("b"), "b down");
    tree.renew("c");
    assert_eq!(tree.stop("site"), "");
    assert_eq!(tree.obeys("c"), "stop a");
}

#[test]
fn a_drain_that_takes_too_long_is_ended_as_a_stop_is() {
    let mut tree = three(Strategy::OneForOne);
    tree.renew("b");
    assert_eq!(tree.wait(60.0), "terminate b");
    assert_eq!(tree.wait(60.0), "kill b");
    assert_eq!(tree.exit("b", KILLED), "start b");
}

#[test]
fn news_of_an_older_life_changes_nothing() {
    let mut tree = three(Strategy::OneForAll);
    tree.crash("b");
    tree.settle();
    let id = tree.id("b");
    for event in [
        Event::Ready { id, incarnation: 1 },
        Event::Exited { id, incarnation: 1, reason: CRASH },
        Event::Usage { id, incarnation: 1, messages: 1, memory: 1 },
        Event::Exited { id, incarnation: 3, reason: CRASH },
    ] {
        assert_eq!(tree.tell(event), "");
    }
    let id = tree.id("site");
    for incarnation in [0, 1] {
        assert_eq!(tree.tell(Event::Exited { id, incarnation, reason: CRASH }), "");
    }
}

#[test]
fn a_timer_of_a_state_that_is_gone_does_not_fire() {
    let mut tree = three(Strategy::OneForOne);
    tree.crash("b");
    tree.settle();
    tree.crash("b");
    // It waits; then its group ends, slowly.
    assert_eq!(tree.stop("site"), "stop c");
    assert_eq!(tree.wait(3.0), "");
    assert_eq!(tree.obeys("c"), "stop a");
}

#[test]
fn a_child_that_is_done_or_stopped_is_passed_over_when_its_group_comes_up() {
    let mut tree = Tree::new();
    tree.group("site", None, permanent(), group(Strategy::OneForOne));
    for name in ["a", "b", "c"] {
        tree.add(name, "site", policy(Restart::Transient));
    }
    assert_eq!(tree.stop("b"), "b down");
    tree.launch("site");
    tree.ready("a");
    assert_eq!(tree.exit("a", ExitReason::Normal), "a down");
    assert_eq!(tree.ready("c"), "site is up");
}

#[test]
fn a_ready_child_that_fails_while_its_group_comes_up_is_waited_for() {
    let mut tree = Tree::new();
    tree.group("site", None, permanent(), group(Strategy::OneForOne));
    tree.add("a", "site", permanent());
    tree.add("b", "site", permanent());
    tree.launch("site");
    tree.ready("a");
    assert_eq!(tree.crash("a"), "a again");
    assert_eq!(tree.ready("b"), "");
    assert_eq!(tree.wait(1.0), "start a");
    assert_eq!(tree.ready("a"), "site is up");
}

#[test]
fn nothing_is_started_in_a_group_that_waits_for_its_turn_to_stop() {
    let mut tree = Tree::new();
    tree.group("site", None, permanent(), group(Strategy::OneForAll));
    tree.group("sub", Some("site"), permanent(), group(Strategy::OneForOne));
    tree.add("a", "sub", permanent());
    tree.add("b", "site", permanent());
    tree.launch("site");
    tree.settle();
    tree.pass(10.0);
    assert_eq!(tree.stop("site"), "stop b");
    assert_eq!(tree.crash("a"), "");
    assert_eq!(tree.obeys("b"), "b gone, a gone, sub gone, site gone");
}

#[test]
fn a_restart_of_the_whole_takes_a_group_that_crashed_meanwhile_along() {
    let mut tree = Tree::new();
    tree.group("site", None, permanent(), group(Strategy::OneForAll));
    tree.group("sub", Some("site"), permanent(), group(Strategy::OneForOne));
    tree.add("a", "sub", permanent());
    tree.add("b", "site", permanent());
    tree.add("c", "site", permanent());
    tree.launch("site");
    tree.settle();
    tree.pass(10.0);
    assert_eq!(tree.crash("b"), "b again, stop c");
    assert_eq!(tree.crash("a"), "");
    assert_eq!(tree.obeys("c"), "start a");
    assert_eq!(tree.settle(), "sub is up, start b, start c");
}
