#[pulsar::test(timeout = 60)]
async fn counts() {}

fn main() {}
