#[pulsar::main(setup = telemetry::subscribe)]
async fn main() {}
