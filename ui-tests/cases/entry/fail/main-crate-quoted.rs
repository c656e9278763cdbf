#[pulsar::main(crate = "pulsar")]
async fn main() {}
