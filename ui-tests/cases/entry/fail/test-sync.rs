#[pulsar::test]
fn counts() {}

fn main() {}
