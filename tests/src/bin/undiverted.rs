//! A hand-written `main` that forgets `pulsar::init()`: its children must not become a second tree.

use std::process::ExitCode;
use std::time::Duration;

use pulsar::prelude::*;

#[actor]
struct Child {}

#[actor]
impl Child {}

fn main() -> ExitCode {
    pulsar::run(|| async {
        let spawned = Child::new().with(|params| params.start_timeout = Duration::from_secs(5)).spawn().await;
        println!("{spawned:?}");
    })
}
