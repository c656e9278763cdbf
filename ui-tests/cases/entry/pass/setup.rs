//! What each process calls first: a function here, one elsewhere, and names that a program may have itself.

#[allow(dead_code)]
mod telemetry {
    pub struct Telemetry;

    impl Telemetry {
        pub fn install() {}
    }

    pub fn install() {}
}

fn setup() {}

#[pulsar::test(setup = telemetry::Telemetry::install, timeout = "10s")]
async fn counts() -> pulsar::Result<()> {
    Ok(())
}

mod synchronous {
    #[pulsar::test(setup = super::telemetry::install)]
    async fn setup() {}
}

#[pulsar::main(setup = setup)]
fn main() {}
