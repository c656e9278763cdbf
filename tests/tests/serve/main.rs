//! Applications as their users and operators meet them: real workers, real sockets, real signals.

mod drain;
mod operate;
mod renew;
mod settings;
mod sockets;
mod tls;

use std::process::Command;

use pulsar_tests::served::Served;

/// The program, with these arguments.
fn servant(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_servant"));
    command.args(args);
    command
}

/// The program as it serves HTTP, and where.
#[track_caller]
fn http(args: &[&str]) -> (Served, String) {
    let served = Served::start(&mut servant(args));
    let address = served.ready("http://");
    (served, address)
}
