//! A server among clients that are slow, greedy, many, or say one thing and mean another.

mod crowd;
mod heads;
mod http2;
mod limits;
mod manners;

use std::process::Command;

use pulsar_tests::served::{Client, Served};

/// The server, with these arguments, and where it is.
#[track_caller]
fn besieged(args: &[&str]) -> (Served, String) {
    let served = Served::start(Command::new(env!("CARGO_BIN_EXE_besieged")).args(args));
    let address = served.ready("http://");
    (served, address)
}

/// All that is answered to these bytes, until the server closes the connection.
fn say(address: &str, bytes: &[u8]) -> String {
    let mut client = Client::connect(address).expect("it is there");
    // Whoever was refused already may have been hung up on.
    let _ = client.write(bytes);
    client.rest()
}

/// The statuses of these answers, none of whose bodies looks like one.
fn statuses(answers: &str) -> Vec<u16> {
    let heads = answers.split("HTTP/1.").skip(1);
    heads.filter_map(|head| head.get(2..5)?.parse().ok()).collect()
}
