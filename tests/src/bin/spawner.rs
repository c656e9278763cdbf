//! Spawns one process actor, and prints what became of it. Run by `tests/schema.rs`.

use pulsar::prelude::*;

#[actor]
struct Child {}

#[actor]
impl Child {}

#[pulsar::main]
async fn main() -> Result<()> {
    match Child::new().spawn().await {
        Ok(child) => println!("spawned: {}", child.ping().await?),
        Err(error) => println!("{error:?}"),
    }
    Ok(())
}
