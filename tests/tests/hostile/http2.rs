//! HTTP/2 as its specification wants it, by a client that sends frames one by one; and under load.

use std::process::Command;

use super::besieged;

#[test]
fn what_the_specification_wants() {
    let python = std::env::var("PULSAR_PYTHON").unwrap_or_else(|_| "python3".into());
    let (served, address) = besieged(&[]);
    let (host, port) = address.split_once(':').unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hostile/http2.py");
    let Ok(outcome) = Command::new(&python).args([script, host, port]).output() else {
        eprintln!("skipped: there is no {python}");
        return;
    };
    let said = String::from_utf8_lossy(&outcome.stdout);
    eprintln!("{said}");
    assert!(outcome.status.success(), "{said}\n{}", String::from_utf8_lossy(&outcome.stderr));
    assert!(served.stop().0.success());
}

#[test]
fn many_streams_at_once() {
    let (_served, address) = besieged(&["-w2"]);
    let args = ["-n", "20000", "-c", "10", "-m", "50"];
    let Ok(outcome) = Command::new("h2load").args(args).arg(format!("http://{address}/")).output() else {
        eprintln!("skipped: there is no h2load");
        return;
    };
    let said = String::from_utf8_lossy(&outcome.stdout);
    assert!(said.contains("20000 succeeded, 0 failed, 0 errored"), "{said}");
}
