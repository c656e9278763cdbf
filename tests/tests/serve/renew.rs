//! Workers that are replaced while clients ask: reloads, recycling, kills. Nothing is lost but what a killed one had in hand.

use pulsar_tests::proc::{Signal, hears_hangups, signal};
use pulsar_tests::served::{Load, Served};
use pulsar_tests::{SOON, until_blocking};

use super::{http, servant};

const CLIENTS: usize = 16;

/// How many requests a run is of.
const REQUESTS: u64 = 100_000;

/// Check 44 of the supervisors that people trust: twenty reloads under load, nobody notices.
#[test]
fn twenty_reloads_under_load() {
    if !hears_hangups() {
        return;
    }
    let (served, address) = http(&["-w2"]);
    let load = Load::begin(&address, "/", CLIENTS);
    for _ in 0..20 {
        let before = served.workers("servant");
        load.more(REQUESTS / 20);
        served.signal(Signal::HUP);
        until_blocking("all workers are others", SOON, || {
            let now = served.workers("servant");
            now.len() == 2 && now.iter().all(|pid| !before.contains(pid))
        });
    }
    let (answered, trouble) = load.end();
    println!("{answered} requests, 20 reloads, {} in trouble", trouble.len());
    assert!(answered >= REQUESTS && trouble.is_empty(), "{answered} answered, {trouble:?}");
    let (status, _) = served.stop();
    assert!(status.success());
}

/// Check 49: recycling by count, successor first.
#[test]
fn twenty_recyclings_under_load() {
    let (served, address) = http(&["-w2", "--max-requests", "4000"]);
    let load = Load::begin(&address, "/", CLIENTS);
    until_blocking("it is recycled twenty times", SOON * 3, || served.log().matches("was replaced by").count() >= 20);
    load.more(REQUESTS.saturating_sub(load.answered()));
    let (answered, trouble) = load.end();
    println!("{answered} requests, {} recyclings", served.log().matches("was replaced by").count());
    assert!(trouble.is_empty(), "{answered} answered, {trouble:?}");
    assert!(served.stop().0.success());
}

/// Workers are killed all the while: what was in flight there fails, nothing else.
#[test]
fn killed_workers_lose_what_they_had_in_hand() {
    let (served, address) = http(&["-w2"]);
    let load = Load::begin(&address, "/", CLIENTS);
    let mut kills = 0;
    for _ in 0..10 {
        load.more(1000);
        let workers = served.workers("servant");
        let Some(&victim) = workers.first() else { continue };
        signal(victim, Signal::KILL);
        kills += 1;
        until_blocking("there are two again", SOON, || {
            let now = served.workers("servant");
            now.len() == 2 && !now.contains(&victim)
        });
    }
    let (answered, trouble) = load.end();
    println!("{answered} requests, {kills} killed, {} lost", trouble.len());
    // Each client has one request in flight, or a connection that nobody answers on.
    assert!(trouble.len() <= kills * CLIENTS, "{trouble:?}");
    assert!(
        trouble
            .iter()
            .all(|trouble| !trouble.contains("just made") || trouble.contains("ended") || trouble.contains("reset")),
        "{trouble:?}"
    );
    assert!(served.stop().0.success());
}

/// Check 45: a reload whose workers do not become ready changes nothing.
#[test]
fn a_reload_that_fails_is_undone() {
    if !hears_hangups() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let flag = dir.path().join("never-ready");
    let served = Served::start(servant(&["-w2"]).env("SERVANT_NEVER_READY", &flag));
    let address = served.ready("http://");
    std::fs::write(&flag, "").unwrap();
    let load = Load::begin(&address, "/", 4);
    load.more(100);
    served.signal(Signal::HUP);
    served.says("has undone");
    load.more(100);
    let (_, trouble) = load.end();
    assert!(trouble.is_empty(), "{trouble:?}");
    served.says("it is not ready, as it was told");
    std::fs::remove_file(&flag).unwrap();
    assert!(served.stop().0.success());
}

/// Check 50: a loop that stands still is killed and replaced; one that waits for long is not.
#[test]
fn a_blocked_worker_is_replaced_a_waiting_one_is_not() {
    let (served, address) = http(&["-w1", "--timeout", "1s"]);
    let waiting = {
        let address = address.clone();
        std::thread::spawn(move || pulsar_tests::served::get(&address, "/sleep/3000"))
    };
    assert_eq!(waiting.join().unwrap().unwrap().body, "slept 3000");
    let before = served.workers("servant");
    let _ = pulsar_tests::served::get(&address, "/block/20000");
    until_blocking("it is replaced", SOON, || {
        let now = served.workers("servant");
        now.len() == 1 && now != before
    });
    // Said by a thread of its own, so perhaps a moment later.
    served.says("hung");
    assert_eq!(pulsar_tests::served::get(&address, "/").unwrap().body, "hello\n");
}
