#[pulsar::socket]
async fn echo() {}

#[pulsar::socket]
async fn shout(prompt: String) {}

fn main() {}
