fn subscribe() {}

#[pulsar::main(setup = subscribe())]
async fn main() {}
