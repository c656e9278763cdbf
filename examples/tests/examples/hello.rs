//! `hello`: what the ten lines do, and what they say when they cannot.

use std::process::Command;

use pulsar_tests::served::{Client, Served, get};

fn hello(args: &[&str]) -> Served {
    Served::start(Command::new(env!("CARGO_BIN_EXE_hello")).args(args))
}

#[test]
fn it_greets_from_workers_of_each_kind() {
    for concurrency in ["process", "thread"] {
        let served = hello(&["--bind", "127.0.0.1:0", "--workers", "2", "--concurrency", concurrency]);
        let address = served.ready("http://");
        let mut client = Client::connect(&address).unwrap();
        for _ in 0..3 {
            let answer = client.get("/").unwrap();
            assert_eq!((answer.status, answer.body.as_str()), (200, "Hello, World!\n"));
            assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
            assert_eq!(answer.header("server"), Some("pulsar"));
            assert!(answer.header("date").is_some());
        }
        client.write(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n").unwrap();
        let answer = client.read().unwrap();
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET,HEAD")));
        assert_eq!(get(&address, "/none").unwrap().status, 404);
        let (status, log) = served.stop();
        assert!(status.success(), "{log}");
    }
}

#[test]
fn a_port_that_is_taken_is_said() {
    let first = hello(&["--bind", "127.0.0.1:0"]);
    let address = first.ready("http://");
    let (status, said) = hello(&["--bind", &address]).wait();
    assert_eq!(status.code(), Some(3), "{said}");
    assert_eq!(said, format!("Error: cannot listen at {address}: somebody else listens there already\n"));
}

#[test]
fn a_wrong_flag_is_said() {
    let (status, said) = hello(&["--wokers", "2"]).wait();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(said.contains("unexpected argument '--wokers'") && said.contains("'--workers'"), "{said}");
}
