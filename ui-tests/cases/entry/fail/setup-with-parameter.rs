fn subscribe(_level: u8) {}

#[pulsar::main(setup = subscribe)]
async fn main() {}
