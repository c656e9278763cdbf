#[pulsar::test(timeout = "0s")]
async fn counts() {}

fn main() {}
