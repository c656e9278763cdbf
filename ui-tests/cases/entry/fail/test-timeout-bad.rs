#[pulsar::test(timeout = "1.5m")]
async fn counts() {}

fn main() {}
