//! A main that is not async.

#[pulsar::main]
fn main() {}
