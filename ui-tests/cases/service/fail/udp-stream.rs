use pulsar::socket::Stream;

#[pulsar::udp]
async fn echo(stream: Stream) {}

fn main() {}
