//! What holds however many there are, however deep, and however often.

use std::time::Instant;

use pulsar::supervise::{GroupPolicy, Policy, Restart, Strategy};

use crate::tree::{Tree, calm, group, policy};

#[test]
fn a_hundred_thousand_temporary_children_come_and_go() {
    let begun = Instant::now();
    let mut tree = Tree::up(group(Strategy::OneForOne), &[]);
    let site = tree.id("site");
    let mut actions = Vec::new();
    let ids: Vec<pulsar::ActorId> = (1..=100_000).map(|n| format!("1.{n}").parse().unwrap()).collect();
    for &id in &ids {
        let event = pulsar::supervise::Event::Add { id, parent: Some(site), policy: policy(Restart::Temporary) };
        tree.machine.handle(tree.now, event, &mut actions);
        tree.machine.handle(tree.now, pulsar::supervise::Event::Ready { id, incarnation: 1 }, &mut actions);
    }
    assert_eq!(tree.machine.len(), 100_001);
    for &id in &ids {
        let reason = pulsar::ExitReason::Normal;
        tree.machine.handle(tree.now, pulsar::supervise::Event::Exited { id, incarnation: 1, reason }, &mut actions);
    }
    assert_eq!((tree.machine.len(), tree.machine.next_timer(), actions.len()), (1, None, 200_000));
    assert_eq!(tree.get("site").unwrap().members().count(), 0);
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

#[test]
fn a_large_group_starts_and_stops_one_by_one_in_no_time() {
    let begun = Instant::now();
    let mut tree = Tree::new();
    tree.group("site", None, calm(), group(Strategy::OneForAll));
    let site = tree.id("site");
    let (mut actions, count) = (Vec::new(), 50_000);
    let id = |n: usize| format!("1.{n}").parse().unwrap();
    for n in 0..count {
        let event = pulsar::supervise::Event::Add { id: id(n), parent: Some(site), policy: calm() };
        tree.machine.handle(tree.now, event, &mut actions);
    }
    tree.launch("site");
    for n in 0..count {
        tree.machine.handle(tree.now, pulsar::supervise::Event::Ready { id: id(n), incarnation: 1 }, &mut actions);
    }
    assert_eq!(tree.live(), count);
    tree.stop("site");
    for n in (0..count).rev() {
        let reason = pulsar::ExitReason::Normal;
        tree.machine.handle(
            tree.now,
            pulsar::supervise::Event::Exited { id: id(n), incarnation: 1, reason },
            &mut actions,
        );
    }
    assert!(tree.machine.is_empty() && tree.machine.next_timer().is_none());
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

#[test]
fn groups_may_be_nested_deeply() {
    let mut tree = Tree::new();
    let depth = 500;
    let name = |level: usize| format!("g{level}");
    tree.group(&name(0), None, calm(), GroupPolicy::default());
    for level in 1..depth {
        tree.group(&name(level), Some(&name(level - 1)), calm(), GroupPolicy::default());
    }
    tree.add("leaf", &name(depth - 1), Policy { restart: Restart::Temporary, ..calm() });
    assert_eq!(tree.launch(&name(0)), "start leaf");
    tree.ready("leaf");
    assert_eq!(tree.stop(&name(0)), "stop leaf");
    tree.obeys("leaf");
    assert!(tree.machine.is_empty());
}
