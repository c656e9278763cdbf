#[pulsar::test(time_out = "60s")]
async fn counts() {}

fn main() {}
