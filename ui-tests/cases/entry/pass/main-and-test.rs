//! An async main that fails, and tests of each form.

use pulsar::prelude::*;

#[pulsar::test(timeout = "60s")]
async fn counts() -> Result<()> {
    Ok(())
}

#[ignore = "slow"]
#[pulsar::test]
async fn waits() {}

#[pulsar::main]
async fn main() -> Result<()> {
    Ok(())
}
