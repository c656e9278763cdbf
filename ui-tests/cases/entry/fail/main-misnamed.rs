#[pulsar::main]
async fn start() {}

fn main() {}
