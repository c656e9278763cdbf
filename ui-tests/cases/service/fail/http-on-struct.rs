#[pulsar::http]
struct Site;

fn main() {}
