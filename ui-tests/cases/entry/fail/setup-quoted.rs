#[pulsar::main(setup = "subscribe", setup_twice = 1)]
async fn main() {}
