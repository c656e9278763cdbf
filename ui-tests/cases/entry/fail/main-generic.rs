#[pulsar::main]
async fn main<T>() {}
