use pulsar::socket::Stream;

#[pulsar::socket]
async fn echo(stream: Stream) -> usize {
    0
}

fn main() {}
