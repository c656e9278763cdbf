use pulsar::socket::Stream;

#[pulsar::socket]
fn echo(stream: Stream) {}

fn main() {}
