//! The end of a worker: what it has is finished, and nothing new begun.

use std::time::{Duration, Instant};

use pulsar_tests::proc::Signal;
use pulsar_tests::served::{Client, get};
use pulsar_tests::{SOON, until_blocking};

use super::http;

#[test]
fn what_has_begun_is_finished() {
    let (mut served, address) = http(&["-w1"]);
    let long = {
        let address = address.clone();
        std::thread::spawn(move || get(&address, "/sleep/1500"))
    };
    let streamed = {
        let address = address.clone();
        std::thread::spawn(move || get(&address, "/stream/15"))
    };
    let mut idle = Client::connect(&address).unwrap();
    assert_eq!(idle.get("/").unwrap().status, 200);
    std::thread::sleep(Duration::from_millis(300));
    served.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(200));
    // A request that was on its way on a kept connection is answered, and hears that it was the last.
    let last = idle.get("/").unwrap();
    assert!(last.status == 200 && last.closes(), "{last:?}");
    assert_eq!(idle.rest(), "");
    let long = long.join().unwrap().unwrap();
    assert_eq!((long.status, long.body.as_str()), (200, "slept 1500"));
    assert_eq!(streamed.join().unwrap().unwrap().body.lines().count(), 15);
    let (status, log) = served.wait();
    assert!(status.success(), "{status:?}");
    let at = |what: &str| log.find(what).unwrap_or_else(|| panic!("`{what}` in {log}"));
    assert!(at("hook: monitor_start") < at("hook: worker_start"), "{log}");
    assert!(at("hook: worker_start") < at("hook: when_ready"), "{log}");
    assert!(at("hook: worker_stopping") < at("hook: when_exit"), "{log}");
    assert_eq!(log.matches("hook: made").count(), log.matches("hook: lost").count(), "{log}");
}

#[test]
fn an_endless_request_ends_with_exit_timeout() {
    let (mut served, address) = http(&["-w1", "--exit-timeout", "2s"]);
    let mut endless = Client::connect(&address).unwrap();
    endless.write(b"GET /sleep/600000 HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let began = Instant::now();
    served.signal(Signal::TERM);
    let (status, log) = served.wait();
    assert!(status.success(), "{status:?}");
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert!(log.contains("ends with connections that did not"), "{log}");
    assert_eq!(endless.rest(), "");
}

#[test]
fn int_ends_it_at_once() {
    let (mut served, address) = http(&["-w2"]);
    let mut endless = Client::connect(&address).unwrap();
    endless.write(b"GET /sleep/600000 HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    served.signal(Signal::INT);
    let (status, _) = served.wait();
    assert_eq!(status.code(), Some(130));
}

#[test]
fn a_panic_is_one_requests_own() {
    let (served, address) = http(&["-w1"]);
    let before = served.workers("servant");
    let mut client = Client::connect(&address).unwrap();
    let answer = client.get("/panic").unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (500, "500 Internal Server Error\n"));
    assert_eq!(client.get("/").unwrap().body, "hello\n");
    until_blocking("its panic is said", SOON, || served.log().contains("as it was asked"));
    assert_eq!(served.workers("servant"), before);
}
