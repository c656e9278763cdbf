//! Very many connections that say nothing, beside one that asks.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use pulsar_tests::served::Client;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::besieged;

/// As many as there are to be.
const CROWD: u64 = 10_000;

/// What is asked before, and meanwhile.
const ASKS: usize = 2_000;

#[test]
fn ten_thousand_that_say_nothing() {
    let now = getrlimit(Resource::Nofile);
    let wanted = CROWD + 500;
    let allowed = now.maximum.unwrap_or(wanted).min(wanted);
    // The server has it from here.
    setrlimit(
        Resource::Nofile,
        Rlimit { current: Some(allowed.max(now.current.unwrap_or(allowed))), maximum: now.maximum },
    )
    .unwrap();
    let crowd = CROWD.min(allowed.saturating_sub(500));
    let (served, address) = besieged(&["-w1"]);
    let before = p99(&address);
    let idle: Vec<TcpStream> = (0..crowd).map(|_| TcpStream::connect(&address).unwrap()).collect();
    let mut client = Client::connect(&address).unwrap();
    assert_eq!(client.get("/").unwrap().status, 200);
    let during = p99(&address);
    eprintln!("p99 of {ASKS} requests: {before:?} alone, {during:?} beside {crowd} idle connections");
    assert!(during < before * 10 + Duration::from_millis(50), "{before:?}, {during:?}");
    drop(idle);
    assert_eq!(client.get("/").unwrap().status, 200);
    assert!(served.stop().0.success());
}

fn p99(address: &str) -> Duration {
    let mut client = Client::connect(address).unwrap();
    let mut times: Vec<Duration> = (0..ASKS)
        .map(|_| {
            let asked = Instant::now();
            assert_eq!(client.get("/").unwrap().status, 200);
            asked.elapsed()
        })
        .collect();
    times.sort();
    times[ASKS * 99 / 100]
}
