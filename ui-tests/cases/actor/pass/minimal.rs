//! A unit struct and an empty impl are an actor.

use pulsar::prelude::*;

#[actor]
struct Quiet;

#[actor]
impl Quiet {}

fn main() {
    let _ = Quiet::new();
}
