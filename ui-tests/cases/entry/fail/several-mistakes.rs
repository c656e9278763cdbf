#[pulsar::test(timout = "60s")]
unsafe fn counts(_n: u64) {}

#[pulsar::main(threads = 4)]
async fn main(_args: u8) {}
