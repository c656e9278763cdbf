#[pulsar::test]
async fn counts(_n: u64) {}

fn main() {}
