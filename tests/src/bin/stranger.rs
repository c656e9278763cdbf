//! A program of another build: a process that runs it instead of its master's binary must be told apart.

use pulsar::prelude::*;

#[pulsar::main]
async fn main() -> Result<()> {
    println!("this is no child");
    Ok(())
}
