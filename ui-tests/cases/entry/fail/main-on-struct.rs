#[pulsar::main]
struct Main;

fn main() {}
