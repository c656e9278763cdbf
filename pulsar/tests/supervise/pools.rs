//! Pools: as many workers as are asked for, replaced one at a time with the successor first.

use std::collections::BTreeSet;
use std::time::Duration;

use pulsar::ExitReason;
use pulsar::supervise::{Action, Backoff, GiveUp, Phase, Policy, PoolPolicy, Recycle};

use crate::tree::{CRASH, KILLED, Tree, calm, group, limit, pool, seconds};

/// A stand-alone pool `api` of workers `w1`, `w2`, ... that has been up for ten seconds.
fn up(pool: PoolPolicy) -> Tree {
    let mut tree = Tree::new();
    let workers = pool.workers;
    tree.pool("api", None, calm(), pool);
    for worker in 1..=workers {
        tree.hire(&[&format!("w{worker}")]);
    }
    tree.settle();
    assert_eq!(tree.phase("api"), Some(Phase::Running));
    tree.pass(10.0);
    tree
}

fn messages(limit: u64) -> PoolPolicy {
    PoolPolicy { workers: 2, recycle: Recycle { messages: Some(limit), ..Recycle::default() }, ..pool(2) }
}

#[test]
fn a_pool_hires_all_at_once_and_is_up_when_all_are_ready() {
    let mut tree = Tree::new();
    assert_eq!(tree.pool("api", None, calm(), pool(3)), "hire for api, hire for api, hire for api");
    assert_eq!(tree.hire(&["w1", "w2"]), "start w1, start w2");
    assert_eq!(tree.ready("w1"), "");
    assert_eq!(tree.ready("w2"), "");
    assert_eq!(tree.hire(&["w3"]), "start w3");
    assert_eq!(tree.phase("api"), Some(Phase::Starting));
    assert_eq!(tree.ready("w3"), "api is up");
    assert_eq!(tree.stop("api"), "stop w1, stop w2, stop w3");
    assert_eq!(tree.obeys("w2"), "");
    assert_eq!(tree.obeys("w1"), "");
    assert_eq!(tree.obeys("w3"), "w3 gone, w2 gone, w1 gone, api gone");
}

#[test]
fn a_pool_whose_first_worker_fails_does_not_come_up() {
    let mut tree = Tree::new();
    tree.pool("api", None, calm(), pool(3));
    tree.hire(&["w1", "w2"]);
    tree.ready("w1");
    assert_eq!(tree.crash("w2"), "stop w1");
    assert_eq!(tree.hire(&["w3"]), "w3 gone", "it comes too late");
    assert_eq!(tree.obeys("w1"), "w2 gone, w1 gone, api gone");
    assert_eq!(tree.reason("api"), Some(ExitReason::StartFailed("child 0.3 exited with code 1".into())));
}

#[test]
fn a_group_waits_for_its_pool() {
    let mut tree = Tree::new();
    tree.group("site", None, calm(), group(Default::default()));
    tree.pool("api", Some("site"), calm(), pool(2));
    tree.add("log", "site", calm());
    assert_eq!(tree.launch("site"), "hire for api, hire for api");
    tree.hire(&["w1", "w2"]);
    tree.ready("w2");
    assert_eq!(tree.ready("w1"), "api is up, start log");
    assert_eq!(tree.ready("log"), "site is up");
    assert_eq!(tree.stop("site"), "stop log");
    assert_eq!(tree.obeys("log"), "stop w1, stop w2");
    tree.obeys("w1");
    assert_eq!(tree.obeys("w2"), "log gone, w2 gone, w1 gone, api gone, site gone");
}

#[test]
fn two_of_eight_that_die_at_once_are_replaced() {
    let mut tree = up(pool(8));
    assert_eq!(tree.exit("w3", KILLED), "w3 again, start w3");
    assert_eq!(tree.pass(0.001).exit("w6", KILLED), "w6 again, start w6");
    tree.settle();
    assert_eq!(tree.live(), 8);
    // Eight of eight, too: that is what the limit grows with.
    for worker in 1..=6 {
        tree.pass(2.0);
        tree.exit(&format!("w{worker}"), KILLED);
    }
    tree.wait(1.0);
    tree.settle();
    assert_eq!(tree.phase("api"), Some(Phase::Running));
}

#[test]
fn a_pool_gives_up_when_its_restarts_are_spent() {
    let mut tree = up(PoolPolicy { intensity: limit(2), ..pool(3) });
    tree.crash("w1");
    tree.crash("w2");
    assert_eq!(tree.crash("w3"), "api gave up, stop w1, stop w2");
    tree.obeys("w1");
    assert_eq!(tree.obeys("w2"), "w3 gone, w2 gone, w1 gone, api gone");
    assert_eq!(tree.reason("api"), Some(ExitReason::GaveUp { restarts: 2, last: Box::new(CRASH) }));
}

#[test]
fn a_pool_on_its_own_that_parks_begins_again_at_a_reset() {
    let mut tree = Tree::new();
    let parks = Policy { give_up: GiveUp::Park, ..calm() };
    tree.pool("api", None, parks, PoolPolicy { intensity: limit(0), ..pool(2) });
    tree.hire(&["w1", "w2"]);
    tree.settle();
    assert_eq!(tree.crash("w1"), "api gave up, stop w2");
    assert_eq!(tree.obeys("w2"), "api parked");
    assert_eq!((tree.phase("api"), tree.phase("w1")), (Some(Phase::Parked), Some(Phase::Idle)));
    assert_eq!(tree.wait(1e6), "");
    assert_eq!(tree.reset("api"), "start w1, start w2");
    assert_eq!(tree.settle(), "api is up");
    tree.crash("w1");
    tree.obeys("w2");
    assert_eq!(tree.stop("api"), "w2 gone, w1 gone, api gone");
}

#[test]
fn scaling_hires_and_drains_the_youngest_but_one_stays() {
    let mut tree = up(pool(2));
    assert_eq!(tree.scale("api", 4), "hire for api, hire for api");
    assert_eq!(tree.scale("api", 4), "");
    assert_eq!(tree.hire(&["w3", "w4"]), "start w3, start w4");
    tree.ready("w3");
    assert_eq!(tree.scale("api", 0), "drain w4, drain w3, drain w2");
    assert_eq!(tree.get("api").unwrap().pool().unwrap().workers, 1);
    assert!(tree.get("w2").unwrap().is_retiring() && !tree.get("w1").unwrap().is_retiring());
    assert_eq!(tree.crash("w3"), "w3 gone", "one that leaves is not started again");
    assert_eq!(tree.scale("api", 2), "hire for api", "who leaves does not come back");
    tree.obeys("w2");
    tree.obeys("w4");
    assert_eq!(tree.scale("api", 1), "", "one that was asked for and has not come is refused");
    assert_eq!(tree.hire(&["w5"]), "w5 gone");
    assert_eq!(tree.live(), 1);
}

#[test]
fn a_drain_has_the_time_of_a_stop() {
    let mut tree = up(pool(2));
    let begin = tree.now;
    tree.scale("api", 1);
    assert_eq!(tree.wait(60.0), "terminate w2");
    assert_eq!(tree.wait(60.0), "kill w2");
    assert_eq!(tree.now - begin, seconds(5.0));
}

#[test]
fn a_worker_that_is_stopped_is_replaced_by_a_fresh_one() {
    let mut tree = up(pool(2));
    assert_eq!(tree.stop("w1"), "stop w1");
    assert_eq!(tree.obeys("w1"), "w1 gone, hire for api");
    tree.hire(&["w3"]);
    tree.ready("w3");
    assert_eq!(tree.kill("w2"), "kill w2");
    assert_eq!(tree.exit("w2", KILLED), "w2 gone, hire for api");
}

#[test]
fn a_new_worker_of_a_running_pool_that_fails_is_tried_again() {
    let mut tree = up(pool(1));
    tree.scale("api", 2);
    tree.hire(&["w2"]);
    assert_eq!(tree.crash("w2"), "w2 again");
    assert_eq!(tree.wait(1.0), "start w2");
}

#[test]
fn a_worker_is_replaced_with_the_successor_first() {
    let mut tree = up(pool(2));
    assert_eq!(tree.recycle("w1"), "hire instead of w1");
    assert_eq!(tree.recycle("w2"), "", "one at a time");
    assert_eq!(tree.hire(&["w3"]), "start w3");
    assert_eq!(tree.live(), 3);
    assert_eq!(tree.ready("w3"), "drain w1");
    assert_eq!(tree.obeys("w1"), "w1 gone, w3 replaced w1, hire instead of w2");
    tree.hire(&["w4"]);
    assert_eq!(tree.ready("w4"), "drain w2");
    assert_eq!(tree.obeys("w2"), "w2 gone, w4 replaced w2");
    let members: Vec<_> = tree.get("api").unwrap().members().collect();
    assert_eq!(members, [tree.id("w3"), tree.id("w4")], "each in the place of the one it replaced");
}

#[test]
fn whoever_asks_for_a_replacement_does_not_wait_for_what_was_no_good_before() {
    let mut tree = up(pool(1));
    tree.worker = Policy { start_timeout: seconds(3.0), ..calm() };
    tree.recycle("w1");
    tree.hire(&["w2"]);
    assert_eq!(tree.exit("w2", KILLED), "w2 gone, refused for w1");
    assert_eq!(tree.recycle("w1"), "hire instead of w1");
}

#[test]
fn a_successor_that_is_not_ready_is_refused_and_tried_again() {
    let mut tree = up(pool(1));
    tree.worker = Policy { backoff: Backoff::new(seconds(1.0), seconds(10.0)), start_timeout: seconds(3.0), ..calm() };
    tree.recycle("w1");
    tree.hire(&["w2"]);
    assert_eq!(tree.wait(60.0), "kill w2", "it hangs");
    assert_eq!(tree.exit("w2", KILLED), "w2 gone, refused for w1");
    assert_eq!(tree.reason("w1"), Some(ExitReason::StartFailed("no notify within 3s".into())));
    assert_eq!(tree.phase("w1"), Some(Phase::Running));
    let begin = tree.now;
    assert_eq!(tree.wait(60.0), "hire instead of w1");
    assert_eq!(tree.now - begin, seconds(10.0));
    tree.hire(&["w3"]);
    assert_eq!(tree.ready("w3"), "drain w1");
    assert_eq!(tree.crash("w3"), "w3 again, start w3".replace(", start w3", ""), "now it is a worker like any other");
    assert_eq!(tree.obeys("w1"), "w1 gone, w3 replaced w1");
}

#[test]
fn a_worker_that_crashes_while_its_successor_comes_is_not_started_again() {
    let mut tree = up(pool(1));
    tree.recycle("w1");
    tree.hire(&["w2"]);
    assert_eq!(tree.crash("w1"), "w1 gone, w2 replaced w1");
    assert_eq!(tree.ready("w2"), "");
    assert_eq!(tree.recycle("w2"), "hire instead of w2");
    assert_eq!(tree.crash("w2"), "w2 gone", "who was asked for has its place");
    assert_eq!(tree.hire(&["w3"]), "start w3");
    assert_eq!(tree.crash("w3"), "w3 again", "a worker like any other");
}

#[test]
fn scaling_down_takes_a_replacement_back() {
    let mut tree = up(pool(2));
    tree.recycle("w2");
    tree.hire(&["w3"]);
    assert_eq!(tree.scale("api", 1), "drain w3, drain w2");
    tree.obeys("w3");
    assert_eq!(tree.obeys("w2"), "w2 gone");
    let mut tree = up(pool(2));
    tree.recycle("w2");
    assert_eq!(tree.scale("api", 1), "drain w2");
    assert_eq!(tree.hire(&["w3"]), "w3 gone");
    tree.obeys("w2");
    assert_eq!(tree.recycle("w1"), "hire instead of w1");
}

#[test]
fn what_a_worker_may_handle_differs_by_up_to_a_fifth() {
    let mut seen = BTreeSet::new();
    let mut tree = up(PoolPolicy { workers: 20, ..messages(1000) });
    for worker in 1..=20 {
        let name = format!("w{worker}");
        assert_eq!(tree.uses(&name, 799, 0), "");
        let limit = (800..=1000).find(|&messages| {
            tree.uses(&name, messages, 0);
            tree.hires.len() == 1
        });
        seen.extend(limit);
        tree.hire(&[&format!("v{worker}")]);
        tree.ready(&format!("v{worker}"));
        tree.obeys(&name);
    }
    assert!(seen.len() > 10, "{seen:?}");
}

#[test]
fn a_worker_that_uses_too_much_memory_is_replaced() {
    let recycle = Recycle { memory: Some(1 << 30), ..Recycle::default() };
    let mut tree = up(PoolPolicy { recycle, ..pool(1) });
    assert_eq!(tree.uses("w1", u64::MAX, 800 << 20), "");
    assert_eq!(tree.uses("w1", 0, 1 << 30), "hire instead of w1");
    assert_eq!(tree.uses("w1", 0, 1 << 31), "");
}

#[test]
fn a_worker_that_grows_old_is_replaced() {
    let recycle = Recycle { age: Some(seconds(1000.0)), ..Recycle::default() };
    let mut tree = up(PoolPolicy { recycle, ..pool(4) });
    let mut ages = BTreeSet::new();
    for round in 0..4 {
        assert!(tree.wait(1e4).starts_with("hire instead of w"));
        let age = tree.now - seconds(100.0);
        assert!(age >= seconds(800.0) && age <= seconds(1000.0), "{age:?}");
        ages.insert(age);
        let (_, old) = tree.hires[0];
        let name = format!("v{round}");
        tree.hire(&[&name]);
        assert!(tree.ready(&name).starts_with("drain w"));
        let (id, incarnation) = (old.unwrap(), 1);
        let reason = ExitReason::Shutdown;
        tree.tell(pulsar::supervise::Event::Exited { id, incarnation, reason });
    }
    assert_eq!(ages.len(), 4, "not all at once");
    let uncounted = tree.log.iter().all(|(_, action)| !matches!(action, Action::Restarting { .. }));
    assert!(uncounted);
}

#[test]
fn an_age_without_end_is_never_reached() {
    let recycle = Recycle { age: Some(Duration::MAX), ..Recycle::default() };
    let tree = up(PoolPolicy { recycle, ..pool(1) });
    assert_eq!(tree.machine.next_timer(), None);
}

#[test]
fn a_renewed_worker_of_a_pool_is_recycled() {
    let mut tree = up(pool(1));
    assert_eq!(tree.renew("w1"), "hire instead of w1");
}

#[test]
fn a_pool_that_ends_takes_its_successors_with_it() {
    let mut tree = up(pool(2));
    tree.recycle("w1");
    tree.hire(&["w3"]);
    assert_eq!(tree.stop("api"), "stop w1, stop w2, stop w3");
    assert_eq!(tree.obeys("w3"), "w3 gone");
    tree.obeys("w1");
    assert_eq!(tree.obeys("w2"), "w2 gone, w1 gone, api gone");
    let mut tree = up(pool(1));
    tree.recycle("w1");
    tree.stop("api");
    assert_eq!(tree.hire(&["w2"]), "w2 gone");
    tree.obeys("w1");
    assert!(tree.machine.is_empty());
}

#[test]
fn a_pool_in_a_group_is_started_again_with_its_workers() {
    let mut tree = Tree::new();
    tree.group("site", None, calm(), group(pulsar::supervise::Strategy::OneForAll));
    tree.pool("api", Some("site"), calm(), pool(2));
    tree.add("log", "site", calm());
    tree.launch("site");
    tree.hire(&["w1", "w2"]);
    tree.settle();
    tree.pass(10.0);
    assert_eq!(tree.crash("log"), "log again, stop w1, stop w2");
    tree.obeys("w1");
    assert_eq!(tree.obeys("w2"), "start w1, start w2");
    assert_eq!(tree.settle(), "api is up, start log");
    assert_eq!(tree.scale("api", 3), "hire for api");
}

#[test]
fn a_pool_takes_no_groups() {
    let mut tree = up(pool(1));
    assert_eq!(tree.group("sub", Some("api"), calm(), group(Default::default())), "sub gone");
    assert_eq!(tree.add("w9", "api", calm()), "w9 gone", "nor workers that it did not ask for");
}

#[test]
fn a_successor_that_is_gone_before_the_one_that_it_replaces_has_no_place() {
    let mut tree = up(pool(1));
    tree.recycle("w1");
    tree.hire(&["w2"]);
    assert_eq!(tree.ready("w2"), "drain w1");
    assert_eq!(tree.crash("w2"), "w2 again");
    assert_eq!(tree.stop("w2"), "w2 gone, hire for api");
    assert_eq!(tree.obeys("w1"), "w1 gone");
    assert_eq!(tree.hire(&["w3"]), "start w3");
}

#[test]
fn what_is_to_be_replaced_while_the_pool_comes_up_is_replaced_when_it_is_up() {
    let mut tree = Tree::new();
    tree.pool("api", None, calm(), pool(2));
    tree.hire(&["w1", "w2"]);
    tree.ready("w1");
    assert_eq!(tree.recycle("w1"), "", "not yet");
    assert_eq!(tree.ready("w2"), "api is up, hire instead of w1");
}
